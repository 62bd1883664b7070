//! Tests the doctor's verdicts about identities: sound ones, unsound ones, and those that it can't
//! determine.

use super::json;
use super::stage::{Stage, stages};
use infisical_emulator::{
    ApiVersion, Credentials, Emulator, IdentitySeed, MinimalIdentities, OrgRole, PermissionSeed, PrivilegeSeed,
    ProjectSeed, Role, Seed,
};
use serde_json::Value;
use std::process::Output;

pub(super) fn doctor(stage: &Stage, arguments: &[&str]) -> (Option<i32>, Value) {
    let output: Output = stage.run(&[&["doctor", "--json"], arguments].concat());
    (output.status.code(), json(&output))
}

/// Runs the doctor with other identities than the stage's, and with these further variables.
fn doctor_of(
    stage: &Stage,
    reader: &Credentials,
    writer: Option<&Credentials>,
    more: &[(&str, &str)],
    arguments: &[&str],
) -> (Option<i32>, Value) {
    let (origin, project, org, state) =
        (stage.emulator.origin(), stage.emulator.project_id(), stage.emulator.org_id(), stage.path("state"));
    let mut variables = vec![
        ("INFISICAL_URL", origin.as_str()),
        ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
        ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
        ("INFISICAL_PROJECT", &project),
        ("INFISICAL_ENV", "dev"),
        ("INFISICAL_ORG_ID", &org),
        ("INFISICAL_SKILL_STATE_DIR", &state),
    ];
    if let Some(writer) = writer {
        variables.push(("INFISICAL_WRITE_CLIENT_ID", &writer.client_id));
        variables.push(("INFISICAL_WRITE_CLIENT_SECRET", &writer.client_secret));
    }
    variables.extend_from_slice(more);
    let output = super::command(&variables).args(["doctor", "--json"]).args(arguments).output().unwrap();
    let found = json(&output);
    for secret in [Some(reader), writer].into_iter().flatten().map(|it| &it.client_secret) {
        assert!(!found.to_string().contains(secret.as_str()), "{found}");
    }
    assert!(!found.to_string().contains("canary"), "{found}");
    (output.status.code(), found)
}

