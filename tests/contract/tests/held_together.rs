//! Tests random scenarios in both API versions: two processes preview, approve, reject and apply
//! changes in any order, while the switch turns and somebody else changes the target. A change is
//! made at most once, and only if every precondition held.

use infisical_emulator::{ApiVersion, SecretSeed, StoredSecret};
use infisical_skill::{Change, ChangeRules, Error, Layer, PlanOutcome, Receipt, Skill, SkillBuilder};
use infisical_skill_contract::emulated::API_VERSIONS;
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The names of the secrets. The last one exists from the beginning.
const NAMES: [&str; 3] = ["FIRST", "SECOND", "STRIPE_API_KEY"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Update,
    Delete,
}

/// The phrase that is passed if one is needed.
#[derive(Debug, Clone, Copy)]
enum Phrase {
    Right,
    OfAnother,
    None,
}

/// Names and plans are numbers, modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Preview(Kind, usize),
    Approve(usize),
    Reject(usize),
    Discard(usize),
    Switch(bool),
    /// Somebody else writes a value.
    Put(usize),
    /// Somebody else deletes the secret.
    Remove(usize),
    /// Applied by one process, or by two at once.
    Apply(usize, Phrase, bool),
    /// Another process takes over.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..1_000_usize;
    let kind = prop_oneof![Just(Kind::Create), Just(Kind::Update), Just(Kind::Delete)];
    let phrase = prop_oneof![6 => Just(Phrase::Right), 1 => Just(Phrase::OfAnother), 1 => Just(Phrase::None)];
    prop_oneof![
        6 => (kind, at()).prop_map(|(kind, at)| Step::Preview(kind, at)),
        4 => at().prop_map(Step::Approve),
        1 => at().prop_map(Step::Reject),
        1 => at().prop_map(Step::Discard),
        1 => prop::bool::weighted(0.7).prop_map(Step::Switch),
        1 => at().prop_map(Step::Put),
        1 => at().prop_map(Step::Remove),
        7 => (at(), phrase, prop::bool::weighted(0.3)).prop_map(|(at, phrase, twice)| Step::Apply(at, phrase, twice)),
        1 => Just(Step::Restart),
    ]
}

/// A plan, and everything that decides whether it is applied.
struct Plan {
    id: String,
    kind: Kind,
    name: &'static str,
    value: String,
    phrase: Option<String>,
    /// The id and version of the secret at the preview, which must not change.
    rests_on: Option<(String, u32)>,
    approved: bool,
    used: bool,
}

/// Lifts the limits on sums of changes, which have their own tests.
fn unsummed(builder: SkillBuilder) -> SkillBuilder {
    let mut rules = ChangeRules::default();
    rules.sums.overwrites_per_secret = u32::MAX;
    rules.sums.updates_per_secret = u32::MAX;
    rules.sums.changes_per_project = u32::MAX;
    builder.changes(rules)
}

struct Play {
    stage: Stage,
    skill: Skill,
    on: bool,
    plans: Vec<Plan>,
    made: usize,
    /// The outcomes so far, to check that the scenarios cover all of them.
    seen: BTreeSet<&'static str>,
}

impl Play {
    async fn new(api_version: ApiVersion) -> Self {
        let stage = Stage::new(api_version).await.unwrap();
        let skill = stage.another(unsummed).unwrap();
        stage.switch_on().unwrap();
        Self { stage, skill, on: true, plans: Vec::new(), made: 0, seen: BTreeSet::new() }
    }

    fn stored(&self, name: &str) -> Option<StoredSecret> {
        self.stage.emulator.secret("dev", "/app", name)
    }

    fn all(&self) -> [Option<StoredSecret>; 3] {
        NAMES.map(|name| self.stored(name))
    }

    fn rests_on(&self, name: &str) -> Option<(String, u32)> {
        self.stored(name).map(|secret| (secret.id, secret.version))
    }

    fn put(&self, name: &str, value: &str) {
        self.stage.emulator.put_secret("dev", "/app", &SecretSeed::new(name, value));
    }

