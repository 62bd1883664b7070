//! Whatever a server answers: what comes in is JSON that we wrote, of the shape that docs/routes.md gives it, without a value where none was asked for.

use crate::shape::{assert_is, assert_is_failure, of_change, of_read};
use crate::table::{changes, operations};
use infisical_skill_policy::answers::{self, ReferenceTarget};
use infisical_skill_policy::{Environment, Project, Scopes, SecretPath};
use std::collections::BTreeSet;

/// Holds the invariant above for one input.
pub fn target(body: &[u8]) {
    drop(run(body));
}

/// Runs one input, and says which requests it was taken as an answer to.
fn run(body: &[u8]) -> BTreeSet<&'static str> {
    let mut taken = BTreeSet::new();
    for operation in operations() {
        if let Ok(written) = answers::rewrite(&operation, &Scopes::everything(), body) {
            assert_is(&written, of_read(&operation));
            taken.insert(operation.name());
        }
    }
    for (_, change) in changes("a value") {
        if let Ok((kind, written)) = answers::changed(&change, body) {
            assert_is(&written, of_change(&change, kind));
            taken.insert(change.name());
        }
    }
    for name in [Some("A".to_owned()), None] {
        let target = ReferenceTarget {
            project: Project::new("p").unwrap(),
            environment: Environment::new("dev").unwrap(),
            path: SecretPath::root(),
            name,
        };
        let count = answers::count_references(body, &target);
        assert!(count.is_none_or(|count| usize::try_from(count).is_ok_and(|count| count <= body.len() / 4)));
    }
    let failure = answers::failure(404, Some("application/json"), body).body();
    assert!(failure.len() < 200);
    assert_is_failure(&failure, 404);
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! taken {
        ($($seed:literal),+) => {
            [$(format!("{}: {}", $seed, Vec::from_iter(run(include_bytes!(concat!("../../seeds/answer/", $seed)))).join(", "))),+]
        };
    }

    #[test]
    fn the_seeds_are_answers() {
        assert_eq!(
            taken!(
                "administration",
                "audit-logs",
                "bare",
                "changed",
                "failure",
                "folders",
                "list",
                "one",
                "project",
                "projects",
                "references",
                "tags",
                "waits"
            ),
            [
                "administration: create environment, create project, invite members, project by id",
                "audit-logs: list audit logs",
                "bare: project by slug",
                "changed: create environment, create folder, create secret, delete folder, delete secret, get secret, \
                 invite members, rename folder, reveal secret, update secret",
                "failure: ",
                "folders: create folder, delete folder, list folders, rename folder",
                "list: list secrets",
                "one: create secret, delete secret, get secret, reveal secret, update secret",
                "project: project by id",
                "projects: list projects",
                "references: ",
                "tags: list tags",
                "waits: create secret, delete secret, get secret, reveal secret, update secret",
            ]
        );
    }
}
