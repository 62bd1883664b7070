//! The switches of changes and of plain values: whether they are on, and turning them on and off.
//! Each is a file in the state directory, read at every decision.

use crate::audit::people::this_user;
use crate::audit::{self, AuditSettings, Trail};
use crate::base::time::rfc3339;
use crate::model::switch_state::SwitchState;
use crate::state::{ACCEPT_CLOCK, DirectoryState, State, TurnedOn, advised, files};
use infisical_skill_audit::{Act, Caller, Durability, Event, Operator};
use infisical_skill_policy::switch::{
    Millis, RevealsOn, SwitchKind, SwitchOff, SwitchPolicy, SwitchedOn, WritesOn, reveals_on, writes_on,
};
use infisical_skill_policy::text::escape_capped;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The most characters of a reason.
const MAX_REASON: usize = 500;

/// A switch: the kill switch for changes, or the switch for plain values. It is off unless a person
/// turned it on, which holds for a limited time. This is the operator's side: it can be turned.
#[derive(Debug, Clone)]
pub struct TimedSwitch {
    switch: Switch,
    folder: PathBuf,
    caller: Caller,
}

/// Whether a switch is on, read at every decision.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    state: Arc<dyn State>,
    kind: SwitchKind,
    policy: SwitchPolicy,
}

/// Decides whether a switch is on, by the rules of its kind.
type Decide<On> = fn(SwitchPolicy, Option<SwitchedOn>, Millis) -> Result<On, SwitchOff>;

impl TimedSwitch {
    /// The switch of changes in a state directory, under this policy.
    #[must_use]
    pub fn new(state_folder: &Path, policy: SwitchPolicy) -> Self {
        Self::of(SwitchKind::Writes, state_folder, policy)
    }

    /// The switch of plain values in a state directory, under this policy.
    #[must_use]
    pub fn for_reveals(state_folder: &Path, policy: SwitchPolicy) -> Self {
        Self::of(SwitchKind::Reveals, state_folder, policy)
    }

    pub(crate) fn of(kind: SwitchKind, state_folder: &Path, policy: SwitchPolicy) -> Self {
        let state = Arc::new(DirectoryState::new(state_folder));
        let switch = Switch::new(state, kind, policy);
        Self { switch, folder: state_folder.to_owned(), caller: audit::caller(None, None) }
    }

    /// The same switch for a caller under whose name turning it is recorded.
    #[must_use]
    pub fn for_caller(mut self, client: &str, version: Option<&str>) -> Self {
        self.caller = audit::caller(Some(client), version);
        self
    }

    /// The state directory that it is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> SwitchKind {
        self.switch.kind
    }

    /// Checks whether the policy allows turning it on for this time.
    ///
    /// # Errors
    ///
    /// If the policy forbids it, or the time is too long or zero.
    pub fn check_time(&self, time: Duration) -> io::Result<()> {
        let refused = |reason: String| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        let SwitchPolicy::Switchable { max } = self.switch.policy else {
            return refused(SwitchOff::Never.describe(self.kind()).to_owned());
        };
        if time.is_zero() || time > max {
            let what = match self.kind() {
                SwitchKind::Writes => "changes",
                SwitchKind::Reveals => "revealing",
            };
            return refused(format!(
                "{what} can be turned on for at most {} at a time, not for {}",
                humantime::format_duration(max),
                humantime::format_duration(time)
            ));
        }
        Ok(())
    }

    /// Turns it on for a time, once that is in the audit trail.
    ///
    /// # Errors
    ///
    /// If the policy forbids it, the time is too long or zero, plain values would be shown without
    /// a reason, or the state directory or the audit trail can't be written.
    pub fn turn_on(&self, time: Duration, reason: Option<&str>) -> io::Result<SwitchState> {
        self.check_time(time)?;
        self.check_reason(reason)?;
        let refused = |error| io::Error::other(format!("{error}. {ACCEPT_CLOCK}"));
        let since = self.switch.state.now().map_err(refused)?;
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let reason = reason.map(|reason| reason.chars().take(MAX_REASON).collect());
        let on = TurnedOn { since, until: since.saturating_add(time), reason };
        files::make_folder(self.folder()).map_err(advised)?;
        files::check_folder(self.folder()).map_err(advised)?;
        let act = match self.kind() {
            SwitchKind::Writes => Act::WritesOn,
            SwitchKind::Reveals => Act::RevealsOn,
        };
        self.record(act, Some(rfc3339(on.until)), on.reason.clone())?;
        self.switch.state.set_switch(self.kind(), Some(&on)).map_err(advised)?;
        Ok(self.state())
    }

    /// Turns it off at once. If that can't be recorded in the audit trail, it is off anyway, and
    /// the result says why.
    ///
    /// # Errors
    ///
    /// If the state directory can't be written.
    pub fn turn_off(&self) -> io::Result<Option<String>> {
        self.switch.state.set_switch(self.kind(), None).map_err(advised)?;
        let act = match self.kind() {
            SwitchKind::Writes => Act::WritesOff,
            SwitchKind::Reveals => Act::RevealsOff,
        };
        // Without a state directory, nothing was on.
        let recorded = if self.folder().exists() { self.record(act, None, None) } else { Ok(()) };
        Ok(recorded.err().map(|error| error.to_string()))
    }

    fn record(&self, act: Act, until: Option<String>, reason: Option<String>) -> io::Result<()> {
        let reason = reason.map(|reason| escape_capped(&reason, MAX_REASON));
        let caller = self.caller.clone();
        let (user, approver) = (Some(this_user()), None);
        let (plan, requests) = (None, Vec::new());
        let event = Event::Operator(Operator { act, caller, plan, requests, until, reason, user, approver });
        let trail = Trail::kept(self.folder(), AuditSettings::default());
        trail.record_now(&event, Durability::OnTheDisk).map_err(|error| io::Error::other(error.to_string()))
    }

    /// The state of the switch.
    #[must_use]
    pub fn state(&self) -> SwitchState {
        self.switch.state()
    }

    /// Turning on plain values requires a reason, which is recorded.
    fn check_reason(&self, reason: Option<&str>) -> io::Result<()> {
        let is_blank = reason.is_none_or(|reason| reason.trim().is_empty());
        if self.kind() == SwitchKind::Reveals && is_blank {
            let reason = "a reason is needed, which is recorded: give it with `--reason`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        Ok(())
    }
}

