//! Renders what was read.

use super::table;
use crate::model::audit_logs::AuditLogPage;
use crate::model::secrets::{Actor, FolderListing, Hidden, Project, ResolvedPlace, Secret, SecretListing};
use infisical_skill_policy::text::escape_capped;

/// Renders projects with their environments, one per line.
#[must_use]
pub fn projects(projects: &[Project]) -> String {
    if projects.is_empty() {
        return "No projects that this identity may see.\n".to_owned();
    }
    let rows = projects.iter().map(|project| {
        let environments: Vec<_> = project.environments.iter().map(|environment| environment.slug.as_str()).collect();
        [project.name.clone(), project.slug.clone(), project.id.clone(), environments.join(", ")]
    });
    table(["PROJECT", "SLUG", "ID", "ENVIRONMENTS"], rows)
}

/// Renders folders, one per line. As with secrets, an empty list doesn't prove that nothing exists.
#[must_use]
pub fn folders(listing: &FolderListing) -> String {
    if listing.folders.is_empty() {
        return nothing("folders", &listing.place);
    }
    let rows = listing.folders.iter().map(|folder| [folder.path.clone(), time(folder.updated_at.as_deref())]);
    table(["FOLDER", "UPDATED"], rows)
}

/// Renders secrets, one per line. An empty list doesn't prove that nothing exists, because
/// Infisical omits what the identity may not see.
#[must_use]
pub fn secrets(listing: &SecretListing) -> String {
    if listing.secrets.is_empty() {
        return nothing("secrets", &listing.place);
    }
    let columns = |secret: &Secret| {
        [
            secret.name.clone(),
            secret.path.clone(),
            secret.version.to_string(),
            secret.value.to_string(),
            secret.tags.join(", "),
            time(secret.updated_at.as_deref()),
        ]
    };
    // Few servers report who changed a secret.
    if listing.secrets.iter().all(|secret| secret.updated_by.is_none()) {
        return table(["SECRET", "PATH", "VERSION", "VALUE", "TAGS", "UPDATED"], listing.secrets.iter().map(columns));
    }
    let rows = listing.secrets.iter().map(|secret| {
        let [name, path, version, value, tags, updated] = columns(secret);
        [name, path, version, value, tags, updated, who(secret.updated_by.as_ref())]
    });
    table(["SECRET", "PATH", "VERSION", "VALUE", "TAGS", "UPDATED", "BY"], rows)
}

fn nothing(what: &str, place: &ResolvedPlace) -> String {
    let (path, environment) = (escape_capped(&place.path, 200), escape_capped(&place.environment, 64));
    format!("No {what} that this identity may see in {path} of {environment}.\n")
}

/// Renders one secret, one line per property.
#[must_use]
pub fn secret(secret: &Secret) -> String {
    let presence = |hidden: Option<Hidden>| hidden.map_or_else(|| "none".to_owned(), |hidden| hidden.to_string());
    let by = match &secret.updated_by {
        Some(actor) => who(Some(actor)),
        None => "not reported here; Infisical's audit log may have it".to_owned(),
    };
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
            ["by".to_owned(), by],
        ],
    )
}

/// Renders entries of Infisical's own audit log, one per line.
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

    fn named(name: &str) -> Secret {
        Secret {
            id: "i".to_owned(),
            name: name.to_owned(),
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
        }
    }

    fn listing(secrets: Vec<Secret>) -> SecretListing {
        let (project, environment, path) = ("p".to_owned(), "dev".to_owned(), "/app".to_owned());
        SecretListing { place: ResolvedPlace { project, environment, path }, secrets }
    }

    #[test]
    fn an_empty_list_says_that_more_may_be_there_than_may_be_seen() {
        assert_eq!(secrets(&listing(Vec::new())), "No secrets that this identity may see in /app of dev.\n");
        let SecretListing { place, .. } = listing(Vec::new());
        let none = folders(&FolderListing { place, folders: Vec::new() });
        assert_eq!(none, "No folders that this identity may see in /app of dev.\n");
        assert_eq!(projects(&[]), "No projects that this identity may see.\n");
    }

    #[test]
    fn who_changed_a_secret_is_a_column_only_where_a_server_tells() {
        let told =
            Secret { updated_by: Some(Actor { kind: None, name: Some("ci".to_owned()), id: None }), ..named("B") };
        let title = |secrets: Vec<Secret>| super::secrets(&listing(secrets)).lines().next().unwrap().to_owned();
        assert!(!title(vec![named("A")]).contains("BY"));
        assert!(title(vec![named("A"), told.clone()]).ends_with("BY"));
        assert!(secret(&named("A")).contains("Infisical's audit log may have it"));
        assert!(secret(&told).contains("ci"));
    }

    #[test]
    fn a_secrets_name_is_escaped_beside_its_title_too() {
        let shown = secret(&named("A\u{1b}[31m\u{202e}B\n"));
        assert_eq!(shown.lines().next(), Some("SECRET       A\\u{1b}[31m\\u{202e}B\\n"));
    }
}
