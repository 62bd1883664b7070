//! Checks what the identities may do, project by project, and runs the probe if the operator asks
//! for it.

use super::asked::{IdentityQueries, Rights, Unknown};
use super::probe::{Probe, ProbeProject};
use super::rights;
use super::rights::{LATE, READER, Setting, WRITER};
use super::server::{LoggedIn, ServerFindings};
use super::{Check, Log, revealing};
use crate::model::error::Error;
use crate::skill::Skill;
use infisical_skill_policy::permissions::Permissions;
use infisical_skill_policy::{ApiVersion, IdentityKind, Project};

pub(super) async fn check(skill: &Skill, log: &Log, found: &ServerFindings, probe: bool, checks: &mut Vec<Check>) {
    identities_differ(skill, found, checks);
    let (Some(read), Some(api_version)) = (&found.read, found.api_version) else {
        checks.push(Check::skipped("read rights", "the read identity isn't logged in"));
        return;
    };
    let (projects, others) = match projects(skill).await {
        Ok(found) => found,
        Err(error) => {
            checks.push(Check::error("projects", &error));
            return;
        }
    };
    let queries = IdentityQueries { skill, log };
    for identity in [Some(read), found.reveal.as_ref(), found.write.as_ref()].into_iter().flatten() {
        let name = match identity.kind {
            IdentityKind::Read => "organization role of read",
            IdentityKind::Reveal => "organization role of reveal",
            IdentityKind::Write => "organization role of write",
        };
        let project = projects.first().map(|project| &project.project);
        checks.push(match api_version {
            ApiVersion::V4 => {
                let role = queries.organization_role(identity, project, read).await;
                role.check(name, identity.kind.as_str(), skill.may_administer())
            }
            ApiVersion::V3 => Check::unknown(
                name,
                "an older server doesn't tell an identity's role in the organization",
                "look at the identity in Infisical: organization, Access Control, Identities; it needs no role there",
            ),
        });
    }
    if projects.is_empty() {
        checks.push(Check::warning(
            "projects",
            "the read identity is a member of no project in scope",
            "add it to a project in Infisical, with the role No Access and an additional privilege: docs/running.md has the steps",
        ));
        return;
    }
    let checked = projects.len();
    checks.push(match others {
        0 => Check::good("projects", format!("the read identity sees {checked}")),
        others => Check::unknown(
            "projects",
            format!("the read identity sees {}; its permissions are checked in {checked} of them", checked + others),
            "name the projects that the skill is for in `scopes`",
        ),
    });
    for (index, project) in projects.iter().enumerate() {
        let reader = queries.rights(api_version, &project.project, read, read).await;
        let writer = match &found.write {
            Some(write) => Some(queries.rights(api_version, &project.project, read, write).await),
            None => None,
        };
        check_rights(skill, api_version, project, &reader, writer.as_ref(), checks);
        if let Some(reveal) = &found.reveal {
            let revealer = queries.rights(api_version, &project.project, read, reveal).await;
            checks.push(check_revealer(skill, project, &revealer));
        }
        if probe && index == 0 {
            let probe = Probe { skill, log, api_version, read };
            let Some(place) = probe.place(project, writer.as_ref().unwrap_or(&Rights::NoMember)) else {
                checks.push(Check::unknown(
                    "read rights, tried",
                    format!("in {} there is no environment in scope to try it in", project.slug),
                    "configure a default environment",
                ));
                continue;
            };
            checks.push(probe.folder(project, &place).await);
            // An older server sends every name with its value. The probe is skipped where the rules
            // allow values.
            let is_refused = match &reader {
                Rights::Audited(reader) => reader.reads_values().is_nowhere(),
                _ => true,
            };
            if api_version == ApiVersion::V4 && is_refused {
                checks.push(probe.value(project, &place).await);
            }
        }
    }
}

