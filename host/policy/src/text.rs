//! Makes untrusted text safe for a terminal, a log or a message.

/// Escapes everything in `text` that isn't plainly visible: control characters, line ends,
/// bidirectional overrides, zero-width characters, combining marks without a base. It escapes
/// backslashes, too, so that nobody can forge an escape.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        escape_into(&mut out, c);
    }
    out
}

/// Like [`escape`], with at most `max` characters of `text`. `…` marks a cut.
#[must_use]
pub fn escape_capped(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(max) {
        escape_into(&mut out, c);
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Writes a name as an approver sees and types it. `A-Z a-z 0-9 _ - . @ +` stay as they are, and
/// everything else becomes `\u{hex}`. It is never cut, and no two names look alike, because letters
/// outside of ASCII are escaped.
#[must_use]
pub fn exact(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+') {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// Like [`exact`] for a path, whose slashes stay.
#[must_use]
pub fn exact_path(path: &str) -> String {
    path.split('/').map(exact).collect::<Vec<_>>().join("/")
}

/// Writes a text of several words like [`exact`]. Its blanks stay.
#[must_use]
pub fn exact_words(text: &str) -> String {
    text.split(' ').map(exact).collect::<Vec<_>>().join(" ")
}

/// Writes a title as an approver sees it: [`exact_words`] in quotes.
#[must_use]
pub fn exact_title(title: &str) -> String {
    format!("\"{}\"", exact_words(title))
}

/// Like [`escape_capped`], for text whose names are escaped already. Backslashes stay, so that
/// nothing is escaped twice.
#[must_use]
pub fn escape_unseen_capped(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(max) {
        if c == '\\' { out.push(c) } else { escape_into(&mut out, c) }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Writes every character in `json` that [`escape`] would escape as a `\u` escape of JSON. The
/// result is the same JSON, plainly visible.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// Whether a character is plainly visible, or is a line end or backslash of JSON itself.
fn is_plain(c: char) -> bool {
    let mut escaped = String::new();
    escape_into(&mut escaped, c);
    matches!(c, '\\' | '\n') || escaped.chars().eq([c])
}

fn escape_into(out: &mut String, c: char) {
    match c {
        // Most characters, without a look at the tables.
        ' '..='[' | ']'..='~' => out.push(c),
        // Characters that look like a blank and aren't one, and letters of Unicode that draw
        // nothing.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => out.extend(c.escape_unicode()),
        // The standard library's escape knows what is printable. It escapes the categories C and Z,
        // except the blank.
        _ => out.extend(c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn does_not_escape_twice() {
        let once = escape("a\\b\u{202e}\n");
        assert_eq!(once, "a\\\\b\\u{202e}\\n");
        assert_eq!(escape_unseen_capped(&once, 100), once);
        assert_eq!(escape_unseen_capped("a\u{202e}\nb\\", 100), "a\\u{202e}\\nb\\");
        assert_eq!(escape_unseen_capped("abc", 2), "ab…");
    }

    #[test]
    fn escapes_deceptive_characters() {
        for (text, escaped) in [
            ("DB_PASSWORD", "DB_PASSWORD"),
            ("pässwörd 🔐 日本語", "pässwörd 🔐 日本語"),
            ("it's \"quoted\"", "it's \"quoted\""),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("\u{1b}]8;;http://x\u{7}", "\\u{1b}]8;;http://x\\u{7}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{202e}x", "\\u{202e}x"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\u{a0}b\u{2028}", "a\\u{a0}b\\u{2028}"),
            ("\u{e0041}", "\\u{e0041}"),
            ("\u{3164}", "\\u{3164}"),
            ("\\u{202e}", "\\\\u{202e}"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn exact_name_has_only_plain_characters() {
        for (name, shown) in [
            ("DB_PASSWORD", "DB_PASSWORD"),
            ("a.b-c@d+e", "a.b-c@d+e"),
            ("a b", "a\\u{20}b"),
            ("a/b", "a\\u{2f}b"),
            ("\\u{20}", "\\u{5c}u\\u{7b}20\\u{7d}"),
            ("p\u{430}ss", "p\\u{430}ss"),
            ("", ""),
        ] {
            assert_eq!(exact(name), shown, "{name}");
        }
        assert_eq!(exact_title("Payments EU \"x\""), "\"Payments EU \\u{22}x\\u{22}\"");
        assert_eq!(exact_path("/app/a b"), "/app/a\\u{20}b");
        assert_eq!(exact(&"x".repeat(1_000)).len(), 1_000, "never cut");
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(escape_capped("abcdef", 3), "abc…");
        assert_eq!(escape_capped("abc", 3), "abc");
        assert_eq!(escape_capped("\n\n", 1), "\\n…");
    }

    #[test]
    fn json_stays_the_same_json_and_becomes_visible() {
        for name in ["A\u{9b}31mX\u{202e}Y\u{7f}\u{200b}", "\u{e0041}\u{1f510}", "\"\\ \n\u{0}", "日本語"] {
            let json = serde_json::json!({ name: name }).to_string();
            let visible = escape_json(&json);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&visible).unwrap(), serde_json::json!({ name: name }));
            assert!(
                !visible.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{e0041}')),
                "{visible}"
            );
        }
        assert!(escape_json("\"日本語 🔐\"").contains("日本語 🔐"));
    }

    proptest! {
        #[test]
        fn json_means_the_same_when_it_is_made_visible(text in any::<String>()) {
            let json = serde_json::Value::from(text.as_str()).to_string();
            prop_assert_eq!(serde_json::from_str::<String>(&escape_json(&json)).unwrap(), text);
        }

        #[test]
        fn output_is_one_printable_line(text in any::<String>()) {
            let escaped = escape(&text);
            prop_assert!(!escaped.chars().any(char::is_control));
            prop_assert!(escaped.lines().count() <= 1);
        }

        #[test]
        fn two_texts_never_look_the_same(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(escape(&a) == escape(&b), a == b);
            prop_assert_eq!(exact(&a) == exact(&b), a == b);
            prop_assert_eq!(exact_path(&a) == exact_path(&b), a == b);
            prop_assert_eq!(exact_title(&a) == exact_title(&b), a == b);
        }
    }
}
