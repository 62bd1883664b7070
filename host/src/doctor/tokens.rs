//! Whether the clients that the configuration gives rights have a token.

use super::Check;
use crate::config::{Config, SecretFileRefusal};
use std::path::{Path, PathBuf};

/// Where the bearer tokens of clients are. `mcp --http` gets them from its flags. The doctor gets
/// them from its own flags, or tries the usual place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFiles {
    /// Unknown: the tokens aren't checked.
    #[default]
    Unknown,
    /// In these files.
    Named(Vec<PathBuf>),
    /// In files in this folder, such as that of the configuration file.
    In(PathBuf),
}

const NAME: &str = "clients";

/// One check for each client without a token, or one in all.
pub(super) fn check<'a>(clients: impl Iterator<Item = &'a str>, files: &TokenFiles) -> Vec<Check> {
    let (candidates, looked) = match files {
        TokenFiles::Unknown => return Vec::new(),
        TokenFiles::Named(files) => (files.clone(), "none of the token files".to_owned()),
        TokenFiles::In(folder) => (files_in(folder), format!("no file in {}", folder.display())),
    };
    let clients: Vec<&str> = clients.collect();
    let missing: Vec<Check> = clients.iter().filter_map(|name| without_token(name, &candidates, &looked)).collect();
    match (clients.as_slice(), missing.as_slice()) {
        ([], _) => Vec::new(),
        (_, []) => vec![Check::good(NAME, format!("each has a token: {}", clients.join(", ")))],
        _ => missing,
    }
}

fn without_token(name: &str, candidates: &[PathBuf], looked: &str) -> Option<Check> {
    // As `mcp` names clients.
    let is_named = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == name);
    let mut why = format!("{looked} has that name");
    for path in candidates.iter().filter(is_named) {
        match Config::secret_file(path) {
            Ok(_) => return None,
            // The service manager may read it for the server, and this user not.
            Err(SecretFileRefusal::Unreadable) if path.is_file() => return None,
            Err(refusal) => why = format!("{} isn't accepted: {refusal}", path.display()),
        }
    }
    Some(Check::warning(
        NAME,
        format!(
            "the entry `{name}` of `[[mcp.clients]]` has no token, so it gives no rights and only takes its share of the budgets: {why}"
        ),
        format!(
            "write the client's token to a file named `{name}`, or correct `name`. If `mcp` gets its tokens from other \
             files, give the doctor the same `--token-file`"
        ),
    ))
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_file()).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use std::os::unix::fs::PermissionsExt;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn verdicts(clients: &[&str], files: &TokenFiles) -> Vec<(Verdict, String)> {
        check(clients.iter().copied(), files).into_iter().map(|check| (check.verdict, check.found)).collect()
    }

    #[test]
    fn warns_of_each_client_without_a_token() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("alice", TOKEN), ("bob.token", TOKEN), ("carol", ""), ("dave.old.token", TOKEN)] {
            file(folder.path(), name, content);
        }
        std::fs::create_dir(folder.path().join("erin")).unwrap();
        let beside = TokenFiles::In(folder.path().to_owned());
        for (client, has_token) in
            [("alice", true), ("bob", true), ("carol", false), ("dave", false), ("erin", false), ("frank", false)]
        {
            let found = verdicts(&[client], &beside);
            let expected = if has_token { Verdict::Good } else { Verdict::Warning };
            assert_eq!((found.len(), found[0].0), (1, expected), "{found:?}");
            assert!(found[0].1.contains(client), "{found:?}");
        }
        assert_eq!(verdicts(&["alice", "frank", "bob", "carol"], &beside).len(), 2);
        assert!(verdicts(&["carol"], &beside)[0].1.contains("is empty"));
        assert!(verdicts(&["frank"], &beside)[0].1.contains("no file in"));
    }

    #[test]
    fn named_files_count_instead_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let alice = file(folder.path(), "alice", TOKEN);
        let named = TokenFiles::Named(vec![alice, folder.path().join("bob")]);
        assert_eq!(verdicts(&["alice"], &named)[0].0, Verdict::Good);
        assert_eq!(verdicts(&["bob"], &named)[0].0, Verdict::Warning);
        assert_eq!(verdicts(&["carol"], &named)[0].0, Verdict::Warning);
    }

    #[test]
    fn says_nothing_without_entries_or_without_a_place_to_look() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(verdicts(&[], &TokenFiles::In(folder.path().to_owned())), []);
        assert_eq!(verdicts(&["alice"], &TokenFiles::Unknown), []);
    }
}
