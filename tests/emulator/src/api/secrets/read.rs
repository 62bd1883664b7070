//! Listing and getting secrets.

use serde_json::{Map, Value, json};

use crate::api::imports;
use crate::api::references::{self, Origin};
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::{Folder, Project};

use super::access::tag_slugs;
use super::events;
use super::mentions;
use super::place::Place;
use super::shape::View;

/// How values are to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Display {
    pub(crate) visible: bool,
    pub(crate) expanded: bool,
}

impl Display {
    /// An old server doesn't know `viewSecretValue`: it shows values whatever is asked.
    fn of_query(call: &Call, check: &mut Checker<'_>) -> Self {
        let visible = !call.is_v4() || check.query_flag("viewSecretValue", true);
        Self { visible, expanded: check.query_flag("expandSecretReferences", false) }
    }

    /// The text to show as a value.
    pub(crate) fn value(&self, world: &World, call: &Call, at: Origin<'_>, value: &str) -> Result<String, Failure> {
        if self.expanded && self.visible { references::expand(world, call, at, value) } else { Ok(value.to_owned()) }
    }
}

/// One secret of a listing.
fn listed(world: &World, call: &Call, view: View<'_>, path: &str, display: Display) -> Result<Value, Failure> {
    let at = Origin { project: view.project, environment: view.environment, path, key: &view.version.key };
    let value = display.value(world, call, at, &view.version.value)?;
    let mut shown = view.read(world, &value, display.visible);
    shown.insert("secretPath".to_owned(), json!(path));
    shown.insert("tags".to_owned(), view.tags());
    Ok(Value::Object(shown))
}

/// `metadataFilter`: `key=a,value=b|key=c`; a secret passes that has an entry for each part.
fn metadata_filter(text: &str) -> Vec<(Option<String>, Option<String>)> {
    text.split('|')
        .map(|part| {
            let field = |wanted: &str| {
                part.split(',').filter_map(|pair| pair.split_once('=')).find(|(name, _)| name.trim() == wanted)
            };
            (field("key").map(|(_, key)| key.to_owned()), field("value").map(|(_, value)| value.to_owned()))
        })
        .collect()
}

/// `GET /api/v4/secrets`, `GET /api/v3/secrets/raw`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let display = Display::of_query(call, &mut check);
    let recursive = check.query_flag("recursive", false);
    let include_imports = check.query_flag("include_imports", false);
    let tag_slugs = check.optional_string("tagSlugs").unwrap_or_default();
    let filter = check.optional_string("metadataFilter").filter(|_| call.is_v4());
    let place = Place::of_query(world, call, &mut check);
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    if call.is_v4() {
        access.check_anywhere(Action::DescribeSecret)?;
    } else if !recursive {
        access.check_first(Action::DescribeSecret, &place)?;
    }
    let Some(base) = project.folder_at(&place.environment, &place.path)? else {
        return nothing_there(world, call, &place);
    };
    let folders = if recursive { project.subtree(&base.id) } else { vec![base.id.clone()] };
    let wanted_tags: Vec<&str> = tag_slugs.split(',').map(str::trim).filter(|slug| !slug.is_empty()).collect();
    let wanted_metadata = filter.as_deref().map(metadata_filter).unwrap_or_default();
    let mut found: Vec<View<'_>> = project
        .secrets
        .iter()
        .filter(|secret| folders.contains(&secret.folder_id))
        .map(|secret| View::now(project, &place.environment, secret))
        .filter(|view| has_tag(view, &wanted_tags) && has_metadata(view, &wanted_metadata))
        .filter(|view| access.may(Action::DescribeSecret, view))
        .collect();
    if display.visible {
        // A value that may not be seen refuses the whole list where it is in the folder that was asked for, and is left
        // out with its secret where it is in one below.
        let is_denied = |view: &View<'_>| !access.may(Action::ReadValue, view);
        if found.iter().any(|view| view.secret.folder_id == base.id && is_denied(view)) {
            return Err(access.refusal(Action::ReadValue));
        }
        found.retain(|view| !is_denied(view));
    }
    found.sort_by(|one, other| one.secret.id.cmp(&other.secret.id));
    let shown =
        found.into_iter().map(|view| listed(world, call, view, &project.path_of(&view.secret.folder_id), display));
    let secrets = references::all_or_none(shown)?;
    let count = secrets.len();
    let mut answer = Map::from_iter([("secrets".to_owned(), Value::Array(secrets))]);
    if include_imports {
        let mut shown = Vec::new();
        for folder in &folders {
            shown.extend(imports::of_folder(world, call, &access, folder, display)?);
        }
        answer.insert("imports".to_owned(), Value::Array(shown));
    }
    events::listed(world, call, &place, count);
    Ok(Value::Object(answer))
}

/// An unknown environment or folder: an old server finds nothing, and says so with an `imports` that is otherwise absent.
fn nothing_there(world: &mut World, call: &Call, place: &Place) -> Result<Value, Failure> {
    if call.is_v4() {
        let Place { path, environment, .. } = place;
        return Err(Failure::new(
            404,
            "SecretPathNotFound",
            format!(
                "Folder with path '{path}' in environment '{environment}' was not found. \
                 Please ensure the environment slug and secret path is correct."
            ),
        ));
    }
    events::listed(world, call, place, 0);
    Ok(json!({"secrets": [], "imports": []}))
}

