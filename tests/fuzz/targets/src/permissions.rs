//! Permission audits that a server may send: an accepted one is evaluated at each place as the
//! independent evaluator here does. What is displayed of it is short and plainly visible.

use crate::visible::assert_visible;
use infisical_skill_policy::permissions::{Permissions, Reach};
use serde_json::Value;

/// The places that are evaluated.
const PLACES: [(&str, &str); 6] =
    [("dev", "/"), ("dev", "/app"), ("dev", "/app/db"), ("prod", "/"), ("prod", "/app"), ("staging", "/apple")];

/// The longest text about one action: four parts, each with conditions of a few operands.
const LONGEST: usize = 200_000;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    drop(run(bytes));
}

/// Runs one input. Returns where the identity describes, reads values, writes, and manages
/// identities.
fn run(bytes: &[u8]) -> Option<[String; 4]> {
    let permissions = Permissions::parse(bytes).ok()?;
    let audit: Value = serde_json::from_slice(bytes).unwrap();
    for action in ["describeSecret", "readValue", "read", "create", "edit", "delete"] {
        for subject in ["secrets", "secret-folders", "identity"] {
            let reach = permissions.may(action, subject);
            is_shown_plainly(&reach);
            for (environment, path) in PLACES {
                let expected = allowed(&audit, action, subject, environment, path);
                let admitted = reach.admits(environment, path);
                if let (Some(admitted), Some(expected)) = (admitted, expected) {
                    assert_eq!(admitted, expected, "{action} on {subject} in {environment}:{path}");
                }
                assert!(expected != Some(true) || !reach.is_nowhere());
                assert!(expected != Some(false) || !reach.is_everywhere());
                assert!(!reach.is_nowhere() || admitted == Some(false));
                assert!(!reach.is_everywhere() || admitted == Some(true));
            }
            if let Some((environment, path)) = reach.example(Some("dev")) {
                assert_eq!(reach.admits(&environment, &path), Some(true));
            }
        }
    }
    for (subject, actions) in permissions.beyond_reading() {
        assert!(!actions.contains("describeSecret") || subject != "secrets");
        assert!(actions.iter().all(|action| !permissions.may(action, &subject).is_nowhere()));
    }
    let summary = [
        permissions.describes_secrets(),
        permissions.reads_values(),
        permissions.writes(),
        permissions.manages_identities(),
    ];
    summary.iter().for_each(is_shown_plainly);
    Some(summary.map(|reach| reach.to_string()))
}

fn is_shown_plainly(reach: &Reach<'_>) {
    for text in [vec![reach.to_string()], reach.sources(), reach.suspended_by()].concat() {
        assert!(!text.contains('\n') && text.len() < LONGEST);
        assert_visible(&text);
    }
}

/// Whether the rules allow the action there. `None` if they use something that this evaluator
/// doesn't understand.
fn allowed(audit: &Value, action: &str, subject: &str, environment: &str, path: &str) -> Option<bool> {
    let mut granted = Some(false);
    let mut denied = Some(false);
    for source in audit["sources"].as_array().unwrap() {
        let is_temporary = source["isTemporary"] == true;
        for rule in source["permissions"].as_array().unwrap() {
            let names = |index: usize, name: &str, every: &str| {
                rule[index].as_str().unwrap().split(',').any(|it| it == name || it == every)
            };
            if !names(0, action, "manage") || !names(1, subject, "all") {
                continue;
            }
            let is_denial = rule.get(3).is_some_and(|it| *it == 1 || *it == true);
            let has_fields = rule.get(4).is_some_and(|it| !(it.is_null() || *it == 0 || *it == false || *it == ""));
            if is_denial && (is_temporary || has_fields) {
                continue;
            }
            let side = if is_denial { &mut denied } else { &mut granted };
            *side = match (*side, holds(rule.get(2), environment, path)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
    }
    match (granted, denied) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        _ => None,
    }
}

fn holds(conditions: Option<&Value>, environment: &str, path: &str) -> Option<bool> {
    let Some(conditions) = conditions.and_then(Value::as_object) else { return Some(true) };
    let mut all = Some(true);
    for (key, test) in conditions {
        let text = match key.as_str() {
            "environment" => environment,
            "secretPath" => path,
            _ => {
                all = all.filter(|all| !all);
                continue;
            }
        };
        let tests: Vec<(&str, &Value)> = match test.as_object() {
            Some(operators) if !operators.is_empty() => {
                operators.iter().map(|(name, operand)| (name.as_str(), operand)).collect()
            }
            _ => vec![("$eq", test)],
        };
        for (operator, operand) in tests {
            match one(operator, operand, text) {
                Some(true) => {}
                Some(false) => all = Some(false),
                None => all = all.filter(|all| !all),
            }
        }
    }
    all
}

fn one(operator: &str, operand: &Value, text: &str) -> Option<bool> {
    match (operator, operand) {
        ("$eq", Value::String(name)) => Some(name == text),
        ("$ne" | "$neq", Value::String(name)) => Some(name != text),
        ("$in", Value::Array(names)) if names.iter().all(Value::is_string) => Some(names.iter().any(|it| it == text)),
        ("$glob", Value::String(pattern)) => {
            let folder = pattern.strip_suffix("/**")?;
            let is_plain = folder.chars().all(|c| c.is_ascii_alphanumeric() || c == '/');
            let is_below = text.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (is_plain && !folder.ends_with('/') && text.starts_with('/')).then_some(is_below)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! taken {
        ($($seed:literal),+) => {
            [$({
                let taken = run(include_bytes!(concat!("../../seeds/permissions/", $seed)));
                format!("{}: {}", $seed, taken.map_or("refused".to_owned(), |taken| taken.join(" | ")))
            }),+]
        };
    }

    #[test]
    fn seeds_have_valid_and_invalid_permission_audits() {
        assert_eq!(
            taken!(
                "conditions",
                "half-a-letter",
                "inverted",
                "minus",
                "not-text",
                "odd",
                "temporary",
                "unknown-rule",
                "writer"
            ),
            [
                "conditions: everywhere, except where environment is prod and secretPath matches /app/** | \
                 everywhere, except where environment is prod and secretPath matches /app/** | nowhere | nowhere",
                "half-a-letter: refused",
                "inverted: everywhere | nowhere | everywhere | nowhere",
                "minus: everywhere | nowhere | nowhere | nowhere",
                "not-text: refused",
                "odd: everywhere | where environment $or [1] and secretName is A or B; or where where\\n is x; or where \
                 environment is one of dev, prod | everywhere | everywhere",
                "temporary: everywhere | everywhere | nowhere | nowhere",
                "unknown-rule: refused",
                "writer: nowhere | nowhere | where environment is dev and secretPath matches /app/** | nowhere",
            ]
        );
    }
}
