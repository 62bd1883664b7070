//! Questions to a person that are out, where the client carries them (2026-07-28): it gets a handle that says nothing and can't be guessed, and
//! brings it back with the answer. What was asked stays here, so there is nothing in the client's hands to forge; a handle is good once, for the
//! session, the tool and the plan that it was given out for.

use crate::session::Session;
use crate::state::{PlanCard, fill_random, to_hex};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The most questions that are out at once. The oldest goes when there is no more room.
const MAX_OUT: usize = 64;

/// How long an answer is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A question about a plan.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Whom it was put to.
    pub(super) session: Session,
    /// What the person was shown.
    pub(super) card: PlanCard,
    /// The phrase that the call had.
    pub(super) acknowledge: Option<String>,
    /// When.
    pub(super) asked: Instant,
}

/// The questions that are out.
#[derive(Debug, Default)]
pub(super) struct Questions {
    out: Mutex<HashMap<String, Question>>,
}

impl Questions {
    /// Keeps a question, and gives the handle that brings it back.
    ///
    /// # Errors
    /// [`std::io::Error`] if this machine gives no randomness.
    pub(super) fn ask(&self, question: Question) -> std::io::Result<String> {
        let mut bytes = [0; 32];
        fill_random(&mut bytes).map_err(|_| std::io::Error::other("this machine gives no randomness"))?;
        let handle = to_hex(&bytes);
        let mut out = self.out();
        out.retain(|_, question| question.asked.elapsed() < PATIENCE);
        if out.len() >= MAX_OUT
            && let Some(oldest) =
                out.iter().min_by_key(|(_, question)| question.asked).map(|(handle, _)| handle.clone())
        {
            out.remove(&oldest);
        }
        out.insert(handle.clone(), question);
        Ok(handle)
    }

    /// The question behind a handle, once, if it was put to this session about this plan. A handle that comes back with anything else is spent, too.
    pub(super) fn take(
        &self,
        handle: &str,
        session: &Session,
        plan: &str,
        acknowledge: Option<&str>,
    ) -> Option<Question> {
        let mut out = self.out();
        // A stranger's try doesn't take the answer away from whom it is of.
        if out.get(handle)?.session != *session {
            return None;
        }
        let question = out.remove(handle)?;
        let is_it = question.asked.elapsed() < PATIENCE
            && question.card.plan == plan
            && question.acknowledge.as_deref() == acknowledge;
        is_it.then_some(question)
    }

    fn out(&self) -> MutexGuard<'_, HashMap<String, Question>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(session: &Session, plan: &str) -> Question {
        let card = serde_json::json!({
            "plan": plan, "origin": "o", "generation": "v4", "filed": 1, "expires": 2, "requests": [], "target": "T", "digest": "d",
        });
        let card = serde_json::from_value(card).unwrap();
        Question { session: session.clone(), card, acknowledge: Some("p".to_owned()), asked: Instant::now() }
    }

    #[test]
    fn a_handle_is_good_once_for_its_session_plan_and_phrase() {
        let (ours, theirs) = (Session::new().unwrap(), Session::new().unwrap());
        let questions = Questions::default();
        let ask = || questions.ask(question(&ours, "a")).unwrap();
        let handle = ask();
        assert!(questions.take(&handle, &theirs, "a", Some("p")).is_none(), "another session's");
        assert!(questions.take(&handle, &ours, "a", Some("p")).is_some());
        assert!(questions.take(&handle, &ours, "a", Some("p")).is_none(), "a second time");
        assert!(questions.take(&ask(), &ours, "b", Some("p")).is_none(), "another plan");
        assert!(questions.take(&ask(), &ours, "a", None).is_none(), "without the phrase");
        let handle = ask();
        assert!(questions.take(&handle, &ours, "b", Some("p")).is_none());
        assert!(questions.take(&handle, &ours, "a", Some("p")).is_none(), "a misused handle is spent");
        for guess in ["", "0", &"0".repeat(64)] {
            assert!(questions.take(guess, &ours, "a", Some("p")).is_none());
        }
    }

    #[test]
    fn what_is_out_is_bounded_and_handles_differ() {
        let session = Session::new().unwrap();
        let questions = Questions::default();
        let handles: Vec<String> = (0..200).map(|_| questions.ask(question(&session, "a")).unwrap()).collect();
        assert_eq!(questions.out().len(), MAX_OUT);
        let distinct: std::collections::HashSet<_> = handles.iter().collect();
        assert_eq!(distinct.len(), 200);
        assert!(questions.take(handles.last().unwrap(), &session, "a", Some("p")).is_some(), "the newest is there");
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_is_none() {
        let session = Session::new().unwrap();
        let questions = Questions::default();
        let handle = questions.ask(question(&session, "a")).unwrap();
        tokio::time::advance(PATIENCE).await;
        assert!(questions.take(&handle, &session, "a", Some("p")).is_none());
    }
}
