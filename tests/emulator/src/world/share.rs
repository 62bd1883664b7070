//! Values that identities share by link.

use super::clock::Millis;

/// A shared value.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) name: Option<String>,
    /// `None` for no limit.
    pub(crate) max_views: Option<u64>,
    pub(crate) access_type: String,
    pub(crate) identity_id: String,
    pub(crate) created: Millis,
    pub(crate) expires: Millis,
}
