//! Compares an answer with the recorded one. They must be equal except for ids, times and tokens.
//! An id or time that occurs twice in the recording must also be the same in both places of the
//! answer.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::names::Names;
use super::text::{folded, folded_items, is_jwt, is_request_id, is_time, placeholder, skeleton};

/// Fields that are random on every server. Only their type is compared.
const RANDOM: [&str; 6] = ["clientSecretPrefix", "publicKey", "encryptedCaCertificate", "iat", "exp", "creationEpoch"];

/// Lists that the server doesn't sort.
const UNORDERED: [&str; 3] = [".tags", ".folders", ".details"];

/// Compares answers and learns ids.
#[derive(Debug)]
pub(crate) struct Comparison<'n> {
    pub(crate) names: &'n mut Names,
    pub(crate) differences: Vec<String>,
}

impl<'n> Comparison<'n> {
    pub(crate) fn new(names: &'n mut Names) -> Self {
        Self { names, differences: Vec::new() }
    }

    fn differ(&mut self, at: &str, recorded: &str, real: &str) {
        self.differences.push(format!("{at}: recorded {recorded:.1500}, got {real:.1500}"));
    }

    /// Compares two values.
    pub(crate) fn same(&mut self, recorded: &Value, real: &Value, at: &str) {
        match (recorded, real) {
            (Value::Object(recorded), Value::Object(real)) => self.same_fields(recorded, real, at),
            (Value::Array(recorded), Value::Array(real)) => self.same_items(recorded, real, at),
            (Value::String(recorded), Value::String(real)) => self.same_text(recorded, real, at),
            (recorded, real) if recorded == real => {}
            (recorded, real) => self.differ(at, &recorded.to_string(), &real.to_string()),
        }
    }

    fn same_fields(&mut self, recorded: &Map<String, Value>, real: &Map<String, Value>, at: &str) {
        // An id may be part of a field's name.
        let recorded: Vec<(String, &Value)> =
            recorded.iter().map(|(name, value)| (self.names.translate(name), value)).collect();
        let wanted: BTreeSet<&str> = recorded.iter().map(|(name, _)| name.as_str()).collect();
        let missing: Vec<&&str> = wanted.iter().filter(|name| !real.contains_key(**name)).collect();
        let more: Vec<&String> = real.keys().filter(|name| !wanted.contains(name.as_str())).collect();
        if !missing.is_empty() || !more.is_empty() {
            self.differences.push(format!("{at}: fields missing {missing:?}, too many {more:?}"));
        }
        for (name, value) in &recorded {
            let Some(found) = real.get(name) else { continue };
            let is_alike = std::mem::discriminant(*value) == std::mem::discriminant(found);
            if !(RANDOM.contains(&name.as_str()) && is_alike) {
                self.same(value, found, &format!("{at}.{name}"));
            }
        }
    }

    fn same_items(&mut self, recorded: &[Value], real: &[Value], at: &str) {
        let total = recorded.iter().find_map(|item| folded_items(item.as_str()?));
        let shown: Vec<&Value> =
            recorded.iter().filter(|item| item.as_str().and_then(folded_items).is_none()).collect();
        if total.unwrap_or(recorded.len()) != real.len() {
            let keys = |items: &[&Value]| items.iter().map(|item| key_of(item)).collect::<Vec<_>>().join(" ");
            let (wanted, found) = (keys(&shown), keys(&real.iter().collect::<Vec<_>>()));
            let count = total.unwrap_or(recorded.len());
            self.differences.push(format!("{at}: recorded {count} items ({wanted}), got {} ({found})", real.len()));
        }
        if is_ordered(&shown) && !UNORDERED.iter().any(|field| at.ends_with(field)) {
            for (index, (recorded, real)) in shown.into_iter().zip(real).enumerate() {
                self.same(recorded, real, &format!("{at}[{index}]"));
            }
            return;
        }
        // The list is in the order of ids, which differ here, or in no order.
        let mut left: Vec<&Value> = real.iter().collect();
        for (index, recorded) in shown.into_iter().enumerate() {
            let at = format!("{at}[{index}]");
            let alike = left.iter().position(|real| self.is_same(recorded, real));
            let found = alike.or_else(|| left.iter().position(|real| key_of(real) == key_of(recorded)));
            match found {
                Some(position) => self.same(recorded, left.remove(position), &at),
                None if left.len() == 1 => {
                    // Compare with the first item, to show what differs. It may be a different item
                    // altogether.
                    let mark = self.names.mark();
                    self.same(recorded, left.remove(0), &at);
                    self.names.forget_since(mark);
                }
                None => self.differences.push(format!("{at}: no item {}", key_of(recorded))),
            }
        }
    }

