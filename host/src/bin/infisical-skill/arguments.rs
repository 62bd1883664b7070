//! The command line.

use crate::audit_arguments::Audit;
use crate::change_arguments::{FolderCommand, SecretCommand};
use crate::operator_arguments::{Plans, Reveal, StateCommand, Writes};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use infisical_skill::tools;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Looks after secrets in Infisical, from inside a sandbox. Values stay hidden.
///
/// INFISICAL_URL, INFISICAL_READ_CLIENT_ID and INFISICAL_READ_CLIENT_SECRET (or a configuration file) say where and as whom.
#[derive(Debug, Parser)]
#[command(name = "infisical-skill", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The configuration file; INFISICAL_SKILL_CONFIG names it too
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The projects that the read identity may see
    #[command(subcommand)]
    Projects(Projects),
    /// The folders of a project's environment
    #[command(subcommand)]
    Folders(Folders),
    /// The secrets of a folder
    #[command(subcommand)]
    Secrets(Secrets),
    /// The changes that were previewed and wait
    #[command(subcommand)]
    Plans(Plans),
    /// The kill switch: whether anything can be changed
    #[command(subcommand)]
    Writes(Writes),
    /// The switch of plain values, and the requests to reveal one
    #[command(subcommand)]
    Reveal(Reveal),
    /// The state directory
    #[command(subcommand)]
    State(StateCommand),
    /// The audit trail: what was asked, what was refused, what was changed
    #[command(subcommand)]
    Audit(Audit),
    /// Writes a configuration to begin with, and says what to make in Infisical and what to put where
    Init(Init),
    /// Serves agents over MCP: the client at standard input and output, or over HTTP
    Mcp(Mcp),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, or writes those of all commands
    Man {
        /// Writes a page for each command to this folder
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Check whether the set-up is sound, and say what to do where it isn't. Status 0: sound; 1: not; 3: can't be told
    Doctor {
        /// Let the read identity also try to delete a folder that can't exist, and to get one value: the server must refuse both
        #[arg(long)]
        probe: bool,
        /// Fail with status 1 where the set-up is only advisory: where the agent's user could
        /// change configuration, credentials or state
        #[arg(long)]
        require_enforced: bool,
        /// Look for the clients' bearer tokens in this file, as `mcp --http` does, and not beside the
        /// configuration file. One for each client
        #[arg(long, value_name = "FILE")]
        token_file: Vec<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
    /// What is allowed now
    Status {
        #[command(flatten)]
        format: Format,
    },
    /// Runs any tool by its name, with JSON in and out
    Call {
        /// The tool, such as list-secrets
        tool: String,
        /// Its arguments, a JSON object; `-` reads them from standard input, where nobody sees a value in them
        #[arg(default_value = "{}")]
        arguments: String,
    },
    /// Prints the tools' definitions for agents: names, descriptions, JSON Schemas
    Tools {
        /// For which kind of agent
        #[arg(long, value_name = "FORMAT", default_value = "mcp", value_parser = tool_format())]
        format: tools::Format,
    },
    /// Shows the component that does the work: digest, imports and exports
    Component {
        /// Also write the component to this file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to write to; ~/.config/infisical-skill if not said
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// Infisical's origin; https://app.infisical.com if not said
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Also an identity that writes: without it nothing can be changed
    #[arg(long)]
    pub(crate) with_writes: bool,
    #[command(flatten)]
    pub(crate) provision: Provision,
}

/// The identities, made by the command itself.
#[derive(Debug, Args)]
pub(crate) struct Provision {
    /// Make the identities in Infisical with an administrator's token, after showing them and asking
    #[arg(long, group = "provisioning", requires = "project")]
    pub(crate) provision: bool,
    /// Take the identities away again, after showing them and asking
    #[arg(long, group = "provisioning", requires = "project")]
    pub(crate) deprovision: bool,
    /// The project, by id or slug
    #[arg(long, value_name = "PROJECT", requires = "provisioning")]
    pub(crate) project: Option<String>,
    /// The environments that the identities are limited to, such as dev,staging
    #[arg(long, value_name = "SLUGS", value_delimiter = ',', requires = "provisioning")]
    pub(crate) environments: Vec<String>,
    /// The folders that they are limited to, each with all below it, such as /app,/web
    #[arg(long, value_name = "PATHS", value_delimiter = ',', requires = "provisioning")]
    pub(crate) paths: Vec<String>,
    /// Also an identity that reads the values in these places, such as dev:/app
    #[arg(long, value_name = "ENV:PATH", value_delimiter = ',', requires = "provisioning")]
    pub(crate) reveal: Vec<String>,
    /// What the identities' names begin with
    #[arg(long, value_name = "NAME", default_value = "skill")]
    pub(crate) name: String,
    /// Read the administrator's token from this file; it is asked for if not said
    #[arg(long, value_name = "FILE", requires = "provisioning")]
    pub(crate) token_file: Option<PathBuf>,
    /// The authorities that may vouch for the server, in PEM form
    #[arg(long, value_name = "FILE", requires = "provisioning")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Make new client secrets where there are some
    #[arg(long, requires = "provisioning", conflicts_with = "deprovision")]
    pub(crate) new_secrets: bool,
}

impl Provision {
    /// Whether there is more to do than to write files.
    pub(crate) fn is_wanted(&self) -> bool {
        self.provision || self.deprovision
    }
}

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Listens here instead, for Streamable HTTP at /mcp, such as 127.0.0.1:8765
    #[arg(long, value_name = "ADDRESS:PORT", requires = "token_file")]
    pub(crate) http: Option<SocketAddr>,
    /// A file with a client's bearer token; its name is the client's. One for each client
    #[arg(long, value_name = "FILE", requires = "http")]
    pub(crate) token_file: Vec<PathBuf>,
    /// A name that it is reached under beside this machine's own, as a proxy asks for it
    #[arg(long, value_name = "HOST", requires = "http")]
    pub(crate) allow_host: Vec<String>,
    /// The origin of a web page that may use it beside those on this machine, such as https://agents.example.org
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    pub(crate) allow_origin: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Projects {
    /// Lists them
    List {
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Folders {
    /// Lists them
    List {
        #[command(flatten)]
        at: At,
        /// Also the folders below
        #[arg(long)]
        recursive: bool,
        #[command(flatten)]
        page: Paging,
        #[command(flatten)]
        format: Format,
    },
    #[command(flatten)]
    Change(FolderCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Lists them, values hidden
    List {
        #[command(flatten)]
        at: At,
        /// Also those in the folders below
        #[arg(long)]
        recursive: bool,
        /// Only names that contain this text
        #[arg(long, value_name = "TEXT")]
        name_contains: Option<String>,
        /// Only secrets with this tag; may be given several times
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        #[command(flatten)]
        page: Paging,
        #[command(flatten)]
        format: Format,
    },
    /// Shows one, value hidden
    Get {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        /// An older version
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        #[command(flatten)]
        format: Format,
    },
    /// Shows one with its value, if the operator allows it
    Reveal {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        /// The request that a person approved, where one is needed
        #[arg(long, value_name = "ID")]
        request: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    #[command(flatten)]
    Change(SecretCommand),
}

#[derive(Debug, Args)]
pub(crate) struct At {
    /// The project's id or slug; INFISICAL_PROJECT sets a default
    #[arg(long, value_name = "PROJECT")]
    pub(crate) project: Option<String>,
    /// The environment's slug; INFISICAL_ENV sets a default
    #[arg(long = "env", value_name = "SLUG")]
    pub(crate) environment: Option<String>,
    /// The folder, such as /app/db; / unless configured
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
}

/// How much of a list a program gets. Without any of it, all.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// With --json, print one page of at most this many: 1 to 200
    #[arg(long, value_name = "N", requires = "json")]
    pub(crate) limit: Option<u32>,
    /// With --json, print the page after the one whose `nextCursor` this is
    #[arg(long, value_name = "CURSOR", requires = "json")]
    pub(crate) cursor: Option<String>,
    /// With --json, also print ids, and null where there is nothing
    #[arg(long, requires = "json")]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Format {
    /// JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// The formats by their names.
fn tool_format() -> impl TypedValueParser<Value = tools::Format> {
    PossibleValuesParser::new(tools::Format::ALL.map(tools::Format::name))
        .try_map(|name| tools::Format::ALL.into_iter().find(|format| format.name() == name).ok_or("no such format"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