/// The verdicts of all checks with this name.
pub(super) fn verdicts(found: &Value, name: &str) -> Vec<String> {
    let checks = found["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["name"] == name).map(|check| check["verdict"].as_str().unwrap().to_owned()).collect()
}

/// Whether a check with this name contains this text.
pub(super) fn says(found: &Value, name: &str, text: &str) -> bool {
    let mut checks = found["checks"].as_array().unwrap().iter().filter(|check| check["name"] == name);
    checks.any(|check| check["found"].as_str().unwrap().contains(text))
}

/// Lets the identity read the permissions of identities.
fn with_permission_reads(identity: IdentitySeed) -> IdentitySeed {
    identity.privilege(PrivilegeSeed::new("look").permission(PermissionSeed::grant("identity", &["read"])))
}

/// The checks that are good in every set-up here.
const COMMON_CHECKS: [&str; 9] = [
    "configuration",
    "state directory",
    "audit trail",
    "component",
    "kill switch",
    "server",
    "read login",
    "API version",
    "clock",
];

#[test]
fn passes_the_recommended_identities() {
    let stage = Stage::new(ApiVersion::V4);
    stage.emulator.put_folder("dev", "/app");
    let MinimalIdentities { reader, writer, .. } = stage.emulator.add_minimal_identities("dev", "/app/**");
    let project = stage.emulator.project_id();
    let head = format!("url = \"{}\"\nstate_dir = \"{}\"\n", stage.origin, stage.path("state"));
    let scopes = format!("[[scopes]]\nproject = \"{project}\"\n");
    let config = stage.file("config.toml", format!("{head}credentials = \"environment\"\npath = \"/app\"\n{scopes}"));
    let more = [("INFISICAL_SKILL_CONFIG", config.as_str())];
    private(&config);
    let (status, found) = doctor_of(&stage, &reader, Some(&writer), &more, &["--probe"]);
    assert_eq!((status, &found["sound"], &found["outcome"]), (Some(0), &true.into(), &"sound".into()), "{found}");
    let more_checks = [
        "write login",
        "two identities",
        "organization role of read",
        "organization role of write",
        "projects",
        "read rights, tried",
        "values, tried",
    ];
    for name in COMMON_CHECKS.into_iter().chain(more_checks) {
        assert_eq!(verdicts(&found, name), ["good"], "{name}: {found}");
    }
    for name in ["read rights", "values", "write rights"] {
        let verdicts = verdicts(&found, name);
        assert!(!verdicts.is_empty() && verdicts.iter().all(|verdict| verdict == "good"), "{name}: {found}");
    }
    assert!(says(&found, "values", "neither identity can read a value in"), "{found}");
    assert!(says(&found, "write rights", "where environment is dev and secretPath matches /app/**"), "{found}");
    // It tried one delete with the read identity, of a folder that can't exist, in the place where
    // the write identity works.
    let tried = stage.changes_sent();
    assert_eq!(tried.len(), 1, "{tried:?}");
    assert_eq!(
        (tried[0].method.as_str(), tried[0].status, tried[0].identity.as_deref()),
        ("DELETE", Some(403), Some("skill-reader"))
    );
    assert!(tried[0].path_and_query.starts_with("/api/v2/folders/"), "{tried:?}");
    assert_eq!(tried[0].body.as_ref().unwrap()["path"], "/app");
    // By default the doctor tries nothing, and the write identity only asks about itself.
    stage.emulator.clear_log();
    assert_eq!(doctor_of(&stage, &reader, Some(&writer), &more, &[]).0, Some(0));
    assert!(stage.changes_sent().is_empty());
    for exchange in stage.emulator.log() {
        assert!(!exchange.path_and_query.contains("viewSecretValue=true"), "{exchange:?}");
        let is_about_itself = exchange.method == "GET" && exchange.path_and_query.contains(&writer.identity_id);
        assert!(exchange.identity.as_deref() != Some("skill-writer") || is_about_itself, "{exchange:?}");
    }
}

/// The doctor checks the reveal identity, too, and what the read identity could do without it.
#[test]
fn grades_the_reveal_identity() {
    let stage = Stage::new(ApiVersion::V4);
    stage.emulator.put_folder("dev", "/app");
    let MinimalIdentities { reader, writer, reveal } = stage.emulator.add_minimal_identities("dev", "/app/**");
    let project = stage.emulator.project_id();
    let head =
        format!("url = \"{}\"\nstate_dir = \"{}\"\ncredentials = \"environment\"\n", stage.origin, stage.path("state"));
    let scopes = format!("[[scopes]]\nproject = \"{project}\"\n");
    let places = |path: &str| {
        format!("[[reveal_scopes]]\nproject = \"{project}\"\nenvironments = [\"dev\"]\npaths = [\"{path}\"]\n")
    };
    let run = |settings: &str, identity: &Credentials| {
        let text = format!("{head}path = \"/app\"\nreveals = \"switch\"\n{settings}");
        let config = stage.private("config.toml", text);
        let more = [
            ("INFISICAL_SKILL_CONFIG", config.as_str()),
            ("INFISICAL_REVEAL_CLIENT_ID", identity.client_id.as_str()),
            ("INFISICAL_REVEAL_CLIENT_SECRET", identity.client_secret.as_str()),
        ];
        doctor_of(&stage, &reader, Some(&writer), &more, &["--probe"])
    };
    let (status, found) = run(&format!("{scopes}{}", places("/app")), &reveal);
    assert_eq!(status, Some(0), "{found}");
    for name in ["reveal login", "reveal switch", "organization role of reveal", "reveal rights", "values"] {
        assert_eq!(verdicts(&found, name), ["good"], "{name}: {found}");
    }
    assert_eq!(verdicts(&found, "reveal identity differs"), ["good", "good"]);
    assert!(says(&found, "reveal rights", "where environment is dev and secretPath matches /app/**"), "{found}");
    assert!(says(&found, "values", "neither the read nor the write identity can read a value"), "{found}");
    // It reads no secrets, and only asks about itself.
    for exchange in stage.emulator.log() {
        let is_about_itself = exchange.method == "GET" && exchange.path_and_query.contains(&reveal.identity_id);
        assert!(exchange.identity.as_deref() != Some("skill-reveal") || is_about_itself, "{exchange:?}");
    }
    let (_, narrow) = run(&format!("{scopes}{}", places("/billing")), &reveal);
    assert_eq!(verdicts(&narrow, "reveal rights"), ["warning"]);
    assert!(says(&narrow, "reveal rights", "dev:/billing is in `reveal_scopes` and isn't part of that"), "{narrow}");
    // One identity may read everything, another may write.
    let all = stage.emulator.add_identity(&IdentitySeed::new("all").role(Role::Viewer));
    let looks =
        PrivilegeSeed::reading_identities("look-more", &[&all.identity_id, &stage.emulator.writer().identity_id]);
    stage.emulator.give_privilege(&reader.identity_id, &looks);
    let (_, wide) = run(&format!("{scopes}{}", places("/app")), &all);
    assert!(says(&wide, "reveal rights", "the reveal identity"), "{wide}");
    assert_ne!(verdicts(&wide, "reveal rights"), ["good"], "{wide}");
    let (status, writes) = run(&format!("{scopes}{}", places("/app")), &stage.emulator.writer());
    assert_eq!((status, verdicts(&writes, "reveal rights")), (Some(1), vec!["bad".to_owned()]), "{writes}");
    // The read identity may read values although a reveal identity exists.
    let strong = PrivilegeSeed::new("values").permission(PermissionSeed::grant("secrets", &["readValue"]));
    stage.emulator.give_privilege(&reader.identity_id, &strong);
    let (_, strong) = run(&format!("{scopes}{}", places("/app")), &reveal);
    assert_eq!(verdicts(&strong, "values"), ["warning"]);
    assert!(says(&strong, "values", "the read identity can read every value in"), "{strong}");
    assert!(says(&strong, "values", "although there is a reveal identity"), "{strong}");
}

/// If the read identity reveals, or nothing does, the doctor says what that means.
#[test]
fn reports_who_reveals_without_a_reveal_identity() {
    let stage = Stage::new(ApiVersion::V3);
    let (head, places) = stage.revealing();
    for (settings, says_so) in [
        (format!("{head}{places}"), "the read identity reveals values (`reveal_with = \"read\"`)"),
        (format!("reveals = \"switch\"\n{places}"), "each reveal is refused"),
    ] {
        stage.configure(&settings);
        let found = json(&stage.run(&["doctor", "--json"]));
        assert_eq!(verdicts(&found, "reveal identity"), ["warning"], "{found}");
        assert!(says(&found, "reveal identity", says_so), "{found}");
    }
}

fn private(path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Reader, writer, exit status, and for some checks their name, verdict and text.
type Case = (IdentitySeed, Option<IdentitySeed>, i32, &'static [(&'static str, &'static str, &'static str)]);

