//! What is known about the server: its API version, which is determined once and stored.

use super::exchange::{failed, failure_of, get};
use super::identities::Identities;
use super::transport::{Connection, Transport};
use crate::audit::CallLog;
use crate::model::error::{Detail, Error};
use crate::state::State;
use infisical_skill_policy::answers::Failure;
use infisical_skill_policy::{ApiVersion, IdentityKind, OrganizationId};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex, PoisonError};

/// A request that does nothing on either API version. An older server has no such route. A newer
/// one reports missing parameters.
pub(crate) const PROBE: &str = "/api/v4/secrets";

/// The server behind the origin.
pub(crate) struct Server {
    organization: Option<OrganizationId>,
    known: Mutex<Option<ApiVersion>>,
    /// Calls that start together send a single request.
    asking: tokio::sync::Mutex<()>,
    state: Option<Arc<dyn State>>,
    origin: String,
}

impl Server {
    /// `state` keeps the answer between processes, if given.
    pub(crate) fn new(organization: Option<OrganizationId>, origin: &str, state: Option<Arc<dyn State>>) -> Self {
        let known = Mutex::new(state.as_ref().and_then(|state| state.api_version(origin)));
        Self { organization, known, asking: tokio::sync::Mutex::default(), state, origin: origin.to_owned() }
    }

    pub(crate) fn organization(&self) -> Option<&OrganizationId> {
        self.organization.as_ref()
    }

    /// The API version, if it is already known.
    pub(crate) fn known(&self) -> Option<ApiVersion> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, api_version: Option<ApiVersion>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = api_version;
        if let Some(state) = &self.state {
            state.set_api_version(&self.origin, api_version);
        }
    }

    /// Forgets the API version if an answer shows that it isn't, or is no longer, right. The next
    /// call asks again.
    pub(crate) fn note(&self, failure: &Failure) {
        if failure.is_unknown_route() {
            self.keep(None);
        }
    }

    /// Which API version the server speaks.
    pub(crate) async fn api_version(
        &self,
        (identities, transport): (&Identities, &Transport),
        log: &CallLog,
    ) -> Result<ApiVersion, Error> {
        if let Some(api_version) = self.known() {
            return Ok(api_version);
        }
        let Ok(_asking) = tokio::time::timeout_at(log.deadline(), self.asking.lock()).await else {
            return Err(Error::TimedOut);
        };
        if let Some(api_version) = self.known() {
            return Ok(api_version);
        }
        let api_version = ask(identities, transport, log).await?;
        self.keep(Some(api_version));
        Ok(api_version)
    }
}

/// Asks the server. Only a missing route shows an older server, and only the error about missing
/// parameters shows a newer one. Anything else (an outage, a proxy's page, a refused credential)
/// decides nothing, so nothing is stored.
async fn ask(identities: &Identities, transport: &Transport, log: &CallLog) -> Result<ApiVersion, Error> {
    let mut stale = None;
    loop {
        let token = identities.token(IdentityKind::Read, transport, stale.as_ref(), log).await?;
        let answer =
            get(transport, log.note().await?, "probe", PROBE, token.expose_secret(), Connection::Kept, log.deadline())
                .await;
        let answer = answer.map_err(|error| error.into_error(transport.origin()))?;
        let failure = failure_of(&answer);
        return match answer.status {
            404 if failure.is_unknown_route() => Ok(ApiVersion::V3),
            400 | 422 if failure.is_from_infisical() => Ok(ApiVersion::V4),
            401 | 403 if failure.wants_login() => {
                if stale.is_none() {
                    stale = Some(token);
                    continue;
                }
                Err(identities.expired(IdentityKind::Read))
            }
            // The route exists, and only the permission is missing.
            403 if failure.is_from_infisical() => Ok(ApiVersion::V4),
            429 => {
                let seconds =
                    answer.retry_after.as_deref().and_then(infisical_skill_policy::headers::retry_after_seconds);
                Err(Error::RateLimited { retry_after: seconds })
            }
            500.. => Err(Error::ServerFailed(failed(&answer))),
            _ => Err(Error::UnexpectedAnswer(Detail {
                http: Some(failed(&answer)),
                ..Detail::from("the server doesn't answer as an Infisical server does")
            })),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_the_api_version_for_its_origin_only() {
        let folder = tempfile::tempdir().unwrap();
        let state: Arc<dyn State> = Arc::new(crate::state::DirectoryState::new(folder.path()));
        let server = |origin: &str| Server::new(None, origin, Some(Arc::clone(&state)));
        assert_eq!(server("https://a").known(), None);
        server("https://a").keep(Some(ApiVersion::V3));
        assert_eq!(server("https://a").known(), Some(ApiVersion::V3));
        assert_eq!(server("https://b").known(), None);
        server("https://a").keep(None);
        assert_eq!(server("https://a").known(), None);
    }
}
