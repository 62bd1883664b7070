//! Changes against a small emulated server.

mod administering;
mod applying;
mod drifting;
mod drifting_at_random;
mod previewing;
mod properties;
mod refusing;
mod trouble;
mod world;

use crate::testing::{Operator, PLAN, PROJECT, Script, operator, place};
use crate::{
    ApiVersion, Change, Error, FolderRename, Method, PlanPreview, Receipt, Refusal, SecretCreation, SecretUpdate,
    Target, Value,
};
use world::{Shared, script};

const V3: ApiVersion = ApiVersion::V3;
const V4: ApiVersion = ApiVersion::V4;

/// A value that the caller gives.
const GIVEN: &str = "CANARY-GIVEN";

fn target(path: &str, name: &str) -> Target {
    Target { at: place(PROJECT, "dev", path), name: name.to_owned() }
}

fn given() -> Value {
    Value::Literal(GIVEN.to_owned())
}

fn creation(path: &str, name: &str) -> SecretCreation {
    let Target { at, name } = target(path, name);
    SecretCreation { at, name, value: given(), comment: None, tags: Vec::new() }
}

fn update(path: &str, name: &str) -> SecretUpdate {
    let Target { at, name } = target(path, name);
    SecretUpdate { at, name, value: Some(given()), ..SecretUpdate::default() }
}

fn create_secret(path: &str, name: &str) -> Change {
    Change::CreateSecret(creation(path, name))
}

fn update_secret(path: &str, name: &str) -> Change {
    Change::UpdateSecret(update(path, name))
}

fn delete_secret(path: &str, name: &str) -> Change {
    Change::DeleteSecret(target(path, name))
}

fn create_folder(path: &str, name: &str) -> Change {
    Change::CreateFolder(target(path, name))
}

fn rename_folder(path: &str, name: &str, new_name: &str) -> Change {
    let Target { at, name } = target(path, name);
    Change::RenameFolder(FolderRename { at, name, new_name: new_name.to_owned() })
}

fn delete_folder(path: &str, name: &str) -> Change {
    Change::DeleteFolder(target(path, name))
}

/// Previews these changes. Returns the result and the requests, which must all be GETs.
fn preview(operator: &Operator, world: &Shared, changes: &[Change]) -> (Result<PlanPreview, Error>, Vec<String>) {
    let mut script = script(world);
    let preview = script.skill(operator).preview(changes);
    assert!(script.requests.iter().all(|request| request.method == Method::Get), "{:?}", script.requests);
    (preview, script.paths().into_iter().map(str::to_owned).collect())
}

/// Applies the filed plan with the phrase that the preview named. Returns the result and all
/// requests.
fn apply(operator: &Operator, world: &Shared) -> (Result<Receipt, Error>, Script) {
    let phrase = operator.filed.borrow().as_ref().and_then(|draft| draft.acknowledge.clone());
    let mut script = script(world);
    let receipt = script.skill(operator).apply(PLAN, phrase.as_deref());
    (receipt, script)
}

/// Previews and applies.
fn change(api_version: ApiVersion, world: &Shared, changes: &[Change]) -> (Receipt, Script) {
    let operator = operator(api_version);
    preview(&operator, world, changes).0.unwrap();
    let (receipt, script) = apply(&operator, world);
    (receipt.unwrap(), script)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// The requests that change something.
fn sent(script: &Script) -> Vec<&crate::Request> {
    script.requests.iter().filter(|request| request.method != Method::Get).collect()
}
