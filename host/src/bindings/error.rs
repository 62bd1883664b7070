//! Converts the component's errors.

use super::exports::infisical::skill::types as wit;
use crate::model::error::{Detail, Error, Layer, Refusal};
use infisical_skill_policy::text::escape_unseen_capped;

/// The most characters of a text from the component that are passed on.
const MAX_TEXT: usize = 400;

/// The component isn't trusted, so its text is escaped and truncated.
impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        let text = |text: String| escape_unseen_capped(&text, MAX_TEXT);
        let detail = |said: String| Detail::from(text(said));
        match error {
            wit::Error::Refused(refusal) => Self::Refused(Refusal {
                layer: refusal.layer.into(),
                reason: text(refusal.reason),
                remedy: text(refusal.remedy),
            }),
            wit::Error::NotFound(missing) => {
                let (kind, name, remedy) = (text(missing.kind), text(missing.name), text(missing.remedy));
                Self::NotFound { kind, name, remedy, http: None }
            }
            wit::Error::Denied(remedy) => Self::Denied(detail(remedy)),
            wit::Error::Unauthenticated(remedy) => Self::Unauthenticated(detail(remedy)),
            wit::Error::RateLimited(retry_after) => Self::RateLimited { retry_after },
            wit::Error::Conflict(reason) => Self::Conflict(detail(reason)),
            wit::Error::Invalid(remedy) => Self::Invalid(detail(remedy)),
            wit::Error::Unreachable(remedy) => Self::Unreachable(text(remedy)),
            wit::Error::TimedOut => Self::TimedOut,
            wit::Error::TooLarge(remedy) => Self::TooLarge(text(remedy)),
            wit::Error::ServerFailed(status) => Self::ServerFailed(status.into()),
            wit::Error::UnexpectedAnswer(reason) => Self::UnexpectedAnswer(detail(reason)),
        }
    }
}

impl From<wit::Layer> for Layer {
    fn from(layer: wit::Layer) -> Self {
        match layer {
            wit::Layer::KillSwitch => Self::KillSwitch,
            wit::Layer::TwoPhaseConfirm => Self::TwoPhaseConfirm,
            wit::Layer::BlastRadius => Self::BlastRadius,
            wit::Layer::AuditTrail => Self::AuditTrail,
            wit::Layer::RevealGate => Self::RevealGate,
            wit::Layer::Scope => Self::Scope,
            wit::Layer::Identity => Self::Identity,
            wit::Layer::Input => Self::Input,
            wit::Layer::Egress => Self::Egress,
            wit::Layer::Budget => Self::Budget,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_component_escaped_are_not_escaped_again() {
        let name = wit::Missing { kind: "secret".to_owned(), name: "a\\\\b\u{1b}".to_owned(), remedy: String::new() };
        let Error::NotFound { name, .. } = Error::from(wit::Error::NotFound(name)) else { panic!() };
        assert_eq!(name, "a\\\\b\\u{1b}");
    }
}
