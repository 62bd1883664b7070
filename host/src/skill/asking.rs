//! Records calls that ask a person before they go on. No question is asked that isn't recorded.

use super::Skill;
use crate::audit::{CallEnd, Failed, OpenCall, convert};
use crate::model::error::{Error, Layer};
use crate::model::session::Client;
use infisical_skill_policy::Grant;

/// The tool that asks.
const APPLY: &str = "apply-change";

/// A recorded call that waits for a person. If dropped while waiting, the record says that the
/// caller left.
pub(crate) struct Asking(OpenCall);

impl Skill {
    /// Records that a call is about to ask a person about this plan and waits for the answer.
    ///
    /// # Errors
    ///
    /// If it can't be recorded. Then nobody is asked.
    pub(crate) async fn asks(&self, plan: &str) -> Result<Asking, Error> {
        let log = self.log_about(plan);
        if let Err(error) = log.note().await {
            let refused = Err::<(), _>(Failed::from(error.clone()));
            log.end(CallEnd { plan: Some(convert::plan_named(plan)), ..CallEnd::of(&refused) }).await?;
            return Err(error);
        }
        Ok(Asking(log))
    }

    /// Records that a call ends with a question to a person about this plan. Another call brings
    /// the answer.
    ///
    /// # Errors
    ///
    /// If it can't be recorded. Then nobody is asked.
    pub(crate) async fn ends_asking(&self, plan: &str) -> Result<(), Error> {
        let asked = Err::<(), _>(Failed::from(Error::refused(
            Layer::TwoPhaseConfirm,
            "a person has to approve this plan, and is asked through the client",
            "wait for their answer",
        )));
        self.log_about(plan).end(CallEnd { plan: Some(convert::plan_named(plan)), ..CallEnd::of(&asked) }).await
    }

    /// The same skill for the rest of that call, once the person answered. The end of the call is
    /// recorded under the same id.
    pub(crate) fn going_on(&self, asking: &Asking) -> Self {
        let client = Client { call: Some(asking.0.hand_over()), ..self.client.clone() };
        Self { client, ..self.clone() }
    }

    fn log_about(&self, plan: &str) -> OpenCall {
        OpenCall::new(self.call_log(APPLY, Vec::new(), Grant::Apply).about(convert::plan_named(plan)))
    }
}
