//! Secret imports: `/api/v2/secret-imports`, and `/api/v1/secret-imports` with `workspaceId`.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject, Target};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::{Millis, iso};
use crate::world::project::{Import, Project};

use super::references::{Expansion, Origin};
use super::secrets::access::Access;
use super::secrets::display::Display;
use super::secrets::place::Place;
use super::secrets::shape::View;

/// The maximum depth of nested imports.
const DEPTH: u32 = 10;

/// The secrets that a folder shows through its imports, nearest first. Within one import, each name
/// appears once. A current server omits secrets that the caller may not see. It shows each source
/// once, and a missing source as empty.
pub(crate) fn of_folder(
    world: &World,
    access: &Access<'_>,
    folder_id: &str,
    display: Display,
) -> Result<Vec<Value>, Failure> {
    let project = access.project;
    let is_v4 = world.api_version == ApiVersion::V4;
    let mut shown = Vec::new();
    let mut sources: Vec<(&str, &str)> = Vec::new();
    let mut expansion = Expansion::new(access);
    for import in project.imports_of(folder_id) {
        let source = (import.environment.as_str(), import.path.as_str());
        if is_v4 && sources.contains(&source) {
            continue;
        }
        sources.push(source);
        let Some(folder) = project.folder_at(&import.environment, &import.path)? else {
            if is_v4 {
                shown.push(json!({"secretPath": import.path, "environment": import.environment, "secrets": []}));
            }
            continue;
        };
        let mut secrets = Vec::new();
        for (view, path) in reachable(project, &folder.id, 0) {
            if !may_see(access, &view, display) {
                continue;
            }
            let origin = Origin { environment: view.environment, path: &path, name: &view.version.key };
            let value = display.value(&mut expansion, origin, &view.version.value);
            secrets.push(Value::Object(view.imported(world, &value, display.visible)));
        }
        shown.push(json!({
            "secretPath": import.path, "environment": import.environment, "folderId": folder.id, "secrets": secrets,
        }));
    }
    expansion.finish_all()?;
    Ok(shown)
}

fn may_see(access: &Access<'_>, view: &View<'_>, display: Display) -> bool {
    access.may(Action::DescribeSecret, view) && (!display.visible || access.may(Action::ReadValue, view))
}

/// The secrets of a folder, followed by the imported ones.
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

/// Returns an imported secret by name. The last import wins.
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
        return Err(Failure::not_found(if call.is_v4() {
            "The requested entity is not found".to_owned()
        } else {
            format!("Imported environment with slug '{environment}' not found")
        }));
    }
    if call.is_v4() && is_replication {
        return Err(Failure::bad_request(
            "Failed to create secret replication due to plan restriction. Upgrade plan to create replication.",
        ));
    }
    if call.is_v4() && project.folder_at(&environment, &path)?.is_some_and(|folder| folder.id == folder_id) {
        return Err(Failure::bad_request("Cyclic import not allowed"));
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
    let imports: Vec<Value> = project
        .imports_of(&folder.id)
        .into_iter()
        .map(|import| {
            let mut shown = import_json(project, import);
            if call.url.starts_with("/api/v2/") {
                if let Some(environment) = shown.get_mut("importEnv") {
                    set(environment, "projectId", project.id.as_str());
                }
                set(&mut shown, "sourceProjectName", project.name.as_str());
            }
            shown
        })
        .collect();
    Ok(json!({"message": "Successfully fetched secret imports", "secretImports": imports}))
}

/// `GET /:importId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("importId");
    let found = world
        .projects
        .iter()
        .find_map(|project| project.imports.iter().find(|import| import.id == id).map(|import| (project, import)));
    let (project, import) =
        found.ok_or_else(|| Failure::not_found(format!("Secret import with ID '{id}' not found")))?;
    let environment = project.folder(&import.folder_id).map_or("", |folder| project.environment_of(folder)).to_owned();
    let path = project.path_of(&import.folder_id);
    let place = Place { project_id: project.id.clone(), environment, path };
    allow(world, call, &place, Action::Read)?;
    let mut shown = import_json(project, import);
    set(&mut shown, "environment", environment_json(project, &place.environment));
    set(&mut shown, "projectId", place.project_id);
    set(&mut shown, "secretPath", place.path);
    Ok(json!({"secretImport": shown}))
}

