//! Validates changes.

use super::arguments::{secret_name, tag_words};
use super::grammar::{FolderPath, Word, covers};
use super::names::{FolderName, NewName, SecretKey};
use super::places::{Target, place};
use super::quote::quote;
use super::refusals::{RENAME, input, malformed, not_addressable};
use super::scopes::Scopes;
use super::validated_change::{Content, Kind, NewValue, ValidatedChange};
use super::values::trimmed;
use super::{exposure, generator, values};
use crate::error::{Error, Refusal};
use crate::json;
use crate::types::{ApiVersion, Change, Place, Policy, SecretCreation, SecretUpdate, Value};

/// A validated change and its place.
pub(crate) struct Intent<'a> {
    pub(crate) at: Target,
    pub(crate) validated: ValidatedChange<'a>,
}

/// Validates each change as far as possible without a request.
pub(crate) fn check<'a>(changes: &'a [Change], policy: &Policy) -> Result<Vec<Intent<'a>>, Error> {
    if changes.is_empty() {
        return Err(input("The plan has no change.", "Pass at least one change."));
    }
    if u32::try_from(changes.len()).unwrap_or(u32::MAX) > policy.max_changes {
        return Err(input(
            ["A plan may have ", &policy.max_changes.to_string(), " changes at most."].concat(),
            "Preview and apply them in several plans.",
        ));
    }
    let scopes = Scopes::new(policy.scopes.as_deref());
    let mut intents = Vec::new();
    for change in changes {
        let checked = intent(change, policy).and_then(|intent| {
            scopes.check_target(&intent.at)?;
            exposure::check(&intent.at, &intent.validated, policy)?;
            Ok(intent)
        });
        let is_one_of_many = changes.len() > 1;
        intents.push(checked.map_err(|error| if is_one_of_many { numbered(error, intents.len() + 1) } else { error })?);
    }
    Ok(intents)
}

/// Checks what depends on the API version of the server.
pub(crate) fn check_for(api_version: ApiVersion, intents: &[Intent<'_>]) -> Result<(), Error> {
    let is_impossible =
        |intent: &&Intent<'_>| intent.validated.kind() == Kind::UpdateSecret && intent.validated.value().is_none();
    match intents.iter().find(is_impossible) {
        Some(intent) if api_version == ApiVersion::V3 => Err(input(
            [
                "An older server accepts no update without a value, so ",
                &quote(intent.validated.name()),
                " can't be changed in this way: the skill doesn't know the value and would lose it.",
            ]
            .concat(),
            "Pass a value, generate one, or change the secret in Infisical itself.",
        )),
        _ => Ok(()),
    }
}

fn numbered(error: Error, number: usize) -> Error {
    match error {
        Error::Refused(Refusal { layer, reason, remedy }) => {
            Error::Refused(Refusal { layer, reason: ["Change ", &number.to_string(), ": ", &reason].concat(), remedy })
        }
        other => other,
    }
}

fn intent<'a>(change: &'a Change, policy: &Policy) -> Result<Intent<'a>, Error> {
    let (at, validated): (&Place, _) = match change {
        Change::CreateSecret(creation) => (&creation.at, create_secret(creation)?),
        Change::UpdateSecret(update) => (&update.at, update_secret(update)?),
        Change::DeleteSecret(target) => (&target.at, ValidatedChange::DeleteSecret(secret_key(&target.name)?)),
        Change::CreateFolder(target) => (&target.at, ValidatedChange::CreateFolder(new_folder_name(&target.name)?)),
        Change::RenameFolder(rename) => {
            let (name, new_name) = (folder_name(&rename.name)?, new_folder_name(&rename.new_name)?);
            check_is_new(name.as_str(), new_name.as_str())?;
            (&rename.at, ValidatedChange::RenameFolder { name, new_name })
        }
        Change::DeleteFolder(target) => (&target.at, ValidatedChange::DeleteFolder(folder_name(&target.name)?)),
        Change::CreateProject(_) | Change::CreateEnvironment(_) | Change::InviteMembers(_) => {
            return Err(input("Projects, environments and members change one at a time.", "Preview it by itself."));
        }
    };
    let at = place(at, policy)?;
    if let ValidatedChange::DeleteFolder(name) = &validated {
        check_can_be_listed(&at.path, name)?;
    }
    Ok(Intent { at, validated })
}

fn create_secret(creation: &SecretCreation) -> Result<ValidatedChange<'_>, Error> {
    let name = new_secret_name(&creation.name)?;
    let tags = Some(tag_words(&creation.tags)?).filter(|tags| !tags.is_empty());
    let comment = creation.comment.as_deref().filter(|comment| !comment.is_empty());
    Ok(ValidatedChange::CreateSecret { name, content: content(Some(&creation.value), comment, tags)? })
}

