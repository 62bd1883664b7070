//! The imports of one folder, in both API versions: the places whose secrets it shows.

use super::fields::{Object, Text};
use super::{AnswerRefusal, MAX_DEPTH, depth, write};
use crate::names::{Environment, Project, SecretPath};
use crate::operation::Place;
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Imports<'a> {
    #[serde(borrow)]
    secret_imports: Vec<Object<Import<'a>>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Import<'a> {
    #[serde(borrow)]
    import_path: Text<'a>,
    import_env: Object<ImportEnvironment<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportEnvironment<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    /// A current server names the project, which can be another one.
    #[serde(default, skip_serializing)]
    project_id: Option<Text<'a>>,
}

/// The source of an import. It is text and not a place, because an import may name a missing
/// folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportSource {
    /// The environment's slug.
    pub environment: String,
    /// The folder's path.
    pub path: String,
}

impl Import<'_> {
    /// Whether the source is in this project. An older server's imports always are.
    fn is_of(&self, project: &Project) -> bool {
        self.import_env.0.project_id.as_ref().is_none_or(|id| id.0 == project.as_str())
    }

    fn is_in_scope(&self, project: &Project, scopes: &Scopes) -> bool {
        let (Ok(environment), Ok(path)) =
            (Environment::new(&*self.import_env.0.slug.0), SecretPath::new(&*self.import_path.0))
        else {
            return false;
        };
        let place = Place { project: project.clone(), environment, path };
        scopes.check_place(&place).is_ok()
    }
}

/// For the component: the imports from places of the same project in scope.
pub(super) fn list(scopes: &Scopes, project: &Project, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut answer): Object<Imports<'_>> = serde_json::from_slice(body).map_err(|_| AnswerRefusal::Malformed)?;
    answer.secret_imports.retain(|Object(import)| import.is_of(project) && import.is_in_scope(project, scopes));
    write(&answer)
}

/// For the host: what a folder imports from the same project, as the server sent it. `None` if the
/// answer isn't a list of imports.
#[must_use]
pub fn sources(body: &[u8], project: &Project) -> Option<Vec<ImportSource>> {
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Object(answer): Object<Imports<'_>> = serde_json::from_slice(body).ok()?;
    let of_here = answer.secret_imports.into_iter().filter(|Object(import)| import.is_of(project));
    let source = |Object(import): Object<Import<'_>>| ImportSource {
        environment: import.import_env.0.slug.0.into_owned(),
        path: import.import_path.0.into_owned(),
    };
    Some(of_here.map(source).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use serde_json::{Value, json};

    fn project(id: &str) -> Project {
        Project::new(id).unwrap()
    }

    fn import(environment: &str, path: &str, of: Option<&str>) -> Value {
        let mut import = json!({
            "id": "be1c0f34", "version": 1, "importPath": path, "position": 1, "folderId": "4da39f73",
            "isReplication": false, "isReplicationSuccess": null, "replicationStatus": null, "lastReplicated": null,
            "isReserved": false, "importEnv": { "name": "Staging", "slug": environment, "id": "9c4a6681" },
        });
        if let Some(of) = of {
            import["importEnv"]["projectId"] = json!(of);
            import["sourceProjectName"] = json!("Agent Vault");
        }
        import
    }

    fn body(imports: &[Value]) -> Vec<u8> {
        json!({ "message": "Successfully fetched secret imports", "secretImports": imports }).to_string().into_bytes()
    }

    fn source(environment: &str, path: &str) -> ImportSource {
        ImportSource { environment: environment.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn reads_imports_of_both_api_versions() {
        // Exchanges 341 and 342 of recorded-v4, and 137 of recorded-v3.
        let v4 = body(&[import("staging", "/app", Some("p")), import("staging", "/nope", Some("p"))]);
        let v3 = body(&[import("staging", "/", None)]);
        assert_eq!(sources(&v4, &project("p")), Some(vec![source("staging", "/app"), source("staging", "/nope")]));
        assert_eq!(sources(&v3, &project("p")), Some(vec![source("staging", "/")]));
        assert_eq!(sources(&body(&[]), &project("p")), Some(vec![]));
    }

    #[test]
    fn import_from_another_project_is_not_counted() {
        let both = body(&[import("dev", "/app", Some("q")), import("dev", "/app", Some("p"))]);
        assert_eq!(sources(&both, &project("p")), Some(vec![source("dev", "/app")]));
    }

    #[test]
    fn rejects_answer_that_is_not_a_list_of_imports() {
        let deep = format!("{{\"secretImports\":[{}1{}]}}", "[".repeat(200), "]".repeat(200));
        for hostile in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"secretImports":{}}"#,
            r#"{"secretImports":[["/app",["staging"]]]}"#,
            r#"{"secretImports":[{"importPath":"/app"}]}"#,
            r#"{"secretImports":[{"importPath":1,"importEnv":{"slug":"dev"}}]}"#,
            r#"{"secretImports":[],"secretImports":[]}"#,
            &deep,
        ] {
            assert_eq!(sources(hostile.as_bytes(), &project("p")), None, "{hostile}");
        }
    }

    #[test]
    fn component_sees_only_sources_in_scope() {
        let scopes = Scopes::only(vec![Scope {
            project: project("p"),
            environments: vec![Environment::new("dev").unwrap()],
            paths: vec![SecretPath::new("/app").unwrap()],
        }]);
        let imports = [
            import("dev", "/app/db", Some("p")),
            import("dev", "/other", Some("p")),
            import("prod", "/app", Some("p")),
            import("dev", "/app", Some("q")),
            import("dev", "not a path", None),
        ];
        let written = list(&scopes, &project("p"), &body(&imports)).unwrap();
        let expected = json!({ "secretImports": [{ "importPath": "/app/db", "importEnv": { "slug": "dev" } }] });
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), expected);
    }

    #[test]
    fn values_beside_imports_are_not_copied() {
        let mut with_secrets = import("dev", "/app", None);
        with_secrets["secrets"] = json!([{ "secretKey": "A", "secretValue": "CANARY" }]);
        let written = list(&Scopes::everything(), &project("p"), &body(&[with_secrets])).unwrap();
        assert!(!String::from_utf8_lossy(&written).contains("CANARY"));
    }
}
