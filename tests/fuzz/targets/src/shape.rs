//! The shapes of rewritten answers: an independent transcription of docs/routes.md, "Answers". An
//! answer with additional or missing parts doesn't match its shape.

use infisical_skill_policy::Operation;
use infisical_skill_policy::answers::ChangeAnswer;
use infisical_skill_policy::change::ParsedChange;
use serde_json::Value;

/// The content of one place in an answer.
#[derive(Debug)]
pub(crate) enum Shape {
    /// The server's own text: a name, an id, a time.
    Text,
    /// The mask that replaces a hidden text.
    Mask,
    /// A number of 32 bits.
    Number,
    /// `true` or `false`.
    Flag,
    /// An empty list.
    Nothing,
    /// Any number of these.
    List(&'static Shape),
    /// These fields and no others, each required or optional.
    Fields(&'static [(&'static str, Need, &'static Shape)]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Always,
    Perhaps,
}

use Need::{Always, Perhaps};
use Shape::{Fields, Flag, List, Mask, Nothing, Number, Text};

const PROJECT: Shape = Fields(&[
    ("id", Always, &Text),
    ("slug", Always, &Text),
    ("name", Always, &Text),
    ("environments", Always, &List(&ENVIRONMENT)),
]);
const ENVIRONMENT: Shape = Fields(&[("slug", Always, &Text), ("name", Always, &Text)]);
const PROJECTS: Shape = Fields(&[("projects", Always, &List(&PROJECT))]);
const ONE_PROJECT: Shape = Fields(&[("project", Always, &PROJECT)]);
const FOLDERS: Shape = Fields(&[(
    "folders",
    Always,
    &List(&Fields(&[
        ("id", Always, &Text),
        ("name", Always, &Text),
        ("updatedAt", Perhaps, &Text),
        ("relativePath", Perhaps, &Text),
    ])),
)]);

/// A secret's fields, and optionally one more.
macro_rules! secret {
    ($($more:tt)*) => {
        Fields(&[
            ("id", Always, &Text),
            ("secretKey", Always, &Text),
            ("secretPath", Perhaps, &Text),
            ("environment", Always, &Text),
            ("version", Always, &Number),
            ("type", Perhaps, &Text),
            ("createdAt", Perhaps, &Text),
            ("updatedAt", Perhaps, &Text),
            ("tags", Perhaps, &List(&Fields(&[("slug", Always, &Text)]))),
            ("actor", Perhaps, &Fields(&[("actorType", Perhaps, &Text), ("name", Perhaps, &Text), ("actorId", Perhaps, &Text)])),
            ("secretValueHidden", Perhaps, &Flag),
            ("secretComment", Perhaps, &Mask),
            ("secretReminderNote", Perhaps, &Mask),
            ("secretMetadata", Perhaps, &Mask),
            $($more)*
        ])
    };
}
const SECRET: Shape = secret!();
const SECRETS: Shape = Fields(&[("secrets", Always, &List(&SECRET)), ("imports", Perhaps, &Nothing)]);
const ONE_SECRET: Shape = Fields(&[("secret", Always, &SECRET)]);
const REVEALED: Shape = Fields(&[("secret", Always, &secret!(("secretValue", Perhaps, &Text),))]);
const LOGS: Shape = Fields(&[(
    "auditLogs",
    Always,
    &List(&Fields(&[
        ("id", Perhaps, &Text),
        ("createdAt", Perhaps, &Text),
        ("ipAddress", Perhaps, &Text),
        ("event", Perhaps, &Fields(&[("type", Always, &Text), ("metadata", Perhaps, &ABOUT)])),
        ("actor", Perhaps, &Fields(&[("type", Perhaps, &Text), ("metadata", Perhaps, &WHO)])),
    ])),
)]);
const ABOUT: Shape = Fields(&[
    ("environment", Perhaps, &Text),
    ("secretPath", Perhaps, &Text),
    ("secretKey", Perhaps, &Text),
    ("folderPath", Perhaps, &Text),
    ("folderName", Perhaps, &Text),
]);
const WHO: Shape = Fields(&[
    ("name", Perhaps, &Text),
    ("username", Perhaps, &Text),
    ("identityId", Perhaps, &Text),
    ("userId", Perhaps, &Text),
]);
const TAGS: Shape = Fields(&[("tags", Always, &List(&Fields(&[("id", Always, &Text), ("slug", Always, &Text)])))]);
const IMPORTS: Shape = Fields(&[(
    "secretImports",
    Always,
    &List(&Fields(&[("importPath", Always, &Text), ("importEnv", Always, &Fields(&[("slug", Always, &Text)]))])),
)]);
const CHANGED_FOLDER: Shape = Fields(&[("folder", Always, &Fields(&[("id", Always, &Text), ("name", Always, &Text)]))]);
const NEW_PROJECT: Shape =
    Fields(&[("project", Always, &Fields(&[("id", Always, &Text), ("slug", Always, &Text), ("name", Always, &Text)]))]);
const NEW_ENVIRONMENT: Shape = Fields(&[("environment", Always, &ENVIRONMENT)]);
const MEMBERS: Shape = Fields(&[("memberships", Always, &List(&Fields(&[("id", Always, &Text)])))]);
const APPROVAL: Shape = Fields(&[("approval", Always, &Fields(&[("id", Always, &Text)]))]);
const FAILURE: Shape = Fields(&[("statusCode", Always, &Number), ("error", Always, &Text), ("message", Always, &Text)]);

/// All shapes that an answer may have, except a revealed value.
pub(crate) const HIDDEN: [&Shape; 14] = [
    &PROJECTS,
    &ONE_PROJECT,
    &PROJECT,
    &FOLDERS,
    &SECRETS,
    &ONE_SECRET,
    &LOGS,
    &TAGS,
    &IMPORTS,
    &CHANGED_FOLDER,
    &NEW_PROJECT,
    &NEW_ENVIRONMENT,
    &MEMBERS,
    &APPROVAL,
];

/// Returns the shape of the answer to a read.
pub(crate) fn of_read(operation: &Operation) -> &'static Shape {
    match operation {
        Operation::ListProjects { .. } => &PROJECTS,
        Operation::ProjectById { .. } => &ONE_PROJECT,
        Operation::ProjectBySlug { .. } => &PROJECT,
        Operation::ListFolders { .. } => &FOLDERS,
        Operation::ListSecrets { .. } => &SECRETS,
        Operation::GetSecret { .. } => &ONE_SECRET,
        Operation::RevealSecret { .. } => &REVEALED,
        Operation::ListTags { .. } => &TAGS,
        Operation::ListImports { .. } => &IMPORTS,
        Operation::ListAuditLogs { .. } => &LOGS,
        other => panic!("docs/routes.md has no answer to {other:?}"),
    }
}

/// Returns the shape of the answer to a change.
pub(crate) fn of_change(change: &ParsedChange, kind: ChangeAnswer) -> &'static Shape {
    match change {
        _ if kind == ChangeAnswer::WaitsForApproval => &APPROVAL,
        ParsedChange::CreateSecret { .. } | ParsedChange::UpdateSecret { .. } | ParsedChange::DeleteSecret { .. } => {
            &ONE_SECRET
        }
        ParsedChange::DeleteSecretByKey { .. } => &SECRETS,
        ParsedChange::CreateFolder { .. } | ParsedChange::RenameFolder { .. } | ParsedChange::DeleteFolder { .. } => {
            &CHANGED_FOLDER
        }
        ParsedChange::CreateProject { .. } => &NEW_PROJECT,
        ParsedChange::CreateEnvironment { .. } => &NEW_ENVIRONMENT,
        ParsedChange::InviteMembers { .. } => &MEMBERS,
        other => panic!("docs/routes.md has no answer to {other:?}"),
    }
}

