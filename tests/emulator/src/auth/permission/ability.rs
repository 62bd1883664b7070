//! All rules of one identity in a project.

use serde_json::Value;

use crate::ApiVersion;
use crate::failure::Failure;

use super::condition::Target;
use super::rule::Rule;
use super::{Action, Subject};

/// The rules in ascending priority: inverted rules come last and win.
#[derive(Debug, Clone)]
pub(crate) struct Ability {
    api_version: ApiVersion,
    rules: Vec<Rule>,
}

impl Ability {
    /// Builds it from the rules of all roles and privileges. An inverted rule overrides every
    /// grant, whatever its source.
    pub(crate) fn new(api_version: ApiVersion, mut rules: Vec<Rule>) -> Self {
        rules.sort_by_key(|rule| rule.is_inverted);
        Self { api_version, rules }
    }

    /// The rules about an action, highest priority first.
    fn about<'a>(&'a self, action: &'a str, subject: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().rev().filter(move |rule| rule.is_about(action, subject))
    }

    fn decides(&self, action: &str, subject: &str, target: Option<&Target<'_>>) -> bool {
        let deciding = self.about(action, subject).find(|rule| rule.applies_to(target));
        deciding.is_some_and(|rule| !rule.is_inverted)
    }

    /// True if the action is allowed on the target, or anywhere if there is no target.
    pub(crate) fn can(&self, action: Action, subject: Subject, target: Option<&Target<'_>>) -> bool {
        let (action, subject) = (action.name(self.api_version), subject.name(self.api_version));
        // The legacy action `read` covers both actions that replaced it.
        let legacy = matches!(action, "describeSecret" | "readValue") && subject == "secrets";
        (legacy && self.decides("read", subject, target)) || self.decides(action, subject, target)
    }

    /// Fails unless the action is allowed on the target, or anywhere if there is no target.
    pub(crate) fn check(&self, action: Action, subject: Subject, target: Option<&Target<'_>>) -> Result<(), Failure> {
        if self.can(action, subject, target) { Ok(()) } else { Err(self.refusal(action, subject)) }
    }

    /// The refusal of an action. Its details are the rules about that action.
    pub(crate) fn refusal(&self, action: Action, subject: Subject) -> Failure {
        let (action, subject) = (action.name(self.api_version), subject.name(self.api_version));
        let details: Vec<Value> = self.about(action, subject).map(Rule::detail).collect();
        Failure::permission(action, subject).with_details(Value::Array(details))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Ability;
    use crate::ApiVersion;
    use crate::auth::permission::condition::Target;
    use crate::auth::permission::roles::{MEMBER, VIEWER};
    use crate::auth::permission::rule::Rule;
    use crate::auth::permission::{Action, Subject};

    fn rule(actions: &[&str], conditions: Option<Value>, is_inverted: bool) -> Rule {
        let conditions = conditions.and_then(|value| value.as_object().cloned()).map(Map::from_iter);
        Rule::given("secrets", actions.iter().map(|&action| action.to_owned()).collect(), conditions, is_inverted)
    }

    fn with_role(role: &[(&'static str, &'static str)], given: &[Rule]) -> Ability {
        let rules = given.iter().cloned().chain(role.iter().copied().map(Rule::built_in)).collect();
        Ability::new(ApiVersion::V4, rules)
    }

    fn can(ability: &Ability, action: Action, environment: &str, path: &str) -> bool {
        ability.can(action, Subject::Secrets, Some(&Target::place(environment, path)))
    }

    #[test]
    fn an_inverted_rule_beats_every_grant() {
        let minus = rule(&["readValue"], None, true);
        for role in [&VIEWER[..], &MEMBER[..]] {
            let ability = with_role(role, &[minus.clone(), rule(&["readValue"], None, false)]);
            assert!(!can(&ability, Action::ReadValue, "dev", "/"));
            assert!(can(&ability, Action::DescribeSecret, "dev", "/"));
        }
    }

    #[test]
    fn conditional_inverted_rule_denies_only_matching_targets() {
        let minus = rule(&["readValue"], Some(json!({"environment": {"$eq": "prod"}})), true);
        let ability = with_role(&VIEWER, &[minus]);
        assert!(can(&ability, Action::ReadValue, "dev", "/"));
        assert!(!can(&ability, Action::ReadValue, "prod", "/"));
        // For secrets as a whole, values are readable.
        assert!(ability.can(Action::ReadValue, Subject::Secrets, None));
    }

    #[test]
    fn a_grant_with_conditions_counts_for_the_subject_as_a_whole() {
        let ability = with_role(&[], &[rule(&["read"], Some(json!({"environment": "dev"})), false)]);
        assert!(ability.can(Action::DescribeSecret, Subject::Secrets, None));
        assert!(can(&ability, Action::ReadValue, "dev", "/any"));
        assert!(!can(&ability, Action::ReadValue, "prod", "/any"));
        assert!(!ability.can(Action::Create, Subject::Secrets, None));
    }
}
