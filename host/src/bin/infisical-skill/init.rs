//! The `init` command: writes an initial configuration.

use crate::output::{misused, print, say};
use infisical_skill::Origin;
use infisical_skill::text::escape;
use infisical_skill_owners::{Refusal, Want, check_new};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The server's URL if none is given.
pub(crate) const URL: &str = "https://app.infisical.com";

/// The commented-out example of scopes in the initial configuration.
pub(crate) const SCOPES: &str = "# [[scopes]]\n# project = \"00000000-0000-0000-0000-000000000000\"\n# environments = [\"dev\"]\n# paths = [\"/app\"]\n";

/// The commented-out example of the reveal identity in the initial configuration.
pub(crate) const REVEAL: &str = "# [reveal]\n# client_id = \"\"\n# client_secret_file = \"...\"\n# [[reveal_scopes]]\n# project = \"00000000-0000-0000-0000-000000000000\"\n# environments = [\"dev\"]\n# paths = [\"/app\"]\n";

pub(crate) fn run(folder: Option<PathBuf>, url: &str, with_writes: bool) -> ExitCode {
    if let Err(refusal) = Origin::parse(url, false) {
        return misused(&format!("the URL isn't usable: {refusal}"));
    }
    let folder = match self::folder(folder) {
        Ok(folder) => folder,
        Err(reason) => return misused(&reason),
    };
    if let Err(refusal) = check_places(&folder) {
        say(&format!("nothing was written: {refusal}; or name another directory with --dir"));
        return ExitCode::FAILURE;
    }
    match write(&folder, url, with_writes) {
        Ok(()) => print(&what_to_do(&folder, url, with_writes)),
        Err((path, error)) if error.kind() == io::ErrorKind::AlreadyExists => {
            say(&format!(
                "{} exists and isn't overwritten: move it away, or name another folder with --dir",
                shown(&path)
            ));
            ExitCode::FAILURE
        }
        Err((path, error)) => {
            say(&format!("{} can't be written: {error}", shown(&path)));
            ExitCode::FAILURE
        }
    }
}

/// The folder to write to.
pub(crate) fn folder(named: Option<PathBuf>) -> Result<PathBuf, String> {
    let folder = named
        .or_else(usual_folder)
        .ok_or("HOME isn't set, so there is no usual directory for configurations: name one with --dir, or set HOME")?;
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    if is_plain(&folder) {
        return Ok(folder);
    }
    Err("the folder's path has characters that the configuration can't contain: choose another with --dir".to_owned())
}

/// Checks that the configuration and the state directory wouldn't be refused because others could
/// change them. This runs before anything is written.
pub(crate) fn check_places(folder: &Path) -> Result<(), Refusal> {
    check_new(folder, Want::Folder)?;
    check_new(&state_dir(folder), Want::Folder)?;
    Ok(())
}

fn usual_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configs = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")))?;
    Some(configs.join("infisical-skill"))
}

/// Whether a path can be quoted in a TOML file and on a shell's command line.
pub(crate) fn is_plain(path: &Path) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '\\' | '$' | '`');
    path.to_str().is_some_and(|text| text.chars().all(plain))
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string())
}

/// Writes all files, or restores what was there before.
fn write(folder: &Path, url: &str, with_writes: bool) -> Result<(), (PathBuf, io::Error)> {
    let mut files = vec![("config.toml", configuration(folder, url, with_writes)), ("read-secret", String::new())];
    if with_writes {
        files.push(("write-secret", String::new()));
    }
    write_files(folder, files)
}

/// Writes all of these files, or restores what was there before.
pub(crate) fn write_files(folder: &Path, files: Vec<(&str, String)>) -> Result<(), (PathBuf, io::Error)> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| (folder.to_owned(), error))?;
    // A dangling link counts as an existing file.
    if let Some(there) = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.symlink_metadata().is_ok()) {
        return Err((there, io::ErrorKind::AlreadyExists.into()));
    }
    let mut made = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        made.push(path.clone());
        if let Err(error) = create(&path, &content) {
            // Don't remove a file that somebody else created in the meantime.
            if error.kind() == io::ErrorKind::AlreadyExists {
                made.pop();
            }
            for path in made {
                let _ = std::fs::remove_file(path);
            }
            return Err((path, error));
        }
    }
    Ok(())
}

pub(crate) fn create(path: &Path, content: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// The state directory: the default one, or one beside the configuration. It is written out in
/// full, so that a client that drops HOME changes nothing.
pub(crate) fn state_dir(folder: &Path) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    usual
        .map(|state| state.join("infisical-skill"))
        .filter(|state| is_plain(state))
        .unwrap_or_else(|| folder.join("state"))
}

