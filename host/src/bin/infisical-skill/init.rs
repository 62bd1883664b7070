//! A configuration to begin with.

use crate::output::{misused, print, say};
use infisical_skill::Origin;
use infisical_skill::text::escape;
use infisical_skill_owners::{Refusal, Want, check_new};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The server, if nobody says.
pub(crate) const URL: &str = "https://app.infisical.com";

/// What stands for scopes in the configuration to begin with.
pub(crate) const SCOPES: &str = "# [[scopes]]\n# project = \"00000000-0000-0000-0000-000000000000\"\n# environments = [\"dev\"]\n# paths = [\"/app\"]\n";

/// What stands for the reveal identity in the configuration to begin with.
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
                "{} is there already, and isn't overwritten: move it away, or name another folder with --dir",
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
    Err("the folder's path has characters that can't stand in the configuration: name another with --dir".to_owned())
}

/// The configuration would be refused where others could change it, and so would the state: better
/// said before there is one.
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

/// Whether a path can stand between quotes in a TOML file and on a shell's command line.
pub(crate) fn is_plain(path: &Path) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '\\' | '$' | '`');
    path.to_str().is_some_and(|text| text.chars().all(plain))
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string())
}

/// All of it, or what was there before.
fn write(folder: &Path, url: &str, with_writes: bool) -> Result<(), (PathBuf, io::Error)> {
    let mut files = vec![("config.toml", configuration(folder, url, with_writes)), ("read-secret", String::new())];
    if with_writes {
        files.push(("write-secret", String::new()));
    }
    write_files(folder, files)
}

/// All of these files, or what was there before.
pub(crate) fn write_files(folder: &Path, files: Vec<(&str, String)>) -> Result<(), (PathBuf, io::Error)> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| (folder.to_owned(), error))?;
    // A link that leads nowhere is there, too.
    if let Some(there) = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.symlink_metadata().is_ok()) {
        return Err((there, io::ErrorKind::AlreadyExists.into()));
    }
    let mut made = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        made.push(path.clone());
        if let Err(error) = create(&path, &content) {
            // What somebody else has put there meanwhile isn't ours to remove.
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

/// Where the state is kept: where it is by default, or beside the configuration. Written out, so that a client that drops HOME changes nothing.
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
            "# The machine identity that writes: another one, which may create, edit and delete secrets and folders. It is used for changes that were previewed, and for nothing else.\n\
             [write]\nclient_id = \"\"                                # paste its client id\nclient_secret_file = \"{folder}/write-secret\"\n"
        )
    } else {
        "# To change something, the skill needs a second machine identity, which may create, edit and delete secrets and folders:\n# [write]\n# client_id = \"\"\n# client_secret_file = \"...\"\n"
            .to_owned()
    };
    format!(
        "# infisical-skill. There are no secrets in this file; `infisical-skill doctor` says whether all of it fits.\n\
         \n\
         # Infisical's origin.\nurl = \"{url}\"\n\
         \n\
         # What is meant where a call names no project or environment.\n# project = \"my-project\"\n# environment = \"dev\"\n\
         # The organization's id: an older server lists projects by it alone.\n# organization = \"\"\n\
         \n\
         # Where the audit trail, the kill switch and plans are kept. Best out of the agent's reach: under another user.\nstate_dir = \"{state}\"\n\
         # The user that the skill runs as, and agents don't. It counts in a file of root's: then what is decided here holds against the agent's user, too.\n\
         # run_as = \"infisical-skill\"\n\
         \n\
         # \"switch\": changes are off until `infisical-skill writes on`. \"never\": nothing turns them on.\nwrites = \"{writes}\"\n\
         # Which changes need a person: \"none\", \"irreversible\", \"all\".\napproval = \"irreversible\"\n\
         # \"never\": values stay hidden. \"switch\": they do until `infisical-skill reveal on`, in `[[reveal_scopes]]` and with the identity of `[reveal]` below.\nreveals = \"never\"\n\
         \n\
         # The machine identity that reads: it sees the names of secrets, and not their values.\n[read]\nclient_id = \"\"                                # paste its client id\n\
         client_secret_file = \"{folder}/read-secret\"\n\
         \n\
         {write}\n\
         # To reveal values, the skill needs a third machine identity, which may read values in `[[reveal_scopes]]` and nothing else:\n{REVEAL}\
         \n\
         # Where the skill may look: without this, wherever the read identity may. `project` is an id, as `infisical-skill projects list` shows it.\n\
         {SCOPES}\n\
         # A person approves on a terminal, with `infisical-skill plans approve`. With this, a form in the client of a server over stdio approves, too.\n\
         # Then an agent that controls its client, or a program that answers its forms, can delete what it likes in scope while changes are on.\n\
         # [mcp]\n# approve_in_client = true\n",
        writes = if with_writes { "switch" } else { "never" },
    )
}

fn what_to_do(folder: &Path, url: &str, with_writes: bool) -> String {
    let shown = shown(folder);
    let mut steps = vec![format!(
        "In Infisical ({url}), make a machine identity in the project that the agent may see, say `agent-reader`:\n   Access Control → Machine Identities → Add, of the project, role No Access.\n   \
         Add Additional Privileges → permanent: Secrets, Describe Secret; Machine Identities, Read. (An older server knows no Describe Secret: Secrets, Read.)\n   \
         Then Authentication → Universal Auth, and create a client secret without a limit of uses.\n   \
         Put its client id into {shown}/config.toml under [read], and its client secret into {shown}/read-secret."
    )];
    if with_writes {
        steps.push(format!(
            "Make a second one that writes, say `agent-writer`: the same, with other privileges:\n   Secrets and Secret Folders, each with Create, Modify and Remove, limited to the environments and folders that may be changed.\n   \
             Put its client id under [write], and its client secret into {shown}/write-secret. It must be another identity than the first."
        ));
    }
    if with_writes {
        steps.push(
            "What can't be undone, a person approves on a terminal, with `infisical-skill plans approve`. Leave `approve_in_client` off: with it, an agent that controls its client can approve what it asks for."
                .to_owned(),
        );
    }
    steps.push("Set `project` and `environment` in config.toml, if calls are to do without them.".to_owned());
    steps.push(format!("export INFISICAL_SKILL_CONFIG='{shown}/config.toml'"));
    steps.push("infisical-skill doctor --probe".to_owned());
    steps.push(
        "This set-up is advisory: an agent that runs as you can change these files. For production, run the skill as a user of its own: docs/running.md."
            .to_owned(),
    );
    let mut text = format!(
        "Written, for you alone (0600): {shown}/config.toml and the files for secrets beside it.\n\n\
            `infisical-skill init --provision --project PROJECT --dir {shown}` makes the identities for you, with the token of an administrator of the project. By hand:\n\n"
    );
    for (number, step) in (1..).zip(steps) {
        text.push_str(&format!("{number}. {step}\n"));
    }
    text
}
