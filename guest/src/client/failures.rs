//! Statuses and transport errors as cases of the closed error set. Every text here is ours: a server's text only
//! chooses among them.

use super::json::{Read, Reader, parse, unexpected};
use super::requests::Located;
use crate::error::{Error, Layer, Missing};
use crate::guard::grammar::Word;
use crate::guard::quote::{escape, quote};
use crate::ports::{Answer, TransportError};

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Projects,
    ProjectsOf(&'a Word),
    Project(&'a Word),
    Folder(&'a Located),
    Secret(&'a Located, &'a str),
}

/// What can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Organization,
    Project,
    Environment,
    Folder,
    Secret,
}

/// The requested thing isn't there.
pub(crate) fn not_found(asked: Asked<'_>) -> Error {
    match asked {
        Asked::Projects => unexpected("The server answers that it has no list of projects."),
        Asked::ProjectsOf(_) => missing(asked, Kind::Organization),
        Asked::Project(_) => missing(asked, Kind::Project),
        Asked::Folder(_) => missing(asked, Kind::Folder),
        Asked::Secret(..) => missing(asked, Kind::Secret),
    }
}

fn missing(asked: Asked<'_>, kind: Kind) -> Error {
    let name = match (asked, kind) {
        (Asked::Projects, _) => "",
        (Asked::ProjectsOf(word) | Asked::Project(word), _) => word.as_str(),
        (Asked::Folder(at) | Asked::Secret(at, _), Kind::Project) => at.project.as_str(),
        (Asked::Folder(at) | Asked::Secret(at, _), Kind::Environment) => at.environment.as_str(),
        (Asked::Secret(_, name), Kind::Secret) => name,
        (Asked::Folder(at) | Asked::Secret(at, _), _) => at.path.as_str(),
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
    };
    Error::NotFound(Missing { kind: kind.to_owned(), name: escape(name), remedy })
}

fn folder_remedy(asked: Asked<'_>) -> String {
    let hint = "List the folders above it to see those that are there.";
    match asked {
        Asked::Folder(at) | Asked::Secret(at, _) => [
            hint,
            " Check the environment ",
            &quote(at.environment.as_str()),
            ", too: older servers don't tell which of the two is missing.",
        ]
        .concat(),
        Asked::Projects | Asked::ProjectsOf(_) | Asked::Project(_) => hint.to_owned(),
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

fn unreachable(text: &str) -> Error {
    Error::Unreachable(text.to_owned())
}

/// An answer that isn't a success.
pub(crate) fn from_answer(answer: &Answer, asked: Asked<'_>) -> Error {
    let texts = Texts::of(answer);
    match answer.status {
        300..=399 => unexpected(
            "The server redirects, and redirects aren't followed. Ask the operator to set the address that it \
             redirects to.",
        ),
        400 | 422 => invalid(),
        401 if texts.error == "ValidationFailure" => invalid(),
        401 => unauthenticated(),
        403 => forbidden(texts),
        404 => absent(texts, asked),
        408 => Error::TimedOut,
        410 => not_found(asked),
        429 => Error::RateLimited(answer.retry_after.as_deref().and_then(seconds)),
        500 if texts.error == "Failed to find project" => missing(asked, Kind::Project),
        500 if texts.error == "Find by secret path" => invalid(),
        status @ 500..=599 => Error::ServerFailed(status),
        _ => unexpected(
            "The HTTP status isn't one that Infisical answers with. Ask the operator to check the server's address.",
        ),
    }
}

fn forbidden(texts: Texts) -> Error {
    match texts {
        Texts { error: "TokenError", .. } => unauthenticated(),
        Texts { message: "You do not have permission to view secret value", .. } => value_hidden(),
        Texts { error: "Identity is not a member", .. } => Error::Denied(
            "The read identity isn't a member of this project. Ask the operator to add it to the project in Infisical."
                .to_owned(),
        ),
        _ => Error::Denied(
            "Infisical says that the read identity may not do this. Ask the operator to check which environments and \
             paths the identity's role in the project covers."
                .to_owned(),
        ),
    }
}

fn absent(texts: Texts, asked: Asked<'_>) -> Error {
    match texts {
        Texts { error: "Not Found", message: "Route GET:" } => unexpected(
            "The server doesn't know this route: it speaks an older or newer API, or its address is wrong. Ask the \
             operator to check both.",
        ),
        Texts { message: "Secret with name" | "Secret not found", .. } => missing(asked, Kind::Secret),
        Texts { message: "Folder with path", .. } => missing(asked, Kind::Folder),
        Texts { message: "Project with ID" | "Project not found", .. } => missing(asked, Kind::Project),
        Texts { message: "Environment with slug", .. } => missing(asked, Kind::Environment),
        Texts { error: "SecretPathNotFound" | "GetSecretByName", .. } => missing(asked, Kind::Folder),
        Texts { error: "NotFound", .. } => not_found(asked),
        // A proxy's, say: to call anything missing for it would be a guess.
        _ => unexpected("The server answers 404, and not in Infisical's words. Ask the operator to check its address."),
    }
}

fn invalid() -> Error {
    Error::Invalid("Infisical found the request invalid. Check the project, the environment and the path.".to_owned())
}

fn unauthenticated() -> Error {
    Error::Unauthenticated(
        "Infisical doesn't take the read identity's token. Try again once; if that fails too, ask the operator to \
         check the identity."
            .to_owned(),
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

/// The beginnings of error texts that mean something to us, for `error` and `message` alike.
const KNOWN_TEXTS: [&str; 17] = [
    "ValidationFailure",
    "TokenError",
    "Identity is not a member",
    "Failed to find project",
    "Find by secret path",
    "NotFound",
    "Not Found",
    "Route GET:",
    "SecretPathNotFound",
    "GetSecretByName",
    "Secret with name",
    "Secret not found",
    "Folder with path",
    "Project with ID",
    "Project not found",
    "Environment with slug",
    "You do not have permission to view secret value",
];

/// `error` and `message` of an error answer, as far as they are known; else empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Texts {
    error: &'static str,
    message: &'static str,
}

impl Texts {
    fn of(answer: &Answer) -> Self {
        parse(&answer.body, |reader| {
            let mut texts = Self::default();
            reader.object(|reader, key| {
                match key {
                    "error" => texts.error = known_text(reader)?,
                    "message" => texts.message = known_text(reader)?,
                    _ => reader.skip()?,
                }
                Ok(())
            })?;
            Ok(texts)
        })
        .unwrap_or_default()
    }
}

/// Nothing, too, for what isn't a text, such as the list of faults that a server finds in a request.
fn known_text(reader: &mut Reader<'_>) -> Read<&'static str> {
    let known = |text: &str| KNOWN_TEXTS.into_iter().find(|known| text.starts_with(known));
    reader.glance(known).map(|known| known.flatten().unwrap_or_default())
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;
