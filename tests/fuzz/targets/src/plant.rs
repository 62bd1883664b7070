//! Plants canaries in JSON at every place that may hold something hidden, and nowhere else.
//! docs/routes.md says what may be shown (`shape`). Every other text gets the canary appended,
//! every other number is replaced by it, and so is every unknown field name.

use crate::json::{HALF, Json};
use crate::shape::{HIDDEN, Shape};
use arbitrary::{Result, Unstructured};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The text that must not come out.
pub(crate) const CANARY: &str = "CANARY";

/// The number that must not come out.
pub(crate) const NUMBER: &str = "918273645";

/// Field names that answers have but no shape shows.
const OTHERS: [&str; 14] = [
    "secretValue",
    "metadata",
    "details",
    "value",
    "description",
    "key",
    "statusCode",
    "error",
    "message",
    "reqId",
    "workspaces",
    "workspace",
    "workspaceTags",
    "Secretvalue",
];

/// Answers to build on.
const FRAMES: [&str; 8] = [
    r#"{"secrets":[{"id":"i","secretKey":"A","environment":"dev","version":3,"tags":[{"slug":"t"}],"actor":{"name":"n"}}]}"#,
    r#"{"secret":{"id":"i","secretKey":"A","environment":"dev","version":3,"secretValue":"v"}}"#,
    r#"{"secrets":[{"id":"i","secretKey":"a/b","environment":"dev","version":3,"secretValue":"v"}],"imports":[{"secrets":[]}]}"#,
    r#"{"folders":[{"id":"f","name":"db"}],"folder":{"id":"f","name":"db"}}"#,
    r#"{"id":"p","slug":"p","name":"P","environments":[],"projects":[{"id":"p","slug":"p","name":"P","environments":[{"slug":"dev","name":"D"}]}]}"#,
    r#"{"project":{"id":"p","slug":"ppppp","name":"P","environments":[]},"environment":{"slug":"dev","name":"D"},"memberships":[{"id":"m"}]}"#,
    r#"{"auditLogs":[{"id":"a","createdAt":"t","event":{"type":"e","metadata":{}},"actor":{"metadata":{"name":"n"}}}]}"#,
    r#"{"statusCode":404,"error":"NotFound","message":"Secret with name","reqId":5,"tags":[{"id":"t","slug":"t"}],"approval":{"id":"a"}}"#,
];

impl Json {
    /// Parses the bytes as JSON. If they aren't JSON, builds an answer from them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        if let Some(parsed) = Self::parse(bytes) {
            return parsed;
        }
        let mut u = Unstructured::new(bytes);
        let frame = u.choose(&FRAMES).copied().unwrap_or(FRAMES[0]);
        let mut built = Self::parse(frame.as_bytes()).unwrap();
        // The insertions end where the bytes end.
        let _ = built.insert_fields(&mut u);
        built
    }

    /// Inserts fields of any name and shape into every object.
    fn insert_fields(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match self {
            Self::List(items) => items.iter_mut().try_for_each(|item| item.insert_fields(u)),
            Self::Fields(fields) => {
                for (_, value) in fields.iter_mut() {
                    value.insert_fields(u)?;
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

    /// Plants the canary at every hidden place and removes it from the places that are shown.
    pub(crate) fn plant(&mut self) {
        self.plant_at(&HIDDEN);
    }

    /// `places` lists the shapes that this place may have in any answer. If it is empty, everything
    /// below is hidden.
    fn plant_at(&mut self, places: &[&'static Shape]) {
        match self {
            Self::Text(text) if places.iter().any(|place| matches!(place, Shape::Text)) => *text = without_canary(text),
            Self::Text(text) => text.push_str(CANARY),
            Self::Atom(atom) if atom.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                if !places.iter().any(|place| matches!(place, Shape::Number)) {
                    NUMBER.clone_into(atom);
                } else if atom.contains(NUMBER) {
                    "1".clone_into(atom);
                }
            }
            Self::Atom(_) => {}
            Self::List(items) => {
                let below: Vec<_> = places.iter().filter_map(|place| place.item()).collect();
                items.iter_mut().for_each(|item| item.plant_at(&below));
            }
            Self::Fields(fields) => {
                for (key, value) in fields {
                    let below: Vec<_> = places.iter().filter_map(|place| place.field(key)).collect();
                    value.plant_at(&below);
                    if !names().contains(key.as_str()) {
                        key.push_str(CANARY);
                    }
                }
            }
        }
    }
}

impl Shape {
    fn item(&self) -> Option<&'static Self> {
        match self {
            Self::List(item) => Some(item),
            _ => None,
        }
    }

    fn field(&self, key: &str) -> Option<&'static Self> {
        // An older server uses other names for the same fields.
        let key = match key {
            "workspaces" => "projects",
            "workspace" => "project",
            "workspaceTags" => "tags",
            key => key,
        };
        match self {
            Self::Fields(fields) => fields.iter().find(|(name, ..)| *name == key).map(|(.., shape)| *shape),
            _ => None,
        }
    }

    fn collect_names(&self, names: &mut BTreeSet<&'static str>) {
        match self {
            Self::List(item) => item.collect_names(names),
            Self::Fields(fields) => {
                for (name, _, shape) in *fields {
                    names.insert(name);
                    shape.collect_names(names);
                }
            }
            _ => {}
        }
    }
}

/// All field names that have a meaning.
fn names() -> &'static BTreeSet<&'static str> {
    static NAMES: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = BTreeSet::from(OTHERS);
        HIDDEN.iter().for_each(|shape| shape.collect_names(&mut names));
        names
    })
}

/// Returns a name that answers have, or any name.
fn key(u: &mut Unstructured<'_>) -> Result<String> {
    let all: Vec<&str> = names().iter().copied().collect();
    Ok(match u.int_in_range(0..=3_u8)? {
        0 | 1 => (*u.choose(&all)?).to_owned(),
        2 => (*u.choose(&OTHERS)?).to_owned(),
        _ => text(u)?,
    })
}

/// Returns any text. Its length is read first, because `arbitrary` alone would take it from the end
/// of the input.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let count = u.int_in_range(0..=12_usize)?;
    let mut text = String::from_utf8_lossy(u.bytes(count)?).into_owned();
    if u.ratio(1, 8_u8)? {
        text.push(HALF);
    }
    Ok(text)
}

fn shape(u: &mut Unstructured<'_>, depth: u8) -> Result<Json> {
    Ok(match u.int_in_range(0..=if depth == 0 { 3_u8 } else { 6 })? {
        0 => Json::Atom((*u.choose(&["null", "true", "false"])?).to_owned()),
        1 => Json::Atom((*u.choose(&["0", "-1", "1e3", "4294967296"])?).to_owned()),
        2 | 3 => Json::Text(text(u)?),
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

/// Removes every canary from the text, including one that forms when another is removed.
pub(crate) fn without_canary(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(found) = [CANARY, NUMBER].into_iter().find(|canary| text.contains(canary)) {
        text = text.replace(found, "");
    }
    text
}

/// Checks that `bytes` contain nothing planted.
pub(crate) fn assert_clean(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(!text.contains(CANARY) && !text.contains(NUMBER), "the result contains planted text: {text}");
}
