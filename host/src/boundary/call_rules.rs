//! Decides whether a request of the component is within what its call may do. Pure: nothing here
//! sends, records or remembers anything.

use super::call::Denial;
use super::purpose::CallPurpose;
use crate::model::error::{Error, Layer};
use infisical_skill_policy::change::KnownIds;
use infisical_skill_policy::plan::{Folders, ReadScope, permits};
use infisical_skill_policy::{ApiVersion, Grant, Operation, OrganizationId, Scopes, route};

/// What one call may read, with what the server's answers named so far.
pub(super) struct CallRules<'a> {
    pub(super) grant: Grant,
    pub(super) purpose: &'a CallPurpose,
    /// What a preview or an apply may read.
    pub(super) read_scopes: &'a [ReadScope],
    pub(super) named: &'a KnownIds,
    pub(super) folders: &'a Folders,
    /// The configured organization.
    pub(super) organization: Option<&'a OrganizationId>,
    /// Where the client may read and change something.
    pub(super) scopes: &'a Scopes,
    /// Where values may be revealed.
    pub(super) reveal_scopes: &'a Scopes,
}

impl CallRules<'_> {
    /// The operation of a request that the route, the grant, the purpose and the scopes allow.
    pub(super) fn authorize(
        &self,
        api_version: ApiVersion,
        method: &str,
        path_and_query: &str,
    ) -> Result<Operation, Denial> {
        let denied = |reason: String| Err(Denial::Egress(reason));
        let operation = match route::read(api_version, method, path_and_query) {
            Ok(operation) => operation,
            Err(refusal) => return Err(Denial::Route(refusal.to_string())),
        };
        if !self.grant.allows(&operation) {
            let (operation, grant) = (operation.name(), self.grant.as_str());
            return denied(format!("the grant `{grant}` doesn't allow `{operation}`"));
        }
        if !self.is_within_purpose(&operation) {
            return denied(format!("`{}` isn't within the purpose of the call", operation.name()));
        }
        match &operation {
            Operation::ListProjects { organization: Some(organization) } if self.organization != Some(organization) => {
                denied("it names an organization other than the configured one".to_owned())
            }
            Operation::RevealSecret { place, name } if !matches!(self.purpose, CallPurpose::Reveal { target, .. } if target.is(place, name.as_str(), self.named)) => {
                denied("it names a secret other than the one to reveal".to_owned())
            }
            _ if self.scopes.check(&operation).is_err() => Err(Denial::OutOfScope),
            Operation::RevealSecret { .. } if self.reveal_scopes.check(&operation).is_err() => {
                Err(Denial::Refused(Error::refused(
                    Layer::RevealGate,
                    "the operator doesn't allow values to be revealed in this place",
                    "work with the secret by its name; if its value is really needed, ask the operator, who can extend `reveal_scopes`",
                )))
            }
            _ => Ok(operation),
        }
    }

    /// Whether a read is within the call's purpose. A call that holds plaintext may ask for nothing
    /// else, because a component could smuggle a value out in a text of its choice.
    fn is_within_purpose(&self, operation: &Operation) -> bool {
        match self.purpose {
            CallPurpose::Read => true,
            CallPurpose::Reveal { target, .. } => match operation {
                Operation::ProjectBySlug { slug } => target.at.project.as_ref() == Some(slug),
                // Where a missing secret may come from. The request names only the secret's own
                // folder, so the component chooses no text in it.
                Operation::ListImports { place } => target.at.is(place, self.named),
                operation => matches!(operation, Operation::RevealSecret { .. }),
            },
            CallPurpose::Preview(_) | CallPurpose::Apply { .. } => {
                permits(self.read_scopes, operation, self.named, self.folders)
            }
        }
    }
}