/// `GET /secrets` and the older `GET /secrets/raw`: the secrets that the folder imports.
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
    let display = Display { visible: true, expanded: false };
    let access = place.access(world, call)?;
    let mut shown = of_folder(world, &access, &folder.id, display)?;
    for import in &mut shown {
        let slug = import["environment"].as_str().unwrap_or_default().to_owned();
        set(import, "environmentInfo", environment_json(project, &slug));
        for secret in import.get_mut("secrets").and_then(Value::as_array_mut).into_iter().flatten() {
            let id = secret["id"].as_str().unwrap_or_default();
            if let Some(stored) = project.secrets.iter().find(|stored| stored.id == id) {
                set(secret, "createdAt", iso(stored.created));
                set(secret, "updatedAt", iso(stored.now.updated));
            }
            if let (true, Value::Object(fields)) = (call.is_v4(), secret) {
                for name in ["secretReminderNote", "secretReminderRepeatDays", "secretValueHidden", "secretMetadata"] {
                    fields.remove(name);
                }
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
    let now = world.now();
    let project = world.known_project_mut(&place.project_id)?;
    let folder_id = place.folder(project, "DeleteSecretImport")?.id.clone();
    let id = call.param("importId");
    let index = project.imports.iter().position(|import| import.id == id && import.folder_id == folder_id);
    let Some(index) = index else {
        let what = if call.is_v4() { "folder ID" } else { "ID" };
        return Err(Failure::not_found(format!("Secret import with {what} '{id}' not found")));
    };
    let import = project.imports.remove(index);
    for later in project.imports.iter_mut().filter(|it| it.folder_id == folder_id && it.position > import.position) {
        later.position = later.position.saturating_sub(1);
        later.updated = now;
    }
    let shown = import_json(project, &import);
    Ok(json!({"message": "Successfully deleted secret import", "secretImport": shown}))
}

/// `PATCH /:importId`: changes the source or the position.
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
    let missing = || Failure::not_found(format!("Secret import with ID '{id}' not found"));
    let is_it = |import: &Import| import.id == id && import.folder_id == folder_id;
    let index = project.imports.iter().position(is_it).ok_or_else(missing)?;
    if let Some((environment, path, position)) = change {
        if let Some(position) = position.and_then(|position| u32::try_from(position).ok()) {
            make_room(project, &folder_id, id, position, now);
        }
        let import = project.imports.get_mut(index).ok_or_else(missing)?;
        import.environment = environment.unwrap_or_else(|| import.environment.clone());
        import.path = path.unwrap_or_else(|| import.path.clone());
        import.position = position.and_then(|position| u32::try_from(position).ok()).unwrap_or(import.position);
        import.updated = now;
    }
    let import = project.imports.get(index).ok_or_else(missing)?;
    let shown = import_json(project, import);
    Ok(json!({"message": "Successfully updated secret import", "secretImport": shown}))
}

/// Shifts the imports between the old and the new position by one.
fn make_room(project: &mut Project, folder_id: &str, id: &str, to: u32, now: Millis) {
    let Some(from) = project.imports.iter().find(|import| import.id == id).map(|import| import.position) else {
        return;
    };
    for other in project.imports.iter_mut().filter(|import| import.folder_id == folder_id && import.id != id) {
        if other.position >= to && other.position < from {
            other.position = other.position.saturating_add(1);
        } else if other.position <= to && other.position > from {
            other.position = other.position.saturating_sub(1);
        } else {
            continue;
        }
        other.updated = now;
    }
}
