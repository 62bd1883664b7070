//! Renders answers as text, for terminals and for models. Untrusted text is escaped and cut.
//!
//! - `reads`: what was read. `changes`: previews, plans and receipts. `dependents`: what depends on
//!   a change. `names`: Infisical's names of places. `reveals`: requests to reveal a value.
//!   `status`: what is allowed.
//! - `table`: aligned columns. `wrap`: wraps long lines to a terminal's width.

mod changes;
mod dependents;
mod names;
mod reads;
mod reveals;
mod status;
mod table;
mod wrap;

pub use changes::{approval, card, plan_outcome, preview, receipt};
pub use dependents::{brief as dependents_in_brief, lines as dependents};
pub use reads::{audit_logs, folders, projects, secret, secrets};
pub use reveals::reveal_request;
pub use status::{enforcement, reveal_switch, status, sums, switch};
pub use table::{columns, table};
pub use wrap::wrapped;

use infisical_skill_policy::text::escape;

/// Prepares text that the skill has already escaped for display, by escaping what still isn't
/// plainly visible. Backslashes stay, because otherwise escapes would be escaped again.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut parts = text.split('\\').map(escape);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |shown, part| format!("{shown}\\{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_not_escaped_twice_and_what_is_not_is() {
        for (text, seen) in [("a\\u{1b}b", "a\\u{1b}b"), ("a\u{1b}b", "a\\u{1b}b"), ("a\nb", "a\\nb"), ("日本", "日本")]
        {
            assert_eq!(shown(text), seen);
        }
    }
}
