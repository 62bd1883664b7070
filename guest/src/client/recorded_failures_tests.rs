//! All failures that real servers gave to the requests of docs/routes.md
//! (tests/emulator/tests/recorded-*.md). Each row checks the kind of the error, its cause and the
//! next step.

use super::*;
use crate::guard::grammar::FolderPath;
use crate::testing::{PROJECT, fault};
use Identity::{Read, Write};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
enum Of {
    Projects,
    Project,
    Folder,
    Root,
    Secret,
    AFolder,
    Logs,
}
use Of::{AFolder, Folder, Logs, Projects, Root, Secret};

fn kind(error: &Error) -> &str {
    match error {
        Error::NotFound(missing) => &missing.kind,
        Error::Denied(_) => "denied",
        Error::Unauthenticated(_) => "unauthenticated",
        Error::RateLimited(_) => "rate-limited",
        Error::Conflict(_) => "conflict",
        Error::Invalid(_) => "invalid",
        Error::ServerFailed(_) => "server-failed",
        Error::UnexpectedAnswer(_) => "unexpected-answer",
        other => panic!("{other:?}"),
    }
}

fn said(error: &Error) -> String {
    match error {
        Error::NotFound(missing) => missing.remedy.clone(),
        Error::Denied(text)
        | Error::Unauthenticated(text)
        | Error::Conflict(text)
        | Error::Invalid(text)
        | Error::UnexpectedAnswer(text) => text.clone(),
        _ => String::new(),
    }
}

