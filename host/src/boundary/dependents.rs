//! What depends on the objects that a plan changes. The host searches for it on the read identity
//! when the plan is filed.
//!
//! The component has no part in this, because a person's approval must not rest on what it says.
//! The search makes few requests, records them, and stays within the scopes. The result names the
//! places that weren't searched and reports nothing about them.

use super::gate::Gate;
use super::search::{Area, Search, SearchReply};
use crate::model::dependents::{Dependents, Finding, Gap};
use infisical_skill_policy::answers::{self, ImportSource};
use infisical_skill_policy::change::ParsedChange;
use infisical_skill_policy::dependents::{AffectedItem, Import};
use infisical_skill_policy::text::{exact, exact_path};
use infisical_skill_policy::{Environment, Place, Project, SecretPath};

/// The most folders in which the host looks for a secret that a new one would hide.
const MAX_SOURCES: usize = 8;

/// A change of the plan: its number from 1, and what it affects, if that can be searched for.
struct Numbered {
    change: u32,
    touched: Option<AffectedItem>,
}

/// What was found in a project.
struct ProjectDependents {
    imports: Vec<Import>,
    /// Where imports were searched for.
    searched_imports: Result<Coverage, String>,
    /// How many secrets refer to each affected object, and where references were searched for.
    references: Result<(Vec<u32>, Coverage), String>,
}

/// What was searched completely, and what wasn't.
#[derive(Clone, Default)]
pub(super) struct Coverage {
    pub(super) searched: Vec<String>,
    pub(super) gaps: Vec<Gap>,
    /// Whether anything was searched, even in part.
    pub(super) any: bool,
}

impl Coverage {
    pub(super) fn gap(&mut self, place: &str, reason: impl Into<String>) {
        self.gaps.push(Gap { place: place.to_owned(), reason: reason.into() });
    }
}

/// A current server hides values from the identity. A preview can't change that.
const VALUES_STAY_HIDDEN: &str = "values stay hidden";
const NO_VALUES: &str = "the read identity can't read the values";

const IMPORTS_OUT_OF_SCOPE: &str = "what this folder imports is outside of the scopes";

impl Gate {
    /// What depends on the objects that these changes affect. `folder` gives a folder's name by the
    /// change that has its id. Never fails: the result says what couldn't be found out.
    pub(super) async fn find_dependents<'c>(
        &self,
        search: &mut Search<'_>,
        changes: &'c [ParsedChange],
        folder: impl Fn(&'c ParsedChange) -> Option<&'c str>,
    ) -> Vec<Dependents> {
        let mut all = Vec::new();
        for (change, number) in changes.iter().zip(1..) {
            let touched = AffectedItem::of(change, folder(change));
            let has_dependents = touched.is_some() || change.folder_id().is_some();
            if let (true, Some(project)) = (has_dependents, change.project()) {
                all.push((project.clone(), Numbered { change: number, touched }));
            }
        }
        let mut dependents = Vec::new();
        while let Some((project, _)) = all.first() {
            let project = project.clone();
            let (here, elsewhere): (Vec<_>, Vec<_>) = all.into_iter().partition(|(other, _)| *other == project);
            let here: Vec<Numbered> = here.into_iter().map(|(_, numbered)| numbered).collect();
            dependents.extend(in_project(search, &project, &here).await);
            all = elsewhere;
        }
        dependents.sort_by_key(|it| it.change);
        dependents
    }
}

