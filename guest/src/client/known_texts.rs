//! The texts of Infisical's error answers that select an error of ours. The component ignores all
//! other text of a server.

use crate::json::{Any, Object, parse};
use crate::ports::Answer;
use serde::Deserialize;

/// The beginnings of Infisical's `error` texts.
const ERRORS: [&str; 30] = [
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
    // These come from an older server for missing secrets and folders.
    "CreateSecret",
    "UpdateSecret",
    "DeleteSecret",
    "DeleteManySecret",
    "ProjectMembershipNotFound",
    "ForbiddenReadSecretError",
    "deleteFolder",
    "GoneError",
    UNLISTED,
];

/// What the host writes for an error of Infisical's form whose name isn't in the list.
const UNLISTED: &str = "UnlistedError";

/// The beginnings of `message` texts that say more than `error`.
const MESSAGES: [&str; 58] = [
    "Secret with name",
    "Secret not found",
    "Secret does not exist",
    "Folder with path",
    "Folder with name",
    "Project with ID",
    "Project with slug",
    "A project with the slug",
    "Project not found",
    "Environment with slug",
    "Route GET:",
    "Missing workspace id or environment",
    "Missing project id or environment",
    "Missing environment",
    "You do not have permission to view secret",
    "You do not have permission to read secret",
    "Failed to expand one or more secret references",
    "Secret already exist",
    "Secret with the new name already exists",
    "Folder with specified name already exists",
    "Folder is not empty",
    "Cannot delete folder",
    "Folder with ID",
    "Failed to delete folder with ID",
    "One or more secrets does not exist",
    "Tag not found",
    "One or more tags not found",
    "Secret name cannot contain",
    "Invalid folder name",
    "Invalid secret path",
    "Route POST:",
    "Route PATCH:",
    "Route DELETE:",
    "You are not a member of this project",
    "You are not allowed to access this resource from the current IP address",
    "You are not allowed to read on secrets",
    "You are not allowed to describeSecret on secrets",
    "You are not allowed to readValue on secrets",
    "You are not allowed to create on secrets",
    "You are not allowed to edit on secrets",
    "You are not allowed to delete on secrets",
    "You are not allowed to create on secret-folders",
    "You are not allowed to edit on secret-folders",
    "You are not allowed to delete on secret-folders",
    "You are not allowed to read on tags",
    "You are not allowed to read on audit-logs",
    "You are not allowed to create on environments",
    "You are not allowed to create on member",
    "You don't have permission to create a project",
    "Failed to authorize: token has been revoked",
    "Failed to authorize: token usage limit reached",
    "Failed to authorize: client secret has been revoked",
    "Failed to renew MI access token",
    "Unable to renew because access token number of uses limit reached",
    "No identity access token found",
    "Identity is not a member of the organization",
    "Your token has expired",
    "Dates must be within 3 months",
];

/// Parts of `message` texts whose beginning varies.
const PARTS: [&str; 6] =
    ["due to plan", "your current plan", "Upgrade plan", "Upgrade your plan", "secret rotation", "rotated secret"];

/// The known parts of an error answer's `error` and `message`. An unknown text is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) error: &'static str,
    pub(super) message: &'static str,
}

impl Texts {
    pub(super) fn of(answer: &Answer) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Fields<'a> {
            #[serde(borrow)]
            error: Any<'a>,
            #[serde(borrow)]
            message: Any<'a>,
        }

        let fields = parse::<Object<Fields<'_>>>(&answer.body).map(|Object(fields)| fields).unwrap_or_default();
        Self { error: known_text(&fields.error, &ERRORS, &[]), message: known_text(&fields.message, &MESSAGES, &PARTS) }
    }

    /// Whether the answer has the form of Infisical's errors.
    pub(super) fn are_from_infisical(self) -> bool {
        !self.error.is_empty()
    }

    /// Whether the error is a known one, so that its meaning for a change is certain.
    pub(super) fn are_known(self) -> bool {
        self.are_from_infisical() && self.error != UNLISTED
    }
}

/// Returns the known text that matches. Returns an empty text for any other value, such as a list
/// of validation faults.
fn known_text(value: &Any<'_>, beginnings: &'static [&'static str], parts: &'static [&'static str]) -> &'static str {
    let Any::Text(text) = value else { return "" };
    let begins = beginnings.iter().find(|known| text.starts_with(**known));
    begins.or_else(|| parts.iter().find(|part| text.contains(**part))).copied().unwrap_or_default()
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ERRORS.into_iter().chain(MESSAGES).chain(PARTS)
}
