//! Listing secrets.

use serde_json::{Map, Value, json};

use crate::api::imports;
use crate::api::references::{Expansion, Origin};
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;

use super::access::{Access, tag_slugs};
use super::display::Display;
use super::events;
use super::place::Place;
use super::shape::View;

/// The parameters of a listing.
#[derive(Debug)]
struct Query {
    display: Display,
    is_recursive: bool,
    with_imports: bool,
    tags: Vec<String>,
    metadata: Vec<(Option<String>, Option<String>)>,
}

impl Query {
    fn read(call: &Call, check: &mut Checker<'_>) -> Self {
        let display = Display::of_query(call, check);
        let is_recursive = check.query_flag("recursive", false);
        let with_imports = Display::with_imports(call, check);
        let tags = check.optional_string("tagSlugs").unwrap_or_default();
        let filter = check.optional_string("metadataFilter").filter(|_| call.is_v4());
        Self {
            display,
            is_recursive,
            with_imports,
            tags: tags.split(',').map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned).collect(),
            metadata: filter.as_deref().map(metadata_filter).unwrap_or_default(),
        }
    }

    fn wanted_tags(&self) -> Vec<&str> {
        self.tags.iter().map(String::as_str).collect()
    }

    fn covers(&self, view: &View<'_>) -> bool {
        let has_tag = tag_slugs(view.project, view.version).iter().any(|slug| self.tags.contains(slug));
        let has_entry = |(key, value): &(Option<String>, Option<String>)| {
            view.version.metadata.iter().filter(|entry| !entry.is_encrypted).any(|entry| {
                key.as_ref().is_none_or(|key| *key == entry.key)
                    && value.as_ref().is_none_or(|value| *value == entry.value)
            })
        };
        (self.tags.is_empty() || has_tag) && self.metadata.iter().all(has_entry)
    }
}

/// `metadataFilter`: `key=a,value=b|key=c`. A secret matches if it has an entry for each part.
/// Parts with neither key nor value are ignored.
fn metadata_filter(text: &str) -> Vec<(Option<String>, Option<String>)> {
    let parts = text.split('|').map(|part| {
        let field = |wanted: &str| {
            part.split(',').filter_map(|pair| pair.split_once('=')).find(|(name, _)| name.trim() == wanted)
        };
        (field("key").map(|(_, key)| key.to_owned()), field("value").map(|(_, value)| value.to_owned()))
    });
    parts.filter(|(key, value)| key.is_some() || value.is_some()).collect()
}

/// `GET /api/v4/secrets`, `GET /api/v3/secrets/raw`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let query = Query::read(call, &mut check);
    let place = Place::of_query(world, call, &mut check);
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    if call.is_v4() {
        access.check_anywhere(Action::DescribeSecret)?;
    } else if !query.is_recursive {
        access.check_first(Action::DescribeSecret, &place)?;
    }
    let Some(base) = project.folder_at(&place.environment, &place.path)? else {
        return nothing_there(world, call, &place);
    };
    let folders = if query.is_recursive { project.subtree(&base.id) } else { vec![base.id.clone()] };
    let listing = Listing { world, access: &access, place: &place, base_id: &base.id, query: &query };
    let secrets = listing.secrets(&folders)?;
    let count = secrets.len();
    let mut answer = Map::from_iter([("secrets".to_owned(), Value::Array(secrets))]);
    if query.with_imports {
        let mut shown = Vec::new();
        for folder in &folders {
            shown.extend(imports::of_folder(world, &access, folder, query.display)?);
        }
        answer.insert("imports".to_owned(), Value::Array(shown));
    } else if call.is_v4() {
        answer.insert("imports".to_owned(), json!([]));
    }
    events::listed(world, call, &place, count);
    Ok(Value::Object(answer))
}

/// A listing under construction.
struct Listing<'w> {
    world: &'w World,
    access: &'w Access<'w>,
    place: &'w Place,
    base_id: &'w str,
    query: &'w Query,
}

impl Listing<'_> {
    /// Lists secrets in the order of their ids, without those that the caller may not describe. If
    /// the caller may not read a value, the listing fails for a secret of the folder itself, and
    /// omits a secret of a folder below.
    fn secrets(&self, folders: &[String]) -> Result<Vec<Value>, Failure> {
        let project = self.access.project;
        let secrets = project.secrets.iter().filter(|secret| folders.contains(&secret.folder_id));
        let mut found: Vec<View<'_>> = secrets
            .map(|secret| View::now(project, &self.place.environment, secret))
            .filter(|view| self.query.covers(view) && self.access.may(Action::DescribeSecret, view))
            .collect();
        if self.query.display.visible {
            let is_denied = |view: &View<'_>| !self.access.may(Action::ReadValue, view);
            if found.iter().any(|view| view.secret.folder_id == self.base_id && is_denied(view)) {
                return Err(self.access.refusal(Action::ReadValue));
            }
            found.retain(|view| !is_denied(view));
        }
        found.sort_by(|one, other| one.secret.id.cmp(&other.secret.id));
        let mut expansion = Expansion::new(self.access);
        let shown = found.into_iter().map(|view| self.one(&mut expansion, view)).collect();
        expansion.finish_all()?;
        Ok(shown)
    }

    fn one(&self, expansion: &mut Expansion<'_>, view: View<'_>) -> Value {
        let path = self.access.project.path_of(&view.secret.folder_id);
        let display = self.query.display;
        let origin = Origin { environment: &self.place.environment, path: &path, name: &view.version.key };
        let value = display.value(expansion, origin, &view.version.value);
        let mut shown = view.listed(self.world, &value, display.visible);
        // The requested folder has its path as it was requested.
        let path = if view.secret.folder_id == self.base_id { &self.place.path } else { &path };
        shown.insert("secretPath".to_owned(), json!(path));
        shown.insert("tags".to_owned(), view.tags(&self.query.wanted_tags()));
        Value::Object(shown)
    }
}

/// The answer to an unknown environment or folder. An old server returns nothing, with an `imports`
/// field that is otherwise absent.
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
