//! Accepts a clock that was set back, for an operator.

use crate::audit::people::this_user;
use crate::audit::{self, AuditSettings, Trail};
use crate::base::time::{now, rfc3339};
use crate::state::{DirectoryState, State, advised, files};
use infisical_skill_audit::{Act, Durability, Event, Operator};
use infisical_skill_policy::text::escape_capped;
use std::io;
use std::path::Path;

/// The most characters of a reason.
const MAX_REASON: usize = 500;

/// Accepts the current clock although a later time was recorded, because that one was wrong.
/// Everything that could expire ends before that, so that nothing expired becomes valid again. This
/// covers all pending plans and reveal requests, and both switches. The decision is recorded first.
/// Gives the accepted time.
///
/// # Errors
///
/// If the state directory or the audit trail can't be written.
pub fn accept_clock(state_folder: &Path, client: &str, reason: &str) -> io::Result<String> {
    files::check_folder(state_folder).map_err(advised)?;
    let now = now();
    let reason = Some(escape_capped(reason, MAX_REASON));
    let (caller, until) = (audit::caller(Some(client), None), Some(rfc3339(now)));
    let event = Event::Operator(Operator {
        act: Act::AcceptClock,
        caller,
        plan: None,
        requests: Vec::new(),
        until,
        reason,
        user: Some(this_user()),
        approver: None,
    });
    let trail = Trail::kept(state_folder, AuditSettings::default());
    trail.record_now(&event, Durability::OnTheDisk).map_err(|error| io::Error::other(error.to_string()))?;
    DirectoryState::new(state_folder).accept_time(now).map_err(advised)?;
    Ok(rfc3339(now))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::base::test_clock as clock;
    use crate::model::people::{ApprovedBy, AskedBy};
    use crate::model::plan_card::PlanOutcome;
    use crate::model::reveal_card::SecretToReveal;
    use crate::plans::kill_switch::TimedSwitch;
    use crate::plans::reveal_requests::RevealRequests;
    use crate::plans::seal::PlanKeys;
    use crate::state::{StoreRefusal, TOLERANCE};
    use infisical_skill_policy::approver::Means;
    use infisical_skill_policy::plan::PlanId;
    use infisical_skill_policy::reveal::Reveal;
    use infisical_skill_policy::switch::{Millis, SwitchPolicy};
    use infisical_skill_policy::{Environment, Place, Project, SecretName, SecretPath};
    use std::sync::Arc;
    use std::time::Duration;

    const NOON: Millis = 1_800_000_000_000;
    const YEAR: Millis = 365 * 24 * 3_600_000;
    const POLICY: SwitchPolicy = SwitchPolicy::Switchable { max: Duration::from_secs(600) };

    fn at(folder: &Path, time: Millis) -> Option<Millis> {
        clock::set(time);
        DirectoryState::new(folder).now().ok()
    }

    #[test]
    fn rejects_times_before_the_last_audit_record() {
        let folder = tempfile::tempdir().unwrap();
        clock::set(NOON);
        TimedSwitch::new(folder.path(), POLICY).turn_on(Duration::from_secs(600), None).unwrap();
        std::fs::remove_file(folder.path().join("clock")).unwrap();
        assert_eq!(at(folder.path(), NOON - TOLERANCE - 1), None);
        assert_eq!(at(folder.path(), NOON + 1), Some(NOON + 1));
    }

    #[test]
    fn expired_switch_stays_off() {
        let folder = tempfile::tempdir().unwrap();
        let switch = || TimedSwitch::new(folder.path(), POLICY);
        clock::set(NOON);
        switch().turn_on(Duration::from_secs(5), None).unwrap();
        assert!(switch().is_on());
        clock::set(NOON + 5_000);
        assert!(!switch().is_on(), "over");
        // Within the time for which it was turned on, the clock is set back: by so little that it
        // is accepted, and by more.
        for back in [1, 4_000, 600_000] {
            clock::set(NOON + 5_000 - back);
            assert!(!switch().is_on(), "{back}");
        }
        assert!(switch().turn_on(Duration::from_secs(5), None).is_err(), "nothing is turned on by such a clock");
    }

    #[test]
    fn accepting_a_clock_recovers_from_a_far_future_time() {
        let folder = tempfile::tempdir().unwrap();
        let switch = || TimedSwitch::new(folder.path(), POLICY);
        clock::set(NOON);
        switch().turn_on(Duration::from_secs(600), None).unwrap();
        assert_eq!(at(folder.path(), NOON + 3 * YEAR), Some(NOON + 3 * YEAR));
        assert!(!switch().is_on(), "seen to be over");
        clock::set(NOON + 60_000);
        let said = switch().turn_on(Duration::from_secs(5), None).unwrap_err().to_string();
        assert!(said.contains("2030") && said.contains("accept-clock"), "{said}");
        accept_clock(folder.path(), "infisical-skill", "the battery was flat").unwrap();
        assert!(!switch().is_on(), "what was seen to be over stays so");
        switch().turn_on(Duration::from_secs(5), None).unwrap();
        assert!(switch().is_on());
        let trail = std::fs::read_to_string(folder.path().join("audit/00000000000000000001.jsonl")).unwrap();
        assert!(trail.contains("accept-clock") && trail.contains("the battery was flat"), "{trail}");
    }

    #[test]
    fn accepting_a_clock_ends_pending_reveals() {
        let folder = tempfile::tempdir().unwrap();
        let keys = PlanKeys::new("secret".into(), "a server".to_owned());
        let store = || {
            RevealRequests::new(Arc::new(DirectoryState::new(folder.path())), "https://infisical.example".to_owned())
        };
        let secret = SecretToReveal::for_tests(&Reveal {
            place: Place {
                project: Project::new("p").unwrap(),
                environment: Environment::new("prod").unwrap(),
                path: SecretPath::new("/").unwrap(),
            },
            name: SecretName::new("KEY").unwrap(),
        });
        clock::set(NOON);
        let asked = AskedBy::default();
        let card = store().file(&keys, &secret, (None, &asked), (Duration::from_secs(900), 4, &|_| true)).unwrap();
        let id = PlanId::new(&card.request).unwrap();
        let by = ApprovedBy::here(Means::Terminal, "another session", &asked, false);
        store().approve(&keys, &id, &card, &by).unwrap();
        let switch = || TimedSwitch::for_reveals(folder.path(), POLICY);
        switch().turn_on(Duration::from_secs(600), Some("an incident")).unwrap();
        assert_eq!(at(folder.path(), NOON + YEAR), Some(NOON + YEAR));
        clock::set(NOON + 1_000);
        for refusal in [
            store().open(&keys, &id).err(),
            store().file(&keys, &secret, (None, &asked), (Duration::from_secs(900), 4, &|_| true)).err(),
        ] {
            assert!(matches!(refusal, Some(StoreRefusal::Clock(_))), "{refusal:?}");
        }
        assert!(store().list(&keys).unwrap().is_empty() && !switch().is_on());
        accept_clock(folder.path(), "infisical-skill", "a test").unwrap();
        assert!(!switch().is_on());
        assert!(matches!(store().open(&keys, &id), Err(StoreRefusal::Used(PlanOutcome::Discarded))));
    }
}
