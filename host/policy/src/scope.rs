//! Where the operator allows the skill to look and to change something, and whether it may administer.

use crate::change::Change;
use crate::names::{Environment, Project, SecretPath};
use crate::operation::{Operation, Place};
use std::fmt;

/// One allowance. Everything in it must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The project's id.
    pub project: Project,
    /// The environments. Empty: every environment.
    pub environments: Vec<Environment>,
    /// The folders, each with all below it. Empty: every folder.
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

/// All allowances of the operator.
///
/// [`Scopes::everything`] leaves the decision to Infisical; an empty list of allowances is not that: it allows nothing. Neither of them allows
/// administrative changes: [`Scopes::with_administration`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// None: everything.
    scopes: Option<Vec<Scope>>,
    administration: bool,
}

/// The operation is outside of every allowance.
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
    /// It is outside of every allowance.
    OutOfScope,
    /// It is administrative, and such changes are off.
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

/// What has to be done, and by whom: nobody else can.
const ADMINISTRATION_OFF: &str =
    "administrative changes are off: the operator must set `administration = true` to allow them";

impl Scopes {
    /// Wherever the identity may look.
    #[must_use]
    pub const fn everything() -> Self {
        Self { scopes: None, administration: false }
    }

    /// Only where one of these allows it. None of them: nowhere.
    #[must_use]
    pub fn only(scopes: Vec<Scope>) -> Self {
        Self { scopes: Some(scopes), administration: false }
    }

    /// The same, with administrative changes (new projects, new environments, new members) allowed or not.
    #[must_use]
    pub fn with_administration(self, administration: bool) -> Self {
        Self { administration, ..self }
    }

    /// Whether administrative changes are allowed, where they are in scope.
    #[must_use]
    pub fn administration(&self) -> bool {
        self.administration
    }

    /// The allowances, unless everything is allowed.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[Scope]> {
        self.scopes.as_deref()
    }

    /// Whether the operation may be asked for. Lists of projects always may: what is out of scope is left out of the answer.
    ///
    /// # Errors
    /// [`ScopeRefusal`] if no allowance has it.
    pub fn check(&self, operation: &Operation) -> Result<(), ScopeRefusal> {
        let allowed = match operation {
            // A slug says nothing about the id until the answer is here: `answers` looks then.
            Operation::ListProjects { .. } | Operation::ProjectBySlug { .. } => true,
            // Of a project that is in scope in part, the entries in scope come in: `answers` looks at each.
            Operation::ProjectById { project }
            | Operation::ListTags { project }
            | Operation::ListAuditLogs { project, .. } => self.allows_project(project.as_str()),
            // What is below an allowed folder is allowed: a recursive listing needs no rule of its own.
            Operation::ListFolders { place, .. }
            | Operation::ListSecrets { place, .. }
            | Operation::ListImports { place }
            | Operation::GetSecret { place, .. }
            | Operation::RevealSecret { place, .. } => return self.check_place(place),
        };
        if allowed { Ok(()) } else { Err(ScopeRefusal) }
    }

    /// Whether the change may be planned, and made.
    ///
    /// # Errors
    /// [`ChangeScopeRefusal`] if no allowance has it, or if it is administrative where such changes are off.
    pub fn check_change(&self, change: &Change) -> Result<(), ChangeScopeRefusal> {
        let allowed = match change {
            Change::CreateSecret { place, .. }
            | Change::UpdateSecret { place, .. }
            | Change::DeleteSecret { place, .. }
            | Change::DeleteSecretByKey { place, .. }
            | Change::CreateFolder { place, .. }
            | Change::RenameFolder { place, .. }
            | Change::DeleteFolder { place, .. } => self.check_place(place).is_ok(),
            Change::CreateProject { .. } | Change::CreateEnvironment { .. } | Change::InviteMembers { .. }
                if !self.administration =>
            {
                return Err(ChangeScopeRefusal::AdministrationOff);
            }
            // Whatever the scopes are, a project that isn't there yet is in none of them.
            Change::CreateProject { .. } => self.scopes.is_none(),
            // They reach every environment and folder there is, and those to come.
            Change::CreateEnvironment { project, .. } | Change::InviteMembers { project, .. } => {
                self.allows_all_of(project)
            }
        };
        if allowed { Ok(()) } else { Err(ChangeScopeRefusal::OutOfScope) }
    }

    /// Whether a folder, and what is in it, is allowed.
    ///
    /// # Errors
    /// [`ScopeRefusal`] if no allowance has it.
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

    /// The folders of an environment that are allowed with all below them: what a listing of everything allowed begins at.
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
        // What is below another one is listed with it.
        let all = roots.clone();
        roots.retain(|root| !all.iter().any(|other| other != root && other.covers(root)));
        roots
    }

    /// What is allowed at a folder or below it, each part relative to the folder: empty for the
    /// folder with all below it, else such as `/db`.
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
    fn the_allowances_are_told_as_they_were_given() {
        let scopes = vec![scope("p", &["dev"], &["/app"]), scope("q", &[], &[])];
        assert_eq!(Scopes::only(scopes.clone()).as_slice(), Some(scopes.as_slice()));
        assert_eq!(Scopes::only(Vec::new()).as_slice(), Some([].as_slice()));
        assert_eq!(Scopes::everything().as_slice(), None);
    }

    #[test]
    fn a_listing_of_everything_allowed_begins_at_each_topmost_folder_once() {
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
