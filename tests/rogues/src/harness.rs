//! Runs the tests that contain the rogues, and counts. The run fails if a rogue wasn't tried or
//! wasn't contained, even if every test passes.
//!
//! It accepts libtest's filters (`cargo test -p infisical-skill-rogues -- a_component_that_spins`),
//! `--exact`, `--skip`, `--list` and `--test-threads`.

use crate::tally::Tally;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The future of a running test.
pub type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A test.
#[derive(Debug)]
pub struct Case {
    module: &'static str,
    name: &'static str,
    threads: usize,
    run: fn() -> Running,
}

impl Case {
    /// A test function of this module, to run on a runtime with this many threads.
    #[must_use]
    pub const fn new(module: &'static str, name: &'static str, threads: usize, run: fn() -> Running) -> Self {
        Self { module, name, threads, run }
    }

    /// The test's name in libtest's format.
    fn full_name(&self) -> String {
        let module = self.module.split_once("::").map_or("", |(_, module)| module);
        format!("{module}::{}", self.name)
    }

    /// Whether the test passes. It runs in a thread with the test's name, which a panic message
    /// shows.
    fn passes(&self) -> bool {
        let (run, threads) = (self.run, self.threads);
        let body = move || {
            let mut builder = match threads {
                1 => tokio::runtime::Builder::new_current_thread(),
                _ => tokio::runtime::Builder::new_multi_thread(),
            };
            let runtime = builder.worker_threads(threads).enable_all().build();
            runtime.map(|runtime| runtime.block_on(run())).is_ok()
        };
        let thread = std::thread::Builder::new().name(self.full_name()).spawn(body);
        thread.is_ok_and(|thread| thread.join().unwrap_or(false))
    }
}

/// Defines a module's `CASES` from a list of functions. Each is a test. A function that isn't in
/// the list is dead code, which doesn't compile. A number in front sets the number of threads.
#[macro_export]
macro_rules! cases {
    ($threads:literal: $($name:ident),+ $(,)?) => {
        pub(crate) const CASES: &[$crate::harness::Case] = &[
            $($crate::harness::Case::new(module_path!(), stringify!($name), $threads, || Box::pin($name()))),+
        ];
    };
    ($($name:ident),+ $(,)?) => { $crate::cases!(1: $($name),+); };
}

/// Runs the tests that the process's arguments select. The output ends with the number of contained
/// rogues and of passed tests.
#[must_use]
pub fn run(modules: &[&'static [Case]], rogues: &[&'static str]) -> ExitCode {
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(argument) => {
            eprintln!("the rogues' tests take no {argument}");
            return ExitCode::from(2);
        }
    };
    let all = || modules.iter().copied().flatten();
    let cases: Vec<&Case> = all().filter(|case| asked.is_for(&case.full_name())).collect();
    if asked.is_list {
        for case in &cases {
            println!("{}: test", case.full_name());
        }
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    println!("\nrunning {} tests", cases.len());
    let failed = run_all(&cases, asked.threads);
    let is_whole = cases.len() == all().count();
    let tally = Tally::of_this_process(rogues, is_whole);
    println!("\n{tally}");
    for name in &failed {
        println!("FAILED: {name}");
    }
    if !tally.is_good() {
        println!("FAILED: not every rogue was tried and contained");
    }
    if !is_whole {
        println!("{} of {} tests, {} rogues in all", cases.len(), all().count(), rogues.len());
    }
    println!("{} attempts, in {:.1} s", tally.attempts(), began.elapsed().as_secs_f32());
    println!("{} passed, {} failed", cases.len() - failed.len(), failed.len().max(usize::from(!tally.is_good())));
    if failed.is_empty() && tally.is_good() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Runs the cases and returns the names of the failed ones.
fn run_all(cases: &[&Case], threads: usize) -> Vec<String> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let passes = case.passes();
            println!("test {} ... {}", case.full_name(), if passes { "ok" } else { "FAILED" });
            if !passes {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(case.full_name());
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The supported arguments of libtest.
#[derive(Debug, Default)]
struct Asked {
    names: Vec<String>,
    skipped: Vec<String>,
    is_exact: bool,
    is_list: bool,
    /// Whether only ignored tests are selected: there are none.
    is_of_ignored: bool,
    threads: usize,
}

impl Asked {
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let from_environment = std::env::var("RUST_TEST_THREADS").ok().and_then(|it| it.parse().ok());
        let threads = from_environment.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
        let mut asked = Self { threads: threads.unwrap_or(1).max(1), ..Self::default() };
        // `--name=value` means `--name value`.
        let mut arguments = arguments.flat_map(|argument| match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => vec![name.to_owned(), value.to_owned()],
            _ => vec![argument],
        });
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} without a value"));
            match argument.as_str() {
                "--exact" => asked.is_exact = true,
                "--list" => asked.is_list = true,
                "--ignored" => asked.is_of_ignored = true,
                "--skip" => asked.skipped.push(value()?),
                "--test-threads" => asked.threads = value()?.parse().ok().filter(|it| *it > 0).ok_or(argument)?,
                // Output is never captured, and there is only one format.
                "--color" | "--format" | "-Z" => drop(value()?),
                "--include-ignored" | "--nocapture" | "--no-capture" | "--show-output" | "--quiet" | "-q" => {}
                other if other.starts_with('-') => return Err(argument),
                _ => asked.names.push(argument),
            }
        }
        Ok(asked)
    }

    fn is_for(&self, name: &str) -> bool {
        let is = |asked: &String| if self.is_exact { name == asked } else { name.contains(asked.as_str()) };
        !self.is_of_ignored && (self.names.is_empty() || self.names.iter().any(is)) && !self.skipped.iter().any(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, String> {
        Asked::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn selects_tests_by_part_of_their_name() {
        let is_for = |line: &str| asked(line).map(|asked| asked.is_for("time::it_spins"));
        for line in
            ["", "spins", "other spins", "--exact time::it_spins", "--skip other", "-q --nocapture --color=never"]
        {
            assert_eq!(is_for(line), Ok(true), "{line}");
        }
        for line in ["other", "--exact spins", "--skip spins", "--skip=spins time", "--ignored"] {
            assert_eq!(is_for(line), Ok(false), "{line}");
        }
    }

    #[test]
    fn rejects_unknown_arguments() {
        for line in ["--bench", "--test-threads", "--test-threads 0", "--test-threads=x", "--skip"] {
            assert!(asked(line).is_err(), "{line}");
        }
        assert_eq!(asked("--test-threads=3").map(|asked| asked.threads), Ok(3));
    }

    #[test]
    fn a_test_that_panics_fails_and_the_others_run_on() {
        static CASES: [Case; 3] = [
            Case::new("t::m", "one", 1, || Box::pin(async { assert!(std::env::args().count() == 0, "meant to") })),
            Case::new("t::m", "two", 1, || Box::pin(async {})),
            Case::new("t::m", "three", 2, || Box::pin(async { tokio::task::yield_now().await })),
        ];
        for threads in [1, 2] {
            assert_eq!(run_all(&CASES.each_ref(), threads), ["m::one"]);
        }
    }
}
