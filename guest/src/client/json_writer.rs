//! Writes JSON in the form of docs/routes.md: without blanks, and with only the necessary escapes.

/// An object that is being written.
pub(crate) struct Object {
    text: String,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self { text: "{".to_owned() }
    }

    /// Adds a text.
    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        let mut object = self.key(key);
        quote_into(&mut object.text, value);
        object
    }

    /// Adds a text, if there is one.
    pub(crate) fn optional(self, key: &str, value: Option<&str>) -> Self {
        if let Some(value) = value { self.text(key, value) } else { self }
    }

    /// Adds a field that is JSON already.
    pub(crate) fn json(self, key: &str, json: &str) -> Self {
        let mut object = self.key(key);
        object.text.push_str(json);
        object
    }

    pub(crate) fn close(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn key(mut self, key: &str) -> Self {
        part_from_others(&mut self.text);
        quote_into(&mut self.text, key);
        self.text.push(':');
        self
    }
}

/// An array that is being written.
pub(crate) struct Array {
    text: String,
}

impl Array {
    pub(crate) fn new() -> Self {
        Self { text: "[".to_owned() }
    }

    /// Adds a text or null.
    pub(crate) fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                part_from_others(&mut self.text);
                quote_into(&mut self.text, text);
            }
            None => self.json("null"),
        }
    }

    /// Adds an element that is JSON already.
    pub(crate) fn json(&mut self, json: &str) {
        part_from_others(&mut self.text);
        self.text.push_str(json);
    }

    pub(crate) fn close(mut self) -> String {
        self.text.push(']');
        self.text
    }
}

fn part_from_others(text: &mut String) {
    if text.len() > 1 {
        text.push(',');
    }
}

/// The length in bytes of a text as JSON.
pub(crate) fn quoted_len(text: &str) -> usize {
    let len = |byte: u8| match byte {
        b'"' | b'\\' | 0x8 | b'\t' | b'\n' | 0xc | b'\r' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(len).sum::<usize>()
}

fn quote_into(out: &mut String, text: &str) {
    // Reserved at once: a buffer that grows would leave copies of a value in memory.
    out.reserve(quoted_len(text));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                out.push_str("\\u00");
                for nibble in [u32::from(c) >> 4, u32::from(c) & 0xf] {
                    out.extend(char::from_digit(nibble, 16));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> String {
        let mut out = String::new();
        quote_into(&mut out, text);
        out
    }

    #[test]
    fn every_character_is_written_as_the_table_has_it() {
        for code in (0..=0xffff).chain([0x1_0000, 0x1_f510, 0x10_ffff]) {
            let Some(c) = char::from_u32(code) else { continue };
            let text = c.to_string();
            assert_eq!(quoted(&text), serde_json::to_string(&text).unwrap(), "{code:x}");
            assert_eq!(quoted(&text).len(), quoted_len(&text), "{code:x}");
        }
    }

    #[test]
    fn an_object_has_its_fields_in_order_and_no_blanks() {
        let object = Object::new().text("a", "1\"").optional("b", None).json("c", "true").json("d", "7");
        assert_eq!(object.optional("e", None).optional("f", Some("")).close(), r#"{"a":"1\"","c":true,"d":7,"f":""}"#);
        assert_eq!(Object::new().close(), "{}");
        let mut array = Array::new();
        assert_eq!(Array::new().close(), "[]");
        array.text(Some("a"));
        array.text(None);
        array.json("[]");
        assert_eq!(array.close(), r#"["a",null,[]]"#);
    }

    proptest! {
        #[test]
        fn a_text_is_written_as_serde_json_writes_it(text in any::<String>(), key in "[a-z{,]{1,3}") {
            let expected = serde_json::json!({ key.as_str(): text.as_str() }).to_string();
            prop_assert_eq!(Object::new().text(&key, &text).close(), expected);
            prop_assert_eq!(quoted(&text).len(), quoted_len(&text));
        }
    }
}
