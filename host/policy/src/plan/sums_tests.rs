use super::*;
use crate::change::{self, Method};
use crate::operation::ApiVersion;

const HOUR: Millis = 3_600_000;
const NOW: Millis = 1_000 * HOUR;

fn change(method: &str, name: &str, fields: &str) -> ParsedChange {
    let body = format!(r#"{{"projectId":"p","environment":"dev","secretPath":"/app",{fields}"type":"shared"}}"#);
    change::parse(ApiVersion::V4, Method::named(method).unwrap(), &format!("/api/v4/secrets/{name}"), &body).unwrap()
}

fn overwrite(name: &str) -> ParsedChange {
    change("PATCH", name, r#""secretValue":"v","#)
}

fn comment(name: &str) -> ParsedChange {
    change("PATCH", name, r#""secretComment":"c","#)
}

fn create(name: &str) -> ParsedChange {
    change("POST", name, r#""secretValue":"v","#)
}

fn observed(id: &str) -> Observed {
    Observed { id: Some(id.to_owned()), state: String::new() }
}

/// Returns what these changes exceed after others. Each other change was made some hours ago, to
/// the secret with this id.
fn told(before: &[(u64, ParsedChange, &str)], changes: &[ParsedChange], ids: &[&str]) -> Vec<String> {
    let done: Vec<PastChange> = before
        .iter()
        .flat_map(|(hours, change, id)| {
            let counted_changes = counted_changes(std::slice::from_ref(change), &[observed(id)]);
            counted_changes
                .into_iter()
                .map(move |counted| PastChange { at: NOW - hours * HOUR, counted: Some(counted) })
        })
        .collect();
    let observed: Vec<Observed> = ids.iter().map(|id| observed(id)).collect();
    let planned = counted_changes(changes, &observed);
    beyond(&SumLimits::default(), &done, changes, &planned, NOW).iter().map(ToString::to_string).collect()
}

#[test]
fn warns_of_value_overwritten_twice_within_a_day() {
    let twice = "secret dev:/app/A would be overwritten 2 times within 24 h";
    for (before, change, id, expected) in [
        (vec![], overwrite("A"), "1", vec![]),
        (vec![(1, overwrite("A"), "1")], overwrite("A"), "1", vec![twice]),
        (vec![(23, overwrite("A"), "1")], overwrite("A"), "1", vec![twice]),
        (vec![(24, overwrite("A"), "1")], overwrite("A"), "1", vec![]),
        // Another secret, a secret of the same name in another project, and changes that overwrite
        // no value.
        (vec![(1, overwrite("B"), "2")], overwrite("A"), "1", vec![]),
        (vec![(1, comment("A"), "1")], overwrite("A"), "1", vec![]),
        (vec![(1, overwrite("A"), "1")], comment("A"), "1", vec![]),
        (vec![(1, create("A"), "1")], overwrite("A"), "1", vec![]),
        // Under another name: the secret or its folder was renamed.
        (vec![(1, overwrite("OLD"), "1")], overwrite("A"), "1", vec![twice]),
        // Created again, so it is another secret.
        (vec![(1, overwrite("A"), "1")], overwrite("A"), "2", vec![]),
    ] {
        assert_eq!(told(&before, &[change], &[id]), expected, "{before:?}");
    }
}

#[test]
fn warns_of_many_updates_of_any_kind() {
    let before: Vec<_> = (0..5).map(|hours| (hours, comment("A"), "1")).collect();
    assert_eq!(told(&before[..4], &[comment("A")], &["1"]), [""; 0]);
    let expected = ["secret dev:/app/A would be updated 6 times within 24 h"];
    assert_eq!(told(&before, &[comment("A")], &["1"]), expected);
}

#[test]
fn a_projects_changes_are_summed_over_an_hour() {
    let names: Vec<String> = (0..21).map(|number| format!("S{number}")).collect();
    let before: Vec<_> = names.iter().take(15).map(|name| (0, create(name), "x")).collect();
    let five: Vec<ParsedChange> = names.iter().take(5).map(|name| create(name)).collect();
    let six: Vec<ParsedChange> = names.iter().take(6).map(|name| create(name)).collect();
    assert_eq!(told(&before, &five, &[]), [""; 0]);
    assert_eq!(told(&before, &six, &[]), ["project p would have 21 changes within 1 h"], "told once");
    let earlier: Vec<_> = names.iter().take(15).map(|name| (1, create(name), "x")).collect();
    assert_eq!(told(&earlier, &six, &[]), [""; 0]);
}

#[test]
fn unknown_and_future_changes_count() {
    let unknown = [PastChange { at: NOW, counted: None }];
    let changes = [overwrite("A")];
    let planned = counted_changes(&changes, &[observed("1")]);
    assert_eq!(beyond(&SumLimits::default(), &unknown, &changes, &planned, NOW).len(), 1);
    let to_come = [PastChange { at: NOW + 9 * HOUR, counted: Some(planned[0].clone()) }];
    assert_eq!(beyond(&SumLimits::default(), &to_come, &changes, &planned, NOW).len(), 1);
    // If it wasn't observed, its name counts.
    assert_eq!(counted_changes(&changes, &[])[0].updates.as_deref(), Some("dev:/app/A"));
}
