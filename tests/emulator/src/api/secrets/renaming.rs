//! The effects of a rename: a current server rewrites the references to the secret anywhere in the
//! project.

use crate::ApiVersion;
use crate::api::references::{Reference, renamed};
use crate::world::history::Change;
use crate::world::project::Project;
use crate::world::secret::{Secret, Version};

/// The secret under its old name, in the form that references use.
fn reference_to(project: &Project, secret: &Secret) -> Option<Reference> {
    let folder = project.folder(&secret.folder_id)?;
    Some(Reference {
        environment: project.environment_of(folder).to_owned(),
        path: project.path_of(&folder.id),
        name: secret.now.key.clone(),
    })
}

fn rewritten(project: &Project, referrer: &Secret, state: &Version, from: &Reference, to: &str) -> Option<Version> {
    let folder = project.folder(&referrer.folder_id)?;
    let path = project.path_of(&folder.id);
    let value = renamed(&state.value, project.environment_of(folder), &path, from, to)?;
    Some(Version { value, ..state.clone() })
}

/// The change of a secret. If it renames the secret, also the changes of the secrets that refer to
/// it.
pub(crate) fn with_referrers(project: &Project, secret: &Secret, state: Version) -> Vec<Change> {
    let id = secret.id.clone();
    let is_renamed = state.key != secret.now.key && project.api_version == ApiVersion::V4;
    let Some(from) = reference_to(project, secret).filter(|_| is_renamed) else {
        return vec![Change::Update { id, state }];
    };
    let to = state.key.clone();
    let others = project.secrets.iter().filter(|other| other.id != secret.id);
    let changes = others.filter_map(|other| {
        let state = rewritten(project, other, &other.now, &from, &to)?;
        Some(Change::Update { id: other.id.clone(), state })
    });
    let state = rewritten(project, secret, &state, &from, &to).unwrap_or(state);
    std::iter::once(Change::Update { id, state }).chain(changes).collect()
}