async fn in_project(search: &mut Search<'_>, project: &Project, here: &[Numbered]) -> Vec<Dependents> {
    let there: Vec<&AffectedItem> =
        here.iter().filter_map(|it| it.touched.as_ref()).filter(|it| it.is_there()).collect();
    let found = if there.is_empty() { None } else { Some(find(search, project, &there).await) };
    let mut dependents = Vec::new();
    let mut place = 0;
    for Numbered { change, touched } in here {
        let Some(touched) = touched else {
            let reason = "the folder's name can't stand in a request";
            let unnameable = || Some(Finding::not_looked_for(reason));
            dependents.push(Dependents {
                change: *change,
                imports: unnameable(),
                references: unnameable(),
                hides: None,
            });
            continue;
        };
        let (mut imports, mut references) = (None, None);
        if let (true, Some(found)) = (touched.is_there(), &found) {
            imports = Some(found.imports_of(touched));
            references = Some(found.references_to(place));
            place += 1;
        }
        let hides = match touched.appearing() {
            Some(name) => Some(hidden_by(search, touched.at(), name, found.as_ref()).await),
            None => None,
        };
        dependents.push(Dependents { change: *change, imports, references, hides });
    }
    dependents
}

async fn find(search: &mut Search<'_>, project: &Project, touched: &[&AffectedItem]) -> ProjectDependents {
    let first = touched.first().map(|it| it.at().environment.clone());
    match search.area(project, first.as_ref()).await {
        Err(reason) => {
            let references = if search.sees_values() { reason.clone() } else { VALUES_STAY_HIDDEN.to_owned() };
            ProjectDependents { imports: Vec::new(), searched_imports: Err(reason), references: Err(references) }
        }
        Ok(area) => {
            // Search references before imports: imports may need more requests than the limit
            // allows.
            let references = references(search, project, &area, touched).await;
            let (imports, searched_imports) = search.imports(project, &area).await;
            ProjectDependents { imports, searched_imports, references }
        }
    }
}

/// How many secrets refer to each affected object. An older server always sends values. A current
/// one is asked for them only if the operator allows it.
async fn references(
    search: &mut Search<'_>,
    project: &Project,
    area: &Area,
    touched: &[&AffectedItem],
) -> Result<(Vec<u32>, Coverage), String> {
    if !search.sees_values() {
        return Err(VALUES_STAY_HIDDEN.to_owned());
    }
    let slug = match &area.slug {
        Some(slug) => Some(slug.clone()),
        None => search.slug(project).await,
    };
    let (mut counts, mut coverage) = (vec![0_u32; touched.len()], Coverage::default());
    for here in &area.environments {
        let environment = &here.environment;
        if !here.is_in_scope {
            coverage.gap(environment.as_str(), super::search::OUT_OF_SCOPE);
            continue;
        }
        let (mut missing, mut any) = (None, false);
        for path in search.roots(project, environment) {
            let place = Place { project: project.clone(), environment: environment.clone(), path };
            let found = match search.values(place).await {
                // The server replaces values that it hides, so hidden values mean that nothing was
                // searched.
                SearchReply::Body(body) => answers::count_references(&body, environment, slug.as_deref(), touched)
                    .ok_or_else(|| NO_VALUES.to_owned()),
                SearchReply::Nothing => Ok(vec![0; touched.len()]),
                SearchReply::Refused => Err(NO_VALUES.to_owned()),
                SearchReply::Failed(reason) => Err(reason),
            };
            match found {
                Ok(found) => {
                    any = true;
                    for (count, more) in counts.iter_mut().zip(found) {
                        *count = count.saturating_add(more);
                    }
                }
                Err(reason) => missing = Some(reason),
            }
        }
        coverage.any |= any;
        match missing {
            Some(reason) => coverage.gap(environment.as_str(), reason),
            None if !here.is_wholly_in_scope => coverage.gap(environment.as_str(), super::search::ONLY_IN_SCOPE),
            None => coverage.searched.push(environment.to_string()),
        }
    }
    if coverage.any { Ok((counts, coverage)) } else { Err(why_nothing(&coverage)) }
}

/// Why nothing was searched: the reason of each environment, or the one that they share.
pub(super) fn why_nothing(coverage: &Coverage) -> String {
    let Some(Gap { reason, .. }) = coverage.gaps.first() else { return "the project has no environments".to_owned() };
    if coverage.gaps.iter().all(|gap| gap.reason == *reason) {
        return reason.clone();
    }
    coverage.gaps.iter().map(|gap| format!("{} ({})", gap.place, gap.reason)).collect::<Vec<_>>().join(", ")
}

