//! Decides what became of a change from the answer to it, or from the lack of an answer.

use super::asked::{Asked, Identity};
use super::change_answers::{Changed, changed};
use super::failures;
use super::known_texts::Texts;
use crate::error::Error;
use crate::guard::validated_change::Kind;
use crate::ports::{Answer, TransportError};

/// What became of a change that was sent, as far as the answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The server says that the change is made.
    Done,
    /// The server holds the change until somebody approves it. Holds the id of the approval
    /// request.
    Waits(String),
    /// The change didn't leave, or the server refused it. Nothing was changed.
    Failed(Error),
    /// The change may have been made, or may still be made.
    Unsure,
}

/// Classifies the answer to a change. It is certain only if the answer has Infisical's form, or if
/// nothing left. Everything else is [`Sent::Unsure`].
pub(super) fn classify(answer: Result<Answer, TransportError>, kind: Kind, asked: Asked<'_>) -> Sent {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error @ (TransportError::Refused | TransportError::Unreachable | TransportError::Tls)) => {
            return Sent::Failed(failures::from_transport(error));
        }
        Err(
            TransportError::TimedOut | TransportError::TooLarge | TransportError::CutShort | TransportError::BadAnswer,
        ) => return Sent::Unsure,
    };
    match answer.status {
        200..=299 if failures::is_json(&answer) => match changed(&answer.body, kind) {
            Ok(Changed::Done) => Sent::Done,
            Ok(Changed::Waits(id)) => Sent::Waits(id),
            Err(_) => Sent::Unsure,
        },
        // Whoever sends these refused the request without looking at its content.
        status @ (413 | 414 | 431) => Sent::Failed(failures::too_large_a_request(status)),
        // A proxy's timeout doesn't show what the server did. Neither does a page that isn't
        // Infisical's.
        400..=499 if answer.status != 408 && Texts::of(&answer).are_known() => {
            Sent::Failed(failures::from_answer_to(Identity::Write, &answer, asked))
        }
        _ => Sent::Unsure,
    }
}

#[cfg(test)]
#[path = "change_failures_tests.rs"]
mod tests;
