//! Edits client ids in the configuration's text. It is pure. Comments and everything else stay
//! unchanged.

use super::rules::Kind;
use toml::{Table, Value};

/// Sets this client id in the identity's table. If the table doesn't exist, it is added, with
/// `secret_file`.
///
/// # Errors
/// If the text can't be edited without changing anything else. Then a person has to edit it.
pub fn set_client_id(text: &str, kind: Kind, client_id: &str, secret_file: &str) -> Result<String, String> {
    let table = kind.table();
    let by_hand =
        || format!("the configuration can't be edited safely: write `client_id = \"{client_id}\"` under [{table}]");
    let before: Table = toml::from_str(text).map_err(|_| by_hand())?;
    let line = format!("client_id = \"{client_id}\"");
    let mut lines: Vec<&str> = text.lines().collect();
    let header = lines.iter().position(|it| name_of(it) == Some(table));
    let added;
    match header {
        None => {
            added = format!("[{table}]\n{line}\nclient_secret_file = \"{secret_file}\"");
            lines.extend(["", added.as_str()]);
        }
        Some(header) => {
            let end = lines.iter().skip(header + 1).position(|it| it.trim_start().starts_with('['));
            let end = end.map_or(lines.len(), |end| header + 1 + end);
            let is_id = |it: &&str| {
                it.trim_start().strip_prefix("client_id").is_some_and(|rest| rest.trim_start().starts_with('='))
            };
            match (header + 1..end).find(|at| lines.get(*at).is_some_and(is_id)) {
                Some(at) => _ = std::mem::replace(lines.get_mut(at).ok_or_else(by_hand)?, line.as_str()),
                None => lines.insert(header + 1, &line),
            }
        }
    }
    let text = format!("{}\n", lines.join("\n"));
    let after: Table = toml::from_str(&text).map_err(|_| by_hand())?;
    let mut expected = before;
    let entry = expected.entry(table.to_owned()).or_insert_with(|| {
        let secret = ("client_secret_file".to_owned(), Value::String(secret_file.to_owned()));
        Value::Table([secret].into_iter().collect())
    });
    entry.as_table_mut().ok_or_else(by_hand)?.insert("client_id".to_owned(), Value::String(client_id.to_owned()));
    if after == expected { Ok(text) } else { Err(by_hand()) }
}

/// Empties the client id in the identity's table if it is this one.
///
/// # Errors
/// The same as [`set_client_id`].
pub fn blank_client_id(text: &str, kind: Kind, client_id: &str) -> Result<Option<String>, String> {
    let table: Option<Table> = toml::from_str(text).ok();
    let has = table.as_ref().and_then(|table| table.get(kind.table())?.get("client_id")?.as_str());
    if has == Some(client_id) { set_client_id(text, kind, "", "").map(Some) } else { Ok(None) }
}

/// Returns the name of the table that a line begins.
fn name_of(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with('#')).then(|| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_client_id_changes() {
        for (text, expected) in [
            (
                "# x\n[read]\nclient_id = \"\"   # paste\nclient_secret_file = \"/r\"\n",
                "# x\n[read]\nclient_id = \"ID\"\nclient_secret_file = \"/r\"\n",
            ),
            (
                "[read] # reads\n# client_id = \"no\"\nclient_secret_file = \"/r\"\n[write]\nclient_id = \"w\"\n",
                "[read] # reads\nclient_id = \"ID\"\n# client_id = \"no\"\nclient_secret_file = \"/r\"\n[write]\nclient_id = \"w\"\n",
            ),
            (
                "url = \"u\"\n[[scopes]]\nproject = \"p\"\n",
                "url = \"u\"\n[[scopes]]\nproject = \"p\"\n\n[read]\nclient_id = \"ID\"\nclient_secret_file = \"/s\"\n",
            ),
            (
                "[write]\nclient_id = \"w\"\n[ read ]\n  client_id=\"old\"",
                "[write]\nclient_id = \"w\"\n[ read ]\nclient_id = \"ID\"\n",
            ),
        ] {
            assert_eq!(set_client_id(text, Kind::Reader, "ID", "/s").unwrap(), expected);
        }
        // Tables whose names have the same beginning stay unchanged.
        let scopes = "reveals = \"switch\"\n[[reveal_scopes]]\nproject = \"p\"\n";
        let expected = format!("{scopes}\n[reveal]\nclient_id = \"ID\"\nclient_secret_file = \"/s\"\n");
        assert_eq!(set_client_id(scopes, Kind::Reveal, "ID", "/s").unwrap(), expected);
    }

    #[test]
    fn leaves_unsafe_edits_to_a_person() {
        for text in [
            "read = { client_id = \"a\" }\n",
            "read.client_id = \"a\"\n",
            "not toml",
            "[read]\nclient_id = \"\"\"\nold\"\"\"\n",
            "text = \"\"\"\n[read]\nclient_id = \"x\"\n\"\"\"\n",
        ] {
            let said = set_client_id(text, Kind::Reader, "ID", "/s").unwrap_err();
            assert!(said.contains("write `client_id = \"ID\"` under [read]"), "{text}: {said}");
        }
    }

    #[test]
    fn empties_only_the_given_client_id() {
        let text = "[write]\nclient_id = \"w\"\nclient_secret_file = \"/w\"\n";
        let blank = "[write]\nclient_id = \"\"\nclient_secret_file = \"/w\"\n";
        assert_eq!(blank_client_id(text, Kind::Writer, "w"), Ok(Some(blank.to_owned())));
        assert_eq!(blank_client_id(text, Kind::Writer, "another"), Ok(None));
        assert_eq!(blank_client_id(text, Kind::Reader, "w"), Ok(None));
    }
}
