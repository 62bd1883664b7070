//! What the file lets the clients of the MCP server do.

use super::ConfigError;
use super::file::{Mcp, McpClient};
use crate::clients::{ClientRights, Clients};
use std::collections::BTreeMap;

pub(super) fn clients(mcp: Mcp) -> Result<Clients, ConfigError> {
    if mcp.ask_in_client.is_some() {
        return Err(ConfigError::new(
            "`mcp.ask_in_client` is no setting any more: forms in a client approve nothing unless the operator allows it. \
             Remove it, or set `mcp.approve_in_client = true`: then the client of a server over stdio, or a program that \
             answers its forms, can approve what its own agent asks for",
        ));
    }
    let mut http = BTreeMap::new();
    for McpClient { name, approve_in_client, owner } in mcp.clients {
        if name.trim().is_empty() {
            return Err(ConfigError::new(
                "`mcp.clients.name` is empty: give the name of the token's file, without its last extension",
            ));
        }
        if owner.as_ref().is_some_and(|owner| owner.trim().is_empty()) {
            return Err(ConfigError(format!(
                "`mcp.clients.owner` of `{name}` is empty: name a user of this machine, or leave it out"
            )));
        }
        let rights = ClientRights { approve_in_client, owner };
        if http.insert(name.clone(), rights).is_some() {
            return Err(ConfigError(format!("`mcp.clients` has two entries for `{name}`: make them one")));
        }
    }
    let stdio = ClientRights { approve_in_client: mcp.approve_in_client, ..ClientRights::default() };
    Ok(Clients { stdio, http })
}
