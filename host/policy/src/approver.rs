//! Who approves a plan, against who asked for it: how sure it is that the two are different, and
//! which approvals count.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a plan was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// With the command.
    Command,
    /// By the client of an MCP server at standard input and output.
    Stdio,
    /// By a client of an MCP server over HTTP.
    Http,
    /// By a program that embeds the skill.
    #[default]
    Embedded,
}

/// How a plan was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// At a terminal, by typing what the plan is about.
    Terminal,
    /// In a form that the MCP client showed, as it says.
    Form,
    /// By a program that embeds the skill, which answers for it.
    Embedded,
}

/// How sure it is that whoever approved a plan isn't who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Independence {
    /// They are different.
    Different,
    /// They are the same, or the one could act as the other.
    Same,
    /// Nothing says so or otherwise.
    CantTell,
}

/// Who asked for a plan, as far as the host knows. The numbers are those of this machine's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asker<'a> {
    /// How they asked.
    pub channel: Channel,
    /// The session: a number of the skill's own for a process or a connection.
    pub session: &'a str,
    /// Whom the process ran as.
    pub user: Option<u32>,
    /// Who had logged in when the process was started, by the kernel's word.
    pub login: Option<u32>,
    /// Whose client it is, if the configuration names somebody: the user's number, if there is one.
    pub owner: Option<Option<u32>>,
}

/// Who approves a plan, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approver<'a> {
    /// How they approve.
    pub means: Means,
    /// The session, as in [`Asker`].
    pub session: &'a str,
    /// Whom the process runs as.
    pub user: Option<u32>,
    /// Who had logged in when the process was started, by the kernel's word.
    pub login: Option<u32>,
}

/// How sure it is that the approver isn't who asked. `enforced`: agents don't run as the skill's
/// user, and can't turn the layers. What a process could make up about itself (`SUDO_USER`) has no
/// say.
#[must_use]
pub fn independence(asker: &Asker<'_>, approver: &Approver<'_>, enforced: bool) -> Independence {
    use Independence::{CantTell, Different, Same};
    match approver.means {
        // The client that asked gives the answer. Where it has an owner, nobody else is in front of it.
        Means::Form => return if asker.owner.is_some() { Same } else { CantTell },
        Means::Embedded => return CantTell,
        Means::Terminal => {}
    }
    if asker.session == approver.session {
        return Same;
    }
    let users = both(asker.user, approver.user);
    match asker.channel {
        // Whoever runs as the same user could have typed the approval.
        Channel::Command | Channel::Stdio if !enforced && users == Some(Same) => Same,
        Channel::Command if users == Some(Different) => Different,
        // All operators run the command as the skill's user: who logged in tells them apart.
        Channel::Command => both(asker.login, approver.login).unwrap_or(CantTell),
        Channel::Stdio | Channel::Http => match asker.owner {
            Some(owner) => of_owner(owner, approver),
            // Agents can't run as this user.
            None if enforced => Different,
            None if users == Some(Different) => Different,
            None => CantTell,
        },
        Channel::Embedded => CantTell,
    }
}

fn both(one: Option<u32>, other: Option<u32>) -> Option<Independence> {
    let (one, other) = (one?, other?);
    Some(if one == other { Independence::Same } else { Independence::Different })
}

/// The approver against the owner of the client that asked. Somebody else's user proves nothing, as
/// several people may use it; somebody else's login does.
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
    /// Those in a form of the client's. Never in protected environments.
    pub forms: bool,
    /// Not those of whoever asked: the set-up is enforced.
    pub refuses_same: bool,
}

/// Why an approval doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAccepted {
    /// A form approves nothing for this client.
    Form,
    /// A form approves nothing in a protected environment.
    FormInProtected,
    /// Who approves is who asked.
    Same,
}

