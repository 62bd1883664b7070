//! The command line of what changes something.

use crate::arguments::{At, Format};
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// What happens after the preview, said wherever there is one. The lines are as long as a terminal's: without a feature that asks the terminal,
/// nothing wraps them.
macro_rules! confirmation {
    () => {
        "\
First the preview is shown, and nothing is changed. On a terminal you are asked then.
Elsewhere nothing more happens without --yes: `infisical-skill plans apply ID` applies the
plan. What can't be undone needs the preview's phrase and a person; --yes stands for
neither. With --json, the preview is a line, and so is the receipt that may follow it."
    };
}

const CONFIRMATION: &str = confirmation!();

/// The same, and how a value is given.
const VALUES: &str = concat!(
    "\
A value comes from a file, from standard input (`-`) or, on a terminal, from a prompt that
shows nothing; never from an argument, which other users of the machine could read. It is
stored as it is there, but for one thing: a single line with a line end loses the line end.
At most 512 KiB of UTF-8. A comment's file is read alike.

",
    confirmation!()
);

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Creates one
    #[command(after_help = VALUES)]
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        value: ValueFrom,
        #[command(flatten)]
        comment: CommentFrom,
        /// A tag's slug; may be given several times
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Gives one a new value, name, comment or tags; what isn't named stays as it is
    #[command(after_help = VALUES)]
    Update {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        /// A new name
        #[arg(long, value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        value: ValueFrom,
        #[command(flatten)]
        comment: CommentFrom,
        /// Takes the comment away
        #[arg(long, conflicts_with_all = ["comment", "comment_file"])]
        no_comment: bool,
        /// A tag's slug, in place of the tags that it has; may be given several times
        #[arg(long = "tag", value_name = "SLUG")]
        tags: Vec<String>,
        /// Takes all tags away
        #[arg(long, conflicts_with = "tags")]
        no_tags: bool,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Deletes one, for good
    #[command(after_help = CONFIRMATION)]
    Delete {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FolderCommand {
    /// Creates one in the folder that --path names
    #[command(after_help = CONFIRMATION)]
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Gives the one in --path another name
    #[command(after_help = CONFIRMATION)]
    Rename {
        /// Its name
        name: String,
        /// The new name
        new: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Deletes the one in --path, with everything in it, for good
    #[command(after_help = CONFIRMATION)]
    Delete {
        /// Its name
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
    /// The file with the value; `-` for standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) value_file: Option<PathBuf>,
    /// Makes a value up that nobody sees, of so many characters
    #[arg(long, value_name = "LENGTH", group = "source", num_args = 0..=1, default_missing_value = "32")]
    pub(crate) generate: Option<u32>,
    /// Asks for the value on the terminal; usual if nothing else is given
    #[arg(long, group = "source")]
    pub(crate) prompt: bool,
    /// The characters to choose from, instead of letters and digits
    #[arg(long, value_name = "CHARACTERS", requires = "generate", conflicts_with_all = ["value_file", "prompt"])]
    pub(crate) alphabet: Option<String>,
}

/// Where a comment comes from.
#[derive(Debug, Default, Args)]
pub(crate) struct CommentFrom {
    /// A comment; one with something secret in it belongs into a file
    #[arg(long, value_name = "TEXT", conflicts_with = "comment_file")]
    pub(crate) comment: Option<String>,
    /// The file with the comment; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) comment_file: Option<PathBuf>,
}

/// What follows the preview.
#[derive(Debug, Args)]
pub(crate) struct Confirm {
    /// Stops after the preview
    #[arg(long, conflicts_with = "yes")]
    pub(crate) preview: bool,
    /// Doesn't ask, if the change can be undone
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) format: Format,
}
