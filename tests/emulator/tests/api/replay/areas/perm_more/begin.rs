//! The state before the first exchange, and after the recorded set-up.

use infisical_emulator::{Credentials, IdentitySeed, OrgRole, Role};
use serde_json::{Value, json};

use crate::replay::stage::{SetUp, Stage};

use super::{change, folder, secret};

/// A project whose only members are an administrator of the organization, who logs in by Token
/// Auth, and `chief`.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.has_addresses = true;
    stage.names.set("$PROJECT_SLUG", "agent-vault");
    let instance = IdentitySeed::new("Instance Admin Identity").role(Role::Admin).in_organization(OrgRole::Admin);
    let admin = stage.emulator.add_identity(&instance);
    let chief =
        stage.emulator.add_identity(&IdentitySeed::new("chief").role(Role::Admin).in_organization(OrgRole::NoAccess));
    let others = [stage.emulator.reader(), stage.emulator.writer(), stage.emulator.admin(), stage.emulator.outsider()];
    for identity in others {
        stage.emulator.remove_identity(&identity.identity_id);
    }
    name(stage, "ADMIN", &admin);
    name(stage, "CHIEF", &chief);
    let path = "/api/v1/auth/token-auth/identities/$ADMIN_IDENTITY_ID";
    stage.ask("$ADMIN_TOKEN", "POST", path, &json!({}))?;
    let token = stage.ask("$ADMIN_TOKEN", "POST", &format!("{path}/tokens"), &json!({"name": "recorder"}))?;
    stage.names.set("$ADMIN_TOKEN", token["accessToken"].as_str().unwrap_or_default());
    stage.ask("$ADMIN_TOKEN", "DELETE", "/api/v1/auth/universal-auth/identities/$ADMIN_IDENTITY_ID", &Value::Null)?;
    for environment in ["dev", "staging", "prod"] {
        for (path, name) in [("/", "app"), ("/app", "db"), ("/", "other"), ("/", "apple")] {
            folder(stage, environment, path, name)?;
        }
    }
    Ok(())
}

fn name(stage: &mut Stage, name: &str, credentials: &Credentials) {
    stage.names.set(&format!("${name}_IDENTITY_ID"), &credentials.identity_id);
    stage.names.set(&format!("${name}_CLIENT_ID"), &credentials.client_id);
    stage.names.set(&format!("${name}_CLIENT_SECRET"), &credentials.client_secret);
    stage.log_in(&format!("${name}_TOKEN"), credentials);
}

/// Performs the steps that the recording describes after exchange 899.
pub(super) fn after_the_first_secret(stage: &Stage) -> SetUp {
    change(stage, "/app", "A", "a2")?;
    change(stage, "/app", "A", "a3")?;
    for (environment, path, name, value) in [
        ("dev", "/", "ROOT", "root"),
        ("dev", "/app/db", "D", "d"),
        ("dev", "/other", "O", "o"),
        ("dev", "/apple", "PIE", "pie"),
        ("prod", "/app", "P", "p"),
        // The table of section 30 counts a second secret in prod, which the recording never names.
        ("prod", "/", "UNNAMED", "unnamed"),
        ("dev", "/app", "REF", "${prod.app.P}"),
        ("staging", "/app", "SHARED", "shared"),
    ] {
        secret(stage, environment, path, name, value)?;
    }
    let import = json!({
        "projectId": "$PROJECT_ID", "environment": "dev", "path": "/app",
        "import": {"environment": "staging", "path": "/app"},
    });
    super::chief(stage, "POST", "/api/v2/secret-imports", &import)?;
    Ok(())
}
