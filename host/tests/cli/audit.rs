//! Tests of `audit`: reading, verifying and reporting the trail.

use super::stage::{Stage, stages};
use super::{command, json, stderr, stdout};
use serde_json::Value;
use std::process::Output;

/// Runs `audit` with the state directory only: no server and no identity.
fn audit(stage: &Stage, arguments: &[&str]) -> Output {
    command(&[("INFISICAL_SKILL_STATE_DIR", &stage.path("state"))]).arg("audit").args(arguments).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Records a read, two refusals, a change and a turn of the switch.
fn busy(stage: &Stage) {
    assert_eq!(stage.run(&["secrets", "list", "--path", "/app"]).status.code(), Some(0));
    stage.run(&["secrets", "reveal", "STRIPE_API_KEY", "--path", "/app"]);
    stage.run(&["call", "no-such-tool"]);
    stage.switch_on();
    let preview = stage.json(&["call", "create-secret", r#"{"path":"/app","name":"MADE","generate":{"length":20}}"#]);
    let apply = format!("{{\"plan\":{}}}", preview["plan"]);
    stage.json(&["call", "apply-change", &apply]);
    assert_eq!(stage.run(&["writes", "off"]).status.code(), Some(0));
}

#[test]
fn shows_calls_as_table_and_as_records() {
    for stage in stages() {
        busy(&stage);
        let table = stdout(&audit(&stage, &["show"]));
        let titles = table.lines().next().unwrap();
        assert!(titles.starts_with("RECORD") && titles.contains("OUTCOME"), "{table}");
        let asked: Vec<&str> = table.lines().skip(1).map(|line| line.split_whitespace().nth(4).unwrap()).collect();
        let expected = [
            "list-secrets",
            "revoke-tokens",
            "reveal-secret",
            "no-such-tool",
            "writes-on",
            "create-secret",
            "revoke-tokens",
            "apply-change",
            "revoke-tokens",
            "writes-off",
        ];
        assert_eq!(asked, expected, "{table}");
        assert!(table.contains("refused: reveal-gate"), "{table}");
        assert_eq!(table.matches(" to change)").count(), 1, "a login and a revocation change nothing: {table}");
        for (arguments, count) in [
            (vec!["show", "--json"], 10),
            (vec!["show", "--json", "--outcome", "refused"], 2),
            (vec!["show", "--json", "--tool", "apply-change"], 1),
            (vec!["show", "--json", "--since", "1h"], 10),
            (vec!["show", "--json", "--until", "2020-01-01"], 0),
            (vec!["tail", "-n", "3", "--json"], 3),
        ] {
            assert_eq!(lines(&audit(&stage, &arguments)).len(), count, "{arguments:?}");
        }
        let applied = lines(&audit(&stage, &["show", "--json", "--outcome", "applied"])).pop().unwrap();
        let of_plan = audit(&stage, &["show", "--json", "--plan", applied["plan"]["plan"].as_str().unwrap()]);
        assert_eq!(lines(&of_plan).len(), 2, "its preview and its apply");
        assert_eq!(audit(&stage, &["show", "--outcome", "no-such-end"]).status.code(), Some(2));
        assert_eq!(audit(&stage, &["show", "--since", "yesterday"]).status.code(), Some(2));
    }
}

#[test]
fn follow_shows_new_records() {
    let stage = stages().last().unwrap();
    busy(&stage);
    let mut follower = command(&[("INFISICAL_SKILL_STATE_DIR", &stage.path("state"))])
        .args(["audit", "tail", "--follow", "-n", "1"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown =
        std::io::BufRead::lines(std::io::BufReader::new(follower.stdout.take().unwrap())).map(Result::unwrap);
    assert!(shown.next().unwrap().starts_with("RECORD"));
    assert!(shown.next().unwrap().contains("writes-off"));
    stage.run(&["secrets", "get", "NOPE", "--path", "/app"]);
    let refused = shown.next().unwrap();
    assert!(refused.contains("No such secret: NOPE"), "{refused}");
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn a_trail_is_verified_against_itself_and_a_noted_head() {
    for stage in stages() {
        busy(&stage);
        let head = stdout(&audit(&stage, &["head"])).trim().to_owned();
        let good = audit(&stage, &["verify", "--head", &head, "--json"]);
        assert_eq!((good.status.code(), json(&good)["good"].as_bool()), (Some(0), Some(true)));
        assert_eq!(json(&good)["head"], head);
        stage.run(&["status"]);
        stage.run(&["call", "skill-status"]);
        assert_eq!(
            audit(&stage, &["verify", "--head", &head]).status.code(),
            Some(0),
            "an earlier head should still be in the trail"
        );
        let file = stage.path("state/audit/00000000000000000001.jsonl");
        let text = std::fs::read_to_string(&file).unwrap();
        // The trail is cut after a whole record: only the noted head reveals it.
        let later = stdout(&audit(&stage, &["head"])).trim().to_owned();
        let cut: String = text.lines().take(5).map(|line| format!("{line}\n")).collect();
        std::fs::write(&file, cut).unwrap();
        assert_eq!(audit(&stage, &["verify"]).status.code(), Some(0));
        let noticed = audit(&stage, &["verify", "--head", &later]);
        assert_eq!(noticed.status.code(), Some(1));
        assert!(stdout(&noticed).contains("the log ends with record 5"), "{}", stdout(&noticed));
        // The trail is edited: the first bad record is named, and every further call is refused.
        std::fs::write(&file, text.replacen("list-secrets", "list-folders", 1)).unwrap();
        let broken = audit(&stage, &["verify"]);
        assert_eq!(broken.status.code(), Some(1));
        assert!(stdout(&broken).contains("NOT GOOD: record 1 is bad"), "{}", stdout(&broken));
        let before = stage.emulator.log().len();
        let refused = stage.run(&["secrets", "list", "--path", "/app"]);
        assert!(stderr(&refused).contains("Refused by the audit trail"), "{}", stderr(&refused));
        assert_eq!(stage.emulator.log().len(), before);
        // Turning off works even if it can't be recorded.
        let off = stage.run(&["writes", "off"]);
        assert_eq!(off.status.code(), Some(0));
        assert!(stderr(&off).contains("isn't recorded"), "{}", stderr(&off));
    }
}

#[test]
fn verifying_reopens_a_closed_trail_and_says_so() {
    let stage = stages().last().unwrap();
    busy(&stage);
    std::fs::write(stage.path("state/audit/poisoned"), "a sync failed: test\u{1b}").unwrap();
    assert_eq!(stage.run(&["secrets", "list"]).status.code(), Some(1));
    let on = stage.on_terminal(&[("Turn changes on", "y")], &["writes", "on", "--for", "1m"]);
    assert_eq!(on.status.code(), Some(1), "{}", stdout(&on));
    let opened = audit(&stage, &["verify"]);
    assert_eq!(opened.status.code(), Some(0), "{}", stdout(&opened));
    assert!(stdout(&opened).contains("open again: a sync failed: test\\u{1b}"), "{}", stdout(&opened));
    assert_eq!(stage.run(&["secrets", "list"]).status.code(), Some(0));
    assert!(stdout(&audit(&stage, &["show", "--outcome", "mended"])).contains("verified and opened again"));
}

/// Cuts the trail after `kept` records while a server runs, and makes the server notice.
fn truncated_under_a_server(stage: &Stage, kept: usize) -> String {
    let mut server = super::client::Client::of(stage.command().arg("mcp"));
    server.greet();
    for id in 1..4 {
        server.call(id, "list-secrets", serde_json::json!({ "path": "/app" }));
    }
    let file = stage.path("state/audit/00000000000000000001.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let cut: String = text.lines().take(kept).map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, cut).unwrap();
    let refused = server.call(9, "list-secrets", serde_json::json!({ "path": "/app" }));
    assert!(refused.to_string().contains("is gone"), "{refused}");
    server.end();
    text
}

#[test]
fn lost_records_close_the_trail_until_accepted() {
    for (stage, kept) in stages().zip([0, 2]) {
        truncated_under_a_server(&stage, kept);
        for _ in 0..2 {
            let closed = audit(&stage, &["verify", "--json"]);
            assert_eq!(closed.status.code(), Some(1), "{}", stdout(&closed));
            assert!(json(&closed)["lost"].is_string() && json(&closed)["good"] == false, "{}", stdout(&closed));
            assert!(stderr(&closed).contains("--accept-loss"), "{}", stderr(&closed));
            assert_eq!(stage.run(&["secrets", "list"]).status.code(), Some(1));
        }
        let accepted = audit(&stage, &["verify", "--accept-loss"]);
        assert_eq!(accepted.status.code(), Some(0), "{}", stdout(&accepted));
        assert!(stdout(&accepted).contains("The loss was accepted"), "{}", stdout(&accepted));
        assert_eq!(stage.run(&["secrets", "list"]).status.code(), Some(0));
        assert!(stdout(&audit(&stage, &["show", "--outcome", "mended"])).contains("The loss was accepted"));
        assert_eq!(
            audit(&stage, &["verify"]).status.code(),
            Some(0),
            "the trail should be good after the loss is accepted"
        );
    }
}

#[test]
fn restoring_lost_records_reopens_the_trail() {
    let stage = stages().last().unwrap();
    let text = truncated_under_a_server(&stage, 2);
    std::fs::write(stage.path("state/audit/00000000000000000001.jsonl"), text).unwrap();
    let opened = audit(&stage, &["verify", "--json"]);
    assert_eq!((opened.status.code(), json(&opened)["good"].as_bool()), (Some(0), Some(true)), "{}", stdout(&opened));
    assert!(json(&opened)["lost"].is_null());
}

#[test]
fn reports_backward_time_steps_in_a_good_chain() {
    use infisical_skill::audit::log::{Act, Caller, Durability, Event, Files, Log, Operator, Rotation, verify};
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().display().to_string();
    let files = || Files::new(folder.path().join("audit"));
    // Small files, so that a step from one file to the next is tested too.
    let log = Log::new(files(), Rotation(1));
    let event = Event::Operator(Operator {
        act: Act::WritesOff,
        caller: Caller::default(),
        plan: None,
        requests: Vec::new(),
        until: None,
        reason: None,
        approver: None,
        user: None,
    });
    for time in [
        "2026-11-23T12:00:00.000Z",
        "2026-11-22T11:00:00.000Z",
        "2036-11-23T12:00:00.000Z",
        "2036-11-23T11:59:59.000Z",
        "2026-11-23T12:00:01.000Z",
    ] {
        log.append(time, &event, Durability::InTheFile).unwrap();
    }
    drop(log);
    assert_eq!(verify(&files(), None).unwrap().clock.iter().map(|step| step.record).collect::<Vec<_>>(), [2, 5]);
    let run =
        |arguments: &[&str]| command(&[("INFISICAL_SKILL_STATE_DIR", &state)]).arg("audit").args(arguments).output();
    let text = run(&["verify"]).unwrap();
    assert_eq!(text.status.code(), Some(0), "{}", stdout(&text));
    for note in
        ["from record 1 (2026-11-23T12:00:00.000Z) to record 2", "by 1 d 1 h", "to record 5 (2026-11-23T12:00:01.000Z)"]
    {
        assert!(stdout(&text).contains(note), "{}", stdout(&text));
    }
    let checked = json(&run(&["verify", "--json"]).unwrap());
    assert_eq!((checked["good"].as_bool(), checked["clock"].as_array().map(Vec::len)), (Some(true), Some(2)));
}

#[test]
fn report_is_self_contained_and_matches_the_table() {
    for stage in stages() {
        busy(&stage);
        stage.run(&["call", "get-secret", r#"{"path":"/app","name":"<script>alert(1)</script>"}"#]);
        let out = stage.path("report.html");
        let done = audit(&stage, &["report", "--out", &out]);
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        let page = std::fs::read_to_string(&out).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.ends_with("</html>\n"));
        for loads in ["<script", "src=", "href=", "url(", "@import", "http://", "https://", "<link", "<img", "<iframe"]
        {
            // The purpose of a request is text. It may contain the path of a URL, but never an
            // origin.
            assert!(!page.contains(loads), "{loads}");
        }
        assert!(page.contains("&lt;script&gt;"), "a name is text");
        for outcome in ["done", "refused", "applied", "act", "failed", "mended", "no-end"] {
            let count = lines(&audit(&stage, &["show", "--json", "--outcome", outcome])).len();
            let row = format!("<tr><th>{outcome}</th><td class=\"number\">{count}</td></tr>");
            assert_eq!(page.contains(&row), count > 0, "{outcome}: {count}");
        }
        assert!(page.contains("write identity, HTTP 200</th><td class=\"number\">1<"), "{page}");
        let head = stdout(&audit(&stage, &["head"])).trim().to_owned();
        assert!(page.contains(&head) && page.contains("records holds"));
        // A filter reduces the report.
        assert_eq!(audit(&stage, &["report", "--out", &out, "--outcome", "refused"]).status.code(), Some(0));
        let less = std::fs::read_to_string(&out).unwrap();
        assert!(less.contains("outcome refused") && !less.contains("<th>applied</th>"));
    }
}

#[test]
fn lists_infisicals_log_and_explains_an_empty_one() {
    use infisical_emulator::{ApiVersion, Emulator, Seed};
    for api_version in [ApiVersion::V3, ApiVersion::V4] {
        let licensed =
            Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(true).start_now().unwrap();
        let stage = Stage::on(licensed);
        stage.run(&["secrets", "get", "STRIPE_API_KEY", "--path", "/app"]);
        let table = stdout(&stage.run(&["audit", "server", "--event", "get-secret"]));
        assert!(table.contains("/app/STRIPE_API_KEY") && table.contains("reader"), "{table}");
        let page = stage.json(&["audit", "server", "--json", "--limit", "1"]);
        assert_eq!((page["logs"].as_array().unwrap().len(), page["next"].as_u64()), (1, Some(1)));
    }
    let stage = stages().last().unwrap();
    assert!(stdout(&stage.run(&["audit", "server"])).contains("free licence"));
}
