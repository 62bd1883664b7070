//! The time by which objects in the state directory expire. It never goes back.
//!
//! The latest time that was seen is written down (`clock`). What once expired therefore stays
//! expired in every process, whatever the machine's clock says later. A clock that is behind that
//! time, or behind the last record of the audit trail, isn't accepted. Nothing is decided by it
//! until it is right again, or until an operator accepts it (`infisical-skill state accept-clock`).

use super::advice::advised;
use super::people::this_user;
use super::{files, now, rfc3339};
use super::{plans, reveal_requests};
use crate::audit::{self, AuditSettings, Trail};
use infisical_skill_audit::{Act, Durability, Event, Operator, last_time};
use infisical_skill_policy::switch::Millis;
use infisical_skill_policy::text::escape_capped;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How far the clock may be behind, because clocks are often corrected by parts of a second. Until
/// it catches up, the time stands still.
pub(super) const TOLERANCE: Millis = 10_000;

/// What to do about a clock that isn't accepted.
pub(super) const ACCEPT_CLOCK: &str = "Set the clock right; if it is right, and the later time was wrong, run \
     `infisical-skill state accept-clock --reason TEXT` at a terminal";

/// The most characters of a reason.
const MAX_REASON: usize = 500;

/// The clock of a state directory.
#[derive(Debug, Clone)]
pub(crate) struct StateClock {
    folder: PathBuf,
}

/// Why the clock can't decide anything.
#[derive(Debug)]
pub(crate) enum ClockRefusal {
    /// It is behind a time that was seen.
    WentBack { now: Millis, seen: Millis },
    /// The latest time can't be read.
    Unreadable(io::Error),
}

impl fmt::Display for ClockRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WentBack { now, seen } => {
                write!(f, "the clock says {}, but it was already {}", rfc3339(*now), rfc3339(*seen))
            }
            Self::Unreadable(error) => write!(f, "the latest time that was seen can't be read: {error}"),
        }
    }
}

impl StateClock {
    pub(crate) fn new(state_folder: &Path) -> Self {
        Self { folder: state_folder.to_owned() }
    }

    /// The current time, which isn't before any time that was seen. It is written down if possible.
    /// If that fails, nothing else can be written either.
    pub(crate) fn now(&self) -> Result<Millis, ClockRefusal> {
        let now = now();
        let kept = self.kept().map_err(ClockRefusal::Unreadable)?;
        let seen = kept.max(last_time(&audit::open(&self.folder)).and_then(|time| parse(&time)).unwrap_or_default());
        if now.saturating_add(TOLERANCE) < seen {
            return Err(ClockRefusal::WentBack { now, seen });
        }
        let time = now.max(seen);
        if time > kept
            && self.folder.exists()
            && let Err(error) = self.keep(time)
        {
            tracing::warn!(%error, "the time can't be written down");
        }
        Ok(time)
    }

    fn kept(&self) -> io::Result<Millis> {
        let Some(bytes) = files::read(&self.file(), 64)? else { return Ok(0) };
        let text = String::from_utf8_lossy(&bytes);
        text.trim().parse().map_err(|_| io::Error::other(format!("{} isn't a time", self.file().display())))
    }

    /// Moves the time only forward: a process that is a little behind doesn't set it back.
    fn keep(&self, time: Millis) -> io::Result<()> {
        let _lock = files::lock(&self.folder.join("clock-lock"))?;
        if self.kept()? < time { self.set(time) } else { Ok(()) }
    }

    fn set(&self, time: Millis) -> io::Result<()> {
        files::replace(&self.file(), time.to_string().as_bytes())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("clock")
    }
}

