//! The card of a request to reveal a value, which holds what may be shown.

use super::names::ProjectNames;
use super::people::{ApprovedBy, AskedBy};
use crate::base::time::rfc3339;
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::{Environment, Place, Project, SecretName, SecretPath};
use serde::{Deserialize, Serialize};

/// What may be shown of a request to reveal a value, which is all of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RevealCard {
    /// The request's id.
    pub request: String,
    /// The server.
    pub origin: String,
    /// The project's id.
    pub project: String,
    /// The environment's slug.
    pub environment: String,
    /// The folder.
    pub path: String,
    /// The secret's name.
    pub name: String,
    /// The secret's id, as the host found it when the request was filed. An approval holds for this
    /// secret alone.
    pub secret_id: String,
    /// The version at that time. If the secret changes afterwards, the approval no longer holds.
    pub version: u32,
    /// When the secret last changed, if the server says so. If that differs later, the approval no
    /// longer holds either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Infisical's names for the project and the environment.
    pub names: ProjectNames,
    /// When it was filed, in milliseconds since 1970.
    pub filed: u64,
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// Who asked for it.
    #[serde(default)]
    pub asked: AskedBy,
    /// The session in which it was filed, if there was one. It can be used only in that session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The keyed digest that an approval is bound to, in hexadecimal.
    pub digest: String,
}

impl RevealCard {
    /// The secret. `None`: a field isn't valid, so the host didn't write the file.
    pub(crate) fn reveal(&self) -> Option<Reveal> {
        Some(Reveal {
            place: Place {
                project: Project::new(self.project.as_str()).ok()?,
                environment: Environment::new(self.environment.as_str()).ok()?,
                path: SecretPath::new(self.path.as_str()).ok()?,
            },
            name: SecretName::new(self.name.as_str()).ok()?,
        })
    }

    /// The request on one line, as a person sees it.
    #[must_use]
    pub fn reading(&self) -> String {
        self.reveal().map(|reveal| reveal.reading()).unwrap_or_default()
    }

    /// What a person types to approve it: `ENV:/path/NAME`.
    #[must_use]
    pub fn target(&self) -> String {
        self.reveal().map(|reveal| reveal.target()).unwrap_or_default()
    }

    /// Whether it is for this place and name.
    pub(crate) fn is_for(&self, reveal: &Reveal) -> bool {
        self.reveal().as_ref() == Some(reveal)
    }

    /// The time until which it can be used, RFC 3339.
    #[must_use]
    pub fn expires_at(&self) -> String {
        rfc3339(self.expires)
    }
}

/// The status of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RevealStatus {
    /// The request's card.
    #[serde(flatten)]
    pub card: RevealCard,
    /// Whether there is an approval. Revealing the value checks that it is genuine.
    pub approved: bool,
    /// Who approved it, if the approval is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovedBy>,
}

/// A secret whose value a person is asked about, as the host found it on the read identity.
#[derive(Debug, Clone)]
pub(crate) struct SecretToReveal {
    pub(crate) reveal: Reveal,
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) updated_at: Option<String>,
    pub(crate) names: ProjectNames,
}

#[cfg(test)]
impl SecretToReveal {
    /// The first version of a secret whose id comes from its name, in a project without names.
    pub(crate) fn for_tests(reveal: &Reveal) -> Self {
        let names = ProjectNames { id: reveal.place.project.to_string(), ..ProjectNames::default() };
        Self {
            reveal: reveal.clone(),
            id: format!("id of {}", reveal.name.as_str()),
            version: 1,
            updated_at: None,
            names,
        }
    }
}
