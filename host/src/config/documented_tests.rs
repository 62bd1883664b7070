//! Checks that docs/configuration.md lists exactly the settings and variables that are read: no
//! setting without effect, and none undocumented.

use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

/// The rows, cell by cell, of all tables of docs/configuration.md with this heading.
fn rows(heading: &str) -> Vec<[&'static str; 3]> {
    let tables = DOCUMENT.split(heading).skip(1);
    let lines = tables.flat_map(|table| table.lines().skip(1).take_while(|line| line.starts_with('|')));
    let rows: Vec<_> = lines
        .map(|row| {
            let mut cells = row.trim_matches('|').splitn(3, '|').map(str::trim);
            [cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap_or_default()]
        })
        .collect();
    assert!(!rows.is_empty(), "{heading}");
    rows
}

/// The texts in backticks in the first column of these tables, each once.
fn names(heading: &str) -> BTreeSet<String> {
    let names: Vec<String> = rows(heading).iter().flat_map(|[name, ..]| quoted(name)).map(str::to_owned).collect();
    let once: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(once.len(), names.len(), "{heading}: each once");
    once
}

/// The texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The keys that the file accepts, as its parser lists them when it gets an unknown key.
fn taken_keys(table: &str) -> BTreeSet<String> {
    let text = if table.is_empty() { "nonesuch = 1".to_owned() } else { format!("{table}\nnonesuch = 1") };
    let said = File::parse(&text).err().unwrap();
    let (_, keys) = said.split_once("expected one of ").or_else(|| said.split_once("expected ")).unwrap();
    quoted(keys).map(str::to_owned).collect()
}

#[test]
fn the_files_settings_are_those_that_are_documented() {
    let documented = names("| setting | default | meaning |\n");
    let documented: BTreeSet<String> = documented.iter().map(|key| key.replace(['[', ']'], "")).collect();

    let mut taken = taken_keys("");
    for table in ["read", "write", "reveal", "budgets", "sums", "audit", "mcp", "limits"] {
        assert!(taken.remove(table), "{table}");
        taken.extend(taken_keys(&format!("[{table}]")).iter().map(|key| format!("{table}.{key}")));
    }
    assert!(taken.remove("mcp.ask_in_client"), "refused, with the name of the setting that there is");
    assert_eq!(documented, taken);

    assert_eq!(names("| key of a client | default | meaning |\n"), taken_keys("[[mcp.clients]]"));
    let of_scopes = names("| key of a scope | default | meaning |\n");
    for table in ["[[scopes]]", "[[reveal_scopes]]"] {
        assert_eq!(taken_keys(table), of_scopes);
    }
}

#[test]
fn the_variables_are_those_that_are_documented() {
    let heading = "| variable | setting | meaning |\n";
    let mut documented = names(heading);
    let settings: BTreeSet<&str> =
        rows("| setting | default | meaning |\n").iter().flat_map(|[it, ..]| quoted(it)).collect();
    for setting in rows(heading).iter().flat_map(|[_, setting, _]| quoted(setting)) {
        assert!(settings.contains(setting) || setting.ends_with("...."), "{setting} is a setting of the file");
    }
    let read: Vec<_> = documented.iter().filter(|name| name.starts_with("INFISICAL_READ_")).cloned().collect();
    assert_eq!(read.len(), 5, "\"the same five\"");
    for identity in ["WRITE", "REVEAL"] {
        assert!(documented.remove(&format!("INFISICAL_{identity}_...")), "the same as for the identity that reads");
        documented.extend(read.iter().map(|name| name.replace("READ", identity)));
    }
    documented.extend(names("| official variable | meaning |\n"));
    documented.extend(names("| variable | instead of | meaning |\n"));

    // Collects the variables that are read, whatever is set. If one variable replaces another, the
    // other is read when the first is missing.
    let asked = RefCell::new(BTreeSet::new());
    for set in [
        &[][..],
        &[("INFISICAL_URL", "https://vault.example"), ("INFISICAL_READ_TOKEN", "t")],
        &[("INFISICAL_TOKEN", "t")],
    ] {
        let variable = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            set.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value))
        };
        let _ = Config::load_beside(None, None, variable);
    }
    let asked = asked.into_inner();
    // These set the default state directory.
    let of_the_system = ["HOME", "XDG_STATE_HOME"];
    let ours: BTreeSet<_> = asked.iter().filter(|name| !of_the_system.contains(&name.as_str())).cloned().collect();
    assert_eq!(documented, ours);
}

/// The documented configurations are accepted, and the enforced one comes first.
#[test]
fn documented_configurations_are_accepted() {
    const README: &str = include_str!("../../../README.md");
    for document in [README, DOCUMENT, include_str!("../../../docs/running.md")] {
        let (_, rest) = document.split_once("```toml\n").unwrap();
        let file = File::parse(rest.split("```").next().unwrap()).unwrap();
        assert!(file.url.is_some() && file.state_dir.is_some() && file.run_as.is_some());
        assert!(file.read.client_id.is_some() && file.read.client_secret_file.is_some());
    }
    let (before, _) = README.split_once("infisical-skill init").unwrap();
    assert!(before.contains("--require-enforced") && before.contains("infisical-skill.service"));
    // The unit sets nothing that the file must set.
    let unit = include_str!("../../../packaging/infisical-skill.service");
    assert!(!unit.contains("Environment=INFISICAL") && unit.contains("StateDirectory=infisical-skill\n"));
}
