//! Folders: `/api/v2/folders`, and `/api/v1/folders` with `workspaceId`.

use serde_json::{Map, Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject, Target};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::{Millis, iso};
use crate::world::project::{Environment, Folder, Project};

use super::environments;
use super::projects::by_id;

/// True for a route whose parameter is called `projectId`.
fn is_second_version(call: &Call) -> bool {
    call.url.starts_with("/api/v2/")
}

fn project_field(call: &Call) -> &'static str {
    if is_second_version(call) { "projectId" } else { "workspaceId" }
}

fn folder_json(world: &World, folder: &Folder) -> Value {
    let mut shown = json!({
        "id": folder.id, "name": folder.name, "version": folder.version, "createdAt": iso(folder.created),
        "updatedAt": iso(folder.updated), "envId": folder.environment_id, "parentId": folder.parent_id,
        "isReserved": false,
    });
    if world.api_version == ApiVersion::V4 {
        set(&mut shown, "description", json!(folder.description));
        set(&mut shown, "lastSecretModified", json!(folder.last_secret_modified.map(iso)));
    }
    shown
}

/// Adds the path of a created or changed folder, as a current server does.
fn with_path(world: &World, project: &Project, id: &str) -> Result<Value, Failure> {
    let folder = project.folder(id).ok_or_else(|| Failure::not_found(format!("Folder with ID '{id}' not found")))?;
    let mut shown = folder_json(world, folder);
    if world.api_version == ApiVersion::V4 {
        set(&mut shown, "path", json!(project.path_of(id)));
    }
    Ok(shown)
}

fn environment_of<'p>(project: &'p Project, slug: &str) -> Result<&'p Environment, Failure> {
    project.environment(slug).ok_or_else(|| Failure::not_found(format!("Environment with slug '{slug}' not found")))
}

/// The path of a request. The second version of the route adds a leading slash.
fn folder_path(check: &mut Checker<'_>, call: &Call) -> String {
    let path = check.folder_path("path");
    if is_second_version(call) && !path.starts_with('/') { format!("/{path}") } else { path }
}

/// Fails unless the caller may do this to a folder. The permission applies to the path of its
/// parent.
fn allow(
    world: &World,
    call: &Call,
    project_id: &str,
    action: Action,
    (environment, path): (&str, &str),
) -> Result<(), Failure> {
    let target = Target::place(environment, path);
    permission::allow_on(world, call, project_id, (action, Subject::Folders), Some(&target))
}

fn no_folder_at(path: &str, environment: &str, error: &str) -> Failure {
    Failure::new(404, error, format!("Folder with path '{path}' in environment with slug '{environment}' not found"))
}

/// The audit log metadata of a folder. The path is its parent's, as it was sent.
fn event(environment: &str, path: &str, id: &str, name: &str) -> Value {
    json!({"environment": environment, "folderId": id, "folderName": name, "folderPath": path})
}

/// `GET`: lists the folders directly in a folder, or all under it with `recursive`.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let project_id = check.string(project_field(call));
    let environment = check.string("environment");
    if is_second_version(call) && !check.has("path") {
        check.string("path");
    }
    let path = folder_path(&mut check, call);
    let recursive = call.is_v4() && check.loose_flag("recursive");
    let since = check.optional_string("lastSecretModified");
    check.finish()?;
    permission::membership(world, call, &project_id)?;
    let project = world.known_project(&project_id)?;
    environment_of(project, &environment)?;
    let Some(base) = project.folder_at(&environment, &path)? else { return Ok(json!({"folders": []})) };
    let mut folders = Vec::new();
    if recursive {
        let base_path = project.path_of(&base.id);
        let mut below: Vec<&Folder> =
            project.subtree(&base.id).iter().skip(1).filter_map(|id| project.folder(id)).collect();
        below.sort_by(|one, other| one.name.cmp(&other.name));
        for folder in below {
            let full = project.path_of(&folder.id);
            let mut shown = folder_json(world, folder);
            set(&mut shown, "relativePath", json!(full.strip_prefix(base_path.trim_end_matches('/')).unwrap_or(&full)));
            folders.push(shown);
        }
    } else {
        let mut children: Vec<&Folder> = project.children(&base.id).collect();
        if call.is_v4() {
            children.sort_by(|one, other| one.name.cmp(&other.name));
        }
        folders.extend(children.into_iter().map(|folder| folder_json(world, folder)));
    }
    if let (true, Some(since)) = (call.is_v4(), since) {
        folders.retain(|folder| folder["lastSecretModified"].as_str().is_some_and(|at| at >= since.as_str()));
    }
    Ok(json!({"folders": folders}))
}

