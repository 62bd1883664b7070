//! Tests what `call TOOL -` reads, and how it reports text that isn't JSON.

use crate::stage::Stage;
use crate::{json, stderr};
use infisical_emulator::ApiVersion;

/// Runs `call` with these bytes on standard input. They contain a value, which no output may show.
fn call(stage: &Stage, tool: &str, input: &str) -> std::process::Output {
    stage.run_with(input, &["call", tool, "-"])
}

#[test]
fn a_byte_order_mark_before_the_arguments_is_skipped() {
    let stage = Stage::new(ApiVersion::V4);
    for input in
        ["\u{feff}{\"name\":\"S5\",\"value\":\"canary-x\"}", "\u{feff}\n {\"name\":\"S5\",\"value\":\"canary-x\"}\r\n"]
    {
        let previewed = call(&stage, "create-secret", input);
        assert_eq!(previewed.status.code(), Some(0), "{}", stderr(&previewed));
        assert!(json(&previewed)["requests"][0].as_str().unwrap().contains("S5"));
    }
    // The content of a file that starts with a byte order mark, as an argument.
    let listed = stage.run(&["call", "list-secrets", "\u{feff}{\"path\":\"/app\"}"]);
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    // Elsewhere a byte order mark isn't white space.
    let within = call(&stage, "create-secret", "{\u{feff}\"name\":\"S5\"}");
    assert_eq!(within.status.code(), Some(2));
    assert!(stderr(&within).contains("line 1, column 2"), "{}", stderr(&within));
}

#[test]
fn invalid_json_error_has_line_column_and_expectation() {
    let stage = Stage::new(ApiVersion::V4);
    for (input, says) in [
        ("{\"name\":\"S9\",\"value\":\"-----BEGIN KEY-----\nabc\n\"}", ["line 1, column 42", "written as `\\n`"]),
        ("{\n  \"name\": \"S9\",\n  \"value\": \"canary\nkey\"\n}", ["line 3, column 19", "written as `\\n`"]),
        ("{\"name\":\"S9\",\r\n\"value\":\"canary\r\nkey\"}", ["line 2, column 16", "written as `\\r\\n`"]),
        ("{\"name\":\"S9\",\"value\":\"canary\tx\"}", ["line 1, column 29", "written as `\\t`"]),
        ("{\"name\":\"S9\",\"value\":\"canary\u{1}x\"}", ["line 1, column 29", "written as `\\u0001`"]),
        ("{\"name\":\"S9\",\n\"value\":\"canary\\x\"}", ["line 2, column 17", "`\\\\`"]),
        ("{\"name\":\"S9\",}", ["line 1, column 14", "comma"]),
        ("{\"name\" \"canary\"}", ["line 1, column 9", "`:`"]),
        ("{\"name\":\"S9\" \"value\":1}", ["line 1, column 14", "`,` or `}`"]),
        ("{\"tags\":[\"a\" \"canary\"]}", ["line 1, column 14", "`,` or `]`"]),
        ("{name: \"canary\"}", ["line 1, column 2", "double quotes"]),
        ("{'name': 'canary'}", ["line 1, column 2", "double quotes"]),
        ("{\"name\": canary}", ["line 1, column 10", "a JSON value"]),
        ("{\"name\": \"canary\"", ["line 1, column 18", "ends before"]),
        ("{\"name\": \"canary", ["line 1, column 17", "ends within a string"]),
        ("{} canary", ["line 1, column 4", "end of the text"]),
        ("", ["line 1, column 1", "ends before"]),
        ("name=canary", ["line 1, column 1", "a JSON value"]),
        ("{\"name\":\"\u{e4}\u{1f511}\n\"}", ["line 1, column 12", "written as `\\n`"]),
    ] {
        let refused = call(&stage, "create-secret", input);
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{input:?}: {said}");
        assert!(says.iter().all(|part| said.contains(part)), "{input:?}: {said}");
        assert!(!said.contains("canary") && !said.contains("BEGIN"), "{said}");
    }
    // Valid JSON that isn't an object.
    for (input, says) in [("[]", "an array"), ("\"{}\"", "a string"), ("null", "null")] {
        let refused = call(&stage, "list-secrets", input);
        assert_eq!(refused.status.code(), Some(1), "{input}");
        assert!(stderr(&refused).contains(&format!("must be an object, but are {says}")), "{}", stderr(&refused));
    }
}
