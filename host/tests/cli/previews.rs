//! Tests of previews with deceptive names and values. Each item has its own line with the target
//! first, everything is visible, and a mask reveals nothing.

use crate::stage::{Stage, stages};
use crate::{json, stderr, stdout, unwrapped};
use infisical_emulator::SecretSeed;

/// Names of existing secrets, and how a line about each of them begins.
fn deceivers() -> Vec<(String, String)> {
    let (wide, long) = ("全".repeat(340), "W".repeat(1_024));
    [
        (
            "\u{1b}]8;;http://evil\u{1b}\\STRIPE\u{1b}]8;;\u{7}",
            "\\u{1b}\\u{5d}8\\u{3b}\\u{3b}http\\u{3a}\\u{2f}\\u{2f}evil",
        ),
        ("SAFE\rPERMANENTLY delete secret OTHER", "SAFE\\u{d}PERMANENTLY\\u{20}delete"),
        ("A\n  2. create folder /harmless", "A\\u{a}\\u{20}\\u{20}2.\\u{20}create"),
        ("A\r\n\r\nTouched  0 secrets", "A\\u{d}\\u{a}\\u{d}\\u{a}Touched"),
        ("\u{1b}[2K\u{1b}[1A\u{1b}[8mHIDDEN", "\\u{1b}\\u{5b}2K\\u{1b}\\u{5b}1A"),
        ("A\u{202e}YEK_IPA\u{2066}\u{200b}\u{feff}B", "A\\u{202e}YEK_IPA\\u{2066}\\u{200b}\\u{feff}B"),
        ("A\u{85}\u{2028}\u{2029}\u{b}\u{c}B", "A\\u{85}\\u{2028}\\u{2029}"),
        ("\\u{1b}[31m", "\\u{5c}u\\u{7b}1b\\u{7d}\\u{5b}31m"),
        ("A [project p, env=dev, path=/]\tin dev", "A\\u{20}\\u{5b}project\\u{20}p\\u{2c}\\u{20}env\\u{3d}dev"),
        (&wide, "\\u{5168}\\u{5168}\\u{5168}"),
        (&long, "WWWWWWWWWWWW"),
    ]
    .map(|(name, shown)| (name.to_owned(), shown.to_owned()))
    .into()
}

/// A path that fills two thousand columns together with a name of a thousand.
fn long_path() -> String {
    format!("/{}/{}", "f".repeat(500), "g".repeat(500))
}

/// Asserts that the text has no control characters but our own line ends, and only visible
/// characters.
fn is_plain(text: &str) -> bool {
    let unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !text.contains(unseen)
}

/// Asserts that the text has as many lines as the one about a plain name, and that the target comes
/// first in it.
fn is_about(text: &str, plain: &str, shown: &str) {
    assert!(is_plain(text), "{text:?}");
    // A name with characters outside of ASCII has one more line, which warns of it.
    let warning = "     ! The name has characters that aren't ASCII, and may not be the one that it looks like.";
    assert_eq!(text.lines().filter(|line| *line != warning).count(), plain.lines().count(), "{text}\n{plain}");
    let target = text.lines().nth(1).unwrap();
    let target = target.strip_prefix("  1. PERMANENTLY delete secret ").unwrap_or_else(|| panic!("{text}"));
    assert!(target.starts_with(shown), "{target}");
    let hosts_words = text.split("in the component's words").next().unwrap();
    assert!(!hosts_words.contains('…'), "what an approver sees is never cut: {hosts_words}");
}

