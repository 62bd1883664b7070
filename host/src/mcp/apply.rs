//! Applies a plan for a client. If a person's approval is needed and the client can ask for it, the
//! person is asked through the client. A model's arguments never count as an approval.

use super::form::{Decision, decision, form};
use super::progress::{Call, LAST, Withdraw, gone};
use super::questions::{ANSWER_TIMEOUT, Question};
use super::server::{Handler, cancelled, result};
use crate::model::error::{Error, Layer};
use crate::model::plan_card::PlanCard;
use crate::model::session::{CallMonitor, Session};
use crate::skill::{Asking, Skill};
use crate::tools;
use crate::tools::ApplyChange;
use rmcp::model::{
    CallToolResponse, ClientResult, ElicitRequest, InputRequest, InputRequiredResult, InputResponses, ProtocolVersion,
    ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext, RequestHandle};
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::{Instant, sleep, timeout};

/// The tool's name.
pub(super) const APPLY: &str = "apply-change";

/// The name of the only question in an answer that asks for input.
const QUESTION: &str = "approve";

/// A call of the tool.
pub(super) struct ApplyCall {
    pub(super) skill: Skill,
    pub(super) monitor: Arc<CallMonitor>,
    pub(super) call: Call,
    pub(super) session: Session,
    /// Whether the client can be asked something before the call is answered.
    pub(super) can_be_asked: bool,
    pub(super) arguments: Value,
}

/// How the person is asked.
enum AskMethod {
    /// The client is asked while the call waits. Revisions with a handshake do this.
    Request,
    /// The call is answered with the question, and the client repeats it with the person's answer.
    Retry,
}

impl Handler {
    pub(super) async fn apply(
        &self,
        asked: ApplyCall,
        responses: Option<InputResponses>,
        state: Option<String>,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // `run` refuses and records invalid arguments, like those of every tool.
        let Ok(arguments) = tools::read_apply(&asked.arguments) else { return self.run(asked, context).await };
        let answered = match state {
            Some(handle) => {
                match self.questions.take(&handle, &asked.session, &arguments.plan, arguments.acknowledge.as_deref()) {
                    Some(question) => {
                        Some((question, responses.and_then(|mut it| it.remove(QUESTION)).unwrap_or_default()))
                    }
                    None => return Ok(refuse(&asked.skill, not_ours()).await),
                }
            }
            None => None,
        };
        if let Some((question, answer)) = answered {
            let decision = decision(&answer, question.asked.elapsed());
            return self.decided(asked, &question.card, decision, context).await;
        }
        let Some(way) = self.way(&asked, context) else { return self.run(asked, context).await };
        // Report every other obstacle first, so that a person isn't asked in vain.
        let Ok(Some(card)) = asked.skill.awaits_form(&arguments.plan, arguments.acknowledge.as_deref()) else {
            return self.run(asked, context).await;
        };
        match way {
            AskMethod::Retry => self.ask_by_retry(asked, arguments, card).await,
            AskMethod::Request => self.ask_by_request(asked, card, context).await,
        }
    }

    /// Returns how this client can ask its person, if it can and the operator accepts that as an
    /// approval.
    fn way(&self, asked: &ApplyCall, context: &RequestContext<RoleServer>) -> Option<AskMethod> {
        let forms = context.client_capabilities()?.elicitation?;
        // A client that names no kind of form supports this kind.
        let has_form = forms.form.is_some() || forms.url.is_none();
        if !asked.skill.approves_in_client() || !has_form {
            return None;
        }
        if context.protocol_version()? >= ProtocolVersion::V_2026_07_28 {
            return Some(AskMethod::Retry);
        }
        asked.can_be_asked.then_some(AskMethod::Request)
    }

    async fn ask_by_request(
        &self,
        asked: ApplyCall,
        card: PlanCard,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asking = match asked.skill.asks(&card.plan).await {
            Ok(asking) => asking,
            Err(error) => return Ok(result(Err(error)).into()),
        };
        let began = Instant::now();
        let asks = asked.call.asks();
        let Some((answer, asking)) = ask(&card, asking, context).await else { return Err(cancelled()) };
        drop(asks);
        let skill = asked.skill.going_on(&asking);
        self.decided(ApplyCall { skill, ..asked }, &card, decision(&answer, began.elapsed()), context).await
    }

