//! Identities in a project: `/api/v1/projects/:projectId/memberships/identities`, and the older
//! routes.

pub(crate) mod audit;
mod shape;

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject, Target};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::seed::Role;
use crate::world::World;
use crate::world::membership::{Grant, Membership, RoleGrant, Term};
use crate::world::project::Project;

use super::terms;
use shape::{Style, listed};

/// The roles that every project has.
pub(crate) const BUILT_IN: [Role; 4] = [Role::Admin, Role::Member, Role::Viewer, Role::NoAccess];

/// Fails unless the caller may do this to an identity in the project.
pub(crate) fn allow(
    world: &World,
    call: &Call,
    project_id: &str,
    identity_id: &str,
    action: Action,
) -> Result<(), Failure> {
    let target = Target::identity(identity_id);
    permission::allow_on(world, call, project_id, (action, Subject::Identity), Some(&target))
}

/// `GET`: the memberships that the caller may read. `totalCount` counts all memberships.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let offset = check.query_number("offset").unwrap_or(0);
    let limit = check.query_number("limit").unwrap_or(u64::MAX);
    check.finish()?;
    let project_id = call.param("projectId");
    let ability = permission::ability(world, call, project_id, Subject::Identity)?;
    ability.check(Action::Read, Subject::Identity, None)?;
    let project = world.known_project(project_id)?;
    let style = Style::of(call);
    let mut memberships: Vec<&Membership> = project.memberships.iter().collect();
    // The newer route sorts by id. `search` has no effect.
    if style == Style::Current {
        memberships.sort_by(|one, other| one.id.cmp(&other.id));
    }
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let may_see = |membership: &&&Membership| {
        ability.can(Action::Read, Subject::Identity, Some(&Target::identity(&membership.identity_id)))
    };
    let shown: Vec<Value> = memberships
        .iter()
        .filter(may_see)
        .skip(count(offset))
        .take(count(limit))
        .filter_map(|membership| listed(world, project, membership, style))
        .collect();
    Ok(json!({"identityMemberships": shown, "totalCount": memberships.len()}))
}

/// `GET /:identityId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    allow(world, call, project_id, identity_id, Action::Read)?;
    let project = world.known_project(project_id)?;
    let style = Style::of(call);
    let missing = || match style {
        Style::Current => Failure::not_found("Identity membership not found"),
        _ => Failure::not_found(format!("Identity with ID '{identity_id}' not found in project")),
    };
    let membership = project.membership(identity_id).ok_or_else(missing)?;
    let shown = shape::one(world, project, membership, style).ok_or_else(missing)?;
    Ok(json!({"identityMembership": shown}))
}

/// A role in a request.
type Wanted = (String, Option<Term>);

/// Looks the requested roles up in the project and gives each a new id.
fn grants(world: &mut World, project_id: &str, wanted: Vec<Wanted>) -> Result<Vec<RoleGrant>, Failure> {
    let mut grants = Vec::new();
    for (slug, term) in wanted {
        let id = world.ids.uuid();
        let project = world.known_project(project_id)?;
        let custom = || project.roles.iter().find(|role| role.slug == slug).map(|role| Grant::Custom(role.id.clone()));
        let built_in = BUILT_IN.into_iter().find(|role| role.slug() == slug).map(Grant::BuiltIn);
        let grant = built_in.or_else(custom).ok_or_else(|| Failure::not_found("Custom role not found"))?;
        grants.push(RoleGrant { id, grant, term });
    }
    Ok(grants)
}

/// Fails if the request gives a role other than no-access and the caller may not give roles. An old
/// server doesn't check.
fn allow_roles(
    world: &World,
    call: &Call,
    (project_id, identity_id): (&str, &str),
    wanted: &[Wanted],
    doing: &str,
) -> Result<(), Failure> {
    let gives_something = wanted.iter().any(|(role, _)| role != Role::NoAccess.slug());
    if call.api_version == ApiVersion::V3 || !gives_something {
        return Ok(());
    }
    let refused = |_| permission::boundary(doing, call.api_version, Action::AssignRole, Subject::Identity);
    allow(world, call, project_id, identity_id, Action::AssignRole).map_err(refused)
}

/// The answer to a change of a membership.
fn brief(project: &Project, membership: &Membership) -> Value {
    json!({"identityMembership": shape::brief(project, membership)})
}

fn roles_of_body(check: &mut Checker<'_>) -> Vec<Wanted> {
    check.objects("roles", 1, |role| (role.string("role"), terms::read(role)))
}

/// `POST /:identityId`
pub(crate) fn add(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let wanted = match check.value("roles") {
        None => vec![(check.string_or("role", Role::NoAccess.slug()), None)],
        Some(_) => roles_of_body(&mut check),
    };
    check.finish()?;
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    allow(world, call, project_id, identity_id, Action::Create)?;
    allow_roles(world, call, (project_id, identity_id), &wanted, "create identity project membership")?;
    if world.identity(identity_id).is_none() {
        return Err(Failure::not_found(format!("Failed to find identity with ID {identity_id}")));
    }
    if world.known_project(project_id)?.membership(identity_id).is_some() {
        return Err(Failure::bad_request(match call.api_version {
            ApiVersion::V4 => "Identity is already a member".to_owned(),
            ApiVersion::V3 => {
                format!("Identity with ID {identity_id} already exists in project with ID {project_id}")
            }
        }));
    }
    let grants = grants(world, project_id, wanted)?;
    let now = world.now();
    let membership = Membership::with_roles(&mut world.ids, now, identity_id, grants);
    let project = world.known_project_mut(project_id)?;
    let shown = brief(project, &membership);
    project.memberships.push(membership);
    Ok(shown)
}

/// `PATCH /:identityId`: replaces the roles. The older route uses only the first role and returns
/// the roles.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let mut wanted = roles_of_body(&mut check);
    check.finish()?;
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    allow(world, call, project_id, identity_id, Action::Edit)?;
    allow_roles(world, call, (project_id, identity_id), &wanted, "update identity project membership")?;
    if Style::of(call) != Style::Current {
        wanted.truncate(1);
    }
    let grants = grants(world, project_id, wanted)?;
    let now = world.now();
    let project = world.known_project_mut(project_id)?;
    let missing = || Failure::not_found("Project identity membership not found");
    let membership = project.membership_mut(identity_id).ok_or_else(missing)?;
    membership.roles.clone_from(&grants);
    if Style::of(call) == Style::Current {
        let project = world.known_project(project_id)?;
        return Ok(brief(project, project.membership(identity_id).ok_or_else(missing)?));
    }
    let membership_id = membership.id.clone();
    let shown: Vec<Value> = grants.iter().map(|role| shape::changed_role(project, role, &membership_id, now)).collect();
    Ok(json!({"roles": shown}))
}

/// `DELETE /:identityId`: also deletes the identity's privileges in the project.
pub(crate) fn remove(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    allow(world, call, project_id, identity_id, Action::Delete)?;
    let project = world.known_project_mut(project_id)?;
    let index = project.memberships.iter().position(|membership| membership.identity_id == identity_id);
    let index = index.ok_or_else(|| Failure::not_found("Identity membership not found"))?;
    let membership = project.memberships.remove(index);
    Ok(brief(project, &membership))
}