    /// Compares without learning.
    fn is_same(&mut self, recorded: &Value, real: &Value) -> bool {
        let mark = self.names.mark();
        let mut trial = Comparison::new(self.names);
        trial.same(recorded, real, "");
        let is_same = trial.differences.is_empty();
        self.names.forget_since(mark);
        is_same
    }

    fn same_text(&mut self, recorded: &str, real: &str, at: &str) {
        let is_same = recorded == real
            || match recorded {
                "$REQ_ID" => is_request_id(real),
                "$JWT" | "$ACCESS_TOKEN" => is_jwt(real),
                _ if is_time(recorded) && is_time(real) => self.names.is_same_time(recorded, real),
                _ => self.is_same_name(recorded, real),
            };
        if !is_same {
            let expected = self.names.translate(recorded);
            self.differ(at, &format!("{recorded:?} ({expected:?})"), &format!("{real:?}"));
        }
    }

    /// True if the texts are equal except for ids and names, which are learned.
    fn is_same_name(&mut self, recorded: &str, real: &str) -> bool {
        if placeholder(recorded).is_some_and(|(_, rest)| rest.is_empty()) {
            // Every login has a new token.
            let is_new = self.names.get(recorded).is_none() || is_jwt(real);
            if is_new && !real.is_empty() {
                self.names.learn(recorded, real);
            }
            return self.names.get(recorded) == Some(real);
        }
        let expected = self.names.translate(recorded);
        if let Some((start, count, end)) = folded(&expected) {
            // A shortened text can contain placeholders.
            let recorded_length = self.names.placed(real).chars().count();
            let is_as_long = recorded_length == count || real.chars().count() == count;
            return real.starts_with(start) && real.ends_with(end) && is_as_long;
        }
        let ((shape, ids), (real_shape, real_ids)) = (skeleton(&expected), skeleton(real));
        shape == real_shape && ids.iter().zip(&real_ids).all(|(id, real)| self.is_same_id(id, real))
    }

    /// Compares ids. `id` is already translated, and an unknown one is learned.
    fn is_same_id(&mut self, id: &str, real: &str) -> bool {
        if id == real {
            return true;
        }
        let is_new = self.names.get(id).is_none() && !self.names.is_taken(id) && !self.names.is_taken(real);
        if is_new {
            self.names.learn(id, real);
        }
        is_new
    }
}

/// The name of a list item.
fn key_of(item: &Value) -> String {
    let named = ["secretKey", "slug", "name", "id"].into_iter().find_map(|name| item.get(name)?.as_str());
    named.map_or_else(|| format!("{:.60}", item.to_string()), str::to_owned)
}

/// False for a list in the order of ids, such as the server's lists of secrets and folders.
fn is_ordered(items: &[&Value]) -> bool {
    let ids: Vec<&str> = items.iter().filter_map(|item| item.get("id")?.as_str()).collect();
    let is_by_id = ids.len() == items.len() && ids.windows(2).all(|pair| pair[0] <= pair[1]);
    let is_secrets = items.iter().all(|item| item.get("secretKey").is_some_and(Value::is_string));
    !is_by_id && !is_secrets
}
