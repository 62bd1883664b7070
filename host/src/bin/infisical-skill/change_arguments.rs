//! The command line of the commands that change something.

use crate::arguments::{At, Format};
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// What happens after the preview, for the help of each command that has one. The lines are wrapped
/// here, because clap wraps them only with its `wrap_help` feature.
macro_rules! confirmation {
    () => {
        "\
The command first shows a preview, which changes nothing. At a terminal it then asks
whether to apply it. Elsewhere it stops there without --yes; `infisical-skill plans
apply ID` applies the plan later. A change that can't be undone needs the confirmation
phrase and a person; --yes replaces neither. With --json, the preview is one line, and
so is the receipt."
    };
}

const CONFIRMATION: &str = confirmation!();

/// How a value is given, followed by [`CONFIRMATION`].
const VALUES: &str = concat!(
    "\
A value comes from a file, from standard input (`-`) or from a prompt without echo. It
never comes from an argument, which other users of the machine could read. The value is
stored unchanged, except that a single line loses its line end. It has at most 512 KiB
of UTF-8 text. A comment's file is read in the same way.

",
    confirmation!()
);

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Create a secret
    #[command(after_help = VALUES)]
    Create {
        /// The secret's name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        value: ValueFrom,
        #[command(flatten)]
        comment: CommentFrom,
        /// Set this tag, by its slug; can be repeated
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Change a secret's value, name, comment or tags; what isn't given stays as it is
    #[command(after_help = VALUES)]
    Update {
        /// The secret's name
        name: String,
        #[command(flatten)]
        at: At,
        /// Rename the secret to this
        #[arg(long, value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        value: ValueFrom,
        #[command(flatten)]
        comment: CommentFrom,
        /// Remove the comment
        #[arg(long, conflicts_with_all = ["comment", "comment_file"])]
        no_comment: bool,
        /// Replace the tags with this one, by its slug; can be repeated
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        /// Remove all tags
        #[arg(long, conflicts_with = "tags")]
        no_tags: bool,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Delete a secret for good
    #[command(after_help = CONFIRMATION)]
    Delete {
        /// The secret's name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FolderCommand {
    /// Create a folder in the folder that --path names
    #[command(after_help = CONFIRMATION)]
    Create {
        /// The folder's name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Rename a folder in the folder that --path names
    #[command(after_help = CONFIRMATION)]
    Rename {
        /// The folder's name
        name: String,
        /// The new name
        new: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Delete a folder in the folder that --path names, with everything in it, for good
    #[command(after_help = CONFIRMATION)]
    Delete {
        /// The folder's name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
}

/// Where a value comes from: at most one of these.
#[derive(Debug, Default, Args)]
#[command(group = ArgGroup::new("source").multiple(false))]
pub(crate) struct ValueFrom {
    /// Read the value from this file; `-` reads standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) value_file: Option<PathBuf>,
    /// Generate a random value of LENGTH characters without displaying it
    #[arg(long, value_name = "LENGTH", group = "source", num_args = 0..=1, default_missing_value = "32")]
    pub(crate) generate: Option<u32>,
    /// Ask for the value on the terminal (the default if no other source is given)
    #[arg(long, group = "source")]
    pub(crate) prompt: bool,
    /// Generate the value from these characters instead of letters and digits
    #[arg(long, value_name = "CHARACTERS", requires = "generate", conflicts_with_all = ["value_file", "prompt"])]
    pub(crate) alphabet: Option<String>,
}

/// Where a comment comes from.
#[derive(Debug, Default, Args)]
pub(crate) struct CommentFrom {
    /// Set this comment; use --comment-file if it is sensitive
    #[arg(long, value_name = "TEXT", conflicts_with = "comment_file")]
    pub(crate) comment: Option<String>,
    /// Read the comment from this file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) comment_file: Option<PathBuf>,
}

/// What happens after the preview.
#[derive(Debug, Args)]
pub(crate) struct Confirm {
    /// Stop after the preview
    #[arg(long, conflicts_with = "yes")]
    pub(crate) preview: bool,
    /// Apply without asking, if the change can be undone
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) format: Format,
}
