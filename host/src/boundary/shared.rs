//! What all calls of a skill share.

use crate::audit::Trail;
use crate::client::api_version::Server;
use crate::client::identities::Identities;
use crate::client::transport::Transport;
use crate::model::session::Client;
use crate::plans::PlanService;
use crate::plans::reveals::RevealService;
use infisical_skill_policy::Scopes;
use infisical_skill_policy::exposure::Exposure;

/// What all calls of a skill share.
pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) identities: Identities,
    pub(crate) scopes: Scopes,
    /// Where values may be revealed, within the scopes.
    pub(crate) reveal_scopes: Scopes,
    /// The scopes of each client that has its own.
    pub(crate) client_scopes: Vec<Scopes>,
    pub(crate) server: Server,
    pub(crate) plan_service: PlanService,
    pub(crate) reveals: RevealService,
    pub(crate) trail: Trail,
}

impl Shared {
    /// Where a client may read and change something.
    pub(crate) fn scopes_of<'a>(&'a self, client: &'a Client) -> &'a Scopes {
        client.rights.scopes.as_ref().unwrap_or(&self.scopes)
    }

    /// The settings that a client's change is checked against, so that it widens no access.
    pub(crate) fn exposure<'a>(&'a self, client: &'a Client) -> Exposure<'a> {
        let (scopes, reveal_scopes) = (self.scopes_of(client), &self.reveal_scopes);
        Exposure {
            scopes,
            reveal_scopes,
            protected: &self.plan_service.rules().protected,
            clients: &self.client_scopes,
        }
    }
}
