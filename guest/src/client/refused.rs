//! Explains what Infisical refuses with a 400, 401, 403 or 422. Its text only selects among ours.

use super::asked::{Asked, Identity};
use super::known_texts::Texts;
use crate::error::Error;

/// Explains a 401, and a 403 with the error that means the same.
pub(super) fn unauthenticated(identity: Identity, texts: Texts) -> Error {
    let cause = match texts.message {
        "Failed to authorize: token usage limit reached"
        | "Unable to renew because access token number of uses limit reached" => {
            "'s access token has a limit of uses, and it is reached. Ask the operator to set that limit to 0 in the \
             identity's Universal Auth; until then, try again: the next token counts anew."
        }
        "Failed to authorize: client secret has been revoked" => {
            "'s client secret was revoked in Infisical, and its tokens with it. Ask the operator to create a new \
             client secret."
        }
        "Failed to authorize: token has been revoked" => {
            "'s token was revoked. Try again once, with a new one; if that fails too, ask the operator to look at the \
             identity."
        }
        "Identity is not a member of the organization" => {
            " is no longer in the organization: it was removed or deleted. Ask the operator to create a new identity."
        }
        "Failed to renew MI access token" | "No identity access token found" | "Your token has expired" => {
            "'s token has expired, or its identity is gone. Try again once; if that fails too, ask the operator to look at \
             the identity."
        }
        _ => "'s token was rejected. Try again once; if that fails too, ask the operator to check the identity.",
    };
    Error::Unauthenticated(["The ", identity.named(), cause].concat())
}

/// Explains a 403, and a 400 for something that the licence doesn't include.
pub(super) fn forbidden(identity: Identity, texts: Texts, asked: Asked<'_>) -> Error {
    let who = identity.named();
    if let Some(error) = outside_of_roles(texts) {
        return error;
    }
    let say = |parts: &[&str]| Error::Denied(parts.concat());
    match texts {
        Texts { error: "TokenError", .. } => unauthenticated(identity, texts),
        Texts { message: "You do not have permission to view secret", .. }
        | Texts { error: "ForbiddenReadSecretError", .. } => value_hidden(),
        Texts { error: "Identity is not a member" | "ProjectMembershipNotFound", .. }
        | Texts { message: "You are not a member of this project", .. } => say(&[
            "The ",
            who,
            " isn't a member of this project. Ask the operator to add it to the project in Infisical.",
        ]),
        Texts { message: "You are not allowed to access this resource from the current IP address", .. } => say(&[
            "Infisical accepts the ",
            who,
            " only from certain IP addresses, and this machine's isn't one of them. Ask the operator to add it to the \
             identity's trusted IPs.",
        ]),
        Texts { error: "Forbidden access to", .. } => {
            say(&["Only a person may do this in Infisical: no role gives it to a machine identity."])
        }
        Texts { message: "You don't have permission to create a project", .. } => say(&[
            "The ",
            who,
            "'s role in the organization doesn't let it create projects. Ask the operator, who can create the project \
             or change that role.",
        ]),
        Texts {
            message: "You do not have permission to read secret" | "Failed to expand one or more secret references",
            ..
        } => say(&[
            "The value refers to a secret that the ",
            who,
            " may not read. Ask the operator to give it the permission to read values there, or leave the reference out.",
        ]),
        Texts { error: "PolicyViolationError", .. } => {
            say(&["A policy in Infisical forbids it. Ask the operator which one, and who may do this."])
        }
        _ => match permission(texts.message) {
            Some((action, subject)) => say(&[
                "The ",
                who,
                " lacks the permission `",
                action,
                "` on `",
                subject,
                "`",
                place(asked),
                ". Ask the operator to add it to the identity's role or privileges, or to correct their conditions.",
            ]),
            None if matches!(asked, Asked::AuditLogs(_)) => {
                say(&["The ", who, " may not see the audit logs. Ask the operator to allow its role to read them."])
            }
            None => say(&[
                "The ",
                who,
                " may not do this. Ask the operator to check which environments and paths the identity's role and privileges \
                 in the project cover",
                match identity {
                    Identity::Read | Identity::Reveal => ".",
                    Identity::Write => ", and whether it may create, edit and delete there.",
                },
            ]),
        },
    }
}

