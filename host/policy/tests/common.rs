//! What several test files build.

use infisical_skill_policy::change::value::SecretValue;
use infisical_skill_policy::{ApiVersion, Environment, Place, Project, SecretPath};

pub(crate) const API_VERSIONS: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

pub(crate) fn project(id: &str) -> Project {
    Project::new(id).unwrap()
}

pub(crate) fn place(id: &str, environment: &str, path: &str) -> Place {
    Place {
        project: project(id),
        environment: Environment::new(environment).unwrap(),
        path: SecretPath::new(path).unwrap(),
    }
}

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).unwrap()
}
