//! Answers of any content: the rewritten answer is JSON of the shape in docs/routes.md. It contains
//! no value unless the request was a reveal.

use crate::shape::{assert_is, assert_is_failure, of_change, of_read};
use crate::table::{changes, operations};
use infisical_skill_policy::answers;
use infisical_skill_policy::dependents::{AffectedItem, Import};
use infisical_skill_policy::{Environment, Place, Project, Scopes, SecretPath};
use std::collections::BTreeSet;

/// Checks the invariant above for one input.
pub fn target(body: &[u8]) {
    drop(run(body));
}

/// Runs one input. Returns the requests whose answer it was accepted as.
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
    run_for_itself(body, &mut taken);
    let failure = answers::failure(404, Some("application/json"), body).body();
    assert!(failure.len() < 200);
    assert_is_failure(&failure, 404);
    taken
}

/// The requests that the host itself sends. It keeps only names and numbers of their answers.
fn run_for_itself(body: &[u8], taken: &mut BTreeSet<&'static str>) {
    let project = Project::new("p").unwrap();
    let dev = Environment::new("dev").unwrap();
    let at = Place { project: project.clone(), environment: dev.clone(), path: SecretPath::root() };
    let secret = AffectedItem::Secret { at: at.clone(), name: "A".to_owned(), new_name: None };
    let folder = AffectedItem::Folder { at: at.clone(), is_deleted: true };
    if let Some(counts) = answers::count_references(body, &dev, Some("vault"), &[&secret, &folder]) {
        // A secret with references is at least as long as the names of its fields.
        assert!(counts.len() == 2 && counts.iter().all(|count| (*count as usize) <= body.len() / 40), "{counts:?}");
        taken.insert("count references");
    }
    if let Some(sources) = answers::import_sources(body, &project) {
        let import = |from| Import { by: at.clone(), from };
        let imports: Vec<Import> = sources.into_iter().map(import).collect();
        assert!(secret.importers(&imports).len() <= 1 && folder.importers(&imports).is_empty(), "all by one folder");
    }
    if let Some(tree) = answers::folder_tree(body) {
        assert!(tree.iter().all(|it| it.folders.is_sorted() && it.folders.len() + it.unnameable <= body.len()));
        taken.insert("folder tree");
    }
    drop((
        answers::project_environments(&at.project, body),
        answers::listed_tags(body),
        answers::has_secret(body, "A"),
    ));
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
                "folder-tree",
                "folders",
                "imports",
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
                "folder-tree: folder tree",
                "folders: create folder, delete folder, list folders, rename folder",
                "imports: list imports",
                "list: list secrets",
                "one: create secret, delete secret, get secret, reveal secret, update secret",
                "project: project by id",
                "projects: list projects",
                "references: count references",
                "tags: list tags",
                "waits: create secret, delete secret, update secret",
            ]
        );
    }
}