impl ProjectDependents {
    fn imports_of(&self, touched: &AffectedItem) -> Finding {
        let coverage = match &self.searched_imports {
            Ok(coverage) => coverage.clone(),
            Err(reason) => return Finding::not_looked_for(reason.as_str()),
        };
        let told = |it: infisical_skill_policy::dependents::Importer| {
            let through = if it.is_indirect { " (through another import)" } else { "" };
            format!("{}{through}", name_of(it.place.environment.as_str(), it.place.path.as_str()))
        };
        let places: Vec<String> = touched.importers(&self.imports).into_iter().map(told).collect();
        Finding::found(places.len(), places, coverage.searched, coverage.gaps)
    }

    fn references_to(&self, number: usize) -> Finding {
        match &self.references {
            Ok((counts, coverage)) => {
                let count = counts.get(number).copied().unwrap_or_default() as usize;
                Finding::found(count, Vec::new(), coverage.searched.clone(), coverage.gaps.clone())
            }
            Err(reason) => Finding::not_looked_for(reason.as_str()),
        }
    }

    /// What a folder imports, if that was searched for.
    fn sources_of(&self, at: &Place) -> Option<Vec<ImportSource>> {
        let of_it: Vec<_> = self.imports.iter().filter(|it| it.by == *at).map(|it| it.from.clone()).collect();
        (!of_it.is_empty()).then_some(of_it)
    }
}

/// What a new name hides: secrets of the same name in the folders that the folder imports.
async fn hidden_by(search: &mut Search<'_>, at: &Place, name: &str, found: Option<&ProjectDependents>) -> Finding {
    let sources = match found.and_then(|found| found.sources_of(at)) {
        Some(sources) => sources,
        None => match search.sources(at).await {
            Ok(sources) => sources,
            Err(reason) => return Finding::not_looked_for(reason),
        },
    };
    let (mut hidden, mut coverage) = (Vec::new(), Coverage::default());
    let mut handled: Vec<ImportSource> = Vec::new();
    for source in sources {
        if handled.contains(&source) {
            continue;
        }
        let told = name_of(&source.environment, &source.path);
        let place = place_of(at, &source).filter(|place| search.is_in_scope(place));
        let Some(place) = place else {
            handled.push(source);
            // Nothing about an imported folder out of scope is reported, not even its place.
            if !coverage.gaps.iter().any(|gap| gap.reason == super::search::OUT_OF_SCOPE) {
                coverage.gap("an imported place", super::search::OUT_OF_SCOPE);
            }
            continue;
        };
        handled.push(source);
        if handled.len() > MAX_SOURCES {
            coverage.gap(&told, "the folder imports too many places");
            continue;
        }
        match search.has_secret(place, name).await {
            Ok(has_it) => {
                coverage.any = true;
                if has_it {
                    hidden.push(told.clone());
                }
                coverage.searched.push(told);
            }
            Err(reason) => coverage.gap(&told, reason),
        }
    }
    if !coverage.any && !coverage.gaps.is_empty() {
        let is_out = coverage.gaps.iter().all(|gap| gap.reason == super::search::OUT_OF_SCOPE);
        let reason = if is_out { IMPORTS_OUT_OF_SCOPE.to_owned() } else { why_nothing(&coverage) };
        return Finding::not_looked_for(reason);
    }
    Finding::found(hidden.len(), hidden, coverage.searched, coverage.gaps)
}

fn place_of(at: &Place, source: &ImportSource) -> Option<Place> {
    let environment = Environment::new(source.environment.as_str()).ok()?;
    let path = SecretPath::new(source.path.as_str()).ok()?;
    Some(Place { project: at.project.clone(), environment, path })
}

/// A folder as the approver sees it.
fn name_of(environment: &str, path: &str) -> String {
    format!("{}:{}", exact(environment), exact_path(path))
}
