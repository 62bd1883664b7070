//! Defines each identity's rules, and compares them with the server's. It is pure.

use super::wanted::Wanted;
use infisical_skill_policy::text::escape_capped;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The maximum length of a displayed part of a rule, in characters.
const MAX_SHOWN: usize = 200;

/// One of the skill's identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Sees names, but no values.
    Reader,
    /// Makes planned changes, and reads nothing.
    Writer,
    /// Reads the values that may be revealed.
    Reveal,
}

impl Kind {
    /// All identities, in the order in which they are created.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Writer, Self::Reveal];

    /// The suffix of its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Reveal => "reveal",
        }
    }

    /// Its table in the configuration.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Reader => "read",
            Self::Writer => "write",
            Self::Reveal => "reveal",
        }
    }
}

/// A permission rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    subject: String,
    actions: BTreeSet<String>,
    /// `None` means that the rule holds everywhere.
    conditions: Option<Value>,
    /// The rule takes permissions away.
    inverted: bool,
}

impl Rule {
    fn grant(subject: &str, actions: &[&str], conditions: Option<Value>) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Self { subject: subject.to_owned(), actions, conditions: conditions.and_then(plain), inverted: false }
    }

    /// Parses a rule from the packed form of a permission audit: actions, subject, conditions or 0,
    /// and 1 if inverted.
    fn unpack(packed: &Value) -> Option<Self> {
        let parts = packed.as_array()?;
        let text = |at: usize| parts.get(at).and_then(Value::as_str);
        let conditions = match parts.get(2) {
            Some(conditions @ Value::Object(_)) => plain(conditions.clone()),
            None | Some(Value::Null | Value::Number(_) | Value::Bool(false)) => None,
            Some(_) => return None,
        };
        let rest = parts.iter().skip(3);
        let inverted =
            rest.into_iter().any(|part| !matches!(part, Value::Null | Value::Bool(false)) && *part != json!(0));
        let actions = text(0)?.split(',').map(str::to_owned).collect();
        Some(Self { subject: text(1)?.to_owned(), actions, conditions, inverted })
    }

    /// The rule as a request for a privilege contains it.
    fn body(&self) -> Value {
        let mut body = json!({ "subject": self.subject, "action": self.actions });
        if let (Some(conditions), Value::Object(fields)) = (&self.conditions, &mut body) {
            fields.insert("conditions".to_owned(), conditions.clone());
        }
        body
    }
}

impl fmt::Display for Rule {
    /// Formats like "secrets: create, edit where environment is dev and secretPath matches
    /// /app/**".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions = self.actions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let shown = |text: &str| escape_capped(text, MAX_SHOWN);
        write!(f, "{}: {}{}", shown(&self.subject), if self.inverted { "never " } else { "" }, shown(&actions))?;
        let Some(Value::Object(conditions)) = &self.conditions else { return f.write_str(", everywhere") };
        for (index, (key, test)) in conditions.iter().enumerate() {
            let one = |value: &Value| value.as_str().map_or_else(|| shown(&value.to_string()), shown);
            let test = match test.as_object().and_then(|test| test.iter().next()) {
                Some((operator, operand)) if operator == "$eq" => format!("is {}", one(operand)),
                Some((operator, operand)) if operator == "$glob" => format!("matches {}", one(operand)),
                Some((operator, Value::Array(operands))) if operator == "$in" => {
                    format!("is one of {}", operands.iter().map(one).collect::<Vec<_>>().join(", "))
                }
                _ => shown(&test.to_string()),
            };
            write!(f, "{} {} {test}", if index == 0 { " where" } else { " and" }, shown(key))?;
        }
        Ok(())
    }
}

