use super::*;
use crate::model::change_rules::{Budgets, ChangeRules};
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::switch::SwitchPolicy;
use std::collections::HashMap;

const READ: [(&str, &str); 3] = [
    ("INFISICAL_URL", "https://vault.example"),
    ("INFISICAL_READ_CLIENT_ID", "reader"),
    ("INFISICAL_READ_CLIENT_SECRET", "CANARY-read"),
];

/// Loads a file, if `file` isn't empty. The required settings are added unless the test sets them,
/// and credentials come from the environment.
fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut parsed = File::parse(file).map_err(ConfigError)?;
    if !file.is_empty() {
        let url = variables.iter().find(|(name, _)| *name == "INFISICAL_URL").map(|(_, url)| (*url).to_owned());
        parsed.url = parsed.url.or(url);
        parsed.credentials = rules::Credentials::Environment;
    }
    merge(parsed, (!file.is_empty()).then_some(Path::new("/operator.toml")), variables)
}

fn merge(file: File, at: Option<&Path>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let environment = Environment::new(move |name: &str| variables.get(name).map(OsString::from));
    Config::merge(file, &Settings { environment: &environment, at })
}

/// Loads a file without additions.
fn load_as_is(file: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    merge(File::parse(file)?, Some(Path::new("/operator.toml")), variables).map_err(|error| error.to_string())
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
fn refuses_contradictory_settings() {
    assert!(refusal("", &and(&[("INFISICAL_READ_TOKEN", "t")])).contains("either"));
    assert!(refusal("", &and(&[("INFISICAL_READ_CLIENT_SECRET_FILE", "/x")])).contains("both set"));
    assert!(refusal("ca_file = \"/x\"\nnative_roots = true", &READ).contains("can't be combined"));
}

#[test]
fn the_same_client_id_for_reading_and_writing_is_refused() {
    let same = and(&[("INFISICAL_WRITE_CLIENT_ID", "reader"), ("INFISICAL_WRITE_CLIENT_SECRET", "x")]);
    let error = load("", &same).unwrap().into_builder().build().unwrap_err();
    assert!(error.to_string().contains("a separate machine identity in Infisical for each"));
}

#[test]
fn plain_http_needs_loopback_or_the_operators_setting() {
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
    let wrong_type = refusal("allow_http = \"CANARY, x\"", &READ);
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
    let load =
        |value: &str| Config::load_beside(None, None, |name| (name == "INFISICAL_SKILL_CONFIG").then(|| value.into()));
    assert!(load("").unwrap_err().to_string().contains("is empty"));
    assert!(load("/nonexistent").unwrap_err().to_string().contains("can't be read"));
}

#[cfg(unix)]
#[test]
fn what_is_not_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStringExt;
    let odd = || OsString::from_vec(b"/tmp/c\xff.toml".to_vec());
    let config = Config::load_beside(None, None, |name| (name == "INFISICAL_SKILL_CONFIG").then(odd));
    assert!(config.unwrap_err().to_string().contains("can't be read"));
    let url = Config::load_beside(None, None, |name| (name == "INFISICAL_URL").then(odd));
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
    let state = folder.path().join("state").display().to_string();
    let text = format!(
        "url = \"https://vault.example\"\nstate_dir = {state:?}\ncredentials = \"environment\"\n[read]\nclient_id = \"reader\""
    );
    std::fs::write(&path, text).unwrap();
    let load = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Config::load_beside(None, Some(&path), |name| (name == "INFISICAL_READ_CLIENT_SECRET").then(|| "s".into()))
    };
    assert!(load(0o644).is_ok());
    assert!(load(0o664).unwrap_err().to_string().contains("chmod go-w"));
}

#[test]
fn reads_the_rules_for_changes_from_the_file() {
    let file = "writes = \"switch\"\nwrites_max = \"2h\"\napproval = \"all\"\nplan_lifetime = \"5m 30s\"\nmax_changes = 7\nacknowledge_above = 3\n\
                [budgets]\npending_plans = 2\nwrites_per_hour = 10\nreveals_per_hour = 1\n";
    let file = File::parse(file).unwrap();
    let rules = file.change_rules().unwrap();
    assert_eq!(rules.writes, SwitchPolicy::Switchable { max: Duration::from_secs(7_200) });
    assert_eq!((rules.approval, rules.plan_lifetime), (ApprovalPolicy::All, Duration::from_secs(330)));
    assert_eq!((rules.max_changes, rules.acknowledge_above), (7, 3));
    let budgets = file.budgets();
    assert_eq!((budgets.pending_plans, budgets.writes_per_hour, budgets.reveals_per_hour), (2, 10, 1));

    let usual = File::parse("").unwrap();
    assert_eq!(usual.change_rules(), Ok(ChangeRules::default()));
    assert_eq!(usual.budgets(), Budgets::default());
    let never = File::parse("writes = \"never\"\nwrites_max = \"2h\"").unwrap();
    assert_eq!(never.write_policy(), Ok(SwitchPolicy::Never));
}

