//! Secrets: `/api/v4/secrets`, and `/api/v3/secrets/raw` with `workspaceId`.

pub(crate) mod access;
pub(crate) mod batch;
pub(crate) mod events;
pub(crate) mod mentions;
pub(crate) mod moving;
pub(crate) mod place;
pub(crate) mod read;
pub(crate) mod shape;
pub(crate) mod tagging;
pub(crate) mod write;
