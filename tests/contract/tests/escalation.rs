//! Tests that no change and no sequence of changes makes anything visible or writable that wasn't,
//! even if a person approved each one.

use infisical_emulator::{ApiVersion, Emulator, ProjectSeed, SecretSeed, Seed};
use infisical_skill::{
    Budgets, Change, ChangeRules, EnvironmentSlug, Error, FolderRename, Layer, Place, ProjectId, Scope, SecretFilter,
    SecretPath, SecretUpdate,
};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use proptest::prelude::*;
use secrecy::ExposeSecret;

/// A value that may never be shown.
const HIDDEN: &str = "canary-hidden";

/// `/open` of `dev` may be revealed, and all of `dev` may be changed. `prod` is protected.
async fn stage(api_version: ApiVersion) -> Stage {
    let hidden = |name: &str| SecretSeed::new(name, &format!("{HIDDEN}-{name}"));
    let project = ProjectSeed::new("Vault", "vault")
        .secret("dev", "/billing", hidden("KEY"))
        .secret("dev", "/billing/open", hidden("DEEP"))
        .secret("dev", "/empty/sub", hidden("SUB"))
        .secret("dev", "/", hidden("ROOT"))
        .secret("dev", "/open", SecretSeed::new("PUBLIC", "value-public"))
        .secret("prod", "/", hidden("PROD"))
        .secret("staging", "/", hidden("STAGING"));
    let emulator = Emulator::builder().api_version(api_version).seed(Seed::default().project(project)).start().await;
    let emulator = emulator.unwrap();
    let id = ProjectId::new(emulator.project_id()).unwrap();
    let scope = |environments: &[&str], paths: &[&str]| Scope {
        project: id.clone(),
        environments: environments.iter().map(|slug| EnvironmentSlug::new(*slug).unwrap()).collect(),
        paths: paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect(),
    };
    let mut rules = ChangeRules::default();
    rules.protected = vec![EnvironmentSlug::new("prod").unwrap()];
    let mut budgets = Budgets::default();
    (budgets.reveals_per_hour, budgets.writes_per_hour, budgets.pending_plans) = (10_000, 1_000, 1_000);
    let (scopes, reveal_scopes) = (vec![scope(&["dev", "prod"], &[])], vec![scope(&["dev"], &["/open"])]);
    let stage = Stage::revealing_on(emulator, |builder| {
        builder.scopes(scopes).reveal_scopes(reveal_scopes).changes(rules).budgets(budgets)
    });
    let stage = stage.unwrap();
    stage.switch_on().unwrap();
    stage
}

fn rename(path: &str, name: &str, new_name: &str) -> Change {
    Change::RenameFolder(FolderRename { at: at(path), name: name.to_owned(), new_name: new_name.to_owned() })
}

/// Asserts that the change is refused before it is sent, even with everything that a person can
/// give.
async fn is_refused(stage: &Stage, change: Change, says: &str) {
    let before = stage.changes_sent().len();
    let error = stage.change(change.clone()).await.map(drop).unwrap_err();
    assert_eq!(error.layer(), Some(Layer::Scope), "{change:?}: {error:?}");
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(stage.changes_sent().len(), before, "{change:?}");
}

/// An attack that once worked: a hidden folder was renamed to a revealable one.
#[tokio::test]
async fn hidden_folder_is_not_renamed_into_the_reveal_scopes() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        assert!(stage.skill.reveal_secret(at("/billing"), "KEY").await.is_err());
        stage.change(rename("/", "open", "open-old")).await.unwrap();
        is_refused(&stage, rename("/", "billing", "open"), "`reveal_scopes`").await;
        is_refused(&stage, rename("/", "empty", "open"), "`reveal_scopes`").await;
        // Neither two steps nor several changes in one plan work.
        stage.change(rename("/", "billing", "harmless")).await.unwrap();
        is_refused(&stage, rename("/", "harmless", "open"), "`reveal_scopes`").await;
        let both = vec![rename("/", "harmless", "third"), rename("/", "empty", "open")];
        assert_eq!(stage.skill.preview(both).await.unwrap_err().layer(), Some(Layer::Scope));
        // The folder isn't revealable any more, and no change can bring it back.
        is_refused(&stage, rename("/", "open-old", "open"), "`reveal_scopes`").await;
        assert!(stage.skill.reveal_secret(at("/open"), "KEY").await.is_err());
    }
}

