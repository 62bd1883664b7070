//! Whatever a server answers: what comes in is JSON that we wrote, without a value where none was asked for.

use infisical_skill_policy::answers::ReferenceTarget;
use infisical_skill_policy::{Environment, Operation, Place, Project, Scopes, SecretName, SecretPath, answers};
use serde_json::Value;

fn operations() -> Option<[Operation; 5]> {
    let place = Place {
        project: Project::new("p").ok()?,
        environment: Environment::new("dev").ok()?,
        path: SecretPath::new("/").ok()?,
    };
    let name = SecretName::new("A").ok()?;
    Some([
        Operation::ListProjects { organization: None },
        Operation::ProjectBySlug { slug: Project::new("p").ok()? },
        Operation::ListFolders { place: place.clone(), recursive: true },
        Operation::ListSecrets { place: place.clone(), recursive: true, tags: Vec::new() },
        Operation::GetSecret { place, name, version: None },
    ])
}

/// No field that could hold a value, at any depth; what is masked is the mask.
fn check(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(check),
        Value::Object(fields) => {
            for (key, value) in fields {
                assert_ne!(key, "secretValue");
                assert_ne!(key, "metadata");
                if matches!(key.as_str(), "secretComment" | "secretReminderNote" | "secretMetadata") {
                    assert_eq!(value, "<hidden>");
                }
                if key == "imports" {
                    assert_eq!(value, &Value::Array(Vec::new()));
                }
                check(value);
            }
        }
        _ => {}
    }
}

/// Holds the invariant above for one input.
pub fn target(body: &[u8]) {
    for operation in operations().into_iter().flatten() {
        if let Ok(written) = answers::rewrite(&operation, &Scopes::everything(), body) {
            check(&serde_json::from_slice(&written).unwrap());
        }
    }
    for name in [Some("A".to_owned()), None] {
        let Some([.., Operation::GetSecret { place, .. }]) = operations() else { return };
        let target = ReferenceTarget { project: place.project, environment: place.environment, path: place.path, name };
        let count = answers::count_references(body, &target);
        assert!(count.is_none_or(|count| usize::try_from(count).is_ok_and(|count| count <= body.len() / 4)));
    }
    let failure = answers::failure(404, Some("application/json"), body);
    assert!(failure.body().len() < 200);
}