    async fn step(&mut self, number: usize, step: &Step) {
        let before = self.all();
        let plans = self.plans.len();
        let at = |number: &usize| number.checked_rem(plans);
        match step {
            Step::Preview(kind, name) => self.preview(number, *kind, NAMES[name % 3]).await,
            Step::Approve(index) => {
                let Some(at) = at(index) else { return };
                let id = self.plans[at].id.clone();
                let approved = self.skill.plan(&id).and_then(|card| self.skill.approve_plan(&card));
                let plan = &mut self.plans[at];
                assert!(approved.is_ok() || plan.used || plan.approved, "{approved:?}");
                assert!(approved.is_err() || !plan.used, "a used-up plan may not be approved");
                plan.approved |= !plan.used;
            }
            Step::Reject(index) | Step::Discard(index) => {
                let Some(at) = at(index) else { return };
                let id = self.plans[at].id.clone();
                let ended = match step {
                    Step::Reject(_) => self.skill.reject_plan(&id),
                    _ => self.skill.discard(&id),
                };
                assert_eq!(ended.is_ok(), !self.plans[at].used, "{ended:?}");
                self.plans[at].used = true;
            }
            Step::Switch(on) => {
                match on {
                    true => self.stage.switch_on().unwrap(),
                    false => drop(self.stage.switch().turn_off().unwrap()),
                }
                self.on = *on;
            }
            Step::Put(name) => return self.put(NAMES[name % 3], &format!("outside-{number}")),
            Step::Remove(name) => {
                self.stage.emulator.remove_secret("dev", "/app", NAMES[name % 3]);
                return;
            }
            Step::Apply(index, phrase, twice) => {
                let Some(at) = at(index) else { return };
                return self.apply(at, *phrase, *twice).await;
            }
            Step::Restart => self.skill = self.stage.another(unsummed).unwrap(),
        }
        assert_eq!(self.all(), before, "{step:?} changes nothing on the server");
        assert_eq!(self.stage.changes_sent().len(), self.made, "{step:?} sends no change");
    }

    async fn preview(&mut self, number: usize, kind: Kind, name: &'static str) {
        let (value, old) = (format!("value-{number}"), self.stage.emulator.api_version() == ApiVersion::V3);
        let (change, phrase) = match kind {
            Kind::Create => (create("/app", name, literal(&value)), None),
            // On an older server, nobody can read old versions.
            Kind::Update => (
                update("/app", name, literal(&value)),
                old.then(|| self.stage.phrase(&format!("overwrite secret dev:/app/{name}"))),
            ),
            Kind::Delete => (
                Change::DeleteSecret(target("/app", name)),
                Some(self.stage.phrase(&format!("delete secret dev:/app/{name}"))),
            ),
        };
        let rests_on = self.rests_on(name);
        match self.skill.preview(vec![change]).await {
            Ok(preview) => {
                assert_eq!(rests_on.is_none(), kind == Kind::Create, "{preview:?}");
                assert_eq!((&preview.acknowledge, preview.switch.is_none()), (&phrase, self.on), "{preview:?}");
                assert_eq!(preview.approval.is_some(), phrase.is_some(), "{preview:?}");
                let (approved, used) = (phrase.is_none(), false);
                self.plans.push(Plan { id: preview.plan, kind, name, value, phrase, rests_on, approved, used });
            }
            Err(error) => {
                let kind = if kind == Kind::Create { "conflict" } else { "not-found" };
                assert_eq!((error.kind(), rests_on.is_some()), (kind, kind == "conflict"), "{error:?}");
            }
        }
    }

