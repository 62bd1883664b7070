//! A plan from filing to sending, under any script. A request leaves only while the kill switch is
//! on and the plan is unexpired, in scope, acknowledged, approved and claimed. Each request leaves
//! at most once, in order. Each step is compared with an independent computation: the step refuses
//! exactly when that computation refuses, and for the same reason.
//!
//! ```text
//! requests A B +new         the plan's requests: delete a secret, or create (`+`) a project
//! filed 100                 when the plan was filed, expires and is redeemed
//! expires 10000
//! now 200
//! switch 100 9000           changes are on from and until these times; or `off`, `never`
//! phrase delete A           the required confirmation phrase, and the given one
//! given delete A
//! needs all                 the plans that need approval: `none`, `irreversible`, `all`
//! approved this             the plan that a person approved: `this`, `another`
//! claim plan                the plan that the claim is for
//! api-version v3            the plan's API version; its requests are for v4
//! scope /app                what the operator allows now; everything by default
//! no-administration
//! protected                 the deletions are in a protected environment
//! settings x                the settings of the check; the current ones by default
//!                           an empty line; each line after it tries one request
//! 201 A                     this request at this time
//! 202 B path=x              with `x` appended to the path; `body=x` to the body,
//!                           `put=3:x` inserts it, `method=POST` changes the method
//! 203 +new switch=150       with the switch state as of that time
//! ```
//!
//! A fact that the script omits defaults to one that lets the request leave.

use infisical_skill_policy::approver::{Accepted, Independence, Means};
use infisical_skill_policy::change::{ChangeRequest, Method, ParsedChange};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{
    AcknowledgementRefusal, Approval, ApprovalPolicy, AuthorizationRefusal, Claim, CurrentRefusal, Plan, PlanDigest,
    PlanId, Redeemed,
};
use infisical_skill_policy::switch::{Millis, SwitchOff, SwitchPolicy, SwitchedOn, WritesOn, writes_on};
use infisical_skill_policy::{
    ApiVersion, Environment, Place, Project, ProjectSlug, Scope, Scopes, SecretPath, Title, WriteName,
};
use std::sync::LazyLock;
use std::time::Duration;

/// The most requests in a plan and the most tries, so that every input ends.
const MAX: (usize, usize) = (8, 40);

/// The longest time that changes can be on, in milliseconds.
const MAX_ON: Millis = 3_600_000;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    run(&String::from_utf8_lossy(bytes));
}

/// The facts about a plan in an input.
struct Script<'a> {
    facts: Vec<(&'a str, &'a str)>,
    tries: Vec<&'a str>,
}

impl<'a> Script<'a> {
    fn read(text: &'a str) -> Self {
        let mut lines = text.lines();
        let facts = lines.by_ref().take_while(|line| !line.is_empty());
        let facts = facts.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect();
        Self { facts, tries: lines.take(MAX.1).collect() }
    }

