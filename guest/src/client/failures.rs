//! Statuses and transport errors as cases of the closed error set. Every text here is ours: a server's text only
//! chooses among them.

use super::json::unexpected;
use super::known_texts::Texts;
use super::requests::Located;
use crate::error::{Error, Layer, Missing};
use crate::guard::grammar::Word;
use crate::guard::quote::{escape, quote};
use crate::ports::{Answer, TransportError};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Read,
    Write,
}

impl Identity {
    fn named(self) -> &'static str {
        match self {
            Self::Read => "read identity",
            Self::Write => "write identity",
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Projects,
    ProjectsOf(&'a Word),
    Project(&'a Word),
    AuditLogs(&'a Word),
    Folder(&'a Located),
    Secret(&'a Located, &'a str),
    /// To change a folder in a folder.
    FolderIn(&'a Located, &'a str),
}

/// What can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Organization,
    Project,
    Environment,
    Folder,
    Secret,
    Tag,
}

/// The requested thing isn't there.
pub(crate) fn not_found(asked: Asked<'_>) -> Error {
    match asked {
        Asked::Projects => unexpected("The server answers that it has no list of projects."),
        Asked::ProjectsOf(_) => missing(asked, Kind::Organization),
        Asked::Project(_) | Asked::AuditLogs(_) => missing(asked, Kind::Project),
        Asked::Folder(_) | Asked::FolderIn(..) => missing(asked, Kind::Folder),
        Asked::Secret(..) => missing(asked, Kind::Secret),
    }
}

fn missing(asked: Asked<'_>, kind: Kind) -> Error {
    let name = match (asked, kind) {
        (Asked::Projects, _) => "",
        (Asked::ProjectsOf(word) | Asked::Project(word) | Asked::AuditLogs(word), _) => word.as_str(),
        (Asked::Folder(at) | Asked::Secret(at, _) | Asked::FolderIn(at, _), kind) => match (asked, kind) {
            (_, Kind::Project) => at.project.as_str(),
            (_, Kind::Environment) => at.environment.as_str(),
            (_, Kind::Tag) => "",
            (Asked::Secret(_, name), Kind::Secret) | (Asked::FolderIn(_, name), Kind::Folder) => name,
            _ => at.path.as_str(),
        },
    };
    let (kind, remedy) = match kind {
        Kind::Organization => {
            ("organization", "Ask the operator to check the organization's id (INFISICAL_ORG_ID).".to_owned())
        }
        Kind::Project => (
            "project",
            "List the projects to see those that can be read. A project that exists isn't seen by an identity that \
             isn't a member of it."
                .to_owned(),
        ),
        Kind::Environment => ("environment", "List the projects to see their environments.".to_owned()),
        Kind::Folder => ("folder", folder_remedy(asked)),
        Kind::Secret => ("secret", "List the secrets in the folder to see the names that are there.".to_owned()),
        Kind::Tag => ("tag", TAGS.to_owned()),
    };
    Error::NotFound(Missing { kind: kind.to_owned(), name: escape(name), remedy })
}

const TAGS: &str = "Name tags that the project has; listings show some. A new tag is made in Infisical.";

/// The project has no such tag.
pub(crate) fn no_tag(slug: &Word) -> Error {
    Error::NotFound(Missing { kind: "tag".to_owned(), name: escape(slug.as_str()), remedy: TAGS.to_owned() })
}

fn folder_remedy(asked: Asked<'_>) -> String {
    let hint = "List the folders above it to see those that are there.";
    match asked {
        Asked::Folder(at) | Asked::Secret(at, _) | Asked::FolderIn(at, _) => [
            hint,
            " Check the environment ",
            &quote(at.environment.as_str()),
            ", too: older servers don't tell which of the two is missing.",
        ]
        .concat(),
        Asked::Projects | Asked::ProjectsOf(_) | Asked::Project(_) | Asked::AuditLogs(_) => hint.to_owned(),
    }
}

/// The role hides values from the identity.
pub(crate) fn value_hidden() -> Error {
    Error::Denied(
        "Infisical doesn't show the read identity this value. Ask the operator to give the identity's role in the \
         project the permission to read values there."
            .to_owned(),
    )
}

/// No whole answer came.
pub(crate) fn from_transport(error: TransportError) -> Error {
    match error {
        TransportError::Refused => Error::refused(
            Layer::Egress,
            "The host didn't let the request out.",
            "Ask for something else, or ask the operator which bounds are set.",
        ),
        TransportError::Unreachable => unreachable(
            "No connection to the Infisical server. Ask the operator to check that it runs and that its address is \
             right.",
        ),
        TransportError::CutShort => unreachable("The connection broke before the answer was whole. Try again."),
        TransportError::Tls => unreachable(
            "The connection to the Infisical server couldn't be secured. Ask the operator to check the server's \
             certificate, and the CA that is configured for it.",
        ),
        TransportError::TimedOut => Error::TimedOut,
        TransportError::TooLarge => Error::TooLarge(
            "The answer is larger than the operator allows. List a subfolder, or without what is below, or ask the \
             operator for a higher limit."
                .to_owned(),
        ),
        TransportError::BadAnswer => unexpected(
            "The host couldn't read the answer: it isn't HTTP as it should be, or not one of Infisical's. Ask the \
             operator to check the server's address.",
        ),
    }
}

/// The warden couldn't say which API the server speaks.
pub(crate) fn generation_unknown() -> Error {
    unreachable(
        "The host couldn't find out which API the Infisical server speaks. Try again; if that fails too, ask the \
         operator.",
    )
}

/// The host didn't keep the plan; why, it says itself.
pub(crate) fn not_filed() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "The host didn't keep the plan, so there is nothing to apply.",
        "Try again; if that fails too, ask the operator which bounds are set.",
    )
}

/// The host didn't give the plan back; why, it says itself.
pub(crate) fn not_redeemed() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "The host didn't give the plan back: it is unknown, used or expired, or lacks something.",
        "Preview the change again.",
    )
}

