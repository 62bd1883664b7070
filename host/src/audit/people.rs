//! Who asks and who approves, as far as the operating system says it about this process.

use crate::base::time::now;
use crate::model::people::{ApprovedBy, AskedBy, LocalUser};
use infisical_skill_owners::{login, me, name_of};
use infisical_skill_policy::approver::{Approver, Channel, Means, Requester, independence};
use infisical_skill_policy::text::escape_capped;
use std::sync::OnceLock;

/// The most characters of a name that somebody gives.
const MAX_NAME: usize = 100;

impl LocalUser {
    fn numbered(uid: u32) -> Self {
        Self { uid, name: name_of(uid).map(|name| escape_capped(&name, MAX_NAME)) }
    }

    /// The user that this process runs as.
    fn this() -> Option<Self> {
        static THIS: OnceLock<Option<LocalUser>> = OnceLock::new();
        THIS.get_or_init(|| cfg!(unix).then(|| Self::numbered(me()))).clone()
    }

    /// The login user of this process.
    fn login() -> Option<Self> {
        static LOGIN: OnceLock<Option<LocalUser>> = OnceLock::new();
        LOGIN.get_or_init(|| login().map(Self::numbered)).clone()
    }
}

/// The user that this process runs as, as text.
pub(crate) fn this_user() -> String {
    LocalUser::this().map_or_else(|| "an unknown user".to_owned(), |user| user.describe())
}

impl AskedBy {
    /// The requester behind this process.
    pub(crate) fn here(channel: Channel) -> Self {
        Self { channel, user: LocalUser::this(), login: LocalUser::login(), ..Self::default() }
    }

    fn facts(&self) -> Requester<'_> {
        let number = |user: &Option<LocalUser>| user.as_ref().map(|user| user.uid);
        let owner = |name: &String| infisical_skill_owners::User::Name(name.clone()).number().ok();
        Requester {
            channel: self.channel,
            session: &self.session,
            user: number(&self.user),
            login: number(&self.login),
            owner: self.owner.as_ref().map(owner),
        }
    }
}

impl ApprovedBy {
    /// A decision by a person through this process, about what `asked` asked for.
    pub(crate) fn here(means: Means, session: &str, asked: &AskedBy, enforced: bool) -> Self {
        let of_process = means != Means::Form;
        let user = if of_process { LocalUser::this() } else { None };
        let login = if of_process { LocalUser::login() } else { None };
        let number = |user: &Option<LocalUser>| user.as_ref().map(|user| user.uid);
        let approver = Approver { means, session, user: number(&user), login: number(&login) };
        let hint = std::env::var("SUDO_USER").ok().filter(|name| of_process && !name.is_empty());
        Self {
            how: means,
            independence: independence(&asked.facts(), &approver, enforced),
            user,
            login,
            sudo_user: hint.map(|name| escape_capped(&name, MAX_NAME)),
            client: asked.client.clone().filter(|_| !of_process),
            at: now(),
        }
    }

    /// The approver in the form of the audit records.
    pub(crate) fn recorded(&self) -> infisical_skill_audit::Approver {
        infisical_skill_audit::Approver {
            how: self.how.name().to_owned(),
            independence: self.independence.name().to_owned(),
            user: self.user.as_ref().map(LocalUser::describe),
            login: self.login.as_ref().map(LocalUser::describe),
            sudo_user: self.sudo_user.clone(),
            client: self.client.clone(),
        }
    }
}
