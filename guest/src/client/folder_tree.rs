//! Lists folders on an older server, which lists one folder at a time.

use super::requests::Located;
use crate::error::Error;
use crate::guard::grammar::FolderPath;
use crate::types::Folder;

/// The most folders that one listing looks into. The host's limit of requests for one call is
/// higher.
const MAX_REQUESTS: usize = 1_000;

/// Returns all folders below a folder, breadth first. `list` lists the folders in one folder.
pub(super) fn all_below(
    at: &Located,
    mut list: impl FnMut(&Located) -> Result<Vec<Folder>, Error>,
) -> Result<Vec<Folder>, Error> {
    let mut found = list(at)?;
    let mut next = 0;
    let mut requests = 1;
    while let Some(folder) = found.get(next) {
        next += 1;
        let Some(path) = path_to_list(folder) else { continue };
        if requests == MAX_REQUESTS {
            return Err(Error::Conflict(
                "There are more than 1,000 folders below this one. An older server lists folders one at a time, and one \
                 call looks into 1,000 at most. Name a folder further down, or list without `recursive`. To delete this \
                 folder, delete the folders in it first."
                    .to_owned(),
            ));
        }
        requests += 1;
        found.extend(list(&Located { path, ..at.clone() })?);
    }
    Ok(found)
}

/// Returns a folder's path if a request can name it. An older server accepts any text as a folder's
/// name, such as `a/b` and `..`, but then finds nothing under its path.
fn path_to_list(folder: &Folder) -> Option<FolderPath> {
    FolderPath::parse(&folder.path).ok().filter(|_| !folder.name.is_empty() && !folder.name.contains('/'))
}
