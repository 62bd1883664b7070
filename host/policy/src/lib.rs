//! The rules that decide what the host of the Infisical skill lets out of the sandbox and lets in.
//!
//! This crate decides and does nothing else. It has no I/O, no clock and no runtime, so its rules
//! can be tested as tables and fuzzed.
//!
//! - [`Origin`]: the only server.
//! - [`route`]: reads a component's request as an [`Operation`], or refuses it.
//! - [`Scopes`]: which operations and changes the operator allows.
//! - [`Grant`]: which operations a kind of call allows.
//! - [`headers`]: which headers may cross.
//! - [`change`]: reads a request that would change something, byte for byte.
//! - [`switch`] and [`plan`]: what such a request needs before it may leave.
//! - [`answers`]: writes an answer anew from the fields that the component may see. It doesn't
//!   remove a hidden value. It never copies it.
//! - [`dependents`]: what depends on the changes of a plan.
//! - [`exposure`]: whether a change would make something visible or writable that isn't now.
//! - [`client`]: what one client may do, and its share of the budgets.
//! - [`approver`]: the approver compared with the requester, and which approvals count.
//! - [`reveal`]: which reveals need a person.
//! - [`permissions`]: what an identity may do, according to Infisical's permission audit.
//! - [`text`]: makes untrusted text safe to print.
//!
//! `docs/routes.md` lists all requests and answers. The component implements the same list
//! separately, so that the two sides don't share their mistakes.
//!
//! ```
//! use infisical_skill_policy::{ApiVersion, Grant, Operation, Scopes, route};
//!
//! let request = "/api/v2/folders?projectId=p1&environment=dev&path=%2Fapp&recursive=false";
//! let operation = route::read(ApiVersion::V4, "GET", request)?;
//! assert!(Grant::Reads.allows(&operation));
//! assert!(Scopes::everything().check(&operation).is_ok());
//!
//! // One byte off, and it isn't a request that may leave.
//! assert!(route::read(ApiVersion::V4, "GET", &request.replace("%2F", "%2f")).is_err());
//! # Ok::<(), infisical_skill_policy::route::RouteRefusal>(())
//! ```

pub mod answers;
pub mod approver;
pub mod change;
pub mod client;
pub mod dependents;
mod encoding;
pub mod exposure;
mod grant;
pub mod headers;
mod names;
mod operation;
mod origin;
pub mod permissions;
pub mod plan;
mod references;
pub mod reveal;
pub mod route;
mod scope;
pub mod switch;
pub mod text;
mod trim;

pub use grant::{Grant, IdentityKind};
pub use names::{
    Email, Environment, EnvironmentSlug, EventType, FolderId, FolderName, Moment, NameRefusal, NewSecretName,
    OrganizationId, Project, ProjectSlug, Role, SecretKey, SecretName, SecretPath, Tag, TagId, Title, WriteName,
};
pub use operation::{ApiVersion, Operation, Place, folder_tree_path, values_path};
pub use origin::{Origin, OriginRefusal, Scheme};
pub use scope::{ChangeScopeRefusal, Scope, ScopeRefusal, Scopes};
