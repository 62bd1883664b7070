//! Grades the permissions of the read and the write identity. It is pure: permission audits in,
//! checks out.

use super::Check;
use infisical_skill_policy::permissions::{Permissions, Reach, SourceKind};
use std::collections::{BTreeMap, BTreeSet};

/// The remedy for a read identity with too many or too few permissions.
pub(super) const READER: &str = "give it the role No Access and one additional privilege: `secrets` with `describeSecret`, and `identity` with `read`, limited to the \
     ids of this skill's identities";
/// The remedy for a write identity with too many or too few permissions.
pub(super) const WRITER: &str = "give it the role No Access and one additional privilege: `secrets` and `secret-folders` with `create`, `edit` and `delete`, limited \
     to the environments and folders that the skill may change";
/// Why recently changed permissions may not apply yet.
pub(super) const LATE: &str = "Infisical applies a change of rights within 10 seconds";

/// The maximum number of subjects that are listed.
const MAX_SUBJECTS: usize = 6;

/// What the verdicts depend on besides the permissions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setting<'a> {
    /// The project's slug, as it is displayed.
    pub(super) project: &'a str,
    /// The configured default place, if it is in this project.
    pub(super) default: Option<(&'a str, &'a str)>,
    /// The read identity reveals values, so it has to read them.
    pub(super) reveals: bool,
    /// A separate identity reveals values.
    pub(super) has_revealer: bool,
    /// Creating projects and environments and inviting people is allowed.
    pub(super) administers: bool,
}

/// Grades what the read identity may do, except for reading values.
pub(super) fn read_rights(reader: &Permissions, setting: Setting<'_>) -> Check {
    const NAME: &str = "read rights";
    let project = setting.project;
    let sees = reader.describes_secrets();
    let mut beyond = reader.beyond_reading();
    let reads_root_credentials = take_root_credentials(&mut beyond);
    if !reader.manages_identities().is_nowhere() || !reader.gives_rights().is_nowhere() {
        let by = reader.manages_identities().or(reader.gives_rights()).sources().join(", ");
        let found =
            format!("in {project} the read identity may change what identities may do, its own rights included ({by})");
        return Check::bad(NAME, found, format!("{READER}. {LATE}"));
    }
    if !beyond.is_empty() {
        let by = sources(reader, &beyond);
        let found = format!("in {project} the read identity may do more than read: {} ({by})", listed(&beyond));
        return Check::bad(NAME, found, format!("{READER}. {LATE}"));
    }
    if sees.is_nowhere() {
        let found = format!("in {project} the read identity may see no secret, not even its name");
        return Check::bad(NAME, found, format!("{READER}; or leave the project out of `scopes`. {LATE}"));
    }
    let hides = if sees.is_everywhere() {
        ""
    } else {
        ". Infisical leaves everything else out of lists, without an error: an empty list doesn't mean that nothing is there"
    };
    let found =
        format!("in {project} the read identity only reads. It sees the names of secrets {}{hides}", shown(&sees));
    if let Some((environment, path)) = setting.default
        && sees.admits(environment, path) == Some(false)
    {
        let remedy = format!("extend the conditions, or configure another default place. {LATE}");
        return Check::warning(
            NAME,
            format!("{found}. The default place {environment}:{path} isn't part of that"),
            remedy,
        );
    }
    if reads_root_credentials {
        let found = format!("{found}. It may also read the root credentials of dynamic secrets");
        return Check::warning(NAME, found, READER);
    }
    Check::good(NAME, found)
}

/// Removes the one permission of a viewer that isn't for reading.
fn take_root_credentials(beyond: &mut BTreeMap<String, BTreeSet<String>>) -> bool {
    const SUBJECT: &str = "dynamic-secrets";
    let Some(actions) = beyond.get_mut(SUBJECT) else { return false };
    let was_there = actions.remove("read-root-credential");
    if actions.is_empty() {
        beyond.remove(SUBJECT);
    }
    was_there
}

