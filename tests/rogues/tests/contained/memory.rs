//! Rogues that want more than they are given: memory of their own, and of the host's.

use crate::ground::{Ground, good_read};
use infisical_skill::{Error, Layer};
use infisical_skill_contract::root;
use infisical_skill_rogues::Rogue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What a rogue may cost at its worst, in bytes: its own memory (64 MiB), what it may hand over at once as the host counts it (32 MiB), copies of that, and what other
/// tests of this program do meanwhile.
const BOUND: usize = 512 << 20;

/// Runs the rogue, and looks at the process's memory all the while.
async fn is_cut_off(rogue: &Rogue, name: &str) -> Error {
    let ground = Ground::of(rogue).await;
    let before = resident();
    let watch = Watch::start();
    let error = ground.read(root(), name).await.expect_err(rogue.name());
    let peak = watch.stop();
    assert!(peak < before + BOUND, "{}: from {before} to {peak} bytes", rogue.name());
    ground.is_unharmed().await;
    error
}

fn is_broken_off(error: &Error) -> bool {
    error.kind() == "sandbox"
}

#[tokio::test]
async fn a_component_that_hoards_memory_is_cut_off_at_its_limit() {
    assert!(is_broken_off(&is_cut_off(&crate::HOARDS_MEMORY, "").await));
    assert!(is_broken_off(&is_cut_off(&crate::STARTS_WITH_TOO_MUCH_MEMORY, "").await));
}

#[tokio::test]
async fn a_component_that_hoards_tables_is_cut_off_at_its_limit() {
    assert!(is_broken_off(&is_cut_off(&crate::HOARDS_TABLES, "").await));
}

#[tokio::test]
async fn a_component_that_recurses_without_end_is_cut_off_and_the_host_keeps_its_stack() {
    assert!(is_broken_off(&is_cut_off(&crate::RECURSES, "").await));
    assert!(is_broken_off(&is_cut_off(&crate::RECURSES_THROUGH_A_TABLE, "").await));
}

#[tokio::test]
async fn a_component_that_hoards_handles_is_cut_off_at_its_limit() {
    assert!(is_broken_off(&is_cut_off(&crate::HOARDS_HANDLES, "").await));
    assert!(is_broken_off(&is_cut_off(&crate::HOARDS_POLLABLES, &good_read()).await));
}

#[tokio::test]
async fn a_component_that_hands_over_too_much_is_cut_off_and_the_hosts_memory_stays_bounded() {
    for rogue in [
        &crate::HANDS_OVER_TOO_MUCH,
        &crate::HANDS_THE_SAME_BYTES_OVER_MANY_TIMES,
        &crate::ANSWERS_WITHOUT_END,
        &crate::SENDS_A_LONG_PATH,
        &crate::ASKS_FOR_MUCH_RANDOMNESS,
        &crate::POLLS_MUCH,
    ] {
        let error = is_cut_off(rogue, &good_read()).await;
        assert!(is_broken_off(&error), "{}: {error}", rogue.name());
    }
}

#[tokio::test]
async fn a_component_that_waits_for_nothing_is_cut_off() {
    assert!(is_broken_off(&is_cut_off(&crate::POLLS_NOTHING, "").await));
}

#[tokio::test]
async fn a_component_that_sends_too_many_headers_or_too_large_ones_sends_nothing() {
    for rogue in [&crate::SENDS_MANY_HEADERS, &crate::SENDS_A_LARGE_HEADER] {
        let ground = Ground::of(rogue).await;
        let outcome = ground.read(root(), &good_read()).await;
        let is_refused = match &outcome {
            Ok(said) => said.contains("refused"),
            Err(error) => is_broken_off(error) || error.layer() == Some(Layer::Egress),
        };
        assert!(is_refused && ground.arrived().is_empty(), "{}: {outcome:?}", rogue.name());
        ground.is_unharmed().await;
    }
}

#[tokio::test]
async fn a_component_that_asks_and_asks_is_answered_so_often_and_no_more() {
    let ground = Ground::of(&crate::SENDS_MANY_REQUESTS).await;
    let outcome = ground.read(root(), &good_read()).await;
    assert!(outcome.unwrap().starts_with("128 were answered, then refused"));
    assert_eq!(ground.arrived().len(), 128);
    ground.is_unharmed().await;
}

#[tokio::test]
async fn a_component_cannot_make_the_host_ask_who_the_server_is_more_than_once() {
    let ground = Ground::of(&crate::ASKS_FOR_THE_GENERATION_AGAIN_AND_AGAIN).await;
    assert_eq!(ground.read(root(), "").await.as_deref(), Ok("asked"));
    assert_eq!(ground.server.requests().len(), 2, "a login and a probe");
    ground.is_unharmed().await;
}

/// Looks at the process's memory until it is told to stop.
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

/// What the process has in memory, in bytes. Zero where the system doesn't say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|it| it.trim().parse::<usize>().ok()).unwrap_or(0)
        * 1024
}
