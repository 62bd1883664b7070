//! Checks of the server.

use super::asked::IdentityQueries;
use super::{Check, Log};
use crate::client::api_version::PROBE;
use crate::client::exchange::get;
use crate::client::transport::Connection;
use crate::model::error::Error;
use crate::skill::Skill;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use infisical_skill_policy::{ApiVersion, IdentityKind, Scheme};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The difference between two clocks above which the doctor warns.
const SKEW: Duration = Duration::from_secs(30);

/// What is known about the server after the checks.
pub(super) struct ServerFindings {
    pub(super) api_version: Option<ApiVersion>,
    /// The read identity's token and id.
    pub(super) read: Option<LoggedIn>,
    pub(super) reveal: Option<LoggedIn>,
    pub(super) write: Option<LoggedIn>,
}

/// An identity that logged in.
pub(super) struct LoggedIn {
    pub(super) kind: IdentityKind,
    pub(super) token: Arc<SecretString>,
    /// The server's id for it, according to its token.
    pub(super) id: Option<String>,
    /// The server's id for the client secret that it logged in with.
    pub(super) client_secret: Option<String>,
}

pub(super) async fn check(skill: &Skill, log: &Log, checks: &mut Vec<Check>) -> ServerFindings {
    let mut found = ServerFindings { api_version: None, read: None, reveal: None, write: None };
    match log_in(skill, log, IdentityKind::Read).await {
        Ok(known) => {
            checks.push(reached(skill));
            checks.push(logged_in(skill, log, "read login", &known).await);
            found.read = Some(known);
        }
        Err(
            error @ (Error::Unreachable(_) | Error::TimedOut | Error::UnexpectedAnswer(_) | Error::ServerFailed(_)),
        ) => {
            checks.push(Check::error("server", &error));
            checks.push(Check::skipped("read login", "the server wasn't reached"));
            return found;
        }
        Err(error) => {
            if !matches!(error, Error::Refused(_)) {
                checks.push(reached(skill));
            }
            checks.push(Check::error("read login", &error));
        }
    }
    if let Some(read) = &found.read {
        let shared = skill.shared();
        match shared.server.api_version((&shared.identities, &shared.transport), log).await {
            Ok(api_version) => {
                checks.push(Check::good(
                    "API version",
                    match api_version {
                        ApiVersion::V3 => "an older server (v3)",
                        ApiVersion::V4 => "a current server (v4)",
                    },
                ));
                found.api_version = Some(api_version);
            }
            Err(error) => checks.push(Check::error("API version", &error)),
        }
        checks.push(clock(skill, log, read).await);
    }
    if skill.has_reveal_identity() {
        match log_in(skill, log, IdentityKind::Reveal).await {
            Ok(known) => {
                checks.push(logged_in(skill, log, "reveal login", &known).await);
                found.reveal = Some(known);
            }
            Err(error) => checks.push(Check::error("reveal login", &error)),
        }
    }
    if skill.has_write_identity() {
        match log_in(skill, log, IdentityKind::Write).await {
            Ok(known) => {
                checks.push(logged_in(skill, log, "write login", &known).await);
                found.write = Some(known);
            }
            Err(error) => checks.push(Check::error("write login", &error)),
        }
    } else {
        checks.push(Check::good("write login", "there is no write identity: nothing can be changed"));
    }
    found
}

/// Checks a successful login, and whether it will keep working.
async fn logged_in(skill: &Skill, log: &Log, name: &'static str, known: &LoggedIn) -> Check {
    let kind = known.kind.as_str();
    let limits = IdentityQueries { skill, log }.client_secret(known).await;
    if let Some(warning) = limits.as_ref().and_then(|limits| limits.warning(name, kind)) {
        return warning;
    }
    let unseen = match (&known.client_secret, limits) {
        (Some(_), None) => {
            ". Whether its client secret expires, or has a limit of uses, isn't shown to it; each command uses it once"
        }
        _ => "",
    };
    Check::good(name, format!("the server accepts the {kind} identity{unseen}"))
}