/// Grades who can read values. `writer` is `None` if there is no write identity, or if its
/// permissions can't be determined.
pub(super) fn values(reader: &Permissions, writer: Option<&Permissions>, setting: Setting<'_>) -> Check {
    const NAME: &str = "values";
    let project = setting.project;
    let reads = reader.reads_values();
    let writer_reads = writer.map(Permissions::reads_values).filter(|reads| !reads.is_nowhere());
    let of_writer = match &writer_reads {
        Some(reads) if reads.is_everywhere() => ". The write identity can read every value".to_owned(),
        Some(reads) => format!(". The write identity can read values {}", shown(reads)),
        None => String::new(),
    };
    match (reads.is_nowhere(), reads.is_everywhere(), setting.reveals) {
        (true, _, true) => Check::warning(
            NAME,
            format!(
                "in {project} the read identity can't read a value, so `reveal_with = \"read\"` has no effect{of_writer}"
            ),
            "make a reveal identity and configure it under `[reveal]`; or give the read identity `readValue` on `secrets`, limited to the places of `reveal_scopes`",
        ),
        (true, _, false) if writer_reads.is_some() => Check::warning(
            NAME,
            format!("in {project} the read identity can't read a value{of_writer}, which it doesn't need"),
            WRITER,
        ),
        (true, _, false) => Check::good(
            NAME,
            if writer.is_some() && setting.has_revealer {
                format!("neither the read nor the write identity can read a value in {project}")
            } else if writer.is_some() {
                format!("neither identity can read a value in {project}")
            } else {
                format!("the read identity can't read a value in {project}")
            },
        ),
        (false, false, true) => {
            Check::good(NAME, format!("in {project} the read identity can read values {}{of_writer}", shown(&reads)))
        }
        (false, true, true) => Check::warning(
            NAME,
            format!("the read identity can read every value in {project}{of_writer}"),
            "limit its `readValue` on `secrets` to the places of `reveal_scopes`",
        ),
        (false, is_every, false) => {
            let found = if is_every {
                format!("the read identity can read every value in {project}{of_writer}")
            } else {
                format!("in {project} the read identity can read values {}{of_writer}", shown(&reads))
            };
            let ends = suspended(&reads);
            let although = if setting.has_revealer { ", although there is a reveal identity" } else { "" };
            let remedy = format!(
                "the skill drops values that it must not show, but anyone who gets the identity's credential can read them: {READER}"
            );
            Check::warning(NAME, format!("{found}{although}{ends}"), remedy)
        }
    }
}

/// Grades what the write identity may do. `reader` shows whose limits it could lift, if that is
/// known.
pub(super) fn write_rights(writer: &Permissions, reader: Option<&Permissions>, setting: Setting<'_>) -> Check {
    const NAME: &str = "write rights";
    let project = setting.project;
    let rights = writer.gives_rights();
    if !rights.is_nowhere() {
        let by = rights.sources().join(", ");
        let found = format!(
            "in {project} the write identity may give itself and others any right ({by}): it may do more than this skill ever does, and could lift the read \
             identity's limit"
        );
        return Check::bad(NAME, found, format!("{WRITER}. {LATE}"));
    }
    let manages = writer.manages_identities();
    if !manages.is_nowhere() {
        let by = manages.sources().join(", ");
        let limit = reader.and_then(|reader| {
            let privileges = reader.sources().iter().filter(|it| it.kind() == SourceKind::AdditionalPrivilege);
            privileges.into_iter().find(|it| it.takes_away()).map(ToString::to_string)
        });
        return match limit {
            Some(limit) => Check::bad(
                NAME,
                format!(
                    "in {project} the write identity could lift the read identity's limit: it may delete the {limit} ({by})"
                ),
                format!("{WRITER}. {LATE}"),
            ),
            None => Check::warning(
                NAME,
                format!(
                    "in {project} the write identity may delete identities' additional privileges, and remove identities from the project ({by})"
                ),
                WRITER,
            ),
        };
    }
    let writes = grouped(writer);
    if writes.is_empty() {
        let found = format!("in {project} the write identity can't write");
        return Check::warning(NAME, found, format!("if the skill should change something there: {WRITER}. {LATE}"));
    }
    let found = format!("in {project} the write identity may {writes}");
    if let Some((environment, path)) = setting.default
        && writer.writes().admits(environment, path) == Some(false)
    {
        let found = format!("{found}. The default place {environment}:{path} isn't part of that");
        return Check::warning(
            NAME,
            found,
            format!("extend the conditions, or configure another default place. {LATE}"),
        );
    }
    let mut more = writer.beyond_reading();
    more.retain(|subject, actions| {
        actions.retain(|action| !is_needed(subject, action, setting.administers));
        !actions.is_empty()
    });
    if !more.is_empty() {
        return Check::warning(
            NAME,
            format!(
                "{found}. It could not lift the read identity's limit, but has more rights than the skill uses: {}",
                listed(&more)
            ),
            WRITER,
        );
    }
    Check::good(NAME, format!("{found}. It could not lift the read identity's limit"))
}