/// `GET /:folderId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("folderId");
    let found = world.projects.iter().find_map(|project| project.folder(id).map(|folder| (project, folder)));
    let (project, folder) = found.ok_or_else(|| Failure::not_found(format!("Folder with ID '{id}' not found")))?;
    permission::membership(world, call, &project.id)?;
    let mut shown = folder_json(world, folder);
    if let Some(environment) = project.environment_by_id(&folder.environment_id) {
        set(
            &mut shown,
            "environment",
            json!({"envId": environment.id, "envName": environment.name, "envSlug": environment.slug}),
        );
    }
    set(&mut shown, "path", json!(project.path_of(id)));
    set(&mut shown, "projectId", json!(project.id));
    Ok(json!({"folder": shown}))
}

/// Checks a folder name. A current server accepts plain names only.
fn check_name(check: &mut Checker<'_>, is_v4: bool) -> String {
    let name = check.string("name");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !is_v4 {
        return name;
    }
    let name = name.trim().to_owned();
    if check.has("name") && (name.is_empty() || !name.bytes().all(plain)) {
        check.custom("name", "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.");
    }
    name
}

/// Joins path and name as an old server does before it looks for the folder. With an empty name,
/// that is the folder at the path itself, and with `..` its parent.
fn joined(path: &str, name: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').chain(name.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            plain => segments.push(plain),
        }
    }
    format!("/{}", segments.join("/"))
}

/// `POST`: creates a folder and its parents. If the folder exists, an old server returns it and a
/// current server fails.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string(project_field(call));
    let environment = check.string("environment");
    let name = check_name(&mut check, call.is_v4());
    let path = folder_path(&mut check, call);
    let description = check.nullable_string("description").filter(|_| call.is_v4());
    check.finish()?;
    allow(world, call, &project_id, Action::Create, (&environment, &path))?;
    let now = world.now();
    let World { projects, ids, .. } = world;
    let Some(project) = projects.iter_mut().find(|project| project.id == project_id) else {
        return Err(Failure::not_found(format!("Project with ID '{project_id}' not found")));
    };
    let environment_id = match environment_of(project, &environment) {
        Ok(environment) => environment.id.clone(),
        Err(_) if call.is_v4() => {
            return Err(Failure::not_found(format!(
                "Environment with slug '{environment}' in project with ID '{project_id}' not found"
            )));
        }
        Err(failure) => return Err(failure),
    };
    project.folder_at(&environment, &path)?;
    let existing = match call.api_version {
        ApiVersion::V3 => project.folder_at(&environment, &joined(&path, &name))?.map(|folder| folder.id.clone()),
        ApiVersion::V4 => None,
    };
    if let Some(id) = existing {
        let project = world.known_project(&project_id)?;
        let shown = with_path(world, project, &id)?;
        world.audit(call, Some(&project_id), "create-folder", event(&environment, &path, &id, &name));
        return Ok(json!({"folder": shown}));
    }
    let Some(parent) = project.ensure_folder(ids, now, &environment, &path) else {
        return Err(no_folder_at(&path, &environment, "CreateFolder"));
    };
    if call.is_v4() && project.child(&parent, &name).is_some() {
        return Err(Failure::bad_request(format!("Folder with name '{name}' already exists in path '{path}'")));
    }
    let id = project.add_folder(ids, now, &environment_id, Some(parent), &name, description);
    let project = world.known_project(&project_id)?;
    let shown = with_path(world, project, &id)?;
    world.audit(call, Some(&project_id), "create-folder", event(&environment, &path, &id, &name));
    Ok(json!({"folder": shown}))
}

/// The requested change of a folder.
struct Change {
    environment: String,
    path: String,
    name: String,
    /// `None` leaves the description as it is.
    description: Option<Option<String>>,
}

impl Change {
    fn read(check: &mut Checker<'_>, call: &Call) -> Self {
        let environment = check.string("environment");
        let name = check_name(check, call.is_v4());
        let path = folder_path(check, call);
        let described = check.has("description") && call.is_v4();
        let description = check.nullable_string("description");
        Self { environment, path, name, description: described.then_some(description) }
    }

    /// Checks the permission. Returns the folder's id.
    fn target(&self, project: &Project, id: &str, error: &str) -> Result<String, Failure> {
        let Some(parent) = project.folder_at(&self.environment, &self.path)? else {
            return Err(no_folder_at(&self.path, &self.environment, error));
        };
        let found = project.children(&parent.id).find(|folder| folder.id == id || folder.name == id);
        let folder = found.ok_or_else(|| Failure::new(404, error, format!("Folder with ID '{id}' not found")))?;
        if folder.name != self.name && project.child(&parent.id, &self.name).is_some() {
            return Err(Failure::new(400, error, "Folder with specified name already exists"));
        }
        Ok(folder.id.clone())
    }

