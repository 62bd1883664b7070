//! Validates administrative changes: projects, environments and members.

use super::grammar::{ProjectRef, Word};
use super::places;
use super::quote::{is_visible, quote};
use super::refusals::input;
use crate::error::{Error, Layer};
use crate::types::{Change, EnvironmentCreation, Invitation, Policy, ProjectCreation};

/// An administrative change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Administration<'a> {
    CreateProject(&'a ProjectCreation),
    CreateEnvironment(&'a EnvironmentCreation),
    InviteMembers(&'a Invitation),
}

impl<'a> Administration<'a> {
    /// Returns `None` for a change of a secret or folder.
    pub(crate) fn of(change: &'a Change) -> Option<Self> {
        match change {
            Change::CreateProject(creation) => Some(Self::CreateProject(creation)),
            Change::CreateEnvironment(creation) => Some(Self::CreateEnvironment(creation)),
            Change::InviteMembers(invitation) => Some(Self::InviteMembers(invitation)),
            Change::CreateSecret(_)
            | Change::UpdateSecret(_)
            | Change::DeleteSecret(_)
            | Change::CreateFolder(_)
            | Change::RenameFolder(_)
            | Change::DeleteFolder(_) => None,
        }
    }
}

/// A validated administrative change.
pub(crate) enum ValidatedAdministration<'a> {
    Project {
        name: &'a str,
        slug: Word,
    },
    Environment {
        project: ProjectRef,
        name: &'a str,
        slug: Word,
    },
    Invitation {
        project: ProjectRef,
        emails: &'a [String],
        /// If empty, the people become members.
        roles: &'a [String],
    },
}

impl ValidatedAdministration<'_> {
    /// The project that the change belongs to. `None` for a new project.
    pub(crate) fn project(&mut self) -> Option<&mut ProjectRef> {
        match self {
            Self::Project { .. } => None,
            Self::Environment { project, .. } | Self::Invitation { project, .. } => Some(project),
        }
    }
}

/// Checks everything that needs no request.
pub(crate) fn check<'a>(change: Administration<'a>, policy: &Policy) -> Result<ValidatedAdministration<'a>, Error> {
    if !policy.administration {
        return Err(Error::refused(
            Layer::Scope,
            "The operator doesn't allow administration.",
            "Ask the operator, who can set `administration = true`.",
        ));
    }
    Ok(match change {
        Administration::CreateProject(it) => {
            // No scope contains a new project.
            if policy.scopes.is_some() {
                return Err(Error::refused(
                    Layer::Scope,
                    "A new project would be outside of the allowed scopes.",
                    "Ask the operator to create it.",
                ));
            }
            ValidatedAdministration::Project { name: title(&it.name)?, slug: new_slug(&it.slug, (5, 36))? }
        }
        Administration::CreateEnvironment(it) => ValidatedAdministration::Environment {
            project: places::project(&it.project, policy)?,
            name: title(&it.name)?,
            slug: new_slug(&it.slug, (1, 64))?,
        },
        Administration::InviteMembers(it) => ValidatedAdministration::Invitation {
            project: places::project(&it.project, policy)?,
            emails: {
                distinct(&it.emails, 20, is_email, "Pass 1 to 20 plain addresses in lower case, without duplicates.")?;
                &it.emails
            },
            roles: {
                if !it.roles.is_empty() {
                    distinct(&it.roles, 5, is_role, "Pass the slugs of 1 to 5 roles, without duplicates.")?;
                }
                &it.roles
            },
        },
    })
}

fn title(text: &str) -> Result<&str, Error> {
    const MAX: usize = 64;
    let is_one = !text.is_empty()
        && text.chars().all(|c| is_visible(c) && c != '\\')
        && text.chars().nth(MAX).is_none()
        && !text.starts_with(' ')
        && !text.ends_with(' ');
    if is_one { Ok(text) } else { Err(wrong(text, "Pass 1 to 64 visible characters.")) }
}

fn new_slug(text: &str, (min, max): (usize, usize)) -> Result<Word, Error> {
    if text.len() >= min
        && fits(text, max, b"-", &["--"])
        && let Ok(word) = Word::parse(text)
    {
        return Ok(word);
    }
    Err(wrong(text, "Pass letters `a-z`, digits and single `-` between them. A project's slug has 5 to 36 characters."))
}

/// Requires 1 to `max` valid texts without duplicates.
fn distinct(all: &[String], max: usize, is_one: fn(&str) -> bool, remedy: &str) -> Result<(), Error> {
    for (at, one) in all.iter().enumerate() {
        if at >= max || !is_one(one) || all.iter().take(at).any(|other| other == one) {
            return Err(wrong(one, remedy));
        }
    }
    if all.is_empty() { Err(wrong("", remedy)) } else { Ok(()) }
}

fn is_role(text: &str) -> bool {
    fits(text, 64, b"-_", &[])
}

