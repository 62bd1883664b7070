//! Approval policies: `/api/v2/secret-approvals`. They hold writes of users, never those of machine
//! identities.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;

/// `POST`: refused, because the free licence has no policies. The older route checks no permission
/// first.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.optional_string("projectId").or_else(|| check.optional_string("workspaceId"));
    check.finish()?;
    if let (true, Some(project_id)) = (call.is_v4(), project_id) {
        permission::allow(world, call, &project_id, Action::Create, Subject::Approvals)?;
    }
    Err(Failure::bad_request(
        "Failed to create secret approval policy due to plan restriction. Upgrade plan to create secret approval policy.",
    ))
}

/// `GET /:policyId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("policyId");
    let missing = || Failure::not_found(format!("Secret approval policy with ID '{id}' not found"));
    let policy = world.policies.iter().find(|policy| policy.id == id).ok_or_else(missing)?;
    permission::allow(world, call, &policy.project_id, Action::Read, Subject::Approvals)?;
    let project = world.known_project(&policy.project_id)?;
    let environment = project.environment(&policy.environment).ok_or_else(missing)?;
    let of_environment = json!({"id": environment.id, "name": environment.name, "slug": environment.slug});
    let approvers: Vec<Value> = policy
        .approvers
        .iter()
        .filter_map(|id| world.users.iter().find(|user| user.id == *id))
        .map(|user| json!({"id": user.id, "type": "user", "username": user.email}))
        .collect();
    let created = iso(policy.created);
    Ok(json!({"approval": {
        "id": policy.id, "name": policy.name, "secretPath": policy.path, "approvals": 1, "envId": environment.id,
        "createdAt": created, "updatedAt": created, "enforcementLevel": "hard", "deletedAt": null,
        "allowedSelfApprovals": true, "environment": of_environment, "environments": [of_environment],
        "projectId": project.id, "approvers": approvers, "bypassers": [],
    }}))
}