/// The identity's role hides the value.
pub(crate) fn value_hidden() -> Error {
    Error::Denied(
        "Infisical doesn't show this value to the identity that reveals values. Ask the operator to give that \
         identity the permission to read values there (`readValue` on `secrets`)."
            .to_owned(),
    )
}

/// Returns action and subject of `You are not allowed to ACTION on SUBJECT`.
fn permission(message: &'static str) -> Option<(&'static str, &'static str)> {
    message.strip_prefix("You are not allowed to ")?.split_once(" on ")
}

fn place(asked: Asked<'_>) -> &'static str {
    match asked {
        Asked::Folder(_) | Asked::Secret(..) | Asked::FolderIn(..) => " in this environment and path",
        Asked::Project(_) | Asked::AuditLogs(_) => " in this project",
        Asked::Projects | Asked::ProjectsOf(_) => "",
    }
}

/// Refusals that no role or privilege can lift.
fn outside_of_roles(texts: Texts) -> Option<Error> {
    let text = match texts.message {
        "due to plan" | "your current plan" | "Upgrade plan" | "Upgrade your plan" => {
            "Infisical's plan (licence) doesn't include this, or its limit is reached. It isn't about roles: only a paid or \
             larger plan changes it. Tell the operator."
        }
        "secret rotation" | "rotated secret" => {
            "The secret is managed by a secret rotation in Infisical: it can't be changed by hand. Ask the operator to start \
             the rotation, or to take the secret out of it."
        }
        _ => return None,
    };
    Some(Error::Denied(text.to_owned()))
}

/// Explains a 400 or 422, and an older server's 401 and 500 that mean the same.
pub(super) fn invalid(texts: Texts, asked: Asked<'_>) -> Error {
    const TAKEN: &str = "The name is taken already. Check what is there now, then preview the change again under \
         another name.";
    const FULL: &str = "The folder isn't empty, so Infisical doesn't delete it. Check what is in it now.";
    if let Some(error) = outside_of_roles(texts) {
        return error;
    }
    let text = match texts.message {
        // These concern the environment or project to create.
        "Environment with slug" | "A project with the slug" => {
            return Error::Conflict("The slug is taken. Choose another one.".to_owned());
        }
        "Secret already exist"
        | "Secret with the new name already exists"
        | "Folder with name"
        | "Folder with specified name already exists" => return Error::Conflict(TAKEN.to_owned()),
        "Folder is not empty" | "Cannot delete folder" => return Error::Conflict(FULL.to_owned()),
        "Secret name cannot contain" | "Invalid folder name" => {
            "Infisical doesn't accept this name. Choose one of letters, digits and `_`."
        }
        "Invalid secret path" => {
            "Infisical doesn't accept this path. Its segments are letters, digits, `-` and `_`: list the folders."
        }
        "Dates must be within 3 months" => {
            "From `since` to `until` are more than three months. Ask for a shorter time."
        }
        _ => match asked {
            Asked::Secret(..) => {
                "Check the secret's name, value, comment and tags, then the project, environment and path. A server that is \
                 older or newer than those that are known may want something else: look at its log."
            }
            Asked::FolderIn(..) => {
                "Check the folder's name, then the project, environment and path. Look at the server's log for what it wants."
            }
            Asked::AuditLogs(_) => "Check `events`, `since`, `until`, `offset` and `limit`.",
            Asked::Project(_) => "Check the project, and the names, slugs, addresses and roles that were given.",
            Asked::Folder(_) | Asked::Projects | Asked::ProjectsOf(_) => "Check project, environment and path.",
        },
    };
    Error::Invalid(text.to_owned())
}