#[cfg(test)]
impl TimedSwitch {
    /// Whether it is on.
    pub(crate) fn is_on(&self) -> bool {
        matches!(self.state(), SwitchState::On { .. })
    }
}

impl Switch {
    pub(crate) fn new(state: Arc<dyn State>, kind: SwitchKind, policy: SwitchPolicy) -> Self {
        Self { state, kind, policy }
    }

    /// The state of the switch.
    pub(crate) fn state(&self) -> SwitchState {
        let read = self.state.switch(self.kind);
        let on = match self.kind {
            SwitchKind::Writes => self.decide(&read, writes_on).map(|on| on.until()),
            SwitchKind::Reveals => self.decide(&read, reveals_on).map(|on| on.until()),
        };
        match on {
            Ok(until) => {
                SwitchState::On { until: rfc3339(until), reason: read.ok().flatten().and_then(|file| file.reason) }
            }
            Err(SwitchOff::Never) => SwitchState::Never,
            Err(off) => SwitchState::Off {
                because: match read {
                    Err(error) => format!("the switch can't be read: {error}"),
                    Ok(_) => off.describe(self.kind).to_owned(),
                },
            },
        }
    }

    /// Whether changes are on. A switch that can't be read is off. The switch of plain values turns
    /// no changes on.
    pub(crate) fn writes_on(&self) -> Result<WritesOn, SwitchOff> {
        match self.kind {
            SwitchKind::Writes => self.decide(&self.state.switch(self.kind), writes_on),
            SwitchKind::Reveals => Err(SwitchOff::Never),
        }
    }

    /// Whether plain values may be shown. A switch that can't be read is off. The switch of changes
    /// shows no values.
    pub(crate) fn reveals_on(&self) -> Result<RevealsOn, SwitchOff> {
        match self.kind {
            SwitchKind::Reveals => self.decide(&self.state.switch(self.kind), reveals_on),
            SwitchKind::Writes => Err(SwitchOff::Never),
        }
    }

