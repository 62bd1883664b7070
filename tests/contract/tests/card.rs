//! Tests that the approver's card shows the same facts as the agent's preview, and that no name can
//! change them.

use infisical_emulator::{ApiVersion, Emulator, ProjectSeed, SecretSeed, Seed};
use infisical_skill::{Change, FolderRename, render, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{Stage, create, literal, target};
use serde_json::{Value, json};

/// Its name contains a line end, to imitate another line.
fn seed() -> Seed {
    let project = ProjectSeed::new("Vault\"\n    env prod: \"Dev", "agent-vault")
        .secret("dev", "/app", SecretSeed::new("TOKEN", "canary-token").tag("payments"))
        .secret("dev", "/app/db", SecretSeed::new("PASS", "canary-pass"));
    Seed::default().project(project)
}

async fn stage(api_version: ApiVersion) -> Stage {
    Stage::on(Emulator::builder().api_version(api_version).seed(seed()).start().await.unwrap(), |builder| builder)
        .unwrap()
}

/// The lines from `What Infisical calls it` to the end of what the host found out.
fn facts(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != "What Infisical calls it:").take_while(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn approver_and_agent_see_the_same_names_and_counts() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let arguments = json!({ "path": "/app", "name": "TOKEN", "tags": ["payments"], "value": "canary-new" });
        let answer = tools::answer(&stage.skill, "update-secret", arguments).await.unwrap();
        let agents = answer.to_text();
        let plan = stage.skill.plans().unwrap().remove(0).card.plan;
        let card = stage.skill.plan(&plan).unwrap();
        let approvers = render::card(&card, "pending");
        assert_eq!(facts(&agents), facts(&approvers));
        let id = stage.emulator.project_id();
        let tag = &card.names[0].tags[0].id;
        for line in [
            format!(r#"  project {id}: "Vault\u{{22}}\u{{a}}    env prod\u{{3a}} \u{{22}}Dev", slug agent-vault"#),
            "    env dev: \"Development\"".to_owned(),
            format!("    tag {tag}: slug payments"),
            "Touched  1 secret, 0 folders".to_owned(),
        ] {
            assert!(facts(&approvers).contains(&line), "{line}: {approvers}");
        }
        assert!(!approvers.contains("env prod: "), "{approvers}");
        assert!(card.requests[0].contains(&format!("1 tag ({tag}) in place of those it has")), "{:?}", card.requests);
        // In JSON, too, in the form of the schema.
        let schema = tools::definitions().into_iter().find(|it| it.name == "update-secret").unwrap().output_schema;
        for (field, value) in [("names", json!(card.names)), ("blastRadius", json!(card.blast_radius))] {
            assert!(schema["properties"][field]["type"].is_string(), "{field}: {schema}");
            assert_eq!(answer.to_json().unwrap()[field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn what_is_in_a_folder_is_counted_or_said_not_to_be() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let counted = async |change: Change| {
            let preview = stage.skill.preview(vec![change]).await.unwrap();
            let text = render::preview(&preview);
            text.lines().find_map(|line| line.strip_prefix("Touched  ")).unwrap().to_owned()
        };
        let deleted = counted(Change::DeleteFolder(target("/", "app"))).await;
        assert_eq!(deleted, "at least 2 secrets, 2 folders", "{api_version:?}");
        let rename = FolderRename { at: at("/"), name: "app".into(), new_name: "web".into() };
        let renamed = counted(Change::RenameFolder(rename)).await;
        let not_counted = "not counted: change 1 (what is in the folder wasn't listed)";
        assert_eq!(renamed, format!("at least 0 secrets, 1 folder; {not_counted}"), "{api_version:?}");
        assert_eq!(counted(create("/app", "NEW", literal("v"))).await, "1 secret, 0 folders");
    }
}

#[tokio::test]
async fn several_changes_are_typed_with_the_projects_slug() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        let changes = vec![create("/app", "ONE", literal("v")), create("/app", "TWO", literal("v"))];
        let preview = stage.skill.preview(changes).await.unwrap();
        let card = stage.skill.plan(&preview.plan).unwrap();
        assert_eq!(card.target, format!("2 changes agent-vault {}", &card.digest[..6]));
    }
}

#[tokio::test]
async fn preview_costs_one_request_for_names() {
    for api_version in API_VERSIONS {
        let stage = stage(api_version).await;
        stage.skill.preview(vec![Change::DeleteSecret(target("/app", "TOKEN"))]).await.unwrap();
        let collection = if api_version == ApiVersion::V4 { "projects" } else { "workspace" };
        let project = format!("/api/v1/{collection}/{}", stage.emulator.project_id());
        let asked = stage.emulator.log().into_iter().filter(|it| it.path_and_query == project).count();
        assert_eq!(asked, 1, "{api_version:?}");
    }
}

#[tokio::test]
async fn json_of_a_name_matches_the_rendered_name() {
    let stage = stage(ApiVersion::V4).await;
    let preview = stage.skill.preview(vec![create("/app", "NEW", literal("v"))]).await.unwrap();
    let names: Value = json!(preview)["names"].clone();
    assert_eq!(names[0]["name"], r"Vault\u{22}\u{a}    env prod\u{3a} \u{22}Dev", "{names}");
    assert_eq!(names[0]["environments"], json!([{ "slug": "dev", "name": "Development" }]));
}