#[test]
fn refuses_invalid_change_settings_without_quoting_them() {
    for (file, says) in [
        ("writes = \"on\"", "line 1: `writes` must be \"switch\" or \"never\""),
        ("\napproval = \"CANARY\"", "line 2: `approval` must be"),
        ("approval = true", "line 1: invalid type, expected a string"),
        ("writes_max = \"CANARY\"", "\"15m\""),
        ("writes_max = \"0s\"", "at most 1d"),
        ("writes_max = \"25h\"", "at most 1d"),
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
fn reads_reveal_scopes_like_scopes() {
    let folder = tempfile::tempdir().unwrap();
    let scope = "project = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\nenvironments = [\"dev\"]\n";
    let skill = load(&format!("reveals = \"switch\"\n[[reveal_scopes]]\n{scope}"), &READ)
        .unwrap()
        .into_builder()
        .state_dir(folder.path().to_owned())
        .build()
        .unwrap();
    let status = skill.status();
    assert_eq!(status.scopes, None);
    assert_eq!(status.reveal.scopes.unwrap()[0].environments, ["dev"]);
}

#[test]
fn names_the_settings_that_replaced_the_former_reveal() {
    for old in ["reveal = true", "reveal = false"] {
        let refused = refusal(old, &READ);
        assert!(refused.contains("`reveals = \"switch\"`") && refused.contains("line 1"), "{refused}");
    }
    let text = refusal("reveal = \"CANARY, x\"", &READ);
    assert!(text.contains("a table with the reveal identity") && !text.contains("CANARY"), "{text}");
}

#[test]
fn reveals_need_valid_scopes_and_settings() {
    let everywhere = refusal("reveals = \"switch\"", &READ);
    assert!(everywhere.contains("needs `[[reveal_scopes]]`"), "{everywhere}");
    let scope = "[[reveal_scopes]]\nproject = \"9cefc4fb-34fd-432a-806c-8efb3307c759\"\n";
    for (settings, taken) in [
        ("reveals = \"switch\"\nreveals_max = \"10m\"", "taken"),
        ("reveals = \"switch\"\nreveals_max = \"2days\"", "`reveals_max` must be"),
        ("reveals = \"always\"", "`reveals` must be \"switch\" or \"never\""),
        ("reveal_approval = \"person\"", "taken"),
        ("reveal_approval = \"all\"", "`reveal_approval` must be \"none\" or \"person\""),
        ("reveal_with = \"read\"", "taken"),
        ("reveal_with = \"write\"", "`reveal_with` must be \"reveal\" or \"read\""),
    ] {
        let refused = refusal(&format!("{settings}\n{scope}"), &READ);
        assert!(refused.contains(taken), "{settings}: {refused}");
    }
    assert_eq!(refusal("reveals = \"never\"", &READ), "taken", "where there is nothing to show, no place is needed");
}

#[test]
fn the_reveal_identity_is_set_as_the_others_are() {
    let reveal = [("INFISICAL_REVEAL_CLIENT_ID", "the-revealer"), ("INFISICAL_REVEAL_CLIENT_SECRET", "s")];
    let loaded = format!("{:?}", load("", &and(&reveal)).unwrap());
    assert!(loaded.contains("reveal_identity: Some(UniversalAuth(\"the-revealer\"))"), "{loaded}");
    let in_file = load_as_is(
        "url = \"https://a.example\"\n[read]\nclient_id = \"r\"\n[reveal]\nclient_id = \"the-revealer\"",
        &[("INFISICAL_REVEAL_CLIENT_ID", "another")],
    )
    .unwrap_err();
    assert!(in_file.contains("INFISICAL_REVEAL_CLIENT_ID") && in_file.contains("`reveal.client_id`"), "{in_file}");
    let unknown = load_as_is("url = \"https://a.example\"", &[("INFISICAL_REVEAL_TOKEN", "t")]).unwrap_err();
    assert!(unknown.contains("INFISICAL_REVEAL_TOKEN") && unknown.contains("`reveal.token_file`"), "{unknown}");
    let half = refusal("", &and(&reveal[..1]));
    assert!(half.contains("REVEAL identity has a client id but no client secret"), "{half}");
    assert!(refusal("[reveal]\nclient_secret = \"CANARY\"", &READ).contains("client_secret"));
}

#[test]
fn no_two_of_the_three_identities_may_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let ids = |read: &'static str, reveal: &'static str, write: &'static str| {
        let variables = [
            ("INFISICAL_URL", "https://a.example"),
            ("INFISICAL_READ_CLIENT_ID", read),
            ("INFISICAL_READ_CLIENT_SECRET", "s"),
            ("INFISICAL_REVEAL_CLIENT_ID", reveal),
            ("INFISICAL_REVEAL_CLIENT_SECRET", "s"),
            ("INFISICAL_WRITE_CLIENT_ID", write),
            ("INFISICAL_WRITE_CLIENT_SECRET", "s"),
        ];
        let built = load("", &variables).unwrap().into_builder().state_dir(folder.path().to_owned()).build();
        built.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(ids("a", "b", "c"), Ok(()));
    for (read, reveal, write, which) in [
        ("a", "b", "a", "the read and the write identity are the same"),
        ("a", "a", "c", "the read and the reveal identity are the same"),
        ("a", "b", "b", "the reveal and the write identity are the same"),
    ] {
        let refused = ids(read, reveal, write).unwrap_err();
        assert!(refused.contains(which), "{refused}");
    }
}

#[test]
fn an_identity_to_reveal_excludes_the_read_identity_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let reveal = [("INFISICAL_REVEAL_CLIENT_ID", "b"), ("INFISICAL_REVEAL_CLIENT_SECRET", "s")];
    let build = |variables: &[(&str, &str)]| {
        let builder = load("reveal_with = \"read\"", variables).unwrap().into_builder();
        builder.state_dir(folder.path().to_owned()).build()
    };
    assert!(build(&READ).is_ok());
    assert!(matches!(build(&and(&reveal)), Err(crate::BuildError::TwoToReveal)));
}

