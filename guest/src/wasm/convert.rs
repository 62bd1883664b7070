//! Converts between the core's records and those of the interface, field by field. If either gets a
//! new field, this code doesn't compile.

use super::bindings::exports::infisical::skill::{reads, reveal, types as wit};
use super::bindings::infisical::skill::policy;
use crate::{error, types};

pub(super) fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(B::from(item));
    }
    all
}

impl From<policy::Policy> for types::Policy {
    fn from(policy: policy::Policy) -> Self {
        let policy::Policy {
            origin,
            organization,
            project,
            environment,
            path,
            scopes,
            reveal,
            reveal_scopes,
            protected,
            writes,
            write_identity,
            max_changes,
            acknowledge_above,
            administration,
        } = policy;
        Self {
            origin: origin.into(),
            organization,
            project,
            environment,
            path,
            scopes: scopes.map(all),
            reveal: match reveal {
                policy::Reveals::Never => types::Reveals::Never,
                policy::Reveals::Off => types::Reveals::Off,
                policy::Reveals::On => types::Reveals::On,
            },
            reveal_scopes: reveal_scopes.map(all),
            protected,
            writes: match writes {
                policy::Writes::Never => types::Writes::Never,
                policy::Writes::Off => types::Writes::Off,
                policy::Writes::On => types::Writes::On,
            },
            write_identity,
            max_changes,
            acknowledge_above,
            administration,
        }
    }
}

impl From<policy::ApiVersion> for types::ApiVersion {
    fn from(api_version: policy::ApiVersion) -> Self {
        match api_version {
            policy::ApiVersion::V3 => Self::V3,
            policy::ApiVersion::V4 => Self::V4,
        }
    }
}

impl From<policy::Origin> for types::Origin {
    fn from(policy::Origin { scheme, authority }: policy::Origin) -> Self {
        let scheme = match scheme {
            policy::Scheme::Http => types::Scheme::Http,
            policy::Scheme::Https => types::Scheme::Https,
        };
        Self { scheme, authority }
    }
}

impl From<policy::Scope> for types::Scope {
    fn from(policy::Scope { project, environments, paths }: policy::Scope) -> Self {
        Self { project, environments, paths }
    }
}

impl From<wit::Place> for types::Place {
    fn from(wit::Place { project, environment, path }: wit::Place) -> Self {
        Self { project, environment, path }
    }
}

impl From<reads::SecretFilter> for types::SecretFilter {
    fn from(reads::SecretFilter { recursive, name_contains, tags }: reads::SecretFilter) -> Self {
        Self { recursive, name_contains, tags }
    }
}

impl From<reads::AuditLogFilter> for types::AuditLogFilter {
    fn from(filter: reads::AuditLogFilter) -> Self {
        let reads::AuditLogFilter { project, events, actor, since, until, offset, limit } = filter;
        Self { project, events, actor, since, until, offset, limit }
    }
}

impl From<types::AuditLog> for reads::AuditLog {
    fn from(log: types::AuditLog) -> Self {
        let types::AuditLog { id, time, event, actor, environment, path, name, ip_address } = log;
        Self { id, time, event, actor: actor.into(), environment, path, name, ip_address }
    }
}

impl From<types::AuditLogPage> for reads::AuditLogPage {
    fn from(types::AuditLogPage { project, logs, next }: types::AuditLogPage) -> Self {
        Self { project, logs: all(logs), next }
    }
}

impl From<types::ResolvedPlace> for wit::ResolvedPlace {
    fn from(types::ResolvedPlace { project, environment, path }: types::ResolvedPlace) -> Self {
        Self { project, environment, path }
    }
}

impl From<types::Environment> for wit::Environment {
    fn from(types::Environment { slug, name }: types::Environment) -> Self {
        Self { slug, name }
    }
}

impl From<types::Project> for wit::Project {
    fn from(types::Project { id, slug, name, environments }: types::Project) -> Self {
        Self { id, slug, name, environments: all(environments) }
    }
}

impl From<types::Folder> for wit::Folder {
    fn from(types::Folder { id, name, path, updated_at }: types::Folder) -> Self {
        Self { id, name, path, updated_at }
    }
}

impl From<types::FolderListing> for reads::FolderListing {
    fn from(types::FolderListing { place, folders }: types::FolderListing) -> Self {
        Self { place: place.into(), folders: all(folders) }
    }
}

impl From<types::Actor> for wit::Actor {
    fn from(types::Actor { kind, name, id }: types::Actor) -> Self {
        Self { kind, name, id }
    }
}

impl From<types::Secret> for wit::Secret {
    fn from(secret: types::Secret) -> Self {
        let types::Secret {
            id,
            name,
            path,
            environment,
            version,
            has_comment,
            has_metadata,
            tags,
            created_at,
            updated_at,
            updated_by,
        } = secret;
        let updated_by = updated_by.map(Into::into);
        Self {
            id,
            name,
            path,
            environment,
            version,
            has_comment,
            has_metadata,
            tags,
            created_at,
            updated_at,
            updated_by,
        }
    }
}

impl From<types::SecretListing> for reads::SecretListing {
    fn from(types::SecretListing { place, secrets }: types::SecretListing) -> Self {
        Self { place: place.into(), secrets: all(secrets) }
    }
}

impl From<types::RevealedSecret> for reveal::RevealedSecret {
    fn from(types::RevealedSecret { secret, value }: types::RevealedSecret) -> Self {
        Self { secret: secret.into(), value }
    }
}

impl From<error::Error> for wit::Error {
    fn from(error: error::Error) -> Self {
        use error::Error;
        match error {
            Error::Refused(error::Refusal { layer, reason, remedy }) => {
                let layer = match layer {
                    error::Layer::KillSwitch => wit::Layer::KillSwitch,
                    error::Layer::TwoPhaseConfirm => wit::Layer::TwoPhaseConfirm,
                    error::Layer::BlastRadius => wit::Layer::BlastRadius,
                    error::Layer::AuditTrail => wit::Layer::AuditTrail,
                    error::Layer::Identity => wit::Layer::Identity,
                    error::Layer::Budget => wit::Layer::Budget,
                    error::Layer::RevealGate => wit::Layer::RevealGate,
                    error::Layer::Scope => wit::Layer::Scope,
                    error::Layer::Input => wit::Layer::Input,
                    error::Layer::Egress => wit::Layer::Egress,
                };
                Self::Refused(wit::Refusal { layer, reason, remedy })
            }
            Error::NotFound(error::Missing { kind, name, remedy }) => {
                Self::NotFound(wit::Missing { kind, name, remedy })
            }
            Error::Denied(text) => Self::Denied(text),
            Error::Unauthenticated(text) => Self::Unauthenticated(text),
            Error::RateLimited(seconds) => Self::RateLimited(seconds),
            Error::Conflict(text) => Self::Conflict(text),
            Error::Invalid(text) => Self::Invalid(text),
            Error::Unreachable(text) => Self::Unreachable(text),
            Error::TimedOut => Self::TimedOut,
            Error::TooLarge(text) => Self::TooLarge(text),
            Error::ServerFailed(status) => Self::ServerFailed(status),
            Error::UnexpectedAnswer(text) => Self::UnexpectedAnswer(text),
        }
    }
}
