//! Executes the steps in order.

use super::ProvisionError;
use super::client::{AdminClient, understood};
use super::found;
use super::found::{Found, id_in};
use super::plan;
use super::plan::{Plan, Step};
use super::rules;
use super::rules::Kind;
use super::wanted::Wanted;
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// What is stored on this machine.
#[derive(Debug)]
#[non_exhaustive]
pub enum Keep<'a> {
    /// A client secret, in its file.
    ClientSecret(Kind, &'a SecretString),
    /// A client id, in the configuration.
    ClientId(Kind, &'a str),
}

/// Why the execution stopped, and what was done until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Descriptions of the completed steps.
    pub done: Vec<String>,
    /// What failed, and why.
    pub why: String,
}

impl Stopped {
    pub(super) fn before(trouble: ProvisionError) -> Self {
        Self { done: Vec::new(), why: trouble.to_string() }
    }
}

impl From<ProvisionError> for Stopped {
    fn from(trouble: ProvisionError) -> Self {
        Self::before(trouble)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Stopped {}

/// The state while steps are executed.
struct Execution<'a> {
    client: &'a AdminClient<'a>,
    wanted: &'a Wanted,
    found: Found,
    keep: &'a mut (dyn FnMut(Keep<'_>) -> Result<(), String> + Send),
}

