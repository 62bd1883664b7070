//! Statuses and transport errors as cases of the closed error set. Every text here is ours: a server's text only
//! chooses among them.

use super::json::unexpected;
use super::known_texts::Texts;
use super::refused;
use super::requests::Located;
use crate::error::{Error, Layer, Missing};
use crate::guard::grammar::Word;
use crate::guard::quote::{escape, quote};
use crate::ports::{Answer, TransportError};
use crate::types::{Environment, Secret};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Read,
    /// Whichever reads what is revealed.
    Reveal,
    Write,
}

impl Identity {
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Read => "read identity",
            Self::Reveal => "identity that reveals values",
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

impl Asked<'_> {
    /// What isn't there if the place isn't: every environment has a root.
    fn place(self) -> Kind {
        match self {
            Self::Folder(at) | Self::Secret(at, _) | Self::FolderIn(at, _) if at.path.is_root() => Kind::Environment,
            _ => Kind::Folder,
        }
    }
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

/// What [`Missing`] calls an environment, a folder and a secret.
pub(crate) const ENVIRONMENT: &str = "environment";
pub(crate) const FOLDER: &str = "folder";
pub(crate) const SECRET: &str = "secret";

/// The requested thing isn't there.
pub(crate) fn not_found(asked: Asked<'_>) -> Error {
    match asked {
        Asked::Projects => unexpected("The server answers that it has no list of projects."),
        Asked::ProjectsOf(_) => missing(asked, Kind::Organization),
        Asked::Project(_) | Asked::AuditLogs(_) => missing(asked, Kind::Project),
        Asked::Folder(_) => missing(asked, asked.place()),
        Asked::FolderIn(..) => missing(asked, Kind::Folder),
        Asked::Secret(..) => missing(asked, Kind::Secret),
    }
}

/// A version of a secret isn't there, and the secret is: its newest version.
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

/// A version that was found belongs to another secret of the same name.
pub(crate) fn of_another_life(version: u32, newest: Option<&Secret>) -> Error {
    let version = version.to_string();
    Error::Conflict(match newest {
        Some(newest) => [
            "Version ",
            &version,
            " is of an earlier secret of this name, which was deleted: the one that is there now has another id, and was made \
             anew with versions 1 to ",
            &newest.version.to_string(),
            ". Nothing is shown of the earlier one.",
        ]
        .concat(),
        None => [
            "Version ",
            &version,
            " is of a secret that once had this name. There is none of this name now: it was renamed or deleted. Look for it \
             under another name.",
        ]
        .concat(),
    })
}

/// The environment isn't there: those that are.
pub(crate) fn no_environment(at: &Located, known: &[Environment]) -> Error {
    let mut slugs = String::new();
    for environment in known {
        slugs.push_str(if slugs.is_empty() { "" } else { ", " });
        slugs.push_str(&quote(&environment.slug));
    }
    let remedy = if slugs.is_empty() {
        "The project has no environment that may be seen here. List the projects, or ask the operator.".to_owned()
    } else {
        ["Name one of those that may be seen in this project: ", &slugs, "."].concat()
    };
    let name = escape(at.environment.as_str());
    Error::NotFound(Missing { kind: ENVIRONMENT.to_owned(), name, remedy })
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

const TAGS: &str = "Name tags that the project has; listings show some. A new tag is made in Infisical.";

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

/// The role hides values from the identity.
pub(crate) fn value_hidden() -> Error {
    Error::Denied(
        "Infisical doesn't show this value to the identity that reveals values. Ask the operator to give that \
         identity the permission to read values there (`readValue` on `secrets`)."
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
pub(crate) fn api_version_unknown() -> Error {
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
#[cfg(test)]
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
        408 => Error::TimedOut,
        413 | 414 | 431 => too_large_a_request(answer.status),
        429 => Error::RateLimited(answer.retry_after.as_deref().and_then(seconds)),
        500 if texts.error == "Failed to find project" => missing(asked, Kind::Project),
        500 if texts.error == "Find by secret path" => refused::invalid(texts, asked),
        status @ 500..=599 => Error::ServerFailed(status),
        400..=499 if !texts.are_infisicals() => not_infisicals(),
        400 | 422 => refused::invalid(texts, asked),
        401 if texts.error == "ValidationFailure" => refused::invalid(texts, asked),
        401 => refused::unauthenticated(identity, texts),
        403 => refused::forbidden(identity, texts, asked),
        404 => absent(texts, asked),
        410 => not_found(asked),
        _ => unexpected("The HTTP status isn't one of Infisical's. Ask the operator to check the server's address."),
    }
}

/// A proxy's, a firewall's or a login page's. To call anything missing or forbidden for it would be a guess.
fn not_infisicals() -> Error {
    unexpected(
        "The answer isn't in Infisical's words: something in front of it answered, such as a proxy, a firewall or a \
         login page.",
    )
}

/// Whoever says so didn't look at what is asked: nothing was done.
pub(super) fn too_large_a_request(status: u16) -> Error {
    let (part, setting) = match status {
        413 => ("body", "the size of request bodies (in nginx `client_max_body_size`)"),
        414 => ("address", "the length of request lines (in nginx `large_client_header_buffers`)"),
        _ => ("head", "the size of request headers (in nginx `large_client_header_buffers`)"),
    };
    Error::Invalid(
        [
            "The server, or a proxy in front of it, takes no request with a ",
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
        | Texts { error: "SecretPathNotFound" | "GetSecretByName", message: "" } => missing(asked, asked.place()),
        Texts { message: "Folder with ID" | "Failed to delete folder with ID", .. } => missing(asked, Kind::Folder),
        Texts { message: "Tag not found" | "One or more tags not found", .. } => missing(asked, Kind::Tag),
        Texts { message: "Project with ID" | "Project with slug" | "Project not found", .. } => {
            missing(asked, Kind::Project)
        }
        Texts { message: "Environment with slug", .. } => missing(asked, Kind::Environment),
        Texts { error: "Not Found", .. } => not_infisicals(),
        _ => not_found(asked),
    }
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

#[cfg(test)]
#[path = "recorded_failures_tests.rs"]
mod recorded;
