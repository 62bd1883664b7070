//! Secret imports: `/api/v2/secret-imports`, and `/api/v1/secret-imports` with `workspaceId`.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject, Target};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{Import, Project};

use super::references::Origin;
use super::secrets::access::Access;
use super::secrets::place::Place;
use super::secrets::read::Display;
use super::secrets::shape::View;

/// Imports of imports are followed so deep.
const DEPTH: u32 = 10;

/// What the folder shows through its imports, nearest first; a name that was seen isn't shown again within one import.
pub(crate) fn of_folder(
    world: &World,
    call: &Call,
    access: &Access<'_>,
    folder_id: &str,
    display: Display,
) -> Result<Vec<Value>, Failure> {
    let (project, mut shown) = (access.project, Vec::new());
    let is_shown = |view: &View<'_>| {
        access.may(Action::DescribeSecret, view) && (!display.visible || access.may(Action::ReadValue, view))
    };
    for import in project.imports_of(folder_id) {
        let Some(folder) = project.folder_at(&import.environment, &import.path)? else { continue };
        let mut secrets = Vec::new();
        for (view, path) in reachable(project, &folder.id, 0).into_iter().filter(|(view, _)| is_shown(view)) {
            let at = Origin { project, environment: view.environment, path: &path, key: &view.version.key };
            let value = display.value(world, call, at, &view.version.value)?;
            secrets.push(Value::Object(view.imported(world, &value, display.visible)));
        }
        shown.push(json!({
            "secretPath": import.path, "environment": import.environment, "folderId": folder.id, "secrets": secrets,
        }));
    }
    Ok(shown)
}

/// The secrets of a folder and, behind them, of what it imports.
fn reachable<'p>(project: &'p Project, folder_id: &str, depth: u32) -> Vec<(View<'p>, String)> {
    let Some(folder) = project.folder(folder_id) else { return Vec::new() };
    let (environment, path) = (project.environment_of(folder), project.path_of(folder_id));
    let secrets = project.secrets_in(folder_id).into_iter();
    let mut found: Vec<_> = secrets.map(|secret| (View::now(project, environment, secret), path.clone())).collect();
    if depth >= DEPTH {
        return found;
    }
    for import in project.imports_of(folder_id) {
        let Ok(Some(target)) = project.folder_at(&import.environment, &import.path) else { continue };
        for (view, path) in reachable(project, &target.id, depth + 1) {
            if !found.iter().any(|(seen, _)| seen.version.key == view.version.key) {
                found.push((view, path));
            }
        }
    }
    found
}

/// A secret by name that a folder has through an import: the last import wins.
pub(crate) fn find<'p>(access: &Access<'p>, folder_id: &str, name: &str) -> Option<(View<'p>, String)> {
    let project = access.project;
    let is_it = |view: &View<'_>| view.version.key == name && access.may(Action::DescribeSecret, view);
    project.imports_of(folder_id).into_iter().rev().find_map(|import| {
        let target = project.folder_at(&import.environment, &import.path).ok()??;
        reachable(project, &target.id, 0).into_iter().find(|(view, _)| is_it(view))
    })
}

fn environment_json(project: &Project, slug: &str) -> Value {
    project.environment(slug).map_or(
        Value::Null,
        |environment| json!({"id": environment.id, "name": environment.name, "slug": environment.slug}),
    )
}

fn import_json(project: &Project, import: &Import) -> Value {
    json!({
        "id": import.id, "version": import.version, "importPath": import.path, "position": import.position,
        "createdAt": iso(import.created), "updatedAt": iso(import.updated), "folderId": import.folder_id,
        "isReplication": import.is_replication, "isReplicationSuccess": null, "replicationStatus": null,
        "lastReplicated": null, "isReserved": false, "importEnv": environment_json(project, &import.environment),
    })
}

fn project_field(call: &Call) -> &'static str {
    if call.url.starts_with("/api/v2/") { "projectId" } else { "workspaceId" }
}

fn place(call: &Call, check: &mut Checker<'_>) -> Place {
    Place {
        project_id: check.string(project_field(call)),
        environment: check.string("environment"),
        path: check.folder_path("path"),
    }
}

/// Fails unless the caller may do this to the imports of a folder.
fn allow(world: &World, call: &Call, place: &Place, action: Action) -> Result<(), Failure> {
    let target = Target::place(&place.environment, &place.path);
    permission::allow_on(world, call, &place.project_id, (action, Subject::Imports), Some(&target))
}