fn identities_differ(skill: &Skill, found: &ServerFindings, checks: &mut Vec<Check>) {
    const NAME: &str = "two identities";
    const REVEAL_NAME: &str = "reveal identity differs";
    if skill.has_write_identity() {
        differ(NAME, found.read.as_ref(), found.write.as_ref(), "the one that reads isn't the one that writes", checks);
    }
    if skill.has_reveal_identity() {
        let found_it = "the one that reads names isn't the one that reads values";
        differ(REVEAL_NAME, found.read.as_ref(), found.reveal.as_ref(), found_it, checks);
        if skill.has_write_identity() {
            let found_it = "the one that reads values isn't the one that writes";
            differ(REVEAL_NAME, found.reveal.as_ref(), found.write.as_ref(), found_it, checks);
        }
    }
}

fn differ(
    name: &'static str,
    one: Option<&LoggedIn>,
    other: Option<&LoggedIn>,
    good: &'static str,
    checks: &mut Vec<Check>,
) {
    let ids = (one.and_then(|it| it.id.as_ref()), other.and_then(|it| it.id.as_ref()));
    checks.push(match ids {
        (Some(one), Some(other)) if one == other => Check::bad(
            name,
            "both credentials belong to one machine identity",
            "make another machine identity in Infisical, and give each the rights of its part alone",
        ),
        (Some(_), Some(_)) => Check::good(name, good),
        _ if one.is_none() || other.is_none() => Check::skipped(name, "the two identities aren't both logged in"),
        _ => Check::unknown(
            name,
            "whether they differ can't be determined: an access token doesn't say which identity it is",
            "let the skill log in by Universal Auth, with a client id and a client secret for each",
        ),
    });
}

/// Returns the projects to check (at most ten, the default one first) and the number of the others.
async fn projects(skill: &Skill) -> Result<(Vec<ProbeProject>, usize), Error> {
    const MOST: usize = 10;
    let listed = skill.list_projects().await?;
    let all = listed.len();
    let project = |project: crate::model::secrets::Project| {
        let environments = project.environments.into_iter().map(|environment| environment.slug).collect();
        Some(ProbeProject { slug: project.slug, project: Project::new(project.id).ok()?, environments })
    };
    let mut projects: Vec<_> = listed.into_iter().filter_map(project).collect();
    projects.sort_by_key(|project| !is_default(skill, project));
    projects.truncate(MOST);
    let others = all - projects.len();
    Ok((projects, others))
}

fn is_default(skill: &Skill, project: &ProbeProject) -> bool {
    let default = skill.defaults().project.as_deref();
    default.is_some_and(|it| it == project.slug || it == project.project.as_str())
}

fn check_rights(
    skill: &Skill,
    api_version: ApiVersion,
    project: &ProbeProject,
    reader: &Rights,
    writer: Option<&Rights>,
    checks: &mut Vec<Check>,
) {
    let defaults = skill.defaults();
    let default = defaults.environment.as_deref().filter(|_| is_default(skill, project));
    let setting = Setting {
        project: &project.slug,
        default: default.map(|environment| (environment, defaults.path.as_deref().unwrap_or("/"))),
        reveals: skill.reveals_with_reader(),
        has_revealer: skill.has_reveal_identity(),
        administers: skill.may_administer(),
    };
    let audited = |rights: &'_ Rights| matches!(rights, Rights::Audited(_));
    let (read, write) = (permissions(Some(reader)), permissions(writer));
    checks.push(match reader {
        Rights::Audited(reader) => rights::read_rights(reader, setting),
        other => read_unaudited(api_version, &project.slug, other),
    });
    if let Some(reader) = read {
        checks.push(rights::values(reader, write, setting));
    } else if api_version == ApiVersion::V3 && !audited(reader) {
        checks.push(Check::warning(
            "values",
            format!("in {}, an older server, an identity that sees the names of secrets reads their values, too", project.slug),
            "the skill drops values that it must not show, but anyone who gets the identity's credential can read them: limit the identity to the environments and folders that the agent needs",
        ));
    }
    checks.extend(writer.map(|writer| match writer {
        Rights::Audited(writer) => rights::write_rights(writer, read, setting),
        other => write_unaudited(api_version, &project.slug, other),
    }));
}

