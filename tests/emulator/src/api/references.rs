//! Secret references: `${NAME}`, `${env.folder.NAME}` and, on a current server, `${@project.env.folder.NAME}`.

use serde_json::Value;

use crate::auth::permission::Action;
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::Project;

use super::secrets::access::Access;
use super::secrets::shape::View;

/// Circular references are followed so deep; what is left then stays as it is written.
const DEPTH: u32 = 10;

/// The name of the error where something that is referred to may not be read.
const FORBIDDEN: &str = "ForbiddenError";

/// Where a value stands: what its references are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'w> {
    pub(crate) project: &'w Project,
    pub(crate) environment: &'w str,
    pub(crate) path: &'w str,
    /// The name of the secret whose value it is.
    pub(crate) key: &'w str,
}

/// The value with its references expanded; one that leads nowhere stays.
pub(crate) fn expand(world: &World, call: &Call, origin: Origin<'_>, value: &str) -> Result<String, Failure> {
    expand_within(world, call, origin, value, 0)
}

fn expand_within(world: &World, call: &Call, at: Origin<'_>, value: &str, depth: u32) -> Result<String, Failure> {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let Some((reference, tail)) = after.split_once('}') else {
            expanded.push_str("${");
            rest = after;
            continue;
        };
        let found = if depth > DEPTH { None } else { follow(world, call, at, reference, depth)? };
        match found {
            Some(text) => expanded.push_str(&text),
            None => {
                expanded.push_str("${");
                expanded.push_str(reference);
                expanded.push('}');
            }
        }
        rest = tail;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// What one reference leads to, itself expanded.
fn follow(world: &World, call: &Call, at: Origin<'_>, reference: &str, depth: u32) -> Result<Option<String>, Failure> {
    let mut segments: Vec<&str> = reference.trim().split('.').collect();
    let mut project = at.project;
    if let (true, Some(slug)) = (call.is_v4(), segments.first().and_then(|first| first.strip_prefix('@'))) {
        let Some(other) = world.projects.iter().find(|project| project.slug == slug) else { return Ok(None) };
        project = other;
        segments.remove(0);
    }
    let Some(key) = segments.pop() else { return Ok(None) };
    let (environment, path) = match segments.split_first() {
        None => (at.environment.to_owned(), at.path.to_owned()),
        Some((environment, folders)) => ((*environment).to_owned(), format!("/{}", folders.join("/"))),
    };
    let Ok(Some(folder)) = project.folder_at(&environment, &path) else { return Ok(None) };
    let Some(secret) = project.secret(&folder.id, key) else { return Ok(None) };
    if call.is_v4() && !may_read(world, call, project, &View::now(project, &environment, secret)) {
        return Err(refused(key, (&environment, &path), at));
    }
    let there = Origin { project, environment: &environment, path: &path, key };
    expand_within(world, call, there, &secret.now.value, depth + 1).map(Some)
}

fn may_read(world: &World, call: &Call, project: &Project, view: &View<'_>) -> bool {
    Access::of(world, call, project).is_ok_and(|access| access.may(Action::ReadValue, view))
}

/// The refusal of a value that another refers to.
fn refused(key: &str, (environment, path): (&str, &str), by: Origin<'_>) -> Failure {
    let message = format!(
        "You do not have permission to read secret '{key}' in environment '{environment}' at path '{path}', which is \
         referenced by secret '{}' in environment '{}' at path '{}'.",
        by.key, by.environment, by.path
    );
    Failure::new(403, FORBIDDEN, message)
}

/// What a list shows. It fails whole where one of its values refers to what the caller may not read; the details say
/// which do.
pub(crate) fn all_or_none<T>(shown: impl Iterator<Item = Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let (mut whole, mut refusals) = (Vec::new(), Vec::new());
    for one in shown {
        match one {
            Ok(one) => whole.push(one),
            Err(failure) if failure.is_named(FORBIDDEN) => refusals.push(failure.message().clone()),
            Err(failure) => return Err(failure),
        }
    }
    if refusals.is_empty() {
        return Ok(whole);
    }
    let message = "Failed to expand one or more secret references";
    Err(Failure::new(403, FORBIDDEN, message).with_details(Value::Array(refusals)))
}
