//! What the operator allows beyond the defaults, and what an agent could do with it. Pure: settings in, findings out.

use crate::changes::{Budgets, ChangeRules};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::switch::WritePolicy;
use std::time::Duration;

/// The settings in effect.
#[derive(Debug, Clone)]
pub(super) struct Effective<'a> {
    /// The server is reached without TLS, on another machine.
    pub(super) plain_http: bool,
    pub(super) has_scopes: bool,
    pub(super) reveals: bool,
    pub(super) has_reveal_scopes: bool,
    /// Something could be changed at all: there is a write identity, and `writes` isn't "never".
    pub(super) could_change: bool,
    pub(super) rules: &'a ChangeRules,
    pub(super) budgets: &'a Budgets,
    /// The clients in which a form approves plans, in words.
    pub(super) approves_in_client: Vec<String>,
}

/// A setting that allows more than its default, or more than its careful value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loose {
    /// Stable: scripts may look for it.
    pub(super) code: &'static str,
    /// The setting, and what an agent could do with it.
    pub(super) found: String,
    pub(super) remedy: &'static str,
}

/// What is said where nothing is loose.
pub(super) const DEFAULTS: &str = "policy.defaults";

/// Every code that [`grade`] gives, for the documents.
#[cfg(test)]
pub(super) const CODES: [&str; 16] = [
    "policy.allow-http",
    "policy.no-scopes",
    "policy.reveal",
    "policy.no-reveal-scopes",
    "policy.reveals-per-hour",
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
    DEFAULTS,
];

