//! Tests which users could change the files that decide: configuration, credentials, state, and
//! every folder above them. The tests run commands as other users, so they need root.

use crate::set_up::{NOBODY, SKILL, SetUp, give, mode, skips_without_root};
use crate::{stderr, stdout};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

const LIST: &[&str] = &["secrets", "list", "--path", "/app", "--json"];

#[test]
fn doctor_reports_files_of_other_users() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::with("approval = \"none\"");
    let sound = place.run_as(0, &["doctor", "--json"]);
    assert_eq!(sound.status.code(), Some(0), "{}", stdout(&sound));
    give(&place.config, NOBODY);
    mode(place.stage.path("etc"), 0o777);
    for (path, repair) in [(place.config.as_str(), 0), (&*place.stage.path("etc"), 0o755)] {
        for arguments in [&["doctor"][..], LIST, &["mcp"], &["status"]] {
            let refused = place.run_as(0, arguments);
            let said = format!("{}{}", stdout(&refused), stderr(&refused));
            assert_ne!(refused.status.code(), Some(0), "{arguments:?}: {said}");
            // The error names the first such folder on the path from `/`.
            assert!(said.contains(&place.stage.path("etc")), "{arguments:?}: {said}");
        }
        if repair == 0 { give(path, 0) } else { mode(path, repair) }
    }
    assert_eq!(place.run_as(0, LIST).status.code(), Some(0), "the command should work again afterwards");
}

#[test]
fn switch_written_by_another_user_is_off() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    place.stage.switch_on();
    let create = |name: &str| place.run_as(0, &["secrets", "create", name, "--path", "/app", "--generate", "--yes"]);
    assert_eq!(create("A").status.code(), Some(0), "{}", stderr(&create("B")));
    let switch = place.stage.path("state/writes.json");
    give(&switch, NOBODY);
    let refused = create("C");
    assert!(refused.status.code() == Some(1) && stderr(&refused).contains("kill switch"), "{}", stderr(&refused));
    let status = stdout(&place.run_as(0, &["writes", "status"]));
    assert!(status.contains("writes.json") && status.contains("another user"), "{status}");
    assert!(place.stage.emulator.secret("dev", "/app", "C").is_none());
}

/// Gives each file and folder to another user, or opens it, one at a time.
#[test]
fn every_file_and_every_folder_above_it_counts() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    assert_eq!(place.run_as(0, LIST).status.code(), Some(0), "{}", stderr(&place.run_as(0, LIST)));
    for name in ["etc/config.toml", "etc/read-secret", "etc/write-secret", "state", "etc", "."] {
        let path = place.stage.path(name);
        let before = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        give(&path, NOBODY);
        let owned = place.run_as(0, LIST);
        give(&path, 0);
        mode(&path, before | 0o020);
        let group = place.run_as(0, LIST);
        mode(&path, before | 0o002);
        let others = place.run_as(0, LIST);
        mode(&path, before);
        for (how, refused) in [("owner", owned), ("group", group), ("others", others)] {
            let said = stderr(&refused);
            assert_eq!(refused.status.code(), Some(2), "{name} {how}: {said}");
            assert!(said.contains(path.trim_end_matches("/.")), "{name} {how}: {said}");
            assert!(said.contains("chmod") || said.contains("chown"), "what to do: {name} {how}: {said}");
        }
    }
    assert_eq!(place.run_as(0, LIST).status.code(), Some(0));
}

#[test]
fn checks_every_folder_that_a_link_leads_through() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    let (secret, real) = (place.stage.path("etc/read-secret"), place.stage.path("elsewhere/read-secret"));
    fs::create_dir(place.stage.path("elsewhere")).unwrap();
    mode(place.stage.path("elsewhere"), 0o755);
    fs::rename(&secret, &real).unwrap();
    symlink("../elsewhere/read-secret", &secret).unwrap();
    assert_eq!(place.run_as(0, LIST).status.code(), Some(0), "{}", stderr(&place.run_as(0, LIST)));
    mode(place.stage.path("elsewhere"), 0o777);
    let refused = place.run_as(0, LIST);
    assert!(refused.status.code() == Some(2) && stderr(&refused).contains("/elsewhere"), "{}", stderr(&refused));
    mode(place.stage.path("elsewhere"), 0o755);
    std::os::unix::fs::lchown(&secret, Some(NOBODY), Some(NOBODY)).unwrap();
    let refused = place.run_as(0, LIST);
    assert!(refused.status.code() == Some(2) && stderr(&refused).contains(&secret), "{}", stderr(&refused));
}