#[test]
fn grades_identities_by_their_permissions() {
    let viewer = || IdentitySeed::new("viewer-2").role(Role::Viewer);
    let describer = || with_permission_reads(IdentitySeed::describer("describer"));
    let member = || IdentitySeed::new("member-2").role(Role::Member);
    let cases: Vec<Case> = vec![
        (
            viewer(),
            Some(member()),
            0,
            &[
                ("read rights", "warning", "only reads"),
                ("values", "warning", "the read identity can read every value"),
                ("write rights", "warning", "may delete identities' additional privileges"),
                ("read rights, tried", "good", "refuses"),
            ],
        ),
        (
            member(),
            None,
            1,
            &[("read rights", "bad", "role member"), ("read rights, tried", "bad", "may delete folders")],
        ),
        (
            IdentitySeed::new("chief-2").role(Role::Admin),
            None,
            1,
            &[("read rights", "bad", "role admin"), ("organization role of read", "bad", "administrator")],
        ),
        (
            with_permission_reads(IdentitySeed::new("nobody").role(Role::NoAccess)),
            None,
            1,
            &[("read rights", "bad", "may see no secret")],
        ),
        (
            IdentitySeed::viewer_without_values("minus"),
            Some(member()),
            1,
            &[
                ("values", "warning", "the read identity can't read a value"),
                ("values, tried", "good", "refuses"),
                ("write rights", "bad", "could lift the read identity's limit"),
            ],
        ),
        (
            IdentitySeed::viewer_without_values("minus"),
            Some(IdentitySeed::tied_writer("tied")),
            0,
            &[
                ("values", "good", "neither identity can read a value"),
                ("write rights", "warning", "could not lift the read identity's limit"),
            ],
        ),
        (
            describer(),
            Some(IdentitySeed::blind_writer("blind")),
            0,
            &[
                ("read rights", "good", "only reads"),
                ("values", "good", "neither identity can read a value"),
                ("write rights", "good", "everywhere"),
            ],
        ),
        (
            IdentitySeed::writing_viewer("hidden-writer"),
            None,
            1,
            &[("read rights", "bad", "create, delete, edit on secrets (additional privilege hidden-writer)")],
        ),
        (
            describer().in_organization(OrgRole::Admin),
            None,
            1,
            &[
                ("read rights", "good", "only reads"),
                ("organization role of read", "bad", "administrator of the organization"),
            ],
        ),
        (
            describer().in_organization(OrgRole::Member),
            None,
            0,
            &[("organization role of read", "warning", "role member in the organization")],
        ),
        (
            describer(),
            Some(IdentitySeed::new("chief-3").role(Role::Admin).in_organization(OrgRole::NoAccess)),
            1,
            &[("write rights", "bad", "any right"), ("organization role of write", "good", "")],
        ),
        // An identity that may not read permissions: only what the doctor tries is known.
        (
            IdentitySeed::describer("shy"),
            Some(IdentitySeed::blind_writer("blind")),
            3,
            &[
                ("read rights", "unknown", "isn't allowed to read identities"),
                ("write rights", "unknown", "isn't allowed to read identities"),
                ("read rights, tried", "good", "refuses"),
                ("values, tried", "good", "refuses"),
            ],
        ),
    ];
    for (reader, writer, expected, checks) in cases {
        let stage = Stage::new(ApiVersion::V4);
        let name = format!("{reader:?} {writer:?}");
        let (reader, writer) =
            (stage.emulator.add_identity(&reader), writer.map(|writer| stage.emulator.add_identity(&writer)));
        let (status, found) = doctor_of(&stage, &reader, writer.as_ref(), &[], &["--probe"]);
        assert_eq!(status, Some(expected), "{name}: {found}");
        let outcome = ["sound", "not-sound", "", "unknown"][usize::try_from(expected).unwrap()];
        assert_eq!((&found["outcome"], found["sound"].as_bool()), (&outcome.into(), Some(expected == 0)), "{found}");
        for (check, verdict, text) in checks {
            assert!(verdicts(&found, check).iter().all(|it| it == verdict), "{name}: {check} {verdict}: {found}");
            assert!(says(&found, check, text), "{name}: {check} {text}: {found}");
        }
        for check in found["checks"].as_array().unwrap() {
            let needs_remedy = matches!(check["verdict"].as_str(), Some("bad" | "warning" | "unknown"));
            assert_eq!(check["remedy"].is_string(), needs_remedy, "{check}");
        }
    }
}

