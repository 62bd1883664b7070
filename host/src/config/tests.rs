use super::*;
use crate::changes::{Budgets, ChangeRules};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::switch::WritePolicy;
use std::collections::HashMap;

const READ: [(&str, &str); 3] = [
    ("INFISICAL_URL", "https://vault.example"),
    ("INFISICAL_READ_CLIENT_ID", "reader"),
    ("INFISICAL_READ_CLIENT_SECRET", "CANARY-read"),
];

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let environment = Environment::new(move |name: &str| variables.get(name).map(OsString::from));
    Config::merge(File::parse(file).map_err(ConfigError)?, &environment)
}

fn refusal(file: &str, variables: &[(&str, &str)]) -> String {
    match load(file, variables) {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    READ.iter().chain(more).copied().collect()
}

#[test]
fn the_environment_alone_is_enough() {
    assert!(load("", &READ).is_ok());
    assert!(load("", &[("INFISICAL_URL", "https://vault.example"), ("INFISICAL_READ_TOKEN", "t")]).is_ok());
}

#[test]
fn what_is_missing_is_named_with_what_to_set() {
    assert!(refusal("", &[]).contains("INFISICAL_URL"));
    assert!(refusal("", &[("INFISICAL_URL", "https://vault.example")]).contains("INFISICAL_READ_CLIENT_ID"));
    assert!(refusal("", &[READ[0], READ[1]]).contains("INFISICAL_READ_CLIENT_SECRET"));
    assert!(refusal("", &[READ[0], READ[2]]).contains("set INFISICAL_READ_CLIENT_ID"));
    assert!(refusal("", &and(&[("INFISICAL_WRITE_CLIENT_ID", "writer")])).contains("INFISICAL_WRITE_CLIENT_SECRET"));
    assert!(refusal("", &and(&[("INFISICAL_URL", "")])).contains("no server"), "empty is not set");
}

#[test]
fn what_contradicts_itself_is_refused() {
    assert!(refusal("", &and(&[("INFISICAL_READ_TOKEN", "t")])).contains("either"));
    assert!(refusal("", &and(&[("INFISICAL_READ_CLIENT_SECRET_FILE", "/x")])).contains("both set"));
    assert!(refusal("ca_file = \"/x\"\nnative_roots = true", &READ).contains("exclude each other"));
}

#[test]
fn the_same_client_id_for_reading_and_writing_is_refused() {
    let same = and(&[("INFISICAL_WRITE_CLIENT_ID", "reader"), ("INFISICAL_WRITE_CLIENT_SECRET", "x")]);
    let error = load("", &same).unwrap().into_builder().build().unwrap_err();
    assert!(error.to_string().contains("two machine identities"));
}

#[test]
fn plain_http_is_taken_for_loopback_unless_the_operator_insists() {
    let http = [("INFISICAL_URL", "http://vault.example"), READ[1], READ[2]];
    assert!(refusal("", &http).contains("allow_http"));
    assert!(load("allow_http = true", &http).is_ok());
    assert!(load("", &[("INFISICAL_URL", "http://127.0.0.1:8080"), READ[1], READ[2]]).is_ok());
}

#[test]
fn a_misspelt_setting_is_refused_and_so_is_a_secret_in_the_file() {
    assert!(refusal("reveel = true", &READ).contains("reveel"));
    assert!(refusal("[limits]\ndeadline = 5", &READ).contains("deadline"));
    assert!(refusal("[[scopes]]\nenvironment = [\"dev\"]", &READ).contains("line"));
    let secret = refusal("[read]\nclient_secret = \"CANARY\"", &READ);
    assert!(secret.contains("client_secret") && !secret.contains("CANARY"), "{secret}");
    let wrong_type = refusal("reveal = \"CANARY, x\"", &READ);
    assert!(wrong_type.contains("line 1") && !wrong_type.contains("CANARY"), "{wrong_type}");
}

#[test]
fn scopes_and_defaults_are_checked_when_they_are_read() {
    assert!(load("[[scopes]]\nproject = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\nenvironments = [\"dev\"]\npaths = [\"/app\"]", &READ).is_ok());
    assert!(load("scopes = []", &READ).is_ok());
    assert!(
        refusal("[[scopes]]\nproject = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\npaths = [\"app/\"]", &READ)
            .contains("scopes.paths")
    );
    assert!(refusal("[[scopes]]\nproject = \"my-project\"", &READ).contains("project's id"));
    assert!(refusal("path = \"/app/\"", &READ).contains("`path`"));
    assert!(refusal("", &and(&[("INFISICAL_PROJECT", "a b")])).contains("`project`"));
    assert!(refusal("", &and(&[("INFISICAL_ORG_ID", "a/b")])).contains("`organization`"));
}

#[test]
fn a_variable_that_carries_policy_is_not_left_out_by_accident() {
    let load = |value: &str| Config::load(None, |name| (name == "INFISICAL_SKILL_CONFIG").then(|| value.into()));
    assert!(load("").unwrap_err().to_string().contains("set to nothing"));
    assert!(load("/nonexistent").unwrap_err().to_string().contains("can't be read"));
}

#[cfg(unix)]
#[test]
fn what_is_not_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStringExt;
    let odd = || OsString::from_vec(b"/tmp/c\xff.toml".to_vec());
    let config = Config::load(None, |name| (name == "INFISICAL_SKILL_CONFIG").then(odd));
    assert!(config.unwrap_err().to_string().contains("can't be read"));
    let url = Config::load(None, |name| (name == "INFISICAL_URL").then(odd));
    assert!(url.unwrap_err().to_string().contains("INFISICAL_URL isn't UTF-8"));
}

