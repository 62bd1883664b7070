//! Measures the cost of an audit record, compared with a bare write and sync of a line of the same
//! length, in the same run and on the same disk.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and ends where it fails"
)]

use infisical_skill::audit::log::{
    Asked, CallOutcome, CallTarget, Caller, Durability, Event, Files, Identity, Log, Outcome, Request, Rotation, verify,
};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 2_000;
const THREADS: usize = 8;

fn main() {
    let folder = tempfile::tempdir_in(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| ".".into())).unwrap();
    let event = event();
    let log = |name: &str| Log::new(Files::new(folder.path().join(name)), Rotation::default());
    let line = {
        let log = log("sample");
        log.append(TIME, &event, Durability::InTheFile).unwrap();
        std::fs::read(folder.path().join("sample/00000000000000000001.jsonl")).unwrap()
    };
    println!("a record of a read: {} bytes", line.len());

    let (bare_write, bare_sync) = bare(&folder.path().join("bare"), &line);
    let in_file = log("in-file");
    let write = median(|| {
        in_file.append(TIME, &event, Durability::InTheFile).unwrap();
    });
    println!("in the file: {write:?}, {:.1} times a bare write ({bare_write:?})", ratio(write, bare_write));
    let on_disk = log("on-disk");
    let sync = median(|| {
        on_disk.append(TIME, &event, Durability::OnTheDisk).unwrap();
    });
    println!("on the disk: {sync:?}, {:.1} times a bare write and fdatasync ({bare_sync:?})", ratio(sync, bare_sync));

    let shared = log("shared");
    let alone = per_second(1, |_| {
        shared.append(TIME, &event, Durability::OnTheDisk).unwrap();
    });
    let together = per_second(THREADS, |_| {
        shared.append(TIME, &event, Durability::OnTheDisk).unwrap();
    });
    println!(
        "on the disk, one thread: {alone:.0}/s; {THREADS} threads that share syncs: {together:.0}/s, {:.1} times as many",
        together / alone
    );
    let lazy = per_second(THREADS, |_| {
        shared.append(TIME, &event, Durability::InTheFile).unwrap();
    });
    println!("in the file, {THREADS} threads: {lazy:.0}/s");

    let full = log("full");
    while std::fs::metadata(folder.path().join("full/00000000000000000001.jsonl")).map_or(0, |file| file.len())
        < 2_000_000
    {
        full.append(TIME, &event, Durability::InTheFile).unwrap();
    }
    drop(full);
    let began = Instant::now();
    log("full").append(TIME, &event, Durability::InTheFile).unwrap();
    println!("opening a log whose file is about to be full (2 MB), with a record: {:?}", began.elapsed());
    let began = Instant::now();
    let found = verify(&Files::new(folder.path().join("full")), None).unwrap();
    let each = began.elapsed() / u32::try_from(found.records).unwrap();
    println!("verifying {} records: {:?}, {each:?} each", found.records, began.elapsed());
    assert_eq!(found.problem, None);
}

const TIME: &str = "2026-11-23T00:00:00.000Z";

/// The outcome record of a read.
fn event() -> Event {
    let text = |text: &str| Some(text.to_owned());
    Event::Outcome(Outcome {
        asked: Asked {
            call: "0123456789abcdef-1".to_owned(),
            caller: Caller { client: text("bench"), version: text("1.0.0"), session: "0123456789abcdef".to_owned() },
            tool: "get-secret".to_owned(),
            targets: vec![CallTarget {
                project: text("9cefc4fb-34fd-432a-806c-8efb3307c759"),
                environment: text("dev"),
                path: text("/app"),
                name: text("STRIPE_API_KEY"),
                ..CallTarget::default()
            }],
            grant: "reads".to_owned(),
        },
        outcome: CallOutcome::Done,
        said: None,
        plan: None,
        steps: vec![],
        requests: vec![Request {
            route: "get secret".to_owned(),
            method: "GET".to_owned(),
            path: "/api/v4/secrets/STRIPE_API_KEY?projectId=9cefc4fb-34fd-432a-806c-8efb3307c759&environment=dev&secretPath=%2Fapp&viewSecretValue=false&expandSecretReferences=false&includeImports=false".to_owned(),
            identity: Identity::Read,
            status: Some(200),
            failure: None,
            req_id: None,
            micros: 250,
        }],
        more_requests: 0,
        micros: 340,
    })
}

/// The times of a write, and of a write with a sync.
fn bare(path: &Path, line: &[u8]) -> (Duration, Duration) {
    let mut file = File::create(path).unwrap();
    let write = median(|| file.write_all(line).unwrap());
    let mut file = File::create(path.with_extension("synced")).unwrap();
    let sync = median(|| {
        file.write_all(line).unwrap();
        file.sync_data().unwrap();
    });
    (write, sync)
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn per_second(threads: usize, work: impl Fn(usize) + Sync) -> f64 {
    let each = ROUNDS / threads;
    let began = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let work = &work;
            scope.spawn(move || (0..each).for_each(|_| work(thread)));
        }
    });
    (each * threads) as f64 / began.elapsed().as_secs_f64()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
