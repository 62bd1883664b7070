//! The checks between a call and a value: the switch, the identity, a person's approval. Each is
//! read at every decision.

use super::kill_switch::Switch;
use super::refusals::CLOCK_REMEDY;
use super::reveal_requests::{KeptRequest, RevealRequests};
use super::seal::PlanKeys;
use crate::model::error::{Error, Layer};
use crate::model::people::ApprovedBy;
use crate::model::plan_card::PlanOutcome;
use crate::model::reveal_card::{RevealCard, RevealStatus, SecretToReveal};
use crate::model::reveal_rules::{RevealRules, RevealWith};
use crate::model::session::{Client, Session};
use crate::model::switch_state::SwitchState;
use crate::state::{State, StoreRefusal, advice};
use infisical_skill_policy::approver::{Accepted, NotAccepted};
use infisical_skill_policy::plan::PlanId;
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::switch::{RevealsOn, SwitchKind, SwitchOff, SwitchPolicy};
use infisical_skill_policy::{Environment, IdentityKind};
use std::sync::Arc;
use std::time::Duration;

/// What all calls of a skill share to reveal values.
pub(crate) struct RevealService {
    rules: RevealRules,
    protected: Vec<Environment>,
    has_identity: bool,
    /// Whether requesters can't approve their own requests.
    enforced: bool,
    /// How long a request can be used, and how many may be pending.
    bounds: (Duration, u32),
    /// `None` without a state directory: then there is no switch, so nothing is revealed.
    kept: Option<RevealState>,
}

struct RevealState {
    switch: Switch,
    requests: RevealRequests,
    keys: Option<PlanKeys>,
}

impl RevealService {
    /// `keys` belong to the identity that reads the values. `None` without such an identity.
    pub(crate) fn new(
        rules: RevealRules,
        protected: Vec<Environment>,
        bounds: (Duration, u32),
        state: Option<Arc<dyn State>>,
        origin: &str,
        keys: Option<PlanKeys>,
    ) -> Self {
        let has_identity = keys.is_some();
        let kept = state.map(|state| RevealState {
            switch: Switch::new(Arc::clone(&state), SwitchKind::Reveals, rules.switch),
            requests: RevealRequests::new(state, origin.to_owned()),
            keys,
        });
        Self { rules, protected, has_identity, enforced: false, bounds, kept }
    }

    /// The same service for an enforced set-up, in which nobody approves their own request, or for
    /// an advisory one.
    pub(crate) fn enforced(mut self, enforced: bool) -> Self {
        self.enforced = enforced;
        self
    }

    /// A service on the read identity, in a state directory, with these protected environments.
    #[cfg(test)]
    pub(crate) fn for_tests(state_folder: &std::path::Path, protected: &[&str]) -> Self {
        let protected = protected.iter().filter_map(|slug| Environment::new(*slug).ok()).collect();
        let switch = SwitchPolicy::Switchable { max: Duration::from_secs(3_600) };
        let rules = RevealRules { switch, with: RevealWith::Read, ..RevealRules::default() };
        let keys = PlanKeys::new("secret".into(), String::new());
        let bounds = (Duration::from_secs(60), 4);
        let state: Arc<dyn State> = Arc::new(crate::state::DirectoryState::new(state_folder));
        Self::new(rules, protected, bounds, Some(state), "https://a.example", Some(keys))
    }

    pub(crate) fn rules(&self) -> &RevealRules {
        &self.rules
    }

    /// The current state of the switch.
    pub(crate) fn switch(&self) -> SwitchState {
        match &self.kept {
            Some(kept) => kept.switch.state(),
            None if self.rules.switch == SwitchPolicy::Never => SwitchState::Never,
            None => SwitchState::Off { because: "there is no state directory, and so no switch to turn on".to_owned() },
        }
    }

    /// Whether the set-up could ever reveal a value. It may still be impossible now.
    pub(crate) fn could_reveal(&self) -> bool {
        self.rules.switch != SwitchPolicy::Never && self.kept.is_some() && self.has_identity
    }

    /// Proof that the switch is on now. Reads it each time.
    pub(crate) fn on(&self) -> Result<RevealsOn, Error> {
        let off = match &self.kept {
            Some(kept) => match kept.switch.reveals_on() {
                Ok(on) => return Ok(on),
                Err(off) => off,
            },
            None if self.rules.switch == SwitchPolicy::Never => SwitchOff::Never,
            None => SwitchOff::Off,
        };
        let remedy = match off {
            SwitchOff::Never => {
                "work with the secret by its name. This can't be lifted at run time: the operator must change the configuration"
            }
            _ => {
                "work with the secret by its name; if its value is really needed, ask the operator to run `infisical-skill reveal on --for 10m --reason ...`"
            }
        };
        Err(Error::refused(Layer::RevealGate, off.describe(SwitchKind::Reveals), remedy))
    }

