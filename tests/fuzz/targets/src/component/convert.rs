//! Converts a script's calls and facts into the component's WIT records.

use super::harness::bindings::exports::infisical::skill::{changes, reads, types};
use super::harness::bindings::infisical::skill::policy;
use infisical_skill_guest as guest;

pub(super) fn policy(policy: &guest::Policy) -> policy::Policy {
    let scopes = |scopes: &Option<Vec<guest::Scope>>| {
        scopes.as_ref().map(|scopes| {
            let scope = |it: &guest::Scope| policy::Scope {
                project: it.project.clone(),
                environments: it.environments.clone(),
                paths: it.paths.clone(),
            };
            scopes.iter().map(scope).collect()
        })
    };
    policy::Policy {
        origin: policy::Origin {
            scheme: match policy.origin.scheme {
                guest::Scheme::Http => policy::Scheme::Http,
                guest::Scheme::Https => policy::Scheme::Https,
            },
            authority: policy.origin.authority.clone(),
        },
        organization: policy.organization.clone(),
        project: policy.project.clone(),
        environment: policy.environment.clone(),
        path: policy.path.clone(),
        scopes: scopes(&policy.scopes),
        reveal: match policy.reveal {
            guest::Reveals::Never => policy::Reveals::Never,
            guest::Reveals::Off => policy::Reveals::Off,
            guest::Reveals::On => policy::Reveals::On,
        },
        reveal_scopes: scopes(&policy.reveal_scopes),
        protected: policy.protected.clone(),
        writes: match policy.writes {
            guest::Writes::Never => policy::Writes::Never,
            guest::Writes::Off => policy::Writes::Off,
            guest::Writes::On => policy::Writes::On,
        },
        write_identity: policy.write_identity,
        max_changes: policy.max_changes,
        acknowledge_above: policy.acknowledge_above,
        administration: policy.administration,
    }
}

pub(super) fn place(at: guest::Place) -> types::Place {
    types::Place { project: at.project, environment: at.environment, path: at.path }
}

pub(super) fn secret_filter(filter: guest::SecretFilter) -> reads::SecretFilter {
    reads::SecretFilter { recursive: filter.recursive, name_contains: filter.name_contains, tags: filter.tags }
}

pub(super) fn audit_log_filter(filter: guest::AuditLogFilter) -> reads::AuditLogFilter {
    let guest::AuditLogFilter { project, events, actor, since, until, offset, limit } = filter;
    reads::AuditLogFilter { project, events, actor, since, until, offset, limit }
}

pub(super) fn change(change: guest::Change) -> changes::Change {
    match change {
        guest::Change::CreateSecret(it) => changes::Change::CreateSecret(changes::SecretCreation {
            at: place(it.at),
            name: it.name,
            value: value(it.value),
            comment: it.comment,
            tags: it.tags,
        }),
        guest::Change::UpdateSecret(it) => changes::Change::UpdateSecret(changes::SecretUpdate {
            at: place(it.at),
            name: it.name,
            new_name: it.new_name,
            value: it.value.map(value),
            comment: it.comment,
            tags: it.tags,
        }),
        guest::Change::DeleteSecret(it) => changes::Change::DeleteSecret(named(it)),
        guest::Change::CreateFolder(it) => changes::Change::CreateFolder(named(it)),
        guest::Change::RenameFolder(it) => changes::Change::RenameFolder(changes::FolderRename {
            at: place(it.at),
            name: it.name,
            new_name: it.new_name,
        }),
        guest::Change::DeleteFolder(it) => changes::Change::DeleteFolder(named(it)),
        guest::Change::CreateProject(it) => {
            changes::Change::CreateProject(changes::ProjectCreation { name: it.name, slug: it.slug })
        }
        guest::Change::CreateEnvironment(it) => changes::Change::CreateEnvironment(changes::EnvironmentCreation {
            project: it.project,
            name: it.name,
            slug: it.slug,
        }),
        guest::Change::InviteMembers(it) => changes::Change::InviteMembers(changes::Invitation {
            project: it.project,
            emails: it.emails,
            roles: it.roles,
        }),
    }
}

fn named(target: guest::Target) -> changes::Target {
    changes::Target { at: place(target.at), name: target.name }
}

fn value(value: guest::Value) -> changes::Value {
    match value {
        guest::Value::Literal(text) => changes::Value::Literal(text),
        guest::Value::Generated(it) => {
            changes::Value::Generated(changes::Recipe { length: it.length, alphabet: it.alphabet })
        }
    }
}
