//! Compares the approver of a plan with its requester: whether they are different people, and which
//! approvals count.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a plan was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The command.
    Command,
    /// The client of an MCP server over standard input and output.
    Stdio,
    /// A client of an MCP server over HTTP.
    Http,
    /// A program that embeds the skill.
    #[default]
    Embedded,
}

/// How a plan was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// At a terminal. The approver typed what the plan changes.
    Terminal,
    /// In a form. The MCP client says that it showed the form.
    Form,
    /// By a program that embeds the skill, which is responsible for it.
    Embedded,
}

/// Whether the approver of a plan is somebody other than the requester.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Independence {
    /// They are different.
    Different,
    /// They are the same, or one could act as the other.
    Same,
    /// Nothing shows whether they are the same.
    CantTell,
}

/// The requester of a plan, as far as the host knows. Numbers are users of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requester<'a> {
    /// How the plan was requested.
    pub channel: Channel,
    /// The session: a random number for a process or a connection.
    pub session: &'a str,
    /// The user that the process ran as.
    pub user: Option<u32>,
    /// Who had logged in when the process was started, according to the kernel.
    pub login: Option<u32>,
    /// The owner of the client, if the configuration names one. The number is known if the owner is
    /// a user of this machine.
    pub owner: Option<Option<u32>>,
}

/// The approver of a plan, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approver<'a> {
    /// How the plan is approved.
    pub means: Means,
    /// The session, as in [`Requester`].
    pub session: &'a str,
    /// The user that the process runs as.
    pub user: Option<u32>,
    /// Who had logged in when the process was started, according to the kernel.
    pub login: Option<u32>,
}

/// Decides whether the approver is somebody other than the requester. `enforced` means that agents
/// don't run as the skill's user and can't change the settings. What a process can invent about
/// itself (`SUDO_USER`) doesn't count.
#[must_use]
pub fn independence(requester: &Requester<'_>, approver: &Approver<'_>, enforced: bool) -> Independence {
    use Independence::{CantTell, Different, Same};
    match approver.means {
        // The client of the request also answers. If it has an owner, nobody else uses it.
        Means::Form => return if requester.owner.is_some() { Same } else { CantTell },
        Means::Embedded => return CantTell,
        Means::Terminal => {}
    }
    if requester.session == approver.session {
        return Same;
    }
    let users = both(requester.user, approver.user);
    match requester.channel {
        // Anybody who runs as the same user could have typed the approval.
        Channel::Command | Channel::Stdio if !enforced && users == Some(Same) => Same,
        Channel::Command if users == Some(Different) => Different,
        // All operators run the command as the skill's user. Their logins tell them apart.
        Channel::Command => both(requester.login, approver.login).unwrap_or(CantTell),
        Channel::Stdio | Channel::Http => match requester.owner {
            Some(owner) => of_owner(owner, approver),
            None if users == Some(Different) => Different,
            // Whoever started this server could be the one who approves.
            None if requester.channel == Channel::Stdio && both(requester.login, approver.login) == Some(Same) => {
                CantTell
            }
            // Agents can't run as this user.
            None if enforced => Different,
            None => CantTell,
        },
        Channel::Embedded => CantTell,
    }
}

fn both(one: Option<u32>, other: Option<u32>) -> Option<Independence> {
    let (one, other) = (one?, other?);
    Some(if one == other { Independence::Same } else { Independence::Different })
}

/// Compares the approver with the owner of the client that made the request. A different user
/// proves nothing, because several people can share one. A different login does.
fn of_owner(owner: Option<u32>, approver: &Approver<'_>) -> Independence {
    match (both(owner, approver.user), both(owner, approver.login)) {
        (Some(Independence::Same), _) => Independence::Same,
        (_, Some(by_login)) => by_login,
        _ => Independence::CantTell,
    }
}

/// Which approvals count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    /// Approvals in a form of the client count. In protected environments they never do.
    pub forms: bool,
    /// The requester's own approvals don't count, because the set-up is enforced.
    pub refuses_same: bool,
}

/// Why an approval doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAccepted {
    /// Forms approve nothing for this client.
    Form,
    /// Forms approve nothing in a protected environment.
    FormInProtected,
    /// The approver is the requester.
    Same,
}

impl fmt::Display for NotAccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a form in this client approves nothing: the operator doesn't allow it",
            Self::FormInProtected => "a form in the client approves nothing in a protected environment",
            Self::Same => "the approver is the requester, and an enforced set-up requires somebody else",
        })
    }
}

impl std::error::Error for NotAccepted {}

impl Accepted {
    /// Whether an approval of a plan counts.
    ///
    /// # Errors
    /// [`NotAccepted`] says why it doesn't.
    pub fn check(self, means: Means, independence: Independence, is_protected: bool) -> Result<(), NotAccepted> {
        match (means, independence) {
            (Means::Form, _) if is_protected => Err(NotAccepted::FormInProtected),
            (Means::Form, _) if !self.forms => Err(NotAccepted::Form),
            (_, Independence::Same) if self.refuses_same => Err(NotAccepted::Same),
            _ => Ok(()),
        }
    }
}

impl Means {
    /// The name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Form => "form",
            Self::Embedded => "embedded",
        }
    }
}

