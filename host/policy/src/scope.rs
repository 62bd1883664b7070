//! The places where the operator allows the skill to read and change something, and whether it may
//! administer.

use crate::change::ParsedChange;
use crate::names::{Environment, Project, SecretPath};
use crate::operation::{Operation, Place};
use std::fmt;

/// One scope. A place is in it if all fields match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The project's id.
    pub project: Project,
    /// The environments. An empty list means every environment.
    pub environments: Vec<Environment>,
    /// The folders, each with everything below it. An empty list means every folder.
    pub paths: Vec<SecretPath>,
}

impl Scope {
    fn allows_environment(&self, environment: &str) -> bool {
        self.environments.is_empty() || self.environments.iter().any(|e| e.as_str() == environment)
    }

    fn allows(&self, place: &Place) -> bool {
        self.project == place.project
            && self.allows_environment(place.environment.as_str())
            && (self.paths.is_empty() || self.paths.iter().any(|path| path.covers(&place.path)))
    }
}

/// All scopes of the operator.
///
/// [`Scopes::everything`] leaves the decision to Infisical. An empty list is different: it allows
/// nothing. Neither allows administrative changes: see [`Scopes::with_administration`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// `None` means everything.
    scopes: Option<Vec<Scope>>,
    administration: bool,
}

/// The operation is outside of every scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeRefusal;

impl fmt::Display for ScopeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is outside of the scopes that the operator allows")
    }
}

impl std::error::Error for ScopeRefusal {}

/// Why the operator doesn't allow a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeScopeRefusal {
    /// The change is outside of every scope.
    OutOfScope,
    /// The change is administrative, and such changes are off.
    AdministrationOff,
}

impl fmt::Display for ChangeScopeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfScope => ScopeRefusal.fmt(f),
            Self::AdministrationOff => f.write_str(ADMINISTRATION_OFF),
        }
    }
}

impl std::error::Error for ChangeScopeRefusal {}

/// Says what must be done, and who can do it.
const ADMINISTRATION_OFF: &str =
    "administrative changes are off: the operator must set `administration = true` to allow them";

impl Scopes {
    /// Allows every place that the identity may see.
    #[must_use]
    pub const fn everything() -> Self {
        Self { scopes: None, administration: false }
    }

    /// Allows only the places in these scopes. An empty list allows none.
    #[must_use]
    pub fn only(scopes: Vec<Scope>) -> Self {
        Self { scopes: Some(scopes), administration: false }
    }

    /// Returns the same scopes, with administrative changes (new projects, environments and
    /// members) allowed or not.
    #[must_use]
    pub fn with_administration(self, administration: bool) -> Self {
        Self { administration, ..self }
    }

    /// Whether administrative changes are allowed in the scopes.
    #[must_use]
    pub fn administration(&self) -> bool {
        self.administration
    }