    /// The identity that reads values.
    pub(crate) fn identity(&self) -> Result<IdentityKind, Error> {
        match (self.rules.with, self.has_identity) {
            (RevealWith::Read, _) => Ok(IdentityKind::Read),
            (RevealWith::Reveal, true) => Ok(IdentityKind::Reveal),
            (RevealWith::Reveal, false) => Err(Error::refused(
                Layer::Identity,
                "no reveal identity is configured, so no value can be revealed",
                "ask the operator to configure a separate reveal identity (`[reveal]`), limited to the places of `reveal_scopes`; or to set \
                 `reveal_with = \"read\"`, which is weaker",
            )),
        }
    }

    /// Whether a reveal in this environment needs a person's approval.
    pub(crate) fn needs_person(&self, environment: &Environment) -> bool {
        self.rules.approval.applies(environment, &self.protected)
    }

    fn kept(&self) -> Result<(&RevealState, &PlanKeys), Error> {
        self.identity()?;
        let kept = self.kept.as_ref().ok_or_else(|| {
            Error::refused(
                Layer::RevealGate,
                "there is no state directory to keep requests in",
                "ask the operator to set INFISICAL_SKILL_STATE_DIR or `state_dir`",
            )
        })?;
        let keys = kept.keys.as_ref().ok_or_else(|| Error::Sandbox("an identity has no keys".to_owned()))?;
        Ok((kept, keys))
    }

    /// Checks whether this client may file one more request, before anything is asked for it.
    pub(crate) fn check_room(&self, client: &Client) -> Result<(), Error> {
        let (kept, _) = self.kept()?;
        let token = client.asked.token.as_deref();
        let counts = |filed: Option<&str>| filed == token;
        let (lifetime, most) = self.bounds;
        kept.requests.check_room((lifetime, most, &counts)).map_err(|error| self.refusal(error))
    }

    /// Uses up a request that nobody learned of.
    pub(crate) fn withdraw(&self, card: &RevealCard) {
        let Some((kept, id)) = self.kept.as_ref().zip(PlanId::new(&card.request)) else { return };
        if let Err(error) = kept.requests.use_up(&id, PlanOutcome::Discarded) {
            tracing::warn!(?error, "a request to reveal that nobody learned of can't be withdrawn");
        }
    }

    /// Files a request that a person can approve.
    pub(crate) fn file(&self, secret: &SecretToReveal, client: &Client) -> Result<RevealCard, Error> {
        let (kept, keys) = self.kept()?;
        // Each token has its own room, so no client can use up another's.
        let token = client.asked.token.as_deref();
        let counts = |filed: Option<&str>| filed == token;
        let (lifetime, most) = self.bounds;
        let from = (client.session.as_ref().map(Session::as_str), client.asked.as_ref());
        let card = kept.requests.file(keys, secret, from, (lifetime, most, &counts));
        card.map_err(|error| self.refusal(error))
    }

    /// Checks that a person approved this reveal for this client in this session, and that the
    /// request isn't used yet. Returns the request's card.
    pub(crate) fn check(&self, request: &str, reveal: &Reveal, client: &Client) -> Result<RevealCard, Error> {
        let (kept, keys) = self.kept()?;
        let id = PlanId::new(request).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        let KeptRequest { card, approval, .. } = kept.requests.open(keys, &id).map_err(|error| self.refusal(error))?;
        let refused = |reason: &str, remedy: &str| Err(Error::refused(Layer::RevealGate, reason, remedy));
        if client.session.as_ref().map(Session::as_str) != card.session.as_deref() {
            return refused("this request was filed in another session", "ask for the value again without `request`");
        }
        // Without sessions, as with the command, the requester is known by the operating system.
        if !client.asked.is_same_requester(&card.asked) {
            return refused("this request was filed by another requester", "ask for the value again without `request`");
        }
        if !card.is_for(reveal) {
            return refused(
                "this request is for another secret",
                "ask for the secret that the request names, or ask again without `request`",
            );
        }
        match &approval {
            None => Err(person_required(&card, "no person has approved this request yet")),
            Some(by) => self.check_approver(&card, by).map(|()| card),
        }
    }

