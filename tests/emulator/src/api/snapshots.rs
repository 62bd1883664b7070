//! Snapshots of folders: `/api/v1/projects/:projectId/secret-snapshots` (`/api/v1/workspace/...` on
//! an old server) and `/api/v1/secret-snapshot`.

use serde_json::{Map, Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::history::Snapshot;
use crate::world::project::{Folder, Project};
use crate::world::secret::Version;

use super::secrets::access::{Access, tag_slugs};
use super::secrets::place::Place;
use super::secrets::shape::{HIDDEN, tags_json};

const LIMIT: u64 = 20;

/// The permission subject of reading snapshots.
fn snapshots_of(call: &Call) -> Subject {
    if call.is_v4() { Subject::Commits } else { Subject::Rollback }
}

fn brief(snapshot: &Snapshot) -> Value {
    let created = iso(snapshot.created);
    json!({
        "id": snapshot.id, "envId": snapshot.environment_id, "folderId": snapshot.folder_id,
        "parentFolderId": snapshot.parent_folder_id, "createdAt": created, "updatedAt": created,
    })
}

fn folder_of_query<'w>(
    world: &'w World,
    call: &Call,
    check: Checker<'_>,
    place: (&str, &str),
) -> Result<(&'w Project, &'w Folder), Failure> {
    check.finish()?;
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Read, snapshots_of(call))?;
    let project = world.known_project(project_id)?;
    let (environment, path) = place;
    let folder = project.folder_at(environment, path)?.ok_or_else(|| {
        Failure::not_found(format!("Folder with path '{path}' not found in environment with slug '{environment}'"))
    })?;
    Ok((project, folder))
}

fn of_folder<'p>(project: &'p Project, folder: &'p Folder) -> impl Iterator<Item = &'p Snapshot> {
    project.snapshots.iter().rev().filter(|snapshot| snapshot.folder_id == folder.id)
}

/// `GET .../secret-snapshots`: newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    world.take_due_snapshots();
    let mut check = Checker::query(call);
    let (environment, path) = (check.string("environment"), check.folder_path("path"));
    let offset = check.query_number("offset").unwrap_or(0);
    let limit = check.query_number("limit").unwrap_or(LIMIT);
    let (project, folder) = folder_of_query(world, call, check, (&environment, &path))?;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page = of_folder(project, folder).skip(count(offset)).take(count(limit));
    Ok(json!({"secretSnapshots": page.map(brief).collect::<Vec<_>>()}))
}

/// `GET .../secret-snapshots/count`
pub(crate) fn count(world: &mut World, call: &Call) -> Result<Value, Failure> {
    world.take_due_snapshots();
    let mut check = Checker::query(call);
    let (environment, path) = (check.string("environment"), check.folder_path("path"));
    let (project, folder) = folder_of_query(world, call, check, (&environment, &path))?;
    Ok(json!({"count": of_folder(project, folder).count()}))
}

fn find<'w>(world: &'w World, call: &Call) -> Result<(&'w Project, &'w Snapshot), Failure> {
    let id = call.param("snapshotId");
    let found = world.projects.iter().find_map(|project| {
        project.snapshots.iter().find(|snapshot| snapshot.id == id).map(|snapshot| (project, snapshot))
    });
    found.ok_or_else(|| Failure::not_found(format!("Snapshot with ID '{id}' not found")))
}

/// `GET /api/v1/secret-snapshot/:snapshotId`: the folder at that time. Values that the caller may
/// not read are hidden, and all others are always shown.
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    world.take_due_snapshots();
    let (project, snapshot) = find(world, call)?;
    permission::allow(world, call, &project.id, Action::Read, snapshots_of(call))?;
    let access = Access::of(world, call, project)?;
    let environment = project.environment_by_id(&snapshot.environment_id);
    let place = Place {
        project_id: project.id.clone(),
        environment: environment.map(|environment| environment.slug.clone()).unwrap_or_default(),
        path: project.path_of(&snapshot.folder_id),
    };
    let may = |action: Action, version: &Version| {
        !call.is_v4() || access.check_name(action, &place, &version.key, &tag_slugs(project, version)).is_ok()
    };
    let known = snapshot.secrets.iter().filter(|(_, version)| may(Action::DescribeSecret, version));
    let secrets = known.map(|(id, version)| version_json(project, (id, version), may(Action::ReadValue, version)));
    let folders = snapshot.folders.iter().map(|(id, name)| json!({"id": id, "name": name}));
    let created = iso(snapshot.created);
    Ok(json!({"secretSnapshot": {
        "id": snapshot.id, "projectId": project.id,
        "environment": environment.map(|it| json!({"id": it.id, "slug": it.slug, "name": it.name})),
        "secretVersions": secrets.collect::<Vec<_>>(), "folderVersion": folders.collect::<Vec<_>>(),
        "createdAt": created, "updatedAt": created,
    }}))
}

fn version_json(project: &Project, (id, version): (&str, &Version), is_visible: bool) -> Value {
    let written = iso(version.updated);
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    set("id", json!(version.id));
    set("secretId", json!(id));
    set("version", json!(version.number));
    set("secretKey", json!(version.key));
    set("secretValue", json!(if is_visible { version.value.as_str() } else { HIDDEN }));
    set("secretComment", json!(version.comment));
    set("skipMultilineEncoding", json!(version.skip_multiline));
    set("createdAt", json!(written));
    set("updatedAt", json!(written));
    set("tags", tags_json(project, &version.sent_tag_ids, &[]));
    if project.api_version == ApiVersion::V4 {
        set("isRotatedSecret", json!(false));
        set("rotationId", Value::Null);
        set("secretValueHidden", json!(!is_visible));
    } else {
        set("metadata", Value::Null);
    }
    Value::Object(shown)
}

/// `POST /api/v1/secret-snapshot/:snapshotId/rollback`. It always fails on a current server.
pub(crate) fn roll_back(world: &mut World, call: &Call) -> Result<Value, Failure> {
    world.take_due_snapshots();
    let (project, snapshot) = find(world, call)?;
    permission::allow(world, call, &project.id, Action::Create, Subject::Rollback)?;
    if call.is_v4() {
        return Err(Failure::internal("InternalServerError"));
    }
    let (project_id, snapshot) = (project.id.clone(), snapshot.clone());
    let now = world.now();
    let World { projects, ids, .. } = world;
    let project = projects.iter_mut().find(|project| project.id == project_id);
    let project = project.ok_or_else(|| Failure::not_found(format!("Project with ID '{project_id}' not found")))?;
    project.restore(&snapshot, now);
    let made = project.take_snapshot(ids, now, &snapshot.folder_id);
    let made = made.and_then(|id| project.snapshots.iter().find(|snapshot| snapshot.id == id));
    Ok(json!({"secretSnapshot": made.map(brief)}))
}
