//! Rogues that exceed their memory or the host's.

use crate::allocations;
use crate::ground::{Ground, good_read};
use infisical_emulator::ApiVersion::V4;
use infisical_skill::{Error, Layer, Limits, SkillBuilder};
use infisical_skill_contract::root;
use infisical_skill_rogues::{Boundary, Containment, Rogue, cases};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

cases![
    a_component_that_hoards_memory_is_cut_off_at_its_limit,
    a_component_that_hoards_tables_is_cut_off_at_its_limit,
    endless_recursion_is_stopped_without_harming_the_host,
    a_component_that_hoards_handles_is_cut_off_at_its_limit,
    oversized_arguments_leave_host_memory_bounded,
    host_takes_less_at_once_than_a_component_may_hold,
    a_component_that_waits_for_nothing_is_cut_off,
    too_many_or_too_large_headers_send_nothing,
    limits_the_number_of_requests_per_call,
    host_probes_the_server_once_per_call_at_most,
];

/// The most memory that a rogue may cost, in bytes: its own memory (64 MiB), what it may pass at
/// once as the host counts it (32 MiB), copies of that, and what other tests of this program need
/// meanwhile.
const BOUND: usize = 512 << 20;

/// Runs the rogue, and watches the process's memory meanwhile.
async fn is_cut_off(rogue: &Rogue, name: &str) {
    let ground = Ground::of(rogue, Boundary::Memory).await;
    let before = resident();
    let watch = Watch::start();
    let outcome = ground.read(root(), name).await;
    let peak = watch.stop();
    assert!(peak < before + BOUND, "{}: from {before} to {peak} bytes", rogue.name());
    ground.trial.is_broken_off(&outcome);
    ground.is_unharmed().await;
}

async fn a_component_that_hoards_memory_is_cut_off_at_its_limit() {
    is_cut_off(&crate::HOARDS_MEMORY, "").await;
    is_cut_off(&crate::STARTS_WITH_TOO_MUCH_MEMORY, "").await;
}

async fn a_component_that_hoards_tables_is_cut_off_at_its_limit() {
    is_cut_off(&crate::HOARDS_TABLES, "").await;
}

async fn endless_recursion_is_stopped_without_harming_the_host() {
    is_cut_off(&crate::RECURSES, "").await;
    is_cut_off(&crate::RECURSES_THROUGH_A_TABLE, "").await;
}

async fn a_component_that_hoards_handles_is_cut_off_at_its_limit() {
    is_cut_off(&crate::HOARDS_HANDLES, "").await;
    is_cut_off(&crate::HOARDS_POLLABLES, &good_read(V4)).await;
}

async fn oversized_arguments_leave_host_memory_bounded() {
    for rogue in [
        &crate::HANDS_OVER_TOO_MUCH,
        &crate::HANDS_THE_SAME_BYTES_OVER_MANY_TIMES,
        &crate::ANSWERS_WITHOUT_END,
        &crate::SENDS_A_LONG_PATH,
        &crate::ASKS_FOR_MUCH_RANDOMNESS,
        &crate::POLLS_MUCH,
    ] {
        is_cut_off(rogue, &good_read(V4)).await;
    }
}

async fn host_takes_less_at_once_than_a_component_may_hold() {
    let mut limits = Limits::default();
    limits.memory = Limits::MAX_MEMORY;
    let rogue = &crate::HANDS_OVER_TOO_MUCH;
    let ground = Ground::with(rogue, Boundary::Memory, V4, |builder| builder.limits(limits.clone())).await;
    allocations::largest();
    let outcome = ground.skill.get_secret(root(), "200", None).await;
    let largest = allocations::largest();
    // It may hold the 200 MiB that it passes: that isn't the limit that stops it.
    let is_bounds = |error: &Error| error.reason().contains("exceeded a limit of the sandbox");
    assert!(outcome.as_ref().is_err_and(is_bounds), "{outcome:?}");
    ground.trial.is_broken_off(&outcome);
    ground.trial.holds(Containment::Bounded, largest > 0 && largest < 64 << 20, largest);
    ground.is_unharmed().await;
}

async fn a_component_that_waits_for_nothing_is_cut_off() {
    is_cut_off(&crate::POLLS_NOTHING, "").await;
}

async fn too_many_or_too_large_headers_send_nothing() {
    for rogue in [&crate::SENDS_MANY_HEADERS, &crate::SENDS_A_LARGE_HEADER] {
        let ground = Ground::of(rogue, Boundary::Memory).await;
        let outcome = ground.read(root(), &good_read(V4)).await;
        let is_refused = match &outcome {
            Ok(said) => said.contains("refused"),
            Err(error) => error.kind() == "sandbox" || error.layer() == Some(Layer::Egress),
        };
        ground.trial.holds(Containment::Bounded, is_refused && ground.arrived().is_empty(), outcome);
        ground.is_unharmed().await;
    }
}

async fn limits_the_number_of_requests_per_call() {
    let ground = Ground::of(&crate::SENDS_MANY_REQUESTS, Boundary::Memory).await;
    let outcome = ground.read(root(), &good_read(V4)).await;
    let is_cut_off = outcome.as_ref().is_ok_and(|said| said.starts_with("128 were answered, then refused"));
    let arrived = ground.arrived().len();
    ground.trial.holds(Containment::Bounded, is_cut_off && arrived == 128, (outcome, arrived));
    ground.is_unharmed().await;
}

async fn host_probes_the_server_once_per_call_at_most() {
    // It asks so often that a busy machine needs more than the usual two seconds.
    let patient = |builder: SkillBuilder| {
        let mut limits = Limits::default();
        limits.deadline = Duration::from_secs(60);
        builder.limits(limits)
    };
    let ground = Ground::with(&crate::ASKS_FOR_THE_API_VERSION_AGAIN_AND_AGAIN, Boundary::Memory, V4, patient).await;
    let asked = ground.skill.get_secret(root(), "", None).await.map(|secret| secret.name);
    assert_eq!(asked.as_deref(), Ok("asked"));
    let requests = ground.server.requests();
    ground.trial.holds(Containment::Bounded, requests.len() == 2, ("a login and a probe", requests));
    ground.is_unharmed().await;
}

/// Watches the process's memory until it is stopped.
struct Watch {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<()>,
}

impl Watch {
    fn start() -> Self {
        let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, highest) = (Arc::clone(&stop), Arc::clone(&peak));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                highest.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { stop, peak, thread }
    }

    fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.peak.load(Ordering::Relaxed)
    }
}

/// The process's resident memory, in bytes. Zero if the system doesn't report it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|it| it.trim().parse::<usize>().ok()).unwrap_or(0)
        * 1024
}
