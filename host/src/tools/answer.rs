//! What a tool answers. It is short enough for a conversation: what is cut is marked, and how to get the rest stands beside it.

use super::bound::{MAX_ANSWER, bounded, bounded_text, size, text_size};
use super::pages::Page;
use crate::changes::{Preview, Receipt};
use crate::error::Error;
use crate::render;
use crate::status::Status;
use crate::types::{RevealedSecret, Secret};
use infisical_skill_policy::text::escape_json;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

/// A tool's answer: for programs with [`Self::to_json`], in words with [`Self::in_words`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Of whatever lists something.
    Page(Page),
    /// Of `get-secret`.
    Secret(Box<Secret>),
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
    /// As the tool's output schema has it, in less than 60 KB.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it is a value that is larger than that: a value isn't cut. [`Error::Sandbox`] if it can't be written: not to be expected.
    pub fn to_json(&self) -> Result<Value, Error> {
        let whole = self.to_whole_json()?;
        match self {
            Self::Page(_) => Ok(whole),
            Self::Revealed(_) if size(&whole).max(text_size(&self.in_whole_words())) > MAX_ANSWER => {
                Err(Error::TooLarge(TOO_LARGE_A_VALUE.to_owned()))
            }
            Self::Revealed(_) => Ok(whole),
            _ => Ok(bounded(whole, &self.rest())),
        }
    }

    /// As the tool's output schema has it, however long it is: for programs that aren't models. A page is a page all the same.
    ///
    /// # Errors
    /// [`Error::Sandbox`] if it can't be written: not to be expected.
    pub fn to_whole_json(&self) -> Result<Value, Error> {
        match self {
            Self::Page(page) => Ok(page.to_json()),
            Self::Secret(secret) => to_json(secret),
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
            // Where it is too long, there is no answer: see above.
            Self::Page(_) | Self::Revealed(_) => self.in_whole_words(),
            _ => bounded_text(self.in_whole_words(), &self.rest()),
        }
    }

    fn in_whole_words(&self) -> String {
        match self {
            Self::Page(page) => page.in_words(),
            Self::Secret(secret) => render::secret(secret),
            Self::Revealed(revealed) => {
                let value = Value::from(revealed.value.expose_secret()).to_string();
                format!("{}The value, as JSON: {}\n", render::secret(&revealed.secret), escape_json(&value))
            }
            Self::Preview(preview) => render::preview(preview),
            Self::Receipt(receipt) => render::receipt(receipt),
            Self::Discarded(plan) => format!("Discarded: {} can't be applied any more.\n", render::shown(plan)),
            Self::Status(status) => render::status(status),
        }
    }

    /// How to get what an answer leaves out.
    fn rest(&self) -> String {
        match self {
            Self::Preview(preview) => {
                format!("A person sees all of it with `infisical-skill plans show {}`.", render::shown(&preview.plan))
            }
            Self::Receipt(receipt) => {
                format!(
                    "A person sees all of it with `infisical-skill audit show --plan {}`.",
                    render::shown(&receipt.plan)
                )
            }
            Self::Status(_) => "A person sees all of it with `infisical-skill status`.".to_owned(),
            _ => "A person sees all of it with `infisical-skill secrets get NAME`.".to_owned(),
        }
    }

    /// Whether there is text of others in it: names above all.
    #[must_use]
    pub fn has_text_of_others(&self) -> bool {
        !matches!(self, Self::Discarded(_) | Self::Status(_))
    }
}

const TOO_LARGE_A_VALUE: &str = "the value is larger than an answer for an agent may be, and a value isn't cut: work with the secret by its name, or let a person run \
    `infisical-skill secrets reveal NAME`";

/// The one place where a value becomes JSON.
fn revealed(revealed: &RevealedSecret) -> Result<Value, Error> {
    let mut shown = to_json(&revealed.secret)?;
    if let Some(object) = shown.as_object_mut() {
        object.insert("value".to_owned(), Value::from(revealed.value.expose_secret()));
    }
    Ok(shown)
}

pub(super) fn to_json<T: Serialize>(answer: &T) -> Result<Value, Error> {
    serde_json::to_value(answer).map_err(|_| Error::Sandbox("its answer can't be written as JSON".to_owned()))
}
