//! The texts of error answers that mean something to us. Of a server's own text nothing is kept.

use super::json::{Read, Reader, parse};
use crate::ports::Answer;

/// What `error` begins with in answers of Infisical's.
const ERRORS: [&str; 25] = [
    "BadRequest",
    "NotFound",
    "Not Found",
    "UnauthorizedError",
    "TokenError",
    "PermissionDenied",
    "ForbiddenError",
    "ValidationFailure",
    "RateLimitExceeded",
    "RateLimitError",
    "SecretPathNotFound",
    "GetSecretByName",
    "InternalServerError",
    "Identity is not a member",
    "Forbidden access to",
    "Failed to find project",
    "Find by secret path",
    "PolicyViolationError",
    "CreateFolder",
    "UpdateFolder",
    "CreateEnvironment",
    // An older server's, of secrets that aren't there and folders that aren't.
    "CreateSecret",
    "UpdateSecret",
    "DeleteSecret",
    "DeleteManySecret",
];

/// What `message` begins with where that says more.
const MESSAGES: [&str; 23] = [
    "Secret with name",
    "Secret not found",
    "Folder with path",
    "Project with ID",
    "Project not found",
    "Environment with slug",
    "A project with the slug",
    "Route GET:",
    "You do not have permission to view secret value",
    "Secret already exist",
    "Secret with the new name already exists",
    "Folder with specified name already exists",
    "Folder is not empty",
    "Folder with ID",
    "Failed to delete folder with ID",
    "One or more secrets does not exist",
    "Tag not found",
    "One or more tags not found",
    "Secret name cannot contain",
    "Invalid folder name",
    "Route POST:",
    "Route PATCH:",
    "Route DELETE:",
];

/// `error` and `message` of an error answer, as far as they are known; else empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) error: &'static str,
    pub(super) message: &'static str,
}

impl Texts {
    pub(super) fn of(answer: &Answer) -> Self {
        parse(&answer.body, |reader| {
            let mut texts = Self::default();
            reader.object(|reader, key| {
                match key {
                    "error" => texts.error = known_text(reader, &ERRORS)?,
                    "message" => texts.message = known_text(reader, &MESSAGES)?,
                    _ => reader.skip()?,
                }
                Ok(())
            })?;
            Ok(texts)
        })
        .unwrap_or_default()
    }

    /// Whether the answer has the form that Infisical gives its errors.
    pub(super) fn are_infisicals(self) -> bool {
        !self.error.is_empty()
    }
}

/// Nothing, too, for what isn't a text, such as the list of faults that a server finds in a request.
fn known_text(reader: &mut Reader<'_>, known: &'static [&'static str]) -> Read<&'static str> {
    let known = |text: &str| known.iter().copied().find(|known| text.starts_with(known));
    reader.glance(known).map(|known| known.flatten().unwrap_or_default())
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ERRORS.into_iter().chain(MESSAGES)
}
