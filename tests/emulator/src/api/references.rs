//! Secret references: `${NAME}`, `${env.folder.NAME}` and, on a current server, `${@project.env.folder.NAME}`.

use serde_json::json;

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::Project;

/// Circular references are followed so deep; what is left then stays as it is written.
const DEPTH: u32 = 10;

/// Where a value stands: what its references are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'w> {
    pub(crate) project: &'w Project,
    pub(crate) environment: &'w str,
    pub(crate) path: &'w str,
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
        if permission::allow(world, call, &project.id, Action::Read, Subject::Secrets).is_err() {
            return Err(refused(reference));
        }
    }
    let Some(key) = segments.pop() else { return Ok(None) };
    let (environment, path) = match segments.split_first() {
        None => (at.environment.to_owned(), at.path.to_owned()),
        Some((environment, folders)) => ((*environment).to_owned(), format!("/{}", folders.join("/"))),
    };
    let Ok(Some(folder)) = project.folder_at(&environment, &path) else { return Ok(None) };
    let Some(secret) = project.secret(&folder.id, key) else { return Ok(None) };
    let there = Origin { project, environment: &environment, path: &path };
    expand_within(world, call, there, &secret.now.value, depth + 1).map(Some)
}

/// A list fails whole where one reference leads to what the caller may not read.
fn refused(reference: &str) -> Failure {
    Failure::new(403, "ForbiddenError", "Failed to expand one or more secret references")
        .with_details(json!([format!("You do not have permission to read the secret referenced by '{reference}'")]))
}
