//! What became of a change, by the answer to it or the lack of one.

use super::change_answers::{Changed, changed};
use super::failures::{self, Asked, Identity};
use super::known_texts::Texts;
use crate::error::Error;
use crate::guard::validated_change::Kind;
use crate::ports::{Answer, TransportError};

/// What became of a change that was sent, as far as the answer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The server says that it is done.
    Done,
    /// The server holds it until somebody approves it: the id of that.
    Waits(String),
    /// It didn't leave, or the server refused it: nothing was changed.
    Failed(Error),
    /// It may have been done, or may still be.
    Unsure,
}

/// Judges what came back. Only what is sure counts as sure: an answer in Infisical's own form, or that nothing left.
pub(super) fn judge(answer: Result<Answer, TransportError>, kind: Kind, asked: Asked<'_>) -> Sent {
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
        // Refused before anything was looked at, whoever says so.
        status @ (413 | 414 | 431) => Sent::Failed(failures::too_large_a_request(status)),
        // A proxy's timeout says nothing about what the server did, and neither does a page that isn't Infisical's.
        400..=499 if answer.status != 408 && Texts::of(&answer).are_known() => {
            Sent::Failed(failures::from_answer_to(Identity::Write, &answer, asked))
        }
        _ => Sent::Unsure,
    }
}

#[cfg(test)]
#[path = "change_failures_tests.rs"]
mod tests;