/// Exchange; identity and request; status; `error`; `message`; then the expected kind, and parts of
/// the cause and the next step.
#[rustfmt::skip]
type Row = (&'static str, Identity, Of, u16, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const CURRENT: &[Row] = &[
    ("v4 028", Read, Of::Project, 401, "UnauthorizedError", "Failed to authorize: token has been revoked", "unauthenticated", "was revoked"),
    ("v4 034", Read, Of::Project, 401, "UnauthorizedError", "Token missing", "unauthenticated", "was rejected"),
    ("v4 035", Read, Of::Project, 403, "TokenError", "invalid token", "unauthenticated", "was rejected"),
    ("v4 884", Read, Of::Project, 403, "TokenError", "Your token has expired. Please re-authenticate.", "unauthenticated", "expired"),
    ("v4 894", Read, Of::Project, 401, "UnauthorizedError", "Identity is not a member of the organization", "unauthenticated", "create a new identity"),
    ("v4 058", Read, Projects, 401, "UnauthorizedError", "Failed to authorize: token usage limit reached", "unauthenticated", "set that limit to 0"),
    ("v4 074", Read, Projects, 401, "UnauthorizedError", "Failed to authorize: client secret has been revoked", "unauthenticated", "new client secret"),
    ("v4 064", Read, Projects, 403, "ForbiddenError", "You are not allowed to access this resource from the current IP address", "denied", "trusted IPs"),
    ("v4 049", Read, Folder, 403, "ProjectMembershipNotFound", "You are not a member of this project with ID x.", "denied", "isn't a member"),
    ("v4 050", Read, Of::Project, 403, "ProjectMembershipNotFound", "You are not a member of this project with ID x.", "denied", "add it to the project"),
    ("v4 115", Read, Of::Project, 404, "NotFound", "Project with ID '0' not found", "project", "List the projects"),
    ("v4 117", Read, Of::Project, 404, "NotFound", "Project with slug 'nope-nope' not found", "project", "List the projects"),
    ("v4 509", Read, Of::Project, 403, "PermissionDenied", "You are not allowed to read on tags", "denied", "`read` on `tags` in this project"),
    ("v4 142", Read, Root, 404, "NotFound", "Environment with slug 'nope' not found", "environment", "their environments"),
    ("v4 209", Read, Root, 404, "SecretPathNotFound", "Folder with path '/' in environment 'nope' was not found. Please", "environment", "their environments"),
    ("v4 210", Read, Folder, 404, "SecretPathNotFound", "Folder with path '/nope' in environment 'dev' was not found.", "folder", "folders above"),
    ("v4 219", Read, Folder, 404, "NotFound", "Project with ID '0' not found during bot lookup. Are", "project", "List the projects"),
    ("v4 245", Read, Folder, 400, "BadRequest", "Invalid secret path. Only alphanumeric characters, dashes", "invalid", "accept this path"),
    ("v4 215", Read, Folder, 400, "BadRequest", "Missing project id or environment", "invalid", "Check project, environment"),
    ("v4 501", Read, Folder, 403, "PermissionDenied", "You are not allowed to describeSecret on secrets", "denied", "`describeSecret` on `secrets` in this environment and path"),
    ("v4 511", Read, Folder, 403, "PermissionDenied", "You are not allowed to readValue on secrets", "denied", "`readValue` on `secrets`"),
    ("v4 561", Read, Folder, 403, "ForbiddenError", "Failed to expand one or more secret references", "denied", "refers to a secret"),
    ("v4 187", Read, Secret, 404, "NotFound", "Secret with name 'K' not found", "secret", "List the secrets"),
    ("v4 211", Read, Secret, 404, "GetSecretByName", "Folder with path '/nope' in environment with slug 'dev' not found", "folder", "folders above"),
    ("v4 217", Read, Secret, 400, "BadRequest", "Missing environment", "invalid", "environment and path"),
    ("v4 505", Read, Secret, 403, "PermissionDenied", "You are not allowed to describeSecret on secrets", "denied", "`describeSecret`"),
    ("v4 518", Read, Secret, 403, "ForbiddenReadSecretError", "You do not have permission to view secret value on secret with name 'K'", "denied", "permission to read values"),
    ("v4 526", Read, Secret, 403, "ForbiddenReadSecretError", "You do not have permission to view secret import value on", "denied", "permission to read values"),
    ("v4 522", Read, Secret, 403, "ForbiddenError", "You do not have permission to read secret 'X' in environment", "denied", "refers to a secret"),
    ("v4 280", Read, Secret, 404, "Not Found", "Route GET:/api/v4/secrets/KKKK not found", "unexpected-answer", "doesn't know this route"),
    ("v4 539", Read, Logs, 403, "PermissionDenied", "You are not allowed to read on audit-logs", "denied", "`read` on `audit-logs`"),
    ("v4 174", Write, Secret, 400, "BadRequest", "Secret already exists", "conflict", "under another name"),
    ("v4 191", Write, Secret, 400, "BadRequest", "Secret with the new name already exists", "conflict", "under another name"),
    ("v4 192", Write, Secret, 422, "ValidationFailure", "Secret name cannot contain colon or forward slash.", "invalid", "accept this name"),
    ("v4 202", Write, Secret, 404, "NotFound", "Secret with name NOPE not found", "secret", "List the secrets"),
    ("v4 200", Write, Secret, 404, "NotFound", "Secret not found", "secret", "List the secrets"),
    ("v4 203", Write, Secret, 403, "PermissionDenied", "You are not allowed to create on secrets", "denied", "write identity lacks the permission `create`"),
    ("v4 204", Write, Secret, 403, "PermissionDenied", "You are not allowed to edit on secrets", "denied", "`edit` on `secrets`"),
    ("v4 205", Write, Secret, 403, "PermissionDenied", "You are not allowed to delete on secrets", "denied", "`delete` on `secrets`"),
    ("v4 213", Write, Secret, 404, "CreateSecret", "Folder with path '/nope' in environment with slug 'dev' not found", "folder", "folders above"),
    ("v4 214", Write, Root, 404, "CreateSecret", "Folder with path '/' in environment with slug 'nope' not found", "environment", "environments"),
    ("v4 237", Write, Root, 404, "DeleteSecret", "Folder with path '/' in environment with slug 'nope' not found", "environment", "environments"),
    ("v4 238", Write, Secret, 404, "UpdateSecret", "Folder with path '/nope' in environment with slug 'dev' not found", "folder", "folders above"),
    ("v4 240", Write, Secret, 404, "NotFound", "Tag not found. Found ", "tag", "created in Infisical"),
    ("v4 226", Write, Secret, 422, "ValidationFailure", "", "invalid", "Check the secret's name, value"),
    ("v4 233", Write, Secret, 500, "InternalServerError", "Something went wrong", "server-failed", ""),
    ("v4 270", Write, Secret, 404, "Not Found", "Route POST:/api/v4/secrets/LLL not found", "unexpected-answer", "doesn't know this route"),
    ("v4 382", Write, Secret, 404, "NotFound", "One or more secrets does not exist: B1", "secret", "List the secrets"),
    ("v4 614", Write, Secret, 403, "PermissionDenied", "You are not allowed to describeSecret on secrets", "denied", "`describeSecret`"),
    ("v4 134", Write, AFolder, 403, "PermissionDenied", "You are not allowed to create on secret-folders", "denied", "`create` on `secret-folders`"),
    ("v4 136", Write, AFolder, 400, "BadRequest", "Folder with name 'app' already exists in path '/'", "conflict", "under another name"),
    ("v4 147", Write, AFolder, 422, "ValidationFailure", "Invalid folder name. Only alphanumeric characters", "invalid", "accept this name"),
    ("v4 150", Write, AFolder, 404, "NotFound", "Environment with slug 'nope' in project with ID 'x' not found", "environment", "environments"),
    ("v4 153", Write, AFolder, 400, "UpdateFolder", "Folder with specified name already exists", "conflict", "under another name"),
    ("v4 154", Write, AFolder, 404, "UpdateFolder", "Folder with ID '0' not found", "folder", "folders above"),
    ("v4 156", Write, AFolder, 403, "PermissionDenied", "You are not allowed to delete on secret-folders", "denied", "`delete` on `secret-folders`"),
    ("v4 158", Write, AFolder, 404, "NotFound", "Folder with ID '0' not found", "folder", "folders above"),
    ("v4 160", Write, AFolder, 400, "deleteFolder", "Cannot delete folder \"app\" because it contains resources.", "conflict", "isn't empty"),
    ("v4 125", Write, Of::Project, 403, "PermissionDenied", "You are not allowed to create on environments", "denied", "`create` on `environments`"),
    ("v4 127", Write, Of::Project, 400, "CreateEnvironment", "Environment with slug already exists", "conflict", "slug is taken"),
    ("v4 131", Write, Of::Project, 403, "ForbiddenError", "You don't have permission to create a project", "denied", "role in the organization"),
    ("v4 132", Write, Of::Project, 403, "PermissionDenied", "You are not allowed to create on member", "denied", "`create` on `member`"),
    ("v4 059", Write, Of::Project, 400, "BadRequest", "Failed to add IP access range to service token due to plan restriction. Upgrade", "denied", "isn't about roles"),
    ("v4 473", Write, Of::Project, 400, "BadRequest", "Failed to create custom role due to plan RBAC restriction. Upgrade to Infisical Enterprise plan", "denied", "isn't about roles"),
];

