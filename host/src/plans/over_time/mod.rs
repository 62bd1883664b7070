//! Tests plans in a state directory over time, with several processes and an outsider who changes
//! files. Whatever happens in between, in whatever order, a plan is redeemed exactly when every
//! layer allows it, and only once.
//!
//! The expected result of a step is computed from what was done (filed, approved, turned on). It
//! also depends on whether each file still is, byte for byte, what the host wrote. The model
//! doesn't call the code under test.

mod outside;
mod steps;

use super::*;
use crate::base::test_clock as clock;
use crate::plans::kill_switch::TimedSwitch;
use crate::state::DirectoryState;
use infisical_skill_policy::approver::Means;
use infisical_skill_policy::change::value::SecretValue;
use infisical_skill_policy::change::{AskedChange, AskedPlace, AskedValue, ChangeRequest, KnownIds, ParsedChange};
use infisical_skill_policy::plan;
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::{Environment, NewSecretName, Place, Project, SecretPath, WriteName};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use steps::{Outside, Phrase, Process, Step, steps};
use tempfile::TempDir;

const START: u64 = 1_800_000_000_000;
const LIFETIME: u64 = 60_000;
const LONGEST_ON: u64 = 90_000;
const DAY: u64 = 24 * 3_600_000;
const KINDS: [&str; 3] = ["plan", "approved", "used"];

/// A plan and its expected state.
struct Known {
    card: PlanCard,
    requests: Vec<ChangeRequest>,
    session: usize,
    /// What the host wrote, by kind. The approval is known once there was one.
    written: [Option<Vec<u8>>; 3],
    was_approved: bool,
    redemptions: u32,
    /// How often the mark that it is used was removed, by an outsider or after a month.
    unmarked: u32,
    /// Whether a decision found the plan expired.
    was_expired: bool,
    /// Whether an outsider changed the directory since the plan was filed.
    was_touched: bool,
}

struct Stage {
    folder: TempDir,
    approval: ApprovalPolicy,
    sessions: [Option<Session>; 3],
    now: u64,
    /// The latest time that was observed and accepted.
    latest: u64,
    switch: Option<(u64, u64)>,
    /// Whether a decision found the switch's time over.
    was_over: bool,
    is_open: bool,
    plans: Vec<Known>,
    serial: u32,
}

