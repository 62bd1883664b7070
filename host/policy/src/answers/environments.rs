//! The environments of a project and their folders, for a search.

use super::fields::{Object, PlainText, Text};
use super::{MAX_DEPTH, depth};
use crate::names::{Environment, Project as ProjectId, SecretPath};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An environment with its folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFolders {
    /// The environment's slug.
    pub environment: Environment,
    /// The folders that requests can name, each once.
    pub folders: Vec<SecretPath>,
    /// The number of folders that no request can name.
    pub unnameable: usize,
}

#[derive(Deserialize)]
struct Tree<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, Object<Branch<'a>>>);

#[derive(Deserialize)]
struct Branch<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    folders: Vec<Object<Folder<'a>>>,
}

#[derive(Deserialize)]
struct Folder<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

/// Reads all folders of all environments from a current server's answer to
/// `environment-folder-tree`. `None` if the answer is anything else.
#[must_use]
pub fn folder_tree(body: &[u8]) -> Option<Vec<EnvironmentFolders>> {
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Tree(tree) = serde_json::from_slice(body).ok()?;
    tree.into_iter().map(|(key, Object(branch))| branch.read(&key)).collect()
}

impl Branch<'_> {
    fn read(self, key: &str) -> Option<EnvironmentFolders> {
        if self.slug.0 != key {
            return None;
        }
        let environment = Environment::new(key).ok()?;
        let count = self.folders.len();
        let folders = self.folders.into_iter();
        let mut folders: Vec<_> =
            folders.filter_map(|Object(folder)| SecretPath::new(folder.path.0.into_owned()).ok()).collect();
        let unnameable = count - folders.len();
        folders.sort();
        folders.dedup();
        Some(EnvironmentFolders { environment, folders, unnameable })
    }
}

/// What an answer to [`crate::Operation::ProjectById`] says about a project: its names, and its
/// environments in and out of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectEnvironments {
    /// The slug, which references in other projects use.
    pub slug: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its environments.
    pub environments: Vec<NamedEnvironment>,
}

/// An environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEnvironment {
    /// What requests name it by.
    pub slug: Environment,
    /// What people call it.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow, alias = "workspace")]
    project: Object<Project<'a>>,
}

#[derive(Deserialize)]
struct Project<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    slug: Text<'a>,
    #[serde(default)]
    name: PlainText<'a>,
    environments: Vec<Object<OfProject<'a>>>,
}

#[derive(Deserialize)]
struct OfProject<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    #[serde(default)]
    name: PlainText<'a>,
}

impl OfProject<'_> {
    fn named(self) -> Option<NamedEnvironment> {
        let slug = Environment::new(self.slug.0.into_owned()).ok()?;
        Some(NamedEnvironment { slug, name: self.name.0.map(Cow::into_owned) })
    }
}

/// Reads the names and environments of the project with this id from the server's answer. `None` if
/// the answer is anything else, or if requests can't name the slug of an environment.
#[must_use]
pub fn project_environments(asked: &ProjectId, body: &[u8]) -> Option<ProjectEnvironments> {
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Object(Wrapped { project: Object(project) }) = serde_json::from_slice(body).ok()?;
    if project.id.0 != asked.as_str() {
        return None;
    }
    let environments = project.environments.into_iter().map(|Object(it)| it.named()).collect::<Option<Vec<_>>>()?;
    let name = project.name.0.map(Cow::into_owned);
    Some(ProjectEnvironments { slug: project.slug.0.into_owned(), name, environments })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn environment(slug: &str) -> Environment {
        Environment::new(slug).unwrap()
    }

    /// As in exchanges 122 and 530 of recorded-v4.
    fn branch(slug: &str, paths: &[&str]) -> Value {
        let folder = |path: &&str| {
            json!({
                "id": "4da39f73", "name": "root", "version": 1, "envId": "82a98f6a", "parentId": null, "isReserved": false,
                "description": null, "lastSecretModified": null, "path": path,
            })
        };
        json!({
            "id": "82a98f6a", "name": "Development", "slug": slug, "position": 1, "projectId": "p", "deleteAfter": null,
            "softDeletedAt": null, "folders": paths.iter().map(folder).collect::<Vec<_>>(),
        })
    }

    fn tree(body: &Value) -> Option<Vec<EnvironmentFolders>> {
        folder_tree(body.to_string().as_bytes())
    }

    #[test]
    fn reads_all_folders_of_all_environments() {
        let body =
            json!({ "dev": branch("dev", &["/a/b", "/", "/a", "/a"]), "prod": branch("prod", &["/", "/x/../y"]) });
        let paths = |paths: &[&str]| paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect::<Vec<_>>();
        let expected = vec![
            EnvironmentFolders { environment: environment("dev"), folders: paths(&["/", "/a", "/a/b"]), unnameable: 0 },
            EnvironmentFolders { environment: environment("prod"), folders: paths(&["/"]), unnameable: 1 },
        ];
        assert_eq!(tree(&body), Some(expected));
        assert_eq!(tree(&json!({})), Some(vec![]));
    }

    #[test]
    fn rejects_answer_that_is_not_a_tree() {
        for hostile in [
            json!([]),
            json!(null),
            json!({ "dev": [] }),
            json!({ "dev": branch("prod", &["/"]) }),
            json!({ "d v": branch("d v", &["/"]) }),
            json!({ "dev": { "slug": "dev" } }),
            json!({ "dev": { "slug": "dev", "folders": [{ "path": 1 }] } }),
            json!({ "dev": { "slug": "dev", "folders": [["/"]] } }),
        ] {
            assert_eq!(tree(&hostile), None, "{hostile}");
        }
        let deep = format!("{{\"dev\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(folder_tree(deep.as_bytes()), None);
        assert_eq!(folder_tree(b""), None);
    }

    #[test]
    fn reads_environments_of_a_project_under_both_names() {
        let project = |slugs: &[&str]| {
            let environments = slugs.iter().map(|slug| json!({ "slug": slug, "name": format!("The {slug}") }));
            json!({ "id": "p", "slug": "vault", "name": "Vault", "environments": environments.collect::<Vec<_>>() })
        };
        let read = |body: Value| project_environments(&ProjectId::new("p").unwrap(), body.to_string().as_bytes());
        let named = |slug: &str, name: Option<&str>| NamedEnvironment {
            slug: environment(slug),
            name: name.map(str::to_owned),
        };
        for key in ["project", "workspace"] {
            let expected = ProjectEnvironments {
                slug: "vault".to_owned(),
                name: Some("Vault".to_owned()),
                environments: vec![named("dev", Some("The dev")), named("prod", Some("The prod"))],
            };
            assert_eq!(read(json!({ key: project(&["dev", "prod"]) })), Some(expected));
        }
        // A name is worth having, and no reason to search nothing.
        let unnamed = json!({ "id": "p", "slug": "vault", "name": 7, "environments": [{ "slug": "dev" }] });
        let expected =
            ProjectEnvironments { slug: "vault".to_owned(), name: None, environments: vec![named("dev", None)] };
        assert_eq!(read(json!({ "project": unnamed })), Some(expected));
        let another = json!({ "id": "q", "slug": "vault", "name": "Vault", "environments": [] });
        for hostile in [
            json!({ "project": project(&["d v"]) }),
            json!({ "project": [] }),
            json!(project(&["dev"])),
            json!({ "project": another }),
        ] {
            assert_eq!(read(hostile.clone()), None, "{hostile}");
        }
    }
}
