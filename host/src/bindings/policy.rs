//! Converts the policy that the component gets.

use super::infisical::skill::policy as wit;
use crate::model::component_policy::ComponentPolicy;
use crate::model::switch_state::SwitchState;
use infisical_skill_policy::{Scheme, Scope, Scopes};

/// The policy for one call, under the current states of the switches.
pub(crate) fn policy(policy: &ComponentPolicy, writes: &SwitchState, reveals: &SwitchState) -> wit::Policy {
    wit::Policy {
        origin: wit::Origin {
            scheme: match policy.origin.scheme() {
                Scheme::Http => wit::Scheme::Http,
                Scheme::Https => wit::Scheme::Https,
            },
            authority: policy.origin.authority(),
        },
        organization: policy.organization.clone(),
        project: policy.defaults.project.clone(),
        environment: policy.defaults.environment.clone(),
        path: policy.defaults.path.clone(),
        scopes: scopes(&policy.scopes),
        reveal: match reveals {
            SwitchState::Never => wit::Reveals::Never,
            SwitchState::Off { .. } => wit::Reveals::Off,
            SwitchState::On { .. } => wit::Reveals::On,
        },
        reveal_scopes: policy.reveal_scopes.as_ref().and_then(scopes),
        protected: policy.protected.iter().map(|slug| slug.as_str().to_owned()).collect(),
        writes: match writes {
            SwitchState::Never => wit::Writes::Never,
            SwitchState::Off { .. } => wit::Writes::Off,
            SwitchState::On { .. } => wit::Writes::On,
        },
        write_identity: policy.write_identity,
        max_changes: policy.max_changes,
        acknowledge_above: policy.acknowledge_above,
        administration: policy.administration,
    }
}

/// `None`: everywhere.
fn scopes(scopes: &Scopes) -> Option<Vec<wit::Scope>> {
    Some(scopes.as_slice()?.iter().map(scope).collect())
}

fn scope(scope: &Scope) -> wit::Scope {
    wit::Scope {
        project: scope.project.as_str().to_owned(),
        environments: scope.environments.iter().map(|name| name.as_str().to_owned()).collect(),
        paths: scope.paths.iter().map(|path| path.as_str().to_owned()).collect(),
    }
}
