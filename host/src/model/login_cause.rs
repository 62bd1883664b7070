//! Why the server refuses an identity's credential, and what to do about each cause. After most of
//! them the credential is still good, so the remedy must not ask to replace it.

use infisical_skill_policy::answers::LoginRefusal;
use serde::Serialize;

/// Why the server refuses an identity's credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LoginCause {
    /// Too many wrong secrets were tried. The server refuses the right one, too, until the lockout
    /// ends.
    LockedOut,
    /// The client secret has expired.
    SecretExpired,
    /// The client secret's uses are spent.
    SecretUsedUp,
    /// The client id or the client secret is wrong, or the secret was revoked.
    WrongCredentials,
    /// There is no such client id.
    UnknownClient,
    /// The identity may not log in from this machine's IP address.
    AddressNotAllowed,
    /// The server refuses the access token that the operator created.
    AccessToken,
    /// The login succeeded, but the server refuses the token that it gave.
    NewAccessToken,
    /// The embedder's own login was refused.
    TokenSource,
    /// The server refused the login for another reason.
    Unknown,
}

impl From<LoginRefusal> for LoginCause {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::LockedOut => Self::LockedOut,
            LoginRefusal::SecretExpired => Self::SecretExpired,
            LoginRefusal::SecretUsedUp => Self::SecretUsedUp,
            LoginRefusal::WrongCredentials => Self::WrongCredentials,
            LoginRefusal::UnknownClient => Self::UnknownClient,
            LoginRefusal::AddressNotAllowed => Self::AddressNotAllowed,
            _ => Self::Unknown,
        }
    }
}

impl LoginCause {
    /// The cause's stable name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LockedOut => "locked-out",
            Self::SecretExpired => "secret-expired",
            Self::SecretUsedUp => "secret-used-up",
            Self::WrongCredentials => "wrong-credentials",
            Self::UnknownClient => "unknown-client",
            Self::AddressNotAllowed => "address-not-allowed",
            Self::AccessToken => "access-token",
            Self::NewAccessToken => "new-access-token",
            Self::TokenSource => "token-source",
            Self::Unknown => "unknown",
        }
    }

    /// What happened to this identity (`read`, `reveal`, `write`), as text.
    pub(crate) fn reason(self, identity: &str) -> String {
        match self {
            Self::LockedOut => {
                format!("Infisical has locked the {identity} identity out for a while, after wrong client secrets")
            }
            Self::SecretExpired => format!("the {identity} identity's client secret has expired"),
            Self::SecretUsedUp => format!("the {identity} identity's client secret has no uses left"),
            Self::WrongCredentials => {
                format!(
                    "Infisical refused the {identity} identity's login: the client id or the client secret isn't valid"
                )
            }
            Self::UnknownClient => format!("Infisical knows no identity with the {identity} identity's client id"),
            Self::AddressNotAllowed => {
                format!("the {identity} identity may not log in to Infisical from this machine's IP address")
            }
            Self::AccessToken => format!("Infisical doesn't accept the {identity} identity's access token"),
            Self::NewAccessToken => {
                format!("the {identity} identity logged in, but Infisical doesn't accept the access token that it got")
            }
            Self::TokenSource => format!("the {identity} identity's login was refused"),
            Self::Unknown => {
                format!("Infisical refused the {identity} identity's login for a reason that isn't known here")
            }
        }
    }

    /// What to do next.
    pub(crate) fn remedy(self, identity: &str) -> String {
        let upper = identity.to_ascii_uppercase();
        let secret = format!("INFISICAL_{upper}_CLIENT_SECRET or its file");
        match self {
            Self::LockedOut => format!(
                "wait 5 minutes (Infisical's default), or have an administrator clear the lock-out of the identity. The configured client secret may be \
                 right: don't replace it before a login after the lock-out fails. Look for another program that uses the {identity} identity with a wrong secret"
            ),
            Self::SecretExpired => {
                format!(
                    "the operator must create a new client secret for the {identity} identity in Infisical and put it into {secret}"
                )
            }
            Self::SecretUsedUp => format!(
                "the operator must create a new client secret for the {identity} identity in Infisical, without a limit of uses or with a higher one, and put \
                 it into {secret}. Each command, and each start of a server, uses it once"
            ),
            Self::WrongCredentials => format!(
                "the operator must compare INFISICAL_{upper}_CLIENT_ID and {secret} with the {identity} identity in Infisical: one of them is wrong, or the \
                 secret was revoked (Infisical revokes one that expired or was used up). Don't try again before that: three wrong logins lock the identity out"
            ),
            Self::UnknownClient => format!(
                "the operator must compare INFISICAL_{upper}_CLIENT_ID with the client id that the {identity} identity's Universal Auth shows in Infisical"
            ),
            Self::AddressNotAllowed => format!(
                "the operator must add this machine's address to the trusted IPs of the {identity} identity's Universal Auth in Infisical. The credential \
                 itself is not the problem"
            ),
            Self::AccessToken => format!(
                "the operator must check the token in INFISICAL_{upper}_TOKEN or its file: it is wrong, or it was revoked, has expired or has no uses left. \
                 If so, create a new one in Infisical"
            ),
            Self::NewAccessToken => format!(
                "check in Infisical that the {identity} identity still exists, and that its Universal Auth trusts this machine's address for access tokens \
                 and allows them more than one use"
            ),
            Self::TokenSource => {
                "check the login that the embedding program supplies; it isn't tried again for a minute".to_owned()
            }
            Self::Unknown => format!(
                "the operator must look at the {identity} identity and its Universal Auth in Infisical, and check that INFISICAL_{upper}_CLIENT_ID and {secret} \
                 belong to it. Don't try again before that: wrong logins lock an identity out"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [LoginCause; 10] = [
        LoginCause::LockedOut,
        LoginCause::SecretExpired,
        LoginCause::SecretUsedUp,
        LoginCause::WrongCredentials,
        LoginCause::UnknownClient,
        LoginCause::AddressNotAllowed,
        LoginCause::AccessToken,
        LoginCause::NewAccessToken,
        LoginCause::TokenSource,
        LoginCause::Unknown,
    ];

    #[test]
    fn asks_to_replace_only_a_spent_secret() {
        for cause in ALL {
            let remedy = cause.remedy("write");
            let replaces = remedy.contains("create a new");
            let is_spent =
                matches!(cause, LoginCause::SecretExpired | LoginCause::SecretUsedUp | LoginCause::AccessToken);
            assert_eq!(replaces, is_spent, "{cause:?}: {remedy}");
            assert!(!remedy.contains("rotate"), "{remedy}");
        }
    }

    #[test]
    fn each_cause_has_its_own_text_for_its_identity() {
        let mut seen = std::collections::BTreeSet::new();
        for cause in ALL {
            let text = format!("{} {}", cause.reason("write"), cause.remedy("write"));
            assert!(!text.contains("READ_") && !text.contains("read identity"), "{text}");
            assert_eq!(serde_json::json!(cause), cause.name());
            assert!(seen.insert(cause.name()) && seen.insert(Box::leak(cause.reason("write").into_boxed_str())));
        }
    }
}
