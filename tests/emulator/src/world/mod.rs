//! The emulator's whole state, in memory.

pub(crate) mod audit_log;
pub(crate) mod auth_method;
pub(crate) mod clock;
pub(crate) mod federation;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod ids;
pub(crate) mod membership;
pub(crate) mod plant;
mod plant_rights;
pub(crate) mod project;
pub(crate) mod secret;
pub(crate) mod share;
pub(crate) mod user;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use crate::ApiVersion;
use crate::auth::permission::cache::Remembered;
use crate::auth::token::SigningKey;
use crate::failure::Failure;
use crate::fault::PlannedFault;
use crate::log::Exchange;

use audit_log::AuditLog;
use clock::{Clock, Millis};
use identity::{AccessToken, Identity};
use ids::Ids;
use project::Project;
use share::Share;
use user::User;

/// The settings from `EmulatorBuilder`.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) token_ttl: Duration,
    pub(crate) token_max_ttl: Duration,
    pub(crate) rate_limit: Option<u32>,
    /// The licence includes audit logs.
    pub(crate) audit_logs: bool,
    /// How long the server caches an identity's permissions.
    pub(crate) rights_delay: Duration,
    /// Issuers and clusters may be in private networks.
    pub(crate) internal_addresses: bool,
    /// The skew of the `Date` header, in seconds.
    pub(crate) clock_skew: i64,
    /// Condition keys that the server doesn't know and drops.
    pub(crate) dropped_conditions: Vec<String>,
}

/// An approval policy: writes of users at `path` of `environment` become requests.
#[derive(Debug, Clone)]
pub(crate) struct ApprovalPolicy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) project_id: String,
    /// The users' ids.
    pub(crate) approvers: Vec<String>,
    /// Also holds machine identities, which no recorded server does.
    pub(crate) holds_identities: bool,
    pub(crate) created: Millis,
    pub(crate) environment: String,
    pub(crate) path: String,
}

/// The state behind the routes.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) api_version: ApiVersion,
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) signing_key: SigningKey,
    pub(crate) org_id: String,
    pub(crate) projects: Vec<Project>,
    pub(crate) identities: Vec<Identity>,
    /// The users of the organization.
    pub(crate) users: Vec<User>,
    pub(crate) tokens: Vec<AccessToken>,
    /// Every issued access token, as its holder has it.
    pub(crate) issued: Vec<String>,
    /// The server's own URL, for links.
    pub(crate) origin: String,
    pub(crate) shares: Vec<Share>,
    pub(crate) policies: Vec<ApprovalPolicy>,
    /// The cached permissions of identities.
    pub(crate) remembered: RefCell<Remembered>,
    /// For each client address: when its window began, and its number of requests.
    pub(crate) windows: HashMap<String, (Millis, u32)>,
    pub(crate) faults: Vec<PlannedFault>,
    pub(crate) log: Vec<Exchange>,
    /// The server's audit log, oldest first.
    pub(crate) audit_logs: Vec<AuditLog>,
}

impl World {
    /// The organization's name and slug.
    pub(crate) const ORGANIZATION: (&'static str, &'static str) = ("Acme", "acme");

    /// An organization without projects and identities.
    pub(crate) fn new(api_version: ApiVersion, settings: Settings) -> Self {
        let mut ids = Ids::new();
        let signing_key = SigningKey::new(ids.hex64());
        let org_id = ids.uuid();
        Self {
            api_version,
            settings,
            ids,
            clock: Clock::default(),
            signing_key,
            org_id,
            projects: Vec::new(),
            identities: Vec::new(),
            users: Vec::new(),
            tokens: Vec::new(),
            issued: Vec::new(),
            origin: String::new(),
            shares: Vec::new(),
            policies: Vec::new(),
            remembered: RefCell::default(),
            windows: HashMap::new(),
            faults: Vec::new(),
            log: Vec::new(),
            audit_logs: Vec::new(),
        }
    }

    /// Encrypts a text that the server stores but doesn't show.
    pub(crate) fn encrypt(&mut self, text: &str) -> Vec<u8> {
        self.signing_key.encrypt(self.ids.nonce(), text)
    }

    /// The emulator's current time.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.id == id)
    }

    pub(crate) fn project_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.projects.iter_mut().find(|project| project.id == id)
    }

    /// The project, for a handler that has already checked that it exists.
    pub(crate) fn known_project(&self, id: &str) -> Result<&Project, Failure> {
        self.project(id).ok_or_else(|| Failure::not_found(format!("Project with ID '{id}' not found")))
    }

    /// The mutable project, for a handler that has already checked that it exists.
    pub(crate) fn known_project_mut(&mut self, id: &str) -> Result<&mut Project, Failure> {
        self.project_mut(id).ok_or_else(|| Failure::not_found(format!("Project with ID '{id}' not found")))
    }

    /// The policy that holds an identity's write at `path` of `environment`. A policy covers its
    /// exact path, and everything below it if it ends in `/**`.
    pub(crate) fn policy(&self, environment: &str, path: &str) -> Option<&ApprovalPolicy> {
        self.policies.iter().find(|policy| {
            policy.holds_identities
                && policy.environment == environment
                && match policy.path.strip_suffix("/**") {
                    Some(base) => path == base || path.starts_with(&format!("{base}/")),
                    None => policy.path == path,
                }
        })
    }
}
