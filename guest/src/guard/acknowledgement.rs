//! The confirmation phrase of changes that can't be undone, or that affect more than they show
//! (docs/routes.md, "Acknowledgement"). The host computes the phrase too, from the requests. It
//! files no plan if the two phrases differ.

use super::fingerprint::fingerprint;
use super::grammar::ProjectRef;
use super::intents::Intent;
use super::validated_change::{Kind, NewValue, ValidatedChange};
use super::values;
use crate::types::ApiVersion;

/// Returns the confirmation phrase of these changes, if they need one. For more than `above`
/// changes, the phrase includes their number and a fingerprint of their targets.
pub(crate) fn phrase(api_version: ApiVersion, intents: &[Intent<'_>], above: u32) -> Option<String> {
    let is_bulk = u32::try_from(intents.len()).unwrap_or(u32::MAX) > above;
    let mut parts: Vec<(String, &str)> = Vec::new();
    for intent in intents {
        for part in consequences(api_version, intent) {
            parts.push((part, project(intent)));
        }
    }
    let is_same_project = parts.first().is_none_or(|(_, first)| parts.iter().all(|(_, project)| project == first));
    let mut phrase = String::new();
    for (at, (part, project)) in parts.iter().enumerate() {
        if at > 0 {
            phrase.push_str("; ");
        }
        phrase.push_str(part);
        if !is_same_project || at + 1 == parts.len() {
            phrase.extend([" in project ", project]);
        }
    }
    if is_bulk {
        let mut lines = Vec::new();
        for intent in intents {
            lines.push(
                [named(verb(intent.validated.kind()), intent).as_str(), " in project ", project(intent)].concat(),
            );
        }
        let joint = if phrase.is_empty() { "" } else { "; " };
        phrase.extend([joint, "apply ", &intents.len().to_string(), " changes (", &fingerprint(&lines), ")"]);
    }
    if phrase.is_empty() { None } else { Some(phrase) }
}

fn project<'a>(intent: &'a Intent<'_>) -> &'a str {
    let (ProjectRef::Id(project) | ProjectRef::Slug(project)) = &intent.at.project;
    project.as_str()
}

/// The effects of a change that can't be undone, or that go beyond the change itself.
fn consequences(api_version: ApiVersion, intent: &Intent<'_>) -> Vec<String> {
    let validated = &intent.validated;
    let kind = validated.kind();
    let mut parts = Vec::new();
    if kind.deletes() {
        parts.push(named(verb(kind), intent));
    }
    if let Some(value) = validated.value() {
        // A generated value is never blank and has no references.
        let literal = if let NewValue::Literal(text) = value { Some(*text) } else { None };
        if kind == Kind::UpdateSecret {
            if literal.is_some_and(values::is_blank) {
                parts.push(named("blank secret ", intent));
            } else if api_version == ApiVersion::V3 {
                parts.push(named("overwrite secret ", intent));
            }
        }
        if literal.is_some_and(values::has_references) {
            parts.push(named("write references into ", intent));
        }
    }
    // Infisical can grant permissions by path, name and tag, and other secrets refer to a secret by
    // its name.
    if let Some(new_name) = validated.new_name() {
        let verb = if kind == Kind::RenameFolder { "rename folder " } else { "rename secret " };
        parts.push([named(verb, intent).as_str(), " to ", &exact(new_name, false)].concat());
    }
    if matches!(validated, ValidatedChange::UpdateSecret { content, .. } if content.tags.is_some()) {
        parts.push(named("change tags of ", intent));
    }
    parts
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::CreateSecret => "create secret ",
        Kind::UpdateSecret => "update secret ",
        Kind::DeleteSecret => "delete secret ",
        Kind::CreateFolder => "create folder ",
        Kind::RenameFolder => "rename folder ",
        Kind::DeleteFolder => "delete folder ",
        Kind::CreateProject => "create project ",
        Kind::CreateEnvironment => "create environment ",
        Kind::InviteMembers => "invite members ",
    }
}

/// A verb and the target of the change: `ENV:/path/NAME`.
fn named(verb: &str, Intent { at, validated }: &Intent<'_>) -> String {
    let path = if at.path.is_root() { String::new() } else { exact(at.path.as_str(), true) };
    [verb, at.environment.as_str(), ":", &path, "/", &exact(validated.name(), false)].concat()
}

/// A name or path as an approver sees and types it. It is ASCII and never cut, and no two names
/// look the same.
fn exact(text: &str, is_path: bool) -> String {
    let mut exact = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+') || (is_path && c == '/') {
            exact.push(c);
        } else {
            exact.extend(c.escape_unicode());
        }
    }
    exact
}

#[cfg(test)]
#[path = "acknowledgement_tests.rs"]
mod tests;
