//! What the emulator tells a test about identities, members and secrets.

/// Universal Auth credentials of one of the emulator's identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The identity's id.
    pub identity_id: String,
    /// The client id to log in with.
    pub client_id: String,
    /// The client secret to log in with.
    pub client_secret: String,
}

/// Three identities with least privilege: see `Emulator::add_minimal_identities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinimalIdentities {
    /// Describes secrets but can't read values.
    pub reader: Credentials,
    /// Writes secrets but can't read them.
    pub writer: Credentials,
    /// Reads values.
    pub reveal: Credentials,
}

/// A user in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    /// The user's email.
    pub email: String,
    /// Slugs of the roles.
    pub roles: Vec<String>,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The secret's id, which a rename keeps.
    pub id: String,
    /// The name (`secretKey`).
    pub name: String,
    /// The value, with references not expanded.
    pub value: String,
    /// The comment.
    pub comment: String,
    /// The version, from 1.
    pub version: u32,
    /// The slug of the environment.
    pub environment: String,
    /// The folder's path.
    pub path: String,
    /// Slugs of the tags.
    pub tags: Vec<String>,
    /// Keys and values of the metadata.
    pub metadata: Vec<(String, String)>,
}
