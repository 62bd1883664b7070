//! The audit log's metadata of secrets: names, ids and versions, never values.

use serde_json::{Value, json};

use crate::call::Call;
use crate::world::World;
use crate::world::project::Project;
use crate::world::secret::{Secret, Version};

use super::place::Place;

/// A listing.
pub(crate) fn listed(world: &mut World, call: &Call, place: &Place, count: usize) {
    let Place { project_id, environment, path } = place;
    let metadata = json!({"environment": environment, "secretPath": path, "numberOfSecrets": count});
    world.audit(call, Some(project_id), "get-secrets", metadata);
}

/// A secret in an entry. `key` is the requested name, so a rename doesn't change it.
pub(crate) fn named(secret: &Secret, version: &Version, key: &str) -> Value {
    json!({"secretId": secret.id, "secretKey": key, "secretVersion": version.number})
}

/// An action on one secret.
pub(crate) fn one(world: &mut World, call: &Call, place: &Place, event_type: &str, mut secret: Value) {
    crate::json::set(&mut secret, "environment", place.environment.as_str());
    crate::json::set(&mut secret, "secretPath", place.path.as_str());
    world.audit(call, Some(&place.project_id), event_type, secret);
}

/// An action on several secrets: one entry, or none if it did nothing.
pub(crate) fn many(world: &mut World, call: &Call, place: &Place, event_type: &str, secrets: &[Value]) {
    if !secrets.is_empty() {
        let Place { project_id, environment, path } = place;
        let metadata = json!({"environment": environment, "secretPath": path, "secrets": secrets});
        world.audit(call, Some(project_id), event_type, metadata);
    }
}

/// The secrets of these ids, as in an entry.
pub(crate) fn named_all(project: &Project, ids: &[String]) -> Vec<Value> {
    let find = |id: &String| project.secrets.iter().find(|secret| secret.id == *id);
    ids.iter().filter_map(find).map(|secret| named(secret, &secret.now, &secret.now.key)).collect()
}
