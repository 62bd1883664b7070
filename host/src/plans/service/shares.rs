//! Each client's share of the budgets.

use crate::base::hex::to_hex;
use crate::model::clients::Share;
use crate::plans::budget::Budget;
use crate::state::State;
use ring::digest::{SHA256, digest};
use std::sync::Arc;

/// One token client's share of the budgets, separate from all others.
pub(super) struct TokensShare {
    pub(super) share: Share,
    pub(super) writes: Option<Budget>,
    pub(super) reveals: Budget,
}

impl TokensShare {
    pub(super) fn new(state: Option<&Arc<dyn State>>, name: &str, share: Share) -> Self {
        // A name can contain any characters, and two names never share a budget.
        let budget = |kind: &str| format!("{kind}-{}", to_hex(digest(&SHA256, name.as_bytes()).as_ref()));
        let writes = state.map(|_| Budget::new(state, &budget("writes"), share.writes_per_hour));
        let reveals = Budget::new(state, &budget("reveals"), share.reveals_per_hour);
        Self { share, writes, reveals }
    }
}
