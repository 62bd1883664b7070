//! The handlers of the routes.

pub(crate) mod administration;
pub(crate) mod approvals;
pub(crate) mod audit_logs;
pub(crate) mod auth_methods;
pub(crate) mod environments;
pub(crate) mod features;
pub(crate) mod folders;
pub(crate) mod identities;
pub(crate) mod imports;
pub(crate) mod members;
pub(crate) mod memberships;
pub(crate) mod organization;
pub(crate) mod privileges;
pub(crate) mod projects;
pub(crate) mod references;
pub(crate) mod refused;
pub(crate) mod roles;
pub(crate) mod secrets;
pub(crate) mod sharing;
pub(crate) mod snapshots;
pub(crate) mod tags;
pub(crate) mod terms;
pub(crate) mod webhooks;
