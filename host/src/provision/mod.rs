//! Provisioning: creates the skill's machine identities in Infisical with an administrator's token,
//! and deletes them again.
//!
//! Only an operator can do this. No tool leads here, and no grant of the component contains these
//! routes. The token belongs to the caller. It is held in memory that is zeroed, and dropped with
//! the [`Provisioner`].
//!
//! The order ensures that nothing can log in with too many permissions at any time. First come the
//! identities and their privileges. Then the rules are read back and compared with the intended
//! ones. Only then come Universal Auth and client secrets. Each run first looks at what exists, so
//! a run that stopped half-way is continued by the next.
//!
//! - `wanted`: what is requested. `rules`: each identity's rules, and how they are compared.
//!   `plan`: computes the steps from what exists. These are pure.
//! - `found`: what the server reports. `steps`: executes the steps. `client`: one request. `keep`:
//!   the local files. `edit`: the configuration's text.

mod client;
mod edit;
mod found;
mod keep;
mod plan;
mod rules;
mod steps;
mod wanted;

pub use edit::{blank_client_id, set_client_id};
pub use found::{Found, FoundIdentity};
pub use keep::write_in_place;
pub use plan::{Local, Plan, Step};
pub use rules::{Kind, Rule};
pub use steps::{Keep, Stopped};
pub use wanted::Wanted;

use crate::audit::people::this_user;
use crate::audit::{AuditSettings, CallEnd, CallLog, Failed, OpenCall, Trail, caller};
use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use crate::client::tls::TrustRoots;
use crate::client::transport::Transport;
use crate::model::error::Error;
use crate::model::limits::Limits;
use crate::skill::Skill;
use crate::state::files;
use client::AdminClient;
use infisical_skill_audit::{Act, Asked, Caller, Durability, Event, Operator};
use infisical_skill_owners::{Want, check_new};
use infisical_skill_policy::{Grant, Origin};
use secrecy::SecretString;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// The name of these calls in the audit trail.
const TOOL: &str = "provision";

/// The maximum time for looking or applying: some twenty requests.
const LONGEST: Duration = Duration::from_secs(120);

/// How long a server may use cached permissions (observed: 10 s), with a margin.
const RIGHTS_DELAY: Duration = Duration::from_secs(12);

/// Why provisioning stops: what failed, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionError(String);

impl ProvisionError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ProvisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProvisionError {}

impl From<Error> for ProvisionError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// An administrator's token, and the server that it may be sent to.
pub struct Provisioner {
    transport: Transport,
    token: SecretString,
    trail: Trail,
    caller: Caller,
}

impl fmt::Debug for Provisioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provisioner").field("origin", self.transport.origin()).finish_non_exhaustive()
    }
}

impl Provisioner {
    /// Prepares provisioning, with the audit trail in this state directory, which is created if it
    /// doesn't exist. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ProvisionError`] if the directory or the trust roots can't be used.
    pub fn new(
        origin: Origin,
        roots: &TrustRoots,
        token: SecretString,
        state_dir: &Path,
    ) -> Result<Self, ProvisionError> {
        let shown = state_dir.display();
        let unused = |why: String| ProvisionError(format!("the state directory {shown} isn't used: {why}"));
        check_new(state_dir, Want::Folder).map_err(|refusal| unused(refusal.to_string()))?;
        files::make_folder(state_dir).map_err(|error| unused(error.to_string()))?;
        check_new(state_dir, Want::Folder).map_err(|refusal| unused(refusal.to_string()))?;
        let transport = Transport::new(origin, roots, Limits::default().answer)
            .map_err(|error| ProvisionError(error.to_string()))?;
        let trail = Trail::kept(state_dir, AuditSettings::default());
        let caller = caller(Some("infisical-skill"), Some(env!("CARGO_PKG_VERSION")));
        Ok(Self { transport, token, trail, caller })
    }

    /// Looks at what exists, and changes nothing.
    ///
    /// # Errors
    /// [`ProvisionError`] if the server is too old, if the token is invalid or lacks permissions, or if
    /// something else has one of the names.
    pub async fn inspect(&self, wanted: &Wanted) -> Result<Found, ProvisionError> {
        let log = self.log()?;
        let found = found::inspect(&self.client(&log), wanted).await;
        end(log, found).await
    }

