//! Getting one secret.

use serde_json::{Value, json};

use crate::api::imports;
use crate::api::references::{Expansion, Origin};
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::text::trim;
use crate::world::World;
use crate::world::project::{Folder, Project};

use super::access::{Access, tag_slugs};
use super::display::Display;
use super::events;
use super::mentions;
use super::place::Place;
use super::shape::View;

/// The name in the path, trimmed as the server does.
pub(crate) fn trimmed_name(call: &Call) -> &str {
    trim(call.param("secretName"))
}

/// A secret and the place where it was found.
struct Found<'w> {
    view: View<'w>,
    path: String,
    is_own: bool,
}

/// The parameters of a get.
struct Query<'q> {
    name: &'q str,
    display: Display,
    number: Option<i64>,
    is_shared: bool,
    with_imports: bool,
}

/// `GET /api/v4/secrets/:secretName`, `GET /api/v3/secrets/raw/:secretName`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let display = Display::of_query(call, &mut check);
    let number = check.query_integer("version");
    let is_shared = check.choice("type", &["shared", "personal"]) == "shared";
    let with_imports = Display::with_imports(call, &mut check);
    let place = Place::of_one(world, call, &mut check);
    check.finish()?;
    let (place, query) = (place?, Query { name: trimmed_name(call), display, number, is_shared, with_imports });
    let access = place.access(world, call)?;
    access.check_first(Action::DescribeSecret, &place)?;
    let folder = place.folder(access.project, "GetSecretByName")?;
    let Found { view, path, is_own } = find(call, &access, &place, folder, &query)?;
    let origin = Origin { environment: view.environment, path: &path, name: &view.version.key };
    let mut expansion = Expansion::new(&access);
    let value = display.value(&mut expansion, origin, &view.version.value);
    expansion.finish_one()?;
    let is_old = call.is_v4() && is_own && query.number.is_some();
    let mut shown =
        if is_old { view.old(world, &value, display.visible) } else { view.read(world, &value, display.visible) };
    if call.is_v4() {
        shown.insert("secretPath".to_owned(), json!(path));
    }
    if !is_old && (call.is_v4() || is_own) {
        shown.insert("tags".to_owned(), view.tags(&[]));
    }
    let named = events::named(view.secret, view.version, query.name);
    events::one(world, call, &place, "get-secret", named);
    Ok(json!({"secret": shown}))
}

/// Returns the folder's own secret, or else an imported one. A current server checks the permission
/// to describe the secret before it reports that there is none.
fn find<'w>(
    call: &Call,
    access: &Access<'w>,
    place: &Place,
    folder: &'w Folder,
    query: &Query<'_>,
) -> Result<Found<'w>, Failure> {
    let Query { name, display, .. } = query;
    let project = access.project;
    let missing = || Failure::not_found(format!("Secret with name '{name}' not found"));
    // Machine identities have no personal secrets.
    let own = if query.is_shared { own(call, project, folder, query) } else { None };
    // A missing secret and an old version have no tags.
    let with_tags = own.filter(|_| query.number.is_none());
    let tags = with_tags.map(|view| tag_slugs(project, view.version)).unwrap_or_default();
    access.check_name(Action::DescribeSecret, place, name, &tags)?;
    let (found, is_readable) = match own {
        Some(view) => {
            let is_readable = access.check_name(Action::ReadValue, place, name, &tags).is_ok();
            (Found { view, path: place.path.clone(), is_own: true }, is_readable)
        }
        None => {
            let imported = imports::find(access, &folder.id, name).filter(|_| query.with_imports);
            let (view, path) = imported.ok_or_else(missing)?;
            (Found { view, path, is_own: false }, access.may(Action::ReadValue, &view))
        }
    };
    if display.visible && !is_readable { Err(unreadable(&found, *display)) } else { Ok(found) }
}

/// The refusal of a value. If the value has references, the error comes from expanding them.
fn unreadable(found: &Found<'_>, display: Display) -> Failure {
    let Found { view, path, is_own } = found;
    let name = &view.version.key;
    if display.expanded && !mentions::in_value(&view.version.value).is_empty() {
        let place = format!("in environment '{}' at path '{path}'", view.environment);
        let message = format!("You do not have permission to read secret '{name}' {place}.");
        return Failure::new(403, "ForbiddenError", message);
    }
    let value = if *is_own { "secret value" } else { "secret import value" };
    let message = format!("You do not have permission to view {value} on secret with name '{name}'");
    Failure::new(403, "ForbiddenReadSecretError", message)
}

/// Returns a secret of the folder itself. An old server ignores `version`. A current one searches
/// the versions, also of deleted secrets, for the name at that time.
fn own<'w>(call: &Call, project: &'w Project, folder: &'w Folder, query: &Query<'_>) -> Option<View<'w>> {
    let environment = project.environment_of(folder);
    match query.number.filter(|_| call.is_v4()) {
        None => project.secret(&folder.id, query.name).map(|secret| View::now(project, environment, secret)),
        Some(number) => {
            let (secret, version) = project.version(&folder.id, query.name, u64::try_from(number).ok()?)?;
            Some(View { project, environment, secret, version })
        }
    }
}

/// `GET /api/v4/secrets/id/:secretId`: no parameter hides the value.
pub(crate) fn get_by_id(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("secretId");
    let found = world
        .projects
        .iter()
        .find_map(|project| project.secrets.iter().find(|secret| secret.id == id).map(|it| (project, it)));
    let missing = || Failure::new(404, "GetSecretById", format!("Secret with ID '{id}' not found"));
    let (project, secret) = found.ok_or_else(missing)?;
    let path = project.path_of(&secret.folder_id);
    let environment = project.folder(&secret.folder_id).map_or("", |folder| project.environment_of(folder));
    let place = Place { project_id: project.id.clone(), environment: environment.to_owned(), path: path.clone() };
    let view = View::now(project, environment, secret);
    place.access(world, call)?.check(Action::ReadValue, &view)?;
    let mut shown = view.read(world, &view.version.value, true);
    shown.remove("secretValueHidden");
    shown.insert("secretPath".to_owned(), json!(path));
    shown.insert("tags".to_owned(), view.tags(&[]));
    let named = events::named(secret, view.version, &secret.now.key);
    events::one(world, call, &place, "get-secret", named);
    Ok(json!({"secret": shown}))
}
