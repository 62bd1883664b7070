//! Whatever a server answers: what comes in is JSON that we wrote, of the shape that docs/routes.md gives it, without a value where none was asked for.

use crate::shape::{assert_is, assert_is_failure, of_change, of_read};
use crate::table::{changes, operations};
use infisical_skill_policy::answers::{self, ReferenceTarget};
use infisical_skill_policy::{Environment, Project, Scopes, SecretPath};

/// Holds the invariant above for one input.
pub fn target(body: &[u8]) {
    for operation in operations() {
        if let Ok(written) = answers::rewrite(&operation, &Scopes::everything(), body) {
            assert_is(&written, of_read(&operation));
        }
    }
    for (_, change) in changes("a value") {
        if let Ok((kind, written)) = answers::changed(&change, body) {
            assert_is(&written, of_change(&change, kind));
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
}
