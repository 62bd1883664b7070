use super::super::STATE_DIR as FOLDER;
use super::*;
use crate::model::switch_state::SwitchState;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tempfile::TempDir;

/// A state directory in which changes are on, and a place for a configuration file.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["state", "home/.local/state/infisical-skill"] {
            stage.switch(name).turn_on(Duration::from_secs(60), None).unwrap();
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn switch(&self, name: &str) -> TimedSwitch {
        TimedSwitch::new(&self.path(name), SwitchPolicy::Switchable { max: Duration::from_secs(3_600) })
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.switch(name).state(), SwitchState::On { .. })
    }

    fn file(&self, text: &str, mode: u32) -> PathBuf {
        let path = self.path("config.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn state_dir(&self) -> String {
        format!("state_dir = {:?}\n", self.path("state").display().to_string())
    }

    /// Sets HOME and, with `by_variable`, the variable that names the state directory.
    fn variable(&self, by_variable: bool) -> impl Fn(&str) -> Option<OsString> {
        let (home, state) = (self.path("home").into_os_string(), self.path("state").into_os_string());
        move |name| match name {
            "HOME" => Some(home.clone()),
            FOLDER if by_variable => Some(state.clone()),
            _ => None,
        }
    }
}

#[test]
fn switch_needs_no_server_identity_or_credential_file() {
    let stage = Stage::new();
    let text = format!(
        "writes_max = \"10m\"\n{}[read]\nclient_id = \"r\"\nclient_secret_file = \"/nonexistent\"\n",
        stage.state_dir()
    );
    let file = stage.file(&text, 0o600);
    let switch = Config::kill_switch(Some(&file), stage.variable(false)).unwrap();
    assert!(matches!(switch.state(), SwitchState::On { .. }));
    assert!(switch.turn_on(Duration::from_secs(601), None).is_err(), "the longest time is the configured one");
    let off = Config::turn_writes_off(Some(&file), stage.variable(false)).unwrap();
    assert_eq!(
        off,
        TurnedOff {
            folders: vec![stage.path("state")],
            missing: Vec::new(),
            ignored: None,
            unrecorded: None,
            certain: true
        }
    );
    assert!(!stage.is_on("state"));

    let never = stage.file(&format!("writes = \"never\"\n{}", stage.state_dir()), 0o600);
    let switch = Config::kill_switch(Some(&never), stage.variable(true)).unwrap();
    assert_eq!(switch.state(), SwitchState::Never);
    let silent = stage.file("writes = \"never\"", 0o600);
    let refused = Config::kill_switch(Some(&silent), stage.variable(false)).unwrap_err().to_string();
    assert!(refused.contains("`state_dir`"), "the environment's default isn't the file's: {refused}");
    assert!(
        Config::switch_beside(SwitchKind::Writes, None, None, |_| None).unwrap_err().to_string().contains(FOLDER),
        "nowhere to keep it"
    );
}

#[test]
fn turns_changes_off_despite_any_configuration_error() {
    const USUAL: &str = "home/.local/state/infisical-skill";
    for (text, mode, by_variable, off, certain) in [
        // The file is invalid, but names the directory.
        ("reveel = true\n", 0o600, false, &["state"][..], true),
        ("writes = 5\n", 0o600, false, &["state"], true),
        // The file names no usable directory: the default one is used, and the result isn't
        // certain.
        ("= = =\n", 0o600, false, &[USUAL], false),
        // Others may have changed the directory's name, so the default one is turned off too.
        ("", 0o666, false, &["state", USUAL], false),
        // A user who sets the variable knows which directory is meant.
        ("= = =\n", 0o600, true, &["state"], true),
        ("", 0o666, true, &["state"], true),
    ] {
        let stage = Stage::new();
        let file = stage.file(&format!("{text}{}", stage.state_dir()), mode);
        assert!(Config::kill_switch(Some(&file), stage.variable(by_variable)).is_err(), "{text}");
        let done = Config::turn_writes_off(Some(&file), stage.variable(by_variable)).unwrap();
        assert!(off.iter().all(|off| !stage.is_on(off)), "{text}");
        let folders: Vec<_> = off.iter().map(|off| stage.path(off)).collect();
        assert_eq!((done.folders, done.certain), (folders, certain), "{text}");
        assert!(done.ignored.unwrap().contains("config.toml"), "{text}");
    }
}

