//! JSON as it is written: fields in order and possibly duplicated, numbers as digits, unpaired
//! surrogates, and characters in any escaped form. An ordinary parser would normalize these, but
//! the reader of answers must handle them.

use std::iter::Peekable;
use std::str::Chars;

/// Stands for an unpaired surrogate, which a Rust string can't contain.
pub(crate) const HALF: char = '\u{e000}';

/// The maximum depth that is parsed. The host's own limit is far lower.
const MAX_DEPTH: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    /// `null`, a boolean or a number, as written.
    Atom(String),
    Text(String),
    List(Vec<Json>),
    Fields(Vec<(String, Json)>),
}

impl Json {
    /// Parses the bytes as JSON.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut parser = Parser(std::str::from_utf8(bytes).ok()?.chars().peekable());
        let value = parser.value(MAX_DEPTH)?;
        parser.blanks();
        parser.0.next().is_none().then_some(value)
    }

    /// Returns the first field of this name.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Writes it. The bits of `escapes` select the characters that are written as escapes.
    pub(crate) fn write(&self, escapes: &[u8]) -> String {
        let mut bits = escapes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).cycle();
        let mut out = String::new();
        self.write_to(&mut out, &mut || bits.next().unwrap_or(false));
        out
    }

    fn write_to(&self, out: &mut String, bit: &mut impl FnMut() -> bool) {
        match self {
            Self::Atom(atom) => out.push_str(atom),
            Self::Text(text) => write_text(text, out, bit),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write_to(out, bit);
                }
                out.push(']');
            }
            Self::Fields(fields) => {
                out.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    write_text(key, out, bit);
                    out.push(':');
                    value.write_to(out, bit);
                }
                out.push('}');
            }
        }
    }
}

/// The two-character escapes.
const SHORT: [(char, char); 8] =
    [('"', '"'), ('\\', '\\'), ('/', '/'), ('\u{8}', 'b'), ('\u{c}', 'f'), ('\n', 'n'), ('\r', 'r'), ('\t', 't')];

fn write_text(text: &str, out: &mut String, bit: &mut impl FnMut() -> bool) {
    out.push('"');
    for c in text.chars() {
        if c == HALF {
            out.push_str(if bit() { "\\ude00" } else { "\\ud83d" });
        } else if bit() || c < ' ' || matches!(c, '"' | '\\') {
            let short = SHORT.iter().find(|(matched, _)| *matched == c);
            match (bit(), bit(), short) {
                (true, true, Some((_, short))) => out.extend(['\\', *short]),
                style => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write_unit(*unit, style.0, style.1, out)),
            }
        } else {
            out.push(c);
        }
    }
    out.push('"');
}

/// Writes `\u` and four digits. The flags select capitals for digits at even and at odd positions.
fn write_unit(unit: u16, first: bool, second: bool, out: &mut String) {
    out.push_str("\\u");
    for (at, digit) in format!("{unit:04x}").chars().enumerate() {
        let in_capitals = if at % 2 == 0 { first } else { second };
        out.push(if in_capitals { digit.to_ascii_uppercase() } else { digit });
    }
}

struct Parser<'a>(Peekable<Chars<'a>>);

impl Parser<'_> {
    fn blanks(&mut self) {
        while self.0.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    fn take(&mut self, c: char) -> Option<char> {
        self.blanks();
        self.0.next_if_eq(&c)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        if self.take('{').is_some() {
            let field = |parser: &mut Self| {
                parser.blanks();
                let key = parser.text()?;
                parser.take(':')?;
                Some((key, parser.value(depth)?))
            };
            return self.until('}', field).map(Json::Fields);
        }
        if self.take('[').is_some() {
            return self.until(']', |parser| parser.value(depth)).map(Json::List);
        }
        self.blanks();
        if self.0.peek() == Some(&'"') {
            return self.text().map(Json::Text);
        }
        let mut atom = String::new();
        while let Some(c) = self.0.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
            atom.push(c);
        }
        let is_atom = serde_json::from_str::<serde_json::Value>(&atom).is_ok();
        is_atom.then_some(Json::Atom(atom))
    }

    fn until<T>(&mut self, end: char, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        if self.take(end).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(end).is_some() {
                return Some(items);
            }
            self.take(',')?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.0.next_if_eq(&'"')?;
        let mut text = String::new();
        loop {
            match self.0.next()? {
                '"' => return Some(text),
                '\\' => match self.0.next()? {
                    'u' => {
                        let unit = self.unit()?;
                        text.push(self.character(unit)?);
                    }
                    short => text.push(SHORT.iter().find(|(_, written)| *written == short)?.0),
                },
                c if c < ' ' => return None,
                c => text.push(c),
            }
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | u16::try_from(self.0.next()?.to_digit(16)?).ok()?;
        }
        Some(unit)
    }

    /// Returns the character of a unit, combined with the second surrogate if one follows.
    fn character(&mut self, unit: u16) -> Option<char> {
        let mut ahead = Parser(self.0.clone());
        if (0xd800..0xdc00).contains(&unit) && ahead.0.next() == Some('\\') && ahead.0.next() == Some('u') {
            let pair = [unit, ahead.unit()?];
            if let Some(Ok(c)) = char::decode_utf16(pair).next() {
                self.0 = ahead.0;
                return Some(c);
            }
        }
        Some(char::from_u32(u32::from(unit)).unwrap_or(HALF))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_round_trips_in_any_escapes_with_duplicate_fields() {
        let json = r#"{"a":"x/\n\"\\é🔐\u0001","a":[1.50,null,{"b":-3e2}],"":{},"c":"\ud83d\ude00\u000A"}"#;
        let parsed = Json::parse(json.as_bytes()).unwrap();
        for escapes in [b"".as_slice(), b"\xff", b"\x55", b"\x0f\xaa", b"\x91\x3c\x07"] {
            let written = parsed.write(escapes);
            assert_eq!(Json::parse(written.as_bytes()).as_ref(), Some(&parsed), "{written}");
            assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok(), "{written}");
        }
        assert!(matches!(&parsed, Json::Fields(fields) if fields.len() == 4 && fields[0].0 == fields[1].0));
    }

    #[test]
    fn parses_every_kind_of_escape() {
        let written: String =
            (0..=255).map(|byte| Json::Text("/\n\"z🔐é".to_owned()).write(&[byte, byte ^ 0x5a])).collect();
        for escape in
            [r"\/", r"\n", r#"\""#, r"\u002f", r"\u002F", r"\ud83d\udd10", r"\uD83D\uDD10", r"\uD83d\uDd10", r"\u00e9"]
        {
            assert!(written.contains(escape), "{escape}");
        }
    }

    #[test]
    fn keeps_unpaired_surrogates() {
        let parsed = Json::parse(br#"["\ud83d","\ude00x","\ud83d\u0041"]"#).unwrap();
        let halves = |text: &str| Json::Text(text.to_owned());
        assert_eq!(parsed, Json::List(vec![halves("\u{e000}"), halves("\u{e000}x"), halves("\u{e000}A")]));
        assert_eq!(parsed.write(&[]), r#"["\ud83d","\ud83dx","\ud83dA"]"#);
    }

    #[test]
    fn parses_invalid_json_as_none() {
        for text in ["", "{", "[1,]", r#"{"a"}"#, "tru", "01", "1 2", "\"\n\"", r#""\x""#, &"[".repeat(1_000)] {
            assert_eq!(Json::parse(text.as_bytes()), None, "{text}");
        }
    }
}
