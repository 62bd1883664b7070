//! Reads the answers that changes need, and the answers to changes.

use super::json::{Read, Reader, parse, put, required, unexpected};
use crate::error::Error;
use crate::guard::validated_change::Kind;

/// Reads the tags of `{"tags":[]}`, or of an older server's `{"workspaceTags":[]}`. Returns ids and
/// slugs.
pub(crate) fn tags(body: &[u8]) -> Result<Vec<(String, String)>, Error> {
    parse(body, |reader| {
        let mut tags = None;
        reader.object(|reader, key| match key {
            "tags" | "workspaceTags" => put(&mut tags, reader.list(tag)?),
            _ => reader.skip(),
        })?;
        required(tags)
    })
}

fn tag(reader: &mut Reader<'_>) -> Read<(String, String)> {
    let (mut id, mut slug) = (None, None);
    reader.object(|reader, key| match key {
        "id" => reader.text_into(&mut id),
        "slug" => reader.text_into(&mut slug),
        _ => reader.skip(),
    })?;
    Ok((required(id)?, required(slug)?))
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
    let (mut done, mut approval) = (None, None);
    parse(body, |reader| {
        reader.object(|reader, key| match key {
            "secrets" if kind == Kind::DeleteSecret => put(&mut done, Some(reader.array(Reader::skip)?)),
            "memberships" if kind == Kind::InviteMembers => put(&mut done, Some(reader.array(Reader::skip)?)),
            _ if key == kind.thing() => put(&mut done, reader.nullable(anything)?),
            "approval" => put(&mut approval, reader.nullable(id)?),
            _ => reader.skip(),
        })
    })?;
    match (approval.flatten(), done.flatten()) {
        (Some(id), _) => Ok(Changed::Waits(id)),
        (None, Some(())) => Ok(Changed::Done),
        (None, None) => Err(unexpected("The answer isn't one to this change.")),
    }
}

fn anything(reader: &mut Reader<'_>) -> Read<()> {
    reader.object(|reader, _| reader.skip())
}

fn id(reader: &mut Reader<'_>) -> Read<String> {
    let mut id = None;
    reader.object(|reader, key| match key {
        "id" => reader.text_into(&mut id),
        _ => reader.skip(),
    })?;
    required(id)
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