    fn fact(&self, key: &str) -> Option<&'a str> {
        self.facts.iter().find(|(name, _)| *name == key).map(|(_, fact)| *fact)
    }

    fn time(&self, key: &str, otherwise: Millis) -> Millis {
        self.fact(key).and_then(|fact| fact.parse().ok()).unwrap_or(otherwise)
    }

    fn requests(&self) -> Vec<ChangeRequest> {
        let names = self.fact("requests").unwrap_or("A B C").split(' ');
        names.filter_map(request).take(MAX.0).collect()
    }

    fn scope(&self) -> Option<SecretPath> {
        self.fact("scope").and_then(|path| SecretPath::new(path).ok())
    }

    fn scopes(&self) -> Scopes {
        let scopes = self.scope().map_or_else(Scopes::everything, |path| {
            let project = Project::new("p").unwrap();
            Scopes::only(vec![Scope { project, environments: Vec::new(), paths: vec![path] }])
        });
        scopes.with_administration(self.fact("no-administration").is_none())
    }

    /// The deletions are all in `dev`.
    fn exposure<'s>(&self, scopes: &'s Scopes) -> Exposure<'s> {
        static DEV: LazyLock<[Environment; 1]> = LazyLock::new(|| [Environment::new("dev").unwrap()]);
        let protected: &[Environment] = if self.fact("protected").is_some() { &*DEV } else { &[] };
        Exposure { scopes, protected, ..Exposure::unlimited() }
    }

    /// Returns the switch state at a time, after comparing it with the expected state.
    fn switch(&self, now: Millis) -> Result<WritesOn, SwitchOff> {
        let max = Duration::from_millis(MAX_ON);
        let fact = self.fact("switch").unwrap_or_default();
        let (policy, switched) = match fact {
            "never" => (SwitchPolicy::Never, Some((0, MAX_ON))),
            "off" => (SwitchPolicy::Switchable { max }, None),
            times => (SwitchPolicy::Switchable { max }, Some(on_between(times))),
        };
        let expected = match switched {
            _ if policy == SwitchPolicy::Never => Err(SwitchOff::Never),
            None => Err(SwitchOff::Off),
            Some((since, _)) if now < since => Err(SwitchOff::ClockWentBack),
            Some((_, until)) if until <= now => Err(SwitchOff::Over),
            Some((since, until)) if until - since > MAX_ON => Err(SwitchOff::TooLong),
            Some((_, until)) => Ok(until),
        };
        let said = writes_on(policy, switched.map(|(since, until)| SwitchedOn { since, until }), now);
        assert_eq!(said.as_ref().map(WritesOn::until), expected.as_ref().map(|until| *until), "{fact} at {now}");
        said
    }
}

/// Runs one input. Returns why the plan wasn't redeemed, or the outcome of each try.
fn run(text: &str) -> Vec<String> {
    let script = Script::read(text);
    let (filed, expires, now) = (script.time("filed", 100), script.time("expires", 10_000), script.time("now", 200));
    let requests = script.requests();
    let scopes = script.scopes();
    let plan = Plan {
        id: PlanId::new("plan").unwrap(),
        digest: PlanDigest([1; 32]),
        filed,
        expires,
        api_version: if script.fact("api-version") == Some("v3") { ApiVersion::V3 } else { ApiVersion::V4 },
        requests: requests.clone(),
        acknowledge: script.fact("phrase").map(str::to_owned),
        settings_fingerprint: script
            .fact("settings")
            .map_or_else(|| script.exposure(&scopes).fingerprint(), str::to_owned),
        is_one_of_many: false,
    };
    let mut redeemed = match redeem(&script, plan, now) {
        Ok(redeemed) => redeemed,
        Err(refusal) => return vec![refusal],
    };
    assert_eq!(redeemed.plan().requests, requests);
    let mut left = 0;
    let mut happened = Vec::new();
    for tried in &script.tries {
        let mut words = tried.split(' ');
        let Some(at) = words.next().and_then(|at| at.parse::<Millis>().ok()) else { continue };
        let Some(mut asked) = words.next().and_then(request) else { continue };
        let mut said_at = at;
        for (key, with) in words.filter_map(|word| word.split_once('=')) {
            match key {
                "path" => asked.path.push_str(with),
                "body" => asked.body.push_str(with),
                "put" => {
                    let (place, with) = with.split_once(':').unwrap_or(("0", with));
                    let place = place.parse().unwrap_or(0_usize) % (asked.body.len() + 1);
                    let place = asked.body.floor_char_boundary(place);
                    asked.body.insert_str(place, with);
                }
                "method" => asked.method = Method::named(with).unwrap_or(asked.method),
                "switch" => said_at = with.parse().unwrap_or(at),
                _ => {}
            }
        }
        let on = match script.switch(said_at) {
            Ok(on) => on,
            Err(off) => {
                happened.push(format!("{off:?}"));
                continue;
            }
        };
        // The switch was on when `on` was created. It must still be on when the request leaves.
        let expected = if at < on_between(script.fact("switch").unwrap_or_default()).0 || on.until() <= at {
            Err(AuthorizationRefusal::SwitchedOff)
        } else if at < filed || expires <= at {
            Err(AuthorizationRefusal::Expired)
        } else if requests.get(left) == Some(&asked) {
            Ok(left)
        } else {
            Err(AuthorizationRefusal::NotPlanned)
        };
        let authorized = redeemed.next(&on, at, asked.method, &asked.path, &asked.body);
        assert_eq!(authorized.as_ref().map(|it| it.index()), expected.as_ref().copied(), "{tried}");
        match authorized {
            Ok(authorized) => {
                assert_eq!(authorized.change().request(ApiVersion::V4), asked);
                assert_eq!(authorized.into_request(), asked);
                left += 1;
                happened.push("left".to_owned());
            }
            Err(refusal) => happened.push(format!("{refusal:?}")),
        }
    }
    assert!(left <= requests.len());
    happened
}

