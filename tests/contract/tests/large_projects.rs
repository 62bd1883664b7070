//! Tests long lists: pages, cursors, totals, and the limit on every answer.

use infisical_emulator::{ApiVersion, SecretSeed};
use infisical_skill::{ChangeRules, Layer, Skill, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, asked, builder, emulator};
use infisical_skill_contract::stage::Stage;
use serde_json::{Value, json};

/// The maximum size of an answer, in bytes of JSON.
const MOST: usize = 60_000;

fn seeds(count: usize) -> Vec<SecretSeed> {
    (0..count)
        .map(|at| SecretSeed::new(&format!("SECRET_NUMBER_{at:05}"), "canary-value-bulk").comment("why"))
        .collect()
}

async fn call(skill: &Skill, tool: &str, arguments: Value) -> Value {
    let answer = tools::answer(skill, tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let (structured, text) = (answer.to_json().unwrap(), answer.to_text());
    assert!(structured.to_string().len() < MOST, "{tool}: {}", structured.to_string().len());
    assert!(Value::from(text.as_str()).to_string().len() < MOST, "{tool}: {}", text.len());
    if structured["nextCursor"].is_string() {
        assert!(text.contains(structured["nextCursor"].as_str().unwrap()), "the text should say it too: {text}");
    }
    structured
}

/// All names of a list, read page by page, and the number of pages.
async fn paged(skill: &Skill, tool: &str, list: &str, arguments: Value) -> (Vec<String>, usize) {
    let (mut names, mut count, mut cursor) = (Vec::new(), 0, Value::Null);
    loop {
        let mut arguments = arguments.clone();
        arguments["cursor"] = cursor;
        let page = call(skill, tool, arguments).await;
        let items = page[list].as_array().unwrap();
        names.extend(
            items.iter().map(|item| item["path"].as_str().unwrap().to_owned() + " " + item["name"].as_str().unwrap()),
        );
        count += 1;
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            assert_eq!(page["total"], names.len());
            return (names, count);
        }
    }
}

#[tokio::test]
async fn pages_through_thousands_with_one_request_per_page() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        emulator.put_secrets("prod", "/bulk", &seeds(3_000));
        let skill = builder(&emulator).unwrap().build().unwrap();
        let bulk = json!({ "environment": "prod", "path": "/bulk", "limit": 200 });
        let (names, pages) = paged(&skill, "list-secrets", "secrets", bulk).await;
        assert_eq!((names.len(), pages), (3_000, 15));
        assert!(names.is_sorted() && names.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(asked(&emulator).len(), 15);
    }
}

#[tokio::test]
async fn first_page_is_small_and_says_how_to_continue() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    emulator.put_secrets("dev", "/bulk", &seeds(1_200));
    let skill = builder(&emulator).unwrap().build().unwrap();
    let page = call(&skill, "list-secrets", json!({ "path": "/bulk" })).await;
    assert_eq!((page["secrets"].as_array().unwrap().len(), &page["total"]), (100, &json!(1_200)));
    assert!(page.to_string().len() < 25_000, "{}", page.to_string().len());
    let first = page["secrets"][0].as_object().unwrap();
    assert!(!first.contains_key("id") && first.values().all(|value| !value.is_null()), "{first:?}");
    let detailed = call(&skill, "list-secrets", json!({ "path": "/bulk", "details": true, "limit": 1 })).await;
    assert!(
        detailed["secrets"][0]["id"].is_string()
            && detailed["secrets"][0].as_object().unwrap().contains_key("metadata")
    );
}

#[tokio::test]
async fn folders_come_in_pages_too_with_all_below() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        for folder in 0..230 {
            emulator.put_folder("dev", &format!("/many/folder-{folder:03}"));
        }
        let skill = builder(&emulator).unwrap().build().unwrap();
        let (names, pages) = paged(&skill, "list-folders", "folders", json!({ "path": "/many" })).await;
        assert_eq!((names.len(), pages), (230, 3));
        assert!(names.is_sorted());
        if api_version == ApiVersion::V4 {
            let (all, _) = paged(&skill, "list-folders", "folders", json!({ "recursive": true, "limit": "50" })).await;
            assert!(all.len() > 231 && all.is_sorted(), "{}", all.len());
        }
    }
}

#[tokio::test]
async fn filters_apply_to_every_page_and_to_the_total() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    emulator.put_secrets("dev", "/bulk", &seeds(300));
    let tagged: Vec<_> = (0..30).map(|at| SecretSeed::new(&format!("OTHER_{at:02}"), "canary").tag("bulk")).collect();
    emulator.put_secrets("dev", "/bulk", &tagged);
    let skill = builder(&emulator).unwrap().build().unwrap();
    let numbers = json!({ "path": "/bulk", "nameContains": "number_0020", "limit": 4 });
    assert_eq!(paged(&skill, "list-secrets", "secrets", numbers).await.0.len(), 10);
    let tags = json!({ "path": "/bulk", "tags": ["bulk"], "limit": 7 });
    assert_eq!(paged(&skill, "list-secrets", "secrets", tags).await.0.len(), 30);
}

