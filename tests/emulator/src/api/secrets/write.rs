//! Creating, updating and deleting one secret.

use serde_json::{Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::text::trim;
use crate::world::World;
use crate::world::history::Change;

use super::approvals::approval;
use super::draft::{Draft, check_name};
use super::events;
use super::mentions;
use super::place::Place;
use super::read::trimmed_name;
use super::renaming::with_referrers;
use super::shape::View;

fn no_personal_secrets(kind: &str) -> Result<(), Failure> {
    if kind == "personal" { Err(Failure::bad_request("Must be user to create personal secret")) } else { Ok(()) }
}

/// `POST /:secretName`. A current server reports an existing secret before it checks permissions.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    check_name(&mut check, call, "secretName", name);
    let place = Place::of_body(call, &mut check);
    let draft = Draft::read(&mut check, call.is_v4(), true);
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Create, &place)?;
    let folder_id = place.folder(project, "CreateSecret")?.id.clone();
    no_personal_secrets(&kind)?;
    if call.is_v4() && name.contains('\0') {
        // The database rejects the value.
        return Err(Failure::internal("secrets_v2: FindOne"));
    }
    if project.secret(&folder_id, name).is_some() {
        return Err(Failure::bad_request(if call.is_v4() { "Secret already exists" } else { "Secret already exist" }));
    }
    draft.check_tags(call, project)?;
    access.check_name(Action::Create, &place, name, &draft.tag_slugs(project))?;
    mentions::check(world, call, project, &place, draft.value.as_deref())?;
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let ids = world.commit(&place.project_id, vec![Change::Create { folder_id, state: draft.apply(name, None) }])?;
    let project = world.known_project(&place.project_id)?;
    let secret = project.secrets.iter().find(|secret| ids.contains(&secret.id));
    let shown = secret.map(|it| View::now(project, &place.environment, it).base(world, &it.now.value));
    let named = secret.map(|it| events::named(it, &it.now, name)).unwrap_or_default();
    events::one(world, call, &place, "create-secret", named);
    Ok(json!({"secret": shown}))
}

/// `PATCH /:secretName`. A current server looks the secret up before it checks permissions.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    let place = Place::of_body(call, &mut check);
    // Only a current server accepts a missing value.
    let mut draft = Draft::read(&mut check, call.is_v4(), !call.is_v4());
    draft.new_name = check.optional_string("newSecretName").map(|name| trim(&name).to_owned());
    if let Some(new_name) = draft.new_name.clone() {
        check_name(&mut check, call, "newSecretName", &new_name);
    }
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Edit, &place)?;
    let folder_id = place.folder(project, "UpdateSecret")?.id.clone();
    let found = project.secret(&folder_id, name).filter(|_| kind == "shared");
    let secret = found.ok_or_else(|| Failure::not_found(format!("Secret with name {name} not found")))?;
    access.check(Action::Edit, &View::now(project, &place.environment, secret))?;
    let taken = draft.new_name.as_deref().filter(|new| *new != name);
    if taken.is_some_and(|new| project.secret(&folder_id, new).is_some()) {
        return Err(Failure::bad_request("Secret with the new name already exists"));
    }
    draft.check_tags(call, project)?;
    mentions::check(world, call, project, &place, draft.value.as_deref())?;
    let id = secret.id.clone();
    let changes = with_referrers(project, secret, draft.apply(name, Some(&secret.now)));
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    world.commit(&place.project_id, changes)?;
    let access = place.access(world, call)?;
    let project = access.project;
    let stored = project.secrets.iter().find(|secret| secret.id == id);
    // The answer contains the sent value, not the stored one.
    let sent = draft.value.unwrap_or_default();
    let view = stored.map(|it| View::now(project, &place.environment, it));
    let mut shown = view.map(|view| view.written(world, &sent, access.shows_value(&view))).unwrap_or_default();
    shown.insert("secretComment".to_owned(), json!(draft.comment.unwrap_or_default()));
    let named = stored.map(|it| events::named(it, &it.now, name)).unwrap_or_default();
    events::one(world, call, &place, "update-secret", named);
    Ok(json!({"secret": shown}))
}

/// `DELETE /:secretName`. A current server looks the secret up before it checks permissions.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    let place = Place::of_body(call, &mut check);
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Delete, &place)?;
    let folder_id = place.folder(project, "DeleteSecret")?.id.clone();
    // An old server stores a secret with an empty name but doesn't find it here. Only a batch can
    // delete it.
    let found = project.secret(&folder_id, name).filter(|_| kind == "shared" && !name.is_empty());
    let secret = found.ok_or_else(|| {
        if call.is_v4() {
            Failure::not_found("Secret not found")
        } else {
            Failure::new(404, "DeleteSecret", format!("Secret with name '{name}' not found"))
        }
    })?;
    let view = View::now(project, &place.environment, secret);
    access.check(Action::Delete, &view)?;
    let shown = view.deleted(world, access.shows_value(&view));
    let (id, named) = (secret.id.clone(), events::named(secret, &secret.now, name));
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    world.commit(&place.project_id, vec![Change::Delete { id }])?;
    events::one(world, call, &place, "delete-secret", named);
    Ok(json!({"secret": shown}))
}

/// An old server's end-to-end encrypted `POST /api/v3/secrets/:secretName`. A request to `/raw/`
/// without a name also ends here.
pub(crate) fn create_encrypted(_: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    check.string("workspaceId");
    check.string("environment");
    for field in ["Key", "Value"] {
        for part in ["Ciphertext", "IV", "Tag"] {
            check.string(&format!("secret{field}{part}"));
        }
    }
    check.finish()?;
    Err(Failure::bad_request("Project bot is active, use the raw endpoint instead"))
}