#[test]
fn drops_and_reports_a_value_that_arrives() {
    // The identity may read values, but can't read its own rules.
    let stage = Stage::new(ApiVersion::V4);
    let privilege = PermissionSeed::grant("secrets", &["describeSecret", "readValue"]);
    let seed = IdentitySeed::new("sly").role(Role::NoAccess).privilege(PrivilegeSeed::new("sly").permission(privilege));
    let reader = stage.emulator.add_identity(&seed);
    let (status, found) = doctor_of(&stage, &reader, None, &[], &["--probe"]);
    assert_eq!((status, verdicts(&found, "values, tried")), (Some(3), vec!["warning".to_owned()]), "{found}");
    assert!(says(&found, "values, tried", "dropped unread"), "{found}");
    let trail = stage.run(&["audit", "show", "--json"]);
    assert!(super::stdout(&trail).contains("get the value of a secret"), "{}", super::stdout(&trail));
}

#[test]
fn older_server_never_proves_a_set_up_sound() {
    let stage = Stage::new(ApiVersion::V3);
    let add = |name: &str, role| stage.emulator.add_identity(&IdentitySeed::new(name).role(role));
    let [viewer, member, admin, nobody] = [
        add("viewer-2", Role::Viewer),
        add("member-2", Role::Member),
        add("admin-2", Role::Admin),
        add("nobody-2", Role::NoAccess),
    ];
    for (reader, writer, expected, read, write, tried) in [
        (&viewer, &member, 3, "unknown", "unknown", "good"),
        (&viewer, &admin, 1, "unknown", "bad", "good"),
        (&member, &viewer, 1, "bad", "unknown", "bad"),
        (&nobody, &member, 3, "unknown", "unknown", "good"),
    ] {
        stage.emulator.clear_log();
        let (status, found) = doctor_of(&stage, reader, Some(writer), &[], &["--probe"]);
        assert_eq!((status, found["sound"].as_bool()), (Some(expected), Some(false)), "{found}");
        for (name, verdict) in [("read rights", read), ("write rights", write), ("read rights, tried", tried)] {
            assert!(verdicts(&found, name).iter().all(|it| it == verdict), "{name} {verdict}: {found}");
        }
        assert!(verdicts(&found, "values, tried").is_empty(), "no value is asked for: {found}");
        let sent = stage.changes_sent();
        assert!(sent.len() == 1 && sent[0].path_and_query.starts_with("/api/v1/folders/"), "{sent:?}");
    }
}