    async fn ask_by_retry(
        &self,
        asked: ApplyCall,
        arguments: ApplyChange,
        card: PlanCard,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Err(error) = asked.skill.ends_asking(&card.plan).await {
            return Ok(result(Err(error)).into());
        }
        let request = ElicitRequest::new(form(&card));
        let question =
            Question { session: asked.session, card, acknowledge: arguments.acknowledge, asked: Instant::now() };
        let handle =
            self.questions.ask(question).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let questions = BTreeMap::from([(QUESTION.to_owned(), InputRequest::Elicitation(request))]);
        Ok(InputRequiredResult::new(Some(questions), Some(handle)).into())
    }

    /// Continues with the person's decision about the plan that they were shown.
    async fn decided(
        &self,
        asked: ApplyCall,
        card: &PlanCard,
        decision: Decision,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let skill = &asked.skill;
        match decision {
            Decision::Approved => {
                if let Err(error) = skill.approve_in_client(card) {
                    return Ok(refuse(skill, error).await);
                }
                self.run(asked, context).await
            }
            Decision::Rejected => {
                if let Err(error) = skill.reject_in_client(card) {
                    return Ok(refuse(skill, error).await);
                }
                // `run` reports that a person rejected the plan, and records the call.
                self.run(asked, context).await
            }
            Decision::None => Ok(refuse(skill, nobody(&card.plan)).await),
        }
    }

    /// Applies the plan, if that is allowed. It continues if the client goes away, so that the
    /// results of the requests that left are recorded. Requests that haven't left by then are no
    /// longer sent.
    async fn run(&self, asked: ApplyCall, context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let ApplyCall { skill, monitor, arguments, .. } = asked;
        let withdraw = Withdraw(monitor);
        let turn = timeout(skill.longest_call(), Arc::clone(&self.applying).acquire_owned());
        let permit = tokio::select! {
            turn = turn => turn,
            () = gone(context) => {
                skill.record_refused(APPLY, withdrawn()).await;
                return Err(cancelled());
            }
        };
        let Ok(permit) = permit else { return Ok(refuse(&skill, Error::TimedOut).await) };
        let mut applied = tokio::spawn(async move {
            let applied = tools::answer(&skill, APPLY, arguments).await;
            drop(permit);
            applied
        });
        let applied = tokio::select! {
            applied = &mut applied => applied,
            () = gone(context) => {
                withdraw.0.withdraw();
                applied.await
            }
        };
        match applied {
            Ok(applied) => Ok(result(applied).into()),
            Err(_) => Err(ErrorData::internal_error(
                "the call ended unexpectedly: check the current state in Infisical",
                None,
            )),
        }
    }
}

/// Asks the person and waits for the answer. Returns `None` if the call is withdrawn in the
/// meantime.
async fn ask(card: &PlanCard, asking: Asking, context: &RequestContext<RoleServer>) -> Option<(Value, Asking)> {
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(card)));
    let sent = context.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
    let Ok(mut sent) = sent else { return Some((Value::Null, asking)) };
    tokio::select! {
        answer = &mut sent.rx => {
            let answer = match answer {
                Ok(Ok(ClientResult::ElicitResult(answer))) => serde_json::to_value(answer).unwrap_or_default(),
                _ => Value::Null,
            };
            Some((answer, asking))
        }
        () = sleep(ANSWER_TIMEOUT) => {
            take_back(sent, "no answer arrived in time", context).await;
            Some((Value::Null, asking))
        }
        () = gone(context) => {
            // Dropping this records the end before the client learns of it.
            drop(asking);
            take_back(sent, "the call was cancelled", context).await;
            None
        }
    }
}

/// Tells the client not to answer a question any more. The call ends only after this message was
/// handed over. Otherwise a client that doesn't read could have any number of open questions.
async fn take_back(sent: RequestHandle<RoleServer>, why: &str, context: &RequestContext<RoleServer>) {
    tokio::select! {
        _ = sent.cancel(Some(why.to_owned())) => {}
        // The server is stopping.
        () = async { context.ct.cancelled().await; sleep(LAST).await } => {}
    }
}

async fn refuse(skill: &Skill, error: Error) -> CallToolResponse {
    let error = skill.record_refused(APPLY, error).await;
    result(Err(error)).into()
}

fn withdrawn() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "the client withdrew the call before its turn came",
        "if the change is still wanted, call `apply-change` again",
    )
}

fn not_ours() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "this isn't the answer to a question about this plan that is open in this session",
        "call `apply-change` again without it",
    )
}

fn nobody(plan: &str) -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "no person approved the plan in the client's form: it was closed, not answered, or answered sooner than a person can read it",
        crate::plans::how_to_approve(plan),
    )
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