    /// Decides by the clock of the state.
    fn decide<On>(&self, read: &io::Result<Option<TurnedOn>>, decide: Decide<On>) -> Result<On, SwitchOff> {
        let file = read.as_ref().ok().and_then(Option::as_ref);
        let switched = file.map(|file| SwitchedOn { since: file.since, until: file.until });
        match self.state.now() {
            Ok(now) => decide(self.policy, switched, now),
            // Other reasons for being off are reported first.
            Err(_) => Err(decide(self.policy, switched, 0).err().unwrap_or(SwitchOff::ClockWentBack)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl TimedSwitch {
        fn writes_on(&self) -> Result<WritesOn, SwitchOff> {
            self.switch.writes_on()
        }

        fn reveals_on(&self) -> Result<RevealsOn, SwitchOff> {
            self.switch.reveals_on()
        }
    }

    const POLICY: SwitchPolicy = SwitchPolicy::Switchable { max: Duration::from_secs(600) };

    #[test]
    fn changes_are_off_by_default_and_turn_off_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        assert!(switch.writes_on().is_err());
        switch.turn_on(Duration::from_secs(60), Some("rotation")).unwrap();
        assert!(matches!(switch.state(), SwitchState::On { reason: Some(reason), .. } if reason == "rotation"));
        assert!(TimedSwitch::new(folder.path(), POLICY).writes_on().is_ok(), "another process sees it");
        assert!(TimedSwitch::new(folder.path(), SwitchPolicy::Never).writes_on().is_err(), "`never` can't be lifted");
        switch.turn_off().unwrap();
        switch.turn_off().unwrap();
        assert!(switch.writes_on().is_err());
    }

    #[test]
    fn each_switch_turns_on_only_what_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let (writes, reveals) =
            (TimedSwitch::new(folder.path(), POLICY), TimedSwitch::for_reveals(folder.path(), POLICY));
        let on = |switch: &TimedSwitch| (switch.writes_on().is_ok(), switch.reveals_on().is_ok());
        reveals.turn_on(Duration::from_secs(60), Some("an incident")).unwrap();
        assert_eq!((on(&writes), on(&reveals)), ((false, false), (false, true)));
        writes.turn_on(Duration::from_secs(60), None).unwrap();
        assert_eq!((on(&writes), on(&reveals)), ((true, false), (false, true)));
        reveals.turn_off().unwrap();
        assert_eq!((on(&writes), on(&reveals)), ((true, false), (false, false)));
        let never = TimedSwitch::for_reveals(folder.path(), SwitchPolicy::Never);
        assert_eq!(never.state(), SwitchState::Never);
    }

    #[test]
    fn turning_on_reveals_records_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::for_reveals(folder.path(), POLICY);
        for none in [None, Some(""), Some(" \n")] {
            let error = switch.turn_on(Duration::from_secs(60), none).unwrap_err().to_string();
            assert!(error.contains("--reason") && switch.reveals_on().is_err(), "{error}");
        }
        assert!(switch.turn_on(Duration::from_secs(601), Some("too long")).is_err());
        switch.turn_on(Duration::from_secs(60), Some("restore the backup of March")).unwrap();
        switch.turn_off().unwrap();
        let mut trail = String::new();
        for entry in std::fs::read_dir(folder.path().join("audit")).unwrap() {
            trail.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
        }
        let (on, off) = (trail.find("reveals-on").unwrap(), trail.find("reveals-off").unwrap());
        let user = this_user();
        assert!(on < off && trail.contains("restore the backup of March") && trail.contains(&user), "{trail}");
        assert!(trail.contains("\"until\":\"2"), "{trail}");
        assert_eq!(switch.reveals_on().err(), Some(SwitchOff::Off));
    }

    #[test]
    fn longest_reason_leaves_the_switch_readable() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        // Each of these characters takes six bytes in the file.
        switch.turn_on(Duration::from_secs(60), Some(&"\u{1}".repeat(10_000))).unwrap();
        assert!(switch.writes_on().is_ok());
    }

    #[test]
    fn records_a_switch_change_before_it_takes_effect() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        switch.turn_on(Duration::from_secs(600), Some("for as long as may be")).unwrap();
        assert_eq!(switch.turn_off().unwrap(), None, "recorded");
        let mut trail = String::new();
        for entry in std::fs::read_dir(folder.path().join("audit")).unwrap() {
            trail.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
        }
        let (on, off) = (trail.find("writes-on").unwrap(), trail.find("writes-off").unwrap());
        assert!(on < off && trail.contains("for as long as may be"), "{trail}");
        // If it can't be recorded, nothing is turned on.
        let closed = tempfile::tempdir().unwrap();
        std::fs::write(closed.path().join("audit"), "not a folder").unwrap();
        let switch = TimedSwitch::new(closed.path(), POLICY);
        assert!(switch.turn_on(Duration::from_secs(60), None).is_err() && switch.writes_on().is_err());
    }

    #[test]
    fn switch_turns_off_at_its_expiry() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        switch.turn_on(Duration::from_millis(30), None).unwrap();
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(switch.writes_on().err(), Some(SwitchOff::Over));
    }

    #[test]
    fn rejects_zero_overlong_and_forbidden_switch_times() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        assert!(switch.turn_on(Duration::ZERO, None).is_err());
        assert!(switch.turn_on(Duration::from_secs(601), None).is_err());
        let never = TimedSwitch::new(folder.path(), SwitchPolicy::Never);
        assert!(never.turn_on(Duration::from_secs(1), None).is_err());
        assert_eq!(never.state(), SwitchState::Never);
    }

    #[test]
    fn invalid_switch_file_counts_as_off() {
        let folder = tempfile::tempdir().unwrap();
        let switch = TimedSwitch::new(folder.path(), POLICY);
        for content in ["", "on", "{}", r#"{"since":0,"until":99999999999999,"reason":null}"#] {
            std::fs::write(folder.path().join("writes.json"), content).unwrap();
            assert!(switch.writes_on().is_err(), "{content}");
        }
    }
}