    /// Allows one value at the last moment. Checks the switch and, if needed, the person's
    /// approval. Uses the request up, and returns its card: the answer must be about that secret.
    pub(crate) fn admit(
        &self,
        reveal: &Reveal,
        request: Option<&str>,
        client: &Client,
        take_budget: impl FnOnce() -> Result<(), Error>,
    ) -> Result<Option<RevealCard>, Error> {
        self.on()?;
        let approved = match request {
            Some(request) => Some(self.check(request, reveal, client)?),
            None if self.needs_person(&reveal.place.environment) => {
                return Err(Error::refused(
                    Layer::RevealGate,
                    "a person must approve that this value is shown, and no approved request was given",
                    "ask for the value by the project's id, without `request`: that files a request",
                ));
            }
            None => None,
        };
        take_budget()?;
        if let Some(card) = &approved {
            let (kept, _) = self.kept()?;
            let id = PlanId::new(&card.request).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
            kept.requests.use_up(&id, PlanOutcome::Redeemed).map_err(|error| self.refusal(error))?;
        }
        Ok(approved)
    }

    /// The card of a pending request, as it was filed.
    pub(crate) fn card(&self, request: &str) -> Result<RevealCard, Error> {
        let (kept, keys) = self.kept()?;
        let id = PlanId::new(request).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        kept.requests.open(keys, &id).map(|kept| kept.card).map_err(|error| self.refusal(error))
    }

    /// Checks whether this person's approval would count.
    pub(crate) fn check_approver(&self, shown: &RevealCard, by: &ApprovedBy) -> Result<(), Error> {
        let accepted = Accepted { forms: false, refuses_same: self.enforced };
        accepted.check(by.how, by.independence, true).map_err(|refusal| match refusal {
            NotAccepted::Same => Error::refused(
                Layer::RevealGate,
                refusal.to_string(),
                format!(
                    "somebody other than the requester must review and approve the request at a terminal: `infisical-skill reveal approve {}`",
                    shown.request
                ),
            ),
            _ => person_required(shown, &refusal.to_string()),
        })
    }

    /// Records a person's approval of the request as it was shown.
    pub(crate) fn approve(&self, shown: &RevealCard, by: &ApprovedBy) -> Result<(), Error> {
        self.check_approver(shown, by)?;
        let (kept, keys) = self.kept()?;
        let id = PlanId::new(&shown.request).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        kept.requests.approve(keys, &id, shown, by).map_err(|error| self.refusal(error))
    }

    /// Uses a request up because a person rejected it.
    pub(crate) fn reject(&self, request: &str) -> Result<(), Error> {
        let (kept, _) = self.kept()?;
        let id = PlanId::new(request).ok_or_else(|| self.refusal(StoreRefusal::Unknown))?;
        kept.requests.use_up(&id, PlanOutcome::Rejected).map_err(|error| self.refusal(error))
    }

    /// The pending requests.
    pub(crate) fn list(&self) -> Result<Vec<RevealStatus>, Error> {
        let kept = self.kept.as_ref().and_then(|kept| Some((kept, kept.keys.as_ref()?)));
        // Without the keys, nobody can tell which requests are genuine, and nothing can be revealed.
        let Some((kept, keys)) = kept else { return Ok(Vec::new()) };
        kept.requests.list(keys).map_err(|error| self.refusal(StoreRefusal::Io(error)))
    }

    fn refusal(&self, refusal: StoreRefusal) -> Error {
        let refused = |reason: &str, remedy: &str| Error::refused(Layer::RevealGate, reason, remedy);
        let again = "if the value is still needed, ask for it again without `request`";
        match refusal {
            StoreRefusal::Unknown => refused("there is no such request: it was never filed, or it expired", again),
            StoreRefusal::Used(PlanOutcome::Rejected) => {
                refused("a person rejected this request", "work without the value")
            }
            StoreRefusal::Used(PlanOutcome::Discarded) => {
                refused("this request was discarded, and revealed nothing", again)
            }
            StoreRefusal::Used(_) => refused("this request is used up: it reveals a value once", again),
            StoreRefusal::NotOurs => refused(
                "this request can't be used: it was filed for another server or identity, or it was changed since",
                again,
            ),
            StoreRefusal::TooMany => Error::refused(
                Layer::Budget,
                format!("{} requests to reveal a value are pending, which is the limit", self.bounds.1),
                "wait until a person has decided, or until they expire",
            ),
            StoreRefusal::Clock(refusal) => Error::refused(Layer::RevealGate, refusal.to_string(), CLOCK_REMEDY),
            StoreRefusal::Io(error) => refused(
                &format!("the state directory can't be used: {error}"),
                &format!("ask the operator to {}", advice(&error)),
            ),
        }
    }
}

/// The refusal that says that a person has to decide, and how.
pub(crate) fn person_required(card: &RevealCard, reason: &str) -> Error {
    let RevealCard { request, .. } = card;
    Error::refused(
        Layer::RevealGate,
        reason,
        format!(
            "a person must review and approve the request at a terminal: `infisical-skill reveal approve {request}`. Then ask for the same value with \
             `request` {request}, before {}",
            card.expires_at()
        ),
    )
}
