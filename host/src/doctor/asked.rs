//! Asks the server about an identity: its permissions, its roles, its role in the organization and
//! its client secret.

use super::server::LoggedIn;
use super::{Check, Log};
use crate::client::exchange::failure_of;
use crate::client::exchange::get_as;
use crate::client::transport::{Answer, Connection, Route, TransportError};
use crate::model::error::Error;
use crate::skill::Skill;
use infisical_skill_policy::answers::refuses_address;
use infisical_skill_policy::permissions::Permissions;
use infisical_skill_policy::text::escape_capped;
use infisical_skill_policy::{ApiVersion, Project};
use secrecy::ExposeSecret;
use serde::Deserialize;

/// Which identity asks, and with what.
#[derive(Clone, Copy)]
pub(super) struct IdentityQueries<'a> {
    pub(super) skill: &'a Skill,
    pub(super) log: &'a Log,
}

/// Why something is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) why: String,
    pub(super) remedy: String,
}

impl Unknown {
    fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }

    fn of(error: &Error) -> Self {
        Self::new(error.reason().trim_end_matches('.'), error.remedy())
    }
}

/// What is known about an identity's permissions in a project.
pub(super) enum Rights {
    /// All permissions, with their rules.
    Audited(Permissions),
    /// Only the roles: the server doesn't report additional privileges.
    Roles(Vec<String>),
    /// The identity isn't a member.
    NoMember,
    Unknown(Unknown),
}

/// Describes an unexpected answer that says nothing about permissions.
fn unexpected_answer(answer: &Answer) -> Unknown {
    if refuses_address(answer.status, answer.content_type.as_deref(), &answer.body) {
        return Unknown::new(
            "Infisical refuses the identity's access tokens from this machine's IP address",
            "add the address to the trusted IPs for access tokens in the identity's Universal Auth",
        );
    }
    match answer.status {
        429 => Unknown::of(&Error::RateLimited { retry_after: None }),
        status @ 500.. => Unknown::of(&Error::ServerFailed(status.into())),
        status => Unknown::new(
            format!("the server answered with HTTP status {status}"),
            "look at the identity in Infisical: Access Control, Machine Identities",
        ),
    }
}