fn plan_of(preview: &str) -> String {
    let line = preview.lines().find(|line| line.starts_with("Plan ")).unwrap_or_else(|| panic!("{preview}"));
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// The preview of a deletion, the stored plan, and the text that the approver sees.
fn texts(stage: &Stage, name: &str, path: &str) -> [String; 3] {
    let previewed = stage.run(&["secrets", "delete", name, "--path", path]);
    assert_eq!(previewed.status.code(), Some(0), "{}", stderr(&previewed));
    assert!(is_plain(&stderr(&previewed)), "{:?}", stderr(&previewed));
    let preview = stdout(&previewed);
    let plan = plan_of(&preview);
    let kept = stdout(&stage.run(&["plans", "show", &plan]));
    let listed = stdout(&stage.run(&["plans", "list"]));
    assert!(is_plain(&listed) && listed.lines().count() == 2, "{listed:?}");
    let asked = stage.on_terminal(&[("> ", "no")], &["plans", "approve", &plan]);
    // The command turns on bracketed paste before it asks at a terminal.
    let asked = unwrapped(&stdout(&asked)).replace("\u{1b}[?2004h", "").replace("\u{1b}[?2004l", "");
    assert!(asked.contains("Not approved"), "{asked}");
    assert_eq!(stage.run(&["plans", "discard", &plan]).status.code(), Some(0));
    [preview, kept, asked]
}

#[test]
fn deletion_shows_target_first_on_separate_lines() {
    for stage in stages() {
        stage.emulator.put_secret("dev", "/empty", &SecretSeed::new("PLAIN", "canary"));
        let plain = texts(&stage, "PLAIN", "/empty");
        for (name, shown) in deceivers() {
            stage.emulator.put_secret("dev", "/empty", &SecretSeed::new(&name, "canary"));
            for (text, plain) in texts(&stage, &name, "/empty").iter().zip(&plain) {
                is_about(text, plain, &shown);
            }
        }
        let (path, name) = (long_path(), "W".repeat(1_000));
        stage.emulator.put_secret("dev", &path, &SecretSeed::new(&name, "canary"));
        for (text, plain) in texts(&stage, &name, &path).iter().zip(&plain) {
            is_about(text, plain, "WWWWWWWWWWWW");
            assert!(text.contains(&format!("path={path}]")) && text.contains(&name), "whole: {text}");
        }
        assert!(stage.changes_sent().is_empty());
    }
}

#[test]
fn long_paths_wrap_on_a_terminal_and_stay_whole() {
    for stage in stages() {
        let (path, name) = (long_path(), "W".repeat(90));
        stage.emulator.put_secret("dev", &path, &SecretSeed::new(&name, "canary"));
        let preview = stage.json(&["secrets", "delete", &name, "--path", &path, "--preview", "--json"]);
        let plan = preview["plan"].as_str().unwrap();
        let asked = stdout(&stage.on_terminal(&[("> ", "no")], &["plans", "approve", plan])).replace("\r\n", "\n");
        let card = asked.split("To approve it").next().unwrap();
        // What a person may want to copy stays in one piece.
        let phrase = format!("Needs    this phrase, exactly: {}\n", preview["acknowledge"].as_str().unwrap());
        assert!(card.contains(&phrase), "{card}");
        for line in card.lines().filter(|line| format!("{line}\n") != phrase) {
            assert!(line.replace("\u{1b}[?2004h", "").chars().count() <= 80, "{line}: {card}");
        }
        let reading = preview["requests"][0].as_str().unwrap();
        assert!(reading.contains(&format!("path={path}]")) && unwrapped(card).contains(reading), "{card}");
        // Where it is piped to, lines are whole.
        assert!(stdout(&stage.run(&["plans", "show", plan])).contains(reading));
    }
}

#[test]
fn lookalike_name_is_escaped_and_typed_as_neither() {
    for stage in stages() {
        // The T is a Cyrillic letter.
        let twin = "S\u{422}RIPE_API_KEY";
        stage.emulator.put_secret("dev", "/app", &SecretSeed::new(twin, "canary"));
        let preview = stage.json(&["secrets", "delete", twin, "--path", "/app", "--json"]);
        let phrase = stage.phrase(r"delete secret dev:/app/S\u{422}RIPE_API_KEY");
        assert_eq!(preview["acknowledge"], phrase, "{preview}");
        let plan = preview["plan"].as_str().unwrap();
        let asked = stage.on_terminal(&[("> ", "STRIPE_API_KEY")], &["plans", "approve", plan]);
        assert_eq!(asked.status.code(), Some(1), "{}", stdout(&asked));
        let shown = json(&stage.run(&["plans", "show", plan, "--json"]));
        assert_eq!(shown["target"], r"dev:/app/S\u{422}RIPE_API_KEY", "{shown}");
    }
}

#[test]
fn mask_has_the_same_width_for_every_value() {
    for stage in stages() {
        let long = "x".repeat(10_000);
        for (name, text) in [("MASKED_A", "x"), ("MASKED_B", &long)] {
            stage.emulator.put_secret("dev", "/empty", &SecretSeed::new(name, text).comment(text));
        }
        let shown = |arguments: &[&str], name: &str| {
            let output = stage.run(&[arguments, &[name]].concat()[..]);
            let shown = stdout(&output).replace(name, "MASKED");
            assert!(output.status.code() == Some(0) && shown.contains("<hidden>"), "{shown}");
            shown.lines().filter(|line| line.contains("<hidden>")).map(str::to_owned).collect::<Vec<_>>()
        };
        for arguments in [&["secrets", "get", "--path", "/empty"][..], &["secrets", "delete", "--path", "/empty"]] {
            assert_eq!(shown(arguments, "MASKED_A"), shown(arguments, "MASKED_B"), "{arguments:?}");
        }
        let list = stdout(&stage.run(&["secrets", "list", "--path", "/empty"]));
        let values = list.lines().filter(|line| line.starts_with("MASKED_")).map(|line| line.find("<hidden>").unwrap());
        assert_eq!(values.collect::<Vec<_>>().windows(2).filter(|two| two[0] == two[1]).count(), 1, "{list}");
        assert!(list.lines().all(|line| line.len() < 200), "{list}");
        // The new value is masked too.
        let previewed = |text: &str| {
            let (value, comment) = (stage.file("value", text), stage.file("comment", text));
            let files = ["--value-file", &value, "--comment-file", &comment];
            let update = ["secrets", "update", "MASKED_A", "--path", "/empty"];
            let preview = stdout(&stage.run(&[&update[..], &files].concat()));
            assert!(preview.contains("<hidden>"), "{preview}");
            preview.split("\nPlan ").next().unwrap().to_owned()
        };
        assert_eq!(previewed("y"), previewed(&"y".repeat(10_000)));
    }
}