    /// Returns the scopes, unless everything is allowed.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[Scope]> {
        self.scopes.as_deref()
    }

    /// Checks whether the operation may be sent. Lists of projects always may be: the answer leaves
    /// out what is out of scope.
    ///
    /// # Errors
    /// [`ScopeRefusal`] if the operation is outside of every scope.
    pub fn check(&self, operation: &Operation) -> Result<(), ScopeRefusal> {
        let allowed = match operation {
            // A slug says nothing about the id until the answer arrives. Then `answers` checks it.
            Operation::ListProjects { .. } | Operation::ProjectBySlug { .. } => true,
            // If a project is in scope in part, its entries in scope come in. `answers` checks each
            // of them.
            Operation::ProjectById { project }
            | Operation::ListTags { project }
            | Operation::ListAuditLogs { project, .. } => self.allows_project(project.as_str()),
            // Everything below an allowed folder is allowed, so a recursive listing needs no rule.
            Operation::ListFolders { place, .. }
            | Operation::ListSecrets { place, .. }
            | Operation::ListImports { place }
            | Operation::GetSecret { place, .. }
            | Operation::RevealSecret { place, .. } => return self.check_place(place),
        };
        if allowed { Ok(()) } else { Err(ScopeRefusal) }
    }

    /// Checks whether the change may be planned and sent.
    ///
    /// # Errors
    /// [`ChangeScopeRefusal`] if the change is outside of every scope, or is administrative and
    /// such changes are off.
    pub fn check_change(&self, change: &ParsedChange) -> Result<(), ChangeScopeRefusal> {
        let allowed = match change {
            ParsedChange::CreateSecret { place, .. }
            | ParsedChange::UpdateSecret { place, .. }
            | ParsedChange::DeleteSecret { place, .. }
            | ParsedChange::DeleteSecretByKey { place, .. }
            | ParsedChange::CreateFolder { place, .. }
            | ParsedChange::RenameFolder { place, .. }
            | ParsedChange::DeleteFolder { place, .. } => self.check_place(place).is_ok(),
            ParsedChange::CreateProject { .. }
            | ParsedChange::CreateEnvironment { .. }
            | ParsedChange::InviteMembers { .. }
                if !self.administration =>
            {
                return Err(ChangeScopeRefusal::AdministrationOff);
            }
            // A project that doesn't exist yet is in no scope.
            ParsedChange::CreateProject { .. } => self.scopes.is_none(),
            // They affect every environment and folder, also future ones.
            ParsedChange::CreateEnvironment { project, .. } | ParsedChange::InviteMembers { project, .. } => {
                self.allows_all_of(project)
            }
        };
        if allowed { Ok(()) } else { Err(ChangeScopeRefusal::OutOfScope) }
    }

    /// Checks whether a folder and its content are allowed.
    ///
    /// # Errors
    /// [`ScopeRefusal`] if the folder is outside of every scope.
    pub fn check_place(&self, place: &Place) -> Result<(), ScopeRefusal> {
        if self.any(|scope| scope.allows(place)) { Ok(()) } else { Err(ScopeRefusal) }
    }

    /// Whether a project with this id may be seen at all.
    #[must_use]
    pub fn allows_project(&self, id: &str) -> bool {
        self.any(|scope| scope.project.as_str() == id)
    }

    /// Whether everything of a project may be seen.
    #[must_use]
    pub fn allows_all_of(&self, project: &Project) -> bool {
        self.any(|scope| scope.project == *project && scope.environments.is_empty() && scope.paths.is_empty())
    }

    /// Whether an environment of a project may be seen.
    #[must_use]
    pub fn allows_environment(&self, project: &str, environment: &str) -> bool {
        self.any(|scope| scope.project.as_str() == project && scope.allows_environment(environment))
    }

    /// Returns the folders of an environment that are allowed with everything below them. A listing
    /// of everything allowed begins there.
    #[must_use]
    pub fn roots(&self, project: &Project, environment: &Environment) -> Vec<SecretPath> {
        let Some(scopes) = &self.scopes else { return vec![SecretPath::root()] };
        let of_here =
            scopes.iter().filter(|scope| scope.project == *project && scope.allows_environment(environment.as_str()));
        let mut roots: Vec<SecretPath> = Vec::new();
        for scope in of_here {
            match scope.paths.as_slice() {
                [] => roots.push(SecretPath::root()),
                paths => roots.extend(paths.iter().cloned()),
            }
        }
        roots.sort();
        roots.dedup();
        // A folder below another one is listed with it.
        let all = roots.clone();
        roots.retain(|root| !all.iter().any(|other| other != root && other.covers(root)));
        roots
    }

    /// Returns what is allowed at a folder or below it, as paths relative to the folder. An empty
    /// path means the folder with everything below it.
    pub(crate) fn below(&self, project: &Project, environment: &Environment, folder: &SecretPath) -> Vec<String> {
        let relative = |root: &SecretPath| {
            if root.covers(folder) {
                return Some(String::new());
            }
            let is_below = folder.covers(root);
            let cut = if *folder == SecretPath::root() { 0 } else { folder.as_str().len() };
            is_below.then(|| root.as_str().get(cut..)).flatten().map(str::to_owned)
        };
        self.roots(project, environment).iter().filter_map(relative).collect()
    }

    fn any(&self, allows: impl Fn(&Scope) -> bool) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(allows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(project: &str, environment: &str, path: &str) -> Place {
        Place {
            project: Project::new(project).unwrap(),
            environment: Environment::new(environment).unwrap(),
            path: SecretPath::new(path).unwrap(),
        }
    }

    fn list(project: &str, environment: &str, path: &str) -> Operation {
        Operation::ListSecrets { place: place(project, environment, path), recursive: true, tags: Vec::new() }
    }

    fn scope(project: &str, environments: &[&str], paths: &[&str]) -> Scope {
        Scope {
            project: Project::new(project).unwrap(),
            environments: environments.iter().map(|e| Environment::new(*e).unwrap()).collect(),
            paths: paths.iter().map(|p| SecretPath::new(*p).unwrap()).collect(),
        }
    }

    #[test]
    fn without_scopes_infisical_decides() {
        assert_eq!(Scopes::everything().check(&list("p", "prod", "/")), Ok(()));
    }

    #[test]
    fn an_empty_list_of_scopes_allows_nothing() {
        let nothing = Scopes::only(Vec::new());
        assert_eq!(nothing.check(&list("p", "dev", "/")), Err(ScopeRefusal));
        assert_eq!(nothing.check(&Operation::ProjectById { project: Project::new("p").unwrap() }), Err(ScopeRefusal));
    }

    #[test]
    fn a_scope_holds_project_environment_and_path_together() {
        let scopes = Scopes::only(vec![scope("p", &["dev"], &["/app"]), scope("q", &[], &[])]);
        for (operation, allowed) in [
            (list("p", "dev", "/app"), true),
            (list("p", "dev", "/app/db"), true),
            (list("p", "dev", "/"), false),
            (list("p", "dev", "/apple"), false),
            (list("p", "prod", "/app"), false),
            (list("q", "prod", "/"), true),
            (list("r", "dev", "/app"), false),
        ] {
            assert_eq!(scopes.check(&operation).is_ok(), allowed, "{operation:?}");
        }
        assert!(scopes.allows_environment("p", "dev"));
        assert!(!scopes.allows_environment("p", "prod"));
        assert!(!scopes.allows_environment("r", "dev"));
        assert!(scopes.allows_environment("q", "prod"));
    }

    #[test]
    fn shows_scopes_as_configured() {
        let scopes = vec![scope("p", &["dev"], &["/app"]), scope("q", &[], &[])];
        assert_eq!(Scopes::only(scopes.clone()).as_slice(), Some(scopes.as_slice()));
        assert_eq!(Scopes::only(Vec::new()).as_slice(), Some([].as_slice()));
        assert_eq!(Scopes::everything().as_slice(), None);
    }

    #[test]
    fn lists_each_topmost_allowed_folder_once() {
        let scopes = Scopes::only(vec![
            scope("p", &["dev"], &["/app/db", "/web", "/app"]),
            scope("p", &["dev", "prod"], &["/web", "/apple"]),
            scope("p", &["prod"], &["/x"]),
            scope("q", &[], &[]),
            scope("q", &[], &["/app"]),
        ]);
        let roots = |scopes: &Scopes, project: &str, environment: &str| {
            let roots = scopes.roots(&Project::new(project).unwrap(), &Environment::new(environment).unwrap());
            roots.iter().map(|root| root.as_str().to_owned()).collect::<Vec<_>>()
        };
        for (project, environment, expected) in [
            ("p", "dev", &["/app", "/apple", "/web"][..]),
            ("p", "prod", &["/apple", "/web", "/x"]),
            ("p", "test", &[]),
            ("q", "dev", &["/"]),
            ("r", "dev", &[]),
        ] {
            assert_eq!(roots(&scopes, project, environment), expected, "{project} {environment}");
        }
        assert_eq!(roots(&Scopes::everything(), "p", "dev"), ["/"]);
    }
}
