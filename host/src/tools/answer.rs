//! A tool's answer, short enough for a conversation. Cut text is marked, and a note says how to get
//! the rest.

use super::bound::{MAX_ANSWER, bounded, bounded_text, size, text_size};
use super::pages::Page;
use crate::model::changes::{Preview, Receipt};
use crate::model::error::Error;
use crate::model::secrets::{RevealedSecret, Secret};
use crate::model::status::Status;
use crate::render;
use infisical_skill_policy::text::escape_json;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

/// A tool's answer: as JSON for programs with [`Self::to_json`], as text with [`Self::to_text`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// From the tools that list something.
    Page(Page),
    /// From `get-secret`.
    Secret(Box<Secret>),
    /// From `reveal-secret`, with a value.
    Revealed(Box<RevealedSecret>),
    /// From the tools that preview a change.
    Preview(Preview),
    /// From `apply-change`.
    Receipt(Receipt),
    /// From `discard-change`: the plan's id.
    Discarded(String),
    /// From `skill-status`.
    Status(Box<Status>),
}

impl Answer {
    /// Returns JSON that matches the tool's output schema, in less than 60 KB.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if a value doesn't fit, because a value is never cut. [`Error::Sandbox`]
    /// if the answer can't be serialized, which isn't expected.
    pub fn to_json(&self) -> Result<Value, Error> {
        let whole = self.to_whole_json()?;
        match self {
            Self::Page(_) => Ok(whole),
            Self::Revealed(_) if size(&whole).max(text_size(&self.to_whole_text())) > MAX_ANSWER => {
                Err(Error::TooLarge(TOO_LARGE_A_VALUE.to_owned()))
            }
            Self::Revealed(_) => Ok(whole),
            _ => Ok(bounded(whole, &self.rest())),
        }
    }

    /// Returns JSON that matches the tool's output schema, of any length, for programs that aren't
    /// models. A page is still a page.
    ///
    /// # Errors
    /// [`Error::Sandbox`] if the answer can't be serialized, which isn't expected.
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

    /// Renders the answer for a person or a model. Untrusted text is escaped and cut.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            // These aren't cut: see `to_json`.
            Self::Page(_) | Self::Revealed(_) => self.to_whole_text(),
            _ => bounded_text(self.to_whole_text(), &self.rest()),
        }
    }

    fn to_whole_text(&self) -> String {
        match self {
            Self::Page(page) => page.to_text(),
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

    /// Says how to get what an answer omits.
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

    /// Whether the answer contains untrusted text, mainly names.
    #[must_use]
    pub fn has_untrusted_text(&self) -> bool {
        !matches!(self, Self::Discarded(_) | Self::Status(_))
    }
}

const TOO_LARGE_A_VALUE: &str = "the value is larger than the limit of an answer for an agent, and a value is never cut: work with the secret by its name, or let a person run \
    `infisical-skill secrets reveal NAME`";

/// Converts a value to JSON. No other code does.
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
