//! What the two identities may do.

use super::server::{Found, Known};
use super::{Check, Log};
use crate::egress::gate::{failure_of, get};
use crate::egress::transport::{Connection, Outgoing, Route};
use crate::error::Error;
use crate::skill::Skill;
use crate::state::{fill_random, to_hex};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use infisical_skill_audit::Act;
use infisical_skill_policy::{Generation, IdentityKind, Project};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

/// What a membership's roles mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    /// All of them only read.
    Reads,
    /// One of them writes.
    Writes,
    /// One of them is everything.
    Admin,
    /// One of them is the organization's own, and could be anything.
    Custom,
}

pub(super) async fn look(skill: &Skill, log: &Log, found: &Found, probe: bool, checks: &mut Vec<Check>) {
    identities_differ(skill, found, checks);
    let (Some(read), Some(generation)) = (&found.read, found.generation) else {
        checks.push(Check::skipped("read role", "the read identity isn't logged in"));
        return;
    };
    let projects = match projects(skill).await {
        Ok(projects) => projects,
        Err(error) => {
            checks.push(Check::error("projects", &error));
            return;
        }
    };
    if projects.is_empty() {
        checks.push(Check::warning(
            "projects",
            "the read identity is a member of no project in scope",
            "add it to a project in Infisical, with the role Viewer",
        ));
        return;
    }
    checks.push(Check::good("projects", format!("the read identity sees {}", projects.len())));
    for (slug, id) in &projects {
        let power = power(skill, log, generation, read, id, read).await;
        checks.push(read_role(slug, power));
        if let Some(write) = &found.write {
            let power = self::power(skill, log, generation, read, id, write).await;
            checks.push(write_role(slug, power));
        }
    }
    if probe {
        checks.push(self::probe(skill, log, generation, read, &projects).await);
    }
}

fn identities_differ(skill: &Skill, found: &Found, checks: &mut Vec<Check>) {
    const NAME: &str = "two identities";
    if !skill.has_write_identity() {
        return;
    }
    let ids = (found.read.as_ref().and_then(|it| it.id.as_ref()), found.write.as_ref().and_then(|it| it.id.as_ref()));
    checks.push(match ids {
        (Some(read), Some(write)) if read == write => Check::bad(
            NAME,
            "both credentials are of one machine identity",
            "make a second machine identity in Infisical, and keep the writing role from the one that reads",
        ),
        (Some(_), Some(_)) => Check::good(NAME, "the one that reads isn't the one that writes"),
        _ => Check::skipped(NAME, "they aren't both logged in, or their tokens don't say who they are"),
    });
}

/// The projects to look at, by slug and id: at most ten.
async fn projects(skill: &Skill) -> Result<Vec<(String, Project)>, Error> {
    const MOST: usize = 10;
    let listed = skill.list_projects().await?;
    let known = listed.into_iter().filter_map(|project| Some((project.slug, Project::new(project.id).ok()?)));
    Ok(known.take(MOST).collect())
}

/// What an identity may do in a project, by its own membership there. Asked on the read identity, which may look.
async fn power(
    skill: &Skill,
    log: &Log,
    generation: Generation,
    read: &Known,
    project: &Project,
    of: &Known,
) -> Result<Power, Error> {
    let id = of.id.as_deref().ok_or_else(|| Error::UnexpectedAnswer("its token doesn't say who it is".to_owned()))?;
    let route = match generation {
        Generation::V3 => format!("/api/v2/workspace/{}/identity-memberships/{id}", project.as_str()),
        Generation::V4 => format!("/api/v1/projects/{}/identity-memberships/{id}", project.as_str()),
    };
    let noted = log.note().await?;
    let transport = &skill.shared().transport;
    let answer = get(
        transport,
        noted,
        "identity membership",
        &route,
        read.token.expose_secret(),
        Connection::Kept,
        log.deadline(),
    )
    .await;
    let answer = answer.map_err(|error| error.into_error(skill.origin()))?;
    match answer.status {
        200 => roles(&answer.body)
            .ok_or_else(|| Error::UnexpectedAnswer("the answer isn't a membership of Infisical's".to_owned())),
        403 => Err(Error::Denied("give the read identity the permission to see identities in the project".to_owned())),
        404 => Err(Error::NotFound {
            kind: "membership".to_owned(),
            name: String::new(),
            remedy: "add the identity to the project in Infisical".to_owned(),
        }),
        status => Err(Error::ServerFailed(status)),
    }
}

fn roles(body: &[u8]) -> Option<Power> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        identity_membership: Membership,
    }
    #[derive(Deserialize)]
    struct Membership {
        roles: Vec<Role>,
    }
    #[derive(Deserialize)]
    struct Role {
        role: String,
    }

    let Answer { identity_membership } = serde_json::from_slice(body).ok()?;
    let powers = identity_membership.roles.iter().map(|role| match role.role.as_str() {
        "viewer" | "no-access" => Power::Reads,
        "member" => Power::Writes,
        "admin" => Power::Admin,
        _ => Power::Custom,
    });
    // The most that one of them says; what is unknown counts below what is known to be too much.
    let rank = |power: &Power| match power {
        Power::Reads => 0,
        Power::Custom => 1,
        Power::Writes => 2,
        Power::Admin => 3,
    };
    powers.max_by_key(rank)
}

fn read_role(project: &str, power: Result<Power, Error>) -> Check {
    const NAME: &str = "read role";
    match power {
        Ok(Power::Reads) => Check::good(NAME, format!("in {project} the read identity only reads")),
        Ok(Power::Custom) => Check::warning(
            NAME,
            format!("in {project} the read identity has a role of your own, and what that may do isn't told"),
            "run `infisical-skill doctor --probe`, which tries whether it may delete",
        ),
        Ok(Power::Writes | Power::Admin) => Check::bad(
            NAME,
            format!("in {project} the read identity may write"),
            "give it the role Viewer there, and no other",
        ),
        Err(error) => unknown(NAME, project, &error),
    }
}