#[test]
fn warns_of_a_default_place_that_the_rules_hide() {
    let stage = Stage::new(ApiVersion::V4);
    let prod = PermissionSeed::grant("secrets", &["describeSecret"]).in_environment("prod");
    let seed = IdentitySeed::new("elsewhere").role(Role::NoAccess).privilege(PrivilegeSeed::new("p").permission(prod));
    let reader = stage.emulator.add_identity(&with_permission_reads(seed));
    let (status, found) = doctor_of(&stage, &reader, None, &[], &[]);
    assert_eq!(status, Some(0), "{found}");
    assert!(
        says(&found, "read rights", "where environment is prod") && says(&found, "read rights", "an empty list"),
        "{found}"
    );
    assert!(says(&found, "read rights", "The default place dev:/ isn't part of that"), "{found}");
}

#[test]
fn reports_unchecked_projects_as_unknown() {
    let projects = (0..11).map(|number| format!("more-{number}"));
    let seed = projects.fold(Seed::demo(), |seed, slug| seed.project(ProjectSeed::new(&slug, &slug)));
    let stage = Stage::on(Emulator::builder().seed(seed).start_now().unwrap());
    let (status, found) = doctor(&stage, &["--probe"]);
    assert_eq!((status, verdicts(&found, "projects")), (Some(3), vec!["unknown".to_owned()]), "{found}");
    assert!(says(&found, "projects", "its permissions are checked in 10 of them"), "{found}");
    // The default project is among the checked ones, and the doctor tries its requests there.
    assert!(says(&found, "read rights", "in agent-vault") && says(&found, "read rights, tried", "in agent-vault"));
}

#[test]
fn warns_of_a_client_secret_that_ends() {
    // Only an identity with far too many rights can see this about itself.
    let stage = Stage::new(ApiVersion::V4);
    let reader = stage.emulator.add_identity(&IdentitySeed::new("few").role(Role::Admin).client_secret_uses_limit(9));
    let (_, found) = doctor_of(&stage, &reader, None, &[], &[]);
    assert_eq!(verdicts(&found, "read login"), ["warning"], "{found}");
    assert!(says(&found, "read login", "it has 8 of 9 uses left"), "{found}");
    let (reader, more) = (stage.emulator.reader(), []);
    let (_, found) = doctor_of(&stage, &reader, None, &more, &[]);
    assert!(says(&found, "read login", "isn't shown to it; each command uses it once"), "{found}");
}

#[test]
fn one_identity_with_two_secrets_is_one_identity() {
    for stage in stages() {
        // Two tokens of one identity: only the server knows that they belong together.
        let token = stage.log_in();
        let (status, found) =
            doctor_of(&stage, &stage.emulator.reader(), None, &[("INFISICAL_WRITE_TOKEN", &token)], &[]);
        assert_eq!(verdicts(&found, "two identities"), ["bad"]);
        assert_eq!(status, Some(1));
    }
}
