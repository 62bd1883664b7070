//! What is allowed now.

use super::Skill;
use crate::model::change_rules::ChangeRules;
use crate::model::clients::Share;
use crate::model::status::{Changes, ClientStatus, Defaults, Identities, Reveal, ScopeStatus, Status};
use crate::plans::approval_name;
use infisical_skill_policy::reveal::RevealApproval;
use infisical_skill_policy::{ApiVersion, IdentityKind, Scope, Scopes};

impl Skill {
    /// What is allowed now. Contains no secrets.
    #[must_use]
    pub fn status(&self) -> Status {
        let (plan_service, reveals, client) = (self.plan_service(), self.reveals(), &self.client);
        let policy = self.policy();
        let ChangeRules { approval, plan_lifetime, max_changes, acknowledge_above, sums, .. } = plan_service.rules();
        let Share { pending_plans, writes_per_hour, reveals_per_hour } = plan_service.share(client);
        Status {
            origin: self.origin().to_string(),
            api_version: self.api_version().map(|api_version| match api_version {
                ApiVersion::V3 => "v3",
                ApiVersion::V4 => "v4",
            }),
            defaults: Defaults {
                project: policy.defaults.project.clone(),
                environment: policy.defaults.environment.clone(),
                path: policy.defaults.path.clone().unwrap_or_else(|| "/".to_owned()),
            },
            scopes: scopes(&policy.scopes),
            identities: Identities { read: true, reveal: self.has_reveal_identity(), write: policy.write_identity },
            reveal: Reveal {
                switch: reveals.switch(),
                identity: reveals.identity().ok().map(IdentityKind::as_str),
                scopes: policy.reveal_scopes.as_ref().and_then(scopes),
                approval: match reveals.rules().approval {
                    RevealApproval::All => "all",
                    _ => "protected",
                },
                per_hour: reveals_per_hour,
            },
            changes: Changes {
                switch: plan_service.switch(),
                approval: approval_name(*approval),
                plan_seconds: plan_lifetime.as_secs(),
                max_changes: *max_changes,
                acknowledge_above: *acknowledge_above,
                administration: policy.administration,
                per_hour: writes_per_hour,
                pending_plans,
                sums: sums.into(),
            },
            client: ClientStatus {
                may: client.rights.may.name(),
                reveal: client.rights.reveal,
                approve_in_client: client.rights.approve_in_client,
            },
            enforcement: self.enforcement().clone(),
        }
    }
}

fn scopes(scopes: &Scopes) -> Option<Vec<ScopeStatus>> {
    let scope = |scope: &Scope| ScopeStatus {
        project: scope.project.to_string(),
        environments: scope.environments.iter().map(ToString::to_string).collect(),
        paths: scope.paths.iter().map(ToString::to_string).collect(),
    };
    Some(scopes.as_slice()?.iter().map(scope).collect())
}