#[test]
fn follows_no_link_in_the_state_directory() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    let outside = place.stage.path("outside");
    fs::create_dir(place.stage.path("state/audit")).unwrap();
    mode(place.stage.path("state/audit"), 0o700);
    for name in ["state/audit/lock", "state/budget-reveals"] {
        symlink(&outside, place.stage.path(name)).unwrap();
    }
    let refused = place.run_as(0, LIST);
    assert_eq!(refused.status.code(), Some(1), "{}", stdout(&refused));
    assert!(!Path::new(&outside).exists(), "nothing may be created at the link's target");
    let off = place.run_as(0, &["writes", "off"]);
    assert_eq!(off.status.code(), Some(0), "turning off should work anyway: {}", stderr(&off));
    assert!(stderr(&off).contains("isn't recorded") && !Path::new(&outside).exists(), "{}", stderr(&off));
}

#[test]
fn root_turns_changes_off_whoever_owns_the_files() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    place.stage.switch_on();
    place.serve(SKILL);
    let is_on = || stdout(&place.run_as(SKILL, &["writes", "status"])).contains("Changes are on");
    assert!(is_on(), "{}", stderr(&place.run_as(SKILL, &["writes", "status"])));
    assert_eq!(
        place.run_as(0, &["writes", "status"]).status.code(),
        Some(2),
        "for the rest, root runs it as that user"
    );
    give(&place.config, NOBODY);
    let off = place.run_as(0, &["writes", "off"]);
    assert!(stdout(&off).contains("Changes are off"), "{}", stderr(&off));
    give(&place.config, 0);
    assert!(!is_on());
    // The files that root wrote belong to the service, which continues. The switch's change is on
    // record.
    let listed = place.run_as(SKILL, LIST);
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    let shown = stdout(&place.run_as(SKILL, &["audit", "show"]));
    assert!(shown.contains("writes-off") || shown.contains("writes off"), "{shown}");
}

/// As Kubernetes mounts them: an `fsGroup` volume for the state, and a secret behind two links in a
/// read-only mount that everybody could otherwise write to.
#[test]
fn kubernetes_volumes_and_secrets_work_but_are_weaker() {
    if skips_without_root() {
        return;
    }
    let place = SetUp::new();
    let path = |name: &str| place.stage.path(name);
    let script = "set -e; mount -t tmpfs -o mode=2775,gid=54321 tmpfs \"$1/state\"; mount -t tmpfs -o mode=0777 tmpfs \"$1/secrets\"; \
         mkdir \"$1/secrets/..2026\"; cp \"$1/etc/read-secret\" \"$1/secrets/..2026/read-secret\"; chown 0:54321 \"$1/secrets/..2026/read-secret\"; \
         chmod 0440 \"$1/secrets/..2026/read-secret\"; ln -s ..2026 \"$1/secrets/..data\"; ln -s ${4:-..data/read-secret} \"$1/secrets/read-secret\"; \
         if [ \"$3\" = ro ]; then mount -o remount,ro \"$1/secrets\"; fi; \
         exec setpriv --reuid=54321 --regid=54321 --clear-groups \"$1/infisical-skill\" --config \"$1/etc/config.toml\" $2";
    fs::create_dir(path("secrets")).unwrap();
    let text = fs::read_to_string(&place.config).unwrap();
    let text = text
        .replace(&path("etc/read-secret"), &path("secrets/read-secret"))
        .replace(&path("state"), &path("state/own"));
    fs::write(&place.config, text.split("[write]").next().unwrap()).unwrap();
    let run = |arguments: &str, more: &[&str]| {
        let root = place.stage.folder.path().to_str().unwrap();
        Command::new("unshare").args(["-m", "sh", "-c", script, "sh", root, arguments]).args(more).output().unwrap()
    };
    let listed = run("secrets list --path /app --json", &["ro"]);
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    let doctor = run("doctor", &["ro"]);
    for weaker in ["fsGroup", "read-only"] {
        assert!(stdout(&doctor).contains(weaker), "{weaker}: {}", stdout(&doctor));
    }
    let writable = run("secrets list --path /app", &["rw"]);
    assert!(writable.status.code() == Some(2) && stderr(&writable).contains("/secrets"), "{}", stderr(&writable));
    fs::copy(path("etc/read-secret"), path("outside")).unwrap();
    chown(path("outside"), Some(0), Some(SKILL)).unwrap();
    let outside = run("secrets list --path /app", &["ro", &path("outside")]);
    assert!(outside.status.code() == Some(2) && stderr(&outside).contains("leaves"), "{}", stderr(&outside));
}