#[test]
fn official_variables_configure_the_read_identity() {
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
    // Our own variables take precedence over the official ones.
    let both = [official.as_slice(), &READ].concat();
    let loaded = format!("{:?}", load("", &both).unwrap());
    assert!(!loaded.contains("read: UniversalAuth(\"id\")") && !loaded.contains("official.example"), "{loaded}");
    // With a file, the official variables are ignored.
    let file = "url = \"https://file.example\"\ncredentials = \"environment\"\n";
    let refused = load_as_is(file, &official).unwrap_err();
    assert!(refused.contains("no read identity"), "{refused}");
    assert!(format!("{:?}", load("", &official[1..]).unwrap()).contains("app.infisical.com"));
    assert!(load("", &official[..2]).unwrap_err().to_string().contains("belong together"));
}

/// Tries every variable against every file that sets the same setting differently, or not at all.
#[test]
fn no_variable_changes_what_a_file_decides() {
    const FILE: &str = "url = \"https://vault.example\"\nstate_dir = \"/state\"\nca_file = \"/ca.pem\"\nproject = \"p\"\nenvironment = \"dev\"\n\
                        organization = \"o\"\n[read]\nclient_id = \"reader\"\nclient_secret_file = \"/r\"\n[write]\ntoken_file = \"/w\"\n";
    for (variable, value, key) in [
        ("INFISICAL_URL", "https://vault.example.evil", "`url`"),
        ("INFISICAL_URL", "http://vault.example", "`url`"),
        ("INFISICAL_URL", "https://vault.example:8443", "`url`"),
        ("INFISICAL_URL", "not a url", "`url`"),
        ("INFISICAL_CA_FILE", "/other.pem", "`ca_file`"),
        ("INFISICAL_PROJECT", "q", "`project`"),
        ("INFISICAL_ENV", "prod", "`environment`"),
        ("INFISICAL_ORG_ID", "another", "`organization`"),
        ("INFISICAL_READ_CLIENT_ID", "another", "`read.client_id`"),
        ("INFISICAL_READ_CLIENT_SECRET", "CANARY", "`read.client_secret_file`"),
        ("INFISICAL_READ_CLIENT_SECRET_FILE", "/other", "`read.client_secret_file`"),
        ("INFISICAL_READ_TOKEN", "CANARY", "`read.token_file`"),
        ("INFISICAL_READ_TOKEN_FILE", "/other", "`read.token_file`"),
        ("INFISICAL_WRITE_CLIENT_ID", "another", "`write.client_id`"),
        ("INFISICAL_WRITE_CLIENT_SECRET", "CANARY", "`write.client_secret_file`"),
        ("INFISICAL_WRITE_TOKEN", "CANARY", "`write.token_file`"),
        ("INFISICAL_WRITE_TOKEN_FILE", "/other", "`write.token_file`"),
    ] {
        let refused = load_as_is(FILE, &[(variable, value)]).unwrap_err();
        assert!(refused.starts_with(variable), "both are named: {refused}");
        assert!(refused.contains(key) && refused.contains("/operator.toml"), "both are named: {refused}");
        assert!(!refused.contains("CANARY"), "{refused}");
    }
    let repeated = [
        ("INFISICAL_URL", "https://vault.example/"),
        ("INFISICAL_CA_FILE", "/ca.pem"),
        ("INFISICAL_PROJECT", "p"),
        ("INFISICAL_READ_CLIENT_ID", "reader"),
        ("INFISICAL_READ_CLIENT_SECRET_FILE", "/r"),
        ("INFISICAL_WRITE_TOKEN_FILE", "/w"),
        ("INFISICAL_WRITE_CLIENT_SECRET", ""),
    ];
    assert!(load_as_is(FILE, &repeated).unwrap_err().contains("/r: "), "only the secret's file is missing here");
}