    /// Applies the change. Returns the metadata for the audit log.
    fn apply(self, project: &mut Project, id: &str, now: Millis) -> Value {
        let Some(folder) = project.folder_mut(id) else { return Value::Null };
        let event = json!({
            "environment": self.environment, "folderId": id, "folderPath": self.path, "oldFolderName": folder.name,
            "newFolderName": self.name,
        });
        folder.name = self.name;
        folder.version += 1;
        folder.updated = now;
        if let Some(description) = self.description {
            folder.description = description;
        }
        event
    }
}

/// `PATCH /:folderId`: changes the name and description.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string(project_field(call));
    let change = Change::read(&mut check, call);
    check.finish()?;
    allow(world, call, &project_id, Action::Edit, (&change.environment, &change.path))?;
    let now = world.now();
    let project = world.known_project_mut(&project_id)?;
    let id = change.target(project, call.param("folderId"), "UpdateFolder")?;
    let event = change.apply(project, &id, now);
    world.audit(call, Some(&project_id), "update-folder", event);
    let project = world.known_project(&project_id)?;
    Ok(json!({"folder": with_path(world, project, &id)?}))
}

/// `PATCH /batch`: changes all folders or none.
pub(crate) fn update_many(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string(project_field(call));
    let changes = check.objects("folders", 1, |inner| (inner.string("id"), Change::read(inner, call)));
    check.finish()?;
    permission::membership(world, call, &project_id)?;
    for (_, change) in &changes {
        allow(world, call, &project_id, Action::Edit, (&change.environment, &change.path))?;
    }
    let now = world.now();
    let project = world.known_project_mut(&project_id)?;
    let ids: Vec<String> =
        changes.iter().map(|(id, change)| change.target(project, id, "UpdateManyFolders")).collect::<Result<_, _>>()?;
    let applied = changes.into_iter().zip(&ids).map(|((_, change), id)| change.apply(project, id, now));
    let events: Vec<Value> = applied.collect();
    for event in events {
        world.audit(call, Some(&project_id), "update-folder", event);
    }
    let project = world.known_project(&project_id)?;
    let folders = ids.iter().filter_map(|id| project.folder(id));
    let shown: Vec<Value> = folders.map(|folder| folder_json(world, folder)).collect();
    Ok(json!({"folders": shown}))
}

/// `DELETE /:folderIdOrName`: deletes the folder and everything under it. A current server requires
/// `forceDelete` if the folder isn't empty.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string(project_field(call));
    let environment = check.string("environment");
    let path = folder_path(&mut check, call);
    let force = check.boolean("forceDelete").unwrap_or(false);
    check.finish()?;
    allow(world, call, &project_id, Action::Delete, (&environment, &path))?;
    let wanted = call.param("folderId");
    let project = world.known_project(&project_id)?;
    environment_of(project, &environment)?;
    let Some(parent) = project.folder_at(&environment, &path)? else {
        return Err(no_folder_at(&path, &environment, "NotFound"));
    };
    let found = project.child(&parent.id, wanted).or_else(|| project.children(&parent.id).find(|it| it.id == wanted));
    let Some(folder) = found else {
        return Err(Failure::not_found(if call.is_v4() {
            format!("Folder with ID '{wanted}' not found")
        } else {
            format!("Failed to delete folder with ID '{wanted}', not found")
        }));
    };
    let shown = folder_json(world, folder);
    let event = event(&environment, &path, &folder.id, &folder.name);
    let gone = project.subtree(&folder.id);
    let is_empty = gone.len() == 1 && project.secrets_in(&folder.id).is_empty();
    if is_second_version(call) && !force && !is_empty {
        let name = &folder.name;
        let message = format!(
            "Cannot delete folder \"{name}\" because it contains resources. Use forceDelete=true to delete it forcefully."
        );
        return Err(Failure::new(400, "deleteFolder", message));
    }
    let parent_id = parent.id.clone();
    world.remove_folders(&project_id, &parent_id, &gone);
    world.audit(call, Some(&project_id), "delete-folder", event);
    Ok(json!({"folder": shown}))
}

/// `GET /api/v1/projects/:projectId/environment-folder-tree`: lists every folder of every
/// environment, for every member.
pub(crate) fn tree(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_id(world, call)?;
    let mut tree = Map::new();
    for environment in project.active_environments() {
        let root = project.root(&environment.id).map(|root| project.subtree(&root.id)).unwrap_or_default();
        let folders = root.iter().filter_map(|id| project.folder(id)).map(|folder| {
            let mut shown = folder_json(world, folder);
            set(&mut shown, "path", project.path_of(&folder.id));
            shown
        });
        let mut shown = environments::full(project, environment);
        set(&mut shown, "folders", folders.collect::<Vec<Value>>());
        tree.insert(environment.slug.clone(), shown);
    }
    Ok(Value::Object(tree))
}