/// Normalizes the order of conditions, so that they can be compared. Empty conditions become
/// `None`.
fn plain(conditions: Value) -> Option<Value> {
    let sorted = |value: Value| match value {
        Value::Array(mut list) => {
            list.sort_by_key(ToString::to_string);
            Value::Array(list)
        }
        other => other,
    };
    let Value::Object(fields) = conditions else { return Some(conditions) };
    let field = |(key, test): (String, Value)| match test {
        Value::Object(operators) => {
            (key, operators.into_iter().map(|(name, operand)| (name, sorted(operand))).collect())
        }
        other => (key, other),
    };
    let fields: Map<String, Value> = fields.into_iter().map(field).collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Conditions on environments, and on a folder with all folders below it.
fn place(environments: &[&str], path: Option<&str>) -> Option<Value> {
    let mut conditions = Map::new();
    match environments {
        [] => {}
        [environment] => _ = conditions.insert("environment".to_owned(), json!({ "$eq": environment })),
        environments => _ = conditions.insert("environment".to_owned(), json!({ "$in": environments })),
    }
    if let Some(path) = path.filter(|path| *path != "/") {
        conditions.insert("secretPath".to_owned(), json!({ "$glob": format!("{path}/**") }));
    }
    (!conditions.is_empty()).then_some(Value::Object(conditions))
}

/// The intended rules of an identity. `ids` are the ids of the skill's identities that the reader
/// may read. For display, they are the identities' names.
pub(super) fn rules(kind: Kind, wanted: &Wanted, ids: &BTreeMap<Kind, String>) -> Vec<Rule> {
    let environments: Vec<&str> = wanted.environments().iter().map(|it| it.as_str()).collect();
    let places: Vec<Option<Value>> = match wanted.paths() {
        [] => vec![place(&environments, None)],
        paths => paths.iter().map(|path| place(&environments, Some(path.as_str()))).collect(),
    };
    let everywhere = |subject: &str, actions: &[&str]| {
        places.iter().map(|place| Rule::grant(subject, actions, place.clone())).collect::<Vec<_>>()
    };
    const CHANGES: [&str; 3] = ["create", "edit", "delete"];
    match kind {
        Kind::Reader => {
            let mut rules = everywhere("secrets", &["describeSecret"]);
            rules.extend(everywhere("secret-imports", &["read"]));
            rules.push(Rule::grant("tags", &["read"], None));
            rules.push(Rule::grant("audit-logs", &["read"], None));
            let ids: Vec<&String> = ids.values().collect();
            rules.push(Rule::grant("identity", &["read"], Some(json!({ "identityId": { "$in": ids } }))));
            rules
        }
        Kind::Writer => [everywhere("secrets", &CHANGES), everywhere("secret-folders", &CHANGES)].concat(),
        Kind::Reveal => {
            let rule =
                |(environment, path): &(infisical_skill_policy::Environment, infisical_skill_policy::SecretPath)| {
                    Rule::grant(
                        "secrets",
                        &["describeSecret", "readValue"],
                        place(&[environment.as_str()], Some(path.as_str())),
                    )
                };
            wanted.reveal().iter().map(rule).collect()
        }
    }
}

/// The body of a request that creates or changes an identity's privilege.
pub(super) fn body(rules: &[Rule]) -> Value {
    json!(rules.iter().map(Rule::body).collect::<Vec<_>>())
}

/// Compares two lists of rules in any order.
pub(super) fn are_same(one: &[Rule], other: &[Rule]) -> bool {
    let sorted = |rules: &[Rule]| {
        let mut texts: Vec<String> = rules.iter().map(|rule| format!("{rule:?}")).collect();
        texts.sort();
        texts
    };
    sorted(one) == sorted(other)
}

/// The content of an identity's permission audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Audited {
    /// The rules of the skill's own privilege, if the identity has it.
    pub(super) own: Option<Vec<Rule>>,
    /// Descriptions of everything else that grants or removes permissions.
    pub(super) others: Vec<String>,
}

