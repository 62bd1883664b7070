//! Tests an enforced set-up with its real users: the skill's user, an agent's user with a shell,
//! and operators who request and approve. Running commands as other users needs root.

use crate::client::Client;
use crate::set_up::{NOBODY, SKILL, SetUp, files_in, give, mode, skips_without_root, without_variables};
use crate::{json, stderr, stdout};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

/// The user of an agent with a shell.
const AGENT: u32 = 54_322;

/// Two operators, by their logins.
const ALICE: u32 = 54_401;
const BOB: u32 = 54_402;

const SECRET: &str = "STRIPE_API_KEY";
const TARGET: &str = "dev:/app/STRIPE_API_KEY";

/// A configuration that root owns, for the skill's user, as docs/running.md describes it. Changes
/// are on.
fn enforced() -> SetUp {
    let set_up = SetUp::with(&format!("run_as = {SKILL}\nprotected = [\"dev\"]"));
    set_up.stage.switch_on();
    set_up.serve(SKILL);
    set_up
}

/// Runs programs as one user, with the login of another.
struct Person<'a> {
    set_up: &'a SetUp,
    user: u32,
    login: Option<u32>,
}

impl Person<'_> {
    /// Root becomes the user, as with `sudo`. The login is set before that, and stays.
    fn command(&self, program: &[&str]) -> Command {
        let script = "if [ -n \"$1\" ]; then echo \"$1\" > /proc/self/loginuid || exit 97; fi; user=$2; shift 2; \
             exec setpriv --reuid=\"$user\" --regid=\"$user\" --clear-groups \"$@\"";
        let login = self.login.map(|login| login.to_string()).unwrap_or_default();
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", &login, &self.user.to_string()]).args(program);
        without_variables(&mut command);
        command
    }

    /// The skill's command under this configuration.
    fn skill(&self, config: &str, arguments: &[&str]) -> Command {
        let program = self.set_up.stage.path("infisical-skill");
        self.command(&[&[program.as_str(), "--config", config], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.skill(&self.set_up.config, arguments).output().unwrap()
    }

    /// Runs it at a terminal, where somebody types the answer to a question.
    fn on_terminal(&self, (question, answer): (&str, &str), config: &str, arguments: &[&str]) -> Output {
        let skill = self.skill(config, arguments);
        let mut terminal = Command::new("python3");
        terminal.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/terminal.py"));
        terminal.args([question, answer, "--", "/bin/sh"]).args(skill.get_args());
        // Python's own launcher may need its home.
        for (name, _) in skill.get_envs().filter(|(name, _)| *name != "HOME") {
            terminal.env_remove(name);
        }
        terminal.output().unwrap()
    }

    fn approve(&self, plan: &str) -> Output {
        self.on_terminal(("type: ", TARGET), &self.set_up.config, &["plans", "approve", plan])
    }
}

fn skills_user(set_up: &SetUp) -> Person<'_> {
    Person { set_up, user: SKILL, login: None }
}

/// A plan that needs a person's approval, requested with the command.
fn deletion(asks: &Person<'_>) -> Value {
    let preview = asks.run(&["secrets", "delete", SECRET, "--path", "/app", "--preview", "--json"]);
    assert_eq!(preview.status.code(), Some(0), "{}", stderr(&preview));
    json(&preview)
}

