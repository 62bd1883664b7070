//! A scripted server in front of the emulator. It forwards everything except the one kind of answer
//! that a case is about.

use crate::emulated::{at, builder_at, emulator};
use crate::{CANARY, Recorded, Reply, Scripted, SetUpError, Wire, revealing, reveals_on};
use infisical_emulator::{ApiVersion, Emulator};
use infisical_skill::{AuditSettings, Change, ChangeRules, Error, Limits, SecretFilter, Skill, TimedSwitch};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The deadline of a call in cases about time.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// Selects the answers that a case is about.
pub type Which = fn(&Recorded) -> bool;

/// Whether a request changes something.
#[must_use]
pub fn is_change(request: &Recorded) -> bool {
    request.method != "GET" && !request.target.starts_with("/api/v1/auth/")
}

/// Whether a request reads a place.
#[must_use]
pub fn is_look(request: &Recorded) -> bool {
    request.method == "GET" && (request.target.contains("secretPath=") || request.target.contains("/folders"))
}

/// An emulator, the scripted server in front of it, and a skill that may make changes.
pub struct Between {
    /// The emulated server behind the scripted one.
    pub emulator: Emulator,
    /// The scripted server.
    pub server: Scripted,
    /// The skill, with both identities, permission to reveal, and the switch on.
    pub skill: Skill,
    folder: TempDir,
    /// How many selected answers are still forwarded unchanged.
    honest: Arc<AtomicUsize>,
}

impl Between {
    /// Replaces all selected answers after the honest ones are used up. The emulator makes the
    /// change only if `handled`.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub async fn over(
        wire: &Wire,
        api_version: ApiVersion,
        which: Which,
        handled: bool,
        bad: impl Fn() -> Reply + Send + Sync + 'static,
    ) -> Result<Self, SetUpError> {
        // Long enough for a machine that is busy with other tests.
        Self::within(Duration::from_secs(20), wire, api_version, which, handled, bad).await
    }

    /// The same with this deadline for each call.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub async fn within(
        deadline: Duration,
        wire: &Wire,
        api_version: ApiVersion,
        which: Which,
        handled: bool,
        bad: impl Fn() -> Reply + Send + Sync + 'static,
    ) -> Result<Self, SetUpError> {
        let emulator = emulator(api_version).await?;
        let (address, honest) = (emulator.address(), Arc::new(AtomicUsize::new(usize::MAX)));
        let left = Arc::clone(&honest);
        let server = Scripted::start(false, wire.clone(), move |request| {
            let pass = || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            Some(match (!which(request) || pass(), handled) {
                (true, _) => Reply::FromServer(address),
                (false, true) => Reply::AfterServer(address, Box::new(bad())),
                (false, false) => bad(),
            })
        })
        .await?;
        let folder = crate::state_folder()?;
        let mut limits = Limits::default();
        limits.deadline = deadline;
        let mut rules = ChangeRules::default();
        rules.administration = true;
        let builder = builder_at(&emulator, &wire.origin(&server))?
            .limits(limits)
            .state_dir(folder.path().to_owned())
            .audit(AuditSettings::default())
            .changes(rules);
        let builder = revealing(builder, &emulator.project_id())?;
        let skill = wire.believed(builder).build()?;
        TimedSwitch::new(folder.path(), ChangeRules::default().writes)
            .turn_on(Duration::from_secs(60), Some("a test"))?;
        reveals_on(folder.path())?;
        Ok(Self { emulator, server, skill, folder, honest })
    }

    /// Sets how many selected answers are still forwarded unchanged.
    pub fn honest(&self, answers: usize) {
        self.honest.store(answers, Ordering::SeqCst);
    }

    /// How many requests for changes arrived.
    #[must_use]
    pub fn changes_sent(&self) -> usize {
        self.server.requests().iter().filter(|request| is_change(request)).count()
    }

    /// Makes another call, which must succeed after the earlier failure.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn is_well(&self) -> Result<(), Error> {
        self.honest(usize::MAX);
        self.skill.list_secrets(at("/app"), SecretFilter::default()).await.map(drop)
    }

    /// Previews and approves a change. Returns the plan's id and its confirmation phrase.
    ///
    /// # Errors
    /// The refusals of preview and approval.
    pub async fn previewed(&self, change: Change) -> Result<(String, Option<String>), Error> {
        let preview = self.skill.preview(vec![change]).await?;
        if preview.approval.is_some() {
            self.skill.plan(&preview.plan).and_then(|card| self.skill.approve_plan(&card))?;
        }
        Ok((preview.plan, preview.acknowledge))
    }

    /// Whether the planned value is in `text` or in the audit trail.
    ///
    /// # Errors
    /// If the trail can't be read.
    pub fn shows(&self, text: &str) -> std::io::Result<bool> {
        let mut shown = text.contains(CANARY);
        for file in std::fs::read_dir(self.folder.path().join("audit"))? {
            let record = std::fs::read(file?.path())?;
            shown |= record.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
        }
        Ok(shown)
    }
}
