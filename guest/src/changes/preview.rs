//! Previews changes: observes the current state, computes the requests and files a plan. It sends
//! only GETs.

use super::effects::{self, Context};
use super::generate::generate;
use super::observe::Snapshot;
use super::payload::Payload;
use super::planned::{Observed, Planned, Task};
use super::requests::request;
use crate::client::Client;
use crate::client::failures;
use crate::client::requests::Located;
use crate::error::{Error, Layer};
use crate::guard::acknowledgement::phrase;
use crate::guard::administration::Administration;
use crate::guard::grammar::{ProjectRef, Word};
use crate::guard::intents::{self, Intent};
use crate::guard::scopes::Scopes;
use crate::guard::validated_change::{Kind, NewValue};
use crate::guard::{conflicts, exposure, preconditions};
use crate::json::unexpected;
use crate::ports::{Draft, HostPort, Transport};
use crate::skill::Skill;
use crate::types::{BlastRadius, Change, Filed, PlanPreview, Policy};

impl<T: Transport, W: HostPort> Skill<T, W> {
    /// Previews these changes and files a plan. Changes nothing on the server.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next.
    pub fn preview(&mut self, changes: &[Change]) -> Result<PlanPreview, Error> {
        let policy = self.host.policy();
        preconditions::may_plan(&policy)?;
        if let [change] = changes
            && let Some(change) = Administration::of(change)
        {
            return self.preview_administration(change, &policy);
        }
        let mut intents = intents::check(changes, &policy)?;
        conflicts::check(&intents)?;
        let api_version = self.host.find_api_version().ok_or_else(failures::api_version_unknown)?;
        intents::check_for(api_version, &intents)?;
        let mut client = Client::new(&mut self.transport, api_version);
        resolve_slugs(&mut client, &policy, &mut intents)?;
        let mut planned = Vec::new();
        for intent in &intents {
            planned.push(Planned { task: Task::of(intent), summary: String::new(), observed: Observed::default() });
        }
        let snapshot = Snapshot::of(&mut client, &planned);
        let snapshot = snapshot.map_err(|error| explained(&mut client, &planned, error))?;
        for Planned { task, observed, .. } in &mut planned {
            *observed = check_target(task, &snapshot)?;
        }
        let mut tags = TagIds::default();
        let (mut requests, mut effects) = (Vec::new(), Vec::new());
        let mut blast_radius = BlastRadius { secrets: 0, folders: 0 };
        for (intent, Planned { task, summary, observed }) in intents.iter().zip(&mut planned) {
            let tags = tags.of(&mut client, intent, task)?;
            let generated = match intent.validated.value() {
                Some(NewValue::Generated(generator)) => {
                    Some(generate(generator, &self.host).ok_or_else(no_randomness)?)
                }
                _ => None,
            };
            let value = match intent.validated.value() {
                Some(NewValue::Literal(text)) => Some(*text),
                _ => generated.as_deref(),
            };
            requests.push(request(
                api_version,
                task,
                &intent.validated,
                observed.id.as_deref(),
                (value, tags.as_deref()),
            )?);
            let effect = effects::effect(&Context { api_version, intent, task, observed, snapshot: &snapshot });
            summary.clone_from(&effect.summary);
            effects.push(effect);
            widen(&mut blast_radius, task, observed);
        }

        let acknowledge = phrase(api_version, &intents, policy.acknowledge_above);
        let payload = Payload { changes: planned, acknowledge: acknowledge.clone() };
        let draft = Draft { requests, payload: payload.write(), acknowledge };
        let Filed { plan, expires, requests, dependents, approval } =
            self.host.file(&draft).ok_or_else(failures::not_filed)?;
        let acknowledge = draft.acknowledge;
        Ok(PlanPreview { plan, expires, effects, blast_radius, requests, dependents, acknowledge, approval })
    }
}

/// Explains a missing place. If the environment of a change doesn't exist, the error names the
/// existing ones.
fn explained<T: Transport>(client: &mut Client<'_, T>, planned: &[Planned], error: Error) -> Error {
    let mut asked: Vec<&Located> = Vec::new();
    let mut error = error;
    for Planned { task, .. } in planned {
        let is_known = |at: &&Located| at.project == task.at.project && at.environment == task.at.environment;
        if !asked.iter().any(is_known) {
            asked.push(&task.at);
            error = client.explained(&task.at, error);
        }
    }
    error
}

