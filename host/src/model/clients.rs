//! What the operator allows each client.

use infisical_skill_policy::Scopes;
use infisical_skill_policy::client::{May, divide, is_within};
use std::collections::BTreeMap;

/// What the operator allows one client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientRights {
    /// How far it may go.
    pub may: May,
    /// Whether it may be shown values, if showing them is allowed at all.
    pub reveal: bool,
    /// Where it may read and change something, within the operator's scopes. `None`: everywhere in
    /// those.
    pub scopes: Option<Scopes>,
    /// How many of its plans may be pending. `None`: an even share. For clients with a token.
    pub pending_plans: Option<u32>,
    /// How many changes it may make in an hour. `None`: an even share. For clients with a token.
    pub writes_per_hour: Option<u32>,
    /// How many values it may be shown in an hour. `None`: an even share. For clients with a token.
    pub reveals_per_hour: Option<u32>,
    /// Whether a form that this client shows can approve a plan that needs a person's approval. If
    /// so, the client, or a program that answers its forms, can approve what its own agent asks
    /// for. Never applies to protected environments.
    pub approve_in_client: bool,
    /// The owner of the client: a user of this machine, or a person. The owner counts as the
    /// requester.
    pub owner: Option<String>,
}

impl ClientRights {
    /// The rights of a client that the operator doesn't configure: to read, without values.
    #[must_use]
    pub fn to_read() -> Self {
        Self { may: May::Read, reveal: false, ..Self::without_limits() }
    }

    /// No limits except those that hold for everybody. Forms approve nothing.
    #[must_use]
    pub fn without_limits() -> Self {
        Self {
            may: May::Apply,
            reveal: true,
            scopes: None,
            pending_plans: None,
            writes_per_hour: None,
            reveals_per_hour: None,
            approve_in_client: false,
            owner: None,
        }
    }
}

/// What the operator allows the clients of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clients {
    /// The only client of a server on standard input and output.
    pub stdio: ClientRights,
    /// Clients of a server over HTTP, by the names of their tokens. All others may only read.
    pub http: BTreeMap<String, ClientRights>,
}

impl Default for Clients {
    fn default() -> Self {
        Self { stdio: ClientRights::without_limits(), http: BTreeMap::new() }
    }
}

/// One client's share of the budgets, or the rest for clients without a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) pending_plans: u32,
    pub(crate) writes_per_hour: u32,
    pub(crate) reveals_per_hour: u32,
}

impl Clients {
    /// The rights of the client with this token.
    #[must_use]
    pub fn of_token(&self, name: &str) -> ClientRights {
        self.http.get(name).cloned().unwrap_or_else(ClientRights::to_read)
    }

    /// Describes the clients in which a form approves plans.
    #[must_use]
    pub fn with_forms(&self) -> Vec<String> {
        let stdio = self.stdio.approve_in_client.then(|| "the client of a server over stdio".to_owned());
        let http = self.http.iter().filter(|(_, rights)| rights.approve_in_client);
        stdio.into_iter().chain(http.map(|(name, _)| format!("the client `{name}`"))).collect()
    }

    /// All clients with their descriptions.
    fn all(&self) -> impl Iterator<Item = (String, &ClientRights)> {
        let http = self.http.iter().map(|(name, rights)| (format!("the client `{name}`"), rights));
        std::iter::once(("the client of a server over stdio".to_owned(), &self.stdio)).chain(http)
    }

    /// The scopes of each client that has its own.
    pub(crate) fn scopes(&self) -> Vec<Scopes> {
        self.all().filter_map(|(_, rights)| rights.scopes.clone()).collect()
    }

    /// The same rights, with administration allowed in scopes or not.
    pub(crate) fn with_administration(mut self, administration: bool) -> Self {
        let all = std::iter::once(&mut self.stdio).chain(self.http.values_mut());
        for scopes in all.filter_map(|rights| rights.scopes.as_mut()) {
            *scopes = scopes.clone().with_administration(administration);
        }
        self
    }

    /// Divides the budgets: one share for each client with a token, and one for all others.
    ///
    /// # Errors
    ///
    /// Names the client whose scopes exceed the operator's, or the shares that exceed the total.
    pub(crate) fn shares(&self, scopes: &Scopes, total: Share) -> Result<(BTreeMap<String, Share>, Share), String> {
        for (name, rights) in self.all() {
            if rights.scopes.as_ref().is_some_and(|part| !is_within(part, scopes)) {
                return Err(format!(
                    "the scopes of {name} aren't within `scopes`: each of them must be covered by one of those"
                ));
            }
        }
        let part = |setting: &str, total: u32, of: &dyn Fn(&ClientRights) -> Option<u32>| {
            let wanted: Vec<_> = self.http.values().map(of).collect();
            divide(total, &wanted).ok_or_else(|| {
                format!(
                    "the clients' shares `{setting}` exceed `budgets.{setting}`, which is {total}: lower them, or raise the budget"
                )
            })
        };
        let if_may = |it: &ClientRights, may, share: Option<u32>| if it.may >= may { share } else { Some(0) };
        let (plans, plans_left) =
            part("pending_plans", total.pending_plans, &|it| if_may(it, May::Preview, it.pending_plans))?;
        let (writes, writes_left) =
            part("writes_per_hour", total.writes_per_hour, &|it| if_may(it, May::Apply, it.writes_per_hour))?;
        let (reveals, reveals_left) = part("reveals_per_hour", total.reveals_per_hour, &|it| {
            if it.reveal { it.reveals_per_hour } else { Some(0) }
        })?;
        let parts = plans.into_iter().zip(writes).zip(reveals);
        let parts = parts.map(|((pending_plans, writes_per_hour), reveals_per_hour)| Share {
            pending_plans,
            writes_per_hour,
            reveals_per_hour,
        });
        let left = Share { pending_plans: plans_left, writes_per_hour: writes_left, reveals_per_hour: reveals_left };
        Ok((self.http.keys().cloned().zip(parts).collect(), left))
    }
}
