//! A planned change's request.

use super::Task;
use crate::client::change_requests::{self as requests, Written};
use crate::client::json::unexpected;
use crate::error::Error;
use crate::guard::grammar::Word;
use crate::guard::validated_change::Deed;
use crate::ports::Request;
use crate::types::ApiVersion;

/// The request for what is meant, on what was seen: `id` is that of the folder that is renamed or deleted.
pub(super) fn request(
    api_version: ApiVersion,
    task: &Task,
    deed: &Deed<'_>,
    id: Option<&str>,
    (value, tags): (Option<&str>, Option<&[Word]>),
) -> Result<Request, Error> {
    let at = &task.at;
    let written = Written { value, comment: deed.content().and_then(|content| content.comment), tags };
    let folder_id = || Word::parse(id.unwrap_or_default()).map_err(|_| unexpected("An id in the answer isn't one."));
    Ok(match deed {
        Deed::CreateSecret { name, .. } => requests::create_secret(api_version, at, name, &written),
        Deed::UpdateSecret { name, new_name, .. } => {
            requests::update_secret(api_version, at, name, new_name.as_ref(), &written)
        }
        Deed::DeleteSecret(key) => requests::delete_secret(api_version, at, key),
        Deed::CreateFolder(name) => requests::create_folder(api_version, at, name),
        Deed::RenameFolder { new_name, .. } => requests::rename_folder(api_version, at, &folder_id()?, new_name),
        Deed::DeleteFolder(_) => requests::delete_folder(api_version, at, &folder_id()?),
    })
}