/// Checks that a rewritten answer is JSON of this shape.
pub(crate) fn assert_is(written: &[u8], shape: &Shape) {
    let value: Value = serde_json::from_slice(written).expect("what is written is JSON");
    check(&value, shape, &mut String::new());
}

/// Checks that a rewritten failure contains only its status and texts listed in docs/routes.md.
pub(crate) fn assert_is_failure(written: &[u8], status: u16) {
    const TABLE: &str = include_str!("../../../../docs/routes.md");
    assert_is(written, &FAILURE);
    let value: Value = serde_json::from_slice(written).expect("what is written is JSON");
    assert_eq!(value["statusCode"], status);
    let (_, listed) = TABLE.split_once("Error texts that come in").expect("docs/routes.md lists them");
    for key in ["error", "message"] {
        let text = value[key].as_str().unwrap_or_default();
        assert!(text.is_empty() || listed.contains(&format!("`{text}`")), "{key}: {text:?} isn't in docs/routes.md");
    }
}

fn check(value: &Value, shape: &Shape, at: &mut String) {
    match (value, shape) {
        (Value::String(_), Text) | (Value::Bool(_), Flag) => {}
        (Value::String(text), Mask) => assert_eq!(text, "<hidden>", "{at}"),
        (Value::Number(number), Number) => {
            assert!(number.as_u64().is_some_and(|number| u32::try_from(number).is_ok()), "{at}: {number}");
        }
        (Value::Array(items), Nothing) => assert!(items.is_empty(), "{at}: {items:?}"),
        (Value::Array(items), List(shape)) => {
            let length = at.len();
            at.push_str("[]");
            items.iter().for_each(|item| check(item, shape, at));
            at.truncate(length);
        }
        (Value::Object(fields), Fields(known)) => {
            for (key, value) in fields {
                let known = known.iter().find(|(name, ..)| name == key);
                let (.., shape) = known.unwrap_or_else(|| panic!("{at}: a field that isn't in docs/routes.md: {key}"));
                let length = at.len();
                at.push('.');
                at.push_str(key);
                check(value, shape, at);
                at.truncate(length);
            }
            let is_missing = |(name, need, _): &&(&str, Need, &Shape)| *need == Always && !fields.contains_key(*name);
            assert!(known.iter().find(is_missing).is_none(), "{at}: a field is missing in {value}");
        }
        _ => panic!("{at}: {value} instead of {shape:?}"),
    }
}
