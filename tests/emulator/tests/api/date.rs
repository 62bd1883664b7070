//! The `Date` header.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use infisical_emulator::{ApiVersion, Emulator, Fault, Seed};

use crate::client::Answer;
use crate::stage::{Stage, current, of};

/// The second of the day in an answer's `Date` header.
fn second_of_the_day(answer: &Answer) -> i64 {
    let date = answer.header("date").unwrap();
    assert_eq!((date.len(), &date[3..5], &date[25..]), (29, ", ", " GMT"), "{date}");
    date[17..25].split(':').fold(0, |seconds, part| seconds * 60 + part.parse::<i64>().unwrap())
}

fn is_ahead_by(answer: &Answer, seconds: i64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let ahead = second_of_the_day(answer) - i64::try_from(now).unwrap() - seconds;
    (-2..=0).contains(&((ahead + 2).rem_euclid(86_400) - 2))
}

fn skewed(api_version: ApiVersion, seconds: i64) -> Stage {
    of(Emulator::builder().api_version(api_version).seed(Seed::demo()).clock_skew(seconds))
}

#[test]
fn every_answer_has_one_date() {
    let stage = current();
    stage.emulator.fail_next_matching(1, infisical_emulator::RequestMatch::any(), Fault::HtmlAnswer(502));
    for url in ["/api/v1/projects", "/api/v1/projects", "/api/v9/nope", "/api/docs", "/api/status"] {
        let answer = stage.reader.get(url);
        assert_eq!(answer.headers.iter().filter(|(name, _)| name == "date").count(), 1, "{url}");
        assert!(is_ahead_by(&answer, 0), "{url}: {:?}", answer.header("date"));
    }
}

#[test]
fn date_header_is_the_emulators_time() {
    let stage = current();
    stage.emulator.advance_clock(Duration::from_secs(600));
    assert!(is_ahead_by(&stage.reader.get("/api/status"), 600));
}

#[test]
fn skewed_clock_changes_only_the_date_header() {
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        for seconds in [7200, -7200] {
            let stage = skewed(api_version, seconds);
            // The token is valid because it was issued by the correct clock.
            let url = format!("/api/v1/workspace/{}", stage.project);
            let answer = stage.reader.get(&url);
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert!(is_ahead_by(&answer, seconds), "{:?}", answer.header("date"));
            let status = stage.reader.get("/api/status");
            let said = status.json()["date"].as_str().unwrap().to_owned();
            assert_ne!(said[11..16], status.header("date").unwrap()[17..22]);
        }
    }
}

#[test]
fn huge_skew_still_gives_a_valid_date() {
    let stage = skewed(ApiVersion::V4, i64::MIN);
    assert_eq!(stage.reader.get("/api/status").header("date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
}