/// Parses a secret's name. Refuses blanks at its ends, because the server would drop them and find
/// another secret.
fn secret_key(name: &str) -> Result<SecretKey, Error> {
    let key = SecretKey::of(secret_name(name)?);
    if trimmed(name) == name { Ok(key) } else { Err(not_addressable(name, RENAME)) }
}

fn update_secret(update: &SecretUpdate) -> Result<ValidatedChange<'_>, Error> {
    let name = match secret_key(&update.name)? {
        SecretKey::Path(name) => name,
        SecretKey::Body(name) => return Err(not_addressable(&name, RENAME)),
    };
    let new_name = update.new_name.as_deref().map(new_secret_name).transpose()?;
    if let Some(new_name) = &new_name {
        check_is_new(name.as_str(), new_name.as_str())?;
    }
    let tags = update.tags.as_deref().map(tag_words).transpose()?;
    let content = content(update.value.as_ref(), update.comment.as_deref(), tags)?;
    if new_name.is_none() && content.value.is_none() && content.comment.is_none() && content.tags.is_none() {
        return Err(input(
            ["The update of ", &quote(name.as_str()), " changes nothing."].concat(),
            "Pass a new name, value or comment, or tags.",
        ));
    }
    Ok(ValidatedChange::UpdateSecret { name, new_name, content })
}

fn content<'a>(
    value: Option<&'a Value>,
    comment: Option<&'a str>,
    tags: Option<Vec<Word>>,
) -> Result<Content<'a>, Error> {
    /// The most bytes of a body, less what its other fields can need.
    const MAX_WRITTEN: usize = 1_000_000 - 16_384;
    let value = match value {
        Some(Value::Literal(text)) => {
            values::check_value(text)?;
            Some(NewValue::Literal(text))
        }
        Some(Value::Generated(recipe)) => Some(NewValue::Generated(generator::check(recipe)?)),
        None => None,
    };
    if let Some(comment) = comment {
        values::check_comment(comment)?;
    }
    let literal = if let Some(NewValue::Literal(text)) = value { json::written_len(text) } else { 0 };
    if literal + comment.map_or(0, json::written_len) > MAX_WRITTEN {
        return Err(input(
            "The value would be too large once it is escaped in JSON.",
            "Store it in another encoding, such as base64.",
        ));
    }
    Ok(Content { value, comment, tags })
}

fn new_secret_name(name: &str) -> Result<NewName, Error> {
    NewName::parse(name).map_err(|wrong| {
        malformed(
            "The new secret's name",
            name,
            wrong,
            "Pass a letter or `_`, then letters, digits, `_`, `-` and `.`; 100 at most.",
        )
    })
}

fn folder_name(name: &str) -> Result<FolderName, Error> {
    FolderName::parse(name).map_err(|wrong| {
        malformed("The folder's name", name, wrong, "List the folders to see the names that are there.")
    })
}

fn new_folder_name(name: &str) -> Result<Word, Error> {
    Word::parse(name).map_err(|wrong| {
        malformed(
            "The folder's new name",
            name,
            wrong,
            "Pass one name, not a path: 1 to 64 letters, digits, `-` and `_`. `path` names the folder that contains it.",
        )
    })
}

fn check_is_new(name: &str, new_name: &str) -> Result<(), Error> {
    if name != new_name {
        return Ok(());
    }
    Err(input(["The new name ", &quote(name), " is the name that it has."].concat(), "Pass another one, or none."))
}

/// The content of a folder can be counted only if a request can name its path. The skill deletes
/// nothing that it can't count.
fn check_can_be_listed(parent: &FolderPath, name: &FolderName) -> Result<(), Error> {
    if !name.as_str().contains('/') && FolderPath::parse(&parent.child(name.as_str())).is_ok() {
        return Ok(());
    }
    Err(input(
        ["The content of the folder ", &quote(name.as_str()), " can't be listed under this name."].concat(),
        "Rename the folder first, then preview its deletion.",
    ))
}

impl Intent<'_> {
    /// Returns the old or new path of a folder that this change renames or deletes, if the folder
    /// contains `path`.
    pub(crate) fn moves(&self, path: &FolderPath) -> Option<String> {
        if !matches!(self.validated.kind(), Kind::RenameFolder | Kind::DeleteFolder) {
            return None;
        }
        let mut names = [Some(self.validated.name()), self.validated.new_name()].into_iter().flatten();
        names.find_map(|name| Some(self.at.path.child(name)).filter(|moved| covers(moved, path.as_str())))
    }
}

#[cfg(test)]
#[path = "intents_tests.rs"]
mod tests;
