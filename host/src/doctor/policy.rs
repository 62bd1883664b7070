//! Grades what the operator allows beyond the defaults, and what an agent could do with it. It is
//! pure: settings in, findings out.

use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::reveal_rules::{RevealRules, RevealWith};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::switch::SwitchPolicy;
use std::time::Duration;

/// The settings in effect.
#[derive(Debug, Clone)]
pub(super) struct Effective<'a> {
    /// The server is on another machine and is reached without TLS.
    pub(super) plain_http: bool,
    pub(super) has_scopes: bool,
    /// Values could be revealed: there is an identity for it, and `reveals` isn't "never".
    pub(super) could_reveal: bool,
    /// A reveal scope names no environment or no folder.
    pub(super) has_wide_reveal_scope: bool,
    /// Changes could be made: there is a write identity, and `writes` isn't "never".
    pub(super) could_change: bool,
    pub(super) rules: &'a ChangeRules,
    pub(super) reveal: &'a RevealRules,
    pub(super) budgets: &'a Budgets,
    /// A description of the clients in which a form approves plans.
    pub(super) approves_in_client: Vec<String>,
}

/// A setting that allows more than its default or its careful value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LooseSetting {
    /// A stable code, for scripts.
    pub(super) code: &'static str,
    /// The setting, and what an agent could do with it.
    pub(super) found: String,
    pub(super) remedy: &'static str,
}

/// The code of the finding that nothing is loose.
pub(super) const DEFAULTS: &str = "policy.defaults";

/// Every code that [`grade`] returns, for the documents.
#[cfg(test)]
pub(super) const CODES: [&str; 23] = [
    "policy.allow-http",
    "policy.no-scopes",
    "policy.reveal",
    "policy.reveal-with-read",
    "policy.reveals-max",
    "policy.reveals-per-hour",
    "policy.wide-reveal-scopes",
    "policy.approval-none",
    "policy.approve-in-client",
    "policy.administration",
    "policy.find-references",
    "policy.writes-max",
    "policy.plan-lifetime",
    "policy.max-changes",
    "policy.acknowledge-above",
    "policy.pending-plans",
    "policy.writes-per-hour",
    "policy.sums-overwrites-per-secret",
    "policy.sums-updates-per-secret",
    "policy.sums-secret-window",
    "policy.sums-changes-per-project",
    "policy.sums-project-window",
    DEFAULTS,
];

