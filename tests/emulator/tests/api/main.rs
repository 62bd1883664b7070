//! The emulator over HTTP: recorded answers, documented behavior, and faults.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects")]

mod administration;
mod audit_logs;
mod audit_logs_query;
mod certificates;
mod client;
mod current_auth;
mod current_folders;
mod current_projects;
mod current_reads;
mod current_writes;
mod date;
mod faults;
mod history;
mod identities;
mod issuer;
mod members;
mod older;
mod planted_logins;
mod replay;
mod rights;
mod signer;
mod stage;
mod state;