    /// Executes the plan in order. `keep` stores client ids and secrets in their files at once.
    ///
    /// # Errors
    /// [`Stopped`] says what was done until then, and how to continue.
    pub async fn apply(
        &self,
        wanted: &Wanted,
        plan: &Plan,
        keep: &mut (dyn FnMut(Keep<'_>) -> Result<(), String> + Send),
    ) -> Result<Vec<String>, Stopped> {
        let (act, steps) = (plan.act(), plan.describe(wanted));
        let log = self.begin(act, steps).map_err(Stopped::before)?;
        let done = steps::apply(&self.client(&log), wanted, plan, keep).await;
        end(log, done).await
    }

    /// Reads the identities' rules back, and compares each with the intended one. Returns what
    /// exists.
    ///
    /// # Errors
    /// [`ProvisionError`] names the rule that differs.
    pub async fn verify(&self, wanted: &Wanted) -> Result<Found, ProvisionError> {
        let found = self.inspect(wanted).await?;
        plan::check(wanted, &found).map_err(ProvisionError)?;
        Ok(found)
    }

    fn client<'a>(&'a self, log: &'a CallLog) -> AdminClient<'a> {
        AdminClient { transport: &self.transport, token: &self.token, log }
    }

    /// Records on disk what is about to be done.
    fn begin(&self, act: Act, requests: Vec<String>) -> Result<OpenCall, ProvisionError> {
        let (caller, plan, until, reason) = (self.caller.clone(), None, None, None);
        let user = Some(this_user());
        let event = Event::Operator(Operator { act, caller, plan, requests, until, reason, user, approver: None });
        self.trail.record_now(&event, Durability::OnTheDisk)?;
        self.log()
    }

    fn log(&self) -> Result<OpenCall, ProvisionError> {
        let mut call = [0; 8];
        fill_random(&mut call).map_err(|_| ProvisionError::new("this machine's random number generator fails"))?;
        let asked = Asked {
            call: to_hex(&call),
            caller: self.caller.clone(),
            tool: TOOL.to_owned(),
            targets: Vec::new(),
            grant: "operator".to_owned(),
        };
        // Each result is on disk before it is reported.
        let log = CallLog::new(self.trail.clone(), asked, Grant::Apply, Instant::now() + LONGEST);
        Ok(OpenCall::new(log))
    }
}

/// Records the outcome.
async fn end<T, E: fmt::Display + From<ProvisionError>>(log: OpenCall, result: Result<T, E>) -> Result<T, E> {
    let ended: Result<(), Failed> = match &result {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Conflict(error.to_string().into()).into()),
    };
    let recorded = log.end(CallEnd::of(&ended)).await;
    match (result, recorded) {
        (Ok(_), Err(error)) => Err(E::from(error.into())),
        (result, _) => result,
    }
}

/// Waits until the read identity sees its own permissions, because a server caches permissions for
/// up to ten seconds. Returns whether it does.
pub async fn await_rights(skill: &Skill, project: &str) -> bool {
    let until = Instant::now() + RIGHTS_DELAY;
    loop {
        if crate::doctor::sees_own_rights(skill, project).await {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[cfg(test)]
mod tests {
    use infisical_skill_policy::change::{self, Method};
    use infisical_skill_policy::{ApiVersion, Grant, route};

    /// Only provisioning sends these requests, because they carry an administrator's token.
    #[test]
    fn no_grant_of_the_components_has_these_routes() {
        let id = "00000000-0000-4000-8000-000000000000";
        let project = format!("/api/v1/projects/{id}");
        let universal = format!("/api/v1/auth/universal-auth/identities/{id}");
        let privileges = "/api/v2/identity-project-additional-privilege";
        let grants = [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Preview, Grant::Apply];
        for (method, path) in [
            ("POST", format!("{project}/identities")),
            ("PATCH", format!("{project}/identities/{id}")),
            ("DELETE", format!("{project}/identities/{id}")),
            ("GET", format!("{project}/memberships/identities?offset=0&limit=100")),
            ("GET", format!("{project}/memberships/identities/{id}/permissions/audit")),
            ("POST", privileges.to_owned()),
            ("GET", format!("{privileges}?identityId={id}&projectId={id}")),
            ("PATCH", format!("{privileges}/{id}")),
            ("DELETE", format!("{privileges}/{id}")),
            ("POST", universal.clone()),
            ("GET", universal.clone()),
            ("DELETE", universal.clone()),
            ("POST", format!("{universal}/client-secrets")),
            ("GET", format!("{universal}/client-secrets")),
            ("POST", format!("{universal}/client-secrets/{id}/revoke")),
        ] {
            for api_version in [ApiVersion::V3, ApiVersion::V4] {
                let operation = route::read(api_version, method, &path).ok();
                let allowed = operation.is_some_and(|it| grants.iter().any(|grant| grant.allows(&it)));
                assert!(!allowed, "{method} {path}");
                let change = match method {
                    "POST" => Method::Post,
                    "PATCH" => Method::Patch,
                    "DELETE" => Method::Delete,
                    _ => continue,
                };
                assert!(change::parse(api_version, change, &path, r#"{"name": "x"}"#).is_err(), "{method} {path}");
            }
        }
        let read = |path: &str| route::read(ApiVersion::V4, "GET", path).is_ok_and(|it| Grant::Reads.allows(&it));
        assert!(read(&project), "the test knows a route when it sees one");
    }
}