impl Independence {
    /// The name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Same => "same",
            Self::CantTell => "cant-tell",
        }
    }

    /// Describes the approver in a sentence.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Different => "somebody other than the requester",
            Self::Same => "the same as the requester",
            Self::CantTell => "it can't be determined whether this is the requester",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Channel::{Command, Embedded, Http, Stdio};
    use super::Independence::{CantTell, Different, Same};
    use super::*;

    const SKILL: u32 = 990;
    const ALICE: u32 = 1_000;
    const BOB: u32 = 1_001;

    fn requester(channel: Channel, user: u32, login: Option<u32>, owner: Option<Option<u32>>) -> Requester<'static> {
        Requester { channel, session: "asked", user: Some(user), login, owner }
    }

    fn terminal(user: u32, login: Option<u32>) -> Approver<'static> {
        Approver { means: Means::Terminal, session: "approves", user: Some(user), login }
    }

    #[test]
    fn decides_whether_approver_is_independent_of_requester() {
        let (alice, bob) = (Some(ALICE), Some(BOB));
        for (channel, asked_as, asked_login, owner, approver, advisory, enforced) in [
            // Same user, over stdio or with the command: the requester could have typed it.
            (Stdio, ALICE, alice, None, terminal(ALICE, alice), Same, CantTell),
            (Stdio, ALICE, None, None, terminal(ALICE, bob), Same, Different),
            (Command, ALICE, alice, None, terminal(ALICE, alice), Same, Same),
            (Command, ALICE, alice, None, terminal(ALICE, bob), Same, Different),
            (Command, SKILL, None, None, terminal(SKILL, alice), Same, CantTell),
            (Command, SKILL, alice, None, terminal(SKILL, None), Same, CantTell),
            // Different users.
            (Stdio, ALICE, alice, None, terminal(BOB, bob), Different, Different),
            (Command, ALICE, alice, None, terminal(BOB, alice), Different, Different),
            (Http, SKILL, None, None, terminal(BOB, bob), Different, Different),
            // Over HTTP, an advisory set-up doesn't show which user the client runs as.
            (Http, SKILL, None, None, terminal(SKILL, alice), CantTell, Different),
            // An owner counts as the requester.
            (Http, SKILL, None, Some(alice), terminal(SKILL, alice), Same, Same),
            (Http, SKILL, None, Some(alice), terminal(SKILL, bob), Different, Different),
            (Http, SKILL, None, Some(alice), terminal(SKILL, None), CantTell, CantTell),
            (Http, SKILL, None, Some(alice), terminal(ALICE, bob), Same, Same),
            (Http, SKILL, None, Some(None), terminal(SKILL, alice), CantTell, CantTell),
            (Stdio, SKILL, alice, Some(bob), terminal(SKILL, alice), Same, Different),
            (Embedded, ALICE, alice, None, terminal(BOB, bob), CantTell, CantTell),
        ] {
            let requester = requester(channel, asked_as, asked_login, owner);
            let decided = [false, true].map(|is_enforced| independence(&requester, &approver, is_enforced));
            assert_eq!(decided, [advisory, enforced], "{requester:?} {approver:?}");
        }
    }

    #[test]
    fn unknown_users_never_count_as_independent() {
        for channel in [Command, Stdio, Http, Embedded] {
            for (asked_as, approves_as) in [(None, Some(1)), (Some(1), None), (None, None)] {
                let requester = Requester { channel, session: "asked", user: asked_as, login: None, owner: None };
                let approver = Approver { user: approves_as, ..terminal(0, None) };
                assert_eq!(independence(&requester, &approver, false), CantTell, "{channel:?}");
            }
        }
    }

    #[test]
    fn asking_process_and_form_answers_are_not_independent() {
        for enforced in [false, true] {
            for channel in [Command, Stdio, Http, Embedded] {
                let requester = requester(channel, SKILL, Some(ALICE), None);
                let same = Approver { session: "asked", ..terminal(BOB, Some(BOB)) };
                assert_eq!(independence(&requester, &same, enforced), Same, "{channel:?}");
                let form = Approver { means: Means::Form, ..terminal(BOB, Some(BOB)) };
                assert_eq!(independence(&requester, &form, enforced), CantTell, "{channel:?}");
                let owned = Requester { owner: Some(Some(ALICE)), ..requester };
                assert_eq!(independence(&owned, &form, enforced), Same, "{channel:?}: its owner's own client");
                let program = Approver { means: Means::Embedded, ..terminal(BOB, None) };
                assert_eq!(independence(&requester, &program, enforced), CantTell, "{channel:?}");
            }
        }
    }

    #[test]
    fn counts_only_allowed_forms_and_never_an_enforced_requester() {
        use NotAccepted as No;
        for (forms, refuses_same, means, independence, is_protected, expected) in [
            (false, false, Means::Terminal, Same, true, Ok(())),
            (false, true, Means::Terminal, Same, false, Err(No::Same)),
            (true, true, Means::Terminal, Same, true, Err(No::Same)),
            (false, true, Means::Terminal, CantTell, true, Ok(())),
            (false, true, Means::Terminal, Different, true, Ok(())),
            (false, false, Means::Form, CantTell, false, Err(No::Form)),
            (false, false, Means::Form, CantTell, true, Err(No::FormInProtected)),
            (true, false, Means::Form, CantTell, true, Err(No::FormInProtected)),
            (true, false, Means::Form, Different, true, Err(No::FormInProtected)),
            (true, false, Means::Form, Same, false, Ok(())),
            (true, true, Means::Form, Same, false, Err(No::Same)),
            (true, true, Means::Form, CantTell, false, Ok(())),
            (false, true, Means::Embedded, CantTell, true, Ok(())),
        ] {
            let decided = Accepted { forms, refuses_same }.check(means, independence, is_protected);
            assert_eq!(decided, expected, "{forms} {refuses_same} {means:?} {independence:?} {is_protected}");
        }
    }
}
