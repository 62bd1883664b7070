//! Tests changes end to end in both API versions: preview, apply, read back, and which identity
//! sends which request.

use infisical_emulator::{ApiVersion, Emulator, Seed};
use infisical_skill::{Change, Error, FolderRename, PlanOutcome, SecretCreation, SecretUpdate, StepOutcome};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, generated, literal, target, update};
use serde_json::json;

#[tokio::test]
async fn creates_reads_updates_and_deletes_a_secret() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();

        let (preview, receipt) = stage.change(create("/app", "NEW_KEY", literal("canary-new-value"))).await.unwrap();
        assert_eq!(preview.acknowledge, None);
        assert_eq!(receipt.outcome, PlanOutcome::Applied);
        assert_eq!((receipt.steps[0].version_before, receipt.steps[0].version_after), (None, Some(1)));
        assert_eq!(stage.emulator.secret("dev", "/app", "NEW_KEY").unwrap().value, "canary-new-value");
        assert_eq!(stage.skill.get_secret(at("/app"), "NEW_KEY", None).await.unwrap().version, 1);

        let (preview, receipt) = stage.change(update("/app", "NEW_KEY", literal("canary-second"))).await.unwrap();
        let overwrite = stage.phrase("overwrite secret dev:/app/NEW_KEY");
        assert_eq!(preview.acknowledge, (api_version == ApiVersion::V3).then_some(overwrite));
        assert_eq!((receipt.steps[0].version_before, receipt.steps[0].version_after), (Some(1), Some(2)));
        assert_eq!(stage.emulator.secret("dev", "/app", "NEW_KEY").unwrap().value, "canary-second");

        let (preview, receipt) = stage.change(Change::DeleteSecret(target("/app", "NEW_KEY"))).await.unwrap();
        assert_eq!(preview.acknowledge, Some(stage.phrase("delete secret dev:/app/NEW_KEY")));
        assert!(preview.effects[0].summary.starts_with("PERMANENTLY delete secret NEW_KEY [project "), "{preview:?}");
        assert!(preview.requests[0].starts_with("PERMANENTLY delete secret NEW_KEY [project "), "{preview:?}");
        assert!(!preview.effects[0].reversible);
        assert_eq!((receipt.outcome, receipt.steps[0].version_after), (PlanOutcome::Applied, None));
        assert!(stage.emulator.secret("dev", "/app", "NEW_KEY").is_none());
        let gone = stage.skill.get_secret(at("/app"), "NEW_KEY", None).await.unwrap_err();
        assert_eq!(gone.kind(), "not-found");

        // According to the server's log, the read identity sent reads and the write identity sent
        // three changes.
        let methods: Vec<_> = stage.changes_sent().iter().map(|sent| sent.method.clone()).collect();
        assert_eq!(methods, ["POST", "PATCH", "DELETE"], "{api_version:?}");
        for exchange in stage.emulator.log() {
            let expected = match exchange.method.as_str() {
                _ if exchange.path_and_query.starts_with("/api/v1/auth/") => continue,
                "GET" => "reader",
                _ => "writer",
            };
            assert_eq!(exchange.identity.as_deref(), Some(expected), "{exchange:?}");
        }
    }
}

#[tokio::test]
async fn preview_sends_only_reads_and_no_writer_login() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let writer = stage.emulator.writer().client_id;
        for change in [
            create("/app", "NEW_KEY", generated(32)),
            update("/app", "STRIPE_API_KEY", literal("canary-x")),
            Change::DeleteSecret(target("/app", "STRIPE_API_KEY")),
            Change::CreateFolder(target("/app", "new")),
            Change::RenameFolder(FolderRename { at: at("/"), name: "app".into(), new_name: "application".into() }),
            Change::DeleteFolder(target("/", "app")),
        ] {
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            assert!(!format!("{preview:?}{}", json!(preview)).contains("canary"), "{preview:?}");
            assert!(preview.switch.as_deref().unwrap().contains("writes on"), "the switch is off");
        }
        assert!(stage.changes_sent().is_empty());
        assert_eq!(stage.logins_of(&writer), 0);
        assert_eq!(stage.skill.plans().unwrap().len(), 6);
    }
}

#[tokio::test]
async fn an_agent_rotates_a_secret_that_it_never_sees() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let (preview, receipt) = stage.change(update("/app/db", "DB_PASSWORD", generated(40))).await.unwrap();
        let stored = stage.emulator.secret("dev", "/app/db", "DB_PASSWORD").unwrap().value;
        assert_eq!(stored.len(), 40);
        assert!(stored.chars().all(|c| c.is_ascii_alphanumeric()), "{stored}");
        assert!(!format!("{preview:?}{receipt:?}{}{}", json!(preview), json!(receipt)).contains(&stored));
        let alphabet = "abcdefghij!$%&/()=?+#".to_owned();
        let value = infisical_skill::NewValue::Generated { length: 64, alphabet: Some(alphabet.clone()) };
        stage.change(update("/app/db", "DB_PASSWORD", value)).await.unwrap();
        let again = stage.emulator.secret("dev", "/app/db", "DB_PASSWORD").unwrap().value;
        assert!(again.len() == 64 && again.chars().all(|c| alphabet.contains(c)), "{again}");
    }
}

