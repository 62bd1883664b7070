//! The phrase that changes need which can't be undone, or go further than they look (docs/routes.md,
//! "Acknowledgement"). The host reckons it too, from the requests, and keeps no plan where the two differ.

use super::deeds::{Kind, NewValue};
use super::intents::Intent;
use super::values;
use crate::types::Generation;

/// The phrase that these changes need together, or none.
pub(crate) fn phrase(generation: Generation, intents: &[Intent<'_>], above: u32) -> Option<String> {
    let mut phrase = String::new();
    for intent in intents {
        add_parts(&mut phrase, generation, intent);
    }
    if u32::try_from(intents.len()).unwrap_or(u32::MAX) > above {
        add(&mut phrase, &["apply ", &intents.len().to_string(), " changes"]);
    }
    if phrase.is_empty() { None } else { Some(phrase) }
}

fn add(phrase: &mut String, part: &[&str]) {
    if !phrase.is_empty() {
        phrase.push_str("; ");
    }
    phrase.extend(part.iter().copied());
}

fn add_parts(phrase: &mut String, generation: Generation, Intent { at, deed }: &Intent<'_>) {
    let mut add = |what: &str, name: &str| add(phrase, &[what, &plain(name), " in ", at.environment.as_str()]);
    let kind = deed.kind();
    match kind {
        Kind::DeleteSecret => add("delete secret ", deed.name()),
        Kind::DeleteFolder => add("delete folder ", &at.path.child(deed.name())),
        _ => {}
    }
    if let Some(value) = deed.value() {
        // What is generated is neither blank nor has it references.
        let literal = if let NewValue::Literal(text) = value { Some(*text) } else { None };
        if kind == Kind::UpdateSecret {
            if literal.is_some_and(values::is_blank) {
                add("blank secret ", deed.name());
            } else if generation == Generation::V3 {
                add("overwrite secret ", deed.name());
            }
        }
        if literal.is_some_and(values::has_references) {
            add("write references into ", deed.name());
        }
    }
    // Others refer to it by its name, in environments too that whoever renames it may not change.
    if kind == Kind::UpdateSecret && deed.new_name().is_some() {
        add("rename secret ", deed.name());
    }
}

/// A name in plain characters, so that a phrase can be typed and means one thing.
fn plain(name: &str) -> String {
    const MAX: usize = 80;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+');
    let mut plain = String::new();
    for c in name.chars().take(MAX) {
        plain.push(if is_plain(c) { c } else { '?' });
    }
    plain
}

#[cfg(test)]
#[path = "acknowledgement_tests.rs"]
mod tests;
