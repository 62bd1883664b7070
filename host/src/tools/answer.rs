//! What a tool answers.

use crate::audit_logs::AuditLogPage;
use crate::changes::{Preview, Receipt};
use crate::error::Error;
use crate::status::Status;
use crate::types::{FolderListing, Project, RevealedSecret, Secret, SecretListing};
use crate::words;
use infisical_skill_policy::text::escape_json;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

/// A tool's answer: for programs with [`Self::to_json`], in words with [`Self::in_words`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Of `list-projects`.
    Projects(Vec<Project>),
    /// Of `list-folders`.
    Folders(FolderListing),
    /// Of `list-secrets`.
    Secrets(SecretListing),
    /// Of `get-secret`.
    Secret(Box<Secret>),
    /// Of `list-audit-logs`.
    AuditLogs(AuditLogPage),
    /// Of `reveal-secret`: with a value.
    Revealed(Box<RevealedSecret>),
    /// Of whatever previews a change.
    Preview(Preview),
    /// Of `apply-change`.
    Receipt(Receipt),
    /// Of `discard-change`: the plan's id.
    Discarded(String),
    /// Of `skill-status`.
    Status(Box<Status>),
}

impl Answer {
    /// As the tool's output schema has it.
    ///
    /// # Errors
    /// [`Error::Sandbox`] if it can't be written: not to be expected.
    pub fn to_json(&self) -> Result<Value, Error> {
        match self {
            Self::Projects(projects) => Ok(json!({ "projects": projects })),
            Self::Folders(listing) => to_json(listing),
            Self::Secrets(listing) => to_json(listing),
            Self::Secret(secret) => to_json(secret),
            Self::AuditLogs(page) => to_json(page),
            Self::Revealed(revealed) => self::revealed(revealed),
            Self::Preview(preview) => to_json(preview),
            Self::Receipt(receipt) => to_json(receipt),
            Self::Discarded(plan) => Ok(json!({ "plan": plan, "discarded": true })),
            Self::Status(status) => to_json(status),
        }
    }

    /// For a person or a model to read. Text of others stands there escaped and cut.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Projects(projects) => words::projects(projects),
            Self::Folders(listing) => words::folders(listing),
            Self::Secrets(listing) => words::secrets(listing),
            Self::Secret(secret) => words::secret(secret),
            Self::AuditLogs(page) => words::audit_logs(page),
            Self::Revealed(revealed) => {
                let value = Value::from(revealed.value.expose_secret()).to_string();
                format!("{}The value, as JSON: {}\n", words::secret(&revealed.secret), escape_json(&value))
            }
            Self::Preview(preview) => words::preview(preview),
            Self::Receipt(receipt) => words::receipt(receipt),
            Self::Discarded(plan) => format!("Discarded: {} can't be applied any more.\n", words::shown(plan)),
            Self::Status(status) => words::status(status),
        }
    }

    /// Whether there is text of others in it: names above all.
    #[must_use]
    pub fn has_text_of_others(&self) -> bool {
        !matches!(self, Self::Discarded(_) | Self::Status(_))
    }
}

/// The one place where a value becomes JSON.
fn revealed(revealed: &RevealedSecret) -> Result<Value, Error> {
    let mut shown = to_json(&revealed.secret)?;
    if let Some(object) = shown.as_object_mut() {
        object.insert("value".to_owned(), Value::from(revealed.value.expose_secret()));
    }
    Ok(shown)
}

fn to_json<T: Serialize>(answer: &T) -> Result<Value, Error> {
    serde_json::to_value(answer).map_err(|_| Error::Sandbox("its answer can't be written as JSON".to_owned()))
}
