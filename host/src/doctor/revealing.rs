//! Checks the reveal identity's permissions and the reveal switch's state.

use super::Check;
use super::rights::{LATE, listed, shown, sources};
use crate::model::switch_state::SwitchState;
use crate::skill::Skill;
use infisical_skill_policy::Scope;
use infisical_skill_policy::permissions::Permissions;

/// The remedy for a reveal identity with too many or too few permissions.
const REVEALER: &str = "give it the role No Access and one additional privilege: `secrets` with `describeSecret` and `readValue`, limited to the places of \
     `reveal_scopes`";

/// Reports the reveal switch's state and the identity that reads revealed values. Returns nothing
/// if values are never revealed.
pub(super) fn switch(skill: &Skill) -> Vec<Check> {
    const NAME: &str = "reveal switch";
    let state = match skill.reveal_switch() {
        SwitchState::Never => return Vec::new(),
        SwitchState::Off { because } => Check::good(NAME, because),
        SwitchState::On { until, .. } => Check::warning(
            NAME,
            format!("values can be revealed until {until}"),
            "run `infisical-skill reveal off` when they aren't needed any more",
        ),
    };
    let identity = if skill.has_reveal_identity() {
        None
    } else if skill.reveals_with_reader() {
        Some(Check::warning(
            "reveal identity",
            "the read identity reveals values (`reveal_with = \"read\"`): anyone who gets its credential can read them, even if the reveal switch is off",
            "make a reveal identity, configure it under `[reveal]`, take `readValue` from the read identity, and leave `reveal_with` out. On an older \
             server, which can't tell names and values apart, this doesn't help",
        ))
    } else {
        Some(Check::warning(
            "reveal identity",
            "values may be revealed, and there is no identity to read them: each reveal is refused",
            "configure a reveal identity under `[reveal]`; or set `reveals = \"never\"`",
        ))
    };
    [state].into_iter().chain(identity).collect()
}

/// Grades the reveal identity's permissions. `scopes` are the reveal scopes in this project;
/// `environments` are all of the project's environments.
pub(super) fn rights(revealer: &Permissions, project: &str, scopes: &[Scope], environments: &[String]) -> Check {
    const NAME: &str = "reveal rights";
    let bad = |found: String| Check::bad(NAME, found, format!("{REVEALER}. {LATE}"));
    if !revealer.manages_identities().is_nowhere() || !revealer.gives_rights().is_nowhere() {
        let by = revealer.manages_identities().or(revealer.gives_rights()).sources().join(", ");
        return bad(format!(
            "in {project} the reveal identity may change what identities may do, its own rights included ({by})"
        ));
    }
    let beyond = revealer.beyond_reading();
    if !beyond.is_empty() {
        let by = sources(revealer, &beyond);
        return bad(format!("in {project} the reveal identity may do more than read: {} ({by})", listed(&beyond)));
    }
    let reads = revealer.reads_values();
    let warning = |found: String| Check::warning(NAME, found, format!("{REVEALER}. {LATE}"));
    if reads.is_nowhere() {
        return warning(format!("in {project} the reveal identity can't read a value: each reveal is refused there"));
    }
    if reads.is_everywhere() {
        return warning(format!("the reveal identity can read every value in {project}: limit it"));
    }
    let found = format!("in {project} the reveal identity only reads. It can read values {}", shown(&reads));
    let places = scopes.iter().flat_map(|scope| {
        let environments = scope.environments.iter().map(|it| it.as_str());
        environments.flat_map(|slug| scope.paths.iter().map(move |path| (slug, path.as_str())))
    });
    let described = revealer.describes_secrets();
    for (slug, path) in places {
        if reads.admits(slug, path) == Some(false) || described.admits(slug, path) == Some(false) {
            return warning(format!("{found}. {slug}:{path} is in `reveal_scopes` and isn't part of that"));
        }
    }
    let is_meant = |slug: &str| {
        scopes.iter().any(|it| it.environments.is_empty() || it.environments.iter().any(|e| e.as_str() == slug))
    };
    for slug in environments.iter().filter(|slug| !is_meant(slug)) {
        let example = reads.example(Some(slug)).map(|(_, path)| path);
        let matched = scopes.iter().flat_map(|scope| scope.paths.iter().map(|path| path.as_str()));
        let mut paths = matched.chain(example.as_deref()).chain(["/"]);
        if paths.any(|path| reads.admits(slug, path) == Some(true)) {
            return warning(format!(
                "{found}. The environment {slug} isn't in `reveal_scopes`, and it can read values there"
            ));
        }
    }
    Check::good(NAME, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use infisical_skill_policy::{Environment, Project, SecretPath};
    use serde_json::{Value, json};

    fn permissions(rules: &Value) -> Permissions {
        let audit = json!({ "sources": [
            { "type": "role", "name": "no-access", "isTemporary": false, "permissions": [] },
            { "type": "additional_privilege", "name": "skill-reveal", "isTemporary": false, "permissions": rules },
        ] });
        Permissions::parse(audit.to_string().as_bytes()).unwrap()
    }

    fn scope(environments: &[&str], paths: &[&str]) -> Scope {
        Scope {
            project: Project::new("p").unwrap(),
            environments: environments.iter().map(|slug| Environment::new(*slug).unwrap()).collect(),
            paths: paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect(),
        }
    }

    #[test]
    fn accepts_a_reveal_identity_that_only_reads_in_its_scopes() {
        use Verdict::{Bad, Good, Warning};
        let app = json!({ "environment": { "$eq": "dev" }, "secretPath": { "$glob": "/app/**" } });
        let dev = json!({ "environment": { "$eq": "dev" } });
        let both = json!({ "environment": { "$in": ["dev", "prod"] }, "secretPath": { "$glob": "/app/**" } });
        for (rules, verdict, says) in [
            (json!([["describeSecret,readValue", "secrets", app]]), Good, "only reads. It can read values"),
            (json!([["describeSecret,readValue", "secrets"]]), Warning, "can read every value in vault"),
            (json!([["describeSecret", "secrets", app]]), Warning, "can't read a value"),
            (json!([["readValue", "secrets", app]]), Warning, "dev:/app is in `reveal_scopes` and isn't part of that"),
            (
                json!([["describeSecret,readValue", "secrets", both]]),
                Warning,
                "The environment prod isn't in `reveal_scopes`",
            ),
            (json!([["describeSecret,readValue,edit", "secrets", app]]), Bad, "may do more than read: edit on secrets"),
            (
                json!([["describeSecret,readValue", "secrets", dev], ["create", "secret-folders", dev]]),
                Bad,
                "create on secret-folders",
            ),
            (
                json!([["describeSecret,readValue", "secrets", app], ["delete", "identity"]]),
                Bad,
                "may change what identities may do",
            ),
        ] {
            let environments = ["dev".to_owned(), "prod".to_owned()];
            let check = super::rights(&permissions(&rules), "vault", &[scope(&["dev"], &["/app"])], &environments);
            assert!(check.verdict == verdict && check.found.contains(says), "{rules}: {check:?}");
        }
    }
}
