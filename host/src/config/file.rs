//! The configuration file. It holds no secrets.

use super::ConfigError;
use super::rules::{Approval, ClientMay, Credentials, RevealPerson, RevealReader, Reveals, Span, Writes};
use infisical_skill_owners::{PathFindings, User, Want, check, check_open};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// The maximum size of the file, in bytes: more than any real configuration needs.
const MAX_FILE: u64 = 256 * 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) allow_http: bool,
    pub(super) organization: Option<String>,
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) path: Option<String>,
    pub(super) ca_file: Option<String>,
    #[serde(default)]
    pub(super) native_roots: bool,
    pub(super) state_dir: Option<String>,
    pub(super) run_as: Option<RunAs>,
    #[serde(default)]
    pub(super) credentials: Credentials,
    #[serde(default)]
    pub(super) read: Identity,
    #[serde(default, deserialize_with = "reveal_identity")]
    pub(super) reveal: Identity,
    #[serde(default)]
    pub(super) write: Identity,
    pub(super) scopes: Option<Vec<Scope>>,
    #[serde(default)]
    pub(super) reveals: Reveals,
    pub(super) reveals_max: Option<Span>,
    pub(super) reveal_scopes: Option<Vec<Scope>>,
    #[serde(default)]
    pub(super) reveal_approval: RevealPerson,
    #[serde(default)]
    pub(super) reveal_with: RevealReader,
    #[serde(default)]
    pub(super) writes: Writes,
    pub(super) writes_max: Option<Span>,
    pub(super) approval: Option<Approval>,
    pub(super) protected: Option<Vec<String>>,
    pub(super) plan_lifetime: Option<Span>,
    pub(super) max_changes: Option<u32>,
    pub(super) acknowledge_above: Option<u32>,
    #[serde(default)]
    pub(super) administration: bool,
    #[serde(default)]
    pub(super) find_references: bool,
    #[serde(default)]
    pub(super) budgets: Budgets,
    #[serde(default)]
    pub(super) sums: Sums,
    #[serde(default)]
    pub(super) audit: Audit,
    #[serde(default)]
    pub(super) mcp: Mcp,
    #[serde(default)]
    pub(super) limits: Limits,
}

/// The user that the skill runs as, and that agents don't run as.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "`run_as` must be a user's name or number")]
pub(super) enum RunAs {
    Number(u32),
    Name(String),
}

impl From<&RunAs> for User {
    fn from(user: &RunAs) -> Self {
        match user {
            RunAs::Number(number) => Self::Number(*number),
            RunAs::Name(name) => Self::Name(name.clone()),
        }
    }
}