#[tokio::test]
async fn value_that_may_be_revealed_has_no_reference_to_a_hidden_one() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        for (value, says) in [
            ("${dev.billing.KEY}", "`reveal_scopes`"),
            ("${dev.ROOT}", "`reveal_scopes`"),
            ("x ${ dev.billing.open.DEEP } y", "`reveal_scopes`"),
            ("${dev.not.there.YET}", "`reveal_scopes`"),
            ("${staging.STAGING}", "outside of `scopes`"),
            ("${@other.dev.KEY}", "outside of `scopes`"),
        ] {
            is_refused(&stage, create("/open", "NEW", literal(value)), says).await;
            is_refused(&stage, update("/open", "PUBLIC", literal(value)), says).await;
        }
        is_refused(&stage, create("/billing", "NEW", literal("${prod.PROD}")), "protected environment").await;
        // A reference to an equally hidden secret is allowed.
        stage.change(create("/billing", "NEW", literal("${dev.ROOT}"))).await.unwrap();
        stage.change(create("/open", "NEW", literal("${PUBLIC}"))).await.unwrap();
    }
}

#[tokio::test]
async fn renames_and_tags_need_the_phrase_and_a_person() {
    let stage = stage(ApiVersion::V4).await;
    let changed = |new_name: Option<&str>, tags: Option<Vec<String>>| {
        let (new_name, tags) = (new_name.map(str::to_owned), tags);
        let (at, name) = (at("/billing"), "KEY".to_owned());
        Change::UpdateSecret(SecretUpdate { at, name, new_name, tags, ..SecretUpdate::default() })
    };
    for change in [rename("/", "billing", "archive"), changed(Some("OTHER"), None), changed(None, Some(Vec::new()))] {
        let preview = stage.skill.preview(vec![change.clone()]).await.unwrap();
        assert!(preview.acknowledge.is_some() && preview.approval.is_some(), "{change:?}");
        let unapproved = stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert_eq!(unapproved.layer(), Some(Layer::BlastRadius), "{change:?}");
    }
    assert!(stage.changes_sent().is_empty());
}

#[tokio::test]
async fn every_change_of_a_protected_environment_needs_a_person() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let in_prod = |change: Change| match change {
            Change::CreateSecret(mut it) => {
                it.at = Place { environment: Some("prod".to_owned()), ..at("/") };
                Change::CreateSecret(it)
            }
            other => other,
        };
        let change = in_prod(create("/", "NEW", literal("value")));
        let preview = stage.skill.preview(vec![change]).await.unwrap();
        assert!(preview.acknowledge.is_none() && preview.approval.is_some(), "{preview:?}");
        assert!(stage.skill.apply(&preview.plan, None).await.unwrap_err().to_string().contains("person"));
        stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
        stage.skill.apply(&preview.plan, None).await.unwrap();
        // In other environments the same change needs no person.
        let preview = stage.skill.preview(vec![create("/", "NEW", literal("value"))]).await.unwrap();
        assert!(preview.approval.is_none(), "{preview:?}");
    }
}

/// A plan that was allowed at its preview isn't applied after the operator hid more.
#[tokio::test]
async fn plan_of_other_settings_is_not_applied() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let preview = stage.skill.preview(vec![rename("/", "open", "other")]).await.unwrap();
        stage.skill.approve_plan(&stage.skill.plan(&preview.plan).unwrap()).unwrap();
        let stricter = stage.another_revealing(|builder| builder.reveal_scopes(Vec::new())).unwrap();
        let error = stricter.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap_err();
        assert!(error.to_string().contains("`reveal_scopes`"), "{error}");
        assert!(error.to_string().ends_with("Preview the change again."), "{error}");
        assert!(stage.changes_sent().is_empty());
    }
}

#[derive(Debug, Clone)]
enum Step {
    Rename(usize, usize, usize),
    RenameSecret(usize, usize, usize),
    MakeFolder(usize, usize),
    DeleteFolder(usize, usize),
    Write(usize, usize, usize),
}

