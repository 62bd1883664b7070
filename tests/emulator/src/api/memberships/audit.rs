//! `GET .../memberships/identities/:identityId/permissions/audit`: all permissions of an identity
//! in a project.

use serde_json::{Value, json};

use crate::auth::permission::rule::Rule;
use crate::auth::permission::{self, Action};
use crate::call::Call;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::ids::is_uuid;
use crate::world::membership::{Grant, Privilege, RoleGrant, Term, counts};
use crate::world::project::Project;

fn add_term(shown: &mut Value, term: Option<&Term>) {
    set(shown, "isTemporary", term.is_some());
    if let Some(term) = term {
        set(shown, "temporaryAccessStartTime", iso(term.start));
        set(shown, "temporaryAccessEndTime", iso(term.end));
    }
}

fn packed(rules: &[Rule]) -> Vec<Value> {
    rules.iter().map(Rule::packed).collect()
}

fn of_role(world: &World, project: &Project, role: &RoleGrant) -> Value {
    let custom = match &role.grant {
        Grant::BuiltIn(_) => None,
        Grant::Custom(id) => project.roles.iter().find(|role| role.id == *id),
    };
    let (name, slug) = match (&role.grant, custom) {
        (Grant::BuiltIn(role), _) => (role.slug(), role.slug()),
        (Grant::Custom(_), custom) => custom.map_or(("", ""), |role| (role.name.as_str(), role.slug.as_str())),
    };
    let rules = permission::rules_of_role(world.api_version, project, role);
    let mut shown = json!({"id": role.id, "type": "role", "name": name, "slug": slug, "permissions": packed(&rules)});
    add_term(&mut shown, role.term.as_ref());
    shown
}

fn of_privilege(privilege: &Privilege) -> Value {
    let rules = permission::rules_of(&privilege.permissions);
    let mut shown = json!({
        "id": privilege.id, "type": "additional_privilege", "name": privilege.slug, "permissions": packed(&rules),
    });
    add_term(&mut shown, privilege.term.as_ref());
    shown
}

/// Lists roles first, then privileges. Expired ones are omitted.
pub(crate) fn audit(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let (project_id, identity_id) = (call.param("projectId"), call.param("identityId"));
    super::allow(world, call, project_id, identity_id, Action::Read)?;
    if !is_uuid(identity_id) {
        return Err(Failure::internal("Get Permission"));
    }
    let project = world.known_project(project_id)?;
    let membership = project.membership(identity_id).ok_or_else(|| {
        Failure::not_found(format!(
            "Target identity with ID '{identity_id}' is not a member of project with ID '{project_id}' \
             [targetIdentityId={identity_id}] [projectId={project_id}]"
        ))
    })?;
    let now = world.now();
    let roles = membership.roles.iter().filter(|role| counts(role.term.as_ref(), now));
    let privileges = membership.privileges.iter().filter(|privilege| counts(privilege.term.as_ref(), now));
    let sources: Vec<Value> =
        roles.map(|role| of_role(world, project, role)).chain(privileges.map(of_privilege)).collect();
    Ok(json!({"sources": sources}))
}
