//! Checks whether changes are allowed at all, before anything else.

use crate::error::{Error, Layer};
use crate::types::{Policy, Reveals, Writes};

/// Refuses a plan that could never be applied. While changes are off, plans are allowed, so that a
/// person can review them first.
pub(crate) fn may_plan(policy: &Policy) -> Result<(), Error> {
    match policy.writes {
        Writes::Never => Err(never()),
        Writes::Off | Writes::On => has_identity(policy),
    }
}

/// Refuses unless changes are on now and a write identity is configured.
pub(crate) fn may_change(policy: &Policy) -> Result<(), Error> {
    match policy.writes {
        Writes::Never => Err(never()),
        Writes::Off => Err(Error::refused(
            Layer::KillSwitch,
            "Changes are off.",
            "Ask the operator to run `infisical-skill writes on --for 15m`, then apply the plan again while it is valid.",
        )),
        Writes::On => has_identity(policy),
    }
}

/// Refuses unless the operator turned revealing on.
pub(crate) fn may_reveal(policy: &Policy) -> Result<(), Error> {
    let (reason, remedy) = match policy.reveal {
        Reveals::On => return Ok(()),
        Reveals::Off => (
            "Plain values are hidden: revealing is switched off.",
            "Work without the value, or ask the operator to run `infisical-skill reveal on --for 10m --reason ...`.",
        ),
        Reveals::Never => (
            "Plain values are hidden: the operator doesn't allow revealing them.",
            "Work without the value. This can't be lifted at run time: the operator must change the configuration.",
        ),
    };
    Err(Error::refused(Layer::RevealGate, reason, remedy))
}

/// Refuses a text that can't be a plan's id, before the host looks for it.
pub(crate) fn plan_id(id: &str) -> Result<(), Error> {
    const MAX: usize = 64;
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if (1..=MAX).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::refused(
        Layer::TwoPhaseConfirm,
        "This isn't the id of a plan.",
        "Preview the change, and apply the plan that the preview names.",
    ))
}

fn never() -> Error {
    Error::refused(
        Layer::KillSwitch,
        "Changes are forbidden: the operator's configuration says `writes = \"never\"`.",
        "Only the operator can change the configuration.",
    )
}

fn has_identity(policy: &Policy) -> Result<(), Error> {
    if policy.write_identity {
        return Ok(());
    }
    Err(Error::refused(
        Layer::Identity,
        "No write identity is configured, so nothing can be changed.",
        "Ask the operator to configure a separate write identity.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::operator;
    use crate::types::ApiVersion;

    fn layer(result: Result<(), Error>) -> Option<Layer> {
        match result {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => Some(refusal.layer),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn checks_kill_switch_before_identity_and_plans_while_off() {
        let (switch, identity) = (Some(Layer::KillSwitch), Some(Layer::Identity));
        for (writes, has_identity, plan, change) in [
            (Writes::Never, true, switch, switch),
            (Writes::Never, false, switch, switch),
            (Writes::Off, true, None, switch),
            (Writes::Off, false, identity, switch),
            (Writes::On, true, None, None),
            (Writes::On, false, identity, identity),
        ] {
            let operator = operator(ApiVersion::V4).with(|policy| {
                policy.writes = writes;
                policy.write_identity = has_identity;
            });
            assert_eq!(layer(may_plan(&operator.policy)), plan, "{writes:?} {has_identity}");
            assert_eq!(layer(may_change(&operator.policy)), change, "{writes:?} {has_identity}");
        }
    }

    #[test]
    fn a_plans_id_is_up_to_64_small_letters_digits_and_dashes() {
        for id in ["a", "plan-0a1b", &"x".repeat(64)] {
            assert_eq!(plan_id(id), Ok(()), "{id}");
        }
        for id in ["", "A", "a b", "a_b", "../x", "a\n", "é", "a\0", &"x".repeat(65)] {
            assert_eq!(layer(plan_id(id)), Some(Layer::TwoPhaseConfirm), "{id:?}");
        }
    }
}
