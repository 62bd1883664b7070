//! Whatever is pasted at a prompt, nothing of it reaches the shell, however the command ends; and the terminal is left as it was.

use crate::stage::{Stage, stages};
use crate::{stderr, stdout};
use std::path::Path;

/// Lines that a shell would run.
const KEY: &str = "-----BEGIN KEY-----\\nAAAA\\n> CANARY\\necho PWNED_BY_SHELL\\n-----END KEY-----\\n";

/// The same, as a terminal that marks pastes sends it, and Enter.
fn marked(paste: &str) -> String {
    format!("\\x1b[200~{}\\x1b[201~\\r", paste.replace("\\n", "\\r"))
}

/// What the terminal showed while a command ran in a shell and these were pasted.
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
    // Much more than a terminal's buffer, too.
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
fn a_command_that_fails_after_a_paste_leaves_nothing_to_the_shell() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    let (key, other) = (marked(KEY), marked("another\\n> CANARY\\n"));
    let shown = in_shell(&stage, &[("not shown", &key), ("Once more", &other)], &CREATE);
    assert!(shown.contains("the two differ") && shown.contains("STATUS=2"), "{shown}");
    // The terminal ends the input; what came with that is no command either.
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
fn several_lines_are_no_answer_to_any_question() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    let generate = ["secrets", "create", "PASTED", "--path", "/app", "--generate"];
    for paste in ["y\\n> CANARY\\n".to_owned(), marked("y\\n> CANARY\\n"), marked("y\\n")] {
        let shown = in_shell(&stage, &[("[y/N]", &paste)], &generate);
        assert!(shown.contains("isn't taken as an answer") && shown.contains("STATUS=1"), "{shown}");
        assert!(stage.value("/app", "PASTED").is_none());
    }
    // A phrase, and a person's approval.
    let delete = ["secrets", "delete", "STRIPE_API_KEY", "--path", "/app"];
    let preview = stage.json(&[&delete[..], &["--json"]].concat());
    let (plan, phrase) = (preview["plan"].as_str().unwrap(), preview["acknowledge"].as_str().unwrap());
    let shown = in_shell(&stage, &[("acknowledge it:", &format!("{phrase}\\n> CANARY\\n"))], &["plans", "apply", plan]);
    assert!(shown.contains("STATUS=1"), "{shown}");
    let shown = in_shell(&stage, &[("type:", "STRIPE_API_KEY\\n> CANARY\\n")], &["plans", "approve", plan]);
    assert!(shown.contains("Not approved") && shown.contains("STATUS=1"), "{shown}");
    assert!(stage.value("/app", "STRIPE_API_KEY").is_some());
}