#[tokio::test]
async fn update_leaves_other_fields_unchanged() {
    let stage = Stage::new(ApiVersion::V4).await.unwrap();
    stage.switch_on().unwrap();
    let before = stage.emulator.secret("dev", "/", "DATABASE_URL").unwrap();
    let rename = SecretUpdate {
        at: at("/"),
        name: "DATABASE_URL".into(),
        new_name: Some("DB_URL".into()),
        ..SecretUpdate::default()
    };
    let (preview, receipt) = stage.change(Change::UpdateSecret(rename)).await.unwrap();
    let phrase = Some(stage.phrase("rename secret dev:/DATABASE_URL to DB_URL"));
    assert_eq!((preview.acknowledge, receipt.outcome), (phrase, PlanOutcome::Applied));
    let after = stage.emulator.secret("dev", "/", "DB_URL").unwrap();
    assert_eq!((&after.value, &after.comment, &after.tags), (&before.value, &before.comment, &before.tags));
    assert!(stage.changes_sent()[0].body.as_ref().unwrap().get("secretValue").is_none());

    let comment = SecretUpdate {
        at: at("/"),
        name: "DB_URL".into(),
        comment: Some("canary-comment-new".into()),
        tags: Some(vec!["payments".into(), "infra".into()]),
        ..SecretUpdate::default()
    };
    let (preview, _) = stage.change(Change::UpdateSecret(comment)).await.unwrap();
    assert!(!format!("{preview:?}{}", json!(preview)).contains("canary"));
    let after = stage.emulator.secret("dev", "/", "DB_URL").unwrap();
    let mut tags = after.tags.clone();
    tags.sort();
    assert_eq!(
        (after.value, after.comment.as_str(), tags),
        (before.value, "canary-comment-new", vec!["infra".into(), "payments".into()])
    );
}

/// An older server would blank the value.
#[tokio::test]
async fn update_without_value_never_goes_to_an_older_server() {
    let stage = Stage::new(ApiVersion::V3).await.unwrap();
    stage.switch_on().unwrap();
    let rename = SecretUpdate {
        at: at("/"),
        name: "DATABASE_URL".into(),
        new_name: Some("DB_URL".into()),
        ..SecretUpdate::default()
    };
    let error = stage.skill.preview(vec![Change::UpdateSecret(rename)]).await.unwrap_err();
    assert!(error.remedy().contains("value"), "{error}");
    assert!(stage.changes_sent().is_empty() && stage.skill.plans().unwrap().is_empty());
}

#[tokio::test]
async fn folders_are_created_renamed_and_deleted_with_what_is_in_them() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        stage.change(Change::CreateFolder(target("/app", "cache"))).await.unwrap();
        stage.change(create("/app/cache", "TTL", literal("60"))).await.unwrap();
        let rename = FolderRename { at: at("/app"), name: "cache".into(), new_name: "store".into() };
        let (preview, _) = stage.change(Change::RenameFolder(rename)).await.unwrap();
        assert!(preview.requests[0].starts_with("rename folder /app/cache to store"), "{preview:?}");
        assert_eq!(stage.emulator.secret("dev", "/app/store", "TTL").unwrap().value, "60");

        let (preview, receipt) = stage.change(Change::DeleteFolder(target("/", "app"))).await.unwrap();
        assert_eq!(preview.acknowledge, Some(stage.phrase("delete folder dev:/app")));
        assert_eq!((preview.blast_radius.secrets, preview.blast_radius.folders), (5, 3), "{api_version:?}");
        assert_eq!(receipt.outcome, PlanOutcome::Applied);
        let folders = stage.skill.list_folders(at("/"), true).await.unwrap().folders;
        assert!(!folders.iter().any(|folder| folder.path.starts_with("/app")));
    }
}

