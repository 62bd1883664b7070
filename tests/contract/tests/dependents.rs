//! Tests the dependents of a change: the host finds them, agent and approver see the same list, and
//! it never says *none* if nobody searched.

use infisical_emulator::{ApiVersion, Emulator, IdentitySeed, ProjectSeed, SecretSeed, Seed};
use infisical_skill::{
    Change, Dependents, Error, FolderRename, Preview, SearchStatus, SecretUpdate, Skill, SkillBuilder, render, tools,
};
use infisical_skill_contract::emulated::{API_VERSIONS, at, credential};
use infisical_skill_contract::stage::{Stage, create, literal, target, update};
use serde_json::json;

/// `prod:/web` imports `dev:/app`, and `staging:/` imports `dev:/app/db`. A value in prod refers to
/// TOKEN.
fn seed() -> Seed {
    let project = ProjectSeed::new("Agent Vault", "agent-vault")
        .secret("dev", "/app", SecretSeed::new("TOKEN", "canary-token"))
        .secret("dev", "/app", SecretSeed::new("PLAIN", "canary-plain"))
        .secret("dev", "/app/db", SecretSeed::new("PASS", "canary-pass"))
        .secret("prod", "/web", SecretSeed::new("USES", "x-${dev.app.TOKEN}"))
        .import("prod", "/web", "dev", "/app")
        .import("staging", "/", "dev", "/app/db");
    Seed::default().project(project)
}

async fn stage_of(api_version: ApiVersion, seed: Seed, adjust: impl FnOnce(SkillBuilder) -> SkillBuilder) -> Stage {
    let emulator = Emulator::builder().api_version(api_version).seed(seed).start().await.unwrap();
    Stage::on(emulator, adjust).unwrap()
}

async fn stage(api_version: ApiVersion) -> Stage {
    stage_of(api_version, seed(), |builder| builder).await
}

async fn previewed(skill: &Skill, change: Change) -> (Preview, Dependents) {
    let preview = skill.preview(vec![change]).await.unwrap();
    let [one] = preview.dependents.as_slice() else { panic!("{preview:?}") };
    (preview.clone(), one.clone())
}

fn renamed(path: &str, name: &str) -> Change {
    let (at, name) = (at(path), name.to_owned());
    let value = Some(literal("new"));
    Change::UpdateSecret(SecretUpdate {
        at,
        name,
        new_name: Some("RENAMED".to_owned()),
        value,
        ..SecretUpdate::default()
    })
}

fn folder_renamed(name: &str) -> Change {
    Change::RenameFolder(FolderRename { at: at("/"), name: name.to_owned(), new_name: "renamed".to_owned() })
}

#[tokio::test]
async fn each_change_lists_importing_folders_elsewhere() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        for (change, importing) in [
            (update("/app", "TOKEN", literal("new")), vec!["prod:/web"]),
            (renamed("/app", "TOKEN"), vec!["prod:/web"]),
            (Change::DeleteSecret(target("/app", "PLAIN")), vec!["prod:/web"]),
            (update("/app/db", "PASS", literal("new")), vec!["staging:/"]),
            (Change::DeleteFolder(target("/", "app")), vec!["prod:/web", "staging:/"]),
            (folder_renamed("app"), vec!["prod:/web", "staging:/"]),
            (Change::DeleteFolder(target("/app", "db")), vec!["staging:/"]),
        ] {
            let (preview, found) = previewed(&stage.skill, change).await;
            let imports = found.imports.unwrap();
            assert_eq!(imports.places, importing, "{api_version:?} {:?}", preview.requests);
            assert_eq!((imports.status, imports.searched.len()), (SearchStatus::Complete, 3));
            stage.skill.discard(&preview.plan).unwrap();
        }
    }
}

#[tokio::test]
async fn says_whether_references_were_searched() {
    for (api_version, line) in [
        (ApiVersion::V3, "References: 1 other secret refers to it; searched: dev, prod, staging"),
        (ApiVersion::V4, "References: not looked for: values stay hidden"),
    ] {
        let stage = stage(api_version).await;
        for change in [
            update("/app", "TOKEN", literal("new")),
            renamed("/app", "TOKEN"),
            Change::DeleteSecret(target("/app", "TOKEN")),
        ] {
            let (preview, found) = previewed(&stage.skill, change).await;
            assert!(render::dependents(&found).contains(&line.to_owned()), "{found:?}");
            assert!(!render::preview(&preview).contains("no references"), "{}", render::preview(&preview));
        }
        let asked = format!("{:?}", stage.emulator.log());
        assert!(!asked.contains("viewSecretValue=true"), "no value may be requested");
    }
    let (_, none) = previewed(&stage(ApiVersion::V3).await.skill, update("/app", "PLAIN", literal("new"))).await;
    assert!(render::dependents(&none).contains(&"References: none in dev, prod, staging".to_owned()), "{none:?}");
}