/// Grades each setting that has an effect. A finding has a code, what an agent could do, and what
/// to set instead.
pub(super) fn grade(it: &Effective<'_>) -> Vec<LooseSetting> {
    let (rules, budgets) = (it.rules, it.budgets);
    let (usual_rules, usual_budgets) = (ChangeRules::default(), Budgets::default());
    let (changes, reveals) = (it.could_change, it.could_reveal);
    let usual_max = switched_on(usual_rules.writes);
    let writes_max = switched_on(rules.writes).filter(|max| Some(*max) > usual_max);
    let reveals_max = switched_on(it.reveal.switch).filter(|max| Some(*max) > usual_max);
    let time = |time: Duration| humantime::format_duration(time).to_string();
    let mut loose = Vec::new();
    let mut warn = |is_loose: bool, code: &'static str, found: String, remedy: &'static str| {
        if is_loose {
            loose.push(LooseSetting { code, found, remedy });
        }
    };

    warn(
        it.plain_http,
        "policy.allow-http",
        "`allow_http`: anyone on the network path to the server can read tokens and values, and answer in its place"
            .into(),
        "use https, and remove `allow_http`",
    );
    warn(
        !it.has_scopes,
        "policy.no-scopes",
        "no `scopes`: an agent can read, and ask to change, everything that the identities may, in every project"
            .into(),
        "name the projects, environments and folders that agents need in `[[scopes]]`",
    );
    warn(
        reveals,
        "policy.reveal",
        "`reveals = \"switch\"`: while the switch is on, an agent can read plain values in `reveal_scopes`. What it read can end up in its provider's logs, its answers and its files".into(),
        "set `reveals = \"never\"` when no agent needs a value",
    );
    warn(
        reveals && it.has_wide_reveal_scope,
        "policy.wide-reveal-scopes",
        "a scope of `reveal_scopes` names no environment or no folder: while the switch is on, an agent can read the value of every secret of that project or environment that it may look at"
            .into(),
        "name the environments and folders whose values may be shown in `[[reveal_scopes]]`",
    );
    warn(
        reveals && it.reveal.with == RevealWith::Read,
        "policy.reveal-with-read",
        "`reveal_with = \"read\"`: an agent that gets the read identity's credential can read values even if the switch is off".into(),
        "make a reveal identity, configure it under `[reveal]`, and leave `reveal_with` out",
    );
    warn(
        reveals && reveals_max.is_some(),
        "policy.reveals-max",
        format!(
            "`reveals_max = \"{}\"`: an agent can read values for that long after people stop watching",
            time(reveals_max.unwrap_or_default())
        ),
        "the default is 1h; `reveal on` can be repeated",
    );
    warn(
        reveals && budgets.reveals_per_hour > usual_budgets.reveals_per_hour,
        "policy.reveals-per-hour",
        format!(
            "`budgets.reveals_per_hour = {}`: an agent can collect that many values in an hour",
            budgets.reveals_per_hour
        ),
        "the default is 20",
    );
    warn(
        changes && rules.approval == ApprovalPolicy::None,
        "policy.approval-none",
        "`approval = \"none\"`: an agent can delete and overwrite without a person while changes are on. It only has to repeat the confirmation phrase of its own preview".into(),
        "set `approval = \"irreversible\"` or \"all\"",
    );
    warn(
        changes && !it.approves_in_client.is_empty() && rules.approval != ApprovalPolicy::None,
        "policy.approve-in-client",
        format!(
            "`approve_in_client`: a form approves plans in {}: an agent that controls its client, or a program that answers its forms, can delete and change secrets in scope that otherwise need a person",
            it.approves_in_client.join(", ")
        ),
        "remove `approve_in_client`, and approve with `infisical-skill plans approve`, unless each of these clients shows its forms to a person and lets nothing else answer them",
    );
    warn(
        changes && rules.administration,
        "policy.administration",
        "`administration`: an agent can create projects and environments, and invite people who then see secrets"
            .into(),
        "set `administration = false` when it isn't needed",
    );
    warn(
        changes && rules.find_references,
        "policy.find-references",
        "`find_references`: the read identity needs to read values for it, so anyone who gets its credential can read them, and each preview loads them into this process".into(),
        "set `find_references = false`, and take `readValue` from the read identity",
    );
    warn(
        changes && writes_max.is_some(),
        "policy.writes-max",
        format!(
            "`writes_max = \"{}\"`: an agent can change things for that long after people stop watching",
            time(writes_max.unwrap_or_default())
        ),
        "the default is 1h; `writes on` can be repeated",
    );
    warn(
        changes && rules.plan_lifetime > usual_rules.plan_lifetime,
        "policy.plan-lifetime",
        format!(
            "`plan_lifetime = \"{}\"`: an agent can apply a plan that long after its approval, when the circumstances may have changed",
            time(rules.plan_lifetime)
        ),
        "the default is 15m",
    );
    warn(
        changes && rules.max_changes > usual_rules.max_changes,
        "policy.max-changes",
        format!(
            "`max_changes = {}`: an agent can ask for more changes in one plan than a person reviews one by one",
            rules.max_changes
        ),
        "the default is 20",
    );
    warn(
        changes && rules.acknowledge_above > usual_rules.acknowledge_above,
        "policy.acknowledge-above",
        format!(
            "`acknowledge_above = {}`: an agent can make that many changes with one plan without the confirmation phrase or a person",
            rules.acknowledge_above
        ),
        "the default is 5",
    );
    warn(
        changes && budgets.pending_plans > usual_budgets.pending_plans,
        "policy.pending-plans",
        format!(
            "`budgets.pending_plans = {}`: an agent can file so many plans that an approver overlooks one",
            budgets.pending_plans
        ),
        "the default is 16",
    );
    warn(
        changes && budgets.writes_per_hour > usual_budgets.writes_per_hour,
        "policy.writes-per-hour",
        format!(
            "`budgets.writes_per_hour = {}`: an agent can overwrite that many secrets in an hour",
            budgets.writes_per_hour
        ),
        "the default is 60",
    );
    // The sums have no effect if every change needs a person anyway.
    let (sums, usual_sums) = (&rules.sums, &usual_rules.sums);
    let summed = changes && rules.approval != ApprovalPolicy::All;
    warn(
        summed && sums.overwrites_per_secret > usual_sums.overwrites_per_secret,
        "policy.sums-overwrites-per-secret",
        format!(
            "`sums.overwrites_per_secret = {}`: an agent can overwrite one value that often, with successive plans, before a person is asked. Each overwrite makes the original harder to find",
            sums.overwrites_per_secret
        ),
        "the default is 1",
    );
    warn(
        summed && sums.updates_per_secret > usual_sums.updates_per_secret,
        "policy.sums-updates-per-secret",
        format!(
            "`sums.updates_per_secret = {}`: an agent can update one secret that often before a person is asked. Each update makes a version, and Infisical drops old versions",
            sums.updates_per_secret
        ),
        "the default is 5",
    );
    warn(
        summed && sums.secret_window < usual_sums.secret_window,
        "policy.sums-secret-window",
        format!(
            "`sums.secret_window = \"{}\"`: an agent that waits that long can overwrite and update the same secret again, and no person is asked",
            time(sums.secret_window)
        ),
        "the default is 24h",
    );
    warn(
        summed && sums.changes_per_project > usual_sums.changes_per_project,
        "policy.sums-changes-per-project",
        format!(
            "`sums.changes_per_project = {}`: an agent can make that many changes in one project with small plans, one after the other, before a person is asked",
            sums.changes_per_project
        ),
        "the default is 20",
    );
    warn(
        summed && sums.project_window < usual_sums.project_window,
        "policy.sums-project-window",
        format!(
            "`sums.project_window = \"{}\"`: an agent that waits that long can continue to change the same project, and no person is asked",
            time(sums.project_window)
        ),
        "the default is 1h",
    );
    loose
}

