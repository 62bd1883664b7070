//! The top-level command line, and the options that several commands share.

use crate::audit_arguments::Audit;
use crate::change_arguments::{FolderCommand, SecretCommand};
use crate::operator_arguments::{Plans, Reveal, StateCommand, Writes};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use infisical_skill::tools;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Manage secrets in Infisical from inside a sandbox, with their values hidden
///
/// Set the server and the read identity with INFISICAL_URL, INFISICAL_READ_CLIENT_ID and
/// INFISICAL_READ_CLIENT_SECRET, or with a configuration file.
#[derive(Debug, Parser)]
#[command(name = "infisical-skill", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Read the configuration from this file; INFISICAL_SKILL_CONFIG sets it too
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the projects that the read identity can see
    #[command(subcommand)]
    Projects(Projects),
    /// List and change the folders of an environment
    #[command(subcommand)]
    Folders(Folders),
    /// List, read and change the secrets of a folder
    #[command(subcommand)]
    Secrets(Secrets),
    /// Review, approve and apply previewed changes
    #[command(subcommand)]
    Plans(Plans),
    /// Turn changes on or off (the kill switch)
    #[command(subcommand)]
    Writes(Writes),
    /// Turn revealing of plain values on or off, and decide on requests to reveal one
    #[command(subcommand)]
    Reveal(Reveal),
    /// Repair the state directory
    #[command(subcommand)]
    State(StateCommand),
    /// Read and verify the audit trail: calls, refusals and changes
    #[command(subcommand)]
    Audit(Audit),
    /// Write an initial configuration and print the remaining steps, or create the identities
    Init(Init),
    /// Serve agents over MCP, on standard input and output or over HTTP
    Mcp(Mcp),
    /// Print a completion script for a shell
    Completions {
        /// The shell to print the script for
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    Man {
        /// Write a page for each command to this folder
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Check the set-up and say how to fix what is wrong. Exit status 0: sound, 1: not sound, 3:
    /// can't be determined
    Doctor {
        /// Also try to delete a folder that doesn't exist and to read one value with the read
        /// identity; the server must refuse both
        #[arg(long)]
        probe: bool,
        /// Exit with status 1 if the set-up is only advisory, that is, if the agent's user could
        /// change configuration, credentials or state
        #[arg(long)]
        require_enforced: bool,
        /// Read for the clients' bearer tokens in this file, as `mcp --http` does, and not beside
        /// the configuration file. One for each client
        #[arg(long, value_name = "FILE")]
        token_file: Vec<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
    /// Show what is allowed now
    Status {
        #[command(flatten)]
        format: Format,
    },
    /// Run a tool by its name, with JSON input and output
    Call {
        /// The tool's name, such as list-secrets
        tool: String,
        /// The arguments as a JSON object; `-` reads them from standard input, so that values don't
        /// appear in the process list
        #[arg(default_value = "{}")]
        arguments: String,
    },
    /// Print the tool definitions for agents: names, descriptions, JSON Schemas
    Tools {
        /// Print them in this format
        #[arg(long, value_name = "FORMAT", default_value = "mcp", value_parser = tool_format())]
        format: tools::Format,
    },
    /// Show the embedded WebAssembly component: digest, imports and exports
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
    /// Write to this folder (default: ~/.config/infisical-skill)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// Use this Infisical origin (default: https://app.infisical.com)
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Also configure a write identity; without one, nothing can be changed
    #[arg(long)]
    pub(crate) with_writes: bool,
    #[command(flatten)]
    pub(crate) provision: Provision,
}

/// Options for creating or deleting the machine identities.
#[derive(Debug, Args)]
pub(crate) struct Provision {
    /// Create the identities in Infisical with an administrator's token, after showing the steps
    /// and asking
    #[arg(long, group = "provisioning", requires = "project")]
    pub(crate) provision: bool,
    /// Delete the identities again, after showing the steps and asking
    #[arg(long, group = "provisioning", requires = "project")]
    pub(crate) deprovision: bool,
    /// The project's id or slug
    #[arg(long, value_name = "PROJECT", requires = "provisioning")]
    pub(crate) project: Option<String>,
    /// Limit the identities to these environments, such as dev,staging
    #[arg(long, value_name = "SLUGS", value_delimiter = ',', requires = "provisioning")]
    pub(crate) environments: Vec<String>,
    /// Limit the identities to these folders and all folders below them, such as /app,/web
    #[arg(long, value_name = "PATHS", value_delimiter = ',', requires = "provisioning")]
    pub(crate) paths: Vec<String>,
    /// Also create an identity that reads values in these places, such as dev:/app
    #[arg(long, value_name = "ENV:PATH", value_delimiter = ',', requires = "provisioning")]
    pub(crate) reveal: Vec<String>,
    /// Begin the identities' names with this text
    #[arg(long, value_name = "NAME", default_value = "skill")]
    pub(crate) name: String,
    /// Read the administrator's token from this file instead of asking for it
    #[arg(long, value_name = "FILE", requires = "provisioning")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust the certificate authorities in this PEM file to identify the server
    #[arg(long, value_name = "FILE", requires = "provisioning")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Create new client secrets even where some exist
    #[arg(long, requires = "provisioning", conflicts_with = "deprovision")]
    pub(crate) new_secrets: bool,
}

impl Provision {
    /// Whether identities are to be created or deleted, and not only files written.
    pub(crate) fn is_wanted(&self) -> bool {
        self.provision || self.deprovision
    }
}

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Listen on this address for Streamable HTTP at /mcp, such as 127.0.0.1:8765, instead of
    /// standard input and output
    #[arg(long, value_name = "ADDRESS:PORT", requires = "token_file")]
    pub(crate) http: Option<SocketAddr>,
    /// Accept the bearer token in this file; the file's name without its extension is the client's
    /// name. Repeat it for each client
    #[arg(long, value_name = "FILE", requires = "http")]
    pub(crate) token_file: Vec<PathBuf>,
    /// Also accept this host name, such as a proxy's, besides localhost and the loopback addresses
    #[arg(long, value_name = "HOST", requires = "http")]
    pub(crate) allow_host: Vec<String>,
    /// Also accept web pages from this origin, such as https://agents.example.org, besides pages on
    /// this machine
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    pub(crate) allow_origin: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Projects {
    /// List projects
    List {
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Folders {
    /// List folders
    List {
        #[command(flatten)]
        at: At,
        /// Also list the folders below
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
    /// List secrets, with values hidden
    List {
        #[command(flatten)]
        at: At,
        /// Also list the secrets in the folders below
        #[arg(long)]
        recursive: bool,
        /// List only names that contain this text
        #[arg(long, value_name = "TEXT")]
        name_contains: Option<String>,
        /// List only secrets with this tag; can be repeated
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        #[command(flatten)]
        page: Paging,
        #[command(flatten)]
        format: Format,
    },
    /// Show a secret, with its value hidden
    Get {
        /// The secret's name
        name: String,
        #[command(flatten)]
        at: At,
        /// Show this older version
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        #[command(flatten)]
        format: Format,
    },
    /// Show a secret with its value, if the operator allows it
    Reveal {
        /// The secret's name
        name: String,
        #[command(flatten)]
        at: At,
        /// Use this reveal request, which a person approved, where one is needed
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
    /// The folder, such as /app/db; / if no default is configured
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
}

/// Paging for programs. Without these options, the whole list is printed.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// With --json, print one page of at most N items (1 to 200)
    #[arg(long, value_name = "N", requires = "json")]
    pub(crate) limit: Option<u32>,
    /// With --json, print the page that follows; CURSOR is the previous page's `nextCursor`
    #[arg(long, value_name = "CURSOR", requires = "json")]
    pub(crate) cursor: Option<String>,
    /// With --json, also print ids, and null for missing values
    #[arg(long, requires = "json")]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Format {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Parses a format's name.
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
