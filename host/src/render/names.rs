//! Renders Infisical's names of a plan's places. The ids come first, because a name is untrusted
//! text.

use super::shown;
use crate::model::names::{EnvironmentName, ProjectNames, TagName};
use std::fmt::Write;

/// Renders the names of a plan's projects, environments and tags beside their ids. Unknown names
/// are marked as unknown.
pub(super) fn names(all: &[ProjectNames]) -> String {
    let mut out = if all.is_empty() { String::new() } else { "What Infisical calls it:\n".to_owned() };
    for ProjectNames { id, slug, name, environments, tags, not_known } in all {
        let project = named(name.as_deref(), slug.as_deref());
        let reason = not_known.as_ref().map(|reason| format!(" ({})", shown(reason))).unwrap_or_default();
        let _ = writeln!(out, "  project {}: {project}{reason}", shown(id));
        for EnvironmentName { slug, name } in environments {
            let _ = writeln!(out, "    env {}: {}", shown(slug), named(name.as_deref(), None));
        }
        for TagName { id, slug, name } in tags {
            let _ = writeln!(out, "    tag {}: {}", shown(id), named(name.as_deref(), slug.as_deref()));
        }
    }
    out
}

fn named(name: Option<&str>, slug: Option<&str>) -> String {
    match (name, slug) {
        (Some(name), Some(slug)) => format!("\"{}\", slug {}", shown(name), shown(slug)),
        (Some(name), None) => format!("\"{}\"", shown(name)),
        (None, Some(slug)) => format!("slug {}", shown(slug)),
        (None, None) => "not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(names: serde_json::Value) -> Vec<ProjectNames> {
        serde_json::from_value(names).unwrap()
    }

    #[test]
    fn names_stand_beside_ids_and_what_is_missing_is_said() {
        let all = read(json!([
            {
                "id": "p1", "slug": "payments", "name": "Payments EU",
                "environments": [{ "slug": "prod", "name": "Production" }, { "slug": "qa" }],
                "tags": [{ "id": "t1", "slug": "db", "name": "Database" }, { "id": "t2", "slug": "infra" }, { "id": "t3" }],
            },
            { "id": "p2", "environments": [{ "slug": "dev" }], "notKnown": "there was no more time" },
            { "id": "p3", "name": "not known" },
        ]));
        let expected = r#"What Infisical calls it:
  project p1: "Payments EU", slug payments
    env prod: "Production"
    env qa: not known
    tag t1: "Database", slug db
    tag t2: slug infra
    tag t3: not known
  project p2: not known (there was no more time)
    env dev: not known
  project p3: "not known"
"#;
        assert_eq!(names(&all), expected);
        assert_eq!(names(&[]), "");
    }
}
