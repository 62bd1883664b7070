//! Finds out which secret a person is asked about before its value is revealed, and checks that the
//! value that arrives is of that secret.

use super::call::GateError;
use super::gate::Gate;
use super::search::Search;
use crate::client::exchange::{elsewhere, failure_of};
use crate::model::error::{Detail, Error, Layer};
use crate::model::reveal_card::{RevealCard, SecretToReveal};
use infisical_skill_policy::answers::{self, AnswerRefusal, ListedSecret, OneSecret};
use infisical_skill_policy::headers::is_json;
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::text::escape_capped;
use infisical_skill_policy::{Operation, Place};

/// The secret and version whose value a person approved to be shown.
#[derive(Clone)]
pub(super) struct ApprovedSecret {
    id: String,
    version: u32,
    updated_at: Option<String>,
}

impl ApprovedSecret {
    pub(super) fn of(card: &RevealCard) -> Self {
        Self { id: card.secret_id.clone(), version: card.version, updated_at: card.updated_at.clone() }
    }

    /// Checks an answer that the host rewrote.
    pub(super) fn check(&self, written: &[u8]) -> Result<(), Error> {
        let refused = |reason: &str| {
            let remedy =
                "ask for the value again without `request`, so that a person can decide about what is there now";
            Err(Error::refused(Layer::RevealGate, reason, remedy))
        };
        match answers::one_secret(written) {
            Some(OneSecret { secret, updated_at })
                if secret.id == self.id && secret.version == self.version && updated_at == self.updated_at =>
            {
                Ok(())
            }
            Some(OneSecret { secret, .. }) if secret.id == self.id => {
                refused("the secret changed after the request was filed, so the approval doesn't cover its value")
            }
            _ => refused("another secret has this name now than the one that a person approved"),
        }
    }
}

impl Gate {
    /// Finds the secret on the read identity, without its value, and Infisical's names for its
    /// project and environment.
    pub(crate) async fn find_secret(&self, reveal: &Reveal) -> Result<SecretToReveal, Error> {
        let found = self.observe_secret(reveal).await;
        let unknown = || Error::UnexpectedAnswer("the host couldn't read which secret this is".into());
        let OneSecret { secret: ListedSecret { id, version, .. }, updated_at } =
            found.map_err(|_| self.cause().unwrap_or_else(unknown))?;
        let api_version = self.api_version().await.map_err(|_| self.cause().unwrap_or_else(unknown))?;
        let Place { project, environment, .. } = &reveal.place;
        let answer = Search::new(self, api_version).project(project).await;
        let names = self.names_of(project, &[environment], &[], answer);
        Ok(SecretToReveal { reveal: reveal.clone(), id, version, updated_at, names })
    }

    async fn observe_secret(&self, reveal: &Reveal) -> Result<OneSecret, GateError> {
        let api_version = self.api_version().await?;
        let Reveal { place, name } = reveal;
        let operation = Operation::GetSecret { place: place.clone(), name: name.clone(), version: None };
        let answer = self.send(&operation, api_version).await?;
        let stop = |error: Error| self.stop(error, GateError::Answer);
        let http = Some(answer.status.into());
        match answer.status {
            200 if answer.content_type.as_deref().is_some_and(is_json) => {
                let unread = |refusal: AnswerRefusal| match refusal {
                    AnswerRefusal::Elsewhere => stop(elsewhere(&operation, self.scopes(), &answer.body)),
                    refusal => stop(Error::UnexpectedAnswer(refusal.to_string().into())),
                };
                let written = answers::rewrite(&operation, self.scopes(), &answer.body).map_err(unread)?;
                self.check_for_credentials(&written)?;
                let secret = answers::one_secret(&written).filter(|one| one.secret.name == name.as_str());
                secret.ok_or_else(|| unread(AnswerRefusal::OtherName))
            }
            404 if failure_of(&answer).is_from_infisical() => Err(stop(Error::NotFound {
                kind: "secret".to_owned(),
                name: escape_capped(name.as_str(), 200),
                remedy: "list the secrets of the folder, and use a name from there".to_owned(),
                http,
            })),
            403 if failure_of(&answer).is_from_infisical() => Err(stop(Error::Denied(Detail {
                http,
                ..Detail::from("ask the operator to let the read identity describe the secrets of this folder")
            }))),
            _ => Err(stop(Error::UnexpectedAnswer(Detail {
                http,
                ..Detail::from("the host couldn't read which secret this is, so no person was asked about its value")
            }))),
        }
    }
}
