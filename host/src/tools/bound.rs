//! Limits answers to a length that suits a conversation. A cut list says how many items were left
//! out; cut text ends with `…`.

use infisical_skill_policy::text::escape;
use serde_json::{Map, Value, json};

/// The maximum size of an answer for an agent as JSON, in bytes, for its structured content and for
/// its text. Clients refuse longer answers, or cut them silently.
pub const MAX_ANSWER: usize = 58_000;

/// How many bytes of a text's end are kept when its middle is cut. The end says what is still to be
/// done.
const END: usize = 4_000;

/// The list that gets room first: the requests matter more than the explanations.
const FIRST: &str = "requests";

/// The minimum size of each other list, in bytes, while there is room.
const LEAST: usize = 1_500;

/// The field that says how many items of a list were left out.
pub(super) const LEFT_OUT: &str = "leftOut";

/// The size of a value as JSON in bytes: written plainly or with escapes for invisible characters,
/// whichever is larger.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text_size(text),
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| text_size(name) + size(inner) + 2).sum::<usize>() + 2
        }
        other => other.to_string().len(),
    }
}

/// The size of a text as JSON, in bytes.
pub(super) fn text_size(text: &str) -> usize {
    text.chars().map(char_size).sum::<usize>() + 2
}

/// The maximum size of a character in JSON in bytes: plain, as a `\u` escape if it isn't visible,
/// or as the text of an escape.
fn char_size(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        ' '..='~' => 1,
        '\n' => 3,
        _ => {
            let escaped = escape(c.encode_utf8(&mut [0; 4]));
            let as_text = escaped.len() + escaped.matches('\\').count();
            if escaped.chars().eq([c]) { c.len_utf8() } else { as_text.max(6 * c.len_utf16()) }
        }
    }
}

/// Limits an answer. Cut parts are marked, and `rest` becomes the `note` that says how to get them.
pub(super) fn bounded(answer: Value, rest: &str) -> Value {
    if size(&answer) <= MAX_ANSWER {
        return answer;
    }
    let note = format!("Some of it is omitted, to keep the answer short. {rest}");
    // Marks deep inside the answer may need more space than was computed.
    let room = MAX_ANSWER.saturating_sub(text_size(&note) + 528);
    let mut cut = fit(answer, room);
    if let Some(fields) = cut.as_object_mut() {
        fields.insert("note".to_owned(), Value::from(note));
    }
    cut
}

/// Limits a text by omitting whole lines before its end.
pub(super) fn bounded_text(text: String, rest: &str) -> String {
    if text_size(&text) <= MAX_ANSWER {
        return text;
    }
    let lines: Vec<&str> = text.lines().collect();
    let end = fitting(lines.iter().rev(), END);
    let marker = |count: usize| format!("… {count} lines are left out here, to keep the answer short. {rest}\n");
    let room = MAX_ANSWER.saturating_sub(END + text_size(&marker(lines.len())) + 2);
    let start = fitting(lines.iter().take(lines.len() - end), room);
    let mut short = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at == start {
            short.push_str(&marker(lines.len() - start - end));
        }
        if at < start || at >= lines.len() - end {
            short.push_str(line);
            short.push('\n');
        }
    }
    short
}

/// How many of these lines fit, counted from the first.
fn fitting<'a>(lines: impl Iterator<Item = &'a &'a str>, room: usize) -> usize {
    let mut left = room;
    lines.take_while(|line| left.checked_sub(text_size(line) + 2).map(|rest| left = rest).is_some()).count()
}

/// Limits a value to at most this many bytes.
fn fit(value: Value, room: usize) -> Value {
    if size(&value) <= room {
        return value;
    }
    match value {
        Value::String(text) => Value::String(fit_text(&text, room)),
        Value::Array(items) => Value::Array(fit_list(items, room)),
        Value::Object(fields) => Value::Object(fit_object(fields, room)),
        other => other,
    }
}

