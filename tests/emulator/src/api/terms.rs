//! Temporary roles and privileges.

use serde_json::Value;

use crate::check::Checker;
use crate::world::clock::{DAY, Millis, from_iso};
use crate::world::membership::Term;

/// Reads the fields of a term. Returns none unless `isTemporary` is true.
pub(crate) fn read(check: &mut Checker<'_>) -> Option<Term> {
    if check.boolean("isTemporary") != Some(true) {
        return None;
    }
    check.choice("temporaryMode", &["relative"]);
    let range = check.string("temporaryRange");
    let start = check.string("temporaryAccessStartTime");
    let (length, start) = (millis(&range), from_iso(&start));
    if length.is_none() {
        check.custom("temporaryRange", "Temporary range must be a positive number");
    }
    if start.is_none() && check.value("temporaryAccessStartTime").is_some_and(Value::is_string) {
        check.custom("temporaryAccessStartTime", "Invalid datetime");
    }
    let (length, start) = (length?, start?);
    Some(Term { range, start, end: start.saturating_add(length) })
}

/// Parses `90s`, `30m`, `1h` or `2d`. The duration must be greater than 0.
fn millis(range: &str) -> Option<Millis> {
    let digits = range.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = range.split_at_checked(digits)?;
    let count: Millis = count.parse().ok().filter(|count| *count > 0)?;
    let of_one = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    count.checked_mul(of_one)
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn ranges_have_a_count_and_a_unit() {
        for (range, expected) in [
            ("1s", Some(1000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("1d", Some(86_400_000)),
            ("0s", None),
            ("1", None),
            ("h", None),
            ("1y", None),
            ("", None),
        ] {
            assert_eq!(millis(range), expected, "{range}");
        }
    }
}
