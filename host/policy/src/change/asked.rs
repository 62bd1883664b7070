//! What the caller of a preview asked for. The host compares a draft with it, so a component that
//! plans something else files nothing.
//!
//! Only the component can find out the ids of projects, tags and folders. They must match the
//! server's answers.

use super::ParsedChange;
use super::value::SecretValue;
use crate::names::{Email, Project, Role, TagId};
use crate::operation::Place;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// What the server's answers named during a call: ids by slugs. The first answer counts.
#[derive(Debug, Clone, Default)]
pub struct KnownIds {
    projects: HashMap<Project, Project>,
    tags: HashMap<(Project, String), TagId>,
}

impl KnownIds {
    /// Notes the id of a project's slug, as an answer gave it.
    pub fn note_project(&mut self, slug: &Project, id: Project) {
        self.projects.entry(slug.clone()).or_insert(id);
    }

    /// Notes the id of the slug of a project's tag, as an answer gave it.
    pub fn note_tag(&mut self, project: &Project, slug: String, id: TagId) {
        self.tags.entry((project.clone(), slug)).or_insert(id);
    }

    /// Whether the project with this id is the one that was asked for, by id or slug. False if none
    /// was asked for.
    #[must_use]
    pub fn is_project(&self, asked: Option<&Project>, id: &Project) -> bool {
        asked.is_some_and(|asked| asked == id || (!asked.looks_like_id() && self.projects.get(asked) == Some(id)))
    }

    /// Whether these ids are the project's tags with these slugs, in the same order.
    fn are_tags(&self, project: &Project, slugs: &[String], ids: &[TagId]) -> bool {
        let is_tag = |(slug, id): (&String, &TagId)| self.tags.get(&(project.clone(), slug.clone())) == Some(id);
        slugs.len() == ids.len() && slugs.iter().zip(ids).all(is_tag)
    }
}

/// The place that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPlace {
    /// The project's id or slug. `None` if none was named and there is no default.
    pub project: Option<Project>,
    /// The environment's slug. `None` if none was named and there is no default.
    pub environment: Option<String>,
    /// The folder's path.
    pub path: String,
}

/// The value that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum AskedValue {
    /// Exactly this value.
    Literal(Zeroizing<String>),
    /// A value that the component generates.
    Generated {
        /// The number of characters.
        length: u32,
        /// The characters to choose from. Letters and digits if absent.
        alphabet: Option<String>,
    },
}

/// A change that was asked for. Names are unchecked: a name that follows no rule matches no change.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskedChange {
    /// Create a secret.
    CreateSecret {
        /// The folder.
        at: AskedPlace,
        /// The name.
        name: String,
        /// The value.
        value: AskedValue,
        /// The comment.
        comment: Option<Zeroizing<String>>,
        /// The slugs of the tags, each once.
        tags: Vec<String>,
    },
    /// Update a secret.
    UpdateSecret {
        /// The folder.
        at: AskedPlace,
        /// The current name.
        name: String,
        /// The new name.
        new_name: Option<String>,
        /// The new value.
        value: Option<AskedValue>,
        /// The new comment.
        comment: Option<Zeroizing<String>>,
        /// The slugs of all tags, each once.
        tags: Option<Vec<String>>,
    },
    /// Delete a secret.
    DeleteSecret {
        /// The folder.
        at: AskedPlace,
        /// The name.
        name: String,
    },
    /// Create a folder.
    CreateFolder {
        /// The folder that will contain it.
        at: AskedPlace,
        /// The name.
        name: String,
    },
    /// Rename a folder.
    RenameFolder {
        /// The folder that contains it.
        at: AskedPlace,
        /// The current name.
        name: String,
        /// The new name.
        new_name: String,
    },
    /// Delete a folder.
    DeleteFolder {
        /// The folder that contains it.
        at: AskedPlace,
        /// The name.
        name: String,
    },
    /// Create a project.
    CreateProject {
        /// The name that people see.
        name: String,
        /// The slug.
        slug: String,
    },
    /// Create an environment.
    CreateEnvironment {
        /// The project's id or slug.
        project: Option<Project>,
        /// The name that people see.
        name: String,
        /// The slug.
        slug: String,
    },
    /// Invite users to a project.
    InviteMembers {
        /// The project's id or slug.
        project: Option<Project>,
        /// The email addresses.
        emails: Vec<String>,
        /// The roles. An empty list means member.
        roles: Vec<String>,
    },
}