pub(crate) fn configuration(folder: &Path, url: &str, with_writes: bool) -> String {
    let state = state_dir(folder);
    let (folder, state) = (folder.display(), state.display());
    let write = if with_writes {
        format!(
            "# The write identity: a second machine identity, which may create, edit and delete secrets and folders. It is used only for previewed changes.\n\
             [write]\nclient_id = \"\"                                # paste its client id\nclient_secret_file = \"{folder}/write-secret\"\n"
        )
    } else {
        "# To change something, the skill needs a second machine identity, which may create, edit and delete secrets and folders:\n# [write]\n# client_id = \"\"\n# client_secret_file = \"...\"\n"
            .to_owned()
    };
    format!(
        "# infisical-skill. This file contains no secrets. `infisical-skill doctor` checks it.\n\
         \n\
         # Infisical's origin.\nurl = \"{url}\"\n\
         \n\
         # The defaults for calls that name no project or environment.\n# project = \"my-project\"\n# environment = \"dev\"\n\
         # The organization's id, which an older server needs to list projects.\n# organization = \"\"\n\
         \n\
         # The state directory: audit trail, kill switch and plans. It is best kept out of the agent's reach, under another user.\nstate_dir = \"{state}\"\n\
         # The skill's own user, which no agent runs as. In a file that root owns, it makes these settings hold against the agent's user, too.\n\
         # run_as = \"infisical-skill\"\n\
         \n\
         # \"switch\": changes are off until `infisical-skill writes on`. \"never\": nothing turns them on.\nwrites = \"{writes}\"\n\
         # Which changes need a person: \"none\", \"irreversible\", \"all\".\napproval = \"irreversible\"\n\
         # \"never\": values stay hidden. \"switch\": `infisical-skill reveal on` lets the identity of `[reveal]` below reveal values in `[[reveal_scopes]]`.\nreveals = \"never\"\n\
         \n\
         # The read identity: a machine identity that sees the names of secrets, but not their values.\n[read]\nclient_id = \"\"                                # paste its client id\n\
         client_secret_file = \"{folder}/read-secret\"\n\
         \n\
         {write}\n\
         # To reveal values, the skill needs a third machine identity, which may read values in `[[reveal_scopes]]` and nothing else:\n{REVEAL}\
         \n\
         # What the skill may see. Without this, it may see everything that the read identity may. `project` is an id from `infisical-skill projects list`.\n\
         {SCOPES}\n\
         # A person approves at a terminal, with `infisical-skill plans approve`. With this setting, a form in the client of a server over stdio approves, too.\n\
         # Then an agent that controls its client, or a program that answers its forms, can delete anything in scope while changes are on.\n\
         # [mcp]\n# approve_in_client = true\n",
        writes = if with_writes { "switch" } else { "never" },
    )
}

fn what_to_do(folder: &Path, url: &str, with_writes: bool) -> String {
    let shown = shown(folder);
    let mut steps = vec![format!(
        "In Infisical ({url}), create a machine identity in the project that the agent may see, such as `agent-reader`:\n   Access Control → Machine Identities → Add, of the project, role No Access.\n   \
         Add Additional Privileges → permanent: Secrets, Describe Secret; Machine Identities, Read. (An older server knows no Describe Secret: Secrets, Read.)\n   \
         Then Authentication → Universal Auth, and create a client secret without a limit of uses.\n   \
         Put its client id into {shown}/config.toml under [read], and its client secret into {shown}/read-secret."
    )];
    if with_writes {
        steps.push(format!(
            "Create a second one that writes, such as `agent-writer`, in the same way but with other privileges:\n   Secrets and Secret Folders, each with Create, Modify and Remove, limited to the environments and folders that may be changed.\n   \
             Put its client id under [write], and its client secret into {shown}/write-secret. It must be a different identity from the first."
        ));
    }
    if with_writes {
        steps.push(
            "A person approves changes that can't be undone at a terminal, with `infisical-skill plans approve`. Leave `approve_in_client` off: with it, an agent that controls its client can approve what it asks for."
                .to_owned(),
        );
    }
    steps.push("Set `project` and `environment` in config.toml, so that calls can omit them.".to_owned());
    steps.push(format!("export INFISICAL_SKILL_CONFIG='{shown}/config.toml'"));
    steps.push("infisical-skill doctor --probe".to_owned());
    steps.push(
        "This set-up is advisory: an agent that runs as you can change these files. For production, run the skill as its own user: see docs/running.md."
            .to_owned(),
    );
    let mut text = format!(
        "Created for you alone (mode 0600): {shown}/config.toml and the files for secrets beside it.\n\n\
            `infisical-skill init --provision --project PROJECT --dir {shown}` creates the identities for you, with the token of an administrator of the project. By hand:\n\n"
    );
    for (number, step) in (1..).zip(steps) {
        text.push_str(&format!("{number}. {step}\n"));
    }
    text
}