#[rustfmt::skip]
const OLDER: &[Row] = &[
    ("v3 015", Read, Of::Project, 401, "UnauthorizedError", "No identity access token found", "unauthenticated", "expired"),
    ("v3 029", Read, Of::Project, 401, "UnauthorizedError", "Unable to renew because access token number of uses limit reached", "unauthenticated", "set that limit to 0"),
    ("v3 194", Read, Folder, 401, "UnauthorizedError", "Failed to renew MI access token due to TTL expiration", "unauthenticated", "expired"),
    ("v3 027", Read, Folder, 403, "Identity is not a member of the specified project with ID 'x'", "You are not allowed to access this resource", "denied", "isn't a member"),
    ("v3 030", Read, Projects, 403, "Forbidden access to /api/v1/workspace", "You are not allowed to access this resource", "denied", "Only a person"),
    ("v3 035", Read, Of::Project, 500, "Failed to find project by id", "Something went wrong", "project", "List the projects"),
    ("v3 047", Read, Root, 404, "NotFound", "Environment with slug 'nope' not found", "environment", "environments"),
    ("v3 067", Read, Secret, 404, "NotFound", "Secret with name 'K' not found", "secret", "List the secrets"),
    ("v3 081", Read, Secret, 404, "GetSecretByName", "Folder with path '/no/such' in environment with slug 'dev' not found", "folder", "folders above"),
    ("v3 083", Read, Folder, 400, "BadRequest", "Missing workspace id or environment", "invalid", "Check project, environment"),
    ("v3 085", Read, Folder, 404, "NotFound", "Project with ID '0' not found during bot lookup.", "project", "List the projects"),
    ("v3 088", Read, Folder, 401, "ValidationFailure", "", "invalid", "Check project, environment"),
    ("v3 236", Read, Folder, 403, "PermissionDenied", "You are not allowed to read on secrets", "denied", "`read` on `secrets`"),
    ("v3 040", Write, AFolder, 403, "PermissionDenied", "You are not allowed to create on secrets", "denied", "`create` on `secrets`"),
    ("v3 052", Write, AFolder, 400, "UpdateFolder", "Folder with specified name already exists", "conflict", "under another name"),
    ("v3 053", Write, AFolder, 404, "UpdateFolder", "Folder with ID '0' not found", "folder", "folders above"),
    ("v3 056", Write, AFolder, 404, "NotFound", "Failed to delete folder with ID 'nope', not found", "folder", "folders above"),
    ("v3 061", Write, Secret, 400, "BadRequest", "Secret already exist", "conflict", "under another name"),
    ("v3 065", Write, Secret, 401, "ValidationFailure", "", "invalid", "Check the secret's name, value"),
    ("v3 073", Write, Secret, 404, "DeleteSecret", "Secret with name 'K' not found", "secret", "List the secrets"),
    ("v3 082", Write, Secret, 404, "CreateSecret", "Folder with path '/no/such' in environment with slug 'dev' not found", "folder", "folders above"),
    ("v3 096", Write, Secret, 500, "InternalServerError", "Something went wrong", "server-failed", ""),
    ("v3 122", Write, Secret, 500, "InternalServerError", "Something went wrong", "server-failed", ""),
    ("v3 149", Write, Secret, 404, "NotFound", "One or more secrets does not exist: B1", "secret", "List the secrets"),
    ("v3 162", Write, Secret, 404, "NotFound", "One or more tags not found", "tag", "created in Infisical"),
    ("v3 177", Read, Folder, 429, "RateLimitExceeded", "Rate limit exceeded. Please try again in 1 minute", "rate-limited", ""),
    ("v3 188", Write, Secret, 500, "Find by secret path", "Something went wrong", "invalid", "environment and path"),
];

