//! Turns statuses and transport errors into cases of the closed error set. All texts are ours. A
//! server's text only selects among them.

use super::asked::{Asked, Identity};
use super::known_texts::Texts;
use super::refused;
use super::requests::Located;
use crate::error::{Error, Layer, Missing};
use crate::guard::grammar::Word;
use crate::guard::quote::{escape, quote};
use crate::json::unexpected;
use crate::ports::{Answer, TransportError};
use crate::types::{Environment, Secret};

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

/// The names of these kinds in [`Missing`].
pub(crate) const ENVIRONMENT: &str = "environment";
pub(crate) const FOLDER: &str = "folder";
pub(crate) const SECRET: &str = "secret";

/// The requested thing doesn't exist.
pub(crate) fn not_found(asked: Asked<'_>) -> Error {
    match asked {
        Asked::Projects => unexpected("The server answers that it has no list of projects."),
        Asked::ProjectsOf(_) => missing(asked, Kind::Organization),
        Asked::Project(_) | Asked::AuditLogs(_) => missing(asked, Kind::Project),
        Asked::Folder(_) => missing(asked, missing_place(asked)),
        Asked::FolderIn(..) => missing(asked, Kind::Folder),
        Asked::Secret(..) => missing(asked, Kind::Secret),
    }
}

/// The secret exists, but not in this version. The error names its newest version.
pub(crate) fn no_version(name: &str, version: u32, newest: u32) -> Error {
    let name = [&version.to_string(), " of ", &escape(name)].concat();
    let remedy = [
        "The secret is there; its newest version is ",
        &newest.to_string(),
        ". Versions before a rename are found under the name of that time, and old ones may have been pruned.",
    ]
    .concat();
    Error::NotFound(Missing { kind: "version".to_owned(), name, remedy })
}

/// The version exists, but it belongs to another secret that had the same name.
pub(crate) fn version_of_earlier_secret(version: u32, newest: Option<&Secret>) -> Error {
    let version = version.to_string();
    Error::Conflict(match newest {
        Some(newest) => [
            "Version ",
            &version,
            " belongs to an earlier secret of this name, which was deleted. The current secret has another id and \
             versions 1 to ",
            &newest.version.to_string(),
            ". Nothing is shown of the earlier one.",
        ]
        .concat(),
        None => [
            "Version ",
            &version,
            " belongs to a secret that once had this name. It was renamed or deleted since. Look for it under another \
             name.",
        ]
        .concat(),
    })
}

/// The environment doesn't exist. The error names those that do.
pub(crate) fn no_environment(at: &Located, known: &[Environment]) -> Error {
    let mut slugs = String::new();
    for environment in known {
        slugs.push_str(if slugs.is_empty() { "" } else { ", " });
        slugs.push_str(&quote(&environment.slug));
    }
    let remedy = if slugs.is_empty() {
        "The project has no visible environment. List the projects, or ask the operator.".to_owned()
    } else {
        ["Use one of the visible environments of this project: ", &slugs, "."].concat()
    };
    let name = escape(at.environment.as_str());
    Error::NotFound(Missing { kind: ENVIRONMENT.to_owned(), name, remedy })
}

/// What is missing if the place doesn't exist. Every environment has a root folder, so a missing
/// root means a missing environment.
fn missing_place(asked: Asked<'_>) -> Kind {
    match asked {
        Asked::Folder(at) | Asked::Secret(at, _) | Asked::FolderIn(at, _) if at.path.is_root() => Kind::Environment,
        _ => Kind::Folder,
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
        Kind::Environment => (ENVIRONMENT, "List the projects to see their environments.".to_owned()),
        Kind::Folder => (FOLDER, folder_remedy(asked)),
        Kind::Secret => (SECRET, "List the secrets in the folder to see the names that are there.".to_owned()),
        Kind::Tag => ("tag", TAGS.to_owned()),
    };
    Error::NotFound(Missing { kind: kind.to_owned(), name: escape(name), remedy })
}

const TAGS: &str = "Name tags that the project has; listings show some. New tags can only be created in Infisical.";

/// The project has no such tag.
pub(crate) fn no_tag(slug: &Word) -> Error {
    Error::NotFound(Missing { kind: "tag".to_owned(), name: escape(slug.as_str()), remedy: TAGS.to_owned() })
}

fn folder_remedy(asked: Asked<'_>) -> String {
    let hint = "List the folders above it to see those that are there.";
    match asked {
        Asked::Folder(at) | Asked::Secret(at, _) | Asked::FolderIn(at, _) => {
            [hint, " If there are none, check the environment ", &quote(at.environment.as_str()), ", too."].concat()
        }
        Asked::Projects | Asked::ProjectsOf(_) | Asked::Project(_) | Asked::AuditLogs(_) => hint.to_owned(),
    }
}

/// No complete answer arrived.
pub(crate) fn from_transport(error: TransportError) -> Error {
    match error {
        TransportError::Refused => Error::refused(
            Layer::Egress,
            "The host blocked the request.",
            "Ask for something else, or ask the operator which bounds are set.",
        ),
        TransportError::Unreachable => unreachable(
            "No connection to the Infisical server. Ask the operator to check that it runs and that its address is \
             right.",
        ),
        TransportError::CutShort => unreachable("The connection broke before the answer was complete. Try again."),
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
            "The host couldn't read the answer: it isn't valid HTTP, or it isn't Infisical's. Ask the operator to \
             check the server's address.",
        ),
    }
}