fn parse(time: &str) -> Option<Millis> {
    let time = humantime::parse_rfc3339(time).ok()?;
    u64::try_from(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// Accepts the present clock although a later time was seen, because that one was wrong. Everything
/// that could expire ends before that, so that nothing that was seen to be expired becomes valid
/// again. This covers all pending plans and reveal requests, and both switches. The decision is
/// recorded first. Gives the accepted time.
///
/// # Errors
///
/// If the state directory or the audit trail can't be written.
pub fn accept_clock(state_folder: &Path, client: &str, reason: &str) -> io::Result<String> {
    files::check_folder(state_folder).map_err(advised)?;
    let clock = StateClock::new(state_folder);
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
    for switch in ["writes.json", "reveals.json"] {
        files::remove(&state_folder.join(switch)).map_err(advised)?;
    }
    plans::end_all(state_folder).map_err(advised)?;
    reveal_requests::end_all(state_folder).map_err(advised)?;
    let _lock = files::lock(&state_folder.join("clock-lock")).map_err(advised)?;
    clock.set(now).map_err(advised)?;
    Ok(rfc3339(now))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::clock;
    use super::*;
    use crate::state::reveal_requests::RevealRequests;
    use crate::state::{
        ApprovedBy, AskedBy, KillSwitch, PlanKeys, PlanOutcome, RevealCard, SecretToReveal, StoreRefusal,
    };
    use infisical_skill_policy::approver::Means;
    use infisical_skill_policy::plan::PlanId;
    use infisical_skill_policy::reveal::Reveal;
    use infisical_skill_policy::switch::WritePolicy;
    use infisical_skill_policy::{Environment, Place, Project, SecretName, SecretPath};
    use std::time::Duration;

    const NOON: Millis = 1_800_000_000_000;
    const YEAR: Millis = 365 * 24 * 3_600_000;
    const POLICY: WritePolicy = WritePolicy::Switchable { max: Duration::from_secs(600) };

    fn at(folder: &Path, time: Millis) -> Option<Millis> {
        clock::set(time);
        StateClock::new(folder).now().ok()
    }

    #[test]
    fn time_stands_still_while_the_clock_is_slightly_behind() {
        let folder = tempfile::tempdir().unwrap();
        for (clock, time) in [
            (NOON, Some(NOON)),
            (NOON + 5, Some(NOON + 5)),
            (NOON, Some(NOON + 5)),
            (NOON + 5 - TOLERANCE, Some(NOON + 5)),
            (NOON + 4 - TOLERANCE, None),
            (0, None),
            (NOON + 6, Some(NOON + 6)),
        ] {
            assert_eq!(at(folder.path(), clock), time, "{clock}");
        }
        std::fs::write(folder.path().join("clock"), "nonsense").unwrap();
        assert_eq!(at(folder.path(), NOON + 9), None);
    }

    #[test]
    fn rejects_times_before_the_last_audit_record() {
        let folder = tempfile::tempdir().unwrap();
        clock::set(NOON);
        KillSwitch::new(folder.path(), POLICY).turn_on(Duration::from_secs(600), None).unwrap();
        std::fs::remove_file(folder.path().join("clock")).unwrap();
        assert_eq!(at(folder.path(), NOON - TOLERANCE - 1), None);
        assert_eq!(at(folder.path(), NOON + 1), Some(NOON + 1));
    }

    #[test]
    fn expired_switch_stays_off() {
        let folder = tempfile::tempdir().unwrap();
        let switch = || KillSwitch::new(folder.path(), POLICY);
        clock::set(NOON);
        switch().turn_on(Duration::from_secs(5), None).unwrap();
        assert!(switch().writes_on().is_ok());
        clock::set(NOON + 5_000);
        assert!(switch().writes_on().is_err(), "over");
        // Within the time for which it was turned on, the clock is set back: by so little that it
        // is accepted, and by more.
        for back in [1, 4_000, 600_000] {
            clock::set(NOON + 5_000 - back);
            assert!(switch().writes_on().is_err(), "{back}");
        }
        assert!(switch().turn_on(Duration::from_secs(5), None).is_err(), "nothing is turned on by such a clock");
    }

    #[test]
    fn accepting_a_clock_recovers_from_a_far_future_time() {
        let folder = tempfile::tempdir().unwrap();
        let switch = || KillSwitch::new(folder.path(), POLICY);
        clock::set(NOON);
        switch().turn_on(Duration::from_secs(600), None).unwrap();
        assert_eq!(at(folder.path(), NOON + 3 * YEAR), Some(NOON + 3 * YEAR));
        assert!(switch().writes_on().is_err(), "seen to be over");
        clock::set(NOON + 60_000);
        let said = switch().turn_on(Duration::from_secs(5), None).unwrap_err().to_string();
        assert!(said.contains("2030") && said.contains("accept-clock"), "{said}");
        accept_clock(folder.path(), "infisical-skill", "the battery was flat").unwrap();
        assert!(switch().writes_on().is_err(), "what was seen to be over stays so");
        switch().turn_on(Duration::from_secs(5), None).unwrap();
        assert!(switch().writes_on().is_ok());
        let trail = std::fs::read_to_string(folder.path().join("audit/00000000000000000001.jsonl")).unwrap();
        assert!(trail.contains("accept-clock") && trail.contains("the battery was flat"), "{trail}");
    }

    #[test]
    fn accepting_a_clock_ends_pending_reveals() {
        let folder = tempfile::tempdir().unwrap();
        let keys = PlanKeys::new("secret".into(), "a server".to_owned());
        let store = || RevealRequests::new(folder.path(), "https://infisical.example".to_owned());
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
        let card = store()
            .file(&keys, &secret, (None, &asked), (Duration::from_secs(900), 4, &|_: &RevealCard| true))
            .unwrap();
        let id = PlanId::new(&card.request).unwrap();
        let by = ApprovedBy::here(Means::Terminal, "another session", &asked, false);
        store().approve(&keys, &id, &card, &by).unwrap();
        let switch = || KillSwitch::for_reveals(folder.path(), POLICY);
        switch().turn_on(Duration::from_secs(600), Some("an incident")).unwrap();
        assert_eq!(at(folder.path(), NOON + YEAR), Some(NOON + YEAR));
        clock::set(NOON + 1_000);
        for refusal in [
            store().open(&keys, &id).err(),
            store().file(&keys, &secret, (None, &asked), (Duration::from_secs(900), 4, &|_: &RevealCard| true)).err(),
        ] {
            assert!(matches!(refusal, Some(StoreRefusal::Clock(_))), "{refusal:?}");
        }
        assert!(store().list(&keys).unwrap().is_empty() && switch().reveals_on().is_err());
        accept_clock(folder.path(), "infisical-skill", "a test").unwrap();
        assert!(switch().reveals_on().is_err());
        assert!(matches!(store().open(&keys, &id), Err(StoreRefusal::Used(PlanOutcome::Discarded))));
    }
}