/// Whether the server shows the read identity its own permissions in a project.
pub(super) async fn sees_own_rights(skill: &Skill, log: &Log, project: &str) -> Result<bool, Error> {
    let read = log_in(skill, log, IdentityKind::Read).await?;
    let id = read.id.unwrap_or_default();
    let path = format!("/api/v1/projects/{project}/memberships/identities/{id}/permissions/audit");
    let (transport, token) = (&skill.shared().transport, read.token.expose_secret());
    let audited = log.note().await?;
    let answer = get(transport, audited, "permission audit", &path, token, Connection::Kept, log.deadline()).await;
    Ok(answer.map_err(|error| error.into_error(skill.origin()))?.status == 200)
}

fn reached(skill: &Skill) -> Check {
    let origin = skill.origin();
    match origin.scheme() {
        Scheme::Https => Check::good("server", format!("{origin} answers, and its certificate is trusted")),
        Scheme::Http if origin.is_loopback() => Check::good("server", format!("{origin} answers, on this machine")),
        Scheme::Http => Check::warning(
            "server",
            format!("{origin} answers without TLS: anyone on the network path can read tokens and values"),
            "use https",
        ),
    }
}

async fn log_in(skill: &Skill, log: &Log, kind: IdentityKind) -> Result<LoggedIn, Error> {
    let shared = skill.shared();
    let token = shared.identities.token(kind, &shared.transport, None, log).await?;
    let (id, client_secret) = ids(token.expose_secret());
    Ok(LoggedIn { kind, token, id, client_secret })
}

/// Reads the ids of the identity and of its client secret from an Infisical access token. The token
/// isn't verified: the server decides whether it is valid.
fn ids(token: &str) -> (Option<String>, Option<String>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Claims {
        identity_id: Option<String>,
        client_secret_id: Option<String>,
    }

    let decoded = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Option<Claims> =
        decoded.map(zeroize::Zeroizing::new).and_then(|claims| serde_json::from_slice(&claims).ok());
    let fits = |id: &String| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    claims.map_or((None, None), |claims| (claims.identity_id.filter(fits), claims.client_secret_id.filter(fits)))
}

async fn clock(skill: &Skill, log: &Log, read: &LoggedIn) -> Check {
    const NAME: &str = "clock";
    let shared = skill.shared();
    let audited = match log.note().await {
        Ok(audited) => audited,
        Err(error) => return Check::error(NAME, &error),
    };
    let before = SystemTime::now();
    let answer =
        get(&shared.transport, audited, "probe", PROBE, read.token.expose_secret(), Connection::Kept, log.deadline())
            .await;
    let date = match answer {
        Ok(answer) => answer.date.and_then(|date| httpdate::parse_http_date(&date).ok()),
        Err(error) => return Check::error(NAME, &error.into_error(skill.origin())),
    };
    let Some(date) = date else { return Check::skipped(NAME, "the server doesn't say what time it is") };
    let (apart, word) = match date.duration_since(before) {
        Ok(ahead) => (ahead, "behind"),
        Err(behind) => (behind.duration(), "ahead of"),
    };
    if apart > SKEW {
        let found = format!("this machine's clock is {} s {word} the server's", apart.as_secs());
        return Check::warning(
            NAME,
            found,
            "set the clocks: times in the audit trail and in Infisical's own log don't match",
        );
    }
    Check::good(NAME, "this machine's clock and the server's agree")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identitys_id_is_read_from_its_token_and_nothing_else_is() {
        let token = |claims: &str| format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let identity_id = |token: &str| ids(token).0;
        assert_eq!(ids(&token(r#"{"identityId":"a","clientSecretId":"b-2"}"#)).1.as_deref(), Some("b-2"));
        assert_eq!(identity_id(&token(r#"{"identityId":"a-1","exp":1}"#)).as_deref(), Some("a-1"));
        for not in [r#"{"identityId":"a/../b"}"#, r#"{"identityId":""}"#, "{}", "x"] {
            assert_eq!(identity_id(&token(not)), None, "{not}");
        }
        for not in ["", "a", "a.b", "a.%%%.c", "st.0000"] {
            assert_eq!(identity_id(not), None, "{not}");
        }
    }
}
