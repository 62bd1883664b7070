//! The permissions of a privilege: which ones the server accepts, and how it shows them.

use serde_json::{Value, json};

use crate::auth::permission::condition::{kept, paths_without_slash};
use crate::auth::permission::roles::{self, ADMIN};
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::membership::Permission;

/// A permission as answers show it.
pub(super) fn shown(permission: &Permission) -> Value {
    let mut shown = json!({
        "subject": permission.subject, "action": permission.actions, "inverted": permission.is_inverted,
    });
    if let Some(conditions) = &permission.conditions {
        set(&mut shown, "conditions", json!(conditions));
    }
    shown
}

/// Reads one permission. Its subject and actions must be among those of the role admin.
pub(super) fn read(check: &mut Checker<'_>) -> Permission {
    let subjects: Vec<&str> = ADMIN.iter().map(|(_, subject)| *subject).collect();
    let subject = check.union_tag("subject", &subjects).unwrap_or_default();
    let actions = if subject.is_empty() {
        Vec::new()
    } else {
        check.choices("action", &roles::actions_on(&subject).collect::<Vec<_>>())
    };
    let sent = check.value("conditions").and_then(Value::as_object);
    let conditions = sent.and_then(|sent| kept(&subject, sent));
    for within in paths_without_slash(conditions.as_ref()) {
        let within: Vec<&str> = ["conditions"].into_iter().chain(within.iter().map(String::as_str)).collect();
        check.custom_within(&within, "Invalid Secret Path; it must start with a '/'");
    }
    Permission { subject, actions, conditions, is_inverted: check.boolean("inverted").unwrap_or(false) }
}

/// Drops the condition keys that a test made unknown, as the server does with misspelt ones.
pub(super) fn drop_conditions(permissions: &mut [Permission], names: &[String]) {
    for conditions in permissions.iter_mut().filter_map(|permission| permission.conditions.as_mut()) {
        conditions.retain(|name, _| !names.contains(name));
    }
}

/// Fails if the legacy `read` is combined with the actions that replaced it.
pub(super) fn refuse_legacy_mix(permissions: &[Permission]) -> Result<(), Failure> {
    for permission in permissions.iter().filter(|permission| permission.subject == "secrets") {
        let has = |wanted: &str| permission.actions.iter().any(|action| action == wanted);
        let names = [("readValue", "Read Value"), ("describeSecret", "Describe Secret")];
        let mixed: Vec<&str> = names.into_iter().filter(|(action, _)| has(action)).map(|(_, name)| name).collect();
        if has("read") && !mixed.is_empty() {
            return Err(Failure::bad_request(format!(
                "You have selected Read, and {}. You cannot select Read Value or Describe Secret if you have selected \
                 Read. The Read permission is a legacy action which has been replaced by Describe Secret and Read Value.",
                mixed.join(", ")
            )));
        }
    }
    Ok(())
}