impl AskedPlace {
    /// Whether `place` is the one that was asked for.
    #[must_use]
    pub fn is(&self, place: &Place, named: &KnownIds) -> bool {
        named.is_project(self.project.as_ref(), &place.project)
            && self.environment.as_deref() == Some(place.environment.as_str())
            && self.path == place.path.as_str()
    }
}

impl AskedValue {
    fn is(&self, value: &SecretValue) -> bool {
        match self {
            Self::Literal(asked) => asked.as_str() == value.expose(),
            Self::Generated { length, alphabet } => {
                let is_allowed = |c: char| match alphabet {
                    Some(alphabet) => alphabet.contains(c),
                    None => c.is_ascii_alphanumeric(),
                };
                u32::try_from(value.expose().chars().count()).is_ok_and(|it| it == *length)
                    && value.expose().chars().all(is_allowed)
            }
        }
    }
}

impl AskedChange {
    /// Whether `change` is what was asked for. `folder` is the name of the folder that the change
    /// names by its id.
    #[must_use]
    pub fn is(&self, change: &ParsedChange, named: &KnownIds, folder: Option<&str>) -> bool {
        match (self, change) {
            (
                Self::CreateSecret { at, name, value, comment, tags },
                ParsedChange::CreateSecret { place, name: planned, value: written, comment: said, tags: given },
            ) => {
                at.is(place, named)
                    && name == planned.as_str()
                    && value.is(written)
                    && comment.as_ref().map(|it| it.as_str()) == said.as_ref().map(|it| it.expose())
                    && named.are_tags(&place.project, tags, given.as_deref().unwrap_or_default())
            }
            (
                Self::UpdateSecret { at, name, new_name, value, comment, tags },
                ParsedChange::UpdateSecret {
                    place,
                    name: planned,
                    value: written,
                    new_name: renamed,
                    comment: said,
                    tags: given,
                },
            ) => {
                at.is(place, named)
                    && name == planned.as_str()
                    && new_name.as_deref() == renamed.as_ref().map(|it| it.as_str())
                    && match (value, written) {
                        (Some(asked), Some(written)) => asked.is(written),
                        (None, None) => true,
                        _ => false,
                    }
                    && comment.as_ref().map(|it| it.as_str()) == said.as_ref().map(|it| it.expose())
                    && match (tags, given) {
                        (Some(slugs), Some(ids)) => named.are_tags(&place.project, slugs, ids),
                        (None, None) => true,
                        _ => false,
                    }
            }
            (Self::DeleteSecret { at, name }, ParsedChange::DeleteSecret { place, name: planned }) => {
                at.is(place, named) && name == planned.as_str()
            }
            (Self::DeleteSecret { at, name }, ParsedChange::DeleteSecretByKey { place, key }) => {
                at.is(place, named) && name == key.as_str()
            }
            (Self::CreateFolder { at, name }, ParsedChange::CreateFolder { place, name: planned }) => {
                at.is(place, named) && name == planned.as_str()
            }
            (Self::RenameFolder { at, name, new_name }, ParsedChange::RenameFolder { place, name: renamed, .. }) => {
                at.is(place, named) && folder == Some(name) && new_name == renamed.as_str()
            }
            (Self::DeleteFolder { at, name }, ParsedChange::DeleteFolder { place, .. }) => {
                at.is(place, named) && folder == Some(name)
            }
            (Self::CreateProject { name, slug }, ParsedChange::CreateProject { name: title, slug: planned }) => {
                name == title.as_str() && slug == planned.as_str()
            }
            (
                Self::CreateEnvironment { project, name, slug },
                ParsedChange::CreateEnvironment { project: into, name: title, slug: planned },
            ) => named.is_project(project.as_ref(), into) && name == title.as_str() && slug == planned.as_str(),
            (
                Self::InviteMembers { project, emails, roles },
                ParsedChange::InviteMembers { project: into, emails: invited, roles: given },
            ) => {
                named.is_project(project.as_ref(), into)
                    && emails.iter().map(String::as_str).eq(invited.iter().map(Email::as_str))
                    && match roles.as_slice() {
                        [] => given.iter().map(Role::as_str).eq(["member"]),
                        roles => roles.iter().map(String::as_str).eq(given.iter().map(Role::as_str)),
                    }
            }
            _ => false,
        }
    }
}
