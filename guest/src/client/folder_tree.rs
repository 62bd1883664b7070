//! Folders on an older server, which lists those in one folder at a time.

use super::Client;
use super::requests::Located;
use crate::error::Error;
use crate::guard::grammar::FolderPath;
use crate::ports::Transport;
use crate::types::Folder;

/// How many folders one listing looks into. The host lets out somewhat more requests for one call.
const MAX_REQUESTS: usize = 1_000;

impl<T: Transport> Client<'_, T> {
    /// The folders in a folder, or all below it, breadth first.
    pub(super) fn folders_one_by_one(&mut self, at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
        let mut found = self.folders_as_listed(at, false)?;
        if !recursive {
            return Ok(found);
        }
        let mut looked_into = 0;
        let mut requests = 1;
        while let Some(folder) = found.get(looked_into) {
            looked_into += 1;
            let Some(path) = path_to_list(folder) else { continue };
            if requests == MAX_REQUESTS {
                return Err(Error::Conflict(
                    "There are more than 1,000 folders below this one. An older server lists folders one at a time, and \
                     one call looks into 1,000 at most. Name a folder further down, or list without `recursive`. To \
                     delete this folder, delete the folders in it first."
                        .to_owned(),
                ));
            }
            requests += 1;
            found.extend(self.folders_as_listed(&Located { path, ..at.clone() }, false)?);
        }
        Ok(found)
    }
}

/// A folder's path, if it can be asked for. Older servers accept any text as a folder's name, `a/b` and `..` too, and
/// then find nothing under its path themselves.
fn path_to_list(folder: &Folder) -> Option<FolderPath> {
    FolderPath::parse(&folder.path).ok().filter(|_| !folder.name.is_empty() && !folder.name.contains('/'))
}
