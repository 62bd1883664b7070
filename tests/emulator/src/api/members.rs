//! Users in a project: `POST /api/v1/projects/:projectId/memberships` and the older
//! `/api/v2/workspace/...`.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, is_email};
use crate::failure::Failure;
use crate::json::set;
use crate::seed::{OrgRole, Role};
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::Project;
use crate::world::user::Member;

use super::memberships::BUILT_IN;

/// `POST`: invites users by email or username. Only a current server reads `roleSlugs`. Without
/// them, users get the role `member`.
pub(crate) fn invite(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let mut usernames = check.emails("emails");
    usernames.extend(check.lower_case("usernames", "Username must be lowercase"));
    let roles = if call.is_v4() { check.some_strings("roleSlugs") } else { None };
    check.finish()?;
    let roles = roles.unwrap_or_else(|| vec![Role::Member.slug().to_owned()]);
    let project_id = call.param("projectId");
    let named = usernames.len();
    let mut seen = HashSet::new();
    usernames.retain(|username| seen.insert(username.clone()));
    let invited = match call.api_version {
        ApiVersion::V3 => old_guard(world, call, project_id, &usernames, named)?,
        ApiVersion::V4 => current_guard(world, call, project_id, &usernames, &roles)?,
    };
    let members = add(world, project_id, &invited, &roles)?;
    let event_type = if call.is_v4() { "add-project-members" } else { "add-workspace-members" };
    let entries: Vec<Value> = members
        .iter()
        .map(|member| json!({"userId": member.user_id, "membershipId": member.id, "email": ""}))
        .collect();
    world.audit(call, Some(project_id), event_type, json!({"members": entries}));
    let shown: Vec<Value> = members
        .iter()
        .map(|member| {
            let created = iso(member.created);
            json!({
                "id": member.id, "userId": member.user_id, "projectId": project_id, "createdAt": created,
                "updatedAt": created,
            })
        })
        .collect();
    Ok(json!({"memberships": shown}))
}

/// The ids of users who aren't in the project yet.
fn newcomers(world: &World, project: &Project, usernames: &[String]) -> Vec<String> {
    let known = usernames.iter().filter_map(|username| world.user(username));
    let is_new = |id: &String| !project.members.iter().any(|member| member.user_id == *id);
    known.map(|user| user.id.clone()).filter(is_new).collect()
}

/// The 2024 server adds all users or none, and accepts only users of the organization. It counts a
/// repeated user as missing. (`addUsersToProjectNonE2EE` in `project-membership-service.ts`.)
fn old_guard(
    world: &World,
    call: &Call,
    project_id: &str,
    usernames: &[String],
    named: usize,
) -> Result<Vec<String>, Failure> {
    let project = world.known_project(project_id)?;
    permission::allow(world, call, project_id, Action::Create, Subject::Members)?;
    if usernames.iter().filter(|username| world.user(username).is_some()).count() != named {
        return Err(Failure::bad_request("Some users are not part of org"));
    }
    let invited = newcomers(world, project, usernames);
    if invited.len() != usernames.len() {
        return Err(Failure::bad_request("Some users are already part of project"));
    }
    Ok(invited)
}

/// A current server first adds unknown users to the organization, if the caller may do that. It
/// skips members of the project. If no user is left, it checks nothing more, not even the caller.
/// (`membership-user-service.ts` and its two factories.)
fn current_guard(
    world: &mut World,
    call: &Call,
    project_id: &str,
    usernames: &[String],
    roles: &[String],
) -> Result<Vec<String>, Failure> {
    let unknown: Vec<&String> = usernames.iter().filter(|username| world.user(username).is_none()).collect();
    let broken: Vec<&str> =
        unknown.iter().filter(|username| !is_email(username)).map(|username| username.as_str()).collect();
    if !broken.is_empty() {
        return Err(Failure::bad_request(format!("Invalid emails: {}", broken.join(", "))));
    }
    if !unknown.is_empty() && permission::org_role(world, call)? != OrgRole::Admin {
        return Err(Failure::permission("create", "member"));
    }
    // The new users stay in the organization even if the project then refuses them.
    for email in unknown {
        world.plant_user(email);
    }
    let invited = match world.project(project_id) {
        Some(project) => newcomers(world, project, usernames),
        None => usernames.to_vec(),
    };
    if invited.is_empty() {
        return Ok(invited);
    }
    permission::allow(world, call, project_id, Action::Create, Subject::Members)?;
    if roles.iter().any(|role| role != Role::NoAccess.slug()) {
        permission::allow(world, call, project_id, Action::AssignRole, Subject::Members)
            .map_err(|_| boundary("create user project membership"))?;
    }
    let project = world.known_project(project_id)?;
    let is_known = |slug: &String| {
        BUILT_IN.iter().any(|role| role.slug() == slug) || project.roles.iter().any(|role| role.slug == *slug)
    };
    if !roles.iter().all(is_known) {
        return Err(Failure::not_found("One or more custom roles not found"));
    }
    Ok(invited)
}