#[test]
fn a_line_end_that_came_along_with_a_secret_is_pointed_out() {
    let token = [READ[0], ("INFISICAL_READ_TOKEN", "CANARY\r")];
    let reason = refusal("", &token);
    assert!(reason.contains("line ends") && !reason.contains("CANARY"), "{reason}");
}

#[test]
fn refuses_what_was_left_unfilled_and_names_the_setting() {
    let given = |name: &'static str, text: &'static str| {
        let rest = READ.into_iter().filter(move |(it, _)| *it != name);
        rest.chain([(name, text)]).collect::<Vec<_>>()
    };
    for (name, text) in [
        ("INFISICAL_READ_CLIENT_SECRET", "${CANARY_SECRET}"),
        ("INFISICAL_READ_CLIENT_SECRET", "INFISICAL_READ_CLIENT_SECRET=CANARY"),
        ("INFISICAL_READ_CLIENT_ID", "\"CANARY\""),
        ("INFISICAL_READ_CLIENT_ID", "<CANARY-client-id>"),
        ("INFISICAL_WRITE_CLIENT_ID", "$CANARY"),
        ("INFISICAL_WRITE_TOKEN", "\u{feff}CANARY"),
        ("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", "%CANARY%"),
        ("INFISICAL_TOKEN", "CAN ARY"),
    ] {
        let reason = refusal("", &given(name, text));
        assert!(reason.starts_with(name) && !reason.contains("CANARY"), "{reason}");
    }
    let reason = refusal("[read]\nclient_id = \"${CANARY}\"", &given("INFISICAL_READ_CLIENT_ID", ""));
    assert!(reason.contains("`client_id` of `[read]`") && !reason.contains("CANARY"), "{reason}");
}

#[cfg(unix)]
#[test]
fn refuses_a_secret_file_with_more_than_the_secret() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let shown = path.display().to_string();
    for text in ["'CANARY'\n", "\u{feff}CANARY\n", "client_secret=CANARY\n", "${CANARY}\n"] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let reason = refusal("", &[READ[0], READ[1], ("INFISICAL_READ_CLIENT_SECRET_FILE", &shown)]);
        assert!(
            reason.contains(&shown) && reason.contains("CLIENT_SECRET_FILE") && !reason.contains("CANARY"),
            "{reason}"
        );
        let file = format!("[read]\nclient_id = \"reader\"\nclient_secret_file = \"{shown}\"");
        let reason = refusal(&file, &READ[..1]);
        assert!(reason.contains(&shown) && !reason.contains("CANARY"), "{reason}");
    }
}

#[test]
fn no_secret_is_shown_by_debug() {
    assert!(!format!("{:?}", load("", &READ).unwrap()).contains("CANARY"));
}

#[cfg(unix)]
#[test]
fn a_configuration_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "url = \"https://vault.example\"\n[read]\nclient_id = \"reader\"").unwrap();
    let load = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Config::load(Some(&path), |name| (name == "INFISICAL_READ_CLIENT_SECRET").then(|| "s".into()))
    };
    assert!(load(0o644).is_ok());
    assert!(load(0o664).unwrap_err().to_string().contains("chmod go-w"));
}

