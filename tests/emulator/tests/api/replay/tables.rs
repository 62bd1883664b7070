//! The recordings' tables: the answer to each request, by identity.

use serde_json::Value;

use crate::client::Answer;

use super::stage::SetUp;

/// The mask of a hidden value.
const HIDDEN: &str = "<hidden-by-infisical>";

/// A table: the identities of its columns, and its rows by title.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) identities: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

/// The table with this number of cells in the notes after an exchange.
pub(crate) fn read(notes: &str, cells: usize) -> SetUp<Table> {
    let table = parse(notes).ok_or("no table")?;
    let found: usize = table.rows.iter().map(|(_, cells)| cells.len()).sum();
    if found == cells { Ok(table) } else { Err(format!("a table of {found} cells instead of {cells}")) }
}

fn parse(notes: &str) -> Option<Table> {
    let rows = notes.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut rows = rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").map(str::to_owned));
    let identities = rows.next()?.skip(1).collect();
    let titled = |mut cells: std::iter::Map<_, _>| Some((cells.next()?, cells.collect::<Vec<String>>()));
    Some(Table { identities, rows: rows.filter_map(titled).collect() })
}

/// The placeholder of an identity's token: `$VIEWER_MINUS_TOKEN`.
pub(crate) fn token_of(identity: &str) -> String {
    format!("${}_TOKEN", identity.to_uppercase().replace('-', "_"))
}

fn values<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("secretValue").and_then(Value::as_str));
            fields.values().for_each(|value| values(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        _ => {}
    }
}

/// The number of items in an answer that is a list.
fn length(body: &Value) -> Option<usize> {
    let lists = body.as_object()?.iter().filter_map(|(name, value)| Some((name, value.as_array()?)));
    let secrets_first = lists.max_by_key(|(name, _)| name.as_str() == "secrets");
    secrets_first.map(|(_, items)| items.len())
}

/// Compares a cell (`200 2 hidden`, `200 VALUE`, `200 [0]`, `404 NotFound`, `403`) with an answer.
pub(crate) fn compare(cell: &str, answer: &Answer) -> SetUp {
    let mut words = cell.split(' ').peekable();
    let status: u16 = words.next().and_then(|word| word.parse().ok()).ok_or("no status")?;
    let differs = |found: &str| Err(format!("recorded {cell}, got {found}: {:.300}", answer.text));
    if answer.status != status {
        return differs(&answer.status.to_string());
    }
    let body: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    values(&body, &mut found);
    let count = words.next_if(|word| word.parse::<usize>().is_ok());
    let kind = words.next();
    let is_same = match (status, kind) {
        (200, None) => found.is_empty(),
        (200, Some("hidden")) => found.iter().all(|value| *value == HIDDEN) && !found.is_empty(),
        (200, Some("VALUE")) => found.iter().any(|value| *value != HIDDEN && !value.is_empty()),
        (200, Some("empty")) => found.iter().all(|value| value.is_empty()) && !found.is_empty(),
        (200, Some(listed)) => found.is_empty() && length(&body).is_some_and(|length| listed == format!("[{length}]")),
        (403, None) => true,
        (_, None) => true,
        (_, Some(error)) => body["error"] == error,
    };
    let counted = count.is_none_or(|count| count == found.len().to_string());
    if is_same && counted { Ok(()) } else { differs(&format!("{} values", found.len())) }
}

/// Compares a cell with an answer. Returns the difference with its row and column.
pub(crate) fn difference(title: &str, identity: &str, cell: &str, answer: &Answer) -> Option<String> {
    compare(cell, answer).err().map(|difference| format!("{identity}, {title}: {difference}"))
}

/// The same for a table in which a bare 403 means `PermissionDenied`.
pub(crate) fn differences(title: &str, identity: &str, cell: &str, answer: &Answer) -> Option<String> {
    if cell == "403" && !answer.text.contains("\"error\":\"PermissionDenied\"") {
        return Some(format!("{identity}, {title}: not by permission: {:.300}", answer.text));
    }
    difference(title, identity, cell, answer)
}

/// All differences in one text.
pub(crate) fn all(differences: Vec<String>) -> SetUp {
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n      ")) }
}

#[cfg(test)]
mod tests {
    use super::{compare, parse};
    use crate::client::Answer;

    fn answer(status: u16, text: &str) -> Answer {
        Answer { status, headers: Vec::new(), text: text.to_owned(), is_whole: true }
    }

    #[test]
    fn cells_are_compared_with_answers() {
        let hidden = r#"{"secrets":[{"secretValue":"<hidden-by-infisical>"}],"imports":[]}"#;
        let value = r#"{"secret":{"secretValue":"v"}}"#;
        for (cell, status, text, is_same) in [
            ("200 1 hidden", 200, hidden, true),
            ("200 hidden", 200, hidden, true),
            ("200 2 hidden", 200, hidden, false),
            ("200 VALUE", 200, hidden, false),
            ("200 VALUE", 200, value, true),
            ("200 hidden", 200, value, false),
            ("200 empty", 200, r#"{"secret":{"secretValue":""}}"#, true),
            ("200 [0]", 200, r#"{"secrets":[],"imports":[1]}"#, true),
            ("200 [1]", 200, r#"{"secrets":[],"imports":[1]}"#, false),
            ("200 [1]", 200, r#"{"results":[1]}"#, true),
            ("200", 200, r#"{"project":{}}"#, true),
            ("200", 403, r#"{}"#, false),
            ("404 NotFound", 404, r#"{"error":"NotFound"}"#, true),
            ("404 NotFound", 404, r#"{"error":"Other"}"#, false),
        ] {
            assert_eq!(compare(cell, &answer(status, text)).is_ok(), is_same, "{cell} {text}");
        }
    }

    #[test]
    fn tables_are_read_from_notes() {
        let table = parse("Said.\n\n| request | a | b |\n| --- | --- | --- |\n| list, x | 200 [0] | 403 |\n").unwrap();
        assert_eq!(table.identities, ["a", "b"]);
        assert_eq!(table.rows, [("list, x".to_owned(), vec!["200 [0]".to_owned(), "403".to_owned()])]);
    }
}
