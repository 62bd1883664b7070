//! The settings and variables that README.md names are those that are taken: no switch that does nothing, and none that nobody knows of.

use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The rows of the table of settings: what stands in the columns "environment" and "file", and what it means.
fn rows() -> Vec<[&'static str; 3]> {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| environment | file | meaning |\n").unwrap();
    let rows: Vec<_> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    let rows = rows.iter().map(|row| {
        let mut cells = row.trim_matches('|').splitn(3, '|').map(str::trim);
        [cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap()]
    });
    rows.collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The keys that the file takes, as its parser names them when it gets another.
fn taken_keys(table: &str) -> BTreeSet<String> {
    let text = if table.is_empty() { "nonesuch = 1".to_owned() } else { format!("{table}\nnonesuch = 1") };
    let said = File::parse(&text).err().unwrap();
    let (_, keys) = said.split_once("expected one of ").or_else(|| said.split_once("expected ")).unwrap();
    quoted(keys).map(str::to_owned).collect()
}

#[test]
fn the_files_settings_are_those_that_are_documented() {
    let mut documented: BTreeSet<String> =
        rows().iter().flat_map(|[_, file, _]| quoted(file)).map(str::to_owned).collect();
    let read: Vec<_> = documented.iter().filter_map(|key| key.strip_prefix("read.").map(str::to_owned)).collect();
    for identity in ["write", "reveal"] {
        assert!(documented.remove(&format!("{identity}....")), "the same as for the identity that reads");
        documented.extend(read.iter().map(|key| format!("{identity}.{key}")));
    }
    let documented: BTreeSet<String> = documented.iter().map(|key| key.replace(['[', ']'], "")).collect();

    let mut taken = taken_keys("");
    for table in ["read", "write", "reveal", "budgets", "sums", "audit", "mcp", "limits"] {
        assert!(taken.remove(table), "{table}");
        taken.extend(taken_keys(&format!("[{table}]")).iter().map(|key| format!("{table}.{key}")));
    }
    assert!(taken.remove("mcp.ask_in_client"), "refused, with the name of the setting that there is");
    assert_eq!(documented, taken);

    let clients = rows().into_iter().find(|[_, file, _]| *file == "`[[mcp.clients]]`").unwrap()[2];
    let of_clients: BTreeSet<String> = quoted(clients).filter(|key| *key != "read").map(str::to_owned).collect();
    assert_eq!(taken_keys("[[mcp.clients]]"), of_clients);

    let scopes = rows().into_iter().find(|[_, file, _]| *file == "`[[scopes]]`").unwrap()[2];
    let in_scopes: BTreeSet<String> = quoted(scopes).take(3).map(str::to_owned).collect();
    for table in ["[[scopes]]", "[[reveal_scopes]]"] {
        assert_eq!(taken_keys(table), in_scopes);
    }
}

#[test]
fn the_variables_are_those_that_are_documented() {
    let readme = include_str!("../../../README.md");
    let mut documented = BTreeSet::new();
    for [variables, _, _] in rows() {
        let mut last = "";
        for name in quoted(variables) {
            match name.strip_prefix("...") {
                Some(end) => _ = documented.insert(format!("{last}{end}")),
                None => _ = documented.insert(name.to_owned()),
            }
            last = name;
        }
    }
    let read: Vec<_> = documented.iter().filter(|name| name.starts_with("INFISICAL_READ_")).cloned().collect();
    for identity in ["WRITE", "REVEAL"] {
        assert!(documented.remove(&format!("INFISICAL_{identity}_...")), "the same as for the identity that reads");
        documented.extend(read.iter().map(|name| name.replace("READ", identity)));
    }
    let (_, where_the_file_is) = readme.split_once("A TOML file, named by ").unwrap();
    let sentence = where_the_file_is.split_once(',').unwrap().0;
    documented.extend(quoted(sentence).filter(|name| name.starts_with("INFISICAL_")).map(str::to_owned));
    let (_, official) = readme.split_once("The official MCP server's variables (").unwrap();
    documented.extend(quoted(official.split(')').next().unwrap()).map(str::to_owned));

    // Whatever is set, these are asked for; where one stands for another, the other is asked for when it is missing.
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
    // Where the state folder is by default.
    let of_the_system = ["HOME", "XDG_STATE_HOME"];
    let ours: BTreeSet<_> = asked.iter().filter(|name| !of_the_system.contains(&name.as_str())).cloned().collect();
    // The official server's secrets may come from files here, as all others.
    let by_file = |name: &&String| name.strip_suffix("_FILE").is_some_and(|name| official_secrets().contains(&name));
    let ours: BTreeSet<_> = ours.iter().filter(|name| !by_file(name)).cloned().collect();
    assert_eq!(documented, ours);
}

fn official_secrets() -> [&'static str; 2] {
    ["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", "INFISICAL_TOKEN"]
}

/// The configurations that the documents show are taken, and the enforced one comes first.
#[test]
fn the_configurations_that_are_shown_are_taken() {
    for document in [include_str!("../../../README.md"), include_str!("../../../docs/running.md")] {
        let (_, rest) = document.split_once("```toml\n").unwrap();
        let file = File::parse(rest.split("```").next().unwrap()).unwrap();
        assert!(file.url.is_some() && file.state_dir.is_some() && file.run_as.is_some());
        assert!(file.read.client_id.is_some() && file.read.client_secret_file.is_some());
    }
    let (before, _) = include_str!("../../../README.md").split_once("infisical-skill init ").unwrap();
    assert!(before.contains("--require-enforced") && before.contains("infisical-skill.service"));
    // The unit decides nothing that the file has to.
    let unit = include_str!("../../../packaging/infisical-skill.service");
    assert!(!unit.contains("Environment=INFISICAL") && unit.contains("StateDirectory=infisical-skill\n"));
}