pub(super) async fn apply(
    client: &AdminClient<'_>,
    wanted: &Wanted,
    plan: &Plan,
    keep: &mut (dyn FnMut(Keep<'_>) -> Result<(), String> + Send),
) -> Result<Vec<String>, Stopped> {
    let steps = plan.describe(wanted);
    let mut doing = Execution { client, wanted, found: plan.found.clone(), keep };
    for (index, step) in plan.steps.iter().enumerate() {
        if let Err(trouble) = doing.step(*step).await {
            let done = steps.get(..index).unwrap_or_default().to_vec();
            return Err(Stopped { done, why: trouble.to_string() });
        }
    }
    Ok(steps)
}

impl Execution<'_> {
    async fn step(&mut self, step: Step) -> Result<(), ProvisionError> {
        match step {
            Step::MakeIdentity(kind) => self.make_identity(kind).await,
            Step::GivePrivilege(kind) => self.give_privilege(kind).await,
            Step::ChangePrivilege(kind) => self.change_privilege(kind).await,
            Step::CheckRules => self.check_rules().await,
            Step::GiveLogin(kind) => self.give_login(kind).await,
            Step::MakeSecret(kind) => self.make_secret(kind).await,
            Step::KeepClientId(kind) => {
                let client_id =
                    self.found.identities.get(&kind).and_then(|it| it.client_id.clone()).unwrap_or_default();
                (self.keep)(Keep::ClientId(kind, &client_id)).map_err(ProvisionError::new)
            }
            Step::TakeLogin(kind) => self.take_login(kind).await,
            Step::TakeIdentity(kind) => self.take_identity(kind).await,
        }
    }

    fn id(&self, kind: Kind) -> Result<&str, ProvisionError> {
        let identity = self.found.identities.get(&kind).map(|identity| identity.id.as_str());
        identity.ok_or_else(|| {
            ProvisionError::new("an identity is missing that an earlier step should have created: run this again")
        })
    }

    async fn make_identity(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        const NAME: &str = "make an identity";
        let body = json!({ "name": self.wanted.name(kind), "hasDeleteProtection": true });
        let path = format!("/api/v1/projects/{}/identities", self.found.project);
        let answer = self.client.change(NAME, Method::POST, &path, Some(&body)).await?;
        let id = id_in(NAME, &answer, "/identity/id")?;
        self.found.identities.insert(kind, found::FoundIdentity { id, ..found::FoundIdentity::default() });
        Ok(())
    }

    /// A privilege's body, without the identity that it belongs to.
    fn privilege(&self, kind: Kind) -> serde_json::Value {
        let ids: BTreeMap<Kind, String> =
            self.found.identities.iter().map(|(kind, identity)| (*kind, identity.id.clone())).collect();
        let rules = rules::body(&rules::rules(kind, self.wanted, &ids));
        json!({ "slug": self.wanted.name(kind), "type": { "isTemporary": false }, "permissions": rules })
    }

    async fn give_privilege(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        const NAME: &str = "give a privilege";
        let mut body = self.privilege(kind);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("identityId".to_owned(), json!(self.id(kind)?));
            fields.insert("projectId".to_owned(), json!(self.found.project));
        }
        let path = "/api/v2/identity-project-additional-privilege";
        let answer = self.client.change(NAME, Method::POST, path, Some(&body)).await?;
        let id = id_in(NAME, &answer, "/privilege/id")?;
        if let Some(identity) = self.found.identities.get_mut(&kind) {
            identity.privilege = Some(id);
        }
        Ok(())
    }

    async fn change_privilege(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        let privilege = self.found.identities.get(&kind).and_then(|identity| identity.privilege.clone());
        let path = format!("/api/v2/identity-project-additional-privilege/{}", privilege.unwrap_or_default());
        let body = self.privilege(kind);
        self.client.change("change a privilege", Method::PATCH, &path, Some(&body)).await.map(drop)
    }

    /// Checks the rules. A privilege whose rules differ from the intended ones is removed.
    async fn check_rules(&mut self) -> Result<(), ProvisionError> {
        let found = found::inspect(self.client, self.wanted).await?;
        let Err(why) = plan::check(self.wanted, &found) else {
            self.found = found;
            return Ok(());
        };
        let mut taken = Vec::new();
        for kind in self.wanted.kinds() {
            let is_wrong = plan::check_one(self.wanted, &found, kind).is_err();
            let privilege = found.identities.get(&kind).and_then(|identity| identity.privilege.as_ref());
            if let Some(privilege) = privilege.filter(|_| is_wrong) {
                let path = format!("/api/v2/identity-project-additional-privilege/{privilege}");
                self.client.change("remove a privilege", Method::DELETE, &path, None).await?;
                taken.push(self.wanted.name(kind));
            }
        }
        let taken = if taken.is_empty() {
            String::new()
        } else {
            format!(" The privilege of {} was removed again.", taken.join(", "))
        };
        Err(ProvisionError::new(format!(
            "{why}.{taken} No login was enabled. Report this with the server's version, and create the identities by hand until then"
        )))
    }

    async fn give_login(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        const NAME: &str = "add Universal Auth";
        let body = json!({ "accessTokenTTL": 3_600, "accessTokenMaxTTL": 86_400 });
        let path = format!("/api/v1/auth/universal-auth/identities/{}", self.id(kind)?);
        let answer = self.client.change(NAME, Method::POST, &path, Some(&body)).await?;
        let client_id = id_in(NAME, &answer, "/identityUniversalAuth/clientId")?;
        if let Some(identity) = self.found.identities.get_mut(&kind) {
            identity.client_id = Some(client_id);
        }
        Ok(())
    }

    async fn make_secret(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        const NAME: &str = "create a client secret";
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            client_secret: Zeroizing<String>,
            client_secret_data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            id: String,
        }

        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", self.id(kind)?);
        let body = json!({ "description": "skill", "ttl": 0, "numUsesLimit": 0 });
        let answer = self.client.change(NAME, Method::POST, &path, Some(&body)).await?;
        let made: Made = understood(NAME, &answer)?;
        let id = found::plain(NAME, made.client_secret_data.id)?;
        let secret = SecretString::from(made.client_secret.as_str());
        let Err(why) = (self.keep)(Keep::ClientSecret(kind, &secret)) else { return Ok(()) };
        // Revoke the secret: it was never stored, so nobody knows it.
        let revoked = self
            .client
            .change("revoke a client secret", Method::POST, &format!("{path}/{id}/revoke"), Some(&json!({})))
            .await;
        Err(ProvisionError::new(match revoked {
            Ok(_) => format!("{why}. The client secret, which couldn't be stored, was revoked again"),
            Err(trouble) => format!(
                "{why}. The client secret, which couldn't be stored, is still valid: revoke it in Infisical. {trouble}"
            ),
        }))
    }

    async fn take_login(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        let path = format!("/api/v1/auth/universal-auth/identities/{}", self.id(kind)?);
        self.client.change("remove Universal Auth", Method::DELETE, &path, None).await.map(drop)
    }

    async fn take_identity(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        let path = format!("/api/v1/projects/{}/identities/{}", self.found.project, self.id(kind)?);
        let body = json!({ "hasDeleteProtection": false });
        self.client.change("lift the delete protection", Method::PATCH, &path, Some(&body)).await?;
        self.client.change("delete an identity", Method::DELETE, &path, None).await.map(drop)
    }
}
