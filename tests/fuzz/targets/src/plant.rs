//! Planting: a JSON text with a canary at every place where something that stays hidden could stand, and nowhere else.

use arbitrary::{Result, Unstructured};
use serde_json::Value;

/// What must not come out.
pub(crate) const CANARY: &str = "CANARY";

/// The same, as a number.
pub(crate) const NUMBER: &str = "918273645";

/// The fields whose texts are shown (docs/routes.md). The server says in them what it likes.
const SHOWN: [&str; 18] = [
    "id",
    "secretKey",
    "secretPath",
    "environment",
    "type",
    "createdAt",
    "updatedAt",
    "slug",
    "name",
    "actorType",
    "actorId",
    "relativePath",
    "ipAddress",
    "username",
    "identityId",
    "userId",
    "folderPath",
    "folderName",
];

/// What is below these is never shown, whatever it is called there.
const HIDDEN: [&str; 7] =
    ["secretValue", "secretComment", "secretReminderNote", "secretMetadata", "imports", "details", "value"];

/// Where to build an answer around.
const FRAMES: [&str; 7] = [
    r#"{"secrets":[{"id":"i","secretKey":"A","environment":"dev","version":3,"tags":[{"slug":"t"}],"actor":{"name":"n"}}]}"#,
    r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":3,"secretValue":"v"}}"#,
    r#"{"folders":[{"id":"f","name":"db"}],"folder":{"id":"f","name":"db"}}"#,
    r#"{"projects":[{"id":"p","slug":"p","name":"P","environments":[{"slug":"dev","name":"D"}]}]}"#,
    r#"{"project":{"id":"p","slug":"p","name":"P","environments":[]},"environment":{"slug":"d","name":"D"},"memberships":[{"id":"m"}]}"#,
    r#"{"auditLogs":[{"id":"a","createdAt":"t","event":{"type":"e","metadata":{}},"actor":{"metadata":{"name":"n"}}}]}"#,
    r#"{"statusCode":404,"error":"NotFound","message":"Secret with name","reqId":5,"tags":[{"id":"t","slug":"t"}],"approval":null}"#,
];

/// JSON as it is written: fields in order, perhaps twice.
pub(crate) enum Json {
    /// `null`, a boolean or a number, as it stands.
    Atom(String),
    Text(String),
    List(Vec<Json>),
    Fields(Vec<(String, Json)>),
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Fields(fields.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
            atom => Self::Atom(atom.to_string()),
        }
    }
}

impl Json {
    /// The JSON that the bytes are, or else one built from them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            return value.into();
        }
        let mut u = Unstructured::new(bytes);
        let frame = u.choose(&FRAMES).copied().unwrap_or(FRAMES[0]);
        let mut built: Self = serde_json::from_str::<Value>(frame).unwrap().into();
        // Where the bytes end, so does what is put in.
        let _ = built.furnish(&mut u);
        built
    }

    /// Puts fields of any name and shape into every object.
    fn furnish(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match self {
            Self::List(items) => items.iter_mut().try_for_each(|item| item.furnish(u)),
            Self::Fields(fields) => {
                for (_, value) in fields.iter_mut() {
                    value.furnish(u)?;
                    if u.ratio(1, 16)? {
                        *value = shape(u, 3)?;
                    }
                }
                for _ in 0..u.int_in_range(0..=3)? {
                    let at = u.choose_index(fields.len() + 1)?;
                    fields.insert(at, (key(u)?, shape(u, 3)?));
                }
                Ok(())
            }
            Self::Atom(_) | Self::Text(_) => Ok(()),
        }
    }

    /// Puts the canary into every text and number that isn't one of those that are shown, and takes it out of those.
    pub(crate) fn plant(&mut self) {
        self.plant_under("", "", false);
    }

    fn plant_under(&mut self, parent: &str, key: &str, hidden: bool) {
        let hidden = hidden
            || HIDDEN.contains(&key)
            || matches!((parent, key), (parent, "metadata") if parent != "event" && parent != "actor");
        match self {
            Self::Text(text) if !hidden && SHOWN.contains(&key) => *text = without_canary(text),
            Self::Text(text) => text.push_str(CANARY),
            Self::Atom(atom) => {
                if key != "version" && atom.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
                    NUMBER.clone_into(atom);
                }
            }
            // A text in a list isn't under a key of its own, and what is in a list of objects keeps the list's parent.
            Self::List(items) => items.iter_mut().for_each(|item| match item {
                Self::Text(text) => text.push_str(CANARY),
                item => item.plant_under(parent, key, hidden),
            }),
            Self::Fields(fields) => {
                for (field, value) in fields {
                    value.plant_under(key, field, hidden);
                }
            }
        }
    }

    /// Writes it, with characters as escapes where the bits of `escapes` say so.
    pub(crate) fn write(&self, escapes: &[u8]) -> String {
        let mut bits = escapes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).cycle();
        let mut out = String::new();
        self.write_to(&mut out, &mut || bits.next().unwrap_or(false));
        out
    }

    fn write_to(&self, out: &mut String, is_escaped: &mut impl FnMut() -> bool) {
        match self {
            Self::Atom(atom) => out.push_str(atom),
            Self::Text(text) => write_text(text, out, is_escaped),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write_to(out, is_escaped);
                }
                out.push(']');
            }
            Self::Fields(fields) => {
                out.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    write_text(key, out, is_escaped);
                    out.push(':');
                    value.write_to(out, is_escaped);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String, is_escaped: &mut impl FnMut() -> bool) {
    out.push('"');
    for c in text.chars() {
        if is_escaped() || c < ' ' || matches!(c, '"' | '\\') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('"');
}

/// A name that answers have, or any.
fn key(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=3_u8)? {
        0 => (*u.choose(&SHOWN)?).to_owned(),
        1 => (*u.choose(&HIDDEN)?).to_owned(),
        2 => {
            (*u.choose(&["metadata", "tags", "secretValueHidden", "message", "error", "approval", "", "Secretvalue"])?)
                .to_owned()
        }
        _ => u.arbitrary()?,
    })
}

fn shape(u: &mut Unstructured<'_>, depth: u8) -> Result<Json> {
    Ok(match u.int_in_range(0..=if depth == 0 { 3_u8 } else { 6 })? {
        0 => Json::Atom((*u.choose(&["null", "true", "false"])?).to_owned()),
        1 => Json::Atom((*u.choose(&["0", "-1", "1e3", "4294967296"])?).to_owned()),
        2 | 3 => Json::Text(u.arbitrary()?),
        4 => {
            let count = u.int_in_range(0..=3_usize)?;
            Json::List((0..count).map(|_| shape(u, depth - 1)).collect::<Result<_>>()?)
        }
        _ => {
            let count = u.int_in_range(0..=3_usize)?;
            let field = |u: &mut Unstructured<'_>| Ok((key(u)?, shape(u, depth - 1)?));
            Json::Fields((0..count).map(|_| field(u)).collect::<Result<_>>()?)
        }
    })
}

/// The text without any canary, and without one that its parts make when another is taken out.
pub(crate) fn without_canary(text: &str) -> String {
    let mut text = text.to_owned();
    while text.contains(CANARY) {
        text = text.replace(CANARY, "");
    }
    text
}

/// Holds that nothing planted is in `bytes`.
pub(crate) fn assert_clean(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(!text.contains(CANARY) && !text.contains(NUMBER), "planted, and come out: {text}");
}