#[tokio::test]
async fn names_the_permission_that_reading_imports_lacks() {
    let describer = || IdentitySeed::describer("describer");
    let reader = || IdentitySeed::minimal_reader("minimal");
    let emulator = Emulator::builder().seed(seed().identity(describer()).identity(reader())).start().await.unwrap();
    let (blind, sighted) = (emulator.add_identity(&describer()), emulator.add_identity(&reader()));
    for (login, line) in [
        (
            blind,
            "Imports: not looked for: the read identity may not read imports: the operator can give its role `secret-imports` `read`",
        ),
        (sighted, "Imports: 1 folder shows it: prod:/web; searched: dev, prod, staging"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let origin = infisical_skill::Origin::parse(&emulator.origin(), false).unwrap();
        let skill = Skill::builder(origin, credential(login))
            .write_identity(credential(emulator.writer()))
            .defaults(infisical_skill::Place {
                project: Some(emulator.project_id()),
                environment: Some("dev".to_owned()),
                path: None,
            })
            .state_dir(folder.path().to_owned())
            .audit(infisical_skill::AuditSettings::default())
            .build()
            .unwrap();
        let (_, found) = previewed(&skill, update("/app", "TOKEN", literal("new"))).await;
        assert_eq!(render::dependents(&found)[0], line);
    }
}

#[tokio::test]
async fn approver_sees_what_the_agent_sees() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let arguments = json!({ "path": "/app", "name": "TOKEN" });
        let answer = tools::answer(&stage.skill, "delete-secret", arguments).await.unwrap();
        let agents = answer.to_text();
        let plan = stage.skill.plans().unwrap().remove(0);
        let card = stage.skill.plan(&plan.card.plan).unwrap();
        let approvers = render::card(&card, "pending");
        let section = |text: &str| {
            let lines: Vec<String> =
                text.lines().skip_while(|line| *line != "What depends on it:").map(str::to_owned).collect();
            lines.into_iter().take_while(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        assert!(section(&approvers).len() >= 4, "{approvers}");
        assert_eq!(section(&agents), section(&approvers));
        assert!(section(&agents).iter().any(|line| line.contains("prod:/web")), "{agents}");
        // The sealed card, the list of plans and the JSON show the same.
        assert_eq!((&plan.card.dependents, card.dependents.len()), (&card.dependents, 1));
        let json = serde_json::to_value(&card).unwrap();
        assert_eq!(json["dependents"][0]["imports"]["places"], json!(["prod:/web"]));
    }
}

#[tokio::test]
async fn rejects_card_with_changed_dependents() {
    let stage = stage(ApiVersion::V4).await;
    let (preview, _) = previewed(&stage.skill, Change::DeleteSecret(target("/app", "TOKEN"))).await;
    let shown = stage.skill.plan(&preview.plan).unwrap();
    let file = std::fs::read_dir(stage.folder().join("plans")).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|it| it == "plan")).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(9).position(|window| window == b"prod:/web").unwrap();
    let changed = [&bytes[..at], b"none/here", &bytes[at + 9..]].concat();
    std::fs::write(&file, changed).unwrap();
    assert!(stage.skill.plan(&preview.plan).is_err(), "it isn't shown");
    assert!(stage.skill.approve_plan(&shown).is_err(), "nor approved");
    stage.switch_on().unwrap();
    assert!(stage.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.is_err(), "nor applied");
}

#[tokio::test]
async fn new_secret_that_hides_an_imported_one_has_a_notice() {
    for api_version in API_VERSIONS {
        let project = ProjectSeed::new("Agent Vault", "agent-vault")
            .secret("staging", "/shared", SecretSeed::new("IMPORTED", "canary-imported"))
            .import("dev", "/app", "staging", "/shared");
        let emulator =
            Emulator::builder().api_version(api_version).seed(Seed::default().project(project)).start().await;
        let stage = Stage::revealing_on(emulator.unwrap(), |builder| builder).unwrap();
        let (preview, _) = previewed(&stage.skill, create("/app", "IMPORTED", literal("v"))).await;
        let told = render::preview(&preview);
        assert!(told.contains("Hides: 1 imported secret of this name: staging:/shared"), "{told}");
        let (preview, _) = previewed(&stage.skill, create("/app", "OTHER", literal("v"))).await;
        assert!(render::preview(&preview).contains("Hides: none in staging:/shared"), "{}", render::preview(&preview));

        // A read in the importing folder says where the secret comes from. Its value is neither
        // shown nor fetched.
        stage.emulator.clear_log();
        let get = stage.skill.get_secret(at("/app"), "IMPORTED", None).await.unwrap_err();
        let reveal = stage.skill.reveal_secret(at("/app"), "IMPORTED").await.unwrap_err();
        for error in [get, reveal] {
            let Error::NotFound { remedy, .. } = &error else { panic!("{error:?}") };
            assert!(remedy.contains("imports path \"/shared\" of \"staging\""), "{remedy}");
        }
        let asked = format!("{:?}", stage.emulator.log());
        assert!(!asked.contains("environment=staging"), "{asked}");
    }
}

#[tokio::test]
async fn rename_needs_a_phrase_and_says_that_it_rewrites_references() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let (preview, _) = previewed(&stage.skill, renamed("/app", "TOKEN")).await;
        assert!(
            preview.acknowledge.as_ref().unwrap().contains("rename secret dev:/app/TOKEN to RENAMED in project "),
            "{preview:?}"
        );
        let notices = preview.effects[0].notices.join(" ");
        let says = if api_version == ApiVersion::V4 { "rewrites the references to it" } else { "may lead nowhere" };
        assert!(notices.contains(says), "{notices}");
    }
}
