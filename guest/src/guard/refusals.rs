//! Refusals of arguments.

use super::quote::quote;
use crate::error::{Error, Layer};

/// A refusal of an argument.
pub(crate) fn input(reason: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::refused(Layer::Input, reason, remedy)
}

/// A refusal of a text that doesn't have the required form. `wrong` ends the sentence.
pub(super) fn malformed(what: &str, text: &str, wrong: &str, remedy: &str) -> Error {
    input([what, " ", &quote(text), " ", wrong, "."].concat(), remedy)
}

/// What to do about a name that no request can contain.
pub(super) const RENAME: &str = "Rename the secret in Infisical first.";

/// A refusal of a name that no request can contain.
pub(super) fn not_addressable(name: &str, remedy: &str) -> Error {
    input(
        [
            "The name ",
            &quote(name),
            " can't be sent safely: the server, or a proxy in front of it, could read it as another name.",
        ]
        .concat(),
        remedy,
    )
}
