//! Reads from the file what each client of the MCP server may do.

use super::file::{Mcp, McpClient, Scope};
use super::{ConfigError, scope};
use crate::model::clients::{ClientRights, Clients};
use infisical_skill_policy::Scopes;
use std::collections::BTreeMap;

pub(super) fn clients(mcp: Mcp) -> Result<Clients, ConfigError> {
    if mcp.ask_in_client.is_some() {
        return Err(ConfigError::new(
            "`mcp.ask_in_client` is no longer a setting: forms in a client approve nothing unless the operator allows it. \
             Remove it, or set `mcp.approve_in_client = true`: then the client of a server over stdio, or a program that \
             answers its forms, can approve what its own agent asks for",
        ));
    }
    let mut http = BTreeMap::new();
    for client in mcp.clients {
        let name = client.name.clone();
        if name.trim().is_empty() {
            return Err(ConfigError::new(
                "`mcp.clients.name` is empty: give the name of the token's file, without its last extension",
            ));
        }
        if http.insert(name.clone(), of_token(client)?).is_some() {
            return Err(ConfigError(format!("`mcp.clients` has two entries for `{name}`: make them one")));
        }
    }
    let otherwise = ClientRights::without_limits();
    let stdio = ClientRights {
        may: mcp.may.map_or(otherwise.may, |may| may.0),
        reveal: mcp.reveal.unwrap_or(otherwise.reveal),
        scopes: scopes("mcp.scopes", mcp.scopes)?,
        approve_in_client: mcp.approve_in_client,
        owner: owner("mcp.owner", mcp.owner)?,
        ..otherwise
    };
    Ok(Clients { stdio, http })
}

fn of_token(client: McpClient) -> Result<ClientRights, ConfigError> {
    Ok(ClientRights {
        may: client.may.map_or(ClientRights::to_read().may, |may| may.0),
        reveal: client.reveal,
        scopes: scopes("mcp.clients.scopes", client.scopes)?,
        pending_plans: client.pending_plans,
        writes_per_hour: client.writes_per_hour,
        reveals_per_hour: client.reveals_per_hour,
        approve_in_client: client.approve_in_client,
        owner: owner("mcp.clients.owner", client.owner)?,
    })
}

fn scopes(key: &str, scopes: Option<Vec<Scope>>) -> Result<Option<Scopes>, ConfigError> {
    let Some(scopes) = scopes else { return Ok(None) };
    let scopes = scopes.into_iter().map(|it| scope(key, it)).collect::<Result<_, _>>()?;
    Ok(Some(Scopes::only(scopes)))
}

fn owner(key: &str, owner: Option<String>) -> Result<Option<String>, ConfigError> {
    match owner {
        Some(owner) if owner.trim().is_empty() => {
            Err(ConfigError(format!("`{key}` is empty: name a user of this machine, or leave it out")))
        }
        owner => Ok(owner),
    }
}
