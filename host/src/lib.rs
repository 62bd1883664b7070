//! Lets an AI agent manage secrets in Infisical without seeing them. This crate is for embedding.
//!
//! The skill's logic is a WebAssembly component that is compiled ahead of time and part of this
//! crate. Each call runs it in a fresh sandbox, where it can only ask for requests to one Infisical
//! server. The host checks each request and adds the credential. It writes each answer anew,
//! without hidden values, before the component gets it. Neither the component nor the agent has a
//! credential.
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
//! This crate zeroes the memory that it frees itself. The buffers of its libraries are zeroed only
//! if the program's allocator does that. The command uses `zeroizing-alloc` for it.
//!
//! It needs a Tokio runtime, of either flavour, with I/O and time enabled.
//!
//! [`SkillBuilder`] sets what an operator decides. [`Error`] is a closed set of errors that never
//! contains the server's text. The rules themselves (origin, routes, scopes, accepted answers) are
//! the crate `infisical-skill-policy`, which has no I/O.
//!
//! Features:
//!
//! - `cli` (on by default): everything that the command `infisical-skill` needs, including its
//!   configuration. Embedders turn it off.
//! - `mcp` (part of `cli`): the MCP server. Embedders can enable it alone.
//! - `other-components`: lets the host run components other than the embedded one, to test them. It
//!   adds a compiler.
//! - `fuzzing`: exposes internals to the fuzz targets, without a stable API.

pub mod audit;
pub mod audit_reader;
mod base;
mod bindings;
mod boundary;
mod client;
#[cfg(feature = "cli")]
pub mod config;
#[cfg(feature = "cli")]
pub mod doctor;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "mcp")]
pub mod mcp;
mod model;
mod plans;
#[cfg(feature = "cli")]
pub mod provision;
pub mod render;
mod sandbox;
mod skill;
mod state;
pub mod tools;

pub use audit::AuditSettings;
pub use client::tls::{TlsRefusal, TrustRoots};
pub use infisical_skill_policy::approver::{Channel, Independence, Means};
pub use infisical_skill_policy::client::May;
pub use infisical_skill_policy::plan::{ApprovalPolicy, SumLimits};
pub use infisical_skill_policy::reveal::RevealApproval;
pub use infisical_skill_policy::switch::{SwitchKind, SwitchPolicy};
pub use infisical_skill_policy::{
    ApiVersion, Environment as EnvironmentSlug, NameRefusal, OrganizationId, Origin, OriginRefusal,
    Project as ProjectId, Scheme, Scope, Scopes, SecretPath, text,
};
pub use model::audit_logs::{AuditLog, AuditLogFilter, AuditLogPage};
pub use model::blast_radius::{BlastRadius, Uncounted};
pub use model::change_rules::{Budgets, ChangeRules};
pub use model::changes::{
    Change, Effect, EnvironmentCreation, FolderRename, Invitation, ItemState, NewValue, Preview, ProjectCreation,
    Receipt, SecretCreation, SecretUpdate, Step, StepOutcome, Target,
};
pub use model::clients::{ClientRights, Clients};
pub use model::credential::{AccessToken, Credential, TokenSource, TokenSourceError};
pub use model::dependents::{Dependents, Finding, Gap, SearchStatus};
pub use model::enforcement::{Enforcement, Level};
pub use model::error::{Detail, Error, HttpFailure, Layer, PlanAfter, Refusal};
pub use model::limits::Limits;
pub use model::login_cause::LoginCause;
pub use model::names::{EnvironmentName, ProjectNames, TagName};
pub use model::people::{ApprovedBy, AskedBy, LocalUser};
pub use model::plan_card::{PlanCard, PlanOutcome, PlanStatus};
pub use model::reveal_card::{RevealCard, RevealStatus};
pub use model::reveal_rules::{RevealRules, RevealWith};
pub use model::secrets::{
    Actor, Environment, Folder, FolderListing, Hidden, Place, Project, ResolvedPlace, RevealedSecret, Secret,
    SecretFilter, SecretListing,
};
pub use model::session::Session;
pub use model::status::{self, Status};
pub use model::switch_state::SwitchState;
pub use plans::accept_clock::accept_clock;
pub use plans::kill_switch::TimedSwitch;
pub use sandbox::{ComponentRefusal, component};
pub use skill::Skill;
pub use skill::builder::{BuildError, SkillBuilder};