/// Grades what the reveal identity may do in a project.
fn check_revealer(skill: &Skill, probed: &ProbeProject, revealer: &Rights) -> Check {
    const NAME: &str = "reveal rights";
    let project = &probed.slug;
    let scopes = skill.shared().reveal_scopes.as_slice().unwrap_or_default();
    let of_project: Vec<_> = scopes.iter().filter(|scope| scope.project == probed.project).cloned().collect();
    match revealer {
        Rights::Audited(permissions) => revealing::rights(permissions, project, &of_project, &probed.environments),
        Rights::NoMember if of_project.is_empty() => {
            Check::good(NAME, format!("the reveal identity isn't a member of {project}, where nothing is revealed"))
        }
        Rights::NoMember => Check::warning(
            NAME,
            format!("the reveal identity isn't a member of {project}"),
            "add it to the project in Infisical, if values are to be revealed there",
        ),
        Rights::Roles(roles) => Check::unknown(
            NAME,
            format!(
                "in {project} the reveal identity uses the role {}; its permissions can't be determined, because this server shows no rules",
                roles.join(", ")
            ),
            "look at its additional privileges in Infisical",
        ),
        Rights::Unknown(Unknown { why, remedy }) => Check::unknown(
            NAME,
            format!("in {project} the reveal identity's permissions can't be determined: {why}"),
            remedy.as_str(),
        ),
    }
}

fn permissions(rights: Option<&Rights>) -> Option<&Permissions> {
    match rights {
        Some(Rights::Audited(permissions)) => Some(permissions),
        _ => None,
    }
}

fn read_unaudited(api_version: ApiVersion, project: &str, reader: &Rights) -> Check {
    const NAME: &str = "read rights";
    match reader {
        Rights::Roles(roles) if roles.iter().any(|role| matches!(role.as_str(), "member" | "admin")) => Check::bad(
            NAME,
            format!("in {project} the read identity may write: it has the role {}", roles.join(", ")),
            format!("{}. {LATE}", fewer(api_version)),
        ),
        Rights::Roles(roles) => Check::unknown(
            NAME,
            format!(
                "in {project} the read identity has the role {}; whether additional privileges let it write can't be determined, because this server shows no rules",
                roles.join(", ")
            ),
            "look at its additional privileges in Infisical; `infisical-skill doctor --probe` tries one place",
        ),
        Rights::NoMember => Check::warning(
            NAME,
            format!("the read identity isn't a member of {project}"),
            "add it to the project in Infisical, or leave the project out of `scopes`",
        ),
        Rights::Unknown(Unknown { why, remedy }) => Check::unknown(
            NAME,
            format!("in {project} the read identity's permissions can't be determined: {why}"),
            remedy,
        ),
        Rights::Audited(_) => Check::skipped(NAME, ""),
    }
}

fn write_unaudited(api_version: ApiVersion, project: &str, writer: &Rights) -> Check {
    const NAME: &str = "write rights";
    match writer {
        Rights::Roles(roles) if roles.iter().any(|role| role == "admin") => Check::bad(
            NAME,
            format!("in {project} the write identity is an admin: it may do more than this skill ever does"),
            format!("{}. {LATE}", if api_version == ApiVersion::V3 { "give it a narrower role" } else { WRITER }),
        ),
        Rights::Roles(roles) => Check::unknown(
            NAME,
            format!(
                "in {project} the write identity has the role {}; its other permissions can't be determined, because this server shows no rules",
                roles.join(", ")
            ),
            "look at its additional privileges in Infisical",
        ),
        Rights::NoMember => Check::warning(
            NAME,
            format!("the write identity isn't a member of {project}"),
            "if the skill should change something there, add it to the project in Infisical",
        ),
        Rights::Unknown(Unknown { why, remedy }) => Check::unknown(
            NAME,
            format!("in {project} the write identity's permissions can't be determined: {why}"),
            remedy,
        ),
        Rights::Audited(_) => Check::skipped(NAME, ""),
    }
}

/// The remedy for a read identity with too many permissions. An older server has no permission for
/// names without values.
fn fewer(api_version: ApiVersion) -> &'static str {
    match api_version {
        ApiVersion::V4 => READER,
        ApiVersion::V3 => {
            "give it the role Viewer there and no other; or No Access and an additional privilege with `read` on `secrets` for the environments and folders that the agent needs"
        }
    }
}