#[test]
fn what_is_decided_about_changes_is_read_from_the_file() {
    let file = "writes = \"switch\"\nwrites_max = \"2h\"\napproval = \"all\"\nplan_lifetime = \"5m 30s\"\nmax_changes = 7\nacknowledge_above = 3\n\
                [budgets]\npending_plans = 2\nwrites_per_hour = 10\nreveals_per_hour = 1\n";
    let file = File::parse(file).unwrap();
    let rules = file.change_rules().unwrap();
    assert_eq!(rules.writes, WritePolicy::Switchable { max: Duration::from_secs(7_200) });
    assert_eq!((rules.approval, rules.plan_lifetime), (ApprovalPolicy::All, Duration::from_secs(330)));
    assert_eq!((rules.max_changes, rules.acknowledge_above), (7, 3));
    let budgets = file.budgets();
    assert_eq!((budgets.pending_plans, budgets.writes_per_hour, budgets.reveals_per_hour), (2, 10, 1));

    let usual = File::parse("").unwrap();
    assert_eq!(usual.change_rules(), Ok(ChangeRules::default()));
    assert_eq!(usual.budgets(), Budgets::default());
    let never = File::parse("writes = \"never\"\nwrites_max = \"2h\"").unwrap();
    assert_eq!(never.write_policy(), Ok(WritePolicy::Never));
}

#[test]
fn a_decision_about_changes_that_nobody_can_mean_is_refused_and_not_quoted() {
    for (file, says) in [
        ("writes = \"on\"", "line 1: `writes` must be \"switch\" or \"never\""),
        ("\napproval = \"CANARY\"", "line 2: `approval` must be"),
        ("approval = true", "line 1: invalid type, expected a string"),
        ("writes_max = \"CANARY\"", "\"15m\""),
        ("writes_max = \"0s\"", "at most a day"),
        ("writes_max = \"25h\"", "at most a day"),
        ("writes_max = 15", "line 1"),
        ("plan_lifetime = \"99999999999999999999y\"", "\"15m\""),
        ("[budgets]\nwrites = 5", "`writes`"),
        ("max_changes = -1", "line 1"),
        ("[[reveal_scopes]]\nproject = \"my-project\"", "`reveal_scopes.project`"),
        (
            "[[reveal_scopes]]\nproject = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\npaths = [\"x\"]",
            "`reveal_scopes.paths`",
        ),
    ] {
        let refusal = refusal(file, &READ);
        assert!(refusal.contains(says) && !refusal.contains("CANARY"), "{file}: {refusal}");
    }
    for file in ["plan_lifetime = \"0s\"", "plan_lifetime = \"2days\"", "max_changes = 0", "max_changes = 51"] {
        let built = load(file, &READ).unwrap().into_builder().build();
        assert!(matches!(built, Err(crate::BuildError::Limits(_))), "{file}");
    }
}

#[test]
fn where_values_may_be_shown_is_read_as_where_may_be_looked() {
    let folder = tempfile::tempdir().unwrap();
    let scope = "project = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\nenvironments = [\"dev\"]\n";
    let skill = load(&format!("reveal = true\nstate_dir = {:?}\n[[reveal_scopes]]\n{scope}", folder.path()), &READ)
        .unwrap()
        .into_builder()
        .build()
        .unwrap();
    let status = skill.status();
    assert_eq!(status.scopes, None);
    assert_eq!(status.reveal.scopes.unwrap()[0].environments, ["dev"]);
}

#[test]
fn the_official_servers_variables_are_those_of_the_identity_that_reads() {
    let official = [
        ("INFISICAL_HOST_URL", "https://official.example"),
        ("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "id"),
        ("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", "s"),
    ];
    let loaded = format!("{:?}", load("", &official).unwrap());
    assert!(loaded.contains("official.example") && loaded.contains("read: UniversalAuth(\"id\")"), "{loaded}");
    assert!(loaded.contains("write: None"), "it never writes: {loaded}");
    let token = [official[0], ("INFISICAL_TOKEN", "t")];
    assert!(format!("{:?}", load("", &token).unwrap()).contains("read: AccessToken"));
    // Ours win, where both are there.
    let both = [official.as_slice(), &READ].concat();
    let loaded = format!("{:?}", load("", &both).unwrap());
    assert!(!loaded.contains("read: UniversalAuth(\"id\")") && !loaded.contains("official.example"), "{loaded}");
    // Nor do they go past what the file says.
    let file = "url = \"https://file.example\"\n[read]\nclient_id = \"file\"\ntoken_file = \"/nonexistent\"\n";
    assert!(refusal(file, &official).contains("/nonexistent"), "the file's identity is the one that is meant");
    assert!(format!("{:?}", load("", &official[1..]).unwrap()).contains("app.infisical.com"));
    assert!(load("", &official[..2]).unwrap_err().to_string().contains("belong together"));
}
