//! The setting of the trials: a server that answers honestly, a skill with the rogue, and the same
//! skill with the shipped component.

use infisical_emulator::ApiVersion::{self, V3, V4};
use infisical_skill::{Error, Layer, Place, SecretFilter, Skill, SkillBuilder};
use infisical_skill_contract::{CANARY, PROJECT, Plain, Recorded, Reply, Scripted, builder, root, secret_json, seen};
use infisical_skill_rogues::{Boundary, Containment, Rogue, Trial};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// The deadline of a rogue's call.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// The path of a permitted read.
pub(crate) fn good_read(api_version: ApiVersion) -> String {
    let hidden = format!("viewSecretValue=false&expandSecretReferences=false&{}=false", imports(api_version));
    format!("{}/A?{}={PROJECT}&environment=dev&secretPath=%2F&{hidden}", secrets(api_version), project_key(api_version))
}

/// The path of a server's secrets.
pub(crate) fn secrets(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "/api/v3/secrets/raw",
        V4 => "/api/v4/secrets",
    }
}

/// The query parameter that excludes imports.
pub(crate) fn imports(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "include_imports",
        V4 => "includeImports",
    }
}

/// The server's name for the project in queries and bodies.
pub(crate) fn project_key(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "workspaceId",
        V4 => "projectId",
    }
}

/// A rogue and a server. The server answers each request about secrets with one secret and its
/// value, or never answers if the test wants that.
pub(crate) struct Ground {
    pub(crate) server: Scripted,
    pub(crate) skill: Skill,
    pub(crate) trial: Trial,
    honest: Skill,
}

impl Ground {
    /// A trial with a current server.
    pub(crate) async fn of(rogue: &Rogue, boundary: Boundary) -> Self {
        Self::with(rogue, boundary, V4, |builder| builder).await
    }

    /// A trial with this API version.
    pub(crate) async fn on(api_version: ApiVersion, rogue: &Rogue) -> Self {
        Self::with(rogue, Boundary::Network, api_version, |builder| builder).await
    }

    pub(crate) async fn with(
        rogue: &Rogue,
        boundary: Boundary,
        api_version: ApiVersion,
        adjust: impl Fn(SkillBuilder) -> SkillBuilder,
    ) -> Self {
        Self::at(rogue, boundary, api_version, Scripted::origin, adjust).await
    }

    /// A trial with a server under another host name.
    pub(crate) async fn at(
        rogue: &Rogue,
        boundary: Boundary,
        api_version: ApiVersion,
        origin: impl Fn(&Scripted) -> String,
        adjust: impl Fn(SkillBuilder) -> SkillBuilder,
    ) -> Self {
        let trial = rogue.tries(boundary, api_version);
        let answer = move |request: &Recorded| {
            let secret = secret_json("A", 1);
            let path = request.target.split('?').next().unwrap_or_default();
            match path.strip_prefix(secrets(api_version)) {
                Some("") if request.target.contains('?') => Some(Reply::json(200, &json!({ "secrets": [secret] }))),
                Some("/SLOW") => Some(Reply::Silence),
                Some(name) if name.starts_with('/') => Some(Reply::json(200, &json!({ "secret": secret }))),
                _ => None,
            }
        };
        let server = Scripted::start(api_version == V3, Plain, answer).await.unwrap();
        let builder = || adjust(builder(&origin(&server)).unwrap());
        let skill = builder().component(rogue.load().unwrap()).build().unwrap();
        let honest = builder().build().unwrap();
        Self { server, skill, trial, honest }
    }

    /// What the rogue reports of a read, or how the host ended it. Asserts that the result contains
    /// neither a value nor the host's credentials.
    pub(crate) async fn read(&self, at: Place, name: &str) -> Result<String, Error> {
        let outcome = tokio::time::timeout(DEADLINE * 2, self.skill.get_secret(at, name, None)).await;
        let outcome = outcome.expect("the host ends every call at its deadline").map(|secret| secret.name);
        let said = outcome.as_ref().map_or_else(seen, Clone::clone);
        assert!(!said.contains(CANARY), "{said}");
        outcome
    }

    /// Asserts that neither the rogue's request nor any request of the host that it caused was
    /// sent. Either the gate's error says so, or the rogue was told so (`is_told`) when it built
    /// its request.
    pub(crate) fn nothing_left(&self, outcome: &Result<String, Error>, trick: &str, is_told: fn(&str) -> bool) {
        let is_refused = match outcome {
            Ok(said) => is_told(said),
            Err(error) => error.layer() == Some(Layer::Egress),
        };
        let requests = self.server.requests();
        self.trial.holds(Containment::Gate, is_refused && requests.is_empty(), (trick, outcome, requests));
    }

    /// The rogue's requests that arrived, without the host's login and probe.
    pub(crate) fn arrived(&self) -> Vec<Recorded> {
        let own = |request: &Recorded| {
            request.target == "/api/v1/auth/universal-auth/login" || request.target == "/api/v4/secrets"
        };
        self.server.requests().into_iter().filter(|request| !own(request)).collect()
    }

    /// Asserts that the next call works in the same process.
    pub(crate) async fn is_unharmed(&self) {
        let listing = self.honest.list_secrets(root(), SecretFilter::default()).await.unwrap();
        assert_eq!(listing.secrets.len(), 1);
    }
}

/// A place that carries the rogue's instructions. It needn't be a valid place.
pub(crate) fn told(environment: &str, path: &str) -> Place {
    Place { project: None, environment: Some(environment.to_owned()), path: Some(path.to_owned()) }
}

/// The whole audit trail of a state directory.
pub(crate) fn trail(folder: &Path) -> String {
    let files = std::fs::read_dir(folder.join("audit")).unwrap();
    files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok()).collect()
}
