//! How a read shows values, and whether it includes imports.

use crate::api::references::{Expansion, Origin};
use crate::call::Call;
use crate::check::Checker;

use super::place::is_v4_route;

/// How a read shows values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Display {
    pub(crate) visible: bool,
    pub(crate) expanded: bool,
}

impl Display {
    /// An old server ignores `viewSecretValue` and always shows values. The current route expands
    /// references by default, the older ones only on request.
    pub(crate) fn of_query(call: &Call, check: &mut Checker<'_>) -> Self {
        let visible = !call.is_v4() || check.query_flag("viewSecretValue", true);
        Self { visible, expanded: check.query_flag("expandSecretReferences", is_v4_route(call)) }
    }

    /// Whether imports are included. The current route includes them by default and has another
    /// name for the parameter.
    pub(crate) fn with_imports(call: &Call, check: &mut Checker<'_>) -> bool {
        if is_v4_route(call) {
            check.query_flag("includeImports", true)
        } else {
            check.query_flag("include_imports", false)
        }
    }

    /// The text to show as a value.
    pub(crate) fn value(self, expansion: &mut Expansion<'_>, origin: Origin<'_>, value: &str) -> String {
        if self.expanded && self.visible { expansion.expand(origin, value) } else { value.to_owned() }
    }
}
