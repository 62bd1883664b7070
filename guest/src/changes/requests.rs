//! Builds the request of a planned change.

use super::planned::Task;
use crate::client::change_requests::{self as requests, Written};
use crate::error::Error;
use crate::guard::grammar::Word;
use crate::guard::validated_change::ValidatedChange;
use crate::json::unexpected;
use crate::ports::Request;
use crate::types::ApiVersion;

/// Builds the request of a validated change. `id` is the id of the folder to rename or delete.
pub(super) fn request(
    api_version: ApiVersion,
    task: &Task,
    validated: &ValidatedChange<'_>,
    id: Option<&str>,
    (value, tags): (Option<&str>, Option<&[Word]>),
) -> Result<Request, Error> {
    let at = &task.at;
    let written = Written { value, comment: validated.content().and_then(|content| content.comment), tags };
    let folder_id =
        || Word::parse(id.unwrap_or_default()).map_err(|_| unexpected("The answer contains an invalid id."));
    Ok(match validated {
        ValidatedChange::CreateSecret { name, .. } => requests::create_secret(api_version, at, name, &written),
        ValidatedChange::UpdateSecret { name, new_name, .. } => {
            requests::update_secret(api_version, at, name, new_name.as_ref(), &written)
        }
        ValidatedChange::DeleteSecret(key) => requests::delete_secret(api_version, at, key),
        ValidatedChange::CreateFolder(name) => requests::create_folder(api_version, at, name),
        ValidatedChange::RenameFolder { new_name, .. } => {
            requests::rename_folder(api_version, at, &folder_id()?, new_name)
        }
        ValidatedChange::DeleteFolder(_) => requests::delete_folder(api_version, at, &folder_id()?),
    })
}