fn write_role(project: &str, power: Result<Power, Error>) -> Check {
    const NAME: &str = "write role";
    match power {
        Ok(Power::Admin) => Check::bad(
            NAME,
            format!("in {project} the write identity is an admin: it may do more than this skill ever does"),
            "give it the role Member there, or a role of your own that may write secrets and folders",
        ),
        Ok(Power::Writes) => Check::good(NAME, format!("in {project} the write identity is a member, not an admin")),
        Ok(Power::Custom) => Check::good(NAME, format!("in {project} the write identity has a role of your own")),
        Ok(Power::Reads) => Check::warning(
            NAME,
            format!("in {project} the write identity can't write"),
            "give it the role Member there, if something is to be changed there",
        ),
        Err(error @ Error::NotFound { .. }) => {
            Check::warning(NAME, format!("in {project} the write identity isn't a member"), error.remedy())
        }
        Err(error) => unknown(NAME, project, &error),
    }
}

fn unknown(name: &'static str, project: &str, error: &Error) -> Check {
    Check::warning(name, format!("in {project} it can't be told: {}", error.reason()), error.remedy())
}

/// Tries to delete a name that can't exist, on the read identity. Permission is checked first (observed on both generations), so that one who only
/// reads is refused, and one who may delete is told that there is no such secret.
async fn probe(
    skill: &Skill,
    log: &Log,
    generation: Generation,
    read: &Known,
    projects: &[(String, Project)],
) -> Check {
    const NAME: &str = "read role, tried";
    let Some(environment) = skill.defaults().environment.as_deref() else {
        return Check::skipped(NAME, "no default environment is configured to try it in");
    };
    let default = skill.defaults().project.as_deref();
    let wanted = projects.iter().find(|(slug, id)| default.is_some_and(|it| it == slug || it == id.as_str()));
    let Some((slug, project)) = wanted.or(projects.first()) else {
        return Check::skipped(NAME, "there is no project to try it in");
    };
    match try_delete(skill, log, generation, read, project, environment).await {
        Ok((403, true)) => Check::good(NAME, format!("in {slug} the server refuses it a delete")),
        Ok((404, _)) => Check::bad(
            NAME,
            format!("in {slug} the read identity may delete: the server only missed the secret"),
            "give it the role Viewer there, and no other",
        ),
        Ok((status, _)) => Check::warning(
            NAME,
            format!("the server answered with HTTP status {status}, which says neither"),
            "look at the identity's roles in Infisical",
        ),
        Err(error) => Check::error(NAME, &error),
    }
}

/// The status, and whether it was Infisical that gave it.
async fn try_delete(
    skill: &Skill,
    log: &Log,
    generation: Generation,
    read: &Known,
    project: &Project,
    environment: &str,
) -> Result<(u16, bool), Error> {
    let mut suffix = [0; 16];
    fill_random(&mut suffix).map_err(|_| Error::Sandbox("this machine gives no randomness".to_owned()))?;
    let name = format!("INFISICAL_SKILL_DOCTOR_{}", to_hex(&suffix).to_uppercase());
    skill.record_probe(&format!("delete {name}, which can't exist, in {environment}"))?;
    let noted = log.note().await?;
    let (route, project_key) = match generation {
        Generation::V3 => (format!("/api/v3/secrets/raw/{name}"), "workspaceId"),
        Generation::V4 => (format!("/api/v4/secrets/{name}"), "projectId"),
    };
    let body =
        json!({ project_key: project.as_str(), "environment": environment, "secretPath": "/", "type": "shared" });
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", read.token.expose_secret()))
        .map_err(|_| Error::UnexpectedAnswer("the access token can't be sent".to_owned()))?;
    bearer.set_sensitive(true);
    let json = HeaderValue::from_static("application/json");
    let headers = [(ACCEPT, json.clone()), (CONTENT_TYPE, json), (AUTHORIZATION, bearer)];
    let delete = Outgoing {
        route: Route { name: "doctor's probe", identity: IdentityKind::Read },
        method: http::Method::DELETE,
        path_and_query: &route,
        headers: &headers,
        body: Bytes::from(body.to_string()),
        connection: Connection::Kept,
    };
    let answer = skill.shared().transport.send(noted, delete, log.deadline()).await;
    let answer = answer.map_err(|error| error.into_error(skill.origin()))?;
    let is_infisicals = answer.status >= 400 && failure_of(&answer).is_from_infisical();
    Ok((answer.status, is_infisicals))
}

impl Skill {
    /// Records that the doctor is about to try a delete.
    fn record_probe(&self, what: &str) -> Result<(), Error> {
        self.record_operator(Act::Probe, None, vec![what.to_owned()], None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_powerful_role_counts() {
        let of = |roles: &[&str]| {
            let roles: Vec<_> = roles.iter().map(|role| json!({ "role": role, "isTemporary": false })).collect();
            self::roles(json!({ "identityMembership": { "roles": roles } }).to_string().as_bytes())
        };
        assert_eq!(of(&["viewer"]), Some(Power::Reads));
        assert_eq!(of(&["viewer", "custom"]), Some(Power::Custom));
        assert_eq!(of(&["custom", "member"]), Some(Power::Writes));
        assert_eq!(of(&["member", "admin", "viewer"]), Some(Power::Admin));
        assert_eq!(of(&[]), None);
        assert_eq!(self::roles(b"{}"), None);
    }
}
