//! Identities that, as the recording says, were created without being recorded.

use infisical_emulator::{IdentitySeed, OrgRole};
use serde_json::{Value, json};

use super::stage::{SetUp, Stage};

/// An identity that `$ADMIN_TOKEN` will create, with Universal Auth, a client secret and a login.
/// For an identity called `viewer-minus`, this sets `$VIEWER_MINUS_IDENTITY_ID`, `_CLIENT_ID`,
/// `_CLIENT_SECRET` and `_TOKEN`.
#[derive(Debug)]
pub(crate) struct Made {
    name: String,
    org_role: String,
    project_role: Option<String>,
    privileges: Vec<Value>,
    logs_in: bool,
}

/// An identity with the organization role no-access that is a member of no project.
pub(crate) fn made(name: &str) -> Made {
    Made {
        name: name.to_owned(),
        org_role: "no-access".to_owned(),
        project_role: None,
        privileges: Vec::new(),
        logs_in: true,
    }
}

/// The administrator of the organization that the recordings begin with. It logs in by Token Auth.
pub(crate) fn instance_admin(stage: &mut Stage) -> SetUp {
    let seed = IdentitySeed::new("Instance Admin Identity").in_organization(OrgRole::Admin);
    let admin = stage.emulator.add_identity(&seed);
    let others = [stage.emulator.reader(), stage.emulator.writer(), stage.emulator.admin(), stage.emulator.outsider()];
    for identity in others {
        stage.emulator.remove_identity(&identity.identity_id);
    }
    stage.names.set("$ADMIN_IDENTITY_ID", &admin.identity_id);
    stage.log_in("$ADMIN_TOKEN", &admin);
    let path = "/api/v1/auth/token-auth/identities/$ADMIN_IDENTITY_ID";
    stage.ask("$ADMIN_TOKEN", "POST", path, &json!({}))?;
    let token = stage.ask("$ADMIN_TOKEN", "POST", &format!("{path}/tokens"), &json!({"name": "recorder"}))?;
    stage.names.set("$ADMIN_TOKEN", token["accessToken"].as_str().unwrap_or_default());
    let path = "/api/v1/auth/universal-auth/identities/$ADMIN_IDENTITY_ID";
    stage.ask("$ADMIN_TOKEN", "DELETE", path, &Value::Null)?;
    Ok(())
}

impl Made {
    /// Adds a role in the organization.
    pub(crate) fn org_role(mut self, role: &str) -> Self {
        self.org_role = role.to_owned();
        self
    }

    /// Adds a role in `$PROJECT_ID`.
    pub(crate) fn role(mut self, role: &str) -> Self {
        self.project_role = Some(role.to_owned());
        self
    }

    /// Adds an additional privilege in `$PROJECT_ID` with these permissions.
    pub(crate) fn privilege(mut self, permissions: Value) -> Self {
        self.privileges.push(permissions);
        self
    }

    /// Skips the login.
    pub(crate) fn logged_out(mut self) -> Self {
        self.logs_in = false;
        self
    }

    /// Creates the identity with the requests that the recording names, and with the settings of
    /// the recorded set-ups.
    pub(crate) fn make(self, stage: &mut Stage) -> SetUp {
        let name = self.name.to_uppercase().replace('-', "_");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = json!({"name": self.name, "organizationId": "$ORG_ID", "role": self.org_role});
        let identity = stage.ask("$ADMIN_TOKEN", "POST", "/api/v1/identities", &body)?;
        let id = text(&identity["identity"]["id"]);
        stage.names.set(&format!("${name}_IDENTITY_ID"), &id);
        let path = format!("/api/v1/auth/universal-auth/identities/{id}");
        let attached =
            stage.ask("$ADMIN_TOKEN", "POST", &path, &json!({"accessTokenTTL": 7200, "accessTokenMaxTTL": 86400}))?;
        stage.names.set(&format!("${name}_CLIENT_ID"), &text(&attached["identityUniversalAuth"]["clientId"]));
        let path = format!("{path}/client-secrets");
        let secret =
            stage.ask("$ADMIN_TOKEN", "POST", &path, &json!({"description": "first", "ttl": 0, "numUsesLimit": 0}))?;
        stage.names.set(&format!("${name}_CLIENT_SECRET"), &text(&secret["clientSecret"]));
        if let Some(role) = self.project_role {
            let path = format!("/api/v1/projects/$PROJECT_ID/memberships/identities/{id}");
            stage.ask("$ADMIN_TOKEN", "POST", &path, &json!({"role": role}))?;
        }
        for permissions in self.privileges {
            let body = json!({
                "identityId": id, "projectId": "$PROJECT_ID", "slug": self.name, "type": {"isTemporary": false}, "permissions": permissions,
            });
            stage.ask("$ADMIN_TOKEN", "POST", "/api/v2/identity-project-additional-privilege", &body)?;
        }
        if self.logs_in {
            stage.log_in_by_name(&name)?;
        }
        Ok(())
    }
}
