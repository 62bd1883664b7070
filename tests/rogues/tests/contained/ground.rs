//! Where rogues are let loose: a server that answers honestly, a skill with the rogue in it, and the same skill with the shipped component.

use infisical_skill::{Error, Layer, Place, SecretFilter, Skill, SkillBuilder};
use infisical_skill_contract::{PROJECT, Plain, Recorded, Reply, Scripted, builder, root, secret_json};
use infisical_skill_rogues::Rogue;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// How long a rogue gets.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// A read that would pass.
pub(crate) fn good_read() -> String {
    format!(
        "/api/v4/secrets/A?projectId={PROJECT}&environment=dev&secretPath=%2F&viewSecretValue=false&expandSecretReferences=false&include_imports=false"
    )
}

/// A rogue, let loose on a server that answers each question about secrets with one secret; or never, where that is what is wanted.
pub(crate) struct Ground {
    pub(crate) server: Scripted,
    pub(crate) skill: Skill,
    honest: Skill,
}

impl Ground {
    pub(crate) async fn of(rogue: &Rogue) -> Self {
        Self::with(rogue, |builder| builder).await
    }

    pub(crate) async fn with(rogue: &Rogue, adjust: impl Fn(SkillBuilder) -> SkillBuilder) -> Self {
        let answer = |request: &Recorded| {
            let secret = secret_json("A", 1);
            let path = request.target.split('?').next().unwrap_or_default();
            match path.strip_prefix("/api/v4/secrets") {
                Some("") if request.target.contains('?') => Some(Reply::json(200, &json!({ "secrets": [secret] }))),
                Some("/SLOW") => Some(Reply::Silence),
                Some(name) if name.starts_with('/') => Some(Reply::json(200, &json!({ "secret": secret }))),
                _ => None,
            }
        };
        let server = Scripted::start(false, Plain, answer).await.unwrap();
        let builder = || adjust(builder(&server.origin()).unwrap());
        let skill = builder().component(rogue.load().unwrap()).build().unwrap();
        let honest = builder().build().unwrap();
        Self { server, skill, honest }
    }

    /// What the rogue reports of a read, or how the host ended it.
    pub(crate) async fn read(&self, at: Place, name: &str) -> Result<String, Error> {
        let outcome = tokio::time::timeout(DEADLINE * 2, self.skill.get_secret(at, name, None)).await;
        outcome.expect("the host ends every call at its deadline").map(|secret| secret.name)
    }

    /// The rogue's requests: what arrived, without the host's login and probe.
    pub(crate) fn arrived(&self) -> Vec<Recorded> {
        let own = |request: &Recorded| {
            request.target == "/api/v1/auth/universal-auth/login" || request.target == "/api/v4/secrets"
        };
        self.server.requests().into_iter().filter(|request| !own(request)).collect()
    }

    /// The process is well, and the next call works.
    pub(crate) async fn is_unharmed(&self) {
        let listing = self.honest.list_secrets(root(), SecretFilter::default()).await.unwrap();
        assert_eq!(listing.secrets.len(), 1);
    }
}

/// A place for the tricks that a rogue is told: they needn't be places.
pub(crate) fn told(environment: &str, path: &str) -> Place {
    Place { project: None, environment: Some(environment.to_owned()), path: Some(path.to_owned()) }
}

/// The layer that refused.
pub(crate) fn layer<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Layer {
    let error = outcome.expect_err("it is refused");
    assert!(!error.remedy().is_empty(), "{error:?}");
    error.layer().unwrap_or_else(|| panic!("{error:?}"))
}

/// All that the audit trail in a state folder holds.
pub(crate) fn trail(folder: &Path) -> String {
    let files = std::fs::read_dir(folder.join("audit")).unwrap();
    files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok()).collect()
}
