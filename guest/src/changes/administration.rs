//! Previews and applies administrative changes: projects, environments and members. A plan has only
//! one of them.

use super::drift::refused;
use super::payload::Payload;
use super::planned::{Observed, Planned, Task};
use crate::client::Client;
use crate::client::administration::{self as requests, MEMBER};
use crate::client::failures;
use crate::client::requests::Located;
use crate::error::Error;
use crate::guard::administration::{self, Administration, ValidatedAdministration};
use crate::guard::grammar::{FolderPath, ProjectRef, Word};
use crate::guard::quote::quote;
use crate::guard::refusals::input;
use crate::guard::scopes::Scopes;
use crate::guard::validated_change::Kind;
use crate::ports::{Draft, HostPort, Request, Transport};
use crate::skill::{Skill, resolved};
use crate::types::{ApiVersion, BlastRadius, Effect, Filed, Outcome, PlanPreview, Policy, Step};

impl<T: Transport, W: HostPort> Skill<T, W> {
    /// Previews one administrative change and files its plan.
    pub(super) fn preview_administration(
        &mut self,
        change: Administration<'_>,
        policy: &Policy,
    ) -> Result<PlanPreview, Error> {
        let mut validated = administration::check(change, policy)?;
        let scopes = Scopes::new(policy.scopes.as_deref());
        if let Some(project) = validated.project() {
            scopes.check_whole(project)?;
        }
        let api_version = self.host.find_api_version().ok_or_else(failures::api_version_unknown)?;
        check_for(api_version, &validated)?;
        let mut client = Client::new(&mut self.transport, api_version);
        if let Some(project) = validated.project()
            && let ProjectRef::Slug(slug) = project
        {
            let (id, _) = client.project_by_slug(slug)?;
            *project = ProjectRef::Id(id);
            scopes.check_whole(project)?;
        }
        let (request, task, phrase, summary) = planned(api_version, validated)?;
        if is_there(&mut client, &task)? {
            let text = ["The slug ", &quote(&task.name), " is taken. Choose another one."].concat();
            return Err(Error::Conflict(text));
        }
        let effect = Effect {
            summary: summary.clone(),
            place: resolved(task.at.clone()),
            before: None,
            after: None,
            reversible: false,
            notices: vec!["It can only be undone in Infisical.".to_owned()],
        };
        let acknowledge = Some(phrase);
        let changes = vec![Planned { task, summary, observed: Observed::default() }];
        let payload = Payload { changes, acknowledge: acknowledge.clone() };
        let draft = Draft { requests: vec![request], payload: payload.write(), acknowledge };
        let Filed { plan, expires, requests, dependents, approval } =
            self.host.file(&draft).ok_or_else(failures::not_filed)?;
        let blast_radius = BlastRadius { secrets: 0, folders: 0 };
        let acknowledge = draft.acknowledge;
        Ok(PlanPreview {
            plan,
            expires,
            effects: vec![effect],
            blast_radius,
            requests,
            dependents,
            acknowledge,
            approval,
        })
    }
}

/// Checks what depends on the API version of the server.
fn check_for(api_version: ApiVersion, validated: &ValidatedAdministration<'_>) -> Result<(), Error> {
    match validated {
        ValidatedAdministration::Invitation { roles, .. }
            if api_version == ApiVersion::V3 && roles.iter().any(|role| role != MEMBER) =>
        {
            Err(input(
                "An older server accepts no roles: everybody who is invited becomes a member.",
                "Leave `roles` out, or invite them in Infisical.",
            ))
        }
        _ => Ok(()),
    }
}

/// Returns the request, its task, its confirmation phrase and its summary.
///
/// The task's place is only partly filled: a new project's slug stands in for its id. An
/// environment's slug is both the environment and the name.
fn planned(
    api_version: ApiVersion,
    validated: ValidatedAdministration<'_>,
) -> Result<(Request, Task, String, String), Error> {
    let (request, kind, project, environment, phrase, called) = match validated {
        ValidatedAdministration::Project { name, slug } => {
            let request = requests::create_project(api_version, name, slug.as_str());
            let phrase = ["create project ", slug.as_str()].concat();
            (request, Kind::CreateProject, slug.clone(), slug, phrase, name)
        }
        ValidatedAdministration::Environment { project, name, slug } => {
            let project = project.into_word();
            let request = requests::create_environment(api_version, project.as_str(), name, slug.as_str());
            let phrase = ["create environment ", slug.as_str(), " in project ", project.as_str()].concat();
            (request, Kind::CreateEnvironment, project, slug, phrase, name)
        }
        ValidatedAdministration::Invitation { project, emails, roles } => {
            let project = project.into_word();
            let request = requests::invite_members(api_version, project.as_str(), emails, roles);
            let roles = if roles.is_empty() { MEMBER.to_owned() } else { listed(roles) };
            let phrase = ["invite ", &listed(emails), " to project ", project.as_str(), " as ", &roles].concat();
            (request, Kind::InviteMembers, project.clone(), project, phrase, "")
        }
    };
    let summary = if called.is_empty() { phrase.clone() } else { [&phrase, ", called ", &quote(called)].concat() };
    let name = environment.as_str().to_owned();
    let path = FolderPath::parse("/").map_err(|wrong| input("", wrong))?;
    let task = Task { kind, at: Located { project, environment, path }, name, new_name: None };
    Ok((request, task, phrase, summary))
}

fn listed(all: &[String]) -> String {
    let mut list = String::new();
    for one in all {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(one);
    }
    list
}

/// Whether the project or environment to create exists, as far as the read identity sees. Fails if
/// the project that contains it doesn't exist.
fn is_there<T: Transport>(client: &mut Client<'_, T>, task: &Task) -> Result<bool, Error> {
    let project: &Word = &task.at.project;
    if task.kind == Kind::CreateProject {
        return match client.project_by_slug(project) {
            Ok(_) => Ok(true),
            // The identity doesn't see a project that it isn't a member of. The server then refuses
            // the slug.
            Err(Error::NotFound(_) | Error::Denied(_)) => Ok(false),
            Err(error) => Err(error),
        };
    }
    let environments = client.project_by_id(project)?.environments;
    Ok(task.kind == Kind::CreateEnvironment && environments.iter().any(|it| it.slug == task.name))
}

/// Refuses if the target exists by now, or if its project is gone.
pub(super) fn check_drift<T: Transport>(client: &mut Client<'_, T>, task: &Task) -> Result<(), Error> {
    match is_there(client, task) {
        Ok(false) => Ok(()),
        Err(error @ (Error::Denied(_) | Error::Unreachable(_) | Error::TimedOut)) => Err(error),
        _ => Err(refused("the slug is taken, or the project is gone")),
    }
}

/// Adds a note to the step of a change that was made, or that may have been made.
pub(super) fn note<T: Transport>(client: &mut Client<'_, T>, task: &Task, step: &mut Step) {
    let note = match (task.kind, &step.outcome) {
        (_, Outcome::WaitingForApproval(_)) => return,
        (Kind::CreateEnvironment, _) => match is_there(client, task) {
            Ok(true) => "Reading back shows it.",
            _ => "Reading back doesn't show it.",
        },
        (_, Outcome::Unknown) => "The request isn't sent again. Check the state in Infisical.",
        (Kind::CreateProject, _) => "The read identity isn't a member of it yet.",
        _ => "Existing members keep their roles. Whether the others have joined can't be seen here.",
    };
    step.note = Some(note.to_owned());
}
