//! Tests that every test named in a document exists, and other statements of documents.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Names of all tests in the Rust files below a folder.
fn tests(folder: &Path, found: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(tests_in(&text).into_iter().map(str::to_owned));
        }
    }
}

/// Functions that run as tests, either by libtest or by the rogues' harness. The harness has lists
/// of cases, and a function outside of them doesn't compile there.
pub(crate) fn tests_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if is_test && let Some((_, function)) = line.split_once("fn ") {
            names.push(identifiers(function).next().unwrap_or_default());
            is_test = false;
        }
    }
    for list in text.split("\ncases!").skip(1) {
        names.extend(identifiers(list.split(';').next().unwrap_or_default()));
    }
    names
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The words in backticks that look like a test's name: at least three underscores.
fn tests_named(document: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        word.matches('_').count() >= 3
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    document.split('`').skip(1).step_by(2).filter(is_name).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let mut there = HashSet::new();
    for folder in ["host", "guest", "tests"] {
        tests(&root().join(folder), &mut there);
    }
    for document in
        ["docs/incidents.md", "docs/fuzzing.md", "docs/mutation-testing.md", "docs/security-tests.md", "SECURITY.md"]
    {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for name in tests_named(&text) {
            assert!(there.contains(name), "{document} names {name}, and there is no such test");
        }
    }
}

/// docs/incidents.md names each test with its file. A name under the wrong file would pass the test
/// above.
#[test]
fn incidents_name_each_test_with_its_file() {
    let incidents = read("docs/incidents.md");
    let named = tests_with_files(&incidents);
    for (file, name) in &named {
        assert!(tests_in(&read(file)).contains(name), "docs/incidents.md: {file} has no test {name}");
    }
    let with_file: HashSet<&str> = named.iter().map(|(_, name)| *name).collect();
    for name in tests_named(&incidents) {
        assert!(with_file.contains(name), "docs/incidents.md names {name} without its file");
    }
    assert!(named.len() > 150, "{}", named.len());
}

#[test]
fn finds_the_file_that_a_test_is_named_with() {
    let text = "A `field_that_is_no_test`.\n\n- `a/b.rs`: `one`,\n  `two`\n- by a client, `c.rs`: `three` (found it)\n  \
                and `d.rs`: `four`\n- Limits: `setting`\n- `x.py::test_y`\n\n`five` in `e.rs`\n";
    assert_eq!(tests_with_files(text), [("a/b.rs", "one"), ("a/b.rs", "two"), ("c.rs", "three"), ("d.rs", "four")]);
}

#[test]
fn counts_only_functions_that_run_as_tests() {
    let text = "
#[tokio::test(flavor = \"multi_thread\")]
#[cfg(unix)]
async fn one_that_is_run() {
    fn one_in_a_test() {}
}

// fn one_that_a_comment_names()
fn one_that_helps() {}

cases![
    one_in_a_list,
    another_in_a_list,
];

cases!(2: one_on_two_threads);

async fn one_in_no_list() {}

    #[test]
    fn one_in_a_module() {}
";
    let expected =
        ["one_that_is_run", "one_in_a_module", "one_in_a_list", "another_in_a_list", "2", "one_on_two_threads"];
    assert_eq!(tests_in(text), expected);
}

#[test]
fn every_python_test_that_a_document_names_exists() {
    let mut named = 0;
    for document in ["docs/incidents.md", "docs/security-tests.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for (file, name) in text.split('`').skip(1).step_by(2).filter_map(|text| text.split_once(".py::")) {
            // A document gives the path first, and then only the file name.
            let file = file.strip_prefix("tests/clients/python/").unwrap_or(file);
            let file = fs::read_to_string(root().join(format!("tests/clients/python/{file}.py"))).unwrap_or_default();
            let is_there = file.lines().any(|line| {
                let function = line.trim_start_matches("async ").strip_prefix("def ");
                function.and_then(|function| function.split_once('(')).is_some_and(|(it, _)| it == name)
            });
            assert!(is_there && name.starts_with("test_"), "{document} names {name}, and there is no such test");
            named += 1;
        }
    }
    assert!(named > 0);
}