/// The maximum time for which changes can be on.
fn switched_on(policy: SwitchPolicy) -> Option<Duration> {
    match policy {
        SwitchPolicy::Switchable { max } => Some(max),
        SwitchPolicy::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use infisical_skill_policy::plan::SumLimits;
    use infisical_skill_policy::reveal::RevealApproval;
    use std::collections::BTreeSet;

    /// A code, whether it matters only where changes (`w`) or reveals (`r`) are possible, and the
    /// setting.
    type Row = (&'static str, char, fn(&mut Effective<'_>, &mut ChangeRules, &mut RevealRules, &mut Budgets));

    const ROWS: &[Row] = &[
        ("policy.allow-http", ' ', |it, _, _, _| it.plain_http = true),
        ("policy.no-scopes", ' ', |it, _, _, _| it.has_scopes = false),
        ("policy.wide-reveal-scopes", 'r', |it, _, _, _| it.has_wide_reveal_scope = true),
        ("policy.reveal-with-read", 'r', |_, _, reveal, _| reveal.with = RevealWith::Read),
        ("policy.reveals-max", 'r', |_, _, reveal, _| {
            reveal.switch = SwitchPolicy::Switchable { max: Duration::from_secs(3_601) }
        }),
        ("policy.reveals-per-hour", 'r', |_, _, _, budgets| budgets.reveals_per_hour = 21),
        ("policy.approval-none", 'w', |_, rules, _, _| rules.approval = ApprovalPolicy::None),
        ("policy.approve-in-client", 'w', |it, _, _, _| it.approves_in_client = vec!["stdio".to_owned()]),
        ("policy.administration", 'w', |_, rules, _, _| rules.administration = true),
        ("policy.find-references", 'w', |_, rules, _, _| rules.find_references = true),
        ("policy.writes-max", 'w', |_, rules, _, _| {
            rules.writes = SwitchPolicy::Switchable { max: Duration::from_secs(3_601) }
        }),
        ("policy.plan-lifetime", 'w', |_, rules, _, _| rules.plan_lifetime = Duration::from_secs(901)),
        ("policy.max-changes", 'w', |_, rules, _, _| rules.max_changes = 21),
        ("policy.acknowledge-above", 'w', |_, rules, _, _| rules.acknowledge_above = 6),
        ("policy.pending-plans", 'w', |_, _, _, budgets| budgets.pending_plans = 17),
        ("policy.writes-per-hour", 'w', |_, _, _, budgets| budgets.writes_per_hour = 61),
        ("policy.sums-overwrites-per-secret", 'w', |_, rules, _, _| rules.sums.overwrites_per_secret = 2),
        ("policy.sums-updates-per-secret", 'w', |_, rules, _, _| rules.sums.updates_per_secret = 6),
        ("policy.sums-secret-window", 'w', |_, rules, _, _| {
            rules.sums.secret_window = Duration::from_secs(24 * 3_600 - 1)
        }),
        ("policy.sums-changes-per-project", 'w', |_, rules, _, _| rules.sums.changes_per_project = 21),
        ("policy.sums-project-window", 'w', |_, rules, _, _| rules.sums.project_window = Duration::from_secs(3_599)),
    ];

    /// Values can be revealed, and nothing else is loose.
    const SWITCH: RevealRules = RevealRules {
        switch: SwitchPolicy::Switchable { max: Duration::from_secs(3_600) },
        approval: RevealApproval::Protected,
        with: RevealWith::Reveal,
    };

    /// Returns the codes for the careful settings with this change.
    fn graded(could_change: bool, reveals: bool, change: Option<Row>) -> Vec<&'static str> {
        let (mut rules, mut reveal, mut budgets) = (ChangeRules::default(), SWITCH, Budgets::default());
        // Copy the settings, so that they can be changed while they aren't borrowed.
        let (before_rules, before_budgets) = (rules.clone(), budgets.clone());
        let mut it = Effective {
            plain_http: false,
            has_scopes: true,
            could_reveal: reveals,
            has_wide_reveal_scope: false,
            could_change,
            rules: &before_rules,
            reveal: &SWITCH,
            budgets: &before_budgets,
            approves_in_client: Vec::new(),
        };
        if let Some((_, _, change)) = change {
            change(&mut it, &mut rules, &mut reveal, &mut budgets);
        }
        let it = Effective { rules: &rules, reveal: &reveal, budgets: &budgets, ..it };
        grade(&it).into_iter().map(|loose| loose.code).filter(|code| *code != "policy.reveal").collect()
    }

    #[test]
    fn grades_each_loose_setting_where_it_has_an_effect() {
        for row in ROWS {
            let (code, needs, _) = *row;
            assert_eq!(graded(true, true, Some(*row)), [code]);
            for (could_change, reveals) in [(false, false), (true, false), (false, true)] {
                let expected = match needs {
                    'w' => could_change,
                    'r' => reveals,
                    _ => true,
                };
                assert_eq!(
                    graded(could_change, reveals, Some(*row)).contains(&code),
                    expected,
                    "{code} {could_change} {reveals}"
                );
            }
        }
        assert!(graded(true, true, None).is_empty(), "nothing is said of what is at its default");
    }

    #[test]
    fn grades_reveal_itself_and_every_code_is_tried() {
        let (rules, budgets) = (ChangeRules::default(), Budgets::default());
        let it = Effective {
            plain_http: false,
            has_scopes: true,
            could_reveal: true,
            has_wide_reveal_scope: false,
            could_change: false,
            rules: &rules,
            reveal: &SWITCH,
            budgets: &budgets,
            approves_in_client: vec!["stdio".to_owned()],
        };
        let found: Vec<_> = grade(&it).into_iter().map(|loose| loose.code).collect();
        assert_eq!(found, ["policy.reveal"]);
        let tried: BTreeSet<_> = ROWS.iter().map(|row| row.0).chain(["policy.reveal", DEFAULTS]).collect();
        assert_eq!(tried, CODES.into_iter().collect());
    }

    #[test]
    fn grades_no_sums_where_a_person_approves_all_changes() {
        let approved: Row = ("", 'w', |_, rules, _, _| {
            (rules.approval, rules.sums) = (ApprovalPolicy::All, LOOSE_SUMS);
        });
        assert_eq!(graded(true, true, Some(approved)), [""; 0]);
        let by_default: Row = ("", 'w', |_, rules, _, _| rules.sums = LOOSE_SUMS);
        assert_eq!(graded(true, true, Some(by_default)).len(), 5);
    }

    const LOOSE_SUMS: SumLimits = SumLimits {
        overwrites_per_secret: 2,
        updates_per_secret: 6,
        secret_window: Duration::from_secs(1),
        changes_per_project: 21,
        project_window: Duration::from_secs(1),
    };

    #[test]
    fn does_not_report_stricter_settings() {
        let sums = SumLimits {
            overwrites_per_secret: 0,
            updates_per_secret: 0,
            secret_window: SumLimits::MAX_WINDOW,
            changes_per_project: 1,
            project_window: SumLimits::MAX_WINDOW,
        };
        let rules = ChangeRules {
            sums,
            approval: ApprovalPolicy::All,
            writes: SwitchPolicy::Switchable { max: Duration::from_secs(60) },
            plan_lifetime: Duration::from_secs(60),
            max_changes: 1,
            acknowledge_above: 0,
            ..ChangeRules::default()
        };
        let budgets = Budgets { pending_plans: 1, writes_per_hour: 0, reveals_per_hour: 0 };
        let it = Effective {
            plain_http: false,
            has_scopes: true,
            could_reveal: false,
            has_wide_reveal_scope: false,
            could_change: true,
            rules: &rules,
            reveal: &SWITCH,
            budgets: &budgets,
            approves_in_client: Vec::new(),
        };
        assert_eq!(grade(&it), []);
    }
}