/// The refusal of a caller who may add members but not give them roles.
fn boundary(doing: &str) -> Failure {
    permission::boundary(doing, ApiVersion::V4, Action::AssignRole, Subject::Members)
}

/// A role of a user's membership.
fn role_json(project: &Project, id: &str, slug: &str) -> Value {
    let custom = project.roles.iter().find(|role| role.slug == slug);
    json!({
        "id": id, "role": if custom.is_some() { "custom" } else { slug }, "customRoleId": custom.map(|role| &role.id),
        "customRoleName": custom.map(|role| &role.name), "customRoleSlug": custom.map(|role| &role.slug),
        "isTemporary": false, "temporaryMode": null, "temporaryRange": null, "temporaryAccessStartTime": null,
        "temporaryAccessEndTime": null,
    })
}

/// `GET`: the users of a project.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let project_id = call.param("projectId");
    permission::allow(world, call, project_id, Action::Read, Subject::Members)?;
    let project = world.known_project(project_id)?;
    let shown = project.members.iter().filter_map(|member| {
        let user = world.users.iter().find(|user| user.id == member.user_id)?;
        let roles: Vec<Value> =
            member.role_ids.iter().zip(&member.roles).map(|(id, slug)| role_json(project, id, slug)).collect();
        let (first, last) = user.name.as_ref().map(|(first, last)| (first, last)).unzip();
        let mut of_user = json!({"email": user.email, "firstName": first, "lastName": last, "id": user.id});
        let mut shown = json!({
            "id": member.id, "createdAt": iso(member.created), "userId": user.id, "projectId": project_id, "roles": roles,
        });
        match call.api_version {
            ApiVersion::V4 => set(&mut of_user, "username", user.email.as_str()),
            ApiVersion::V3 => {
                set(&mut of_user, "publicKey", user.public_key.as_str());
                if let Value::Object(fields) = &mut shown {
                    fields.remove("createdAt");
                }
            }
        }
        set(&mut shown, "user", of_user);
        Some(shown)
    });
    Ok(json!({"memberships": shown.collect::<Vec<_>>()}))
}

/// `PATCH /:membershipId`: replaces a user's roles.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let roles = check.objects("roles", 1, |role| role.string("role"));
    check.finish()?;
    let (project_id, membership_id) = (call.param("projectId"), call.param("membershipId"));
    permission::allow(world, call, project_id, Action::Edit, Subject::Members)?;
    if roles.iter().any(|role| role != Role::NoAccess.slug()) {
        permission::allow(world, call, project_id, Action::AssignRole, Subject::Members)
            .map_err(|_| boundary("update user project membership"))?;
    }
    let (now, role_ids) = (iso(world.now()), roles.iter().map(|_| world.ids.uuid()).collect::<Vec<_>>());
    let project = world.known_project_mut(project_id)?;
    let member = project.members.iter_mut().find(|member| member.id == membership_id);
    let member = member.ok_or_else(|| Failure::not_found("Project membership not found"))?;
    member.roles.clone_from(&roles);
    member.role_ids.clone_from(&role_ids);
    let project = world.known_project(project_id)?;
    let changed = role_ids.iter().zip(&roles).map(|(id, slug)| {
        let mut shown = role_json(project, id, slug);
        if let Value::Object(fields) = &mut shown {
            fields.retain(|name, _| !matches!(name.as_str(), "customRoleName" | "customRoleSlug"));
        }
        set(&mut shown, "projectMembershipId", membership_id);
        set(&mut shown, "createdAt", now.as_str());
        set(&mut shown, "updatedAt", now.as_str());
        shown
    });
    Ok(json!({"roles": changed.collect::<Vec<_>>()}))
}

/// `GET /groups`: always empty.
pub(crate) fn groups(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::allow(world, call, call.param("projectId"), Action::Read, Subject::Groups)?;
    Ok(json!({"groupMemberships": []}))
}

/// `GET /api/v1/projects/:projectId/authorizations`: always empty.
pub(crate) fn authorizations(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::membership(world, call, call.param("projectId"))?;
    Ok(json!({"authorizations": []}))
}

fn add(world: &mut World, project_id: &str, users: &[String], roles: &[String]) -> Result<Vec<Member>, Failure> {
    let mut added = Vec::new();
    for user_id in users {
        added.push(Member {
            role_ids: roles.iter().map(|_| world.ids.uuid()).collect(),
            id: world.ids.uuid(),
            user_id: user_id.clone(),
            roles: roles.to_vec(),
            created: world.now(),
        });
    }
    if !added.is_empty() {
        world.known_project_mut(project_id)?.members.extend(added.iter().cloned());
    }
    Ok(added)
}
