//! Checks a draft: what the component wants to file as a plan.

use super::Observed;
use crate::change::{
    self, AskedChange, ChangeRefusal, ChangeRequest, KnownIds, ParsedChange, acknowledgement, describe,
};
use crate::exposure::{Exposure, Widening};
use crate::names::FolderId;
use crate::operation::{ApiVersion, Place};
use crate::scope::ChangeScopeRefusal;
use std::collections::HashMap;
use std::fmt;

/// The folders that the server's answers named in a preview, with their places and names by id.
/// They give a meaning to a change that names a folder by its id.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    named: HashMap<String, NamedFolder>,
}

#[derive(Debug, Clone)]
struct NamedFolder {
    /// The place at which the listing began.
    listed: Place,
    /// The path of the folder above. It is text and not a path, because an older server allows any
    /// name.
    parent: String,
    name: String,
    /// Whether two answers gave the id different names or places.
    ambiguous: bool,
}

impl NamedFolder {
    fn is_in(&self, place: &Place) -> bool {
        let Place { project, environment, path } = place;
        self.listed.project == *project && self.listed.environment == *environment && self.parent == path.as_str()
    }
}

impl Folders {
    /// Notes what a listing of a place said about a folder. `relative_path` is the folder's path
    /// from there, including its name. Without it, the folder is directly in the place.
    pub fn note(&mut self, listed: &Place, relative_path: Option<&str>, id: &str, name: &str) {
        let above = relative_path.and_then(|path| path.rsplit_once('/')).map_or("", |(above, _)| above);
        let parent = match (listed.path.as_str(), above) {
            (root, "") => root.to_owned(),
            ("/", above) => above.to_owned(),
            (root, above) => format!("{root}{above}"),
        };
        let folder = NamedFolder { listed: listed.clone(), parent, name: name.to_owned(), ambiguous: false };
        self.named
            .entry(id.to_owned())
            .and_modify(|named| {
                let Place { project, environment, .. } = listed;
                let is_there = named.listed.project == *project && named.listed.environment == *environment;
                named.ambiguous |= named.name != name || named.parent != folder.parent || !is_there;
            })
            .or_insert(folder);
    }

    /// Returns the name of the folder that a change names by its id. `None` if the change names
    /// none, or the name is unknown.
    #[must_use]
    pub fn name_of(&self, change: &ParsedChange) -> Option<&str> {
        self.name(change.place()?, change.folder_id()?)
    }

    /// Whether an answer named this folder.
    pub(super) fn are_listed(&self, place: &Place) -> bool {
        self.named.values().any(|named| {
            let Place { project, environment, path } = place;
            let is_there = named.listed.project == *project && named.listed.environment == *environment;
            let at = named.parent.strip_suffix('/').unwrap_or(&named.parent);
            is_there
                && path.as_str().strip_prefix(at).and_then(|rest| rest.strip_prefix('/')) == Some(named.name.as_str())
        })
    }

    /// Returns the name of the folder with this id in this place. `None` if no answer had it there,
    /// or if the server could take the id for another folder's name.
    pub(super) fn name(&self, place: &Place, id: &FolderId) -> Option<&str> {
        let named = self.named.get(id.as_str()).filter(|named| !named.ambiguous && named.is_in(place))?;
        let is_a_name_too = self.named.values().any(|other| other.name == id.as_str());
        (!is_a_name_too).then_some(named.name.as_str())
    }
}

/// Why a draft isn't filed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftRefusal {
    /// It has no request, or more than the operator allows.
    Count,
    /// It has a request that no plan may have.
    Change(ChangeRefusal),
    /// It has a change outside of the operator's scopes.
    OutOfScope,
    /// It has an administrative change, and the operator doesn't allow those.
    AdministrationOff,
    /// It has a change that would make something visible or writable that isn't now.
    Widening(Widening),
    /// It has the id of a folder that no answer of this preview named in that place, or that means
    /// two folders.
    UnknownFolder,
    /// It has the same request twice.
    Twice,
    /// The component computed another phrase than the one that follows from the requests.
    Acknowledgement,
    /// It has a change that nobody asked for, or one is missing.
    NotAsked,
}

impl fmt::Display for DraftRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("it has no changes, or more than a plan may have"),
            Self::Change(refusal) => write!(f, "one of its requests isn't allowed in a plan: {refusal}"),
            Self::OutOfScope => f.write_str("a change in it is outside of the scopes that the operator allows"),
            Self::AdministrationOff => write!(f, "{}", ChangeScopeRefusal::AdministrationOff),
            Self::Widening(widening) => widening.fmt(f),
            Self::UnknownFolder => f.write_str(
                "it names a folder by an id that the server didn't give for that place, or that means two folders",
            ),
            Self::Twice => f.write_str("it has the same request twice"),
            Self::Acknowledgement => f.write_str("its acknowledgement isn't the one that follows from its requests"),
            Self::NotAsked => f.write_str("it isn't what was asked for"),
        }
    }
}

impl std::error::Error for DraftRefusal {}

