//! Finds the project, and the skill's identities in it.

use super::ProvisionError;
use super::client::{AdminClient, accepted, understood};
use super::rules::{Kind, Rule, audited};
use super::wanted::Wanted;
use crate::client::api_version::PROBE;
use crate::client::exchange::failure_of;
use http::Method;
use infisical_skill_policy::text::escape_capped;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The maximum number of identities on one page, and of pages.
const PAGE: usize = 100;
const MAX_PAGES: usize = 50;

/// The remedy on an older server: manual steps.
const OLDER: &str = "this is an older server (v3), on which this can't be done: its additional privileges have one action's rule on `secrets`, with a value for \
     every name, and it doesn't show what an identity may do. Create the identities by hand: in the organization, with the role No Access; add each to the \
     project with No Access; give the one that reads `read` on secrets in the environments and folders that agents need, and the one that writes `create`, \
     `edit` and `delete` there; only then Universal Auth and a client secret for each. docs/running.md has the details";

/// What exists on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The project's id.
    pub project: String,
    /// The project's slug.
    pub slug: String,
    /// The slugs of its environments.
    pub environments: Vec<String>,
    /// The skill's identities in the project.
    pub identities: BTreeMap<Kind, FoundIdentity>,
}

/// An identity on the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundIdentity {
    /// Its id.
    pub id: String,
    /// The id of its privilege with the identity's name, if it has one.
    pub privilege: Option<String>,
    /// The rules of that privilege. `None` if it isn't in effect permanently, because it ended or
    /// will end.
    pub rules: Option<Vec<Rule>>,
    /// What else gives it permissions.
    pub others: Vec<String>,
    /// Its client id, if it has Universal Auth.
    pub client_id: Option<String>,
    /// The number of usable client secrets.
    pub client_secrets: usize,
}

/// Looks for all identities with these names, whether they are wanted or not.
pub(super) async fn inspect(client: &AdminClient<'_>, wanted: &Wanted) -> Result<Found, ProvisionError> {
    check_version(client).await?;
    let mut found = project(client, wanted).await?;
    let members = members(client, &found.project).await?;
    for kind in Kind::ALL {
        let name = wanted.name(kind);
        let mut called_so = members.iter().filter(|member| member.identity.name == name);
        match (called_so.next(), called_so.next()) {
            (None, _) => {}
            (Some(_), Some(_)) => {
                return Err(ProvisionError::new(format!(
                    "the project has two identities called {name}: delete the one that isn't the skill's, or choose other names with --name"
                )));
            }
            (Some(member), None) if member.identity.project_id.as_deref() != Some(&found.project) => {
                return Err(ProvisionError::new(format!(
                    "{name} is an identity of the organization, whose administrators could log in as it: choose other names with --name, or remove it \
                     from the project"
                )));
            }
            (Some(member), None) => {
                let identity = identity(client, &found.project, member, &name).await?;
                found.identities.insert(kind, identity);
            }
        }
    }
    Ok(found)
}

async fn check_version(client: &AdminClient<'_>) -> Result<(), ProvisionError> {
    const NAME: &str = "find out the API version";
    let answer = client.ask(NAME, Method::GET, PROBE, None).await?;
    let failure = failure_of(&answer);
    match answer.status {
        404 if failure.is_unknown_route() => Err(ProvisionError::new(OLDER)),
        400 | 422 if failure.is_from_infisical() => Ok(()),
        403 if failure.is_from_infisical() && !failure.wants_login() => Ok(()),
        _ => match accepted(NAME, answer) {
            Err(trouble) => Err(trouble),
            Ok(_) => Err(ProvisionError::new("the server doesn't answer as an Infisical server does. Check --url")),
        },
    }
}