/// One line for each setting: whether it is loose, its code, what an agent could do, what to set instead. What has no effect isn't graded.
pub(super) fn grade(it: &Effective<'_>) -> Vec<Loose> {
    let (rules, budgets) = (it.rules, it.budgets);
    let (usual_rules, usual_budgets) = (ChangeRules::default(), Budgets::default());
    let (changes, reveals) = (it.could_change, it.reveals);
    let writes_max = switched_on(rules).filter(|max| Some(*max) > switched_on(&usual_rules));
    let time = |time: Duration| humantime::format_duration(time).to_string();
    let mut loose = Vec::new();
    let mut warn = |is_loose: bool, code: &'static str, found: String, remedy: &'static str| {
        if is_loose {
            loose.push(Loose { code, found, remedy });
        }
    };

    warn(
        it.plain_http,
        "policy.allow-http",
        "`allow_http`: whoever is on the way to the server reads tokens and values, and can answer in its place".into(),
        "use https, and remove `allow_http`",
    );
    warn(
        !it.has_scopes,
        "policy.no-scopes",
        "no `scopes`: an agent can look at, and ask to change, everything that the identities may, in every project"
            .into(),
        "name the projects, environments and folders that agents need in `[[scopes]]`",
    );
    warn(
        reveals,
        "policy.reveal",
        "`reveal`: an agent can read plain values. What it read can end up in its provider's logs, its answers and its files".into(),
        "set `reveal = false` when no agent needs a value",
    );
    warn(
        reveals && !it.has_reveal_scopes,
        "policy.no-reveal-scopes",
        "no `reveal_scopes`: an agent can read the value of every secret that it may look at, production included"
            .into(),
        "name the folders whose values may be shown in `[[reveal_scopes]]`",
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
        "`approval = \"none\"`: an agent can delete and overwrite by itself while changes are on. It only has to repeat the phrase of its own preview".into(),
        "set `approval = \"irreversible\"` or \"all\"",
    );
    warn(
        changes && !it.approves_in_client.is_empty() && rules.approval != ApprovalPolicy::None,
        "policy.approve-in-client",
        format!(
            "`approve_in_client`: a form approves plans in {}: an agent that controls its client, or a program that answers its forms, can delete and change in scope what else needs a person",
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
        "`find_references`: the read identity needs values for it, so whoever gets its credential reads them, and each preview moves them into this process".into(),
        "set `find_references = false`, and take `readValue` from the read identity",
    );
    warn(
        changes && writes_max.is_some(),
        "policy.writes-max",
        format!(
            "`writes_max = \"{}\"`: an agent can change things for that long after nobody watches any more",
            time(writes_max.unwrap_or_default())
        ),
        "the default is 1h; `writes on` can be repeated",
    );
    warn(
        changes && rules.plan_lifetime > usual_rules.plan_lifetime,
        "policy.plan-lifetime",
        format!(
            "`plan_lifetime = \"{}\"`: an agent can apply a plan that long after it was approved, when what was true then may not be",
            time(rules.plan_lifetime)
        ),
        "the default is 15m",
    );
    warn(
        changes && rules.max_changes > usual_rules.max_changes,
        "policy.max-changes",
        format!(
            "`max_changes = {}`: an agent can ask for more changes in one plan than a person looks at one by one",
            rules.max_changes
        ),
        "the default is 20",
    );
    warn(
        changes && rules.acknowledge_above > usual_rules.acknowledge_above,
        "policy.acknowledge-above",
        format!(
            "`acknowledge_above = {}`: an agent can make that many changes with one plan without the phrase or a person",
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
    loose
}

/// For how long changes can be on at a time.
fn switched_on(rules: &ChangeRules) -> Option<Duration> {
    match rules.writes {
        WritePolicy::Switchable { max } => Some(max),
        WritePolicy::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A setting, its code, and whether it only matters where changes (`w`) or reveals (`r`) are possible.
    type Row = (&'static str, char, fn(&mut Effective<'_>, &mut ChangeRules, &mut Budgets));

    const ROWS: &[Row] = &[
        ("policy.allow-http", ' ', |it, _, _| it.plain_http = true),
        ("policy.no-scopes", ' ', |it, _, _| it.has_scopes = false),
        ("policy.no-reveal-scopes", 'r', |it, _, _| it.has_reveal_scopes = false),
        ("policy.reveals-per-hour", 'r', |_, _, budgets| budgets.reveals_per_hour = 21),
        ("policy.approval-none", 'w', |_, rules, _| rules.approval = ApprovalPolicy::None),
        ("policy.approve-in-client", 'w', |it, _, _| it.approves_in_client = vec!["stdio".to_owned()]),
        ("policy.administration", 'w', |_, rules, _| rules.administration = true),
        ("policy.find-references", 'w', |_, rules, _| rules.find_references = true),
        ("policy.writes-max", 'w', |_, rules, _| {
            rules.writes = WritePolicy::Switchable { max: Duration::from_secs(3_601) }
        }),
        ("policy.plan-lifetime", 'w', |_, rules, _| rules.plan_lifetime = Duration::from_secs(901)),
        ("policy.max-changes", 'w', |_, rules, _| rules.max_changes = 21),
        ("policy.acknowledge-above", 'w', |_, rules, _| rules.acknowledge_above = 6),
        ("policy.pending-plans", 'w', |_, _, budgets| budgets.pending_plans = 17),
        ("policy.writes-per-hour", 'w', |_, _, budgets| budgets.writes_per_hour = 61),
    ];

    /// The codes for the careful settings, changed so.
    fn graded(could_change: bool, reveals: bool, change: Option<Row>) -> Vec<&'static str> {
        let (mut rules, mut budgets) = (ChangeRules::default(), Budgets::default());
        // The settings aren't borrowed while they are changed.
        let (before_rules, before_budgets) = (rules.clone(), budgets.clone());
        let mut it = Effective {
            plain_http: false,
            has_scopes: true,
            reveals,
            has_reveal_scopes: true,
            could_change,
            rules: &before_rules,
            budgets: &before_budgets,
            approves_in_client: Vec::new(),
        };
        if let Some((_, _, change)) = change {
            change(&mut it, &mut rules, &mut budgets);
        }
        let it = Effective { rules: &rules, budgets: &budgets, ..it };
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
        assert!(graded(true, true, None).is_empty(), "what is at its default is not told");
    }

    #[test]
    fn grades_reveal_itself_and_every_code_is_tried() {
        let (rules, budgets) = (ChangeRules::default(), Budgets::default());
        let it = Effective {
            plain_http: false,
            has_scopes: true,
            reveals: true,
            has_reveal_scopes: true,
            could_change: false,
            rules: &rules,
            budgets: &budgets,
            approves_in_client: vec!["stdio".to_owned()],
        };
        let found: Vec<_> = grade(&it).into_iter().map(|loose| loose.code).collect();
        assert_eq!(found, ["policy.reveal"]);
        let tried: BTreeSet<_> = ROWS.iter().map(|row| row.0).chain(["policy.reveal", DEFAULTS]).collect();
        assert_eq!(tried, CODES.into_iter().collect());
    }

    #[test]
    fn stricter_settings_are_not_told() {
        let rules = ChangeRules {
            approval: ApprovalPolicy::All,
            writes: WritePolicy::Switchable { max: Duration::from_secs(60) },
            plan_lifetime: Duration::from_secs(60),
            max_changes: 1,
            acknowledge_above: 0,
            ..ChangeRules::default()
        };
        let budgets = Budgets { pending_plans: 1, writes_per_hour: 0, reveals_per_hour: 0 };
        let it = Effective {
            plain_http: false,
            has_scopes: true,
            reveals: false,
            has_reveal_scopes: false,
            could_change: true,
            rules: &rules,
            budgets: &budgets,
            approves_in_client: Vec::new(),
        };
        assert_eq!(grade(&it), []);
    }
}