impl From<ChangeScopeRefusal> for DraftRefusal {
    fn from(refusal: ChangeScopeRefusal) -> Self {
        match refusal {
            ChangeScopeRefusal::OutOfScope => Self::OutOfScope,
            ChangeScopeRefusal::AdministrationOff => Self::AdministrationOff,
        }
    }
}

/// A draft that may be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The requests that it would send, in order.
    pub requests: Vec<ChangeRequest>,
    /// The host's own description of each request.
    pub readings: Vec<String>,
    /// The confirmation phrase.
    pub acknowledge: Option<String>,
    /// What a person types to approve it.
    pub target: String,
    /// Whether it changes something in a protected environment.
    pub is_protected: bool,
    /// The settings that it was checked against: [`Exposure::fingerprint`].
    pub settings_fingerprint: String,
    /// What the host observed of the targets of its requests.
    pub observed: Vec<Observed>,
    /// Which limits it exceeds together with earlier changes: [`super::Excess`].
    pub excess: Vec<String>,
}

/// A checked draft that is what the caller asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedPlan(Checked);

impl MatchedPlan {
    /// Returns the changes that its requests would make, in order.
    #[must_use]
    pub fn changes(&self, api_version: ApiVersion) -> Vec<ParsedChange> {
        let read = |it: &ChangeRequest| change::parse(api_version, it.method, &it.path, &it.body).ok();
        self.0.requests.iter().filter_map(read).collect()
    }

    /// Adds what the host observed of the targets of its requests.
    #[must_use]
    pub fn with_observed(self, observed: Vec<Observed>) -> Self {
        Self(Checked { observed, ..self.0 })
    }

    /// The checked draft.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.0
    }

    /// Returns the checked draft.
    #[must_use]
    pub fn into_checked(self) -> Checked {
        self.0
    }
}

impl Checked {
    /// Compares the draft with what was asked for: one request for each change, in the same order.
    /// `folders` are those that the draft was checked with. `named` is what the server's answers
    /// named.
    ///
    /// # Errors
    /// [`DraftRefusal::NotAsked`] if they don't match.
    pub fn verify_matches_request(
        self,
        api_version: ApiVersion,
        (folders, named): (&Folders, &KnownIds),
        asked: &[AskedChange],
    ) -> Result<MatchedPlan, DraftRefusal> {
        let is_asked = |(request, asked): (&ChangeRequest, &AskedChange)| {
            change::parse(api_version, request.method, &request.path, &request.body)
                .is_ok_and(|change| asked.is(&change, named, name_of(folders, &change)))
        };
        if self.requests.len() == asked.len() && self.requests.iter().zip(asked).all(is_asked) {
            Ok(MatchedPlan(self))
        } else {
            Err(DraftRefusal::NotAsked)
        }
    }
}

/// Checks a draft: its requests in order, and the phrase that the component computed.
///
/// # Errors
/// [`DraftRefusal`] says what is wrong.
pub fn check(
    api_version: ApiVersion,
    exposure: &Exposure<'_>,
    folders: &Folders,
    (max, above): (u32, u32),
    requests: Vec<ChangeRequest>,
    acknowledge: Option<&str>,
) -> Result<Checked, DraftRefusal> {
    if requests.is_empty() || u32::try_from(requests.len()).unwrap_or(u32::MAX) > max {
        return Err(DraftRefusal::Count);
    }
    let changes = requests
        .iter()
        .map(|request| change::parse(api_version, request.method, &request.path, &request.body))
        .collect::<Result<Vec<ParsedChange>, _>>()
        .map_err(DraftRefusal::Change)?;
    changes.iter().try_for_each(|change| exposure.scopes.check_change(change))?;
    if changes.iter().any(|change| change.folder_id().is_some() && name_of(folders, change).is_none()) {
        return Err(DraftRefusal::UnknownFolder);
    }
    changes
        .iter()
        .try_for_each(|change| exposure.check(change, name_of(folders, change)))
        .map_err(DraftRefusal::Widening)?;
    if requests.iter().enumerate().any(|(at, request)| requests.iter().take(at).any(|other| other == request)) {
        return Err(DraftRefusal::Twice);
    }
    let phrase = acknowledgement::phrase(api_version, &changes, above, |change| name_of(folders, change));
    if phrase.as_deref() != acknowledge {
        return Err(DraftRefusal::Acknowledgement);
    }
    let readings = changes.iter().map(|change| describe::describe(change, name_of(folders, change))).collect();
    let target = describe::target(&changes, |change| name_of(folders, change).map(str::to_owned));
    let is_protected = changes.iter().any(|change| exposure.is_protected(change));
    let settings_fingerprint = exposure.fingerprint();
    Ok(Checked {
        requests,
        readings,
        acknowledge: phrase,
        target,
        is_protected,
        settings_fingerprint,
        observed: Vec::new(),
        excess: Vec::new(),
    })
}

/// Returns the name of the folder that a change names by its id.
fn name_of<'a>(folders: &'a Folders, change: &ParsedChange) -> Option<&'a str> {
    folders.name_of(change)
}