/// The host couldn't find out which API the server speaks.
pub(crate) fn api_version_unknown() -> Error {
    unreachable(
        "The host couldn't find out which API the Infisical server speaks. Try again; if that fails too, ask the \
         operator.",
    )
}

/// The host refused the plan. It reports the reason itself.
pub(crate) fn not_filed() -> Error {
    Error::refused(
        Layer::TwoPhaseConfirm,
        "The host didn't keep the plan, so there is nothing to apply.",
        "Try again; if that fails too, ask the operator which bounds are set.",
    )
}

/// The host didn't redeem the plan. It reports the reason itself.
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

/// The error for an unsuccessful answer to a read.
#[cfg(test)]
pub(crate) fn from_answer(answer: &Answer, asked: Asked<'_>) -> Error {
    from_answer_to(Identity::Read, answer, asked)
}

/// The error for an unsuccessful answer.
pub(crate) fn from_answer_to(identity: Identity, answer: &Answer, asked: Asked<'_>) -> Error {
    let texts = Texts::of(answer);
    match answer.status {
        300..=399 => unexpected(
            "The server redirects, and redirects aren't followed. Ask the operator to set the address that it \
             redirects to.",
        ),
        408 => Error::TimedOut,
        413 | 414 | 431 => too_large_a_request(answer.status),
        429 => Error::RateLimited(answer.retry_after.as_deref().and_then(seconds)),
        500 if texts.error == "Failed to find project" => missing(asked, Kind::Project),
        500 if texts.error == "Find by secret path" => refused::invalid(texts, asked),
        status @ 500..=599 => Error::ServerFailed(status),
        400..=499 if !texts.are_from_infisical() => not_from_infisical(),
        400 | 422 => refused::invalid(texts, asked),
        401 if texts.error == "ValidationFailure" => refused::invalid(texts, asked),
        401 => refused::unauthenticated(identity, texts),
        403 => refused::forbidden(identity, texts, asked),
        404 => absent(texts, asked),
        410 => not_found(asked),
        _ => unexpected("The HTTP status isn't one of Infisical's. Ask the operator to check the server's address."),
    }
}

/// A proxy, a firewall or a login page answered. Its status doesn't show that anything is missing
/// or forbidden.
fn not_from_infisical() -> Error {
    unexpected(
        "The answer doesn't have Infisical's form: something in front of the server answered, such as a proxy, a \
         firewall or a login page.",
    )
}

/// The sender of this answer refused the request without looking at its content, so nothing was
/// done.
pub(super) fn too_large_a_request(status: u16) -> Error {
    let (part, setting) = match status {
        413 => ("body", "the size of request bodies (in nginx `client_max_body_size`)"),
        414 => ("address", "the length of request lines (in nginx `large_client_header_buffers`)"),
        _ => ("head", "the size of request headers (in nginx `large_client_header_buffers`)"),
    };
    Error::Invalid(
        [
            "The server, or a proxy in front of it, accepts no request with a ",
            part,
            " of this size, so nothing was done. Ask the operator to raise its limit for ",
            setting,
            ".",
        ]
        .concat(),
    )
}

fn absent(texts: Texts, asked: Asked<'_>) -> Error {
    match texts {
        Texts { error: "Not Found", message } if message.starts_with("Route ") => unexpected(
            "The server doesn't know this route: it speaks another API, or its address is wrong. Ask the operator to check \
             both.",
        ),
        Texts {
            message:
                "Secret with name" | "Secret not found" | "Secret does not exist" | "One or more secrets does not exist",
            ..
        } => missing(asked, Kind::Secret),
        Texts { message: "Folder with path", .. }
        | Texts { error: "SecretPathNotFound" | "GetSecretByName", message: "" } => {
            missing(asked, missing_place(asked))
        }
        Texts { message: "Folder with ID" | "Failed to delete folder with ID", .. } => missing(asked, Kind::Folder),
        Texts { message: "Tag not found" | "One or more tags not found", .. } => missing(asked, Kind::Tag),
        Texts { message: "Project with ID" | "Project with slug" | "Project not found", .. } => {
            missing(asked, Kind::Project)
        }
        Texts { message: "Environment with slug", .. } => missing(asked, Kind::Environment),
        Texts { error: "Not Found", .. } => not_from_infisical(),
        _ => not_found(asked),
    }
}

pub(crate) fn not_json() -> Error {
    unexpected(
        "The answer isn't JSON: it may come from a proxy, a login page or a wrong address. Ask the operator to check \
         the server's address.",
    )
}

/// Whether the answer's content type is JSON.
pub(crate) fn is_json(answer: &Answer) -> bool {
    let media_type = answer.content_type.as_deref().and_then(|text| text.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads whole seconds, up to a day. Ignores dates, signs and fractions.
fn seconds(text: &str) -> Option<u32> {
    const DAY: u32 = 86_400;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| is_plain && *seconds <= DAY)
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "recorded_failures_tests.rs"]
mod recorded;