impl fmt::Display for NotAccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a form in this client approves nothing: the operator doesn't allow it",
            Self::FormInProtected => "a form in the client approves nothing in a protected environment",
            Self::Same => "the person who approves is the one who asked, and an enforced set-up requires somebody else",
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
    /// Its name, as it is written.
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
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Same => "same",
            Self::CantTell => "cant-tell",
        }
    }

    /// In words, of an approver.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Different => "somebody else than who asked",
            Self::Same => "the same as who asked",
            Self::CantTell => "it can't be told whether somebody else than who asked",
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

    fn asker(channel: Channel, user: u32, login: Option<u32>, owner: Option<Option<u32>>) -> Asker<'static> {
        Asker { channel, session: "asked", user: Some(user), login, owner }
    }

    fn terminal(user: u32, login: Option<u32>) -> Approver<'static> {
        Approver { means: Means::Terminal, session: "approves", user: Some(user), login }
    }

    #[test]
    fn decides_whether_the_approver_is_who_asked() {
        let (alice, bob) = (Some(ALICE), Some(BOB));
        for (channel, asked_as, asked_login, owner, approver, advisory, enforced) in [
            // As the same user, over stdio or with the command: whoever asked could have typed it.
            (Stdio, ALICE, alice, None, terminal(ALICE, alice), Same, Different),
            (Stdio, ALICE, None, None, terminal(ALICE, bob), Same, Different),
            (Command, ALICE, alice, None, terminal(ALICE, alice), Same, Same),
            (Command, ALICE, alice, None, terminal(ALICE, bob), Same, Different),
            (Command, SKILL, None, None, terminal(SKILL, alice), Same, CantTell),
            (Command, SKILL, alice, None, terminal(SKILL, None), Same, CantTell),
            // As another user.
            (Stdio, ALICE, alice, None, terminal(BOB, bob), Different, Different),
            (Command, ALICE, alice, None, terminal(BOB, alice), Different, Different),
            (Http, SKILL, None, None, terminal(BOB, bob), Different, Different),
            // Over HTTP, the client may run as anybody where the files don't keep it out.
            (Http, SKILL, None, None, terminal(SKILL, alice), CantTell, Different),
            // An owner is who asked, too.
            (Http, SKILL, None, Some(alice), terminal(SKILL, alice), Same, Same),
            (Http, SKILL, None, Some(alice), terminal(SKILL, bob), Different, Different),
            (Http, SKILL, None, Some(alice), terminal(SKILL, None), CantTell, CantTell),
            (Http, SKILL, None, Some(alice), terminal(ALICE, bob), Same, Same),
            (Http, SKILL, None, Some(None), terminal(SKILL, alice), CantTell, CantTell),
            (Stdio, SKILL, alice, Some(bob), terminal(SKILL, alice), Same, Different),
            (Embedded, ALICE, alice, None, terminal(BOB, bob), CantTell, CantTell),
        ] {
            let asker = asker(channel, asked_as, asked_login, owner);
            let decided = [false, true].map(|is_enforced| independence(&asker, &approver, is_enforced));
            assert_eq!(decided, [advisory, enforced], "{asker:?} {approver:?}");
        }
    }

    #[test]
    fn unknown_users_are_never_called_different_where_files_are_open() {
        for channel in [Command, Stdio, Http, Embedded] {
            for (asked_as, approves_as) in [(None, Some(1)), (Some(1), None), (None, None)] {
                let asker = Asker { channel, session: "asked", user: asked_as, login: None, owner: None };
                let approver = Approver { user: approves_as, ..terminal(0, None) };
                assert_eq!(independence(&asker, &approver, false), CantTell, "{channel:?}");
            }
        }
    }

    #[test]
    fn the_process_that_asked_is_the_same_and_an_answer_in_a_form_proves_nothing() {
        for enforced in [false, true] {
            for channel in [Command, Stdio, Http, Embedded] {
                let asker = asker(channel, SKILL, Some(ALICE), None);
                let same = Approver { session: "asked", ..terminal(BOB, Some(BOB)) };
                assert_eq!(independence(&asker, &same, enforced), Same, "{channel:?}");
                let form = Approver { means: Means::Form, ..terminal(BOB, Some(BOB)) };
                assert_eq!(independence(&asker, &form, enforced), CantTell, "{channel:?}");
                let owned = Asker { owner: Some(Some(ALICE)), ..asker };
                assert_eq!(independence(&owned, &form, enforced), Same, "{channel:?}: its owner's own client");
                let program = Approver { means: Means::Embedded, ..terminal(BOB, None) };
                assert_eq!(independence(&asker, &program, enforced), CantTell, "{channel:?}");
            }
        }
    }

    #[test]
    fn counts_forms_where_they_are_allowed_and_nobody_who_asked_where_that_is_enforced() {
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
