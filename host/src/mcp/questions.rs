//! Open questions to a person, where the client carries them (2026-07-28).
//!
//! The client gets an opaque handle that can't be guessed, and returns it with the answer. The
//! question itself stays here, so the client can't forge it. A handle is valid once, for the
//! session, the tool and the plan that it was created for.

use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use crate::model::plan_card::PlanCard;
use crate::model::session::Session;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The maximum number of open questions. Beyond it, the oldest question of the session with the
/// most is dropped.
const MAX_OUT: usize = 64;

/// How long a question waits for its answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// A question about a plan.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The session that was asked.
    pub(super) session: Session,
    /// The card that the person was shown.
    pub(super) card: PlanCard,
    /// The call's confirmation phrase.
    pub(super) acknowledge: Option<String>,
    /// When it was asked.
    pub(super) asked: Instant,
}

/// The open questions.
#[derive(Debug, Default)]
pub(super) struct Questions {
    out: Mutex<HashMap<String, Question>>,
}

impl Questions {
    /// Stores a question, and returns its handle.
    ///
    /// # Errors
    /// [`std::io::Error`] if this machine provides no randomness.
    pub(super) fn ask(&self, question: Question) -> std::io::Result<String> {
        let mut bytes = [0; 32];
        fill_random(&mut bytes).map_err(|_| std::io::Error::other("this machine's random number generator fails"))?;
        let handle = to_hex(&bytes);
        let mut out = self.out();
        // A new question about the same plan replaces the earlier one.
        let is_again = |it: &Question| it.session == question.session && it.card.plan == question.card.plan;
        out.retain(|_, it| it.asked.elapsed() < ANSWER_TIMEOUT && !is_again(it));
        if out.len() >= MAX_OUT
            && let Some(one) = one_to_go(&out, &question.session)
        {
            out.remove(&one);
        }
        out.insert(handle.clone(), question);
        Ok(handle)
    }

    /// Returns the question of a handle, once, if it was put to this session about this plan. A
    /// handle that is returned with anything else becomes invalid too.
    pub(super) fn take(
        &self,
        handle: &str,
        session: &Session,
        plan: &str,
        acknowledge: Option<&str>,
    ) -> Option<Question> {
        let mut out = self.out();
        // Another session can't invalidate the handle.
        if out.get(handle)?.session != *session {
            return None;
        }
        let question = out.remove(handle)?;
        let is_it = question.asked.elapsed() < ANSWER_TIMEOUT
            && question.card.plan == plan
            && question.acknowledge.as_deref() == acknowledge;
        is_it.then_some(question)
    }

    fn out(&self) -> MutexGuard<'_, HashMap<String, Question>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the oldest question of the session with the most open questions. In a tie, the session
/// that asks loses one.
fn one_to_go(out: &HashMap<String, Question>, asks: &Session) -> Option<String> {
    let mut counts: HashMap<&Session, usize> = HashMap::new();
    for question in out.values() {
        *counts.entry(&question.session).or_default() += 1;
    }
    let rank = |(_, question): &(&String, &Question)| {
        let count = counts.get(&question.session).copied().unwrap_or_default();
        (Reverse((count, question.session == *asks)), question.asked)
    };
    out.iter().min_by_key(rank).map(|(handle, _)| handle.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(session: &Session, plan: &str) -> Question {
        let card = serde_json::json!({
            "plan": plan, "origin": "o", "apiVersion": "v4", "filed": 1, "expires": 2, "requests": [], "target": "T", "digest": "d",
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
    fn limits_open_questions_and_gives_distinct_handles() {
        let session = Session::new().unwrap();
        let questions = Questions::default();
        let handles: Vec<String> =
            (0..200).map(|plan| questions.ask(question(&session, &plan.to_string())).unwrap()).collect();
        assert_eq!(questions.out().len(), MAX_OUT);
        let distinct: std::collections::HashSet<_> = handles.iter().collect();
        assert_eq!(distinct.len(), 200);
        assert!(questions.take(handles.last().unwrap(), &session, "199", Some("p")).is_some(), "the newest is there");
    }

    #[test]
    fn one_clients_questions_do_not_push_out_anothers() {
        let (ours, theirs) = (Session::new().unwrap(), Session::new().unwrap());
        let questions = Questions::default();
        let first = questions.ask(question(&ours, "a")).unwrap();
        let flood = |plans: std::ops::Range<u32>| {
            plans.map(|plan| questions.ask(question(&theirs, &plan.to_string())).unwrap()).collect::<Vec<_>>()
        };
        let handles = flood(0..200);
        // With no room left, a question of ours displaces one of theirs.
        let second = questions.ask(question(&ours, "b")).unwrap();
        assert_eq!(questions.out().len(), MAX_OUT);
        assert!(questions.take(&first, &ours, "a", Some("p")).is_some());
        assert!(questions.take(&second, &ours, "b", Some("p")).is_some());
        assert!(questions.take(handles.last().unwrap(), &theirs, "199", Some("p")).is_some());
    }

    #[test]
    fn there_is_one_question_about_a_plan_in_a_session() {
        let (ours, theirs) = (Session::new().unwrap(), Session::new().unwrap());
        let questions = Questions::default();
        let [first, other, again] = [&ours, &theirs, &ours].map(|of| questions.ask(question(of, "a")).unwrap());
        assert_eq!(questions.out().len(), 2);
        assert!(questions.take(&first, &ours, "a", Some("p")).is_none(), "it was asked again");
        assert!(questions.take(&other, &theirs, "a", Some("p")).is_some());
        assert!(questions.take(&again, &ours, "a", Some("p")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_is_none() {
        let session = Session::new().unwrap();
        let questions = Questions::default();
        let handle = questions.ask(question(&session, "a")).unwrap();
        tokio::time::advance(ANSWER_TIMEOUT).await;
        assert!(questions.take(&handle, &session, "a", Some("p")).is_none());
    }
}
