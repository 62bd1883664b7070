//! Reads the answers that changes need, and the answers to changes.

use crate::error::Error;
use crate::guard::validated_change::Kind;
use crate::json::{Any, Object, convert, parse, parse_field, unexpected};
use serde::Deserialize;

/// Reads the tags of `{"tags":[]}`, or of an older server's `{"workspaceTags":[]}`. Returns ids and
/// slugs.
pub(crate) fn tags(body: &[u8]) -> Result<Vec<(String, String)>, Error> {
    #[derive(Deserialize)]
    struct Tag {
        id: String,
        slug: String,
    }

    convert(parse_field(body, &["tags", "workspaceTags"])?, |Tag { id, slug }| Ok((id, slug)))
}

/// What a successful answer to a change says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The change is made.
    Done,
    /// The change waits for approval. Holds the id of the approval request.
    Waits(String),
}

/// Reads the answer to a change: `{"secret":{}}`, `{"secrets":[]}`, `{"folder":{}}`,
/// `{"approval":{}}` and so on.
pub(crate) fn changed(body: &[u8], kind: Kind) -> Result<Changed, Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer<'a> {
        #[serde(borrow)]
        secret: Any<'a>,
        #[serde(borrow)]
        secrets: Any<'a>,
        #[serde(borrow)]
        folder: Any<'a>,
        #[serde(borrow)]
        project: Any<'a>,
        #[serde(borrow)]
        environment: Any<'a>,
        #[serde(borrow)]
        memberships: Any<'a>,
        approval: Option<Object<Approval>>,
    }

    #[derive(Deserialize)]
    struct Approval {
        id: String,
    }

    let Object(answer) = parse::<Object<Answer<'_>>>(body)?;
    let (one, many) = match kind {
        Kind::DeleteSecret => (answer.secret, answer.secrets),
        Kind::CreateSecret | Kind::UpdateSecret => (answer.secret, Any::Absent),
        Kind::CreateFolder | Kind::RenameFolder | Kind::DeleteFolder => (answer.folder, Any::Absent),
        Kind::CreateProject => (answer.project, Any::Absent),
        Kind::CreateEnvironment => (answer.environment, Any::Absent),
        Kind::InviteMembers => (Any::Absent, answer.memberships),
    };
    let is_done = match (one, many) {
        (Any::Object { .. }, Any::Absent) | (Any::Absent, Any::Array { .. }) => true,
        (Any::Absent | Any::Null, Any::Absent) => false,
        _ => return Err(unexpected("The answer isn't one to this change.")),
    };
    match answer.approval {
        Some(Object(Approval { id })) => Ok(Changed::Waits(id)),
        None if is_done => Ok(Changed::Done),
        None => Err(unexpected("The answer isn't one to this change.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_done_only_if_the_answer_has_what_was_changed() {
        for (body, kind, expected) in [
            (r#"{"secret":{"id":"1"}}"#, Kind::CreateSecret, Some(Changed::Done)),
            (r#"{"secret":{}}"#, Kind::UpdateSecret, Some(Changed::Done)),
            (r#"{"secret":{},"approval":null}"#, Kind::DeleteSecret, Some(Changed::Done)),
            (r#"{"secrets":[{}]}"#, Kind::DeleteSecret, Some(Changed::Done)),
            (r#"{"folder":{"id":"1","name":"f"}}"#, Kind::CreateFolder, Some(Changed::Done)),
            (r#"{"folder":{}}"#, Kind::DeleteFolder, Some(Changed::Done)),
            (r#"{"approval":{"id":"a-1"}}"#, Kind::CreateSecret, Some(Changed::Waits("a-1".to_owned()))),
            (r#"{"secret":{},"approval":{"id":"a-1"}}"#, Kind::UpdateSecret, Some(Changed::Waits("a-1".to_owned()))),
            (r#"{"approval":{}}"#, Kind::CreateSecret, None),
            (r#"{"secret":null}"#, Kind::CreateSecret, None),
            (r#"{"secret":[]}"#, Kind::CreateSecret, None),
            (r#"{"secret":true}"#, Kind::CreateSecret, None),
            (r#"{"secrets":[{}]}"#, Kind::CreateSecret, None),
            (r#"{"secret":{}}"#, Kind::CreateFolder, None),
            (r#"{"folder":{}}"#, Kind::CreateSecret, None),
            ("{}", Kind::CreateSecret, None),
            ("[]", Kind::CreateSecret, None),
            ("", Kind::CreateSecret, None),
        ] {
            assert_eq!(changed(body.as_bytes(), kind).ok(), expected, "{body} {kind:?}");
        }
    }

    #[test]
    fn reads_tags_of_both_api_versions() {
        let expected = vec![("1".to_owned(), "infra".to_owned())];
        for body in
            [r#"{"tags":[{"id":"1","slug":"infra","color":null}]}"#, r#"{"workspaceTags":[{"slug":"infra","id":"1"}]}"#]
        {
            assert_eq!(tags(body.as_bytes()).unwrap(), expected);
        }
        assert!(tags(br#"{"tags":[{"id":"1"}]}"#).is_err());
        assert!(tags(b"{}").is_err());
    }
}