#[tokio::test]
async fn changes_between_pages_hide_or_repeat_nothing_else() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    emulator.put_secrets("dev", "/bulk", &seeds(250));
    let skill = builder(&emulator).unwrap().build().unwrap();
    let first = call(&skill, "list-secrets", json!({ "path": "/bulk" })).await;
    // Deleted: secrets of the first page, including its last one, and one behind it. New ones come
    // on both sides.
    for gone in ["SECRET_NUMBER_00003", "SECRET_NUMBER_00099", "SECRET_NUMBER_00100"] {
        assert!(emulator.remove_secret("dev", "/bulk", gone));
    }
    emulator.put_secrets(
        "dev",
        "/bulk",
        &["AAA", "SECRET_NUMBER_00099B", "ZZZ"].map(|name| SecretSeed::new(name, "canary")),
    );
    let second = call(&skill, "list-secrets", json!({ "path": "/bulk", "cursor": first["nextCursor"] })).await;
    let names = |page: &Value| -> Vec<String> {
        page["secrets"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first).last().unwrap(), "SECRET_NUMBER_00099");
    assert_eq!(names(&second)[..2], ["SECRET_NUMBER_00099B", "SECRET_NUMBER_00101"]);
    assert_eq!((names(&second).len(), &second["total"]), (100, &json!(250)));
}

#[tokio::test]
async fn rejects_foreign_cursor_before_sending() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    emulator.put_secrets("dev", "/bulk", &seeds(250));
    let skill = builder(&emulator).unwrap().build().unwrap();
    let page = call(&skill, "list-secrets", json!({ "path": "/bulk", "limit": 3 })).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let sent = emulator.log().len();
    for (tool, arguments, says) in [
        ("list-secrets", json!({ "path": "/bulk", "cursor": "2" }), "isn't one that `list-secrets` gave"),
        ("list-secrets", json!({ "path": "/bulk", "cursor": &cursor[1..] }), "isn't one that `list-secrets` gave"),
        ("list-secrets", json!({ "path": "/app", "cursor": cursor }), "another list"),
        ("list-secrets", json!({ "path": "/bulk", "environment": "prod", "cursor": cursor }), "another list"),
        ("list-secrets", json!({ "path": "/bulk", "recursive": true, "cursor": cursor }), "another list"),
        ("list-secrets", json!({ "path": "/bulk", "nameContains": "A", "cursor": cursor }), "another list"),
        ("list-secrets", json!({ "path": "/bulk", "tags": ["a"], "cursor": cursor }), "another list"),
        ("list-folders", json!({ "path": "/bulk", "cursor": cursor }), "another list"),
        ("list-projects", json!({ "cursor": cursor }), "another list"),
        ("list-secrets", json!({ "path": "/bulk", "limit": 201 }), "from 1 to 200"),
        ("list-folders", json!({ "limit": 0 }), "from 1 to 200"),
    ] {
        let error = tools::call(&skill, tool, arguments.clone()).await.unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input), "{arguments}: {error}");
        assert!(error.reason().contains(says) && error.remedy().len() > 20, "{arguments}: {error}");
    }
    assert_eq!(emulator.log().len(), sent, "nothing left");
    // The same list with other arguments for the project and another page size.
    let project = emulator.project_id();
    let again = json!({ "project": project, "environment": "dev", "path": "/bulk", "limit": 5, "cursor": cursor, "details": true });
    assert_eq!(call(&skill, "list-secrets", again).await["secrets"][0]["name"], "SECRET_NUMBER_00003");
}

#[tokio::test]
async fn a_long_value_is_not_cut_and_not_given_to_an_agent() {
    let stage = Stage::revealing(ApiVersion::V4, |builder| builder).await.unwrap();
    stage.emulator.put_secret("dev", "/app", &SecretSeed::new("LONG", &"canary-".repeat(20_000)));
    let skill = &stage.skill;
    let error = tools::call(skill, "reveal-secret", json!({ "path": "/app", "name": "LONG" })).await.unwrap_err();
    assert_eq!(error.kind(), "too-large");
    assert!(error.remedy().contains("secrets reveal") && !error.to_string().contains("canary"), "{error}");
    let short = tools::call(skill, "reveal-secret", json!({ "path": "/app", "name": "STRIPE_API_KEY" })).await.unwrap();
    assert!(short["value"].as_str().unwrap().contains("canary"));
}

#[tokio::test]
async fn large_preview_and_receipt_keep_the_decisive_parts() {
    let mut rules = ChangeRules::default();
    rules.max_changes = 50;
    let stage = Stage::with(ApiVersion::V4, |builder| builder.changes(rules)).await.unwrap();
    stage.switch_on().unwrap();
    let long = |at: usize| format!("NAME_{at:02}_{}", "X".repeat(90));
    let tags: Vec<String> = (0..20).map(|at| format!("tag-{at}-{}", "t".repeat(50))).collect();
    for tag in &tags {
        stage.emulator.put_secret("dev", "/tagged", &SecretSeed::new("T", "canary").tag(tag));
    }
    let change = |at: usize| json!({ "change": "create-secret", "path": "/empty", "name": long(at), "value": "v", "tags": tags });
    let changes: Vec<Value> = (0..50).map(change).collect();
    let preview = call(&stage.skill, "change-many", json!({ "changes": changes })).await;
    assert_eq!(
        preview["requests"].as_array().map(Vec::len),
        Some(50),
        "the list of requests should be complete: {preview}"
    );
    assert!(preview["plan"].is_string() && preview["expires"].is_string() && preview["acknowledge"].is_string());
    let note = preview["note"].as_str().unwrap_or_else(|| panic!("{preview}"));
    assert!(note.contains("infisical-skill plans show"), "{note}");
    let plan = preview["plan"].as_str().unwrap();
    stage.skill.plan(plan).and_then(|card| stage.skill.approve_plan(&card)).unwrap();
    let apply = json!({ "plan": preview["plan"], "acknowledge": preview["acknowledge"] });
    let receipt = call(&stage.skill, "apply-change", apply).await;
    assert_eq!(receipt["outcome"], "applied", "{receipt}");
}