fn has_tag(view: &View<'_>, wanted: &[&str]) -> bool {
    let slugs = view.project.tags.iter().filter(|tag| view.version.tag_ids.contains(&tag.id));
    wanted.is_empty() || slugs.into_iter().any(|tag| wanted.contains(&tag.slug.as_str()))
}

fn has_metadata(view: &View<'_>, wanted: &[(Option<String>, Option<String>)]) -> bool {
    wanted.iter().all(|(key, value)| {
        view.version.metadata.iter().any(|(its_key, its_value)| {
            key.as_ref().is_none_or(|key| key == its_key) && value.as_ref().is_none_or(|value| value == its_value)
        })
    })
}

/// `GET /api/v4/secrets/:secretName`, `GET /api/v3/secrets/raw/:secretName`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let display = Display::of_query(call, &mut check);
    let number = check.query_number("version");
    let kind = check.choice("type", &["shared", "personal"]);
    let include_imports = check.query_flag("include_imports", false);
    let place = Place::of_query(world, call, &mut check);
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::DescribeSecret, &place)?;
    let name = trimmed_name(call);
    let folder = place.folder(project, "GetSecretByName")?;
    let missing = || Failure::not_found(format!("Secret with name '{name}' not found"));
    // Machine identities have no personal secrets.
    let found = if kind == "shared" { own(call, project, folder, name, number) } else { None };
    // A secret that isn't there, and an old version, have no tags.
    let tags = found.filter(|_| number.is_none()).map(|view| tag_slugs(project, view.version)).unwrap_or_default();
    access.check_name(Action::DescribeSecret, &place, name, &tags)?;
    let (view, path, is_own) = match (found, include_imports) {
        (Some(view), _) => (view, place.path.clone(), true),
        (None, true) => {
            let (view, path) = imports::find(&access, &folder.id, name).ok_or_else(missing)?;
            (view, path, false)
        }
        (None, false) => return Err(missing()),
    };
    let is_readable = if is_own {
        let target = Place { project_id: project.id.clone(), ..place.clone() };
        access.check_name(Action::ReadValue, &target, name, &tags).is_ok()
    } else {
        access.may(Action::ReadValue, &view)
    };
    if display.visible && !is_readable {
        return Err(unreadable(&view, &path, is_own, display));
    }
    let at = Origin { project, environment: view.environment, path: &path, key: &view.version.key };
    let value = display.value(world, call, at, &view.version.value)?;
    let mut shown = view.read(world, &value, display.visible);
    if call.is_v4() {
        shown.insert("secretPath".to_owned(), json!(path));
    }
    if call.is_v4() || is_own {
        shown.insert("tags".to_owned(), view.tags());
    }
    let named = events::named(view.secret, view.version, name);
    events::one(world, call, &place, "get-secret", named);
    Ok(json!({"secret": shown}))
}

/// The refusal of a value: expanding comes first where there is something to expand.
fn unreadable(view: &View<'_>, path: &str, is_own: bool, display: Display) -> Failure {
    let name = &view.version.key;
    if display.expanded && !mentions::in_value(&view.version.value).is_empty() {
        let place = format!("in environment '{}' at path '{path}'", view.environment);
        let message = format!("You do not have permission to read secret '{name}' {place}.");
        return Failure::new(403, "ForbiddenError", message);
    }
    let value = if is_own { "secret value" } else { "secret import value" };
    let message = format!("You do not have permission to view {value} on secret with name '{name}'");
    Failure::new(403, "ForbiddenReadSecretError", message)
}

/// A secret of the folder itself. An old server reads `version` and does nothing with it.
fn own<'w>(call: &Call, project: &'w Project, folder: &'w Folder, name: &str, number: Option<u64>) -> Option<View<'w>> {
    let environment = project.environment_of(folder);
    match number.filter(|_| call.is_v4()) {
        None => project.secret(&folder.id, name).map(|secret| View::now(project, environment, secret)),
        Some(number) => project.secrets_in(&folder.id).into_iter().find_map(|secret| {
            let version = secret.version(number, name)?;
            Some(View { project, environment, secret, version })
        }),
    }
}

/// The name in the path: the server trims it.
pub(crate) fn trimmed_name(call: &Call) -> &str {
    call.param("secretName").trim()
}

/// `GET /api/v4/secrets/id/:secretId`
pub(crate) fn get_by_id(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("secretId");
    let found = world
        .projects
        .iter()
        .find_map(|project| project.secrets.iter().find(|secret| secret.id == id).map(|it| (project, it)));
    let (project, secret) = found.ok_or_else(|| Failure::not_found(format!("Secret with ID '{id}' not found")))?;
    let path = project.path_of(&secret.folder_id);
    let environment = project.folder(&secret.folder_id).map_or("", |folder| project.environment_of(folder));
    let place = Place { project_id: project.id.clone(), environment: environment.to_owned(), path: path.clone() };
    let access = place.access(world, call)?;
    let view = View::now(project, environment, secret);
    access.check(Action::ReadValue, &view)?;
    let mut shown = view.read(world, &view.version.value, true);
    shown.insert("secretPath".to_owned(), json!(path));
    shown.insert("tags".to_owned(), view.tags());
    let named = events::named(secret, view.version, &secret.now.key);
    events::one(world, call, &place, "get-secret", named);
    Ok(json!({"secret": shown}))
}
