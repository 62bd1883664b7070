//! Compares an answer with the recorded one: all alike, except that ids, times and tokens are others.

use serde_json::Value;

use super::names::{Names, is_time, is_uuid};

/// Fails with the place of the first difference; learns ids on the way.
pub(crate) fn same(names: &mut Names, recorded: &Value, real: &Value, at: &str) -> Result<(), String> {
    match (recorded, real) {
        (Value::Object(recorded), Value::Object(real)) => {
            let keys = |fields: &serde_json::Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
            if keys(recorded) != keys(real) {
                return Err(format!("{at}: recorded keys {:?}, got {:?}", keys(recorded), keys(real)));
            }
            for (name, value) in recorded {
                same(names, value, &real[name], &format!("{at}.{name}"))?;
            }
            Ok(())
        }
        (Value::Array(recorded), Value::Array(real)) => {
            if recorded.len() != real.len() {
                return Err(format!("{at}: recorded {} items, got {}", recorded.len(), real.len()));
            }
            // Secrets are listed by id, which is another one here.
            let (recorded, real) = (by_name(recorded), by_name(real));
            for (index, (recorded, real)) in recorded.into_iter().zip(real).enumerate() {
                same(names, recorded, real, &format!("{at}[{index}]"))?;
            }
            Ok(())
        }
        (Value::String(recorded), Value::String(real)) => same_text(names, recorded, real, at),
        (recorded, real) if recorded == real => Ok(()),
        (recorded, real) => Err(format!("{at}: recorded {recorded}, got {real}")),
    }
}

fn by_name(items: &[Value]) -> Vec<&Value> {
    let mut items: Vec<&Value> = items.iter().collect();
    if items.iter().all(|item| item["secretKey"].is_string()) {
        let name = |item: &Value| (item["secretKey"].to_string(), item["secretValue"].to_string());
        items.sort_by_key(|item| name(item));
    }
    items
}

fn same_text(names: &mut Names, recorded: &str, real: &str, at: &str) -> Result<(), String> {
    if recorded == "$ACCESS_TOKEN" {
        let is_jwt = real.starts_with("eyJ") && real.split('.').count() == 3;
        return if is_jwt { Ok(()) } else { Err(format!("{at}: no token: {real}")) };
    }
    if is_time(recorded) && is_time(real) {
        return Ok(());
    }
    if is_uuid(recorded) && names.get(recorded).is_none() && is_uuid(real) && recorded != real {
        names.set(recorded, real);
        return Ok(());
    }
    let expected = names.translate(recorded);
    if expected == real { Ok(()) } else { Err(format!("{at}: recorded {recorded:?} ({expected:?}), got {real:?}")) }
}