#[tokio::test]
async fn one_plan_can_create_and_fill_a_folder() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let changes = vec![
            Change::CreateFolder(target("/", "fresh")),
            create("/fresh", "A", literal("1")),
            create("/fresh", "B", generated(16)),
            create("/app", "C", literal("3")),
        ];
        let preview = stage.skill.preview(changes).await.unwrap();
        assert_eq!((preview.effects.len(), preview.requests.len(), preview.acknowledge.as_ref()), (4, 4, None));
        let receipt = stage.skill.apply(&preview.plan, None).await.unwrap();
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "{receipt:?}");
        assert_eq!(stage.emulator.secret("dev", "/fresh", "A").unwrap().value, "1");
        assert_eq!(stage.emulator.secret("dev", "/fresh", "B").unwrap().value.len(), 16);

        let many = (0..6).map(|n| create("/app", &format!("MANY_{n}"), literal("x"))).collect();
        let preview = stage.skill.preview(many).await.unwrap();
        assert!(preview.acknowledge.unwrap().starts_with("apply 6 changes ("));
    }
}

/// Names that a server may have, and whether each can stand in a URL's path. The host finds the
/// others by listing their folder, names them in a body, and never updates their value.
const ODD: [(&str, bool); 19] = [
    ("a/b", false),
    ("a%2Fb", false),
    ("50%", false),
    ("..", false),
    (".", false),
    ("a\nb", false),
    ("a\\b", false),
    ("batch", false),
    ("WITH:COLON", true),
    ("WITH BLANK", true),
    ("KEY🔐", true),
    ("?x=1&y", true),
    ("#", true),
    ("a+b", true),
    ("a;b=c,d", true),
    ("__proto__", true),
    ("constructor", true),
    ("\u{e9}", true),
    ("e\u{301}", true),
];

/// The name in percent-encoding.
fn in_url(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[tokio::test]
async fn changes_existing_odd_names_exactly_and_creates_none() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        // All exist at once, each beside the names that it could be confused with.
        for (odd, _) in ODD {
            stage.emulator.put_secret("dev", "/empty", &infisical_emulator::SecretSeed::new(odd, "canary-odd"));
        }
        let value = |name: &str| stage.emulator.secret("dev", "/empty", name).map(|secret| secret.value);
        for (odd, stands_in_a_path) in ODD {
            let case = format!("{api_version:?} {odd:?}");
            let new = format!("canary-{odd}");
            let others = || ODD.iter().filter(|(other, _)| *other != odd).map(|(other, _)| value(other)).collect();
            let before: Vec<_> = others();
            let sent = stage.changes_sent().len();
            let changed = stage.change(update("/empty", odd, literal(&new))).await;
            if stands_in_a_path {
                assert_eq!(changed.unwrap().1.outcome, PlanOutcome::Applied, "{case}");
                assert_eq!(value(odd), Some(new.trim().to_owned()), "{case}");
                let asked = stage.changes_sent().pop().unwrap().path_and_query;
                assert_eq!(asked.rsplit_once('/').unwrap().1, in_url(odd), "{case}");
            } else {
                assert!(changed.is_err(), "{case}: {changed:?}");
                assert_eq!(stage.changes_sent().len(), sent, "{case}");
            }
            assert_eq!(others(), before, "{case}: nothing else is another");
            let shown = stage.skill.get_secret(at("/empty"), odd, None).await.unwrap();
            assert_eq!((shown.name.as_str(), shown.version), (odd, 1 + u32::from(stands_in_a_path)), "{case}");
            let made = stage.skill.preview(vec![create("/empty", odd, literal("x"))]).await.unwrap_err();
            let (layer, kind) = (made.layer(), made.kind());
            // Two of them would be valid names for new secrets if they weren't taken.
            let can_be_made = ["__proto__", "constructor"].contains(&odd);
            assert_eq!(layer, (!can_be_made).then_some(infisical_skill::Layer::Input), "{case}");
            assert_eq!(kind, if can_be_made { "conflict" } else { "refused" }, "{case}");
        }
        for (at, (odd, _)) in ODD.iter().enumerate() {
            let (_, receipt) = stage.change(Change::DeleteSecret(target("/empty", odd))).await.unwrap();
            assert_eq!(receipt.outcome, PlanOutcome::Applied, "{odd:?} {receipt:?}");
            let left = ODD.iter().filter(|(other, _)| value(other).is_some()).count();
            assert_eq!(
                (value(odd), left),
                (None, ODD.len() - at - 1),
                "{api_version:?} {odd:?}: this one, and no other"
            );
        }
    }
}

#[tokio::test]
async fn never_confuses_names_with_surrounding_blanks() {
    const BLANK: [&str; 6] = [" ends", "ends ", " ends ", "\u{a0}ends", "\tends", "\u{feff}ends"];
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        // The last one is what the server would take each of the others for.
        for name in BLANK.into_iter().chain(["ends"]) {
            stage.emulator.put_secret("dev", "/empty", &infisical_emulator::SecretSeed::new(name, "canary-odd"));
        }
        for name in BLANK {
            let case = format!("{api_version:?} {name:?}");
            stage.change(update("/empty", name, literal("x"))).await.expect_err(&case);
            stage.change(Change::DeleteSecret(target("/empty", name))).await.expect_err(&case);
            for there in [name, "ends"] {
                assert_eq!(stage.emulator.secret("dev", "/empty", there).unwrap().version, 1, "{case} {there:?}");
            }
        }
        assert!(stage.changes_sent().is_empty(), "{api_version:?}");
        assert_eq!(stage.skill.list_secrets(at("/empty"), Default::default()).await.unwrap().secrets.len(), 7);
    }
}

