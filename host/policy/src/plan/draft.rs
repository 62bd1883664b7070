//! What the component wants to have kept as a plan: judged before it is.

use super::Seen;
use crate::change::{self, AskedChange, Change, ChangeRefusal, ChangeRequest, Named, acknowledgement, reading};
use crate::exposure::{Exposure, Widening};
use crate::names::FolderId;
use crate::operation::{Generation, Place};
use crate::scope::ChangeScopeRefusal;
use std::collections::HashMap;
use std::fmt;

/// The folders that the server's answers named in a preview: where they are, and what they are called, by their ids. A change that names a folder by its id is
/// read with it.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    named: HashMap<String, NamedFolder>,
}

#[derive(Debug, Clone)]
struct NamedFolder {
    /// Where the listing began in which it was.
    listed: Place,
    /// The path of the folder that it is in. Text, not a path: an older server's names may be anything.
    parent: String,
    name: String,
    /// Two answers gave the id different names or places.
    ambiguous: bool,
}

impl NamedFolder {
    fn is_in(&self, place: &Place) -> bool {
        let Place { project, environment, path } = place;
        self.listed.project == *project && self.listed.environment == *environment && self.parent == path.as_str()
    }
}

impl Folders {
    /// Notes what the listing of a place said of a folder. `relative_path` is its path from there, its own name at the end; without one it is in that very place.
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

    /// The name of the folder that a change names by its id. None if it names none, or if the name isn't known.
    #[must_use]
    pub fn name_of(&self, change: &Change) -> Option<&str> {
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

    /// The name of the folder with this id in this place. None if no answer had it there, or if the server might take the id for another folder's name.
    pub(super) fn name(&self, place: &Place, id: &FolderId) -> Option<&str> {
        let named = self.named.get(id.as_str()).filter(|named| !named.ambiguous && named.is_in(place))?;
        let is_a_name_too = self.named.values().any(|other| other.name == id.as_str());
        (!is_a_name_too).then_some(named.name.as_str())
    }
}

/// Why a draft isn't kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftRefusal {
    /// No request, or more than the operator allows.
    Count,
    /// A request that no plan may have.
    Change(ChangeRefusal),
    /// A change outside of the operator's scopes.
    OutOfScope,
    /// An administrative change, and the operator hasn't allowed those.
    AdministrationOff,
    /// A change that would make something visible or writable to somebody for whom it wasn't.
    Widening(Widening),
    /// A folder's id that no answer named in this preview and that place, or one that means two folders.
    UnknownFolder,
    /// The same request twice.
    Twice,
    /// The component reckons another phrase than the one that follows from the requests.
    Acknowledgement,
    /// A change that nobody asked for, or one too few.
    NotAsked,
}

impl fmt::Display for DraftRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("it has no changes, or more than a plan may have"),
            Self::Change(refusal) => write!(f, "a request in it isn't one that a plan may have: {refusal}"),
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

/// A draft that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it would send, in order.
    pub requests: Vec<ChangeRequest>,
    /// The host's own reading of each.
    pub readings: Vec<String>,
    /// The phrase that it needs.
    pub acknowledge: Option<String>,
    /// What a person types to say that they mean it.
    pub target: String,
    /// Whether it changes something in a protected environment.
    pub is_protected: bool,
    /// The settings that it was judged by: [`Exposure::fingerprint`].
    pub judged_by: String,
    /// What was seen of what its requests are about, by the host.
    pub seen: Vec<Seen>,
    /// What it goes beyond together with what was changed before it: [`super::Excess`].
    pub excess: Vec<String>,
}

/// A draft that may be kept, and that is what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant(Checked);

impl Meant {
    /// The changes that its requests would make, in order.
    #[must_use]
    pub fn changes(&self, generation: Generation) -> Vec<Change> {
        let read = |it: &ChangeRequest| change::read(generation, it.method, &it.path, &it.body).ok();
        self.0.requests.iter().filter_map(read).collect()
    }

    /// The same, with what the host saw of what its requests are about.
    #[must_use]
    pub fn seeing(self, seen: Vec<Seen>) -> Self {
        Self(Checked { seen, ..self.0 })
    }

    /// What was checked.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.0
    }

    /// What it would send, and what goes with it.
    #[must_use]
    pub fn into_checked(self) -> Checked {
        self.0
    }
}

impl Checked {
    /// Holds the draft to what was asked for: one request for each change, in the same order. `folders` are those that the draft was checked with,
    /// `named` what the server's answers named.
    ///
    /// # Errors
    /// [`DraftRefusal::NotAsked`] if it is anything else.
    pub fn meant_by(
        self,
        generation: Generation,
        (folders, named): (&Folders, &Named),
        asked: &[AskedChange],
    ) -> Result<Meant, DraftRefusal> {
        let is_asked = |(request, asked): (&ChangeRequest, &AskedChange)| {
            change::read(generation, request.method, &request.path, &request.body)
                .is_ok_and(|change| asked.is(&change, named, name_of(folders, &change)))
        };
        if self.requests.len() == asked.len() && self.requests.iter().zip(asked).all(is_asked) {
            Ok(Meant(self))
        } else {
            Err(DraftRefusal::NotAsked)
        }
    }
}

/// Judges a draft: `requests` in order, with the phrase that the component reckons.
///
/// # Errors
/// [`DraftRefusal`] says what is wrong with it.
pub fn check(
    generation: Generation,
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
        .map(|request| change::read(generation, request.method, &request.path, &request.body))
        .collect::<Result<Vec<Change>, _>>()
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
    let phrase = acknowledgement::phrase(generation, &changes, above, |change| name_of(folders, change));
    if phrase.as_deref() != acknowledge {
        return Err(DraftRefusal::Acknowledgement);
    }
    let readings = changes.iter().map(|change| reading::reading(change, name_of(folders, change))).collect();
    let target = reading::target(&changes, |change| name_of(folders, change).map(str::to_owned));
    let is_protected = changes.iter().any(|change| exposure.is_protected(change));
    let judged_by = exposure.fingerprint();
    Ok(Checked {
        requests,
        readings,
        acknowledge: phrase,
        target,
        is_protected,
        judged_by,
        seen: Vec::new(),
        excess: Vec::new(),
    })
}

/// The name of the folder that a change names by its id.
fn name_of<'a>(folders: &'a Folders, change: &Change) -> Option<&'a str> {
    folders.name_of(change)
}
