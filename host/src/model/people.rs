//! The requester and the approver of a plan, as far as is known.

use infisical_skill_policy::approver::{Channel, Independence, Means};
use infisical_skill_policy::switch::Millis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocalUser {
    /// The numeric user id.
    pub uid: u32,
    /// The name in `/etc/passwd`, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The requester of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AskedBy {
    /// The channel of the request.
    pub channel: Channel,
    /// The name of the client's token, over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The client: its token's name, and the name that it gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The owner of the client, by the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The user that the process ran as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<LocalUser>,
    /// The login user of the process, as the kernel recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LocalUser>,
    /// The session in the audit trail.
    #[serde(default)]
    pub session: String,
}

/// Who approved a plan, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApprovedBy {
    /// The means: at a `terminal`, in a `form` of the client, or through an `embedded` program.
    #[schemars(with = "String")]
    pub how: Means,
    /// Whether the approver is somebody other than the requester: `different`, `same`, `cant-tell`.
    #[schemars(with = "String")]
    pub independence: Independence,
    /// The user that the process ran as. For a form, only the client is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<LocalUser>,
    /// The login user of the process, as the kernel recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LocalUser>,
    /// The value of `SUDO_USER`: a hint that anybody can forge. It decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// The client that showed the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: Millis,
}

impl LocalUser {
    /// The user as text.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} (uid {})", self.uid),
            None => format!("uid {}", self.uid),
        }
    }
}

/// A name that a client chose, for use between backticks. It can't end the quotation, and so can't
/// continue as if it were the host's text.
fn quotable(name: &str) -> String {
    name.replace('`', "\\u{60}")
}

impl AskedBy {
    /// Whether another request comes from the same requester: over the same channel, with the same
    /// token, and as the same user of the same login. A program that embeds the skill tells its own
    /// callers apart by their names.
    pub(crate) fn is_same_requester(&self, other: &Self) -> bool {
        let number = |user: &Option<LocalUser>| user.as_ref().map(|user| user.uid);
        let client = |it: &Self| it.client.clone().filter(|_| it.channel == Channel::Embedded);
        let facts = |it: &Self| (it.channel, it.token.clone(), it.owner.clone(), number(&it.user), number(&it.login));
        facts(self) == facts(other) && client(self) == client(other)
    }

    /// The requester as text.
    #[must_use]
    pub fn describe(&self) -> String {
        let how = match self.channel {
            Channel::Command => "with the command",
            Channel::Stdio => "an MCP client over stdio",
            Channel::Http => "an MCP client over HTTP",
            Channel::Embedded => "a program that embeds the skill",
        };
        let client = self.client.as_ref().map(|client| format!(", `{}`", quotable(client)));
        let owner = self.owner.as_ref().map(|owner| format!(", {owner}'s"));
        let user = self.user.as_ref().map(|user| format!(", run as {}", user.describe()));
        let login = self.login.as_ref().map(|login| format!(", logged in as {}", login.describe()));
        [Some(how.to_owned()), client, owner, user, login].into_iter().flatten().collect()
    }
}

impl ApprovedBy {
    /// The approver as text: who, how, and whether they are somebody other than the requester.
    #[must_use]
    pub fn describe(&self) -> String {
        let how = match self.how {
            Means::Terminal => "at a terminal",
            Means::Form => "in a form of the client's",
            Means::Embedded => "by the program that embeds the skill",
        };
        let user = self.user.as_ref().map(|user| format!(", as {}", user.describe()));
        let login = self.login.as_ref().map(|login| format!(", logged in as {}", login.describe()));
        let hint = self
            .sudo_user
            .as_ref()
            .map(|name| format!(", through sudo as {name} according to SUDO_USER, which proves nothing"));
        let client = self.client.as_ref().map(|client| format!(", `{client}`"));
        let who: String = [Some(how.to_owned()), client, user, login, hint].into_iter().flatten().collect();
        format!("{who}: {}", self.independence.describe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_client_does_not_continue_as_the_hosts_text() {
        let client = Some("x`, bob's, run as bob (uid 1001)".to_owned());
        let asked = AskedBy { channel: Channel::Stdio, client, ..AskedBy::default() };
        let said = asked.describe();
        assert_eq!(said, "an MCP client over stdio, `x\\u{60}, bob's, run as bob (uid 1001)`");
    }
}
