use super::*;
use crate::change;
use crate::{ApiVersion, Environment};

fn place(environment: &str, path: &str) -> Place {
    Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new(environment).unwrap(),
        path: SecretPath::new(path).unwrap(),
    }
}

/// `by` and `from` as `environment:path`.
fn import(by: &str, from: &str) -> Import {
    let ((by, by_path), (from, from_path)) = (by.split_once(':').unwrap(), from.split_once(':').unwrap());
    let from = ImportSource { environment: from.to_owned(), path: from_path.to_owned() };
    Import { by: place(by, by_path), from }
}

fn secret(environment: &str, path: &str) -> AffectedItem {
    AffectedItem::Secret { at: place(environment, path), name: "A".to_owned(), new_name: None }
}

fn folder(path: &str, is_deleted: bool) -> AffectedItem {
    AffectedItem::Folder { at: place("dev", path), is_deleted }
}

fn importers(touched: &AffectedItem, imports: &[Import]) -> Vec<String> {
    let told = |it: Importer| {
        let through = if it.is_indirect { " (indirect)" } else { "" };
        format!("{}:{}{through}", it.place.environment, it.place.path)
    };
    touched.importers(imports).into_iter().map(told).collect()
}

#[test]
fn lists_folders_that_import_the_secrets_folder() {
    let imports = [
        import("prod:/app", "dev:/app"),
        import("staging:/", "dev:/app"),
        import("staging:/x", "dev:/app/db"),
        import("staging:/y", "dev:/"),
        import("staging:/z", "prod:/app"),
        import("staging:/w", "dev:/apple"),
    ];
    assert_eq!(importers(&secret("dev", "/app"), &imports), ["prod:/app", "staging:/", "staging:/z (indirect)"]);
    assert_eq!(importers(&secret("dev", "/none"), &imports), [""; 0]);
    assert_eq!(importers(&secret("qa", "/app"), &imports), [""; 0]);
}

#[test]
fn ignores_imports_of_another_project() {
    let mut other = import("prod:/app", "dev:/app");
    other.by.project = Project::new("q").unwrap();
    assert_eq!(importers(&secret("dev", "/app"), &[other]), [""; 0]);
}

#[test]
fn lists_imports_of_folder_and_its_subfolders() {
    let imports = [
        import("prod:/a", "dev:/app"),
        import("prod:/b", "dev:/app/db"),
        import("prod:/c", "dev:/apple"),
        import("prod:/d", "dev:/"),
        import("dev:/app/in", "dev:/app/db"),
        import("dev:/e", "dev:not a path"),
    ];
    assert_eq!(
        importers(&folder("/app", true), &imports),
        ["prod:/a", "prod:/b"],
        "what goes along depends on nothing"
    );
    assert_eq!(importers(&folder("/app", false), &imports), ["dev:/app/in", "prod:/a", "prod:/b"]);
}

#[test]
fn lists_double_import_once_and_as_direct() {
    let imports = [
        import("prod:/a", "dev:/app"),
        import("prod:/a", "dev:/app"),
        import("prod:/b", "prod:/a"),
        import("prod:/b", "dev:/app"),
    ];
    assert_eq!(importers(&secret("dev", "/app"), &imports), ["prod:/a", "prod:/b"]);
}

#[test]
fn follows_circular_imports_once() {
    let imports = [
        import("prod:/a", "dev:/app"),
        import("prod:/b", "prod:/a"),
        import("prod:/a", "prod:/b"),
        import("dev:/app", "prod:/b"),
    ];
    assert_eq!(importers(&secret("dev", "/app"), &imports), ["prod:/a", "prod:/b (indirect)"]);
}

#[test]
fn each_change_touches_what_others_may_depend_on() {
    let at = "\"projectId\":\"p\",\"environment\":\"dev\",\"secretPath\":\"/app\"";
    let secrets = "/api/v4/secrets";
    let folder_at = "\"projectId\":\"p\",\"environment\":\"dev\"";
    let read = |method, path: &str, body: String| change::parse(ApiVersion::V4, method, path, &body).unwrap();
    let named = |new_name: Option<&str>| AffectedItem::Secret {
        at: place("dev", "/app"),
        name: "A".to_owned(),
        new_name: new_name.map(str::to_owned),
    };
    use change::Method::{Delete, Patch, Post};
    for (change, touched) in [
        (
            read(Post, &format!("{secrets}/A"), format!("{{{at},\"secretValue\":\"v\",\"type\":\"shared\"}}")),
            Some(AffectedItem::NewSecret { at: place("dev", "/app"), name: "A".to_owned() }),
        ),
        (
            read(Patch, &format!("{secrets}/A"), format!("{{{at},\"secretValue\":\"v\",\"type\":\"shared\"}}")),
            Some(named(None)),
        ),
        (
            read(Patch, &format!("{secrets}/A"), format!("{{{at},\"newSecretName\":\"B\",\"type\":\"shared\"}}")),
            Some(named(Some("B"))),
        ),
        (read(Delete, &format!("{secrets}/A"), format!("{{{at},\"type\":\"shared\"}}")), Some(named(None))),
        (read(Post, "/api/v2/folders", format!("{{{folder_at},\"name\":\"x\",\"path\":\"/app\"}}")), None),
        (
            read(Patch, "/api/v2/folders/f1", format!("{{{folder_at},\"name\":\"x\",\"path\":\"/app\"}}")),
            Some(folder("/app/db", false)),
        ),
        (
            read(Delete, "/api/v2/folders/f1", format!("{{{folder_at},\"path\":\"/app\",\"forceDelete\":true}}")),
            Some(folder("/app/db", true)),
        ),
    ] {
        assert_eq!(AffectedItem::of(&change, Some("db")), touched, "{}", change.name());
    }
}

#[test]
fn only_new_names_can_hide_imported_ones() {
    let new = AffectedItem::NewSecret { at: place("dev", "/"), name: "N".to_owned() };
    let renamed = AffectedItem::Secret { at: place("dev", "/"), name: "A".to_owned(), new_name: Some("B".to_owned()) };
    for (touched, appearing, is_there) in [
        (new, Some("N"), false),
        (renamed, Some("B"), true),
        (secret("dev", "/"), None, true),
        (folder("/x", true), None, true),
    ] {
        assert_eq!((touched.appearing(), touched.is_there()), (appearing, is_there));
    }
}
