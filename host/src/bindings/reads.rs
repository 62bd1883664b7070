//! Converts places, projects, folders and secrets.

use super::exports::infisical::skill::types as wit;
use super::exports::infisical::skill::{reads, reveal};
use crate::model::secrets::{
    Actor, Environment, Folder, FolderListing, Hidden, Place, Project, ResolvedPlace, RevealedSecret, Secret,
    SecretFilter, SecretListing,
};

impl From<Place> for wit::Place {
    fn from(place: Place) -> Self {
        Self { project: place.project, environment: place.environment, path: place.path }
    }
}

impl From<SecretFilter> for reads::SecretFilter {
    fn from(filter: SecretFilter) -> Self {
        Self { recursive: filter.recursive, name_contains: filter.name_contains, tags: filter.tags }
    }
}

impl From<wit::ResolvedPlace> for ResolvedPlace {
    fn from(place: wit::ResolvedPlace) -> Self {
        Self { project: place.project, environment: place.environment, path: place.path }
    }
}

impl From<wit::Project> for Project {
    fn from(project: wit::Project) -> Self {
        let environments =
            project.environments.into_iter().map(|e| Environment { slug: e.slug, name: e.name }).collect();
        Self { id: project.id, slug: project.slug, name: project.name, environments }
    }
}

impl From<reads::FolderListing> for FolderListing {
    fn from(listing: reads::FolderListing) -> Self {
        let folders = listing
            .folders
            .into_iter()
            .map(|folder| Folder { id: folder.id, name: folder.name, path: folder.path, updated_at: folder.updated_at })
            .collect();
        Self { place: listing.place.into(), folders }
    }
}

impl From<reads::SecretListing> for SecretListing {
    fn from(listing: reads::SecretListing) -> Self {
        Self { place: listing.place.into(), secrets: listing.secrets.into_iter().map(Secret::from).collect() }
    }
}

impl From<wit::Secret> for Secret {
    fn from(secret: wit::Secret) -> Self {
        Self {
            id: secret.id,
            name: secret.name,
            path: secret.path,
            environment: secret.environment,
            version: secret.version,
            value: Hidden,
            comment: secret.has_comment.then_some(Hidden),
            metadata: secret.has_metadata.then_some(Hidden),
            tags: secret.tags,
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            updated_by: secret.updated_by.map(|actor| Actor { kind: actor.kind, name: actor.name, id: actor.id }),
        }
    }
}

impl From<reveal::RevealedSecret> for RevealedSecret {
    fn from(revealed: reveal::RevealedSecret) -> Self {
        Self { secret: revealed.secret.into(), value: revealed.value.into() }
    }
}
