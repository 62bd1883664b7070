//! Planned faults and the rate limit.

use std::time::{Duration, Instant};

use infisical_emulator::{ApiVersion, Emulator, Fault, RequestMatch};
use serde_json::json;

use crate::stage::{assert_error, current, of};

#[test]
fn planned_status_is_answered_given_number_of_times() {
    let stage = current();
    for status in [400, 401, 403, 404, 429, 500, 502, 503] {
        stage.emulator.fail_next(2, Fault::Status(status));
        for _ in 0..2 {
            let answer = stage.list("dev", "/", "");
            assert_eq!((answer.status, &answer.json()["statusCode"]), (status, &json!(status)));
            assert_eq!(answer.header("retry-after"), (status == 429).then_some("1"));
        }
        assert_eq!(stage.list("dev", "/", "").status, 200);
    }
}

#[test]
fn a_fault_is_for_the_requests_that_match() {
    let stage = current();
    let writes = RequestMatch::any().method("patch").path_prefix("/api/v4/secrets/");
    stage.emulator.fail_next_matching(1, writes, Fault::Status(503));
    assert_eq!(stage.list("dev", "/", "").status, 200);
    let body = stage.body("dev", "/", json!({"secretValue": "x"}));
    assert_eq!(stage.writer.patch("/api/v4/secrets/DATABASE_URL", &body).status, 503);
    assert_eq!(stage.writer.patch("/api/v4/secrets/DATABASE_URL", &body).status, 200);
    stage.emulator.fail_next(5, Fault::Status(500));
    stage.emulator.clear_faults();
    assert_eq!(stage.list("dev", "/", "").status, 200);
}

#[test]
fn drops_connection_before_or_after_handling() {
    let stage = current();
    for (fault, is_written) in [(Fault::DropConnectionBeforeAnswer, false), (Fault::DropConnectionAfterHandling, true)]
    {
        stage.emulator.fail_next(1, fault);
        let body = stage.body("dev", "/", json!({"secretValue": "x"}));
        assert!(stage.writer.try_send("POST", "/api/v4/secrets/LOST", Some(&body)).is_none());
        assert_eq!(stage.emulator.secret("dev", "/", "LOST").is_some(), is_written);
        assert_eq!(stage.emulator.log().last().unwrap().status, None);
    }
}

#[test]
fn truncates_an_answer_body() {
    let stage = current();
    stage.emulator.fail_next(1, Fault::TruncatedBody);
    let answer = stage.list("dev", "/", "");
    assert_eq!((answer.status, answer.is_whole), (200, false));
    assert!(stage.list("dev", "/", "").is_whole);
}

#[test]
fn a_delay_comes_before_the_answer() {
    let stage = current();
    stage.emulator.fail_next(1, Fault::Delay(Duration::from_millis(150)));
    let began = Instant::now();
    assert_eq!(stage.list("dev", "/", "").status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[test]
fn plans_html_pages_redirects_and_custom_answers() {
    let stage = current();
    stage.emulator.fail_next(1, Fault::HtmlAnswer(502));
    let page = stage.list("dev", "/", "");
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert!(page.text.starts_with("<html>"));
    stage.emulator.fail_next(1, Fault::Redirect(302, "http://127.0.0.1:1/elsewhere".to_owned()));
    let moved = stage.list("dev", "/", "");
    assert_eq!((moved.status, moved.header("location")), (302, Some("http://127.0.0.1:1/elsewhere")));
    let own = Fault::Answer { status: 200, content_type: "application/json".to_owned(), body: "[]".to_owned() };
    stage.emulator.fail_next(1, own);
    assert_eq!(stage.list("dev", "/", "").json(), json!([]));
}

#[test]
fn the_rate_limit_tells_how_long_to_wait() {
    let stage = of(Emulator::builder().api_version(ApiVersion::V4).rate_limit(Some(5)));
    // Setting up the stage made three logins.
    for remaining in ["1", "0"] {
        let answer = stage.reader.get("/api/v1/projects");
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, Some(remaining)));
    }
    let refused = stage.reader.get("/api/v1/projects");
    assert_error(&refused, 429, "RateLimitExceeded", "Rate limit exceeded. Please try again in ");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((55..=60).contains(&seconds), "{seconds}");
    stage.emulator.advance_clock(Duration::from_secs(60));
    assert_eq!(stage.reader.get("/api/v1/projects").status, 200);
    stage.emulator.set_rate_limit(None);
    assert_eq!(stage.reader.get("/api/v1/projects").header("x-ratelimit-limit"), None);
}