impl Stage {
    fn new(approval: ApprovalPolicy) -> Self {
        let sessions = [None, Some(Session::new().unwrap()), Some(Session::new().unwrap())];
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            approval,
            sessions,
            now: START,
            latest: 0,
            switch: None,
            was_over: false,
            is_open: false,
            plans: Vec::new(),
            serial: 0,
        }
    }

    /// Each process starts anew, with only what is in the directory.
    fn plan_service(&self, process: Process) -> PlanService {
        let rules = ChangeRules {
            writes: SwitchPolicy::Switchable { max: Duration::from_millis(LONGEST_ON) },
            approval: self.approval,
            plan_lifetime: Duration::from_millis(LIFETIME),
            sums: plan::SumLimits { changes_per_project: u32::MAX, ..plan::SumLimits::default() },
            ..ChangeRules::default()
        };
        let budgets = Budgets { pending_plans: 6, writes_per_hour: 10_000, ..Budgets::default() };
        let origin = if process == Process::OtherServer { "https://b" } else { "https://a" };
        let secret = if process == Process::OtherKeys { "other" } else { "secret" };
        let keys = PlanKeys::new(secret.into(), "https://a client".to_owned());
        PlanService::new(rules, budgets, Some(Arc::new(DirectoryState::new(self.folder.path()))), origin, Some(keys))
    }

    fn path(&self, plan: &Known, kind: usize) -> PathBuf {
        let hash = ring::digest::digest(&ring::digest::SHA256, plan.card.plan.as_bytes());
        let name = crate::base::hex::to_hex(&hash.as_ref()[..16]);
        let folder = self.folder.path().join(if KINDS[kind] == "used" { "plans/used" } else { "plans" });
        folder.join(name).with_extension(KINDS[kind])
    }

    fn pick(&self, index: &Index) -> Option<usize> {
        (!self.plans.is_empty()).then(|| index.index(self.plans.len()))
    }

    fn is_marked_used(&self, plan: &Known) -> bool {
        fs::symlink_metadata(self.path(plan, 2)).is_ok()
    }

    /// Whether a file is there as the host wrote it. A link doesn't count, whatever it points to.
    fn is_as_written(&self, plan: &Known, kind: usize) -> bool {
        let path = self.path(plan, kind);
        let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        is_file && plan.written[kind].is_some() && fs::read(path).ok() == plan.written[kind]
    }

    /// Whether reading the file causes no error: it is absent, or a small regular file with any
    /// content. A file that isn't a genuine approval then counts as no approval.
    fn is_readable(&self, plan: &Known, kind: usize) -> bool {
        match fs::symlink_metadata(self.path(plan, kind)) {
            Ok(metadata) => metadata.is_file() && metadata.len() <= 1_024,
            Err(_) => true,
        }
    }

    /// Whether this process can open the plan at all.
    fn can_open(&self, plan: &Known, process: Process) -> bool {
        process == Process::Ours
            && !self.is_open
            && !self.is_marked_used(plan)
            && self.is_as_written(plan, 0)
            && self.is_readable(plan, 1)
    }

    /// The time by which decisions are made. `None`: the clock isn't accepted.
    fn time(&self) -> Option<u64> {
        (self.now + 10_000 >= self.latest).then(|| self.now.max(self.latest))
    }

    fn is_on(&self) -> bool {
        let is_on = |time: u64| {
            self.switch.is_some_and(|(since, until)| (since..until).contains(&time) && until - since <= LONGEST_ON)
        };
        self.time().is_some_and(is_on)
    }

    fn is_in_time(&self, plan: &Known) -> bool {
        self.time().is_some_and(|time| (plan.card.filed..plan.card.expires).contains(&time))
    }

    fn wants_person(&self, plan: &Known) -> bool {
        match self.approval {
            ApprovalPolicy::None => false,
            ApprovalPolicy::Irreversible => plan.card.acknowledge.is_some(),
            ApprovalPolicy::All => true,
        }
    }

    fn draft(&mut self, is_irreversible: bool) -> MatchedPlan {
        self.serial += 1;
        let place = Place {
            project: Project::new("p").unwrap(),
            environment: Environment::new("dev").unwrap(),
            path: SecretPath::new("/app").unwrap(),
        };
        let name = format!("S{}", self.serial);
        let at = AskedPlace {
            project: Some(place.project.clone()),
            environment: Some("dev".to_owned()),
            path: "/app".to_owned(),
        };
        let asked = if is_irreversible {
            AskedChange::DeleteSecret { at, name: name.clone() }
        } else {
            let value = AskedValue::Literal(format!("v-{name}").into());
            AskedChange::CreateSecret { at, name: name.clone(), value, comment: None, tags: Vec::new() }
        };
        let change = if is_irreversible {
            ParsedChange::DeleteSecret { place, name: WriteName::new(&name).unwrap() }
        } else {
            let (name, value) = (NewSecretName::new(&name).unwrap(), SecretValue::new(format!("v-{name}")).unwrap());
            ParsedChange::CreateSecret { place, name, value, comment: None, tags: None }
        };
        let phrase = is_irreversible.then(|| format!("delete secret dev:/app/{name} in project p"));
        let requests = vec![change.request(ApiVersion::V4)];
        let folders = plan::Folders::default();
        plan::check(ApiVersion::V4, &Exposure::unlimited(), &folders, (9, 9), requests, phrase.as_deref())
            .and_then(|checked| {
                checked.verify_matches_request(ApiVersion::V4, (&folders, &KnownIds::default()), &[asked])
            })
            .unwrap()
    }

    fn client(&self, session: usize) -> Client {
        Client::of(self.sessions[session].as_ref())
    }

    fn file(&mut self, is_irreversible: bool, session: usize) {
        let matched = self.draft(is_irreversible);
        let requests = matched.clone().into_checked().requests;
        let payload = self.serial.to_be_bytes();
        let filed = self.plan_service(Process::Ours).file(
            ApiVersion::V4,
            matched,
            PlanFindings::default(),
            &payload,
            &self.client(session),
        );
        assert!(filed.is_ok() || self.is_open || self.plans.len() >= 6 || self.time().is_none(), "{:?}", filed.err());
        let Ok(Filed { card, .. }) = filed else { return };
        assert!(!self.is_open, "where others may put files, nothing is stored");
        assert_eq!(Some(card.filed), self.time(), "with a clock that isn't accepted, nothing is filed");
        let mut known = Known {
            card,
            requests,
            session,
            written: [None, None, None],
            was_approved: false,
            redemptions: 0,
            unmarked: 0,
            was_expired: false,
            was_touched: false,
        };
        known.written[0] = fs::read(self.path(&known, 0)).ok();
        self.plans.push(known);
    }

    fn approve(&mut self, at: usize, process: Process, is_shown_otherwise: bool) {
        let plan = &self.plans[at];
        let mut shown = plan.card.clone();
        if is_shown_otherwise {
            shown.requests = vec!["something harmless".to_owned()];
        }
        let is_early = self.time().is_some_and(|time| time < plan.card.expires);
        let may = self.can_open(plan, process) && !is_shown_otherwise && is_early;
        let by = ApprovedBy::here(Means::Terminal, "approves", &shown.asked, false);
        let approved = self.plan_service(process).approve(&shown, &by);
        assert_eq!(approved.is_ok(), may, "{approved:?}");
        if may {
            let approval = fs::read(self.path(plan, 1)).ok();
            let plan = &mut self.plans[at];
            plan.was_approved = true;
            plan.written[1] = approval;
        }
    }

    /// The confirmation phrase that is given for a plan, and whether the plan may be redeemed with
    /// it now.
    fn may_redeem(&self, plan: &Known, process: Process, session: usize, phrase: Phrase) -> (Option<String>, bool) {
        let given = match (phrase, &plan.card.acknowledge) {
            (Phrase::Right, phrase) => phrase.clone(),
            (Phrase::Missing, _) => None,
            (Phrase::Wrong, Some(phrase)) => Some(format!("{phrase} ")),
            (Phrase::Wrong, None) => Some("delete secret dev:/S1 in project p".to_owned()),
        };
        let but_for_a_person = self.is_on()
            && self.can_open(plan, process)
            && session == plan.session
            && self.is_in_time(plan)
            && given == plan.card.acknowledge;
        let may = but_for_a_person && (!self.wants_person(plan) || self.is_as_written(plan, 1));
        (given, may)
    }

    /// Opens a plan without sending anything after it. It succeeds exactly when redeeming would,
    /// and leaves all files as they are.
    fn open(&self, at: usize, process: Process, session: usize, phrase: Phrase) {
        let plan = &self.plans[at];
        let (given, may) = self.may_redeem(plan, process, session, phrase);
        let files = || (0..KINDS.len()).map(|kind| fs::read(self.path(plan, kind)).ok()).collect::<Vec<_>>();
        let before = files();
        let client = self.client(session);
        let opened =
            self.plan_service(process).open(&plan.card.plan, given.as_deref(), &Exposure::unlimited(), &client);
        assert_eq!(opened.is_ok(), may, "{:?}", opened.err());
        assert_eq!(files(), before, "nothing is used up, and an approval stays");
        if let Ok(opened) = opened {
            assert_eq!(opened.requests, plan.requests, "what was filed, and nothing else");
            assert_eq!(opened.expires, plan.card.expires_at());
        }
    }

    fn redeem(&mut self, at: usize, process: Process, session: usize, phrase: Phrase, at_once: usize) {
        let plan = &self.plans[at];
        let (given, may) = self.may_redeem(plan, process, session, phrase);
        let redeem = || {
            clock::set(self.now);
            let client = self.client(session);
            self.plan_service(process).redeem(&plan.card.plan, given.as_deref(), &Exposure::unlimited(), &client)
        };
        let redeemed: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..at_once).map(|_| scope.spawn(redeem)).collect();
            let first = redeem();
            threads.into_iter().map(|thread| thread.join().unwrap()).chain([first]).collect()
        });
        let count = redeemed.iter().filter(|redeemed| redeemed.is_ok()).count();
        assert_eq!(count, usize::from(may), "{:?}", redeemed.iter().find_map(|redeemed| redeemed.as_ref().err()));
        for redeemed in redeemed.into_iter().flatten() {
            assert_eq!(redeemed.plan.plan().requests, plan.requests, "what was filed, and nothing else");
            assert_eq!(redeemed.readings, plan.card.requests);
        }
        if may {
            let plan = &mut self.plans[at];
            plan.redemptions += 1;
            // Checked again without the files: none of this depends on their state.
            assert!(plan.redemptions <= 1 + plan.unmarked, "redeemed twice");
            assert!(!plan.was_expired || plan.was_touched, "an expired plan is applied later");
            assert!(plan.was_approved || !self.wants_person(&self.plans[at]), "nobody approved it");
        }
    }

    fn step(&mut self, step: &Step) {
        clock::set(self.now);
        match step {
            Step::File { is_irreversible, session } => self.file(*is_irreversible, *session),
            Step::Approve { plan, process, is_shown_otherwise } => {
                if let Some(at) = self.pick(plan) {
                    self.approve(at, *process, *is_shown_otherwise);
                }
            }
            Step::Discard { plan, process, session } => {
                let Some(plan) = self.pick(plan).map(|at| &self.plans[at]) else { return };
                let may = self.can_open(plan, *process) && *session == plan.session;
                let session = self.sessions[*session].as_ref();
                let discarded = self.plan_service(*process).discard(&plan.card.plan, PlanOutcome::Discarded, session);
                assert_eq!(discarded.is_ok(), may, "{discarded:?}");
                assert!(discarded.is_err() || self.is_marked_used(plan));
            }
            Step::Reject { plan } => {
                let Some(plan) = self.pick(plan).map(|at| &self.plans[at]) else { return };
                let rejected = self.plan_service(Process::Ours).reject(&plan.card.plan);
                assert!(rejected.is_err() || self.is_marked_used(plan));
                assert!(
                    rejected.is_ok() || !self.can_open(plan, Process::Ours),
                    "a person can always say no: {rejected:?}"
                );
            }
            Step::Redeem { plan, process, session, phrase, at_once } => {
                if let Some(at) = self.pick(plan) {
                    self.redeem(at, *process, *session, *phrase, *at_once);
                }
            }
            Step::Open { plan, process, session, phrase } => {
                if let Some(at) = self.pick(plan) {
                    self.open(at, *process, *session, *phrase);
                }
            }
            Step::Time { forward } => self.now = self.now.saturating_add_signed(*forward),
            Step::SwitchOn { time } => {
                let policy = SwitchPolicy::Switchable { max: Duration::from_millis(LONGEST_ON) };
                let turned = TimedSwitch::new(self.folder.path(), policy).turn_on(Duration::from_millis(*time), None);
                let now = self.time().filter(|_| (1..=LONGEST_ON).contains(time));
                assert_eq!(turned.is_ok(), now.is_some(), "{turned:?}");
                if let Some(now) = now {
                    (self.switch, self.was_over) = (Some((now, now + time)), false);
                }
            }
            Step::SwitchOff => {
                TimedSwitch::new(self.folder.path(), SwitchPolicy::Never).turn_off().unwrap();
                self.switch = None;
            }
            Step::AcceptClock => {
                // If other users may put files in the directory, nothing is kept. See
                // `Outside::Open`, which opens only the directory of the plans.
                crate::plans::accept_clock::accept_clock(self.folder.path(), "operator", "it was wrong").unwrap();
                (self.latest, self.switch) = (self.now, None);
            }
            Step::Outside(outside) => {
                self.outside(outside);
                self.plans.iter_mut().for_each(|plan| plan.was_touched = true);
                self.was_over &= !matches!(outside, Outside::Switch { .. });
            }
        }
    }

    /// Runs a step, then checks what must always hold about the marks of used plans.
    fn go(&mut self, step: &Step) {
        let marked: Vec<bool> = self.plans.iter().map(|plan| self.is_marked_used(plan)).collect();
        self.step(step);
        clock::set(self.now);
        let is_on = self.plan_service(Process::Ours).writes_on().is_ok();
        assert_eq!(is_on, self.is_on());
        assert!(!is_on || !self.was_over, "a switch whose time was over is on again");
        if let Some(time) = self.time() {
            self.latest = time;
            self.was_over |= self.switch.is_some_and(|(_, until)| time >= until);
            self.plans.iter_mut().for_each(|plan| plan.was_expired |= time >= plan.card.expires);
        }
        let is_outside = matches!(step, Step::Outside(_));
        for (at, was_marked) in marked.into_iter().enumerate() {
            if was_marked && !self.is_marked_used(&self.plans[at]) {
                let is_old = self.latest > self.plans[at].card.expires + 30 * DAY;
                assert!(is_outside || is_old, "the host itself forgets for a month nothing that was used");
                self.plans[at].unmarked += 1;
            }
        }
    }
}

#[test]
fn redeems_a_plan_once_and_only_if_every_layer_allows_it() {
    let policies = prop::sample::select(vec![ApprovalPolicy::None, ApprovalPolicy::Irreversible, ApprovalPolicy::All]);
    // Most runs begin with a plan that can be redeemed.
    let begin = [
        Step::SwitchOn { time: LONGEST_ON },
        Step::File { is_irreversible: true, session: 0 },
        Step::File { is_irreversible: false, session: 0 },
    ];
    let cases = (policies, prop::bool::weighted(0.9), prop::collection::vec(steps(), 1..40));
    let (runs, redeemed) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(96));
    let run = runner.run(&cases, |(approval, begins, steps)| {
        let mut stage = Stage::new(approval);
        for step in begin.iter().filter(|_| begins).chain(&steps) {
            stage.go(step);
        }
        runs.set(runs.get() + 1);
        redeemed.set(redeemed.get() + stage.plans.iter().map(|plan| plan.redemptions).sum::<u32>());
        Ok(())
    });
    run.unwrap();
    // Makes sure that the test redeems enough plans.
    assert!(redeemed.get() * 4 > runs.get(), "only {} were redeemed in {} runs", redeemed.get(), runs.get());
}