async fn project(client: &AdminClient<'_>, wanted: &Wanted) -> Result<Found, ProvisionError> {
    const NAME: &str = "read the project";
    #[derive(Deserialize)]
    struct Body {
        project: Project,
    }
    #[derive(Deserialize)]
    struct Project {
        id: String,
        slug: String,
        environments: Vec<Environment>,
    }
    #[derive(Deserialize)]
    struct Environment {
        slug: String,
    }

    let named = wanted.project();
    let project = if named.looks_like_id() {
        client.get::<Body>(NAME, &format!("/api/v1/projects/{}", named.as_str())).await?.project
    } else {
        client.get::<Project>(NAME, &format!("/api/v1/projects/slug/{}", named.as_str())).await?
    };
    Ok(Found {
        project: plain(NAME, project.id)?,
        slug: escape_capped(&project.slug, 64),
        environments: project.environments.into_iter().map(|it| escape_capped(&it.slug, 64)).collect(),
        identities: BTreeMap::new(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    identity: MemberIdentity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MemberIdentity {
    id: String,
    name: String,
    project_id: Option<String>,
    #[serde(default)]
    auth_methods: Vec<String>,
}

async fn members(client: &AdminClient<'_>, project: &str) -> Result<Vec<Member>, ProvisionError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        identity_memberships: Vec<Member>,
    }

    let mut members = Vec::new();
    for page in 0..MAX_PAGES {
        let offset = page * PAGE;
        let path = format!("/api/v1/projects/{project}/memberships/identities?offset={offset}&limit={PAGE}");
        let page: Page = client.get("list the project's identities", &path).await?;
        let is_last = page.identity_memberships.len() < PAGE;
        members.extend(page.identity_memberships);
        if is_last {
            return Ok(members);
        }
    }
    Err(ProvisionError::new(format!(
        "the project has more than {} identities: create the skill's by hand, as docs/running.md says",
        MAX_PAGES * PAGE
    )))
}

async fn identity(
    client: &AdminClient<'_>,
    project: &str,
    member: &Member,
    name: &str,
) -> Result<FoundIdentity, ProvisionError> {
    const AUDIT: &str = "read an identity's rules";
    #[derive(Deserialize)]
    struct Privileges {
        privileges: Vec<Privilege>,
    }
    #[derive(Deserialize)]
    struct Privilege {
        id: String,
        slug: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Universal {
        identity_universal_auth: ClientId,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ClientId {
        client_id: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Secrets {
        client_secret_data: Vec<Secret>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Secret {
        #[serde(default)]
        is_client_secret_revoked: bool,
    }

    let id = plain(AUDIT, member.identity.id.clone())?;
    let path = format!("/api/v1/projects/{project}/memberships/identities/{id}/permissions/audit");
    let answer = accepted(AUDIT, client.ask(AUDIT, Method::GET, &path, None).await?)?;
    let rules = audited(&answer.body, name).ok_or_else(|| {
        ProvisionError::new(format!(
            "{AUDIT}: the rules of {name} are in an unknown form. Create the identities by hand, as docs/running.md says"
        ))
    })?;
    let path = format!("/api/v2/identity-project-additional-privilege?identityId={id}&projectId={project}");
    let privileges: Privileges = client.get("list an identity's privileges", &path).await?;
    let privilege = privileges.privileges.into_iter().find(|privilege| privilege.slug == name);
    let privilege = privilege.map(|privilege| plain(AUDIT, privilege.id)).transpose()?;
    let (mut client_id, mut client_secrets) = (None, 0);
    if member.identity.auth_methods.iter().any(|method| method == "universal-auth") {
        let path = format!("/api/v1/auth/universal-auth/identities/{id}");
        let universal: Universal = client.get("read Universal Auth", &path).await?;
        client_id = Some(plain("read Universal Auth", universal.identity_universal_auth.client_id)?);
        let secrets: Secrets = client.get("count client secrets", &format!("{path}/client-secrets")).await?;
        client_secrets = secrets.client_secret_data.iter().filter(|secret| !secret.is_client_secret_revoked).count();
    }
    Ok(FoundIdentity { id, privilege, rules: rules.own, others: rules.others, client_id, client_secrets })
}

/// Checks that an id can be used in a path and in the configuration.
pub(super) fn plain(name: &str, id: String) -> Result<String, ProvisionError> {
    let is_plain = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain { Ok(id) } else { Err(ProvisionError::new(format!("{name}: the answer has an id that isn't one"))) }
}

/// Returns the id at this position of an answer.
pub(super) fn id_in(
    name: &'static str,
    answer: &crate::client::transport::Answer,
    at: &str,
) -> Result<String, ProvisionError> {
    let body: serde_json::Value = understood(name, answer)?;
    plain(name, body.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned())
}
