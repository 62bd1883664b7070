//! The errors of a call. The set is closed, and no case carries text of a server.

pub use crate::types::{Error, Layer, Missing, Refusal};

impl Error {
    /// A refusal by `layer`.
    pub(crate) fn refused(layer: Layer, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused(Refusal { layer, reason: reason.into(), remedy: remedy.into() })
    }
}
