//! The skill's inputs and outputs as plain Rust types. They mirror `wit/`, which documents them
//! too.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A place in Infisical. The builder's defaults fill in what is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// A project's id or slug. A slug costs one more request.
    pub project: Option<String>,
    /// An environment's slug.
    pub environment: Option<String>,
    /// A folder's absolute path, `/` for the root.
    pub path: Option<String>,
}

/// A complete place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResolvedPlace {
    /// The project's id.
    pub project: String,
    /// The environment's slug.
    pub environment: String,
    /// The folder's path.
    pub path: String,
}

/// A project that the read identity and the scopes allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Project {
    /// The project's id.
    pub id: String,
    /// Its short name in URLs.
    pub slug: String,
    /// Its display name.
    pub name: String,
    /// Its environments that are in scope.
    pub environments: Vec<Environment>,
}

/// One environment of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Environment {
    /// The slug that requests use.
    pub slug: String,
    /// Its display name.
    pub name: String,
}

/// The folders in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FolderListing {
    /// The place that was listed.
    #[serde(flatten)]
    pub place: ResolvedPlace,
    /// The folders.
    pub folders: Vec<Folder>,
}

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// The server's id for it.
    pub id: String,
    /// Its last path segment: untrusted text.
    pub name: String,
    /// Its whole path.
    pub path: String,
    /// When it last changed, RFC 3339, if the server says so.
    pub updated_at: Option<String>,
}

/// Which secrets a listing keeps. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Also list the folders below.
    pub recursive: bool,
    /// Keep names that contain this text, ignoring case.
    pub name_contains: Option<String>,
    /// Keep secrets with at least one of these tags (slugs). Empty: all.
    pub tags: Vec<String>,
}

/// The secrets of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretListing {
    /// The place that was listed.
    #[serde(flatten)]
    pub place: ResolvedPlace,
    /// The secrets.
    pub secrets: Vec<Secret>,
}

/// A value that exists and isn't shown. It holds no data, and looks the same whatever it stands
/// for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden;

impl JsonSchema for Hidden {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Hidden".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "const": "<hidden>" })
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("<hidden>")
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who changed something last, if the server says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Actor {
    /// Infisical's name for the kind of actor, such as `user` or `identity`.
    pub kind: Option<String>,
    /// The actor's name: untrusted text.
    pub name: Option<String>,
    /// The server's id for the actor.
    pub id: Option<String>,
}

/// A secret without its confidential parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// The server's id for it.
    pub id: String,
    /// Its name: untrusted text. Older servers allow any characters in it.
    pub name: String,
    /// The folder that contains it.
    pub path: String,
    /// The environment's slug.
    pub environment: String,
    /// Increases with every change.
    pub version: u32,
    /// Stands for the value, which is never here.
    pub value: Hidden,
    /// Whether it has a comment.
    pub comment: Option<Hidden>,
    /// Whether it has metadata or a reminder note.
    pub metadata: Option<Hidden>,
    /// The slugs of its tags.
    pub tags: Vec<String>,
    /// When it was created, RFC 3339, if the server says so.
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339, if the server says so.
    pub updated_at: Option<String>,
    /// Who changed it last, if the server says so. Known versions don't report machine identities,
    /// but Infisical's audit log may.
    pub updated_by: Option<Actor>,
}

/// A secret with its value. It can't be serialized or printed by accident.
#[derive(Debug)]
pub struct RevealedSecret {
    /// The secret's other fields.
    pub secret: Secret,
    /// The value as it is stored.
    pub value: SecretString,
}
