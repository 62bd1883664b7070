//! Tests of changes through the command: every step, with and without a terminal.

use super::stage::{Stage, stages};
use super::{json, stderr, stdout, unwrapped};
use crate::client::Client;
use infisical_emulator::{ApiVersion, Emulator, Seed};
use serde_json::Value;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn preview_changes_nothing_and_says_how_to_apply() {
    for stage in stages() {
        let file = stage.file("value", "canary-from-a-file\n");
        let create = ["secrets", "create", "NEW", "--path", "/app", "--value-file", &file];
        let output = stage.run(&create);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let shown = stdout(&output);
        // The host's description comes first, then the component's text.
        assert!(shown.starts_with("What would be sent:\n  1. create secret NEW [project "), "{shown}");
        for part in
            ["before  nothing", "after   NEW", "Touched  1 secret, 0 folders\n", "\nExpires  20", "writes on --for 15m"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(stderr(&output).contains("plans apply "), "{}", stderr(&output));

        let preview = stage.json(&[&create[..], &["--preview", "--json"]].concat());
        let refused = stage.run(&["plans", "apply", text(&preview, "plan"), "--json"]);
        assert_eq!((refused.status.code(), text(&json(&refused)["error"], "layer")), (Some(1), "kill-switch"));
        let refused = stage.run(&[&create[..], &["--yes"]].concat());
        assert!(refused.status.code() == Some(1) && stderr(&refused).contains("kill switch"), "{}", stderr(&refused));
        assert!(stage.changes_sent().is_empty());
    }
}

#[test]
fn a_secret_is_created_rotated_and_deleted() {
    for stage in stages() {
        stage.switch_on();
        let file = stage.file("value", "canary-from-a-file\n");
        let preview = stage.json(&["secrets", "create", "NEW", "--path", "/app", "--value-file", &file, "--json"]);
        let applied = stage.run(&["plans", "apply", text(&preview, "plan")]);
        assert_eq!(applied.status.code(), Some(0), "{}", stderr(&applied));
        assert!(stdout(&applied).contains("version none → 1\n"), "{}", stdout(&applied));
        assert_eq!(stage.value("/app", "NEW").as_deref(), Some("canary-from-a-file"));

        // On an older server, nobody can read old versions, so an overwritten value is lost.
        let rotate = ["secrets", "update", "NEW", "--path", "/app", "--generate", "40", "--yes", "--json"];
        let rotated = stage.run(&rotate);
        let lines: Vec<Value> = stdout(&rotated).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if stage.emulator.api_version() == ApiVersion::V3 {
            assert_eq!((rotated.status.code(), lines.len()), (Some(1), 1), "{}", stdout(&rotated));
            approve(&stage, &lines[0]);
            let phrase = text(&lines[0], "acknowledge");
            let applied = stage.json(&["plans", "apply", text(&lines[0], "plan"), "--acknowledge", phrase, "--json"]);
            assert_eq!(text(&applied, "outcome"), "applied");
        } else {
            assert_eq!((rotated.status.code(), text(&lines[1], "outcome")), (Some(0), "applied"), "{lines:?}");
        }
        let value = stage.value("/app", "NEW").unwrap();
        assert!(value.len() == 40 && !stdout(&rotated).contains(&value), "{value}");

        let delete = ["secrets", "delete", "NEW", "--path", "/app"];
        let unmeant = stage.run(&[&delete[..], &["--yes"]].concat());
        assert!(unmeant.status.code() == Some(1) && stderr(&unmeant).contains("--yes doesn't replace it"));
        let preview = stage.json(&[&delete[..], &["--json"]].concat());
        let (plan, phrase) = (text(&preview, "plan"), text(&preview, "acknowledge"));
        assert_eq!(phrase, stage.phrase("delete secret dev:/app/NEW"));
        for (acknowledge, says) in [
            (&[][..], "blast-radius check"),
            (&["--acknowledge", "yes"], "blast-radius check"),
            (&["--acknowledge", phrase], "plans approve"),
        ] {
            let refused = stage.run(&[&["plans", "apply", plan], acknowledge].concat());
            assert!(refused.status.code() == Some(1) && stderr(&refused).contains(says), "{}", stderr(&refused));
        }
        let without_terminal = stage.run_with("NEW\n", &["plans", "approve", plan]);
        assert!(stderr(&without_terminal).contains("terminal"), "{}", stderr(&without_terminal));
        approve(&stage, &preview);
        let deleted = stage.run(&["plans", "apply", plan, "--acknowledge", phrase]);
        assert_eq!(deleted.status.code(), Some(0), "{}", stderr(&deleted));
        assert_eq!(stage.value("/app", "NEW"), None);
        assert_eq!(stage.run(&["secrets", "get", "NEW", "--path", "/app"]).status.code(), Some(1));
        assert!(stage.changes_sent().iter().all(|sent| sent.identity.as_deref() == Some("writer")));
    }
}

/// Approves the plan as a person does.
fn approve(stage: &Stage, preview: &Value) {
    let plan = text(preview, "plan");
    let wrong = stage.on_terminal(&[("> ", "NEVER")], &["plans", "approve", plan]);
    assert!(wrong.status.code() == Some(1) && stdout(&wrong).contains("Not approved"), "{}", stdout(&wrong));
    let approved = stage.on_terminal(&[("type: dev:/app/NEW", "dev:/app/NEW")], &["plans", "approve", plan]);
    let shown = unwrapped(&stdout(&approved));
    assert!(approved.status.code() == Some(0) && shown.ends_with("Approved.\n"), "{shown}");
    assert!(shown.contains(text(preview, "acknowledge")) && shown.contains(" secret NEW [project "), "{shown}");
}

#[test]
fn asks_for_confirmation_on_a_terminal() {
    for stage in stages() {
        let folder = ["folders", "create", "cache", "--path", "/app"];
        let off = stage.on_terminal(&[], &folder);
        assert!(
            off.status.code() == Some(0) && stdout(&off).contains("writes on"),
            "nobody is asked in vain: {}",
            stdout(&off)
        );
        stage.switch_on();
        let no = stage.on_terminal(&[("[y/N]", "")], &folder);
        assert!(no.status.code() == Some(1) && stdout(&no).contains("discarded"), "{}", stdout(&no));
        let yes = stage.on_terminal(&[("[y/N]", "y")], &folder);
        assert!(yes.status.code() == Some(0) && stdout(&yes).contains("Everything was applied."), "{}", stdout(&yes));

        let delete = ["folders", "delete", "cache", "--path", "/app", "--yes"];
        let phrase = &stage.phrase("delete folder dev:/app/cache");
        let wrong = stage.on_terminal(&[("> ", "y")], &delete);
        assert!(wrong.status.code() == Some(1) && stdout(&wrong).contains("Nothing was changed"), "{}", stdout(&wrong));
        let unapproved = stage.on_terminal(&[("> ", phrase), ("> ", "y")], &delete);
        assert!(stdout(&unapproved).contains("Not approved"), "{}", stdout(&unapproved));
        let meant = stage.on_terminal(&[("> ", phrase), ("type: ", "dev:/app/cache")], &delete);
        assert_eq!(meant.status.code(), Some(0), "{}", stdout(&meant));
        let folders = stage.json(&["folders", "list", "--path", "/app", "--json"]);
        assert!(!folders.to_string().contains("cache"), "{folders}");
    }
}

#[test]
fn value_prompt_hides_input_and_asks_twice() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let create = ["secrets", "create", "TYPED", "--path", "/app"];
    let differ = stage.on_terminal(&[("not shown", "canary-a"), ("Once more", "canary-b")], &create);
    assert!(differ.status.code() == Some(2) && stdout(&differ).contains("don't match"), "{}", stdout(&differ));
    let talk = [("not shown", "canary-a"), ("Once more", "canary-a"), ("[y/N]", "y")];
    assert_eq!(stage.on_terminal(&talk, &create).status.code(), Some(0));
    assert_eq!(stage.value("/app", "TYPED").as_deref(), Some("canary-a"));
    let talk = [("not shown", "canary-b"), ("Once more", "canary-b"), ("[y/N]", "y")];
    let update = ["secrets", "update", "TYPED", "--path", "/app", "--prompt"];
    assert_eq!(stage.on_terminal(&talk, &update).status.code(), Some(0));
    assert_eq!(stage.value("/app", "TYPED").as_deref(), Some("canary-b"));
}

