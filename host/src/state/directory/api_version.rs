//! The API version of the server, so that a command that runs often needn't ask each time. The file
//! is only a hint. If it can't be read or written, the host asks the server.

use crate::state::files;
use infisical_skill_policy::ApiVersion;
use std::path::Path;

const FILE: &str = "api-version";

fn line(origin: &str, api_version: ApiVersion) -> String {
    let api_version = match api_version {
        ApiVersion::V3 => "v3",
        ApiVersion::V4 => "v4",
    };
    format!("{api_version} {origin}\n")
}

pub(super) fn read(folder: &Path, origin: &str) -> Option<ApiVersion> {
    let known = String::from_utf8(files::read(&folder.join(FILE), 1_024).ok().flatten()?).ok()?;
    [ApiVersion::V3, ApiVersion::V4].into_iter().find(|api_version| known == line(origin, *api_version))
}

pub(super) fn write(folder: &Path, origin: &str, api_version: Option<ApiVersion>) {
    // A lost hint costs one request.
    let _ = match api_version {
        // Written atomically, and never through a symbolic link that somebody put there.
        Some(api_version) => files::replace(&folder.join(FILE), line(origin, api_version).as_bytes()),
        None => files::remove(&folder.join(FILE)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_file_counts_as_unknown() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "https://a", Some(ApiVersion::V3));
        assert_eq!(read(folder.path(), "https://a"), Some(ApiVersion::V3));
        std::fs::write(folder.path().join(FILE), "v9 https://a\n").unwrap();
        assert_eq!(read(folder.path(), "https://a"), None);
    }
}