impl IdentityQueries<'_> {
    async fn get(self, name: &'static str, path: &str, by: &LoggedIn) -> Result<Answer, Unknown> {
        let transport = &self.skill.shared().transport;
        let audited = self.log.note().await.map_err(|error| Unknown::of(&error))?;
        let (route, token) = (Route { name, identity: by.kind }, by.token.expose_secret());
        let answer = get_as(transport, audited, route, path, token, Connection::Kept, self.log.deadline()).await;
        answer.map_err(|error: TransportError| Unknown::of(&error.into_error(self.skill.origin())))
    }

    /// Returns an identity's permissions in a project. The read identity asks, because it is the
    /// one that may be allowed to read them.
    pub(super) async fn rights(
        self,
        api_version: ApiVersion,
        project: &Project,
        read: &LoggedIn,
        of: &LoggedIn,
    ) -> Rights {
        let Some(id) = of.id.as_deref() else {
            return Rights::Unknown(Unknown::new(
                "its access token doesn't say which identity it is",
                "let the skill log in by Universal Auth, with a client id and a client secret",
            ));
        };
        if api_version == ApiVersion::V4 {
            let route = format!("/api/v1/projects/{}/memberships/identities/{id}/permissions/audit", project.as_str());
            let answer = match self.get("permission audit", &route, read).await {
                Ok(answer) => answer,
                Err(unknown) => return Rights::Unknown(unknown),
            };
            let failure = failure_of(&answer);
            match answer.status {
                200 => {
                    return match Permissions::parse(&answer.body) {
                        Ok(permissions) => Rights::Audited(permissions),
                        Err(unreadable) => Rights::Unknown(Unknown::new(
                            unreadable.to_string(),
                            "look at the identity's roles and additional privileges in Infisical, and report this",
                        )),
                    };
                }
                404 if failure.is_unknown_route() => {}
                404 if failure.is_from_infisical() => return Rights::NoMember,
                403 if failure.is_from_infisical()
                    && !refuses_address(403, answer.content_type.as_deref(), &answer.body) =>
                {
                    return Rights::Unknown(Unknown::new(
                        "the read identity isn't allowed to read identities (`read` on `identity`)",
                        "give the read identity `read` on `identity` by an additional privilege, limited to the ids of this skill's identities, and run this again \
                         after 10 seconds",
                    ));
                }
                _ => return Rights::Unknown(unexpected_answer(&answer)),
            }
        }
        self.roles(api_version, project, read, id).await
    }

    /// Returns the roles of an identity's membership. Servers without the permission audit report
    /// nothing more.
    async fn roles(self, api_version: ApiVersion, project: &Project, read: &LoggedIn, id: &str) -> Rights {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
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

        let route = match api_version {
            ApiVersion::V3 => format!("/api/v2/workspace/{}/identity-memberships/{id}", project.as_str()),
            ApiVersion::V4 => format!("/api/v1/projects/{}/identity-memberships/{id}", project.as_str()),
        };
        let answer = match self.get("identity membership", &route, read).await {
            Ok(answer) => answer,
            Err(unknown) => return Rights::Unknown(unknown),
        };
        let is_infisicals = failure_of(&answer).is_from_infisical();
        match answer.status {
            200 => match serde_json::from_slice::<Body>(&answer.body) {
                Ok(body) => {
                    let roles = body.identity_membership.roles.into_iter().map(|role| escape_capped(&role.role, 64));
                    Rights::Roles(roles.collect())
                }
                Err(_) => Rights::Unknown(Unknown::of(&Error::UnexpectedAnswer(
                    "the answer isn't a membership of Infisical's".into(),
                ))),
            },
            404 if is_infisicals => Rights::NoMember,
            403 if is_infisicals && !refuses_address(403, answer.content_type.as_deref(), &answer.body) => {
                Rights::Unknown(Unknown::new(
                    "the read identity isn't allowed to read identities (`read` on `identity`)",
                    "look at the identity's roles and additional privileges in Infisical",
                ))
            }
            _ => Rights::Unknown(unexpected_answer(&answer)),
        }
    }

    /// Returns an identity's role in the organization. The identity asks about itself, which only
    /// identities with a role may do. Projects don't report that role.
    pub(super) async fn organization_role(
        self,
        of: &LoggedIn,
        project: Option<&Project>,
        read: &LoggedIn,
    ) -> Organization {
        #[derive(Deserialize)]
        struct Body {
            identity: Identity,
        }
        #[derive(Deserialize)]
        struct Identity {
            role: String,
        }

        let Some(id) = of.id.as_deref() else {
            return Organization::Unknown(Unknown::new(
                "its access token doesn't say which identity it is",
                "look at the identity in Infisical: organization, Access Control, Identities",
            ));
        };
        let answer = match self.get("identity", &format!("/api/v1/identities/{id}"), of).await {
            Ok(answer) => answer,
            Err(unknown) => return Organization::Unknown(unknown),
        };
        let content_type = answer.content_type.as_deref();
        let failure = failure_of(&answer);
        match answer.status {
            200 => match serde_json::from_slice::<Body>(&answer.body) {
                Ok(Body { identity }) => Organization::Role(escape_capped(&identity.role, 64)),
                Err(_) => Organization::Unknown(Unknown::of(&Error::UnexpectedAnswer(
                    "the answer isn't an identity of Infisical's".into(),
                ))),
            },
            403 if failure.is_from_infisical() && !refuses_address(403, content_type, &answer.body) => {
                Organization::None
            }
            _ => match project {
                Some(project) if self.is_of_project(read, project, id).await => Organization::OfProject,
                _ => Organization::Unknown(unexpected_answer(&answer)),
            },
        }
    }

    /// Whether an identity was created in the project. If so, it has no role in the organization.
    async fn is_of_project(self, read: &LoggedIn, project: &Project, id: &str) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            identity_membership: Membership,
        }
        #[derive(Deserialize)]
        struct Membership {
            identity: Identity,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Identity {
            project_id: Option<String>,
        }

        let route = format!("/api/v1/projects/{}/memberships/identities/{id}", project.as_str());
        let Ok(answer) = self.get("identity membership", &route, read).await else { return false };
        let body: Option<Body> = (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        body.is_some_and(|body| body.identity_membership.identity.project_id.as_deref() == Some(project.as_str()))
    }

    /// Returns the limits of the client secret that an identity logged in with. Few identities may
    /// read them.
    pub(super) async fn client_secret(self, of: &LoggedIn) -> Option<SecretLimits> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            client_secret_data: Vec<SecretLimits>,
        }

        let (id, secret) = (of.id.as_deref()?, of.client_secret.as_deref()?);
        let route = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets");
        let answer = self.get("client secrets", &route, of).await.ok()?;
        let body: Body = (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten()?;
        body.client_secret_data.into_iter().find(|it| it.id == secret)
    }
}

