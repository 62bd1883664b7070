//! Secrets: `/api/v4/secrets`, and `/api/v3/secrets/raw` with `workspaceId`.

pub(crate) mod access;
mod approvals;
pub(crate) mod batch;
pub(crate) mod display;
mod draft;
pub(crate) mod duplicating;
pub(crate) mod events;
pub(crate) mod list;
pub(crate) mod mentions;
pub(crate) mod moving;
pub(crate) mod place;
pub(crate) mod read;
mod renaming;
pub(crate) mod shape;
pub(crate) mod tagging;
pub(crate) mod write;
