//! `POST /api/v4/secrets/duplicate`: copies secrets into another folder, with the requested
//! attributes.

use serde_json::{Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::history::Change;
use crate::world::project::Project;
use crate::world::secret::{Secret, Version};

use super::access::{Access, tag_slugs};
use super::moving::Route;
use super::place::Place;
use super::shape::View;

/// The attributes to copy besides the name.
#[derive(Debug, Clone, Copy, Default)]
struct Attributes {
    value: bool,
    comment: bool,
    tags: bool,
    metadata: bool,
    skip_multiline: bool,
}

impl Attributes {
    fn read(check: &mut Checker<'_>) -> Self {
        if !check.has("attributesToCopy") {
            return Self::default();
        }
        let read = |inner: &mut Checker<'_>| {
            let mut flag = |name: &str| inner.boolean(name).unwrap_or(false);
            Self {
                value: flag("value"),
                comment: flag("comment"),
                tags: flag("tags"),
                metadata: flag("metadata"),
                skip_multiline: flag("skipMultilineEncoding"),
            }
        };
        check.object("attributesToCopy", read).unwrap_or_default()
    }

    /// The copy's state. If the secret existed, it follows that secret's state.
    fn apply(self, from: &Version, before: Option<&Version>) -> Version {
        let mut state = before.cloned().unwrap_or_default();
        state.key.clone_from(&from.key);
        if self.value {
            state.value.clone_from(&from.value);
        }
        if self.comment {
            state.comment.clone_from(&from.comment);
        }
        if self.tags {
            state.tag_ids.clone_from(&from.tag_ids);
        }
        if self.metadata {
            state.metadata.clone_from(&from.metadata);
        }
        if self.skip_multiline {
            state.skip_multiline = from.skip_multiline;
        }
        state
    }
}

/// The secrets by id, in the order of the request.
fn wanted<'p>(
    project: &'p Project,
    folder_id: &str,
    source: &Place,
    ids: &[String],
) -> Result<Vec<&'p Secret>, Failure> {
    let secrets = project.secrets_in(folder_id);
    let find = |id: &String| {
        secrets.iter().copied().find(|secret| secret.id == *id).ok_or_else(|| {
            let Place { environment, path, .. } = source;
            Failure::not_found(format!(
                "Secret with ID '{id}' not found in source folder with path '{path}' and environment slug '{environment}'"
            ))
        })
    };
    ids.iter().map(find).collect()
}

fn check_rights(
    access: &Access<'_>,
    route: &Route,
    (secret, existing): (&Secret, Option<&Secret>),
    attributes: Attributes,
) -> Result<(), Failure> {
    let project = access.project;
    let view = View::now(project, &route.source.environment, secret);
    access.check(Action::DescribeSecret, &view)?;
    if attributes.value {
        access.check(Action::ReadValue, &view)?;
    }
    let tags = if attributes.tags { tag_slugs(project, &secret.now) } else { Vec::new() };
    match existing {
        Some(existing) => access.check(Action::Edit, &View::now(project, &route.destination.environment, existing)),
        None => access.check_name(Action::Create, &route.destination, &secret.now.key, &tags),
    }
}

/// Makes the copies. An existing secret changes only with `shouldOverwrite`, and keeps the
/// attributes that aren't copied.
pub(crate) fn duplicate(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let route = Route::read(world, call, &mut check);
    let ids = check.needed_strings("secretIds");
    check.uuids("secretIds", &ids);
    let overwrites = check.boolean("shouldOverwrite").unwrap_or(false);
    let attributes = Attributes::read(&mut check);
    check.finish()?;
    let route = route?;
    let access = route.source.access(world, call)?;
    let project = access.project;
    let (from, to) = route.folders(project)?;
    let secrets = wanted(project, &from.id, &route.source, &ids)?;
    let pairs: Vec<_> = secrets.into_iter().map(|secret| (secret, project.secret(&to.id, &secret.now.key))).collect();
    if let Some((secret, _)) = pairs.iter().find(|(_, existing)| existing.is_some() && !overwrites) {
        let key = &secret.now.key;
        return Err(Failure::bad_request(format!(
            "Secret with key '{key}' already exists at destination. Set shouldOverwrite to true to replace it."
        )));
    }
    let (mut changes, mut sources) = (Vec::new(), Vec::new());
    for (secret, existing) in pairs {
        check_rights(&access, &route, (secret, existing), attributes)?;
        let state = attributes.apply(&secret.now, existing.map(|existing| &existing.now));
        changes.push(match existing {
            Some(existing) => Change::Update { id: existing.id.clone(), state },
            None => Change::Create { folder_id: to.id.clone(), state },
        });
        sources.push((secret.id.clone(), secret.now.key.clone()));
    }
    let made = world.commit(&route.source.project_id, changes)?;
    let results: Vec<Value> = sources
        .iter()
        .zip(made)
        .map(|((id, key), made)| json!({"sourceSecretId": id, "sourceSecretKey": key, "destinationSecretId": made}))
        .collect();
    Ok(json!({"results": results}))
}