fn fit_text(text: &str, room: usize) -> String {
    let mut left = room.saturating_sub(8);
    let fits = |c: &char| left.checked_sub(char_size(*c)).map(|rest| left = rest).is_some();
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// Returns the first items that fit. If not even one fits, it is cut.
fn fit_list(items: Vec<Value>, room: usize) -> Vec<Value> {
    let mut left = room.saturating_sub(2);
    let mut kept = Vec::new();
    for item in items {
        let bytes = size(&item) + 1;
        if let Some(rest) = left.checked_sub(bytes) {
            left = rest;
            kept.push(item);
            continue;
        }
        if kept.is_empty() {
            kept.push(fit(item, left.saturating_sub(1)));
        }
        break;
    }
    kept
}

/// Keeps small fields whole, and shares the remaining room among the large ones. [`FIRST`] gets
/// room before the others.
fn fit_object(fields: Map<String, Value>, room: usize) -> Map<String, Value> {
    let names: usize = fields.keys().map(|name| text_size(name) + 2).sum();
    // Compute with every list as if it were cut.
    let lists = fields.iter().filter(|(_, value)| value.is_array());
    let marks: usize = lists.map(|(name, _)| text_size(name) + 22).sum::<usize>() + LEFT_OUT.len() + 8;
    let room = room.saturating_sub(names + marks + 2);
    let (first, share) = rooms(&fields, room);
    let mut left_out = Map::new();
    let mut short = Map::new();
    for (name, value) in fields {
        let before = value.as_array().map_or(0, Vec::len);
        let value = match first {
            Some(room) if name == FIRST => fit(value, room),
            Some(_) if !is_large(&value) => value,
            _ => fit(value, share),
        };
        let after = value.as_array().map_or(0, Vec::len);
        if after < before {
            left_out.insert(name.clone(), json!(before - after));
        }
        short.insert(name, value);
    }
    if !left_out.is_empty() {
        short.insert(LEFT_OUT.to_owned(), Value::Object(left_out));
    }
    short
}

/// The room of [`FIRST`], if it gets room before the others, and the room of each other list.
fn rooms(fields: &Map<String, Value>, room: usize) -> (Option<usize>, usize) {
    let texts: usize = fields.values().filter(|value| !is_large(value)).map(size).sum();
    let others =
        || fields.iter().filter(|(name, value)| *name != FIRST && is_large(value)).map(|(_, value)| size(value));
    let least: usize = others().map(|size| size.min(LEAST)).sum();
    match fields.get(FIRST).filter(|value| is_large(value) && texts + least < room / 2) {
        None => (None, share(&fields.values().map(size).collect::<Vec<_>>(), room)),
        Some(first) => {
            let first = size(first).min(room - texts - least);
            // There is room for every text, so texts stay whole.
            (Some(first), share(&others().collect::<Vec<_>>(), room - texts - first))
        }
    }
}

fn is_large(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// The maximum size of each item so that all of them fit.
fn share(sizes: &[usize], room: usize) -> usize {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    let (mut left, mut count) = (room, sizes.len());
    for size in sizes {
        let each = left / count.max(1);
        if size > each {
            return each;
        }
        left -= size;
        count -= 1;
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::visible::{MAX_TEXT, visible};
    use infisical_skill_policy::text::escape_json;
    use proptest::prelude::*;

    #[test]
    fn a_short_answer_stays_as_it_is() {
        let answer = json!({ "a": [1, null, "x\u{202e}"], "b": { "c": true } });
        assert_eq!(bounded(answer.clone(), "More."), answer);
        assert_eq!(bounded_text("a\nb".to_owned(), "More."), "a\nb");
    }

    #[test]
    fn long_lists_are_cut_and_counted_and_what_is_small_stays_whole() {
        let many: Vec<_> = (0..5_000).map(|at| json!({ "name": format!("NAME_{at:05}") })).collect();
        let few = json!([{ "request": "one" }, { "request": "two" }]);
        let answer = json!({ "plan": "p", "requests": few, "effects": many, "inner": { "places": many } });
        let short = bounded(answer, "Ask for `plans show`.");
        assert!(size(&short) <= MAX_ANSWER && size(&short) > MAX_ANSWER / 2, "{}", size(&short));
        assert_eq!((&short["plan"], &short["requests"]), (&json!("p"), &few));
        let shown = short["effects"].as_array().unwrap().len();
        assert_eq!(short["leftOut"], json!({ "effects": 5_000 - shown }));
        let within = short["inner"]["places"].as_array().unwrap().len();
        assert_eq!(short["inner"]["leftOut"], json!({ "places": 5_000 - within }));
        assert!(short["note"].as_str().unwrap().ends_with("Ask for `plans show`."));
    }

    #[test]
    fn an_endless_text_is_cut_with_a_mark_however_it_is_escaped() {
        for c in ["x", "\"", "\u{202e}", "\u{e0049}", "日", "\u{1}"] {
            let short = bounded(json!({ "name": c.repeat(100_000), "tags": [c.repeat(100_000)] }), "More.");
            assert!(size(&short) <= MAX_ANSWER, "{c:?} {}", size(&short));
            assert!(
                short["name"].as_str().unwrap().ends_with('…') && short["tags"][0].as_str().unwrap().ends_with('…')
            );
        }
    }

    #[test]
    fn cuts_requests_last() {
        let list = |count: usize| Value::from(vec!["x".repeat(97); count]);
        for (requests, effects, whole) in [(450, 450, true), (450, 3, true), (3, 450, true), (900, 450, false)] {
            let phrase = "p".repeat(4_000);
            let answer = json!({ "effects": list(effects), "requests": list(requests), "acknowledge": phrase });
            let short = bounded(answer, "More.");
            assert!(size(&short) <= MAX_ANSWER, "{}", size(&short));
            let kept = short["requests"].as_array().unwrap().len();
            assert_eq!(kept == requests, whole, "{requests}, {effects}: {kept}");
            assert!(kept > 400 || whole, "{requests}, {effects}: {kept}");
            assert_eq!(short["acknowledge"], *phrase, "{requests}, {effects}");
            assert!(short["effects"].as_array().unwrap().len() >= effects.min(10));
        }
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let mut text = String::from("What would be sent:\n");
        (0..10_000).for_each(|at| text.push_str(&format!("  {at}. create secret\n")));
        text.push_str("Plan  abcd\nNeeds  this phrase\n");
        let short = bounded_text(text, "Ask for more.");
        assert!(text_size(&short) <= MAX_ANSWER && text_size(&short) > MAX_ANSWER / 2);
        assert!(short.starts_with("What would be sent:\n  0. ") && short.ends_with("Plan  abcd\nNeeds  this phrase\n"));
        let marked = short.lines().find(|line| line.starts_with('…')).unwrap();
        let left_out: usize = marked.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(left_out + short.lines().count() - 1, 10_003);
        assert!(marked.ends_with("Ask for more."));
        let one_line = bounded_text("x".repeat(100_000), "Ask for more.");
        assert!(text_size(&one_line) <= MAX_ANSWER && one_line.contains("Ask for more."), "{one_line}");
    }

    fn any_answer() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<u32>().prop_map(Value::from),
            ("[a-z\"\u{202e}\u{e0049}\u{1}\n日]{0,6}", 0_usize..3_000)
                .prop_map(|(text, times)| Value::from(text.repeat(times))),
        ];
        leaf.prop_recursive(4, 16, 6, |inner| {
            prop_oneof![
                (proptest::collection::vec(inner.clone(), 0..5), 0_usize..40).prop_map(|(items, times)| items
                    .iter()
                    .cycle()
                    .take(items.len() * times)
                    .cloned()
                    .collect()),
                proptest::collection::btree_map("[a-z]{1,8}", inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn whatever_is_answered_is_within_the_bound(fields in proptest::collection::btree_map("[a-z]{1,8}", any_answer(), 0..6)) {
            let short = bounded(Value::Object(fields.into_iter().collect()), "More.");
            prop_assert!(size(&short) <= MAX_ANSWER, "{}", size(&short));
            for written in [short.to_string(), escape_json(&short.to_string()), visible(short.clone(), MAX_TEXT).to_string()] {
                prop_assert!(written.len() <= size(&short), "{}", written.len());
            }
        }
    }
}