#[test]
fn rename_needs_the_phrase_and_a_person() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let value = stage.file("value", "canary-renamed");
    let create = ["secrets", "create", "OLD", "--path", "/app", "--value-file", &value, "--yes"];
    assert_eq!(stage.run(&create).status.code(), Some(0));
    let rename = ["secrets", "update", "OLD", "--path", "/app", "--new-name", "NEW"];
    let refused = stage.run(&[&rename[..], &["--yes"]].concat());
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stage.value("/app", "NEW").is_none());
    let meant = stage.on_terminal(
        &[("> ", &stage.phrase("rename secret dev:/app/OLD to NEW")), ("type: ", "dev:/app/OLD")],
        &rename,
    );
    assert_eq!(meant.status.code(), Some(0), "{}", stdout(&meant));
    assert_eq!(stage.value("/app", "NEW").as_deref(), Some("canary-renamed"));
}

#[test]
fn reads_values_and_comments_from_files_and_stdin() {
    for stage in stages() {
        stage.switch_on();
        let pem = "canary-1\ncanary-2\n";
        let created = stage
            .run_with("canary-piped\r\n", &["secrets", "create", "A", "--value-file", "-", "--tag", "infra", "--yes"]);
        assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
        let comment = stage.file("comment", "canary-comment\n");
        let value = stage.file("pem", pem);
        let created = stage.run(&[
            "secrets",
            "create",
            "B",
            "--value-file",
            &value,
            "--comment-file",
            &comment,
            "--tag",
            "infra",
            "--yes",
        ]);
        assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
        let stored = |name: &str| stage.emulator.secret("dev", "/", name).unwrap();
        assert_eq!((stored("A").value.as_str(), stored("A").tags), ("canary-piped", vec!["infra".to_owned()]));
        assert_eq!((stored("B").value.trim_end(), stored("B").comment.as_str()), (pem.trim_end(), "canary-comment"));

        if stage.emulator.api_version() == ApiVersion::V4 {
            let update = ["secrets", "update", "B", "--no-comment", "--yes"];
            assert_eq!(stage.run(&update).status.code(), Some(0));
            let after = stored("B");
            assert_eq!(
                (after.value.trim_end(), after.comment.as_str(), after.tags),
                (pem.trim_end(), "", vec!["infra".to_owned()])
            );
            // Rights can be granted by tag, so changing tags needs a person.
            assert_eq!(stage.run(&["secrets", "update", "B", "--no-tags", "--yes"]).status.code(), Some(1));
            assert_eq!(stored("B").tags.len(), 1);
        }
    }
}

