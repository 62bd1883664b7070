//! What the operator lets one client do, and how budgets are divided among clients.

use crate::grant::Grant;
use crate::scope::Scopes;
use std::fmt;

/// How far a client may go. Each level includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum May {
    /// Read, with values hidden.
    #[default]
    Read,
    /// File plans.
    Preview,
    /// Apply plans.
    Apply,
}

impl May {
    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Preview => "preview",
            Self::Apply => "apply",
        }
    }
}

/// What a client may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAllowed {
    /// The client would need this level.
    May(May),
    /// The client may not see values.
    Reveal,
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::May(May::Read) => "the operator doesn't let this client read",
            Self::May(May::Preview) => "the operator doesn't let this client preview changes",
            Self::May(May::Apply) => "the operator doesn't let this client apply changes",
            Self::Reveal => "the operator doesn't let this client see values",
        })
    }
}

impl std::error::Error for NotAllowed {}

/// Checks whether a client may make a call of this kind.
///
/// # Errors
/// [`NotAllowed`] says what the client may not do.
pub fn check(may: May, reveal: bool, grant: Grant) -> Result<(), NotAllowed> {
    let needed = match grant {
        Grant::Nothing | Grant::Reads => return Ok(()),
        Grant::Reveal if reveal => return Ok(()),
        Grant::Reveal => return Err(NotAllowed::Reveal),
        Grant::Preview => May::Preview,
        Grant::Apply => May::Apply,
    };
    if may >= needed { Ok(()) } else { Err(NotAllowed::May(needed)) }
}

/// Whether all places of `part` are in `whole`: whether a client's scopes are within the
/// operator's.
#[must_use]
pub fn is_within(part: &Scopes, whole: &Scopes) -> bool {
    let Some(allowed) = whole.as_slice() else { return true };
    let Some(parts) = part.as_slice() else { return false };
    // One scope must cover a whole part. If several scopes cover a part together, write it as
    // several parts.
    parts.iter().all(|part| {
        allowed.iter().any(|scope| {
            scope.project == part.project
                && (scope.environments.is_empty()
                    || !part.environments.is_empty()
                        && part.environments.iter().all(|it| scope.environments.contains(it)))
                && (scope.paths.is_empty()
                    || !part.paths.is_empty()
                        && part.paths.iter().all(|path| scope.paths.iter().any(|root| root.covers(path))))
        })
    })
}

/// Divides a budget. Returns the share of each client, and the rest for everybody else. Clients
/// without a number, and the rest, get even shares of what is left. `None` if the numbers exceed
/// the budget.
#[must_use]
pub fn divide(total: u32, wanted: &[Option<u32>]) -> Option<(Vec<u32>, u32)> {
    let given = wanted.iter().flatten().try_fold(0_u32, |sum, share| sum.checked_add(*share))?;
    let rest = total.checked_sub(given)?;
    let others = u32::try_from(wanted.iter().filter(|share| share.is_none()).count()).ok()?;
    let even = rest / others.checked_add(1)?;
    let shares = wanted.iter().map(|share| share.unwrap_or(even)).collect();
    Some((shares, rest - even * others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Environment, Project, SecretPath};
    use crate::scope::Scope;
    use proptest::prelude::*;

    #[test]
    fn each_right_includes_the_one_before_and_none_includes_values() {
        use Grant::{Apply, Nothing, Preview, Reads, Reveal};
        for (may, allowed) in [
            (May::Read, &[Nothing, Reads][..]),
            (May::Preview, &[Nothing, Reads, Preview]),
            (May::Apply, &[Nothing, Reads, Preview, Apply]),
        ] {
            for grant in [Nothing, Reads, Reveal, Preview, Apply] {
                assert_eq!(check(may, false, grant).is_ok(), allowed.contains(&grant), "{may:?} {grant:?}");
                let with_values = allowed.contains(&grant) || grant == Reveal;
                assert_eq!(check(may, true, grant).is_ok(), with_values, "{may:?} {grant:?}");
            }
        }
        assert_eq!(check(May::default(), false, Preview), Err(NotAllowed::May(May::Preview)));
        assert_eq!(check(May::Apply, false, Reveal), Err(NotAllowed::Reveal));
    }

    fn scopes(parts: &[(&str, &[&str], &[&str])]) -> Scopes {
        let scope = |(project, environments, paths): &(&str, &[&str], &[&str])| Scope {
            project: Project::new(*project).unwrap(),
            environments: environments.iter().map(|it| Environment::new(*it).unwrap()).collect(),
            paths: paths.iter().map(|it| SecretPath::new(*it).unwrap()).collect(),
        };
        Scopes::only(parts.iter().map(scope).collect())
    }

    #[test]
    fn scope_is_within_one_that_covers_it() {
        let whole = scopes(&[("p", &["dev", "test"], &["/app", "/web"]), ("q", &[], &[])]);
        for (part, is_in) in [
            (scopes(&[]), true),
            (scopes(&[("p", &["dev"], &["/app"])]), true),
            (scopes(&[("p", &["dev", "test"], &["/app/db", "/web"])]), true),
            (scopes(&[("q", &["prod"], &["/"])]), true),
            (scopes(&[("p", &["dev"], &["/app"]), ("q", &[], &[])]), true),
            (scopes(&[("p", &["dev"], &[])]), false),
            (scopes(&[("p", &[], &["/app"])]), false),
            (scopes(&[("p", &["prod"], &["/app"])]), false),
            (scopes(&[("p", &["dev"], &["/"])]), false),
            (scopes(&[("p", &["dev"], &["/apple"])]), false),
            (scopes(&[("r", &[], &[])]), false),
            (scopes(&[("q", &[], &[]), ("r", &[], &[])]), false),
            (Scopes::everything(), false),
        ] {
            assert_eq!(is_within(&part, &whole), is_in, "{part:?}");
            assert!(is_within(&part, &Scopes::everything()), "{part:?}");
        }
    }

    #[test]
    fn unassigned_quota_is_divided_evenly() {
        for (total, wanted, divided) in [
            (16, &[][..], Some((vec![], 16))),
            (16, &[None], Some((vec![8], 8))),
            (16, &[None, None], Some((vec![5, 5], 6))),
            (16, &[Some(10), None], Some((vec![10, 3], 3))),
            (16, &[Some(16), None], Some((vec![16, 0], 0))),
            (16, &[Some(16), Some(1)], None),
            (u32::MAX, &[Some(u32::MAX), Some(1)], None),
        ] {
            assert_eq!(divide(total, wanted), divided, "{total} {wanted:?}");
        }
    }

    proptest! {
        #[test]
        fn no_clients_quota_reduces_anothers(
            total in any::<u32>(),
            wanted in proptest::collection::vec(proptest::option::of(0..50_u32), 0..20),
        ) {
            if let Some((shares, rest)) = divide(total, &wanted) {
                let sum: u64 = shares.iter().map(|share| u64::from(*share)).sum();
                prop_assert_eq!(sum + u64::from(rest), u64::from(total));
                for (share, wanted) in shares.iter().zip(&wanted) {
                    prop_assert!(wanted.is_none_or(|wanted| wanted == *share));
                }
            }
        }
    }
}
