//! Tests that each test file is part of a test program. Cargo and rustc say nothing about a file
//! that is part of none, so its tests would never run.

use crate::documents::{root, tests_in};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the workspace's crates.
fn crates() -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let members = members.split(']').next().unwrap().split('"').skip(1).step_by(2);
    members.map(|member| root().join(member)).collect()
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The names of the modules that this code declares and doesn't contain.
fn modules_in(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| line.trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';'))
}

/// The files below `tests/` that no program contains. `manifest` is the crate's.
fn left_out(tests: &Path, manifest: &str) -> Vec<PathBuf> {
    let files = rust_files(tests);
    let is_found_by_cargo = !manifest.contains("\nautotests = false\n");
    let is_program = |file: &Path| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let is_top = file.parent() == Some(tests);
        name == "main" || is_top && (is_found_by_cargo || manifest.contains(&format!("[[test]]\nname = \"{name}\"\n")))
    };
    let declared: BTreeSet<String> = files
        .iter()
        .flat_map(|file| modules_in(&fs::read_to_string(file).unwrap()).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let is_module = |file: &Path| {
        let named = if file.ends_with("mod.rs") { file.parent().unwrap() } else { file };
        declared.contains(named.file_stem().unwrap().to_str().unwrap())
    };
    files.iter().filter(|file| !is_program(file) && !is_module(file)).cloned().collect()
}

#[test]
fn each_test_file_is_part_of_a_program() {
    let mut checked = 0;
    for folder in crates() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert_eq!(left_out(&folder.join("tests"), &manifest), Vec::<PathBuf>::new());
        checked += rust_files(&folder.join("tests")).len();
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn finds_test_files_that_no_program_contains() {
    let folder = tempfile::tempdir().unwrap();
    for (file, code) in [
        ("all.rs", "mod one;\nmod common;\n"),
        ("one.rs", "mod inner {\n"),
        ("two.rs", "// mod two;\n"),
        ("common/mod.rs", "pub(crate) mod deep;\n"),
        ("common/deep.rs", ""),
        ("common/lost.rs", ""),
        ("whole/main.rs", ""),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, code).unwrap();
    }
    let found = |manifest: &str| {
        let mut found = left_out(folder.path(), manifest);
        found.sort();
        found.into_iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let listed = "[package]\nautotests = false\n\n[[test]]\nname = \"all\"\n";
    assert_eq!(found(listed), [Path::new("common/lost.rs"), Path::new("two.rs")]);
    assert_eq!(found("[package]\n"), [Path::new("common/lost.rs")]);
}

#[test]
fn crates_without_a_program_for_unit_tests_have_none() {
    let untested = |folder: &PathBuf| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        manifest.lines().any(|line| line == "test = false")
    };
    let folders: Vec<_> = crates().into_iter().filter(untested).collect();
    assert!(!folders.is_empty());
    for file in folders.iter().flat_map(|folder| rust_files(&folder.join("src"))) {
        assert_eq!(tests_in(&fs::read_to_string(&file).unwrap()), [""; 0], "{}", file.display());
    }
}