/// `POST`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = place(call, &mut check);
    let from = check.object("import", |inner| (inner.string("environment"), inner.folder_path("path")));
    let is_replication = check.boolean("isReplication").unwrap_or(false);
    check.finish()?;
    let (environment, path) = from.unwrap_or_default();
    allow(world, call, &place, Action::Create)?;
    let (now, id) = (world.now(), world.ids.uuid());
    let project = world.known_project_mut(&place.project_id)?;
    let folder_id = place.folder(project, "CreateSecretImport")?.id.clone();
    if project.environment(&environment).is_none() {
        return Err(Failure::not_found(format!("Imported environment with slug '{environment}' not found")));
    }
    let position = project.imports_of(&folder_id).last().map_or(1, |last| last.position + 1);
    let import =
        Import { id, folder_id, environment, path, position, version: 1, is_replication, created: now, updated: now };
    let shown = import_json(project, &import);
    project.imports.push(import);
    Ok(json!({"message": "Successfully created secret import", "secretImport": shown}))
}

/// `GET`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let place = place(call, &mut check);
    check.finish()?;
    allow(world, call, &place, Action::Read)?;
    let project = world.known_project(&place.project_id)?;
    let folder = place.folder(project, "GetSecretImports")?;
    let imports: Vec<Value> =
        project.imports_of(&folder.id).into_iter().map(|import| import_json(project, import)).collect();
    Ok(json!({"message": "Successfully fetched secret imports", "secretImports": imports}))
}

/// `GET /secrets` and the older `GET /secrets/raw`: what the folder's imports show.
pub(crate) fn secrets(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let world = &*world;
    let mut check = Checker::query(call);
    let place = place(call, &mut check);
    check.finish()?;
    allow(world, call, &place, Action::Read)?;
    let project = world.known_project(&place.project_id)?;
    let Some(folder) = project.folder_at(&place.environment, &place.path)? else {
        return Ok(json!({"secrets": []}));
    };
    let access = place.access(world, call)?;
    let display = Display { visible: true, expanded: false };
    let mut shown = of_folder(world, call, &access, &folder.id, display)?;
    for import in &mut shown {
        let slug = import["environment"].as_str().unwrap_or_default().to_owned();
        set(import, "environmentInfo", environment_json(project, &slug));
        for secret in import.get_mut("secrets").and_then(Value::as_array_mut).into_iter().flatten() {
            let id = secret["id"].as_str().unwrap_or_default();
            if let Some(stored) = project.secrets.iter().find(|stored| stored.id == id) {
                set(secret, "createdAt", iso(stored.created));
                set(secret, "updatedAt", iso(stored.now.updated));
            }
        }
    }
    Ok(json!({"secrets": shown}))
}

/// `DELETE /:importId`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = place(call, &mut check);
    check.finish()?;
    allow(world, call, &place, Action::Delete)?;
    let project = world.known_project_mut(&place.project_id)?;
    let folder_id = place.folder(project, "DeleteSecretImport")?.id.clone();
    let id = call.param("importId");
    let index = project.imports.iter().position(|import| import.id == id && import.folder_id == folder_id);
    let Some(index) = index else {
        return Err(Failure::not_found(format!("Secret import with ID '{id}' not found")));
    };
    let import = project.imports.remove(index);
    let shown = import_json(project, &import);
    Ok(json!({"message": "Successfully deleted secret import", "secretImport": shown}))
}

/// `PATCH /:importId`: another source, or another position.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = place(call, &mut check);
    let change = check.object("import", |inner| {
        let path = inner.has("path").then(|| inner.folder_path("path"));
        (inner.optional_string("environment"), path, inner.number("position"))
    });
    check.finish()?;
    allow(world, call, &place, Action::Edit)?;
    let now = world.now();
    let project = world.known_project_mut(&place.project_id)?;
    let folder_id = place.folder(project, "UpdateSecretImport")?.id.clone();
    let id = call.param("importId");
    let found = project.imports.iter_mut().find(|import| import.id == id && import.folder_id == folder_id);
    let Some(import) = found else {
        return Err(Failure::not_found(format!("Secret import with ID '{id}' not found")));
    };
    if let Some((environment, path, position)) = change {
        import.environment = environment.unwrap_or_else(|| import.environment.clone());
        import.path = path.unwrap_or_else(|| import.path.clone());
        import.position = position.and_then(|position| u32::try_from(position).ok()).unwrap_or(import.position);
        import.updated = now;
    }
    let import = import.clone();
    let shown = import_json(project, &import);
    Ok(json!({"message": "Successfully updated secret import", "secretImport": shown}))
}
