//! One rule: actions on a subject, optionally with conditions. An inverted rule denies.

use serde_json::{Map, Value, json};

use super::condition::{self, Target};
use super::roles::BuiltIn;

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) subject: String,
    pub(crate) actions: Vec<String>,
    pub(crate) conditions: Option<Map<String, Value>>,
    pub(crate) is_inverted: bool,
    /// A refusal shows the subject of a built-in role's rule as a text, and that of other rules as
    /// a list.
    is_built_in: bool,
}

impl Rule {
    /// A rule of a built-in role.
    pub(crate) fn built_in((actions, subject): BuiltIn) -> Self {
        Self {
            subject: subject.to_owned(),
            actions: actions.split(',').map(str::to_owned).collect(),
            conditions: None,
            is_inverted: false,
            is_built_in: true,
        }
    }

    /// A given rule. If it denies reading values, the server denies the legacy action `read` too.
    pub(crate) fn given(
        subject: &str,
        mut actions: Vec<String>,
        conditions: Option<Map<String, Value>>,
        is_inverted: bool,
    ) -> Self {
        let has = |wanted: &str| actions.iter().any(|action| action == wanted);
        if is_inverted && subject == "secrets" && has("readValue") && !has("read") {
            actions.push("read".to_owned());
        }
        Self { subject: subject.to_owned(), actions, conditions, is_inverted, is_built_in: false }
    }

    /// True if the rule names this action on this subject.
    pub(crate) fn is_about(&self, action: &str, subject: &str) -> bool {
        self.subject == subject && self.actions.iter().any(|its| its == action)
    }

    /// True if the rule applies to this target. For the subject as a whole (`None`), a conditional
    /// grant applies and a conditional inverted rule doesn't.
    pub(crate) fn applies_to(&self, target: Option<&Target<'_>>) -> bool {
        match (&self.conditions, target) {
            (None, _) => true,
            (Some(_), None) => !self.is_inverted,
            (Some(conditions), Some(target)) => condition::hold(conditions, target),
        }
    }

    /// The rule in the permission audit: actions, subject, conditions or 0, and 1 if inverted.
    /// Trailing zeros are omitted.
    pub(crate) fn packed(&self) -> Value {
        let mut packed = vec![json!(self.actions.join(",")), json!(self.subject)];
        match (&self.conditions, self.is_inverted) {
            (None, false) => {}
            (Some(conditions), false) => packed.push(json!(conditions)),
            (conditions, true) => {
                packed.push(conditions.as_ref().map_or(json!(0), |conditions| json!(conditions)));
                packed.push(json!(1));
            }
        }
        Value::Array(packed)
    }

    /// The rule in the details of a refusal.
    pub(crate) fn detail(&self) -> Value {
        let subject = if self.is_built_in { json!(self.subject) } else { json!([self.subject]) };
        let mut detail = json!({"action": self.actions, "inverted": self.is_inverted, "subject": subject});
        if let (Value::Object(fields), Some(conditions)) = (&mut detail, &self.conditions) {
            fields.insert("conditions".to_owned(), json!(conditions));
        }
        detail
    }
}