const FOLDERS: [&str; 7] = ["/", "/open", "/billing", "/billing/open", "/empty", "/empty/sub", "/x"];
const FOLDER_NAMES: [&str; 6] = ["open", "billing", "empty", "sub", "x", "open-old"];
const SECRET_NAMES: [&str; 6] = ["KEY", "DEEP", "SUB", "ROOT", "PUBLIC", "NEW"];
const VALUES: [&str; 6] =
    ["value", "${KEY}", "${dev.billing.KEY}", "${dev.open.PUBLIC}", "${dev.empty.sub.SUB}", "${staging.STAGING}"];

fn step() -> impl Strategy<Value = Step> {
    let (folder, name) = (0..FOLDERS.len(), 0..FOLDER_NAMES.len());
    let (secret, value) = (0..SECRET_NAMES.len(), 0..VALUES.len());
    prop_oneof![
        6 => (folder.clone(), name.clone(), name.clone()).prop_map(|(at, from, to)| Step::Rename(at, from, to)),
        2 => (folder.clone(), secret.clone(), secret.clone()).prop_map(|(at, from, to)| Step::RenameSecret(at, from, to)),
        2 => (folder.clone(), name.clone()).prop_map(|(at, name)| Step::MakeFolder(at, name)),
        1 => (folder.clone(), name).prop_map(|(at, name)| Step::DeleteFolder(at, name)),
        3 => (folder, secret, value).prop_map(|(at, name, value)| Step::Write(at, name, value)),
    ]
}

impl Step {
    fn change(&self) -> Change {
        match *self {
            Self::Rename(at, from, to) => rename(FOLDERS[at], FOLDER_NAMES[from], FOLDER_NAMES[to]),
            Self::RenameSecret(place, from, to) => Change::UpdateSecret(SecretUpdate {
                at: at(FOLDERS[place]),
                name: SECRET_NAMES[from].to_owned(),
                new_name: Some(SECRET_NAMES[to].to_owned()),
                ..SecretUpdate::default()
            }),
            Self::MakeFolder(at, name) => Change::CreateFolder(target(FOLDERS[at], FOLDER_NAMES[name])),
            Self::DeleteFolder(at, name) => Change::DeleteFolder(target(FOLDERS[at], FOLDER_NAMES[name])),
            Self::Write(at, name, value) => create(FOLDERS[at], SECRET_NAMES[name], literal(VALUES[value])),
        }
    }
}

/// Reveals everything possible. No result was hidden at the start, or comes from a hidden place.
async fn nothing_hidden_is_shown(stage: &Stage, done: &[Step]) {
    let everywhere = SecretFilter { recursive: true, ..SecretFilter::default() };
    let listing = stage.skill.list_secrets(at("/"), everywhere).await.unwrap();
    for secret in &listing.secrets {
        let Ok(revealed) = stage.skill.reveal_secret(at(&secret.path), &secret.name).await else { continue };
        let value = revealed.value.expose_secret().to_owned();
        assert!(!value.contains(HIDDEN), "{} {} after {done:?}", secret.path, secret.name);
        for source in ["${dev.billing", "${dev.empty", "${dev.ROOT", "${staging", "${prod"] {
            assert!(!value.contains(source), "{value} in {} after {done:?}", secret.path);
        }
    }
    let outside = stage.emulator.secret("staging", "/", "STAGING").unwrap();
    assert_eq!((outside.version, outside.value.as_str()), (1, "canary-hidden-STAGING"), "after {done:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any changes in any order, each approved by a person.
    #[test]
    fn no_sequence_of_changes_shows_what_was_hidden(old in any::<bool>(), steps in prop::collection::vec(step(), 4..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stage = stage(API_VERSIONS[usize::from(!old)]).await;
            for at in 0..steps.len() {
                match stage.change(steps[at].change()).await {
                    // Changes that can't be made (no such folder, a taken name) are skipped.
                    Ok(_) | Err(Error::Refused(_) | Error::NotFound { .. } | Error::Conflict { .. }) => {}
                    Err(other) => assert!(other.kind() != "timed-out", "{other:?}"),
                }
                nothing_hidden_is_shown(&stage, &steps[..=at]).await;
            }
        });
    }
}