/// Takes the plan from filing to redemption and compares each step with the expected result.
/// Returns the step that refused, if any.
fn redeem(script: &Script<'_>, plan: Plan, now: Millis) -> Result<Redeemed, String> {
    let on = script.switch(now).map_err(|off| format!("{off:?}"))?;
    let Plan { filed, expires, api_version, .. } = plan;
    let (phrase, requests) = (plan.acknowledge.clone(), plan.requests.clone());
    let is_administrative = |request: &ChangeRequest| request.path == "/api/v1/projects";
    let administration = script.fact("no-administration").is_none();
    // A new project is in no scope. All deletions are in `/app`.
    let is_out = |request: &ChangeRequest| match script.scope() {
        Some(_) if is_administrative(request) => true,
        Some(path) => path.as_str() != "/" && path.as_str() != "/app",
        None => false,
    };
    let first_refused = requests.iter().find_map(|request| {
        let is_off = is_administrative(request) && !administration;
        if is_off {
            Some(CurrentRefusal::AdministrationOff)
        } else {
            is_out(request).then_some(CurrentRefusal::OutOfScope)
        }
    });
    let expected = if now < filed {
        Some(CurrentRefusal::ClockWentBack)
    } else if expires <= now {
        Some(CurrentRefusal::Expired)
    } else if api_version == ApiVersion::V3 && !requests.is_empty() {
        Some(CurrentRefusal::Unreadable)
    } else {
        first_refused
    };
    let scopes = script.scopes();
    let exposure = script.exposure(&scopes);
    let has_other_settings = plan.settings_fingerprint != exposure.fingerprint();
    let expected = expected.or_else(|| has_other_settings.then_some(CurrentRefusal::SettingsChanged));
    let current = plan.current(now, &exposure);
    assert_eq!(current.as_ref().err().copied(), expected);
    let current = current.map_err(|refusal| format!("{refusal:?}"))?;

    let given = script.fact("given");
    let acknowledged = current.acknowledge(given);
    let refusal = acknowledged.as_ref().err().map(|refusal| match refusal {
        AcknowledgementRefusal::Missing(named) if phrase.as_ref() == Some(named) => "Missing",
        AcknowledgementRefusal::Wrong(named) if phrase.as_ref() == Some(named) => "Wrong",
        AcknowledgementRefusal::Unneeded => "Unneeded",
        other => panic!("unexpected phrase check: {other:?}"),
    });
    let expected = match (phrase.as_deref(), given) {
        (phrase, given) if phrase == given => None,
        (Some(_), None) => Some("Missing"),
        (Some(_), Some(_)) => Some("Wrong"),
        (None, _) => Some("Unneeded"),
    };
    assert_eq!(refusal, expected);
    let acknowledged = acknowledged.map_err(|_| refusal.unwrap_or_default().to_owned())?;

    let (policy, needs) = match script.fact("needs") {
        Some("none") => (ApprovalPolicy::None, script.fact("protected").is_some() && !requests.is_empty()),
        Some("all") => (ApprovalPolicy::All, true),
        _ => (
            ApprovalPolicy::Irreversible,
            phrase.is_some() || (script.fact("protected").is_some() && !requests.is_empty()),
        ),
    };
    let approval = script.fact("approved").map(|which| if which == "this" { 1 } else { 2 });
    let approval = approval.map(|byte| Approval {
        digest: PlanDigest([byte; 32]),
        means: Means::Terminal,
        independence: Independence::Different,
    });
    let approved = acknowledged.approve(policy, Accepted::default(), approval);
    assert_eq!(approved.is_ok(), !needs || script.fact("approved") == Some("this"), "an approval that nobody gave");
    let approved = approved.map_err(|refusal| format!("{refusal:?}"))?;
    assert_eq!((approved.id().as_str(), approved.requests()), ("plan", requests.len()));

    let claim = script.fact("claim").unwrap_or("plan");
    let Some(claimed) = PlanId::new(claim) else { return Err("no claim".to_owned()) };
    let redeemed = approved.redeem(&on, Claim::taken(claimed));
    assert_eq!(redeemed.as_ref().err().copied(), (claim != "plan").then_some(AuthorizationRefusal::NotRedeemed));
    redeemed.map_err(|refusal| format!("{refusal:?}"))
}

