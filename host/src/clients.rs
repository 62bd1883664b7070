//! What the operator lets each client do.

use std::collections::BTreeMap;

/// What the operator lets one client do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientRights {
    /// Whether a form that this client shows approves a plan that needs a person. Then the client, or
    /// a program that answers its forms, can approve what its own agent asks for. Never in protected
    /// environments.
    pub approve_in_client: bool,
    /// Whose client it is: a user of this machine, or a person. Whoever that is counts as who asked.
    pub owner: Option<String>,
}

/// What the operator lets the clients of an MCP server do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clients {
    /// The one client of a server at standard input and output.
    pub stdio: ClientRights,
    /// Those of a server over HTTP, by the names of their tokens.
    pub http: BTreeMap<String, ClientRights>,
}

impl Clients {
    /// The rights of the client with this token.
    #[must_use]
    pub fn of_token(&self, name: &str) -> ClientRights {
        self.http.get(name).cloned().unwrap_or_default()
    }

    /// The clients in which a form approves plans, in words.
    #[must_use]
    pub fn with_forms(&self) -> Vec<String> {
        let stdio = self.stdio.approve_in_client.then(|| "the client of a server over stdio".to_owned());
        let http = self.http.iter().filter(|(_, rights)| rights.approve_in_client);
        stdio.into_iter().chain(http.map(|(name, _)| format!("the client `{name}`"))).collect()
    }
}
