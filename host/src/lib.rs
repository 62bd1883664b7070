//! The skill that lets an AI agent look after secrets in Infisical, to embed.
//!
//! The skill's logic is a WebAssembly component that this crate carries inside, compiled ahead of time. Each call runs it in a fresh sandbox
//! that can do one thing: ask for requests to one Infisical server. The host judges each request, puts the credential on, and takes hidden
//! values out of the answer before the component sees it. The component has no credential, the agent neither.
//!
//! ```no_run
//! use infisical_skill::{Credential, Origin, Place, SecretFilter, Skill};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let skill = Skill::builder(
//!     Origin::parse("https://app.infisical.com", false)?,
//!     Credential::UniversalAuth {
//!         client_id: std::env::var("INFISICAL_READ_CLIENT_ID")?,
//!         client_secret: std::env::var("INFISICAL_READ_CLIENT_SECRET")?.into(),
//!     },
//! )
//! .state_dir("/var/lib/my-agent/infisical-skill".into()) // the audit trail, plans, the kill switch
//! .build()?;
//! let at = Place { project: Some("agent-vault".into()), environment: Some("prod".into()), path: None };
//! for secret in skill.list_secrets(at, SecretFilter::default()).await?.secrets {
//!     println!("{} v{} {}", secret.name, secret.version, secret.value); // DB_PASSWORD v3 <hidden>
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What it frees of its own is zeroed; the buffers of the libraries below it are not, unless the program's allocator does that: the command takes `zeroizing-alloc`.
//!
//! It needs a Tokio runtime with I/O and time enabled, of either flavour.
//!
//! What an operator decides is set with [`SkillBuilder`]; how a call fails is [`Error`], a closed set without a word of the server's. The
//! policy itself (origin, routes, scopes, what comes in) is the crate `infisical-skill-policy`: pure, and small enough to read.
//!
//! Features: `cli` (on by default) is what the command `infisical-skill` needs, its configuration included; embedders turn it off. `mcp` (part of `cli`) is
//! the MCP server, which embedders can have alone. `other-components` lets the host run components other than the embedded one, to test them; it brings a
//! compiler in. `fuzzing` is for the fuzz targets alone: it shows them inner parts, without a promise.

pub mod audit;
mod audit_logs;
mod builder;
mod changes;
mod clients;
#[cfg(feature = "cli")]
pub mod config;
#[cfg(feature = "cli")]
pub mod doctor;
mod egress;
mod enforcement;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod limits;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "cli")]
pub mod provision;
pub mod render;
mod reveals;
mod sandbox;
mod server;
mod session;
mod skill;
mod state;
pub mod status;
pub mod tools;
mod types;

pub use audit::AuditSettings;
pub use audit_logs::{AuditLog, AuditLogFilter, AuditLogPage};
pub use builder::{BuildError, SkillBuilder};
pub use changes::{
    Budgets, Change, ChangeRules, Effect, EnvironmentCreation, FolderRename, Invitation, ItemState, NewValue, Preview,
    ProjectCreation, Receipt, SecretCreation, SecretUpdate, Step, StepOutcome, Target,
};
pub use clients::{ClientRights, Clients};
pub use egress::{TlsRefusal, TrustRoots};
pub use enforcement::{Enforcement, Level};
pub use error::{Detail, Error, HttpFailure, Layer, PlanAfter, Refusal};
pub use identity::{AccessToken, Credential, LoginCause, TokenSource, TokenSourceError};
pub use infisical_skill_policy::approver::{Channel, Independence, Means};
pub use infisical_skill_policy::client::May;
pub use infisical_skill_policy::plan::{ApprovalPolicy, SumLimits};
pub use infisical_skill_policy::reveal::RevealApproval;
pub use infisical_skill_policy::switch::{SwitchKind, SwitchPolicy, WritePolicy};
pub use infisical_skill_policy::{
    ApiVersion, Environment as EnvironmentSlug, NameRefusal, OrganizationId, Origin, OriginRefusal,
    Project as ProjectId, Scheme, Scope, Scopes, SecretPath, text,
};
pub use limits::Limits;
pub use reveals::{RevealRules, RevealWith};
pub use sandbox::{ComponentRefusal, component};
pub use session::Session;
pub use skill::Skill;
pub use state::{
    ApprovedBy, AskedBy, BlastRadius, Dependents, EnvironmentName, Finding, Gap, KillSwitch, LocalUser, PlanCard,
    PlanOutcome, PlanStatus, ProjectNames, RevealCard, RevealStatus, SearchStatus, SwitchState, TagName, Uncounted,
    accept_clock,
};
pub use status::Status;
pub use types::{
    Actor, Environment, Folder, FolderListing, Hidden, Place, Project, ResolvedPlace, RevealedSecret, Secret,
    SecretFilter, SecretListing,
};
