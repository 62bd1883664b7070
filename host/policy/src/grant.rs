//! What a kind of call may do. The host chooses the grant from the interface that is called, not
//! from an argument.

use crate::ApiVersion;
use crate::operation::Operation;

/// Which machine identity a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// The identity that only reads.
    Read,
    /// The identity that reads the values that the operator allows.
    Reveal,
    /// The identity that writes.
    Write,
}

impl IdentityKind {
    /// The name in messages and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Reveal => "reveal",
            Self::Write => "write",
        }
    }
}

/// What one call may do, according to its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// The call was refused before it began. The component may still explain.
    Nothing,
    /// `reads`: read, with values hidden.
    Reads,
    /// `reveal`: read one secret with its value.
    Reveal,
    /// `changes.preview`: read, with values hidden, and file a plan.
    Preview,
    /// `changes.apply`: read, with values hidden, and send the requests of a redeemed plan.
    Apply,
}

impl Grant {
    /// The name in messages and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Reads => "reads",
            Self::Reveal => "reveal",
            Self::Preview => "preview",
            Self::Apply => "apply",
        }
    }

    /// Returns the identity that sends an operation of a call with this grant. The reveal identity
    /// requests only the value of the one secret. The read identity finds the secret.
    #[must_use]
    pub fn identity(self, operation: &Operation) -> IdentityKind {
        match (self, operation) {
            (Self::Reveal, Operation::RevealSecret { .. }) => IdentityKind::Reveal,
            _ => IdentityKind::Read,
        }
    }

    /// Whether a call with this grant may send the operation. Operations are reads. Changes leave
    /// only through a [`crate::plan::Redeemed`] plan.
    #[must_use]
    pub fn allows(self, operation: &Operation) -> bool {
        match self {
            Self::Nothing => false,
            Self::Reads => !matches!(operation, Operation::RevealSecret { .. } | Operation::ListTags { .. }),
            Self::Preview | Self::Apply => !matches!(
                operation,
                Operation::RevealSecret { .. } | Operation::ListAuditLogs { .. } | Operation::ListImports { .. }
            ),
            // The caller may name the project by its slug. If the secret isn't in the folder, its
            // imports say where it is.
            Self::Reveal => matches!(
                operation,
                Operation::RevealSecret { .. } | Operation::ProjectBySlug { .. } | Operation::ListImports { .. }
            ),
        }
    }

    /// How many reads one call may send. The requests of a plan don't count.
    ///
    /// An older server lists one folder at a time. So listing everything below a folder takes one
    /// request for each folder.
    #[must_use]
    pub fn max_requests(self, api_version: ApiVersion) -> u32 {
        match (self, api_version) {
            (Self::Nothing, _) => 0,
            (Self::Reveal, _) => 3,
            (Self::Reads | Self::Preview | Self::Apply, ApiVersion::V4) => 128,
            (Self::Reads | Self::Preview | Self::Apply, ApiVersion::V3) => 1_100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;

    #[test]
    fn reads_never_reveal_and_reveal_reads_nothing_else() {
        let place = "projectId=p&environment=dev&secretPath=%2F";
        let rest = "expandSecretReferences=false&includeImports=false";
        for (request, reads, reveal) in [
            (format!("/api/v4/secrets/A?{place}&viewSecretValue=true&{rest}"), false, true),
            (format!("/api/v4/secrets/A?{place}&viewSecretValue=false&{rest}"), true, false),
            (
                format!(
                    "/api/v4/secrets?{place}&viewSecretValue=false&expandSecretReferences=false&recursive=true&includeImports=false"
                ),
                true,
                false,
            ),
            ("/api/v1/projects?type=secret-manager".to_owned(), true, false),
            ("/api/v1/projects/slug/vault".to_owned(), true, true),
        ] {
            let operation = route::read(ApiVersion::V4, "GET", &request).unwrap();
            assert!(!Grant::Nothing.allows(&operation), "{request}");
            assert_eq!(Grant::Reads.allows(&operation), reads, "{request}");
            assert_eq!(Grant::Reveal.allows(&operation), reveal, "{request}");
            assert_eq!(Grant::Preview.allows(&operation), reads, "{request}");
            assert_eq!(Grant::Apply.allows(&operation), reads, "{request}");
            let is_value = request.contains("viewSecretValue=true");
            for grant in [Grant::Nothing, Grant::Reads, Grant::Reveal, Grant::Preview, Grant::Apply] {
                let is_reveal = grant.identity(&operation) == IdentityKind::Reveal;
                assert_eq!(is_reveal, is_value && grant == Grant::Reveal, "{request}");
            }
        }
    }

    #[test]
    fn call_sends_no_more_than_its_grant_allows() {
        for (grant, name, older, current) in [
            (Grant::Nothing, "nothing", 0, 0),
            (Grant::Reads, "reads", 1_100, 128),
            (Grant::Reveal, "reveal", 3, 3),
            (Grant::Preview, "preview", 1_100, 128),
            (Grant::Apply, "apply", 1_100, 128),
        ] {
            assert_eq!(grant.as_str(), name);
            assert_eq!(grant.max_requests(ApiVersion::V3), older, "{name}");
            assert_eq!(grant.max_requests(ApiVersion::V4), current, "{name}");
        }
        let kinds = [IdentityKind::Read, IdentityKind::Reveal, IdentityKind::Write];
        assert_eq!(kinds.map(IdentityKind::as_str), ["read", "reveal", "write"]);
    }
}