fn widen(total: &mut BlastRadius, task: &Task, observed: &Observed) {
    let (secrets, folders) = if task.kind.is_of_secrets() { (1, 0) } else { (0, 1) };
    let (more_secrets, more_folders) = observed.below.as_ref().map_or((0, 0), |below| (below.secrets, below.folders));
    total.secrets = total.secrets.saturating_add(secrets).saturating_add(more_secrets);
    total.folders = total.folders.saturating_add(folders).saturating_add(more_folders);
}

/// Replaces slugs by ids. Looks each slug up once, and repeats the checks that depend on the id.
fn resolve_slugs<T: Transport>(
    client: &mut Client<'_, T>,
    policy: &Policy,
    intents: &mut [Intent<'_>],
) -> Result<(), Error> {
    let mut known: Vec<(Word, Word)> = Vec::new();
    for intent in intents.iter_mut() {
        let ProjectRef::Slug(slug) = &intent.at.project else { continue };
        let id = match known.iter().find(|(known, _)| known == slug) {
            Some((_, id)) => id.clone(),
            None => {
                let (id, _) = client.project_by_slug(slug)?;
                known.push((slug.clone(), id.clone()));
                id
            }
        };
        intent.at.project = ProjectRef::Id(id);
        Scopes::new(policy.scopes.as_deref()).check_target(&intent.at)?;
        exposure::check(&intent.at, &intent.validated, policy)?;
    }
    if known.is_empty() { Ok(()) } else { conflicts::check(intents) }
}

/// Returns the observed state of the target. Fails if the change can't apply to that state.
fn check_target(task: &Task, snapshot: &Snapshot) -> Result<Observed, Error> {
    let observed = snapshot.observed(task)?;
    let taken = |name: &str| {
        Err(Error::Conflict(
            [
                "There is a ",
                &task.thing_named(name),
                " in this folder already. Choose another name, or change the one that is there.",
            ]
            .concat(),
        ))
    };
    match &observed.id {
        Some(_) if task.kind.creates() => return taken(&task.name),
        None if !task.kind.creates() => return Err(failures::not_found(task.asked())),
        _ => {}
    }
    if let Some(name) = &task.new_name
        && snapshot.find(task, name)?.is_some()
    {
        return taken(name);
    }
    let goes_by_id = matches!(task.kind, Kind::RenameFolder | Kind::DeleteFolder);
    if goes_by_id && observed.id.as_deref().is_some_and(|id| snapshot.has_folder_named(id)) {
        return Err(Error::Conflict(
            "The name of a folder here is another folder's id, so the server could change the wrong folder. Ask the \
             operator to rename it."
                .to_owned(),
        ));
    }
    Ok(observed)
}

/// The ids and slugs of each project's tags. Each project's tags are looked up once.
#[derive(Default)]
struct TagIds {
    known: Vec<(Word, Vec<(String, String)>)>,
}

impl TagIds {
    /// Returns the ids of the tags that a change sets.
    fn of<T: Transport>(
        &mut self,
        client: &mut Client<'_, T>,
        intent: &Intent<'_>,
        task: &Task,
    ) -> Result<Option<Vec<Word>>, Error> {
        let Some(slugs) = intent.validated.content().and_then(|content| content.tags.as_ref()) else { return Ok(None) };
        let project = &task.at.project;
        if !slugs.is_empty() && !self.known.iter().any(|(known, _)| known == project) {
            self.known.push((project.clone(), client.tags(project)?));
        }
        let tags = self.known.iter().find(|(known, _)| known == project).map(|(_, tags)| tags);
        let mut ids = Vec::new();
        for slug in slugs {
            let (id, _) = tags
                .and_then(|tags| tags.iter().find(|(_, known)| known == slug.as_str()))
                .ok_or_else(|| failures::no_tag(slug))?;
            let id = Word::parse(id).map_err(|_| unexpected("The answer contains an invalid id."))?;
            if ids.contains(&id) {
                return Err(unexpected("Two tags in the answer have the same id."));
            }
            ids.push(id);
        }
        Ok(Some(ids))
    }
}

fn no_randomness() -> Error {
    Error::refused(
        Layer::Egress,
        "The host gave too little randomness to generate the value.",
        "Try again; if that fails too, ask the operator.",
    )
}
