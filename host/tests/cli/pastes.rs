//! No pasted text reaches the shell, however the command ends, and the terminal keeps its settings.

use crate::stage::{Stage, stages};
use crate::{stderr, stdout};
use std::path::Path;

/// Lines that a shell would run.
const KEY: &str = "-----BEGIN KEY-----\\nAAAA\\n> CANARY\\necho PWNED_BY_SHELL\\n-----END KEY-----\\n";

/// The paste as a terminal with bracketed paste sends it, followed by Enter.
fn marked(paste: &str) -> String {
    format!("\\x1b[200~{}\\x1b[201~\\r", paste.replace("\\n", "\\r"))
}

/// Runs the command in a shell and pastes these texts. Returns what the terminal showed.
fn in_shell(stage: &Stage, talk: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = stage.with_variables("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/shell.py"));
    command.args(talk.iter().flat_map(|(question, paste)| [*question, *paste]));
    command.args(["--", env!("CARGO_BIN_EXE_infisical-skill")]).args(arguments).current_dir(stage.folder.path());
    let output = command.output().unwrap();
    let shown = stdout(&output);
    assert!(output.status.success() && !shown.contains("shell.py:"), "{shown}{}", stderr(&output));
    assert!(!Path::new(&stage.path("CANARY")).exists(), "the shell ran a line of the paste: {shown}");
    assert!(!shown.contains("PWNED_BY_SHELL\r\n"), "{shown}");
    let settings = shown.rsplit_once("STATUS=").unwrap().1;
    for is_on in [" echo ", " icanon ", " isig "] {
        assert!(settings.replace("\r\n", " ").contains(is_on), "{is_on}: {settings}");
    }
    assert_eq!(shown.matches("\u{1b}[?2004h").count(), shown.matches("\u{1b}[?2004l").count(), "{shown}");
    shown
}

const CREATE: [&str; 6] = ["secrets", "create", "PASTED", "--path", "/app", "--prompt"];

#[test]
fn several_lines_at_the_value_prompt_are_refused() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    // The second case exceeds the terminal's buffer by far.
    let long = format!("first\\n{}", "> CANARY\\n".repeat(3_000));
    for paste in [KEY, "one\\n> CANARY\\n", "\\n> CANARY\\n", &long] {
        let shown = in_shell(&stage, &[("not shown", paste)], &CREATE);
        assert!(shown.contains("several lines were pasted") && shown.contains("--value-file"), "{shown}");
        assert!(shown.contains("STATUS=2") && !shown.contains("BEGIN KEY"), "{shown}");
        assert!(stage.value("/app", "PASTED").is_none());
    }
}

#[test]
fn a_marked_paste_of_several_lines_is_the_value() {
    for stage in stages() {
        stage.switch_on();
        let key = marked(KEY);
        let shown = in_shell(&stage, &[("not shown", &key), ("Once more", &key), ("[y/N]", "y\\n")], &CREATE);
        assert!(shown.contains("STATUS=0") && !shown.contains("BEGIN KEY"), "{shown}");
        assert_eq!(stage.value("/app", "PASTED").unwrap(), KEY.replace("\\n", "\n"));
    }
}

#[test]
fn failed_command_leaves_no_paste_to_the_shell() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    let (key, other) = (marked(KEY), marked("another\\n> CANARY\\n"));
    let shown = in_shell(&stage, &[("not shown", &key), ("Once more", &other)], &CREATE);
    assert!(shown.contains("the two values don't match") && shown.contains("STATUS=2"), "{shown}");
    // The terminal ends the input; the shell doesn't run the rest either.
    let shown = in_shell(&stage, &[("not shown", "\\x04> CANARY\\n")], &CREATE);
    assert!(shown.contains("STATUS=2"), "{shown}");
}

#[test]
fn an_interrupted_prompt_leaves_nothing_to_the_shell() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    for paste in ["\\x03", "half\\x03> CANARY\\n", "\\x03\\n> CANARY\\necho PWNED_BY_SHELL\\n"] {
        let shown = in_shell(&stage, &[("not shown", paste)], &CREATE);
        assert!(shown.contains("STATUS=130"), "{shown}");
        let shown =
            in_shell(&stage, &[("[y/N]", paste)], &["secrets", "create", "PASTED", "--path", "/app", "--generate"]);
        assert!(shown.contains("STATUS=130"), "{shown}");
    }
    assert!(stage.value("/app", "PASTED").is_none());
}

#[test]
fn no_prompt_accepts_several_lines() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    let generate = ["secrets", "create", "PASTED", "--path", "/app", "--generate"];
    for paste in ["y\\n> CANARY\\n".to_owned(), marked("y\\n> CANARY\\n"), marked("y\\n")] {
        let shown = in_shell(&stage, &[("[y/N]", &paste)], &generate);
        assert!(shown.contains("doesn't count as an answer") && shown.contains("STATUS=1"), "{shown}");
        assert!(stage.value("/app", "PASTED").is_none());
    }
    // The prompts for a confirmation phrase and for an approval.
    let delete = ["secrets", "delete", "STRIPE_API_KEY", "--path", "/app"];
    let preview = stage.json(&[&delete[..], &["--json"]].concat());
    let (plan, phrase) = (preview["plan"].as_str().unwrap(), preview["acknowledge"].as_str().unwrap());
    let shown = in_shell(&stage, &[("acknowledge it:", &format!("{phrase}\\n> CANARY\\n"))], &["plans", "apply", plan]);
    assert!(shown.contains("STATUS=1"), "{shown}");
    let shown = in_shell(&stage, &[("type:", "STRIPE_API_KEY\\n> CANARY\\n")], &["plans", "approve", plan]);
    assert!(shown.contains("Not approved") && shown.contains("STATUS=1"), "{shown}");
    assert!(stage.value("/app", "STRIPE_API_KEY").is_some());
}