/// Reads `[reveal]`. `reveal` used to be `true` or `false` and is now a table, so the error for the
/// old form names the setting that replaced it.
fn reveal_identity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
    struct Table;

    impl<'de> Visitor<'de> for Table {
        type Value = Identity;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table with the reveal identity")
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Identity, E> {
            Err(E::custom(
                "`reveal` is no longer true or false, since it let values be shown for good. Set `reveals = \"switch\"` and \
                 `[[reveal_scopes]]`, and turn the switch on with `infisical-skill reveal on`; or leave it out: values stay hidden",
            ))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Identity, A::Error> {
            Identity::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Table)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub(super) client_id: Option<String>,
    pub(super) client_secret_file: Option<String>,
    pub(super) token_file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    pub(super) project: String,
    #[serde(default)]
    pub(super) environments: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budgets {
    pub(super) pending_plans: Option<u32>,
    pub(super) writes_per_hour: Option<u32>,
    pub(super) reveals_per_hour: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sums {
    pub(super) overwrites_per_secret: Option<u32>,
    pub(super) updates_per_secret: Option<u32>,
    pub(super) secret_window: Option<Span>,
    pub(super) changes_per_project: Option<u32>,
    pub(super) project_window: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Audit {
    #[serde(default)]
    pub(super) sync_every_record: bool,
    pub(super) segment_bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mcp {
    /// A former setting. It is refused, and the error names its replacement.
    pub(super) ask_in_client: Option<IgnoredAny>,
    pub(super) may: Option<ClientMay>,
    pub(super) reveal: Option<bool>,
    pub(super) scopes: Option<Vec<Scope>>,
    #[serde(default)]
    pub(super) approve_in_client: bool,
    pub(super) owner: Option<String>,
    #[serde(default)]
    pub(super) clients: Vec<McpClient>,
}

/// What the client with a given bearer token may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct McpClient {
    pub(super) name: String,
    pub(super) may: Option<ClientMay>,
    #[serde(default)]
    pub(super) reveal: bool,
    pub(super) scopes: Option<Vec<Scope>>,
    pub(super) pending_plans: Option<u32>,
    pub(super) writes_per_hour: Option<u32>,
    pub(super) reveals_per_hour: Option<u32>,
    #[serde(default)]
    pub(super) approve_in_client: bool,
    pub(super) owner: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) deadline_seconds: Option<u64>,
    pub(super) memory_bytes: Option<usize>,
    pub(super) answer_bytes: Option<usize>,
    pub(super) concurrent_calls: Option<usize>,
}

impl File {
    /// Reads the file, and returns the findings about the path to it.
    pub(super) fn read(path: &Path) -> Result<(Self, PathFindings), ConfigError> {
        let shown = path.display();
        let found = check(path, Want::File).map_err(|refusal| {
            if refusal.is_of_another_kind() {
                not_a_file(path)
            } else if refusal.is_unreadable() {
                ConfigError(format!("the configuration file {shown} can't be read: {refusal}"))
            } else {
                ConfigError(format!("the configuration file {shown} isn't used: {refusal}"))
            }
        })?;
        let file = Self::parse(&text(path, true)?)
            .map_err(|reason| ConfigError(format!("the configuration file {shown} isn't usable: {reason}")))?;
        Ok((file, found))
    }

    /// Returns the state directory that a file names, even if the file's other settings are
    /// invalid, and regardless of the file's owner.
    ///
    /// # Errors
    /// If it can't be determined whether the file names one.
    pub(super) fn state_dir_alone(path: &Path) -> Result<Option<String>, ConfigError> {
        let unknown = || ConfigError::new("it can't be determined whether it names a state directory");
        let table: toml::Table = toml::from_str(&text(path, false)?).map_err(|_| unknown())?;
        match table.get("state_dir") {
            None => Ok(None),
            Some(folder) => folder.as_str().map(|folder| Some(folder.to_owned())).ok_or_else(unknown),
        }
    }

    /// Parses the file's text. The errors keep the parser's key names and positions, but not the
    /// text that it quotes from the file, which may be a secret.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
            let message = error.message().lines().next().unwrap_or_default();
            let message = match message.split_once(": ") {
                Some((kind @ ("invalid type" | "invalid value"), rest)) => {
                    format!("{kind}, {}", rest.rsplit(", ").next().unwrap_or_default())
                }
                _ => message.to_owned(),
            };
            match line {
                Some(line) => format!("line {line}: {message}"),
                None => message,
            }
        })
    }
}

fn not_a_file(path: &Path) -> ConfigError {
    ConfigError(format!("the configuration file {} isn't a regular file of at most 256 KiB", path.display()))
}

/// Reads the file's text. With `trusted`, the file is refused if others could have written it.
fn text(path: &Path, trusted: bool) -> Result<String, ConfigError> {
    let unreadable = |error: std::io::Error| {
        ConfigError(format!("the configuration file {} can't be read: {error}", path.display()))
    };
    // Check this before opening the file, because opening a pipe would block.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(not_a_file(path));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if trusted {
        check_open(path, &metadata, Want::File).map_err(|refusal| ConfigError(refusal.to_string()))?;
    }
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(not_a_file(path));
    }
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}