fn is_email(text: &str) -> bool {
    let Some(at) = text.bytes().position(|byte| byte == b'@') else { return false };
    let (Some(mailbox), Some(domain)) = (text.get(..at), text.get(at + 1..)) else { return false };
    text.len() <= 254
        && fits(mailbox, 254, b"._+-", &[".."])
        && fits(domain, 254, b".-", &["..", ".-", "-."])
        && domain.as_bytes().contains(&b'.')
}

/// Whether a text consists of `a-z 0-9` and `others`, begins and ends with `a-z 0-9`, and contains
/// none of `pairs`.
fn fits(text: &str, max: usize, others: &[u8], pairs: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.len() <= max
        && bytes.iter().all(|byte| is_plain(byte) || others.contains(byte))
        && bytes.first().is_some_and(is_plain)
        && bytes.last().is_some_and(is_plain)
        && !pairs.iter().any(|pair| text.contains(pair))
}

fn wrong(text: &str, remedy: &str) -> Error {
    input([&quote(text), " isn't valid."].concat(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::operator;
    use crate::types::{ApiVersion, Scope};

    fn policy() -> Policy {
        operator(ApiVersion::V4).with(|policy| policy.administration = true).policy
    }

    fn layer(change: &Change, policy: &Policy) -> Option<Layer> {
        match check(Administration::of(change).unwrap(), policy) {
            Ok(_) => None,
            Err(Error::Refused(refusal)) => Some(refusal.layer),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn project(name: &str, slug: &str) -> Change {
        Change::CreateProject(ProjectCreation { name: name.to_owned(), slug: slug.to_owned() })
    }

    fn invitation(emails: &[&str], roles: &[&str]) -> Change {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Change::InviteMembers(Invitation { project: Some("p".to_owned()), emails: texts(emails), roles: texts(roles) })
    }

    #[test]
    fn refuses_administration_unless_operator_allows_it() {
        let off = operator(ApiVersion::V4).policy;
        for change in [project("A", "a-project"), invitation(&["a@b.co"], &[])] {
            assert_eq!(layer(&change, &off), Some(Layer::Scope));
            assert_eq!(layer(&change, &policy()), None);
        }
        let mut scoped = policy();
        scoped.scopes = Some(vec![Scope { project: "p".to_owned(), environments: Vec::new(), paths: Vec::new() }]);
        assert_eq!(layer(&project("A", "a-project"), &scoped), Some(Layer::Scope), "no scope would contain it");
    }

    #[test]
    fn only_a_new_project_belongs_to_no_project() {
        let environment = Change::CreateEnvironment(EnvironmentCreation {
            project: Some("p".to_owned()),
            name: "E".to_owned(),
            slug: "e".to_owned(),
        });
        for (change, expected) in
            [(environment, true), (invitation(&["a@b.co"], &[]), true), (project("A", "a-project"), false)]
        {
            let mut validated = check(Administration::of(&change).unwrap(), &policy()).unwrap();
            assert_eq!(validated.project().is_some(), expected, "{change:?}");
        }
    }

    #[test]
    fn names_slugs_addresses_and_roles_are_plain() {
        let input = Some(Layer::Input);
        for (name, slug, expected) in [
            ("A \"b\"", "abcde", None),
            ("", "abcde", input),
            (" a", "abcde", input),
            ("a\u{202e}", "abcde", input),
            ("A", "abcd", input),
            ("A", "Abcde", input),
            ("A", "ab--cde", input),
            ("A", "abcde-", input),
            ("A", "ab_cde", input),
        ] {
            assert_eq!(layer(&project(name, slug), &policy()), expected, "{name} {slug}");
        }
        let environment = |slug: &str| {
            let (project, name, slug) = (Some("p".to_owned()), "E".to_owned(), slug.to_owned());
            layer(&Change::CreateEnvironment(EnvironmentCreation { project, name, slug }), &policy())
        };
        assert_eq!((environment("e"), environment("E"), environment("")), (None, input, input));
        for (emails, roles, expected) in [
            (vec!["a@b.co", "x.y+z@sub.b.co"], vec![], None),
            (vec!["a@b.co"], vec!["viewer", "no-access"], None),
            (vec![], vec![], input),
            (vec!["a@b.co", "a@b.co"], vec![], input),
            (vec!["a@b.co"], vec!["viewer", "viewer"], input),
            (vec!["a@b.co"], vec!["Viewer"], input),
            (vec!["A@b.co"], vec![], input),
            (vec!["a@b"], vec![], input),
            (vec!["a..b@c.de"], vec![], input),
            (vec!["a@b.co\n"], vec![], input),
            (vec!["@b.co"], vec![], input),
            (vec!["a@-b.co"], vec![], input),
        ] {
            assert_eq!(layer(&invitation(&emails, &roles), &policy()), expected, "{emails:?} {roles:?}");
        }
        let many: Vec<String> = (0..21).map(|at| format!("a{at}@b.co")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(layer(&invitation(&many, &[]), &policy()), input);
        assert_eq!(layer(&invitation(&many[..20], &[]), &policy()), None);
    }
}