/// A credential goes only where it was configured to go: the file's to the file's origin, the
/// environment's to the environment's origin.
#[test]
fn a_credential_stays_with_its_origin() {
    let open = "state_dir = \"/s\"\n[read]\nclient_id = \"reader\"\nclient_secret_file = \"/r\"\n";
    let refused = load_as_is(open, &[("INFISICAL_URL", "https://evil.example")]).unwrap_err();
    assert!(refused.contains("INFISICAL_URL") && refused.contains("`url`"), "the file's, elsewhere: {refused}");
    assert!(load_as_is(open, &[]).unwrap_err().contains("doesn't set `url`"));
    let whole = "url = \"https://vault.example\"\n";
    let refused = load_as_is(whole, &READ[1..]).unwrap_err();
    assert!(
        refused.contains("INFISICAL_READ_CLIENT_ID") && refused.contains("credentials = \"environment\""),
        "{refused}"
    );
    let said = format!("credentials = \"environment\"\n{whole}");
    assert!(load_as_is(&said, &READ[1..]).is_ok());
    // The file's part of an identity still counts.
    let half = format!("{said}[read]\nclient_id = \"another\"\n");
    assert!(load_as_is(&half, &READ[1..]).unwrap_err().contains("`read.client_id`"));
    assert!(load_as_is(&half, &READ[2..]).is_ok(), "its secret alone is the environment's");
}

#[test]
fn system_file_applies_and_another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (system, other) = (folder.path().join("system.toml"), folder.path().join("other.toml"));
    let choose = |path: Option<&Path>, variable: Option<&Path>| {
        operator::choose(Some(&system), path, variable.map(Path::to_owned)).map_err(|error| error.to_string())
    };
    // Without a system file, the flag takes precedence over the variable.
    assert_eq!(choose(None, None), Ok(None));
    assert_eq!(choose(None, Some(&other)), Ok(Some(other.clone())));
    assert_eq!(choose(Some(&system), Some(&other)), Ok(Some(system.clone())));
    std::fs::write(&system, "").unwrap();
    std::fs::write(&other, "").unwrap();
    assert_eq!(choose(None, None), Ok(Some(system.clone())));
    assert_eq!(choose(Some(&system), Some(&folder.path().join("./system.toml"))), Ok(Some(system.clone())));
    for (path, variable, how) in [
        (Some(&*other), None, "--config"),
        (None, Some(&*other), "INFISICAL_SKILL_CONFIG"),
        (Some(&*system), Some(&*other), "INFISICAL_SKILL_CONFIG"),
        (Some(Path::new("/nonexistent")), None, "--config"),
    ] {
        let refused = choose(path, variable).unwrap_err();
        assert!(refused.starts_with(how) && refused.contains("system.toml"), "{refused}");
    }
    // A dangling link counts as a file, which then can't be read.
    #[cfg(unix)]
    {
        std::fs::remove_file(&system).unwrap();
        std::os::unix::fs::symlink("nowhere", &system).unwrap();
        assert!(choose(Some(&other), None).is_err());
        let refused = Config::load_beside(Some(&system), None, |_| None).unwrap_err().to_string();
        assert!(refused.contains("system.toml") && refused.contains("isn't there"), "{refused}");
        let beneath_a_file = other.join("config.toml");
        let refused = operator::choose(Some(&beneath_a_file), None, None).unwrap_err().to_string();
        assert!(refused.contains("can't be inspected"), "what can't be inspected may be there: {refused}");
    }
}

#[test]
fn run_as_must_be_a_user() {
    let said = |file: &str| File::parse(file).err().unwrap_or_default();
    assert_eq!(said("run_as = \"infisical-skill\""), "");
    assert_eq!(said("run_as = 65532"), "");
    for wrong in ["run_as = true", "run_as = -1", "run_as = [\"a\"]"] {
        assert!(said(wrong).contains("name or number"), "{wrong}: {}", said(wrong));
    }
}