    async fn apply(&mut self, at: usize, phrase: Phrase, twice: bool) {
        let Plan { id, kind, name, value, phrase: needed, rests_on, approved, used } = &self.plans[at];
        let (kind, name, value) = (*kind, *name, value.clone());
        let given = match (phrase, needed) {
            (Phrase::Right, needed) => needed.clone(),
            (Phrase::OfAnother, Some(_)) => Some(self.stage.phrase("delete secret dev:/app/ANOTHER")),
            (Phrase::OfAnother | Phrase::None, _) => None,
        };
        let (now, before) = (self.rests_on(name), self.all());
        // The checks in the order of the layers.
        let refusal = if !self.on {
            Some(("the switch", Layer::KillSwitch))
        } else if *used {
            Some(("the plan", Layer::TwoPhaseConfirm))
        } else if given != *needed {
            Some(("the phrase", Layer::BlastRadius))
        } else if !approved {
            Some(("the approval", Layer::BlastRadius))
        } else if now != *rests_on {
            Some(("what is there", Layer::TwoPhaseConfirm))
        } else {
            None
        };
        let case = format!("{kind:?} {name} {phrase:?} {refusal:?}");
        let other = self.stage.another(unsummed).unwrap();
        let results = match twice {
            false => vec![self.skill.apply(id, given.as_deref()).await],
            true => {
                let both = tokio::join!(self.skill.apply(id, given.as_deref()), other.apply(id, given.as_deref()));
                vec![both.0, both.1]
            }
        };
        let made: Vec<&Receipt> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        let refused: Vec<&Error> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        match refusal {
            None => {
                assert_eq!(made.len(), 1, "{case}: {results:?}");
                assert_eq!(made[0].outcome, PlanOutcome::Applied, "{case}: {results:?}");
                // If two apply at once, one finds the plan used.
                assert!(refused.iter().all(|it| it.layer() == Some(Layer::TwoPhaseConfirm)), "{case}: {refused:?}");
                let is = self.stored(name).map(|secret| secret.value);
                assert_eq!(is, (kind != Kind::Delete).then_some(value), "{case}");
                self.made += 1;
            }
            Some((_, layer)) => {
                assert!(made.is_empty(), "{case}: {results:?}");
                assert!(refused.iter().all(|it| it.layer() == Some(layer)), "{case}: {refused:?}");
                assert_eq!(self.all(), before, "{case}");
            }
        }
        for (at, other) in NAMES.iter().enumerate().filter(|(_, other)| **other != name) {
            assert_eq!(self.stored(other), before[at], "{case}: {other} is another one");
        }
        assert_eq!(self.stage.changes_sent().len(), self.made, "{case}");
        let why = refusal.map_or("applied", |(why, _)| why);
        self.seen.insert(why);
        // A redeemed plan is used up, whatever the outcome.
        self.plans[at].used |= matches!(why, "applied" | "what is there");
    }
}

async fn play(api_version: ApiVersion, steps: &[Step]) -> BTreeSet<&'static str> {
    let mut play = Play::new(api_version).await;
    for (number, step) in steps.iter().enumerate() {
        play.step(number, step).await;
    }
    play.seen
}

fn run(api_version: ApiVersion, steps: &[Step]) -> BTreeSet<&'static str> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(play(api_version, steps))
}

#[test]
fn each_failed_precondition_refuses_the_change() {
    for api_version in API_VERSIONS {
        let (first, right) = (0, Phrase::Right);
        let seen = [
            // Two processes apply it; one succeeds.
            vec![Step::Preview(Kind::Create, 0), Step::Apply(first, right, true), Step::Apply(first, right, false)],
            vec![
                Step::Preview(Kind::Delete, 2),
                Step::Apply(first, Phrase::None, false),
                Step::Apply(first, Phrase::OfAnother, true),
                Step::Apply(first, right, true),
                Step::Approve(first),
                Step::Switch(false),
                Step::Apply(first, right, false),
                Step::Switch(true),
                Step::Restart,
                Step::Apply(first, right, true),
            ],
            // The secret is deleted and recreated: the name and version are the same, but the id
            // isn't.
            vec![
                Step::Preview(Kind::Delete, 2),
                Step::Approve(first),
                Step::Remove(2),
                Step::Put(2),
                Step::Apply(first, right, true),
                Step::Apply(first, right, false),
            ],
            // Two plans for the same secret: the other plan causes the drift.
            vec![
                Step::Preview(Kind::Update, 2),
                Step::Preview(Kind::Update, 2),
                Step::Approve(0),
                Step::Approve(1),
                Step::Apply(1, right, false),
                Step::Apply(0, right, true),
            ],
            vec![Step::Preview(Kind::Create, 1), Step::Reject(first), Step::Apply(first, right, false)],
            vec![Step::Preview(Kind::Create, 1), Step::Discard(first), Step::Apply(first, right, true)],
        ]
        .iter()
        .flat_map(|steps| run(api_version, steps))
        .collect::<BTreeSet<_>>();
        let all = ["applied", "the approval", "the phrase", "the plan", "the switch", "what is there"];
        assert_eq!(seen, all.into(), "{api_version:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn applies_change_at_most_once_if_all_conditions_hold(
        old in any::<bool>(),
        steps in prop::collection::vec(step(), 4..24),
    ) {
        run(API_VERSIONS[usize::from(!old)], &steps);
    }
}
