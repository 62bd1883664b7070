//! Infisical's names for the project, environments and tags of a plan. The host finds them on the
//! read identity when the plan is filed.
//!
//! The component has no part in this. Anyone who may name a project writes a text that an approver
//! reads. So a name is shown escaped and whole, or not at all.

use super::gate::Gate;
use super::search::{NoProject, Search};
use crate::model::names::{EnvironmentName, ProjectNames, TagName};
use infisical_skill_policy::answers::ProjectEnvironments;
use infisical_skill_policy::change::ParsedChange;
use infisical_skill_policy::text::{exact, exact_words};
use infisical_skill_policy::{Environment, Project, TagId};
use std::collections::HashMap;

/// The most bytes of a name that is shown. Infisical's own limits are lower.
const MAX_NAME: usize = 256;

const NOT_SHOWN: &str =
    "a name that is longer than 256 bytes, or contains one of the skill's own credentials, isn't shown";

/// Slugs and names of tags by project and id, as the server's answers gave them. The first answer
/// counts.
pub(super) type TagNames = HashMap<(Project, TagId), (String, Option<String>)>;

impl Gate {
    /// The names of the projects that these changes are in, in the order of the changes. Never
    /// fails: the result says what couldn't be found out.
    pub(super) async fn find_names(&self, search: &mut Search<'_>, changes: &[ParsedChange]) -> Vec<ProjectNames> {
        let mut all = Vec::new();
        for project in distinct(changes.iter().filter_map(ParsedChange::project)) {
            let found = search.project(project).await;
            let here: Vec<&ParsedChange> = changes.iter().filter(|change| change.project() == Some(project)).collect();
            let environments =
                distinct(here.iter().filter_map(|change| change.place()).map(|place| &place.environment));
            let tags = distinct(here.iter().flat_map(|change| change.tags()));
            all.push(self.names_of(project, &environments, &tags, found));
        }
        all
    }

    /// Infisical's names for a project, and for these environments and tags in it, as far as the
    /// answer about the project and earlier answers about tags have them.
    pub(super) fn names_of(
        &self,
        project: &Project,
        environments: &[&Environment],
        tags: &[&TagId],
        found: Result<ProjectEnvironments, NoProject>,
    ) -> ProjectNames {
        let mut withheld = false;
        let mut shown = |text: Option<&str>, escaped: fn(&str) -> String| {
            let text = text.filter(|text| !text.is_empty())?;
            let may_be_shown = text.len() <= MAX_NAME && !self.shared.identities.have_credential_in(text.as_bytes());
            withheld |= !may_be_shown;
            may_be_shown.then(|| escaped(text))
        };
        let known = found.as_ref().ok();
        let slug = shown(known.map(|it| it.slug.as_str()), exact);
        let name = shown(known.and_then(|it| it.name.as_deref()), exact_words);
        let environments = environments.iter().map(|&environment| {
            let named = known.and_then(|it| it.environments.iter().find(|it| it.slug == *environment));
            let name = shown(named.and_then(|it| it.name.as_deref()), exact_words);
            EnvironmentName { slug: environment.to_string(), name }
        });
        let environments = environments.collect();
        let known_tags = self.ledger().tags.clone();
        let tags = tags.iter().map(|&id| {
            let known = known_tags.get(&(project.clone(), id.clone()));
            let slug = shown(known.map(|(slug, _)| slug.as_str()), exact);
            let name = shown(known.and_then(|(_, name)| name.as_deref()), exact_words);
            TagName { id: id.to_string(), slug, name }
        });
        let tags = tags.collect();
        let not_known = match found {
            Err(reason) => Some(reason.of_names()),
            Ok(_) => withheld.then(|| NOT_SHOWN.to_owned()),
        };
        ProjectNames { id: project.to_string(), slug, name, environments, tags, not_known }
    }
}

/// Each item once, in order.
fn distinct<'a, T: PartialEq>(all: impl Iterator<Item = &'a T>) -> Vec<&'a T> {
    let mut once: Vec<&T> = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}
