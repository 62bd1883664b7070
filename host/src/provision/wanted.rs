//! Describes what is requested.

use super::rules::Kind;
use infisical_skill_policy::{Environment, Project, SecretPath};

/// The requested identities, and where they may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    project: Project,
    environments: Vec<Environment>,
    paths: Vec<SecretPath>,
    writes: bool,
    reveal: Vec<(Environment, SecretPath)>,
    name: String,
}

impl Wanted {
    /// Describes identities in a project (id or slug) whose names begin with `name`. One reads, in
    /// these environments and folders, or everywhere if none are named. With `writes`, one writes
    /// there. If `reveal` names places, each as `ENV:/path`, one reveals values from there.
    ///
    /// # Errors
    /// Says what is invalid, and what would be valid.
    pub fn new(
        project: &str,
        places: (&[String], &[String]),
        writes: bool,
        reveal: &[String],
        name: &str,
    ) -> Result<Self, String> {
        let project = Project::new(project).map_err(|refusal| format!("the project isn't usable: {refusal}"))?;
        let environment = |text: &str| {
            Environment::new(text.to_owned()).map_err(|refusal| format!("an environment isn't usable: {refusal}"))
        };
        let environments = places.0.iter().map(|it| environment(it)).collect::<Result<Vec<_>, _>>()?;
        let paths = places.1.iter().map(|it| path(it)).collect::<Result<Vec<_>, _>>()?;
        if environments.is_empty() && !paths.is_empty() {
            return Err("folders are named and no environments: add --environments".to_owned());
        }
        if writes && environments.is_empty() {
            return Err("the write identity is limited to environments: name them with --environments".to_owned());
        }
        let place = |text: &String| {
            let (slug, at) = text
                .split_once(':')
                .ok_or_else(|| "a place to reveal from is written ENV:/path, such as dev:/app".to_owned())?;
            Ok::<_, String>((environment(slug)?, path(at)?))
        };
        let reveal = reveal.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=40).contains(&name.len()) || !name.chars().all(is_plain) || name.starts_with('-') {
            return Err("the name must be 1 to 40 lower-case letters, digits and hyphens".to_owned());
        }
        Ok(Self { project, environments, paths, writes, reveal, name: name.to_owned() })
    }

    /// The project's id or slug.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The environments. None means all.
    #[must_use]
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// The folders, each with all folders below it. None, or the root, means all.
    #[must_use]
    pub fn paths(&self) -> &[SecretPath] {
        if self.paths.iter().any(|path| path.as_str() == "/") { &[] } else { &self.paths }
    }

    /// Where values may be revealed.
    #[must_use]
    pub fn reveal(&self) -> &[(Environment, SecretPath)] {
        &self.reveal
    }

    /// The requested identities.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let wanted = |kind: &Kind| match kind {
            Kind::Reader => true,
            Kind::Writer => self.writes,
            Kind::Reveal => !self.reveal.is_empty(),
        };
        Kind::ALL.into_iter().filter(wanted).collect()
    }

    /// The name of an identity and of its privilege.
    #[must_use]
    pub fn name(&self, kind: Kind) -> String {
        format!("{}-{}", self.name, kind.word())
    }

    /// All named environments.
    pub(super) fn named_environments(&self) -> impl Iterator<Item = &Environment> {
        self.environments.iter().chain(self.reveal.iter().map(|(environment, _)| environment))
    }
}

/// Parses a folder's path without characters that have a meaning in a pattern.
fn path(text: &str) -> Result<SecretPath, String> {
    let path = SecretPath::new(text.to_owned()).map_err(|refusal| format!("a folder isn't usable: {refusal}"))?;
    let is_literal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    if path.as_str().chars().all(is_literal) {
        Ok(path)
    } else {
        Err("a folder has characters that mean something else in a rule's pattern: name a folder above it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_limited_places_and_names_missing_options() {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (environments, paths, writes, reveal, name, says) in [
            (&["dev"][..], &["/app"][..], true, &["dev:/app"][..], "skill", ""),
            (&[], &[], false, &[], "skill", ""),
            (&[], &["/app"], false, &[], "skill", "--environments"),
            (&[], &[], true, &[], "skill", "--environments"),
            (&["dev"], &["app"], false, &[], "skill", "folder"),
            (&["dev"], &["/a*"], false, &[], "skill", "folder"),
            (&["Dev!"], &[], false, &[], "skill", "environment"),
            (&["dev"], &[], false, &["/app"], "skill", "ENV:/path"),
            (&["dev"], &[], false, &["dev:app"], "skill", "folder"),
            (&["dev"], &[], false, &[], "Skill one", "name"),
            (&["dev"], &[], false, &[], "", "name"),
        ] {
            let wanted = Wanted::new("p", (&strings(environments), &strings(paths)), writes, &strings(reveal), name);
            match wanted {
                Ok(_) => assert_eq!(says, "", "{environments:?} {paths:?} {reveal:?} {name}"),
                Err(said) => assert!(!says.is_empty() && said.contains(says), "{said}"),
            }
        }
    }
}
