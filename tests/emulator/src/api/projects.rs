//! Projects: `/api/v1/projects` and the older `/api/v1/workspace`, `/api/v2/workspace`,
//! `/api/v2/organizations`.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, SlugRule, slugify};
use crate::failure::Failure;
use crate::json::set;
use crate::seed::{OrgRole, ProjectSeed, Role};
use crate::world::World;
use crate::world::clock::iso;
use crate::world::membership::Membership;
use crate::world::project::{Environment, Project};

use super::administration::for_users_only;

/// The maximum number of projects in a search result.
const SEARCH_LIMIT: u64 = 100;

fn environment_json(environment: &Environment) -> Value {
    json!({"name": environment.name, "slug": environment.slug, "id": environment.id})
}

fn project_json(world: &World, project: &Project) -> Value {
    let environments: Vec<Value> = project.active_environments().map(environment_json).collect();
    let created = iso(project.created);
    match world.api_version {
        ApiVersion::V3 => json!({
            "id": project.id, "_id": project.id, "name": project.name, "slug": project.slug,
            "autoCapitalization": true, "orgId": world.org_id, "createdAt": created, "updatedAt": created,
            "version": 3, "upgradeStatus": null, "pitVersionLimit": 10, "kmsCertificateKeyId": null,
            "auditLogsRetentionDays": null, "environments": environments,
        }),
        ApiVersion::V4 => json!({
            "id": project.id, "_id": project.id, "name": project.name, "slug": project.slug,
            "description": null, "type": "secret-manager", "defaultProduct": null,
            "autoCapitalization": false, "orgId": world.org_id, "createdAt": created, "updatedAt": created,
            "version": 3, "upgradeStatus": null, "pitVersionLimit": 10, "kmsCertificateKeyId": null,
            "auditLogsRetentionDays": null, "hasDeleteProtection": false, "secretSharing": true,
            "showSnapshotsLegacy": false, "secretDetectionIgnoreValues": null,
            "enforceEncryptedSecretManagerSecretMetadata": null, "environments": environments,
        }),
    }
}

/// The project as the current routes show it, with the environments that can be restored.
fn current_json(world: &World, project: &Project) -> Value {
    let mut shown = project_json(world, project);
    let deleted = project.environments.iter().filter(|environment| environment.deleted.is_some());
    set(&mut shown, "deletedEnvironments", deleted.map(environment_json).collect::<Vec<Value>>());
    shown
}

/// Returns the path's project if the caller is a member.
pub(crate) fn by_id<'w>(world: &'w World, call: &Call) -> Result<&'w Project, Failure> {
    let id = call.param("projectId");
    let Some(project) = world.project(id) else {
        return Err(match call.api_version {
            ApiVersion::V3 => Failure::internal("Failed to find project by id"),
            ApiVersion::V4 => Failure::not_found(format!("Project with ID '{id}' not found")),
        });
    };
    permission::membership(world, call, id)?;
    Ok(project)
}

fn by_slug<'w>(world: &'w World, call: &Call) -> Result<&'w Project, Failure> {
    let project = project_by_slug(world, call.param("slug"))?;
    permission::membership(world, call, &project.id)?;
    Ok(project)
}

/// Returns the project with the slug, or the error of the API version if there is none.
pub(crate) fn project_by_slug<'w>(world: &'w World, slug: &str) -> Result<&'w Project, Failure> {
    world.projects.iter().find(|project| project.slug == slug).ok_or_else(|| match world.api_version {
        ApiVersion::V3 => Failure::internal("Failed to find project by slug"),
        ApiVersion::V4 => Failure::not_found(format!("Project with slug '{slug}' not found")),
    })
}

fn mine<'w>(world: &'w World, call: &Call) -> Result<Vec<&'w Project>, Failure> {
    let caller = call.caller()?;
    Ok(world.projects.iter().filter(|project| project.membership(&caller.identity_id).is_some()).collect())
}

/// `GET /api/v1/projects`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let kind = check.choice("type", &["all", "secret-manager", "cert-manager", "kms", "ssh", "pam"]);
    let with_roles = check.query_flag("includeRoles", false);
    check.finish()?;
    let shown = matches!(kind.as_str(), "all" | "secret-manager");
    let mine = mine(world, call)?;
    if with_roles {
        for project in &mine {
            permission::allow(world, call, &project.id, Action::Create, Subject::Members)?;
        }
    }
    let projects: Vec<Value> = mine.into_iter().filter(|_| shown).map(|project| current_json(world, project)).collect();
    Ok(json!({"projects": projects}))
}

/// `GET /api/v1/projects/:projectId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    Ok(json!({"project": current_json(world, by_id(world, call)?)}))
}

/// `GET /api/v1/projects/slug/:slug`, `GET /api/v2/workspace/:slug`: the project without a wrapper.
pub(crate) fn get_by_slug(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project = by_slug(world, call)?;
    if call.url.starts_with("/api/v1/projects/") {
        return Ok(current_json(world, project));
    }
    let mut shown = project_json(world, project);
    if call.is_v4() {
        set(&mut shown, "kmsSecretManagerKeyId", project.key_id.as_str());
    }
    Ok(shown)
}