/// The approval that a plan has, as the skill's user sees it.
fn approval(set_up: &SetUp, plan: &str) -> Value {
    let shown = skills_user(set_up).run(&["plans", "show", plan, "--json"]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    json(&shown)["approval"].clone()
}

/// Everything in the folders that the agent's user must not change.
fn contents(set_up: &SetUp) -> BTreeMap<String, Vec<u8>> {
    let files = ["etc", "state"].into_iter().flat_map(|folder| files_in(&set_up.stage.path(folder)));
    files.filter(|path| Path::new(path).is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Runs a line of shell as this user, with a path as `$1`.
fn shell(user: u32, line: &str, path: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", line, "sh", path]).uid(user).gid(user).output().unwrap().status.success()
}

#[test]
fn agents_user_reads_and_writes_nothing_of_the_skill() {
    if skips_without_root() {
        return;
    }
    let set_up = enforced();
    let plan = deletion(&skills_user(&set_up))["plan"].as_str().unwrap().to_owned();
    mode(&set_up.config, 0o640);
    std::os::unix::fs::chown(&set_up.config, Some(0), Some(SKILL)).unwrap();
    // Even if others can list the state directory, they can't read its content.
    mode(set_up.stage.path("state"), 0o755);
    let before = contents(&set_up);
    let names = before.keys().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>();
    for name in ["config.toml", "read-secret", "write-secret", "writes.json"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(names.iter().any(|name| name.ends_with(".plan")), "{names:?}");
    for path in before.keys() {
        assert!(shell(SKILL, "cat \"$1\"", path), "the skill's user reads {path}");
        for line in ["cat \"$1\"", "echo x >> \"$1\"", "rm -f \"$1\"", "mv \"$1\" \"$1.old\"", "chmod 666 \"$1\""] {
            assert!(!shell(AGENT, line, path), "{line}: {path}");
        }
    }
    let folders = files_in(&set_up.stage.path("state")).into_iter().chain([set_up.stage.path("etc")]);
    let approved = before.keys().find(|path| path.ends_with(".plan")).unwrap().replace(".plan", ".approved");
    let used = set_up.stage.path("state/plans/used/mark.used");
    let new = folders.filter(|path| Path::new(path).is_dir()).map(|folder| format!("{folder}/new"));
    for path in new.chain([approved, used]) {
        assert!(!shell(AGENT, "echo x > \"$1\"", &path), "{path}");
    }
    assert!(contents(&set_up) == before, "nothing changed");
    assert_eq!(approval(&set_up, &plan), Value::Null);
}

#[test]
fn agents_user_approves_nothing_and_turns_no_switch() {
    if skips_without_root() {
        return;
    }
    let set_up = enforced();
    let plan = deletion(&skills_user(&set_up))["plan"].as_str().unwrap().to_owned();
    let agent = Person { set_up: &set_up, user: AGENT, login: None };
    // The agent's own configuration and credentials, with the skill's state directory.
    fs::create_dir(set_up.stage.path("agent")).unwrap();
    let text = fs::read_to_string(&set_up.config).unwrap();
    let text = text.replace(&format!("run_as = {SKILL}\n"), "").replace("/etc/", "/agent/");
    let own = set_up.stage.private("agent/config.toml", text);
    for secret in ["agent/read-secret", "agent/write-secret"] {
        set_up.stage.private(secret, "made-up-by-the-agent");
    }
    files_in(&set_up.stage.path("agent")).iter().for_each(|path| give(path, AGENT));
    let kept = contents(&set_up);
    for (config, because) in [(&set_up.config, "run_as"), (&own, "another user")] {
        for (talk, arguments) in [
            (("type: ", TARGET), &["plans", "approve", &plan][..]),
            (("[y/N]", "y"), &["writes", "on", "--for", "5m", "--reason", "mine"]),
        ] {
            let refused = agent.on_terminal(talk, config, arguments);
            let said = stdout(&refused);
            // 99 means that no question was asked.
            assert_eq!(refused.status.code(), Some(99), "{arguments:?}: {said}");
            assert!(said.contains(because), "{arguments:?}: {said}");
        }
    }
    assert!(contents(&set_up) == kept, "nothing changed");
    assert_eq!(approval(&set_up, &plan), Value::Null);
    let approved = skills_user(&set_up).approve(&plan);
    assert!(stdout(&approved).contains("Approved."), "the skill's user may: {}", stdout(&approved));
}

#[test]
fn approval_of_an_agents_plan_counts_as_different() {
    if skips_without_root() {
        return;
    }
    let set_up = enforced();
    // Starts the server as an agent's client does: `sudo -u infisical-skill infisical-skill mcp`.
    let mut client = Client::of(&mut set_up.command_as(SKILL, &["mcp"]));
    client.greet();
    let status = client.call(1, "skill-status", json!({}))["result"]["structuredContent"].clone();
    assert_eq!(status["enforcement"]["level"], "enforced", "{status}");
    let delete = json!({ "name": SECRET, "path": "/app" });
    let preview = client.call(2, "delete-secret", delete)["result"]["structuredContent"].clone();
    let apply = json!({ "plan": preview["plan"], "acknowledge": preview["acknowledge"] });
    let refused = client.call(3, "apply-change", apply.clone());
    assert!(refused.to_string().contains("plans approve"), "{refused}");
    let approved = skills_user(&set_up).approve(preview["plan"].as_str().unwrap());
    assert_eq!(approved.status.code(), Some(0), "{}", stdout(&approved));
    let receipt = client.call(4, "apply-change", apply)["result"]["structuredContent"].clone();
    assert_eq!((&receipt["outcome"], &receipt["approval"]["independence"]), (&json!("applied"), &json!("different")));
    assert_eq!(receipt["approval"]["user"]["uid"], SKILL, "{receipt}");
    assert!(set_up.stage.emulator.secret("dev", "/app", SECRET).is_none());
}

/// All operators run the command as the skill's user. The kernel remembers who logged in.
#[test]
fn requester_cannot_approve_even_as_operator() {
    if skips_without_root() {
        return;
    }
    let set_up = enforced();
    let operator = |login: u32| Person { set_up: &set_up, user: SKILL, login: Some(login) };
    if operator(ALICE).command(&["true"]).status().unwrap().code() == Some(97) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped, because no login can be set here: requester_cannot_approve_even_as_operator"
        );
        return;
    }
    for approver in [BOB, 0] {
        let plan = deletion(&operator(ALICE))["plan"].as_str().unwrap().to_owned();
        let refused = operator(ALICE).approve(&plan);
        let said = stdout(&refused);
        assert!(refused.status.code() != Some(0) && said.contains("the approver is the requester"), "{said}");
        assert_eq!(approval(&set_up, &plan), Value::Null, "{said}");
        let approved = operator(approver).approve(&plan);
        assert_eq!(approved.status.code(), Some(0), "{}", stdout(&approved));
        let approval = approval(&set_up, &plan);
        assert_eq!((&approval["independence"], &approval["login"]["uid"]), (&json!("different"), &json!(approver)));
        let trail = stdout(&skills_user(&set_up).run(&["audit", "show", "--tool", "approve", "--json"]));
        let last: Value = serde_json::from_str(trail.lines().last().unwrap()).unwrap();
        assert_eq!(last["approver"]["independence"], "different", "{last}");
    }
    // Root isn't the skill's user, so the state doesn't belong to it.
    let plan = deletion(&operator(ALICE))["plan"].as_str().unwrap().to_owned();
    let root = Person { set_up: &set_up, user: 0, login: Some(BOB) }.approve(&plan);
    assert!(root.status.code() != Some(0) && stdout(&root).contains("run_as"), "{}", stdout(&root));
}

#[test]
fn own_files_are_advisory_and_roots_are_enforced() {
    if skips_without_root() {
        return;
    }
    let level = |place: &SetUp, user: u32| {
        let status = place.run_as(user, &["status", "--json"]);
        assert_eq!(status.status.code(), Some(0), "{}", stderr(&status));
        json(&status)["enforcement"].clone()
    };
    // A configuration that the user owns, whatever it says.
    let own = SetUp::with(&format!("run_as = {SKILL}"));
    own.serve(SKILL);
    give(&own.config, SKILL);
    let found = level(&own, SKILL);
    assert_eq!(found["level"], "advisory", "{found}");
    assert!(found["because"].to_string().contains("etc/config.toml"), "{found}");
    let doctor = own.run_as(SKILL, &["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(0), "a warning: {}", stdout(&doctor));
    let doctor = own.run_as(SKILL, &["doctor", "--require-enforced", "--json"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", stdout(&doctor));
    // A configuration that root owns, without `run_as`: the agent may run it.
    let silent = SetUp::new();
    silent.serve(SKILL);
    let found = level(&silent, SKILL);
    assert!(found["level"] == "advisory" && found["because"].to_string().contains("run_as"), "{found}");
    // A configuration that root owns, for this user.
    let place = SetUp::with(&format!("run_as = {SKILL}"));
    place.serve(SKILL);
    assert_eq!(level(&place, SKILL)["level"], "enforced", "{}", level(&place, SKILL));
    let doctor = place.run_as(SKILL, &["doctor", "--require-enforced"]);
    assert_eq!(doctor.status.code(), Some(0), "{}", stdout(&doctor));
    assert!(stdout(&doctor).contains("enforced"), "{}", stdout(&doctor));
    // It is for no other user.
    let refused = place.run_as(NOBODY, &["status"]);
    assert!(refused.status.code() == Some(2) && stderr(&refused).contains("run_as"), "{}", stderr(&refused));
}