#[test]
fn invalid_value_options_are_command_line_mistakes() {
    let stage = Stage::new(ApiVersion::V4);
    let (odd, large) = (stage.file("odd", b"canary\xff"), stage.file("large", vec![b'x'; 512 * 1024 + 3]));
    for (arguments, says) in [
        (&["create", "X"][..], "--value-file"),
        (&["update", "X"], "--value-file"),
        (&["create", "X", "canary-in-an-argument"], "unexpected argument"),
        (&["create", "X", "--value-file", "/nonexistent"], "can't be read"),
        (&["create", "X", "--value-file", &odd], "UTF-8"),
        (&["create", "X", "--value-file", &large], "512 KiB"),
        (&["create", "X", "--value-file", "-", "--comment-file", "-"], "both"),
        (&["create", "X", "--value-file", &odd, "--generate"], "cannot be used with"),
        (&["create", "X", "--alphabet", "abc"], "--generate"),
        (&["create", "X", "--value-file", &odd, "--alphabet", "abc"], "cannot be used with"),
        (&["create", "X", "--generate", "many"], "--generate"),
        (&["create", "X", "--generate", "--yes", "--preview"], "cannot be used with"),
        (&["update", "X", "--tag", "t", "--no-tags"], "cannot be used with"),
        (&["update", "X", "--comment", "c", "--no-comment"], "cannot be used with"),
    ] {
        // The parser prints an unexpected argument, so this case skips the check for it.
        let output = if arguments.contains(&"canary-in-an-argument") {
            std::process::Command::new(env!("CARGO_BIN_EXE_infisical-skill"))
                .args([&["secrets"], arguments].concat())
                .output()
                .unwrap()
        } else {
            stage.run(&[&["secrets"], arguments].concat())
        };
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
    assert!(stage.emulator.log().is_empty(), "no request may reach the server");
}

#[test]
fn plans_are_listed_shown_rejected_and_discarded() {
    for stage in stages() {
        let delete = |name: &str| stage.json(&["secrets", "delete", name, "--path", "/app", "--json"]);
        let (kept, rejected, discarded) =
            (delete("STRIPE_API_KEY"), delete("STRIPE_API_KEY"), delete("STRIPE_API_KEY"));
        let plans = stage.json(&["plans", "list", "--json"]);
        assert_eq!(plans["plans"].as_array().unwrap().len(), 3);
        let shown = stage.json(&["plans", "show", text(&kept, "plan"), "--json"]);
        assert_eq!((&shown["requests"], text(&shown, "target")), (&kept["requests"], "dev:/app/STRIPE_API_KEY"));
        let card = stdout(&stage.run(&["plans", "show", text(&kept, "plan")]));
        assert!(
            card.contains("\nState    pending\n")
                && card.contains("exactly: delete secret dev:/app/STRIPE_API_KEY in project"),
            "{card}"
        );

        assert_eq!(stage.run(&["plans", "reject", text(&rejected, "plan")]).status.code(), Some(0));
        assert_eq!(stage.run(&["plans", "discard", text(&discarded, "plan")]).status.code(), Some(0));
        let list = stdout(&stage.run(&["plans", "list"]));
        assert!(list.lines().count() == 2 && list.contains(text(&kept, "plan")), "{list}");
        let all = stdout(&stage.run(&["plans", "list", "--all"]));
        assert!(all.lines().count() == 4 && all.contains(" rejected ") && all.contains(" discarded "), "{all}");
        stage.switch_on();
        for (plan, says) in [(&rejected, "rejected"), (&discarded, "discarded")] {
            let refused = stage.run(&["plans", "apply", text(plan, "plan")]);
            assert!(refused.status.code() == Some(1) && stderr(&refused).contains(says), "{}", stderr(&refused));
            let late = stage.on_terminal(&[], &["plans", "approve", text(plan, "plan")]);
            assert!(late.status.code() == Some(1) && stdout(&late).contains("can't be approved"), "{}", stdout(&late));
        }
        for command in ["show", "approve", "reject", "discard", "apply"] {
            let refused = stage.run(&["plans", command, "0000-0000-0000-0000"]);
            assert!(
                refused.status.code() == Some(1) && stderr(&refused).to_lowercase().contains("no such plan"),
                "{}",
                stderr(&refused)
            );
        }
        assert!(stage.changes_sent().is_empty());
    }
}

#[test]
fn call_runs_changing_tools_with_arguments_from_stdin() {
    for stage in stages() {
        stage.switch_on();
        let changes = r#"{"changes":[{"change":"create-folder","name":"fresh"},
            {"change":"create-secret","path":"/fresh","name":"A","value":"canary-value"},
            {"change":"create-secret","path":"/fresh","name":"B","generate":{"length":24}}]}"#;
        let output = stage.run_with(changes, &["call", "change-many", "-"]);
        let preview = json(&output);
        assert_eq!(preview["requests"].as_array().map(Vec::len), Some(3), "{}", stderr(&output));
        let plan = format!(r#"{{"plan":"{}"}}"#, text(&preview, "plan"));
        assert_eq!(text(&stage.json(&["call", "apply-change", &plan]), "outcome"), "applied");
        assert_eq!(stage.value("/fresh", "A").as_deref(), Some("canary-value"));

        let preview = stage.json(&["call", "delete-folder", r#"{"name":"fresh"}"#]);
        let plan = format!(r#"{{"plan":"{}"}}"#, text(&preview, "plan"));
        let discarded = stage.json(&["call", "discard-change", &plan]);
        assert_eq!(discarded, serde_json::json!({ "plan": preview["plan"], "discarded": true }));
        let refused = json(&stage.run(&["call", "apply-change", &plan]));
        assert_eq!(text(&refused["error"], "layer"), "two-phase-confirm");
        let status = stage.json(&["call", "skill-status"]);
        assert_eq!(
            (&status, &status["changes"]["switch"]["state"]),
            (&stage.json(&["status", "--json"]), &"on".into())
        );
        let wrong = stage.run_with(r#"{"name":"X","value":["canary"]}"#, &["call", "create-secret", "-"]);
        assert_eq!((wrong.status.code(), text(&json(&wrong)["error"], "layer")), (Some(1), "input"));
    }
}

#[test]
fn shows_long_plan_in_full_with_irreversible_changes_first() {
    for stage in stages() {
        stage.configure("max_changes = 50\n[sums]\nchanges_per_project = 100\n");
        stage.switch_on();
        // Names of the maximum length, all different.
        let name = |number: usize| format!("N{number:02}_{}", "LONG_".repeat(60)).chars().take(100).collect::<String>();
        let mut changes: Vec<Value> =
            (0..50).map(|it| serde_json::json!({ "change": "create-secret", "path": "/app", "name": name(it), "generate": { "length": 24 } })).collect();
        changes[25] = serde_json::json!({ "change": "delete-secret", "path": "/app", "name": "STRIPE_API_KEY" });
        let preview = json(
            &stage.run_with(&serde_json::json!({ "changes": changes }).to_string(), &["call", "change-many", "-"]),
        );
        let plan = text(&preview, "plan");
        let phrase = text(&preview, "acknowledge");
        assert!(phrase.contains("50") || phrase.contains("STRIPE_API_KEY"), "{preview}");

        stage.configure("max_changes = 50\n[sums]\nchanges_per_project = 100\n[mcp]\napprove_in_client = true\n");
        let mut client = Client::new(&stage);
        client.greet_as(serde_json::json!({ "elicitation": { "form": {} } }));
        let theirs = client.call(1, "change-many", serde_json::json!({ "changes": changes }));
        let theirs = &theirs["result"]["structuredContent"];
        let apply = serde_json::json!({ "plan": theirs["plan"], "acknowledge": theirs["acknowledge"] });
        client.say(crate::client::call(2, "apply-change", apply).to_string().as_bytes());
        let asked = client.hear();
        assert_eq!(asked["method"], "elicitation/create", "{asked}");
        let form = text(&asked["params"], "message").to_owned();
        client.server.kill().unwrap();
        let shown = stdout(&stage.run(&["plans", "show", plan]));
        let asked = stage.on_terminal(&[("type: ", "no")], &["plans", "approve", plan]);
        for (what, said) in [("form", form), ("show", shown), ("approve", unwrapped(&stdout(&asked)))] {
            let lines: Vec<_> =
                said.lines().filter(|line| line.contains(" secret ") && line.contains("[project ")).collect();
            assert_eq!(lines.len(), 50, "{what}: {said}");
            for number in (0..50).filter(|it| *it != 25) {
                assert!(lines.iter().any(|line| line.contains(&name(number))), "{what}: {number}: {said}");
            }
            let deletion = said.find("delete secret dev:/app/STRIPE_API_KEY").unwrap();
            let list = said.find(&name(0)).unwrap();
            assert!(deletion < list, "{what}: what can't be undone is named before the list: {said}");
        }
    }
}

#[test]
fn several_changes_are_approved_by_their_number_project_and_digest() {
    for stage in stages() {
        stage.configure("approval = \"all\"\n");
        let changes = serde_json::json!({ "changes": [
            { "change": "create-secret", "path": "/app", "name": "ONE", "value": "v" },
            { "change": "create-folder", "path": "/app", "name": "two" },
        ]});
        let preview = json(&stage.run_with(&changes.to_string(), &["call", "change-many", "-"]));
        let plan = text(&preview, "plan");
        let shown = stage.json(&["plans", "show", plan, "--json"]);
        assert_eq!((&shown["names"], &shown["blastRadius"]), (&preview["names"], &preview["blastRadius"]));
        assert_eq!(preview["blastRadius"], serde_json::json!({ "secrets": 1, "folders": 1, "atLeast": false }));
        let digest = text(&shown, "digest").get(..6).unwrap();
        for (answer, status) in [
            (format!("2 changes {digest}"), 1),
            (format!("2 changes {} {digest}", stage.emulator.project_id()), 1),
            (format!("2 changes agent-vault {digest}"), 0),
        ] {
            let talk = [("type: 2 changes agent-vault ", answer.as_str())];
            let asked = stage.on_terminal(&talk, &["plans", "approve", plan]);
            assert_eq!(asked.status.code(), Some(status), "{answer}: {}", stdout(&asked));
        }
    }
}

#[test]
fn change_held_for_approval_is_neither_failed_nor_applied() {
    let builder =
        Emulator::builder().api_version(ApiVersion::V4).seed(Seed::demo()).approval_policy_for_everybody("dev", "/app");
    let stage = Stage::on(builder.start_now().unwrap());
    stage.switch_on();
    let held = stage.run(&["secrets", "create", "HELD", "--path", "/app", "--generate", "--yes"]);
    assert_eq!(held.status.code(), Some(0), "{}", stderr(&held));
    assert!(stdout(&held).contains("waiting for approval in Infisical, request "), "{}", stdout(&held));
    assert!(!stdout(&held).contains("Everything was applied"));
    assert_eq!(stage.value("/app", "HELD"), None);
}