/// Failures from bug reports that no recording contains.
#[rustfmt::skip]
const REPORTED: &[Row] = &[
    ("rotated", Write, Secret, 400, "BadRequest", "Cannot update secret that is managed by a secret rotation", "denied", "can't be changed by hand"),
    ("rotated", Write, Secret, 400, "BadRequest", "Cannot delete rotated secret", "denied", "managed by a secret rotation"),
    ("plan", Write, Of::Project, 403, "ForbiddenError", "Environment limit reached. Upgrade plan to create more.", "denied", "isn't about roles"),
    ("v4 800", Write, Of::Project, 400, "BadRequest", "Event subscriptions are not available on your current plan. Please upgrade", "denied", "plan"),
    ("plan", Write, Of::Project, 400, "BadRequest", "Failed to create environment due to plan restriction.", "denied", "paid"),
];

#[test]
fn every_recorded_failure_names_its_cause_and_the_next_step() {
    let word = |text: &str| Word::parse(text).unwrap();
    let at = |path: &str| Located {
        project: word(PROJECT),
        environment: word("dev"),
        path: FolderPath::parse(path).unwrap(),
    };
    let (project, folder, root) = (word(PROJECT), at("/app"), at("/"));
    for (exchange, identity, of, status, error, message, expected, words) in CURRENT.iter().chain(OLDER).chain(REPORTED)
    {
        let asked = match of {
            Of::Projects => Asked::Projects,
            Of::Project => Asked::Project(&project),
            Of::Folder => Asked::Folder(&folder),
            Of::Root => Asked::Folder(&root),
            Of::Secret => Asked::Secret(&folder, "K"),
            Of::AFolder => Asked::FolderIn(&folder, "db"),
            Of::Logs => Asked::AuditLogs(&project),
        };
        let found = from_answer_to(*identity, &fault(*status, error, message), asked);
        assert_eq!(kind(&found), *expected, "{exchange}: {found:?}");
        let text = said(&found);
        assert!(text.contains(words), "{exchange}: {words} in {text}");
        assert!(!text.contains("found the request invalid"), "{exchange}: the host says so: {text}");
        assert!(text.len() <= 400, "{exchange}: the host would cut it: {text}");
        let other = match identity {
            Read | Identity::Reveal => "write identity",
            Write => "read identity",
        };
        assert!(!text.contains(other), "{exchange}: {text}");
    }
}
