//! What the documents promise a test for has that test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Names of all functions in the Rust files below a folder.
fn functions(folder: &Path, found: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for part in text.split("fn ").skip(1) {
                let name = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
                found.insert(name.to_owned());
            }
        }
    }
}

/// What stands in backticks and is the name of a test: a sentence.
fn tests_named(document: &str) -> Vec<&str> {
    let is_sentence = |text: &&str| {
        text.matches('_').count() >= 3
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    document.split('`').skip(1).step_by(2).filter(is_sentence).collect()
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let mut there = HashSet::new();
    for folder in ["host", "guest", "tests"] {
        functions(&root().join(folder), &mut there);
    }
    for document in ["docs/incidents.md", "docs/fuzzing.md", "docs/mutation-testing.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for name in tests_named(&text) {
            assert!(there.contains(name), "{document} names {name}, and there is no such test");
        }
    }
    let incidents = fs::read_to_string(root().join("docs/incidents.md")).unwrap();
    assert!(tests_named(&incidents).len() > 30);
}

#[test]
fn every_promise_names_a_test_that_tries_to_break_it() {
    let security = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, table) = security.split_once("## Is this a vulnerability?").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut promises = 0;
    for row in rows.filter(|row| !row.starts_with("| ---")) {
        let answer = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        if answer == "no" || answer.starts_with("no: ") {
            continue;
        }
        assert!(answer.starts_with("yes: ") && tests_named(answer).len() > 1, "{row}");
        promises += 1;
    }
    assert!(promises > 15, "{promises}");
}
