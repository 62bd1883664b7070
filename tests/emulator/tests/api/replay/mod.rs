//! Replays the recordings: the emulator must answer every exchange like the recorded servers, in
//! order, within one emulator for each recording.
//!
//! `areas/` has one file for each group of sections. It defines the unrecorded steps before and
//! after an exchange, and which exchanges aren't replayed and why. `identities::made` creates an
//! identity that the recording says was created.
//!
//! `REPLAY=111-471,774` shows the differences of these exchanges (with `--nocapture`).
//! `REPLAY_ANSWERS=1` adds requests and answers.

mod area;
mod areas;
mod compare;
mod identities;
mod names;
mod recording;
mod send;
mod stage;
mod tables;
mod text;

use infisical_emulator::{ApiVersion, Emulator, Seed};

use area::Area;
use recording::Recorded;
use stage::{SetUp, Stage};

/// A recording, and what is needed to replay it.
struct Script {
    text: &'static str,
    api_version: ApiVersion,
    seed: Seed,
    begin: fn(&mut Stage) -> SetUp,
    areas: &'static [&'static Area],
}

/// An exchange that differs.
struct Failure {
    number: u32,
    title: String,
    differences: Vec<String>,
}

/// The result of a replay.
#[derive(Default)]
struct Outcome {
    replayed: usize,
    failures: Vec<Failure>,
}

/// The milliseconds between two exchanges.
const BETWEEN_EXCHANGES: u64 = 20;

/// True for an exchange that `REPLAY` selects.
fn is_asked_about(number: u32) -> bool {
    let ranges = std::env::var("REPLAY").unwrap_or_default();
    ranges.split(',').filter(|range| !range.is_empty()).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (first.parse().unwrap_or(0)..=last.parse().unwrap_or(0)).contains(&number)
    })
}

fn area_of(script: &Script, recorded: &Recorded) -> &'static Area {
    let mut found = script.areas.iter().filter(|area| (area.covers)(recorded));
    let area = found.next().unwrap_or_else(|| panic!("no area covers {}", recorded.number));
    assert!(found.next().is_none(), "two areas cover {}", recorded.number);
    area
}

fn exchange(stage: &mut Stage, area: &Area, recorded: &Recorded) -> Vec<String> {
    let mut differences: Vec<String> = (area.before)(stage, recorded).err().into_iter().collect();
    let answer = send::send(stage, recorded);
    stage.wait(BETWEEN_EXCHANGES);
    differences.extend(send::compare(stage, recorded, &answer));
    differences.extend((area.after)(stage, recorded, &answer).err());
    if let Some(wait) = recorded.wait() {
        stage.emulator.advance_clock(wait);
    }
    if is_asked_about(recorded.number) {
        let state = if differences.is_empty() { "same" } else { "DIFFERS" };
        println!("{:03} {}: {state}", recorded.number, recorded.title);
        for difference in &differences {
            println!("      {difference}");
        }
        if std::env::var("REPLAY_ANSWERS").is_ok() {
            println!("      {} {}\n      {}", recorded.method, recorded.url, recorded.body.as_deref().unwrap_or(""));
            println!("      -> {} {:.6000}", answer.status, answer.text);
        }
    }
    differences
}

fn replay(script: &Script) -> Outcome {
    let recording = recording::parse(script.text);
    let builder = Emulator::builder().api_version(script.api_version).seed(script.seed.clone()).stopped_clock();
    let mut stage = Stage::new(builder.start_now().unwrap());
    if let Err(error) = (script.begin)(&mut stage) {
        println!("{error}");
    }
    let mut outcome = Outcome::default();
    for recorded in &recording {
        let area = area_of(script, recorded);
        if area.not_replayed.iter().any(|(number, _)| *number == recorded.number) {
            if let Err(error) = (area.before)(&mut stage, recorded) {
                println!("{:03}: {error}", recorded.number);
            }
            continue;
        }
        outcome.replayed += 1;
        let differences = exchange(&mut stage, area, recorded);
        if !differences.is_empty() {
            let (number, title) = (recorded.number, recorded.title.clone());
            outcome.failures.push(Failure { number, title, differences });
        }
    }
    outcome
}

/// Replays a recording. Requires that `count` exchanges were replayed without a difference.
fn check(script: &Script, count: usize) {
    let recording = recording::parse(script.text);
    for area in script.areas {
        let is_own = |number: u32| recording.iter().any(|it| it.number == number && (area.covers)(it));
        let strange = area.not_replayed.iter().find(|(number, _)| !is_own(*number));
        assert!(strange.is_none(), "area {} doesn't have the exchange: {strange:?}", area.name);
    }
    let outcome = replay(script);
    let complaints: Vec<String> = outcome
        .failures
        .iter()
        .map(|it| format!("{:03} {}: {}", it.number, it.title, it.differences.join("\n    ")))
        .collect();
    assert!(complaints.is_empty(), "{} differ:\n{}", complaints.len(), complaints.join("\n"));
    assert_eq!(outcome.replayed, count);
}

#[test]
fn old_server_answers_as_recorded() {
    let script = Script {
        text: include_str!("../../recorded-v3.md"),
        api_version: ApiVersion::V3,
        seed: Seed::empty(),
        begin: areas::v3::begin,
        areas: &[&areas::v3::AREA],
    };
    check(&script, 193);
}

#[test]
fn old_server_answers_as_recorded_in_the_continuation() {
    let script = Script {
        text: include_str!("../../recorded-v3-more.md"),
        api_version: ApiVersion::V3,
        seed: Seed::empty(),
        begin: areas::v3_more::begin,
        areas: &[&areas::v3_more::AREA],
    };
    check(&script, 49);
}

#[test]
fn current_server_answers_as_recorded() {
    let script = Script {
        text: include_str!("../../recorded-v4.md"),
        api_version: ApiVersion::V4,
        seed: Seed::default(),
        begin: areas::auth::begin,
        areas: &[&areas::auth::AREA, &areas::data::AREA, &areas::perm::AREA],
    };
    check(&script, 879);
}

#[test]
fn current_server_answers_as_recorded_in_the_continuation() {
    let script = Script {
        text: include_str!("../../recorded-v4-more.md"),
        api_version: ApiVersion::V4,
        seed: Seed::empty(),
        begin: areas::perm_more::begin,
        areas: &[&areas::auth_more::AREA, &areas::perm_more::AREA],
    };
    check(&script, 320);
}