/// What an identity may do in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Organization {
    /// It has this role, which can read identities.
    Role(String),
    /// It has no role that can read identities.
    None,
    /// It belongs to the project.
    OfProject,
    Unknown(Unknown),
}

impl Organization {
    pub(super) fn check(self, name: &'static str, kind: &str, administers: bool) -> Check {
        match self {
            Self::Role(role) if role == "admin" => Check::bad(
                name,
                format!(
                    "the {kind} identity is an administrator of the organization: it can make client secrets for other identities of the organization and log in \
                     as them"
                ),
                "give it the organization role No Access; or make an identity in the project itself, which has no role in the organization",
            ),
            Self::Role(role) if administers && kind == "write" => Check::good(
                name,
                format!("the {kind} identity has the role {role} in the organization, as creating projects needs"),
            ),
            Self::Role(role) if role == "no-access" => {
                Check::good(name, format!("the {kind} identity has no rights in the organization (role no-access)"))
            }
            Self::Role(role) => Check::warning(
                name,
                format!("the {kind} identity has the role {role} in the organization, which the skill doesn't need"),
                "give it the organization role No Access",
            ),
            Self::None => Check::good(
                name,
                format!(
                    "the {kind} identity may not look at the organization's identities: it is no administrator there"
                ),
            ),
            Self::OfProject => Check::good(
                name,
                format!("the {kind} identity belongs to the project and has no role in the organization"),
            ),
            Self::Unknown(Unknown { why, remedy }) => Check::unknown(
                name,
                format!("the {kind} identity's role in the organization can't be determined: {why}"),
                remedy,
            ),
        }
    }
}

/// The limits of a client secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretLimits {
    id: String,
    client_secret_num_uses: u64,
    client_secret_num_uses_limit: u64,
    #[serde(rename = "clientSecretTTL")]
    client_secret_ttl: u64,
}

impl SecretLimits {
    /// Returns a warning if the client secret expires.
    pub(super) fn warning(&self, name: &'static str, kind: &str) -> Option<Check> {
        let Self { client_secret_num_uses: uses, client_secret_num_uses_limit: limit, client_secret_ttl: ttl, .. } =
            self;
        let mut ends = Vec::new();
        if *limit > 0 {
            ends.push(format!(
                "it has {} of {limit} uses left, and each command uses it once",
                limit.saturating_sub(*uses)
            ));
        }
        if *ttl > 0 {
            ends.push(format!("it expires {} hours after it was made", ttl.div_ceil(3_600)));
        }
        let remedy = "create a client secret without these limits, or note when to replace it";
        (!ends.is_empty()).then(|| {
            Check::warning(name, format!("the {kind} identity's client secret ends: {}", ends.join("; ")), remedy)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Organization;
    use crate::doctor::Verdict;

    #[test]
    fn grades_each_organization_role() {
        for (role, kind, administers, verdict) in [
            ("no-access", "read", false, Verdict::Good),
            ("no-access", "write", true, Verdict::Good),
            ("member", "read", false, Verdict::Warning),
            ("member", "read", true, Verdict::Warning),
            ("member", "write", true, Verdict::Good),
            ("custom", "write", false, Verdict::Warning),
            ("admin", "read", false, Verdict::Bad),
            ("admin", "write", true, Verdict::Bad),
        ] {
            let check = Organization::Role(role.to_owned()).check("organization role of read", kind, administers);
            assert_eq!(check.verdict, verdict, "{role} {kind} {administers}");
        }
        assert_eq!(Organization::OfProject.check("organization role of read", "read", false).verdict, Verdict::Good);
    }
}
