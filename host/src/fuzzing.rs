//! Internals for the fuzz targets (`tests/fuzz/targets`): plans on disk and their redemption, the
//! MCP server on any two pipes, and the conversion of the component's records to the host's. This
//! module has no stable API.

use crate::mcp::{McpServer, PipeServer};
use crate::model::blast_radius::BlastRadius;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::people::{ApprovedBy, AskedBy};
use crate::model::plan_card::PlanFindings;
use crate::model::session::Client;
use crate::plans::seal::PlanKeys;
use crate::plans::store::PlanStore;
use crate::plans::{PlanService, RedeemedPlan, Sent, SentStep, settle};
use crate::state::{DirectoryState, State};
use infisical_skill_policy::approver::Means;
use infisical_skill_policy::change::ChangeRequest;
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::SumLimits;
use infisical_skill_policy::plan::{Checked, PlanId, Redeemed};
use infisical_skill_policy::switch::SwitchPolicy;
use infisical_skill_policy::{ApiVersion, plan};
use secrecy::SecretString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

pub use crate::bindings::exports::infisical::skill::{changes, reads, types};
pub use crate::model::changes::{Preview, Receipt};
pub use crate::model::plan_card::PlanCard;

/// The plans of a state directory, under one identity's keys.
pub struct Plans {
    store: PlanStore,
    keys: PlanKeys,
    plan_service: PlanService,
}

/// A plan that was opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The plan's card.
    pub card: PlanCard,
    /// The requests that it would send, in order.
    pub requests: Vec<ChangeRequest>,
    /// The payload that the component gets back.
    pub payload: Vec<u8>,
    /// Whether a person approved it.
    pub is_approved: bool,
}

impl Plans {
    /// The plans in `folder` of the identity with this secret.
    #[must_use]
    pub fn new(folder: &Path, origin: &str, secret: &str) -> Self {
        let keys = PlanKeys::new(SecretString::from(secret), format!("{origin} fuzzing"));
        let budgets = Budgets { writes_per_hour: u32::MAX, ..Budgets::default() };
        let writes = SwitchPolicy::Switchable { max: ChangeRules::MAX_SWITCHED_ON };
        let sums = SumLimits {
            overwrites_per_secret: u32::MAX,
            updates_per_secret: u32::MAX,
            changes_per_project: u32::MAX,
            ..SumLimits::default()
        };
        let state: Arc<dyn State> = Arc::new(DirectoryState::new(folder));
        let plan_service = PlanService::new(
            // The sums that limit plans together aren't tested here.
            ChangeRules { writes, sums, ..ChangeRules::default() },
            budgets,
            Some(Arc::clone(&state)),
            origin,
            Some(keys.clone()),
        );
        Self { store: PlanStore::new(state, origin.to_owned()), keys, plan_service }
    }

    /// Files a plan, for a day. `None` if it can't be filed.
    #[must_use]
    pub fn file(&self, api_version: ApiVersion, checked: Checked, payload: &[u8]) -> Option<PlanCard> {
        let all = |_: Option<&str>| true;
        let bounds = (Duration::from_secs(24 * 3_600), 100, &all as &dyn Fn(Option<&str>) -> bool);
        self.store
            .file(
                &self.keys,
                api_version,
                (checked, PlanFindings::default()),
                payload,
                (None, &AskedBy::default()),
                bounds,
            )
            .ok()
    }

    /// Records a person's approval of the plan under this card.
    #[must_use]
    pub fn approve(&self, shown: &PlanCard) -> bool {
        PlanId::new(&shown.plan).is_some_and(|id| {
            let by = ApprovedBy::here(Means::Terminal, "fuzzing", &shown.asked, false);
            self.store.approve(&self.keys, &id, shown, &by).is_ok()
        })
    }

    /// Opens a plan as applying it does.
    #[must_use]
    pub fn open(&self, id: &str) -> Option<Opened> {
        let kept = self.store.open(&self.keys, &PlanId::new(id)?).ok()?;
        let plan::Plan { requests, .. } = kept.plan;
        Some(Opened { card: kept.card, requests, payload: kept.payload, is_approved: kept.approval.is_some() })
    }

    /// Redeems a plan as applying it does, through all of the host's layers. Gives its requests and
    /// the component's payload.
    #[must_use]
    pub fn redeem(&self, id: &str, acknowledge: Option<&str>) -> Option<(Redeemed, Vec<u8>)> {
        let redeemed = self.plan_service.redeem(id, acknowledge, &Exposure::unlimited(), &Client::default());
        redeemed.ok().map(|RedeemedPlan { plan, payload, .. }| (plan, payload))
    }

    /// The cards of all stored plans, as the list for a person shows them.
    #[must_use]
    pub fn cards(&self) -> Vec<PlanCard> {
        self.store.list(None).into_iter().flatten().map(|status| status.card).collect()
    }
}

/// The MCP server for clients on any two pipes.
pub struct Mcp(PipeServer);

impl Mcp {
    /// Creates the server.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if this machine provides no randomness.
    pub fn new(server: McpServer) -> io::Result<Self> {
        PipeServer::new(server).map(Self)
    }

    /// Serves a client until the input ends.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the client's first message isn't MCP.
    pub async fn serve(
        &self,
        input: impl AsyncRead + Send + Sync + Unpin + 'static,
        output: impl AsyncWrite + Send + Sync + Unpin + 'static,
    ) -> io::Result<()> {
        self.0.serve(input, output).await
    }
}

/// What a caller gets of the component's answer to a preview. The host's own part (descriptions,
/// confirmation phrase, what a person has to do) stays as given.
#[must_use]
pub fn preview(said: changes::PlanPreview) -> Preview {
    Preview {
        plan: said.plan,
        expires: said.expires,
        effects: said.effects.into_iter().map(Into::into).collect(),
        blast_radius: BlastRadius::default(),
        requests: said.requests,
        names: Vec::new(),
        dependents: Vec::new(),
        excess: Vec::new(),
        acknowledge: said.acknowledge,
        approval: said.approval,
        switch: None,
    }
}

/// What the host observed of a request.
#[derive(Debug, Clone, Copy)]
pub enum ObservedOutcome {
    /// It didn't leave.
    Not,
    /// It left, or may have, and no answer says what happened to it.
    Unsure,
    /// The server did it.
    Done,
    /// The server holds it for approval.
    Waits,
    /// The server refused it.
    Refused,
}

/// What a caller gets of the component's answer to an apply. Each request comes with the host's
/// description of it and the outcome that the host observed.
#[must_use]
pub fn receipt(plan: &str, requests: Vec<(String, ObservedOutcome)>, said: changes::Receipt) -> Option<Receipt> {
    let sent = |outcome: ObservedOutcome| match outcome {
        ObservedOutcome::Not => Sent::Not,
        ObservedOutcome::Unsure => Sent::Unsure,
        ObservedOutcome::Done => Sent::Done,
        ObservedOutcome::Waits => Sent::Waits,
        ObservedOutcome::Refused => Sent::Refused,
    };
    let observed = |(request, kind)| SentStep { request, sent: sent(kind), http: None, is_infisicals: false };
    let said = said.steps.into_iter().map(Into::into).collect();
    settle(plan, requests.into_iter().map(observed).collect(), Ok(said), None).ok()
}
