//! Random changes happen between preview and apply. Either the state that the plan depends on is
//! unchanged and all requests are sent, or nothing is sent and the refusal names the change. The
//! test computes that state from the emulated server, not from the requests that it got.

use super::world::{StoredSecret, World, world};
use super::*;
use crate::Layer;
use proptest::prelude::*;
use proptest::sample::Index;
use std::cell::Cell;

/// What somebody else does in between.
#[derive(Debug, Clone)]
enum Outside {
    Update(Index),
    Create(&'static str, &'static str),
    Delete(Index),
    Rename(Index, &'static str),
    Move(Index, &'static str),
    /// Deleted and created again: the same name and version, another id.
    Anew(Index),
    CreateFolder(&'static str),
    DeleteFolder(Index),
    RenameFolder(Index, &'static str),
}

fn outside() -> impl Strategy<Value = Outside> {
    let at = any::<Index>;
    let path = || prop::sample::select(vec!["/", "/app", "/app/db"]);
    let name = || prop::sample::select(vec!["API_KEY", "DB_PASSWORD", "URL", "NEW", "ELSE"]);
    prop_oneof![
        at().prop_map(Outside::Update),
        (path(), name()).prop_map(|(path, name)| Outside::Create(path, name)),
        at().prop_map(Outside::Delete),
        (at(), name()).prop_map(|(at, name)| Outside::Rename(at, name)),
        (at(), path()).prop_map(|(at, path)| Outside::Move(at, path)),
        at().prop_map(Outside::Anew),
        prop::sample::select(vec!["/new", "/else", "/app/new", "/app/db/new"]).prop_map(Outside::CreateFolder),
        at().prop_map(Outside::DeleteFolder),
        (at(), prop::sample::select(vec!["new", "else", "db"])).prop_map(|(at, name)| Outside::RenameFolder(at, name)),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let old = || prop::sample::select(vec![("/app", "API_KEY"), ("/app", "DB_PASSWORD"), ("/app/db", "URL")]);
    let folder = || prop::sample::select(vec![("/", "app"), ("/app", "db")]);
    prop_oneof![
        prop::sample::select(vec!["/", "/app", "/app/db"]).prop_map(|path| create_secret(path, "NEW")),
        old().prop_map(|(path, name)| update_secret(path, name)),
        old().prop_map(|(path, name)| Change::UpdateSecret(SecretUpdate {
            new_name: Some("NEW".to_owned()),
            ..update(path, name)
        })),
        old().prop_map(|(path, name)| delete_secret(path, name)),
        prop::sample::select(vec!["/", "/app"]).prop_map(|path| create_folder(path, "new")),
        folder().prop_map(|(path, name)| rename_folder(path, name, "new")),
        folder().prop_map(|(path, name)| delete_folder(path, name)),
    ]
}

fn child(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

fn is_below(folder: &str, path: &str) -> bool {
    path == folder || path.starts_with(&child(folder, ""))
}

impl World {
    fn happen(&mut self, outside: &Outside, number: usize) {
        if let Outside::Create(path, name) = outside {
            // A missing folder has no secrets, and no two secrets have the same name.
            if self.is_folder(path) && self.get(path, name).is_none() {
                self.add(path, name, "x");
            }
        } else if let Outside::CreateFolder(path) = outside {
            if self.is_folder(path.rsplit_once('/').unwrap().0) && !self.is_folder(path) {
                self.folders.push(((*path).to_owned(), format!("f-outside-{number}")));
            }
        } else if let Outside::DeleteFolder(at) | Outside::RenameFolder(at, _) = outside {
            if self.folders.is_empty() {
                return;
            }
            let old = self.folders[at.index(self.folders.len())].0.clone();
            let Outside::RenameFolder(_, name) = outside else {
                self.folders.retain(|(path, _)| !is_below(&old, path));
                return self.secrets.retain(|stored| !is_below(&old, &stored.path));
            };
            let new = child(old.rsplit_once('/').unwrap().0, name);
            if !self.is_folder(&new) {
                let paths = self.folders.iter_mut().map(|(path, _)| path);
                for path in paths.chain(self.secrets.iter_mut().map(|stored| &mut stored.path)) {
                    if is_below(&old, path) {
                        *path = path.replacen(&old, &new, 1);
                    }
                }
            }
        } else if let Outside::Update(at)
        | Outside::Delete(at)
        | Outside::Rename(at, _)
        | Outside::Move(at, _)
        | Outside::Anew(at) = outside
            && !self.secrets.is_empty()
        {
            let at = at.index(self.secrets.len());
            let (path, name) = match outside {
                Outside::Rename(_, name) => (self.secrets[at].path.clone(), (*name).to_owned()),
                Outside::Move(_, path) => ((*path).to_owned(), self.secrets[at].name.clone()),
                _ => (String::new(), String::new()),
            };
            match outside {
                Outside::Update(_) => self.secrets[at].version += 1,
                Outside::Delete(_) => drop(self.secrets.remove(at)),
                Outside::Anew(_) => self.secrets[at].id = format!("s-outside-{number}"),
                _ if !self.is_folder(&path) || self.get(&path, &name).is_some() => {}
                _ => {
                    let stored = &mut self.secrets[at];
                    (stored.path, stored.name, stored.version) = (path, name, stored.version + 1);
                }
            }
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        matches!(path, "" | "/") || self.folders.iter().any(|(known, _)| known == path)
    }

    fn secret(&self, path: &str, name: &str) -> Option<String> {
        self.get(path, name).map(|StoredSecret { id, version, .. }| format!("{id} {version}"))
    }

    fn folder(&self, path: &str, name: &str) -> Option<String> {
        self.folders.iter().find(|(known, _)| *known == child(path, name)).map(|(_, id)| id.clone())
    }

    /// The state that a change depends on. `None` if the change isn't possible any more.
    fn rests_on(&self, change: &Change) -> Option<Vec<String>> {
        let at = |at: &crate::Place| at.path.clone().unwrap();
        let (path, seen, taken) = match change {
            Change::CreateSecret(it) => (at(&it.at), self.secret(&at(&it.at), &it.name), None),
            Change::UpdateSecret(it) => {
                let taken = it.new_name.as_ref().and_then(|name| self.secret(&at(&it.at), name));
                (at(&it.at), self.secret(&at(&it.at), &it.name), taken)
            }
            Change::DeleteSecret(it) => (at(&it.at), self.secret(&at(&it.at), &it.name), None),
            Change::RenameFolder(it) => {
                (at(&it.at), self.folder(&at(&it.at), &it.name), self.folder(&at(&it.at), &it.new_name))
            }
            Change::CreateFolder(it) | Change::DeleteFolder(it) => {
                (at(&it.at), self.folder(&at(&it.at), &it.name), None)
            }
            Change::CreateProject(_) | Change::CreateEnvironment(_) | Change::InviteMembers(_) => {
                unreachable!("the test generates no administrative change")
            }
        };
        if taken.is_some() || !self.is_folder(&path) {
            return None;
        }
        let mut all: Vec<String> = seen.into_iter().collect();
        if let Change::DeleteFolder(it) = change {
            let folder = child(&path, &it.name);
            let secrets = self.secrets.iter().filter(|stored| is_below(&folder, &stored.path));
            all.extend(secrets.map(|stored| format!("{} {}", stored.id, stored.version)));
            let folders = self.folders.iter().filter(|(path, _)| is_below(&folder, path));
            all.extend(folders.map(|(_, id)| id.clone()));
            all.sort();
        }
        Some(all)
    }
}

#[test]
fn sends_whole_plan_without_drift_and_nothing_with_drift() {
    let (sent_all, refused) = (Cell::new(0), Cell::new(0));
    let cases = (any::<bool>(), prop::collection::vec(changes(), 1..3), prop::collection::vec(outside(), 0..5));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1500));
    let run = runner.run(&cases, |(is_old, changes, outside)| {
        let api_version = if is_old { V3 } else { V4 };
        let (world, operator) = (world(api_version), operator(api_version));
        // Some changes conflict with each other, or were never possible.
        let Ok(_) = preview(&operator, &world, &changes).0 else { return Ok(()) };
        let planned = operator.filed.borrow().as_ref().unwrap().requests.clone();
        let before: Vec<_> = changes.iter().map(|change| world.borrow().rests_on(change)).collect();
        for (number, outside) in outside.iter().enumerate() {
            world.borrow_mut().happen(outside, number);
        }
        let after: Vec<_> = changes.iter().map(|change| world.borrow().rests_on(change)).collect();
        let (result, script) = apply(&operator, &world);
        if before == after {
            prop_assert!(result.is_ok(), "{:?}", result);
            prop_assert_eq!(sent(&script), planned.iter().collect::<Vec<_>>());
            sent_all.set(sent_all.get() + 1);
        } else {
            prop_assert!(sent(&script).is_empty(), "{:?}", script.requests);
            let refusal = refusal(result);
            prop_assert_eq!(refusal.layer, Layer::TwoPhaseConfirm);
            prop_assert!(refusal.reason.starts_with("Since the preview something changed: "), "{:?}", refusal);
            refused.set(refused.get() + 1);
        }
        // The plan is used up either way.
        prop_assert!(apply(&operator, &world).0.is_err());
        Ok(())
    });
    run.unwrap();
    // Holds for any number of cases.
    assert!(sent_all.get() * 10 > refused.get() && refused.get() * 10 > sent_all.get());
}