#[test]
fn skill_explains_each_argument_and_field() {
    let tools = fs::read_to_string(root().join("skills/infisical/references/tools.md")).unwrap();
    let explained: HashSet<&str> = tools.split('`').skip(1).step_by(2).collect();
    let mut missing = Vec::new();
    for definition in infisical_skill::tools::definitions() {
        for schema in [&definition.input_schema, &definition.output_schema] {
            let names = schema["properties"].as_object().unwrap().keys();
            let unexplained = names.filter(|name| !explained.contains(name.as_str()));
            missing.extend(unexplained.map(|name| format!("{}: {name}", definition.name)));
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn documents_state_the_number_of_rogues() {
    let of_kind = |folder: &str, extension: &str| {
        let files = fs::read_dir(root().join("tests/rogues").join(folder)).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|it| it == extension)).count()
    };
    let rogues = of_kind("guests/examples", "rs") + of_kind("modules", "wat");
    for document in ["README.md", "SECURITY.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let before = text.match_indices(" hostile components").map(|(at, _)| &text[..at]);
        let said: Vec<usize> = before.filter_map(|text| text.rsplit([' ', '\n']).next()?.parse().ok()).collect();
        assert!(!said.is_empty() && said.iter().all(|said| *said == rogues), "{document}: {said:?}, not {rogues}");
    }
}

#[test]
fn every_promise_has_tests() {
    let (security, tests) = (read("SECURITY.md"), read("docs/security-tests.md"));
    let sections = sections(&tests);
    let rows = rows_of_promises(&security);
    for (row, anchor) in &rows {
        let section = sections.iter().find(|(name, _)| name == anchor);
        let (_, section) = section.unwrap_or_else(|| panic!("docs/security-tests.md has no section #{anchor}: {row}"));
        let named = tests_by_file(section);
        assert!(named.len() > 1, "#{anchor} needs two tests at least: {named:?}");
        for (file, name) in named {
            assert!(tests_in(&read(file)).contains(&name), "#{anchor}: {file} has no test {name}");
        }
    }
    let linked: HashSet<&String> = rows.iter().map(|(_, anchor)| anchor).collect();
    for (anchor, _) in &sections {
        assert!(linked.contains(anchor), "SECURITY.md has no row for docs/security-tests.md#{anchor}");
    }
    assert_eq!(linked.len(), rows.len(), "each row has a section of its own");
    assert!(rows.len() > 30, "{}", rows.len());
}

#[test]
fn sections_name_tests_by_file() {
    let text = "# Title\n\n`of_no_section_at_all`\n\n## One, two\n\nWords.\n\n- `a/b.rs`\n  - `one_test`\n  - `two`\n- `c.rs`\n  - `three`\n\n## Last\n";
    let found = sections(text);
    let anchors: Vec<&str> = found.iter().map(|(anchor, _)| anchor.as_str()).collect();
    assert_eq!(anchors, ["one-two", "last"]);
    assert_eq!(tests_by_file(found[0].1), [("a/b.rs", "one_test"), ("a/b.rs", "two"), ("c.rs", "three")]);
    assert!(tests_by_file(found[1].1).is_empty());
    let table = "## What counts as a vulnerability\n\n| tests | what |\n| --- | --- |\n| [A](docs/security-tests.md#a-b) | x |\n\n## Limits\n| [B](docs/security-tests.md#c) | y |\n";
    let rows = rows_of_promises(table);
    assert_eq!(rows.iter().map(|(_, anchor)| anchor.as_str()).collect::<Vec<_>>(), ["a-b"]);
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// The rows of the table of vulnerabilities, with the anchor that each links to.
fn rows_of_promises(security: &str) -> Vec<(&str, String)> {
    let (_, table) = security.split_once("## What counts as a vulnerability").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter(|row| !row.starts_with("| ---"))
        .map(|row| {
            let link = row.split_once("](docs/security-tests.md#").and_then(|(_, link)| link.split_once(')'));
            let (anchor, _) = link.unwrap_or_else(|| panic!("no link to the tests: {row}"));
            (row, anchor.to_owned())
        })
        .collect()
}

/// The sections of a document, by the anchors that GitHub gives their headings.
fn sections(document: &str) -> Vec<(String, &str)> {
    let section = |text| {
        let (heading, below): (&str, &str) = str::split_once(text, '\n').unwrap_or((text, ""));
        let kept = heading.to_lowercase().replace(' ', "-");
        (kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect(), below)
    };
    document.split("\n## ").skip(1).map(section).collect()
}

/// The tests that the items of a document's lists name, each with the Rust file before it in its
/// item.
fn tests_with_files(document: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut file = None;
    for line in document.lines() {
        // An item continues in the indented lines below it.
        if !line.starts_with("  ") {
            file = None;
        }
        if line.starts_with("- ") || line.starts_with("  ") {
            for code in line.split('`').skip(1).step_by(2) {
                if code.ends_with(".rs") {
                    file = Some(code);
                } else if let Some(file) = file {
                    found.push((file, code));
                }
            }
        }
    }
    found
}

/// The tests of a section, each with the file above it in the list.
fn tests_by_file(section: &str) -> Vec<(&str, &str)> {
    let mut file = "";
    let mut found = Vec::new();
    for line in section.lines() {
        let Some(name) = line.trim_start().strip_prefix("- `").and_then(|rest| rest.strip_suffix('`')) else {
            continue;
        };
        if line.starts_with("- ") {
            file = name;
        } else {
            found.push((file, name));
        }
    }
    found
}

#[test]
fn relative_links_lead_somewhere() {
    let mut followed = 0;
    for document in documents() {
        let text = prose(&fs::read_to_string(&document).unwrap());
        for link in relative_links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to {link}, and there is no such file", document.display());
            if !anchor.is_empty() {
                let there = anchors(&prose(&fs::read_to_string(target).unwrap()));
                assert!(there.contains(anchor), "{} links to {link}: no such heading", document.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn finds_links_and_anchors() {
    let text = "# A `b_c`: d\n\n[x](y.md#z), [over two\nlines](#b)\n\n```sh\n# no heading\n[no](link)\n```\n\n[out](https://example.com) ![i](i.png)\n\n## Same\n\n### Same\n";
    let text = prose(text);
    assert_eq!(relative_links(&text).collect::<Vec<_>>(), ["y.md#z", "#b", "i.png"]);
    let expected = ["a-b_c-d", "same", "same-1"].map(str::to_owned);
    assert_eq!(anchors(&text), HashSet::from(expected));
}

/// The documents that people read. The recordings of servers aren't among them.
fn documents() -> Vec<PathBuf> {
    fn below(folder: &Path, deep: bool, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if deep && path.is_dir() {
                below(&path, deep, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(&root(), false, &mut found);
    for folder in [".github", "docs", "skills", "supply-chain"] {
        below(&root().join(folder), true, &mut found);
    }
    found
}

/// A document without its blocks of code.
fn prose(document: &str) -> String {
    let mut in_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    };
    document.lines().filter(is_prose).flat_map(|line| [line, "\n"]).collect()
}

/// Targets of links in the same repository.
fn relative_links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains(':'))
}

/// The anchors that GitHub gives the headings. If two are the same, the second gets a number.
fn anchors(prose: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    for (_, heading) in headings.filter_map(|line| line.trim_start_matches('#').split_once(' ')) {
        let spelt = heading.to_lowercase().replace(' ', "-");
        let anchor: String = spelt.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(numbered).find(|anchor| !found.contains(anchor));
        found.extend(free);
    }
    found
}

#[test]
fn manifests_require_the_pinned_rust() {
    let toolchain = read("rust-toolchain.toml");
    let (_, channel) = toolchain.split_once("channel = \"").unwrap();
    let (required, _patch) = channel.split_once('"').unwrap().0.rsplit_once('.').unwrap();
    let workspace = read("Cargo.toml");
    for (name, manifest) in [("Cargo.toml", &workspace), ("tests/fuzz/Cargo.toml", &read("tests/fuzz/Cargo.toml"))] {
        assert!(manifest.contains(&format!("\nrust-version = \"{required}\"\n")), "{name} doesn't require {required}");
    }
    let (_, members) = workspace.split_once("\nmembers = [").unwrap();
    let members: Vec<&str> = members.split(']').next().unwrap().split('"').skip(1).step_by(2).collect();
    assert!(members.len() > 5, "{members:?}");
    for member in members {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(
            manifest.contains("\nrust-version.workspace = true\n"),
            "{member} doesn't require the workspace's version"
        );
    }
    assert!(read("CONTRIBUTING.md").contains(&format!("Rust {required}")), "CONTRIBUTING.md names another version");
}