/// Whether the skill's changes need this permission.
fn is_needed(subject: &str, action: &str, administers: bool) -> bool {
    match subject {
        "secrets" | "secret-folders" => matches!(action, "create" | "edit" | "delete"),
        "environments" | "member" => administers && action == "create",
        _ => false,
    }
}

/// Describes where something is allowed, and which time-limited source allows it.
pub(super) fn shown(reach: &Reach<'_>) -> String {
    let by = reach.sources().join(", ");
    if by.is_empty() { reach.to_string() } else { format!("{reach} ({by})") }
}

/// Says that a temporary rule takes the permission away for now.
fn suspended(reach: &Reach<'_>) -> String {
    match reach.suspended_by().as_slice() {
        [] => String::new(),
        by => format!(". That something takes this away for now doesn't count ({})", by.join(", ")),
    }
}

/// Lists what the identity may write, grouped by place.
fn grouped(writer: &Permissions) -> String {
    let mut by_place: Vec<(String, Vec<String>)> = Vec::new();
    for (subject, what) in [("secrets", "secrets"), ("secret-folders", "folders")] {
        for (action, verb) in [("create", "create"), ("edit", "update"), ("delete", "delete")] {
            let reach = writer.may(action, subject);
            if reach.is_nowhere() {
                continue;
            }
            let (place, right) = (shown(&reach), format!("{verb} {what}"));
            match by_place.iter_mut().find(|(it, _)| *it == place) {
                Some((_, rights)) => rights.push(right),
                None => by_place.push((place, vec![right])),
            }
        }
    }
    let groups: Vec<_> = by_place.into_iter().map(|(place, rights)| format!("{} {place}", rights.join(", "))).collect();
    groups.join("; ")
}

pub(super) fn listed(beyond: &BTreeMap<String, BTreeSet<String>>) -> String {
    let named = |(subject, actions): (&String, &BTreeSet<String>)| {
        let actions = actions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        infisical_skill_policy::text::escape_capped(&format!("{actions} on {subject}"), 120)
    };
    let mut texts: Vec<_> = beyond.iter().take(MAX_SUBJECTS).map(named).collect();
    if let Some(more @ 1..) = beyond.len().checked_sub(MAX_SUBJECTS) {
        texts.push(format!("and rights on {more} more subjects"));
    }
    texts.join("; ")
}

/// Lists the sources of these permissions.
pub(super) fn sources(permissions: &Permissions, beyond: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut found: Vec<String> = Vec::new();
    for (subject, actions) in beyond {
        for source in actions.iter().flat_map(|action| permissions.may(action, subject).sources()) {
            if !found.contains(&source) {
                found.push(source);
            }
        }
    }
    found.truncate(MAX_SUBJECTS);
    found.join(", ")
}

#[cfg(test)]
#[path = "rights_tests.rs"]
mod tests;
