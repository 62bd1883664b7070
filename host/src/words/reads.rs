//! What was looked at, in words.

use super::table;
use crate::audit_logs::AuditLogPage;
use crate::types::{Actor, FolderListing, Hidden, Project, Secret, SecretListing};

/// Projects with their environments, one a line.
#[must_use]
pub fn projects(projects: &[Project]) -> String {
    let rows = projects.iter().map(|project| {
        let environments: Vec<_> = project.environments.iter().map(|environment| environment.slug.as_str()).collect();
        [project.name.clone(), project.slug.clone(), project.id.clone(), environments.join(", ")]
    });
    table(["PROJECT", "SLUG", "ID", "ENVIRONMENTS"], rows)
}

/// Folders, one a line.
#[must_use]
pub fn folders(listing: &FolderListing) -> String {
    let rows = listing.folders.iter().map(|folder| [folder.path.clone(), time(folder.updated_at.as_deref())]);
    table(["FOLDER", "UPDATED"], rows)
}

/// Secrets, one a line.
#[must_use]
pub fn secrets(listing: &SecretListing) -> String {
    let rows = listing.secrets.iter().map(|secret| {
        [
            secret.name.clone(),
            secret.path.clone(),
            secret.version.to_string(),
            secret.value.to_string(),
            secret.tags.join(", "),
            time(secret.updated_at.as_deref()),
            who(secret.updated_by.as_ref()),
        ]
    });
    table(["SECRET", "PATH", "VERSION", "VALUE", "TAGS", "UPDATED", "BY"], rows)
}

/// One secret, a line for each thing there is to say of it.
#[must_use]
pub fn secret(secret: &Secret) -> String {
    let presence = |hidden: Option<Hidden>| hidden.map_or_else(|| "none".to_owned(), |hidden| hidden.to_string());
    table(
        ["SECRET", &secret.name],
        [
            ["environment".to_owned(), secret.environment.clone()],
            ["path".to_owned(), secret.path.clone()],
            ["version".to_owned(), secret.version.to_string()],
            ["value".to_owned(), secret.value.to_string()],
            ["comment".to_owned(), presence(secret.comment)],
            ["metadata".to_owned(), presence(secret.metadata)],
            ["tags".to_owned(), if secret.tags.is_empty() { "none".to_owned() } else { secret.tags.join(", ") }],
            ["created".to_owned(), time(secret.created_at.as_deref())],
            ["updated".to_owned(), time(secret.updated_at.as_deref())],
            ["by".to_owned(), who(secret.updated_by.as_ref())],
        ],
    )
}

/// What Infisical itself recorded, one entry a line.
#[must_use]
pub fn audit_logs(page: &AuditLogPage) -> String {
    let or = |text: Option<&String>| text.cloned().unwrap_or_else(|| "-".to_owned());
    let rows = page.logs.iter().map(|log| {
        let path = log.path.clone().unwrap_or_default();
        let about = match &log.name {
            Some(name) => format!("{}/{name}", path.trim_end_matches('/')),
            None => path,
        };
        [
            log.time.clone(),
            log.event.clone(),
            or(log.actor.name.as_ref().or(log.actor.id.as_ref()).or(log.actor.kind.as_ref())),
            or(log.environment.as_ref()),
            or(Some(about).filter(|about| !about.is_empty()).as_ref()),
            or(log.ip_address.as_ref()),
        ]
    });
    let mut text = table(["TIME", "EVENT", "BY", "ENVIRONMENT", "ABOUT", "FROM"], rows);
    if let Some(note) = page.note {
        text.push_str(&format!("{note}.\n"));
    }
    if let Some(next) = page.next {
        text.push_str(&format!("There may be more, from offset {next} on.\n"));
    }
    text
}

fn time(rfc3339: Option<&str>) -> String {
    rfc3339.unwrap_or("not told").to_owned()
}

fn who(actor: Option<&Actor>) -> String {
    let named = |actor: &Actor| actor.name.clone().or_else(|| actor.id.clone());
    actor.and_then(named).unwrap_or_else(|| "not told".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secrets_name_is_escaped_beside_its_title_too() {
        let shown = secret(&Secret {
            id: "i".to_owned(),
            name: "A\u{1b}[31m\u{202e}B\n".to_owned(),
            path: "/".to_owned(),
            environment: "dev".to_owned(),
            version: 1,
            value: Hidden,
            comment: None,
            metadata: None,
            tags: Vec::new(),
            created_at: None,
            updated_at: None,
            updated_by: None,
        });
        assert_eq!(shown.lines().next(), Some("SECRET       A\\u{1b}[31m\\u{202e}B\\n"));
    }
}
