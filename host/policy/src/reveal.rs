//! Decides which reveals need a person, and how a person sees a reveal.

use crate::change::acknowledgement::child;
use crate::names::{Environment, SecretName};
use crate::operation::Place;
use crate::text::exact_path;

/// Which reveals need a person. In a protected environment each of them does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevealApproval {
    /// Only those in protected environments.
    #[default]
    Protected,
    /// All reveals.
    All,
}

impl RevealApproval {
    /// Whether a reveal in this environment needs a person.
    #[must_use]
    pub fn applies(self, environment: &Environment, protected: &[Environment]) -> bool {
        self == Self::All || protected.contains(environment)
    }
}

/// One secret whose value is to be revealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// The place of the secret.
    pub place: Place,
    /// The name of the secret.
    pub name: SecretName,
}

impl Reveal {
    /// Returns what a person types to approve the reveal: `ENV:/path/NAME`.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{}:{}", self.place.environment, child(self.place.path.as_str(), self.name.as_str()))
    }

    /// Returns the line that a person sees.
    #[must_use]
    pub fn reading(&self) -> String {
        let Place { project, environment, path } = &self.place;
        let path = exact_path(path.as_str());
        format!("show the value of {} [project {project}, env={environment}, path={path}]", self.target())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Project, SecretPath};

    #[test]
    fn protected_environments_need_a_person_whatever_is_set() {
        let environment = |slug: &str| Environment::new(slug).unwrap();
        let protected = [environment("prod"), environment("eu-prod")];
        for (approval, slug, needed) in [
            (RevealApproval::Protected, "prod", true),
            (RevealApproval::Protected, "eu-prod", true),
            (RevealApproval::Protected, "dev", false),
            (RevealApproval::All, "prod", true),
            (RevealApproval::All, "dev", true),
        ] {
            assert_eq!(approval.applies(&environment(slug), &protected), needed, "{approval:?} {slug}");
        }
        assert!(!RevealApproval::default().applies(&environment("prod"), &[]));
    }

    #[test]
    fn two_secrets_never_read_alike() {
        let reveal = |environment: &str, path: &str, name: &str| Reveal {
            place: Place {
                project: Project::new("p").unwrap(),
                environment: Environment::new(environment).unwrap(),
                path: SecretPath::new(path).unwrap(),
            },
            name: SecretName::new(name).unwrap(),
        };
        assert_eq!(reveal("prod", "/app", "KEY").target(), "prod:/app/KEY");
        assert_eq!(reveal("prod", "/", "KEY").target(), "prod:/KEY");
        let long = |middle: &str| format!("/{}/{middle}/{}", "a".repeat(120), "z".repeat(120));
        let all = [
            reveal("prod", "/app", "KEY"),
            reveal("dev", "/app", "KEY"),
            reveal("prod", "/", "KEY"),
            reveal("prod", &long("prod"), "KEY"),
            reveal("prod", &long("test"), "KEY"),
            reveal("prod", "/app", "K\u{0415}Y"),
            reveal("prod", "/app", "KEY."),
        ];
        let (targets, readings): (std::collections::BTreeSet<_>, std::collections::BTreeSet<_>) =
            all.iter().map(|it| (it.target(), it.reading())).unzip();
        assert_eq!((targets.len(), readings.len()), (all.len(), all.len()), "{readings:?}");
    }
}
