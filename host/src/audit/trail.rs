//! The audit log for asynchronous code.

use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use crate::base::time::rfc3339_millis;
use crate::model::error::{Error, Layer};
use crate::state::{advice, audit_folder};
use infisical_skill_audit::{Caller, Durability, Event, Files, Log, LogError, Rotation};
use infisical_skill_policy::text::escape_capped;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a record may wait to be synced to disk if nothing depends on it.
const SYNC_AFTER: Duration = Duration::from_millis(100);

/// The most characters of a client's name or version.
const MAX_CLIENT: usize = 64;

/// How the audit trail is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditSettings {
    /// Whether every record is on disk before an answer is given out. If not, records of plain
    /// reads and of refusals reach the disk a tenth of a second later, and a power cut can lose
    /// them. Calls that change something or reveal a value always wait for the disk.
    pub sync_every_record: bool,
    /// The size in bytes at which a new file of the trail begins.
    pub segment_bytes: u64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { sync_every_record: false, segment_bytes: Rotation::default().0 }
    }
}

/// The path of the audit trail in a state directory.
#[must_use]
pub fn folder(state_folder: &Path) -> PathBuf {
    audit_folder(state_folder)
}

/// The audit trail in a state directory, to read and verify.
#[must_use]
pub fn open(state_folder: &Path) -> Files {
    Files::new(folder(state_folder))
}

/// The audit trail of a skill. Clones share it.
#[derive(Clone)]
pub(crate) struct Trail {
    kept: Option<TrailLog>,
}

#[derive(Clone)]
struct TrailLog {
    log: Arc<Log<Files>>,
    sync_every_record: bool,
    /// Whether a sync is scheduled.
    scheduled: Arc<AtomicBool>,
}

impl Trail {
    /// A trail in a state directory.
    pub(crate) fn kept(state_folder: &Path, settings: AuditSettings) -> Self {
        let log = Log::new(open(state_folder), Rotation(settings.segment_bytes));
        let kept = TrailLog {
            log: Arc::new(log),
            sync_every_record: settings.sync_every_record,
            scheduled: Arc::new(AtomicBool::new(false)),
        };
        Self { kept: Some(kept) }
    }

    /// A trail that records nothing.
    pub(crate) fn none() -> Self {
        Self { kept: None }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Records an event before the deadline.
    pub(crate) async fn record(&self, event: Event, durability: Durability, deadline: Instant) -> Result<(), Error> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let time = now();
        let durability = if kept.sync_every_record { Durability::OnTheDisk } else { durability };
        // Usually no other process is writing, and writing a line is faster than waking a thread.
        let done = match durability {
            Durability::InTheFile => kept.log.try_append(&time, &event),
            Durability::OnTheDisk => None,
        };
        let event = Arc::new(event);
        let recorded = match done {
            Some(recorded) => recorded,
            None => {
                let (log, event) = (Arc::clone(&kept.log), Arc::clone(&event));
                let append = tokio::task::spawn_blocking(move || log.append(&time, &event, durability));
                match timeout_at(deadline, append).await {
                    Ok(Ok(recorded)) => recorded,
                    Ok(Err(_)) => Err(LogError::Io(std::io::Error::other("the thread that writes it ended"))),
                    Err(_) => Err(LogError::Io(std::io::ErrorKind::TimedOut.into())),
                }
            }
        };
        let head = recorded.map_err(|error| refusal(&error))?;
        tell(head.seq, &event);
        if durability == Durability::InTheFile {
            kept.sync_soon();
        }
        Ok(())
    }

    /// Records an event in code that can't await.
    pub(crate) fn record_now(&self, event: &Event, durability: Durability) -> Result<(), Error> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let head = kept.log.append(&now(), event, durability).map_err(|error| refusal(&error))?;
        tell(head.seq, event);
        Ok(())
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").field("is_kept", &self.is_kept()).finish()
    }
}

impl TrailLog {
    /// Syncs the file to disk a little later, so that calls that end together share the sync. If
    /// the process ends first, the log syncs.
    fn sync_soon(&self) {
        if self.scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let (log, scheduled) = (Arc::downgrade(&self.log), Arc::clone(&self.scheduled));
        tokio::spawn(async move {
            sleep(SYNC_AFTER).await;
            scheduled.store(false, Ordering::Release);
            let Some(log) = log.upgrade() else { return };
            let synced = tokio::task::spawn_blocking(move || log.sync());
            if let Ok(Err(error)) = synced.await {
                tracing::error!(%error, "the audit trail can't be synced: nothing leaves until `infisical-skill audit verify` succeeds");
            }
        });
    }
}

/// Emits the event for log collectors.
fn tell(seq: u64, event: &Event) {
    if tracing::enabled!(target: "infisical_skill::audit", tracing::Level::INFO)
        && let Ok(record) = serde_json::to_string(event)
    {
        tracing::info!(target: "infisical_skill::audit", seq, record);
    }
}

/// The refusal of a call whose records can't be written.
pub(crate) fn refusal(error: &LogError) -> Error {
    let remedy = match error {
        LogError::Poisoned(_) => {
            "ask the operator to run `infisical-skill audit verify`, which opens it again, or says which records are missing"
        }
        LogError::Broken { .. } => {
            "ask the operator to run `infisical-skill audit verify`, and then to move the folder `audit` away as evidence: a new trail begins without it"
        }
        LogError::Io(error) => {
            let reason = format!("the call was refused because the audit trail can't be written: {error}");
            return Error::refused(Layer::AuditTrail, reason, format!("ask the operator to {}", advice(error)));
        }
        _ => "ask the operator to run `infisical-skill doctor`, which says what is wrong",
    };
    Error::refused(Layer::AuditTrail, format!("the audit trail refused the call: {error}"), remedy)
}

/// The caller, in a new session.
pub(crate) fn caller(client: Option<&str>, version: Option<&str>) -> Caller {
    let mut session = [0; 8];
    // Not a secret. The skill refuses to start without randomness where that matters.
    let _ = fill_random(&mut session);
    caller_in(to_hex(&session), client, version)
}

/// The caller, in an existing session.
pub(crate) fn caller_in(session: String, client: Option<&str>, version: Option<&str>) -> Caller {
    let text = |text: &str| escape_capped(text, MAX_CLIENT);
    Caller { client: client.map(text), version: version.map(text), session }
}

/// The current time in the form of the records: RFC 3339 in UTC, with milliseconds.
#[must_use]
pub fn now() -> String {
    rfc3339_millis(crate::base::time::now())
}