/// Returns since when and until when changes are on.
fn on_between(times: &str) -> (Millis, Millis) {
    let (since, until) = times.split_once(' ').unwrap_or((times, ""));
    (since.parse().unwrap_or(100), until.parse().unwrap_or(9_000))
}

/// Returns the request that a script names: the deletion of a secret or the creation of a project.
fn request(name: &str) -> Option<ChangeRequest> {
    let change = match name.strip_prefix('+') {
        Some(slug) => ParsedChange::CreateProject {
            name: Title::new("T").unwrap(),
            slug: ProjectSlug::new(format!("project-{slug}")).ok()?,
        },
        None => ParsedChange::DeleteSecret {
            place: Place {
                project: Project::new("p").unwrap(),
                environment: Environment::new("dev").unwrap(),
                path: SecretPath::new("/app").unwrap(),
            },
            name: WriteName::new(name).ok()?,
        },
    };
    Some(change.request(ApiVersion::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! happened {
        ($($seed:literal),+) => {
            [$(($seed, run(include_str!(concat!("../../seeds/plan/", $seed))).join(", "))),+]
        };
    }

    #[test]
    fn seeds_reach_every_authorization_and_every_refusal() {
        assert_eq!(
            happened!(
                "in-time",
                "needs-nothing",
                "other-spellings",
                "out-of-order",
                "twice-the-same",
                "switched-off",
                "switched-off-underway",
                "never-on",
                "on-for-too-long",
                "expired",
                "expired-underway",
                "clock-went-back",
                "another-api-version",
                "another-scope",
                "no-administration",
                "without-its-phrase",
                "another-phrase",
                "a-phrase-too-many",
                "without-a-person",
                "another-plans-approval",
                "another-plans-claim"
            )
            .map(|(seed, happened)| format!("{seed}: {happened}")),
            [
                "in-time: left, left, left, NotPlanned",
                "needs-nothing: left",
                "other-spellings: NotPlanned, NotPlanned, NotPlanned, NotPlanned, left",
                "out-of-order: NotPlanned, left, NotPlanned, NotPlanned, left",
                "twice-the-same: left, left, NotPlanned",
                "switched-off: Off",
                "switched-off-underway: left, Over, SwitchedOff, ClockWentBack, left",
                "never-on: Never",
                "on-for-too-long: TooLong",
                "expired: Expired",
                "expired-underway: left, Expired, left",
                "clock-went-back: ClockWentBack",
                "another-api-version: Unreadable",
                "another-scope: OutOfScope",
                "no-administration: AdministrationOff",
                "without-its-phrase: Missing",
                "another-phrase: Wrong",
                "a-phrase-too-many: Unneeded",
                "without-a-person: Missing",
                "another-plans-approval: Missing",
                "another-plans-claim: NotRedeemed",
            ]
        );
    }
}