fn unreachable(text: &str) -> Error {
    Error::Unreachable(text.to_owned())
}

/// An answer to a read that isn't a success.
pub(crate) fn from_answer(answer: &Answer, asked: Asked<'_>) -> Error {
    from_answer_to(Identity::Read, answer, asked)
}

/// An answer that isn't a success.
pub(crate) fn from_answer_to(identity: Identity, answer: &Answer, asked: Asked<'_>) -> Error {
    let texts = Texts::of(answer);
    match answer.status {
        300..=399 => unexpected(
            "The server redirects, and redirects aren't followed. Ask the operator to set the address that it \
             redirects to.",
        ),
        400 | 422 => invalid(texts),
        401 if texts.error == "ValidationFailure" => invalid(texts),
        401 => unauthenticated(identity),
        403 => forbidden(identity, texts, asked),
        404 => absent(texts, asked),
        408 => Error::TimedOut,
        410 => not_found(asked),
        429 => Error::RateLimited(answer.retry_after.as_deref().and_then(seconds)),
        500 if texts.error == "Failed to find project" => missing(asked, Kind::Project),
        500 if texts.error == "Find by secret path" => invalid(texts),
        status @ 500..=599 => Error::ServerFailed(status),
        _ => unexpected("The HTTP status isn't one of Infisical's. Ask the operator to check the server's address."),
    }
}

fn forbidden(identity: Identity, texts: Texts, asked: Asked<'_>) -> Error {
    let who = identity.named();
    match texts {
        Texts { error: "TokenError", .. } => unauthenticated(identity),
        Texts { message: "You do not have permission to view secret value", .. } => value_hidden(),
        Texts { error: "Identity is not a member", .. } => Error::Denied(
            ["The ", who, " isn't a member of this project. Ask the operator to add it to the project in Infisical."]
                .concat(),
        ),
        _ if matches!(asked, Asked::AuditLogs(_)) => Error::Denied(
            "Infisical says that the read identity may not see the audit logs. Ask the operator to allow its role to read \
             them."
                .to_owned(),
        ),
        _ => Error::Denied(
            [
                "Infisical says that the ",
                who,
                " may not do this. Ask the operator to check which environments and paths the identity's role in the \
                 project covers",
                match identity {
                    Identity::Read => ".",
                    Identity::Write => ", and whether it may create, edit and delete there.",
                },
            ]
            .concat(),
        ),
    }
}

fn absent(texts: Texts, asked: Asked<'_>) -> Error {
    match texts {
        Texts { error: "Not Found", message } if message.starts_with("Route ") => unexpected(
            "The server doesn't know this route: it speaks another API, or its address is wrong. Ask the operator to check \
             both.",
        ),
        Texts { message: "Secret with name" | "Secret not found" | "One or more secrets does not exist", .. } => {
            missing(asked, Kind::Secret)
        }
        Texts { message: "Folder with path" | "Folder with ID" | "Failed to delete folder with ID", .. } => {
            missing(asked, Kind::Folder)
        }
        Texts { message: "Tag not found" | "One or more tags not found", .. } => missing(asked, Kind::Tag),
        Texts { message: "Project with ID" | "Project not found", .. } => missing(asked, Kind::Project),
        Texts { message: "Environment with slug", .. } => missing(asked, Kind::Environment),
        Texts { error: "SecretPathNotFound" | "GetSecretByName", .. } => missing(asked, Kind::Folder),
        Texts { error: "NotFound", .. } => not_found(asked),
        // A proxy's, say: to call anything missing for it would be a guess.
        _ => unexpected("The server answers 404, and not in Infisical's words. Ask the operator to check its address."),
    }
}

fn invalid(texts: Texts) -> Error {
    const PLACE: &str = "Infisical found the request invalid. Check project, environment and path.";
    const NAME: &str = "Infisical doesn't take this name. Choose one of letters, digits and `_`.";
    const TAKEN: &str = "There is something of this name already. Look at what is there now, then preview the change \
         again under another name.";
    const FULL: &str = "The folder isn't empty, and Infisical doesn't delete it. Look at what is in it now.";
    match texts.message {
        // Of what is to be made.
        "Environment with slug" | "A project with the slug" => {
            Error::Conflict("The slug is taken. Choose another one.".to_owned())
        }
        "Secret already exist"
        | "Secret with the new name already exists"
        | "Folder with specified name already exists" => Error::Conflict(TAKEN.to_owned()),
        "Folder is not empty" => Error::Conflict(FULL.to_owned()),
        "Secret name cannot contain" | "Invalid folder name" => Error::Invalid(NAME.to_owned()),
        _ => Error::Invalid(PLACE.to_owned()),
    }
}

fn unauthenticated(identity: Identity) -> Error {
    Error::Unauthenticated(
        [
            "Infisical doesn't take the ",
            identity.named(),
            "'s token. Try again once; if that fails too, ask the operator to check the identity.",
        ]
        .concat(),
    )
}

pub(crate) fn not_json() -> Error {
    unexpected(
        "The answer isn't JSON: it may come from a proxy, a login page or a wrong address. Ask the operator to check \
         the server's address.",
    )
}

/// Whether the answer says that it is JSON.
pub(crate) fn is_json(answer: &Answer) -> bool {
    let media_type = answer.content_type.as_deref().and_then(|text| text.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

/// Plain seconds, up to a day. Dates, signs and fractions don't count.
fn seconds(text: &str) -> Option<u32> {
    const DAY: u32 = 86_400;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| is_plain && *seconds <= DAY)
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;
