//! The contract tests, as one program. Each program contains the sandbox, and linking it takes
//! longer than running its tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod administration;
mod arguments;
#[cfg(unix)]
mod audited;
mod card;
mod changes;
mod changes_refused;
mod changes_trouble;
mod connections;
mod dependents;
mod documents;
mod escalation;
mod every_call;
mod failures;
mod heavy_answers;
mod held_together;
mod hostile_server;
mod hostile_server_changes;
mod identity;
mod large_projects;
mod layers;
mod masked_reads;
mod one_contract;
mod programs;
mod refusals;
mod reveal;
mod schemas;
mod server_audit_logs;
mod tls;
mod trouble;