/// Parses a permission audit. `name` is the name of the skill's own privilege.
pub(super) fn audited(body: &[u8], name: &str) -> Option<Audited> {
    #[derive(Deserialize)]
    struct Answer {
        sources: Vec<Source>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Source {
        #[serde(rename = "type")]
        kind: String,
        name: Option<String>,
        is_temporary: bool,
        permissions: Vec<Value>,
    }

    let answer: Answer = serde_json::from_slice(body).ok()?;
    let mut audited = Audited::default();
    for source in answer.sources {
        let shown = source.name.as_deref().unwrap_or("without a name");
        let is_own = source.kind == "additional_privilege" && shown == name && !source.is_temporary;
        if is_own && audited.own.is_none() {
            audited.own = Some(source.permissions.iter().map(Rule::unpack).collect::<Option<_>>()?);
        } else if !source.permissions.is_empty() {
            let kind = if source.kind == "role" { "the role" } else { "the privilege" };
            audited.others.push(format!("{kind} {}", escape_capped(shown, 64)));
        }
    }
    Some(audited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(environments: &[&str], paths: &[&str]) -> Wanted {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let places = (strings(environments), strings(paths));
        Wanted::new("p", (&places.0, &places.1), !environments.is_empty(), &strings(&["dev:/app"]), "skill").unwrap()
    }

    fn ids() -> BTreeMap<Kind, String> {
        Kind::ALL.into_iter().map(|kind| (kind, format!("id-{}", kind.word()))).collect()
    }

    /// Compares with exchanges 1184 to 1186 of the recordings.
    #[test]
    fn the_rules_are_those_that_were_recorded() {
        let wanted = wanted(&["dev"], &["/app"]);
        let place = json!({ "environment": { "$eq": "dev" }, "secretPath": { "$glob": "/app/**" } });
        let writes = json!(["create", "delete", "edit"]);
        assert_eq!(
            body(&rules(Kind::Writer, &wanted, &ids())),
            json!([
                { "subject": "secrets", "action": writes, "conditions": place },
                { "subject": "secret-folders", "action": writes, "conditions": place },
            ])
        );
        assert_eq!(
            body(&rules(Kind::Reveal, &wanted, &ids())),
            json!([{ "subject": "secrets", "action": ["describeSecret", "readValue"], "conditions": place }])
        );
        assert_eq!(
            body(&rules(Kind::Reader, &wanted, &ids())),
            json!([
                { "subject": "secrets", "action": ["describeSecret"], "conditions": place },
                { "subject": "secret-imports", "action": ["read"], "conditions": place },
                { "subject": "tags", "action": ["read"] },
                { "subject": "audit-logs", "action": ["read"] },
                { "subject": "identity", "action": ["read"], "conditions": { "identityId": { "$in": ["id-reader", "id-reveal", "id-writer"] } } },
            ])
        );
    }

    #[test]
    fn places_become_conditions() {
        for (environments, paths, expected) in [
            (&[][..], &[][..], vec!["secrets: describeSecret, everywhere"]),
            (&["dev"], &["/"], vec!["secrets: describeSecret where environment is dev"]),
            (&["dev", "test"], &[], vec!["secrets: describeSecret where environment is one of dev, test"]),
            (
                &["dev"],
                &["/app", "/web"],
                vec![
                    "secrets: describeSecret where environment is dev and secretPath matches /app/**",
                    "secrets: describeSecret where environment is dev and secretPath matches /web/**",
                ],
            ),
        ] {
            let rules = rules(Kind::Reader, &wanted(environments, paths), &ids());
            let shown: Vec<String> =
                rules.iter().map(ToString::to_string).filter(|rule| rule.starts_with("secrets:")).collect();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn a_rule_is_compared_with_its_conditions() {
        let writer = rules(Kind::Writer, &wanted(&["dev", "test"], &["/app"]), &ids());
        let place = r#"{"secretPath": {"$glob": "/app/**"}, "environment": {"$in": ["test", "dev"]}}"#;
        let audit = |permissions: &str| {
            let audit = format!(
                r#"{{"sources": [{{"type": "role", "name": "no-access", "isTemporary": false, "permissions": []}},
                {{"type": "additional_privilege", "name": "skill-writer", "isTemporary": false, "permissions": [{permissions}]}}]}}"#
            );
            audited(audit.as_bytes(), "skill-writer").unwrap()
        };
        let both = |of_secrets: &str, of_folders: &str| {
            format!(
                r#"["create,edit,delete", "secrets"{of_secrets}], ["delete,create,edit", "secret-folders"{of_folders}]"#
            )
        };
        let whole = format!(", {place}");
        for (permissions, same) in [
            (both(&whole, &whole), true),
            (both(&whole, &format!("{whole}, 0")), true),
            (both("", &whole), false),
            (both(", 0", &whole), false),
            (both(", {}", &whole), false),
            (both(r#", {"environment": {"$in": ["dev", "test"]}}"#, &whole), false),
            (both(&whole, &format!("{whole}, 1")), false),
            (format!(r#"["create,edit,delete", "secrets", {place}]"#), false),
            (format!(r#"{}, ["readValue", "secrets"]"#, both(&whole, &whole)), false),
        ] {
            let audited = audit(&permissions);
            assert_eq!(are_same(audited.own.as_deref().unwrap(), &writer), same, "{permissions}");
            assert_eq!(audited.others, Vec::<String>::new());
        }
    }

    #[test]
    fn reports_every_other_source_of_permissions() {
        let audit = br#"{"sources": [
            {"type": "role", "name": "viewer", "isTemporary": false, "permissions": [["read", "tags"]]},
            {"type": "additional_privilege", "name": "skill-reader", "isTemporary": true, "permissions": [["read", "tags"]]},
            {"type": "additional_privilege", "name": "other", "isTemporary": false, "permissions": [["read", "tags"]]}
        ]}"#;
        let found = audited(audit, "skill-reader").unwrap();
        assert_eq!(found.own, None, "one that ends isn't ours");
        assert_eq!(found.others, ["the role viewer", "the privilege skill-reader", "the privilege other"]);
        assert_eq!(audited(b"{}", "x"), None);
        assert_eq!(audited(br#"{"sources": [{"type": "role", "name": "a", "isTemporary": false}]}"#, "x"), None);
    }
}