/// Whichever file or variable applies, its directory is turned off.
#[test]
fn changes_are_turned_off_in_every_folder_that_is_named() {
    let stage = Stage::new();
    stage.switch("elsewhere").turn_on(Duration::from_secs(60), None).unwrap();
    stage.switch("systems").turn_on(Duration::from_secs(60), None).unwrap();
    let file = stage.file(&stage.state_dir(), 0o600);
    let system = stage.path("system.toml");
    std::fs::write(&system, format!("state_dir = {:?}\n", stage.path("systems").display().to_string())).unwrap();
    let elsewhere = stage.path("elsewhere").into_os_string();
    let variable = |name: &str| (name == FOLDER).then(|| elsewhere.clone());
    let refused =
        Config::switch_beside(SwitchKind::Writes, Some(&system), Some(&file), variable).unwrap_err().to_string();
    assert!(refused.contains("--config") && refused.contains("system.toml"), "{refused}");
    let done = Config::turn_off_beside(SwitchKind::Writes, Some(&system), Some(&file), variable).unwrap();
    let expected = ["elsewhere", "state", "systems"].map(|name| stage.path(name));
    assert_eq!((done.folders.as_slice(), done.certain), (expected.as_slice(), true));
    assert!(["elsewhere", "state", "systems"].iter().all(|name| !stage.is_on(name)));
}

#[test]
fn turns_changes_off_without_the_configuration_file() {
    let stage = Stage::new();
    let done = Config::turn_writes_off(Some(Path::new("/nonexistent/c.toml")), stage.variable(true)).unwrap();
    assert!(done.certain && done.ignored.is_some() && !stage.is_on("state"));
    let variable = stage.variable(true);
    let named_badly =
        move |name: &str| if name == "INFISICAL_SKILL_CONFIG" { Some(OsString::new()) } else { variable(name) };
    assert!(
        Config::turn_off_beside(SwitchKind::Writes, None, None, named_badly)
            .unwrap()
            .ignored
            .unwrap()
            .contains("is empty")
    );
}

#[test]
fn turning_off_without_a_state_directory_is_not_certain() {
    let stage = Stage::new();
    let elsewhere = stage.path("elsewhere");
    let missing = elsewhere.clone().into_os_string();
    let done =
        Config::turn_off_beside(SwitchKind::Writes, None, None, |name| (name == FOLDER).then(|| missing.clone()))
            .unwrap();
    assert_eq!((done.folders, done.missing, done.certain), (Vec::new(), vec![elsewhere], false));
    assert!(stage.is_on("state"), "which is what a server may use");
}

#[test]
fn refuses_relative_state_directories() {
    let stage = Stage::new();
    for (text, by_variable) in [(Some("state_dir = \"state\""), None), (None, Some("state")), (None, Some("../state"))]
    {
        let file = text.map(|text| {
            stage.file(&format!("{text}\nurl = \"https://infisical.example\"\ncredentials = \"environment\""), 0o600)
        });
        let file = file.as_deref();
        let variable = |name: &str| match name {
            FOLDER => by_variable.map(OsString::from),
            "INFISICAL_URL" => Some("https://infisical.example".into()),
            "INFISICAL_READ_TOKEN" => Some("t".into()),
            _ => None,
        };
        for refused in [
            Config::switch_beside(SwitchKind::Writes, None, file, variable).unwrap_err().to_string(),
            Config::state_folder_beside(None, file, variable).unwrap_err().to_string(),
            Config::load_beside(None, file, variable).unwrap_err().to_string(),
        ] {
            assert!(refused.contains("absolute path"), "{refused}");
        }
        assert!(!Config::turn_off_beside(SwitchKind::Writes, None, file, variable).unwrap().certain, "{text:?}");
    }
    // Relative paths count as not set.
    let home = |name: &str| matches!(name, "HOME" | "XDG_STATE_HOME").then(|| OsString::from("relative"));
    assert!(Config::state_folder_beside(None, None, home).unwrap_err().to_string().contains(FOLDER));
}