#[tokio::test]
async fn javascript_property_names_are_ordinary_names() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        for name in ["__proto__", "constructor", "toString", "hasOwnProperty"] {
            stage.change(Change::CreateFolder(target("/", name))).await.unwrap();
            let path = format!("/{name}");
            stage.change(create(&path, name, literal("1"))).await.unwrap();
            stage.change(update(&path, name, literal("2"))).await.unwrap();
            assert_eq!(stage.emulator.secret("dev", &path, name).unwrap().value, "2", "{api_version:?} {name}");
            assert_eq!(stage.skill.get_secret(at(&path), name, None).await.unwrap().version, 2);
            stage.change(Change::DeleteSecret(target(&path, name))).await.unwrap();
            stage.change(Change::DeleteFolder(target("/", name))).await.unwrap();
            assert_eq!(stage.skill.get_secret(at("/"), name, None).await.unwrap_err().kind(), "not-found");
        }
    }
}

#[tokio::test]
async fn change_waiting_for_approval_is_not_applied() {
    for api_version in API_VERSIONS {
        let emulator = Emulator::builder()
            .api_version(api_version)
            .seed(Seed::demo())
            .approval_policy_for_everybody("dev", "/app")
            .start_now()
            .unwrap();
        let stage = Stage::on(emulator, |builder| builder).unwrap();
        stage.switch_on().unwrap();
        let (_, receipt) = stage.change(create("/app", "HELD", literal("x"))).await.unwrap();
        assert_eq!(receipt.outcome, PlanOutcome::WaitingForApproval);
        let StepOutcome::WaitingForApproval(id) = &receipt.steps[0].outcome else { panic!("{receipt:?}") };
        assert!(!id.is_empty());
        assert!(stage.emulator.secret("dev", "/app", "HELD").is_none());
    }
}

#[tokio::test]
async fn creation_sets_comment_and_tags_and_names_a_missing_tag() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        stage.switch_on().unwrap();
        let creation = |name: &str, tags: &[&str]| {
            Change::CreateSecret(SecretCreation {
                at: at("/app"),
                name: name.into(),
                value: literal("v"),
                comment: Some("canary-why".into()),
                tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            })
        };
        let (preview, _) = stage.change(creation("TAGGED", &["infra"])).await.unwrap();
        assert!(!json!(preview).to_string().contains("canary"));
        let stored = stage.emulator.secret("dev", "/app", "TAGGED").unwrap();
        assert_eq!((stored.comment.as_str(), stored.tags.as_slice()), ("canary-why", &["infra".to_owned()][..]));
        let Err(Error::NotFound { kind, .. }) = stage.skill.preview(vec![creation("OTHER", &["nope"])]).await else {
            panic!("a tag that isn't there")
        };
        assert_eq!(kind, "tag");
    }
}

#[tokio::test]
async fn accepts_empty_comment_and_duplicate_tag() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        let Change::CreateSecret(plain) = create("/", "NEW", literal("v")) else { panic!("not a creation") };
        let tags = vec!["infra".to_owned(), "infra".to_owned()];
        let creation = infisical_skill::SecretCreation { comment: Some(String::new().into()), tags, ..plain };
        let previewed = stage.skill.preview(vec![Change::CreateSecret(creation)]).await;
        assert!(previewed.is_ok(), "{api_version:?}: {previewed:?}");
    }
}

/// An older server lists one folder per request: one listing or deletion takes hundreds of
/// requests.
#[tokio::test]
async fn lists_and_deletes_a_folder_with_hundreds_below_it() {
    for api_version in API_VERSIONS {
        let stage = Stage::new(api_version).await.unwrap();
        for number in 0..300 {
            stage.emulator.put_folder("dev", &format!("/many/folder-{number}"));
        }
        let listing = stage.skill.list_folders(at("/many"), true).await.unwrap();
        assert_eq!(listing.folders.len(), 300, "{api_version:?}");

        stage.switch_on().unwrap();
        let (preview, receipt) = stage.change(Change::DeleteFolder(target("/", "many"))).await.unwrap();
        assert!(preview.effects[0].summary.contains("300"), "{preview:?}");
        assert_eq!(receipt.outcome, PlanOutcome::Applied, "{api_version:?}");
        assert!(stage.skill.list_folders(at("/many"), false).await.is_err(), "{api_version:?}");
    }
}
