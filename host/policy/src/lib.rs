//! What the host of the Infisical skill lets out of the sandbox, and what it lets in.
//!
//! Everything here decides and nothing here acts: no I/O, no clock, no runtime. That makes it a table to test and a target to fuzz.
//!
//! - [`Origin`]: the one server there is.
//! - [`route`]: reading a request that the component wants to send as an [`Operation`], or not at all.
//! - [`Scopes`]: which operations and changes the operator allows.
//! - [`Grant`]: which operations a kind of call allows.
//! - [`headers`]: the few headers that may cross.
//! - [`change`]: reading a request that would change something, byte for byte.
//! - [`switch`] and [`plan`]: what has to be so before such a request may leave.
//! - [`answers`]: writing an answer anew from the fields that the component may see. A hidden value isn't removed: it isn't copied.
//! - [`dependents`]: what else depends on what a plan changes.
//! - [`exposure`]: whether a change would make something visible or writable to anybody for whom it wasn't.
//! - [`client`]: what one client may do, and its shares of the budgets.
//! - [`approver`]: who approves, against who asked, and which approvals count.
//! - [`reveal`]: which reveals need a person.
//! - [`permissions`]: what an identity may do, from Infisical's permission audit.
//! - [`text`]: making text of others fit to print.
//!
//! The table of requests and answers is `docs/routes.md`. The component keeps to the same table with code of its own: the two
//! sides are meant not to share their mistakes.
//!
//! ```
//! use infisical_skill_policy::{Generation, Grant, Operation, Scopes, route};
//!
//! let request = "/api/v2/folders?projectId=p1&environment=dev&path=%2Fapp&recursive=false";
//! let operation = route::read(Generation::V4, "GET", request)?;
//! assert!(Grant::Reads.allows(&operation));
//! assert!(Scopes::everything().check(&operation).is_ok());
//!
//! // One byte off, and it isn't a request that may leave.
//! assert!(route::read(Generation::V4, "GET", &request.replace("%2F", "%2f")).is_err());
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
pub use operation::{Generation, Operation, Place, folder_tree_path, values_path};
pub use origin::{Origin, OriginRefusal, Scheme};
pub use scope::{ChangeScopeRefusal, Scope, ScopeRefusal, Scopes};
