//! Tests that imports go from higher layers to lower ones.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without comments and tests. A file of tests has none.
fn code(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_string_lossy();
    if name == "tests" || name == "testing" || name.ends_with("_tests") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join("\n");
    let tests = code.find("#[cfg(test)]\nmod ").or_else(|| code.find("#[cfg(test)]\n#[cfg(unix)]\nmod "));
    code[..tests.unwrap_or(code.len())].to_owned()
}

/// The modules that a text of code imports from the crate's root, as in `crate::model::error` and
/// `use crate::{audit, state::files}`.
fn imported(code: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut modules = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        // `infisical_skill_audit_crate::` isn't this crate.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + found.len()..];
        match rest.strip_prefix('{') {
            None => modules.push(name(rest)),
            Some(list) => {
                let mut depth = 0;
                for item in list.split_inclusive([',', '{', '}']) {
                    if depth == 0 {
                        modules.push(name(item.trim()));
                    }
                    depth += i32::from(item.ends_with('{')) - i32::from(item.ends_with('}'));
                    if depth < 0 {
                        break;
                    }
                }
            }
        }
    }
    modules.retain(|module| !module.is_empty());
    modules
}

/// The layers of the host in docs/architecture.md, from the lowest on.
fn layers() -> Vec<String> {
    let page = std::fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let table = page.split("| layer | what it is |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn imports_go_down_the_layers() {
    let (root, layers) = (repository().join("host/src"), layers());
    let level = |module: &str| layers.iter().position(|layer| layer == module);
    let (mut upward, mut count) = (Vec::new(), 0);
    for path in sources(&root) {
        let file = path.strip_prefix(&root).unwrap();
        let first = file.iter().next().unwrap().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "bin" {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("docs/architecture.md has no layer `{module}`"));
        for other in imported(&code(&path)).iter().filter_map(|other| level(other)) {
            count += 1;
            if other > own {
                upward.push(format!("{} imports {}", file.display(), layers[other]));
            }
        }
    }
    assert!(count > 300, "only {count} imports were found");
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn each_layer_of_the_page_exists() {
    for layer in layers() {
        let root = repository().join("host/src");
        assert!(root.join(&layer).is_dir() || root.join(format!("{layer}.rs")).is_file(), "{layer}");
    }
}

/// Only these layers know the WIT.
#[test]
fn wit_is_known_to_three_layers() {
    let root = repository().join("host/src");
    for path in sources(&root) {
        let file = path.strip_prefix(&root).unwrap();
        let knows = imported(&code(&path)).iter().any(|module| module == "bindings");
        let may = ["bindings", "boundary", "sandbox", "fuzzing.rs"].iter().any(|layer| file.starts_with(layer));
        assert!(may || !knows, "{} uses the generated bindings", file.display());
    }
}

/// The modules of the guest, from the lowest on. `types` and `bindings` are one level: the
/// generated bindings use the four types that are written by hand.
const GUEST: [&[&str]; 9] = [
    &["types", "bindings"],
    &["error"],
    &["json", "encoding"],
    &["ports"],
    &["guard"],
    &["client"],
    &["skill"],
    &["changes"],
    &["wasm"],
];

#[test]
fn imports_in_the_guest_go_down() {
    let root = repository().join("guest/src");
    let level = |module: &str| GUEST.iter().position(|level| level.contains(&module));
    let mut upward = Vec::new();
    for path in sources(&root) {
        let file = path.strip_prefix(&root).unwrap();
        let module = file.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if ["lib", "testing", "skill_tests"].contains(&&*module) || module.ends_with("_tests") {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("{module} has no level"));
        let imports = imported(&code(&path));
        upward.extend(
            imports
                .iter()
                .filter(|other| level(other).is_some_and(|other| other > own))
                .map(|other| format!("{} imports {other}", file.display())),
        );
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

/// The files of each pure crate form no circle.
#[test]
fn files_of_the_audit_crate_import_in_no_circle() {
    let root = repository().join("host/audit/src");
    let mut left: Vec<(String, Vec<String>)> = sources(&root)
        .iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), imported(&code(path))))
        .filter(|(module, _)| module != "lib")
        .collect();
    while !left.is_empty() {
        let names: Vec<String> = left.iter().map(|(module, _)| module.clone()).collect();
        let before = left.len();
        left.retain(|(module, imports)| imports.iter().any(|other| other != module && names.contains(other)));
        assert!(left.len() < before, "a circle among {names:?}");
    }
}

#[test]
fn finds_imports_in_all_their_forms() {
    let code = "use crate::model::error::Error;\nuse crate::{audit, state::{files, seal}, plans};\nlet x = crate::base::now();";
    assert_eq!(imported(code), ["model", "audit", "state", "plans", "base"]);
    assert!(imported("use mycrate::model;").is_empty());
}