/// `GET /api/v1/workspace`: an old server allows users only.
pub(crate) fn list_workspaces(world: &mut World, call: &Call) -> Result<Value, Failure> {
    if !call.is_v4() {
        return for_users_only(world, call);
    }
    let workspaces: Vec<Value> = mine(world, call)?.into_iter().map(|project| project_json(world, project)).collect();
    Ok(json!({"workspaces": workspaces}))
}

/// `POST /api/v1/projects/search`: the organization's projects, and whether the caller is a member
/// of each.
pub(crate) fn search(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let ids = check.strings("projectIds");
    let name = check.optional_string("name").unwrap_or_default().to_lowercase();
    let kind = check.optional_string("type");
    let offset = check.number("offset").unwrap_or(0);
    let limit = check.number("limit").unwrap_or(SEARCH_LIMIT);
    check.finish()?;
    let caller = call.caller()?;
    let found: Vec<Value> = world
        .projects
        .iter()
        .filter(|project| ids.as_ref().is_none_or(|ids| ids.contains(&project.id)))
        .filter(|project| project.name.to_lowercase().contains(&name))
        .filter(|_| kind.as_deref().is_none_or(|kind| kind == "secret-manager"))
        .map(|project| {
            let mut shown = project_json(world, project);
            if let Value::Object(fields) = &mut shown {
                fields.remove("_id");
                fields.remove("environments");
            }
            set(&mut shown, "isMember", project.membership(&caller.identity_id).is_some());
            shown
        })
        .collect();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let total = found.len();
    let page: Vec<Value> = found.into_iter().skip(count(offset)).take(count(limit)).collect();
    Ok(json!({"projects": page, "totalCount": total}))
}

/// `GET /api/v1/workspace/:projectId`
pub(crate) fn get_workspace(world: &mut World, call: &Call) -> Result<Value, Failure> {
    Ok(json!({"workspace": project_json(world, by_id(world, call)?)}))
}

/// Members of the organization may create projects. Those without access may not
/// (`org-permission.ts`).
fn allow_creation(world: &World, call: &Call) -> Result<(), Failure> {
    match (permission::org_role(world, call)?, call.api_version) {
        (OrgRole::Member | OrgRole::Admin, _) => Ok(()),
        (OrgRole::NoAccess, ApiVersion::V3) => Err(Failure::permission("create", "workspace")),
        (OrgRole::NoAccess, ApiVersion::V4) => {
            Err(Failure::new(403, "ForbiddenError", "You don't have permission to create a project"))
        }
    }
}

/// The error for a slug that is taken. The 2024 server doesn't check, so its database fails.
/// (`createProject` in `project-service.ts`. The check exists since pull request 4745, of October
/// 2025.)
fn slug_is_taken(api_version: ApiVersion, slug: &str) -> Failure {
    match api_version {
        ApiVersion::V3 => Failure::internal("Create"),
        ApiVersion::V4 => Failure::bad_request(format!(
            "A project with the slug \"{slug}\" already exists in your organization. Please choose a different name or \
             slug."
        )),
    }
}

/// `POST /api/v1/projects`, `POST /api/v2/workspace`: creates a project with the default
/// environments and makes the caller its admin. It is always a project for secrets, whatever `type`
/// says. Templates and licence limits aren't emulated.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let name = check.title("projectName", call.is_v4().then_some(64));
    let slug = check.slug("slug", SlugRule::project(call.api_version));
    let mut with_environments = true;
    if call.is_v4() {
        check.choice("type", &["secret-manager", "cert-manager", "kms", "ssh", "secret-scanning", "pam"]);
        with_environments = check.boolean("shouldCreateDefaultEnvs").unwrap_or(true);
    }
    check.finish()?;
    allow_creation(world, call)?;
    let suffix = world.ids.alphanumeric(4);
    let slug = slug.unwrap_or_else(|| slugify(&format!("{name}-{suffix}")));
    if world.projects.iter().any(|project| project.slug == slug) {
        return Err(slug_is_taken(call.api_version, &slug));
    }
    let mut seed = ProjectSeed::new(&name, &slug);
    if !with_environments {
        seed.environments.clear();
    }
    let project_id = world.plant_project(&seed);
    let (now, creator) = (world.now(), call.caller()?.identity_id.clone());
    let creator = Membership::new(&mut world.ids, now, &creator, Role::Admin);
    world.known_project_mut(&project_id)?.memberships.push(creator);
    if call.is_v4() {
        // The 2024 server writes no audit entry.
        world.audit(
            call,
            Some(&project_id),
            "create-project",
            json!({"name": name, "projectName": name, "slug": slug}),
        );
    }
    let project = world.known_project(&project_id)?;
    let shown = if call.is_v4() { current_json(world, project) } else { project_json(world, project) };
    Ok(json!({"project": shown}))
}

/// `GET /api/v2/organizations/:orgId/workspaces`
pub(crate) fn of_organization(world: &mut World, call: &Call) -> Result<Value, Failure> {
    if call.param("orgId") != world.org_id {
        return Err(Failure::forbidden("ForbiddenError"));
    }
    let brief = |project: &Project| {
        let environments: Vec<Value> = project
            .active_environments()
            .map(|environment| json!({"name": environment.name, "slug": environment.slug}))
            .collect();
        json!({
            "id": project.id, "name": project.name, "slug": project.slug, "organization": world.org_id,
            "environments": environments,
        })
    };
    let workspaces: Vec<Value> = mine(world, call)?.into_iter().map(brief).collect();
    Ok(json!({"workspaces": workspaces}))
}
