//! The host finds Infisical's names for the places of a plan, once for each project. This never
//! fails a preview.

use super::*;
use crate::model::names::{EnvironmentName, ProjectNames, TagName};
use infisical_emulator::{ApiVersion as Speaks, Fault, ProjectSeed, RequestMatch};
use infisical_skill_policy::change::ParsedChange;
use infisical_skill_policy::{Environment, FolderName, Place, Project, Scope, SecretPath};
use serde_json::{Value, json};

const BOTH: [Speaks; 2] = [Speaks::V3, Speaks::V4];

fn stage_of(speaks: Speaks, scopes: impl FnOnce(&Emulator) -> Scopes) -> Stage {
    let seed = Seed::default()
        .project(ProjectSeed::new("Agent Vault \"EU\"", "agent-vault"))
        .project(ProjectSeed::new("W\u{435}b", "web"));
    let emulator = Emulator::builder().seed(seed).api_version(speaks).start_now().unwrap();
    let scopes = scopes(&emulator);
    Stage::scoped(emulator, scopes)
}

fn stage(speaks: Speaks) -> Stage {
    stage_of(speaks, |_| Scopes::everything())
}

/// A new folder in the root of an environment of the project with this slug: as asked for, and as
/// planned.
fn folder(stage: &Stage, project: &str, environment: &str) -> (AskedChange, ParsedChange) {
    let project = Project::new(stage.emulator.project_id_of(project).unwrap()).unwrap();
    let at =
        AskedPlace { project: Some(project.clone()), environment: Some(environment.to_owned()), path: "/".to_owned() };
    let asked = AskedChange::CreateFolder { at, name: "new".to_owned() };
    let environment = Environment::new(environment).unwrap();
    let place = Place { project, environment, path: SecretPath::root() };
    (asked, ParsedChange::CreateFolder { place, name: FolderName::new("new").unwrap() })
}

async fn filed(stage: &Stage, changes: Vec<(AskedChange, ParsedChange)>) -> PlanCard {
    let (asked, changes): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    let requests: Vec<_> = changes.iter().map(|change| change.request(stage.api_version)).collect();
    let gate = stage.sent_to(Grant::Preview, CallPurpose::Preview(asked));
    let card = gate.file(requests, b"", None).await.unwrap().0;
    assert!(gate.cause().is_none() && gate.violation().is_none());
    card
}

/// The stage and the card for a project whose name and environments the server answers like this.
async fn answered(speaks: Speaks, answer: impl Fn(&str) -> Value) -> (Stage, PlanCard) {
    let stage = stage(speaks);
    let asked_for = project_by_id(&stage, "agent-vault");
    let body = answer(&stage.emulator.project_id()).to_string();
    let fault = Fault::Answer { status: 200, content_type: "application/json".to_owned(), body };
    stage.emulator.fail_next_matching(100, RequestMatch::any().path_prefix(&asked_for), fault);
    let changes = vec![folder(&stage, "agent-vault", "dev"), folder(&stage, "agent-vault", "prod")];
    let card = filed(&stage, changes).await;
    (stage, card)
}

fn project_by_id(stage: &Stage, slug: &str) -> String {
    let project = Project::new(stage.emulator.project_id_of(slug).unwrap()).unwrap();
    Operation::ProjectById { project }.path_and_query(stage.api_version)
}

fn times_asked(stage: &Stage, path: &str) -> usize {
    stage.emulator.log().iter().filter(|it| it.path_and_query == path).count()
}

fn names(id: &str, name: Option<&str>, slug: Option<&str>, environments: &[(&str, Option<&str>)]) -> ProjectNames {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let environment =
        |(slug, name): &(&str, Option<&str>)| EnvironmentName { slug: (*slug).to_owned(), name: owned(*name) };
    ProjectNames {
        id: id.to_owned(),
        slug: owned(slug),
        name: owned(name),
        environments: environments.iter().map(environment).collect(),
        tags: Vec::new(),
        not_known: None,
    }
}

#[tokio::test]
async fn names_are_found_with_one_request_for_each_project() {
    for speaks in BOTH {
        let stage = stage(speaks);
        let id = |slug: &str| stage.emulator.project_id_of(slug).unwrap();
        let (dev, prod) = (("dev", Some("Development")), ("prod", Some("Production")));
        let changes = vec![
            folder(&stage, "web", "prod"),
            folder(&stage, "agent-vault", "dev"),
            folder(&stage, "agent-vault", "prod"),
        ];
        let card = filed(&stage, changes).await;
        let vault = r"Agent Vault \u{22}EU\u{22}";
        let expected = [
            names(&id("web"), Some(r"W\u{435}b"), Some("web"), &[prod]),
            names(&id("agent-vault"), Some(vault), Some("agent-vault"), &[dev, prod]),
        ];
        assert_eq!(card.names, expected);
        assert_eq!(card.target, format!("3 changes web+agent-vault {}", &card.digest[..6]));
        for slug in ["web", "agent-vault"] {
            assert_eq!(times_asked(&stage, &project_by_id(&stage, slug)), 1, "{speaks:?}");
        }
        let readers: Vec<_> = stage.emulator.log().into_iter().filter_map(|it| it.identity).collect();
        assert!(readers.iter().all(|it| *it == readers[0]), "the read identity's alone: {readers:?}");
        let one = filed(&stage, vec![folder(&stage, "web", "prod")]).await;
        assert_eq!((one.target.as_str(), one.names.len()), ("prod:/new", 1));
    }
}

#[tokio::test]
async fn search_for_dependents_asks_for_no_project_again() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let asked = AskedChange::DeleteSecret { at: stage.at(), name: "STRIPE_API_KEY".to_owned() };
        let request = stage.of_secret(Method::Delete, "STRIPE_API_KEY", "");
        let phrase = format!("delete secret dev:/app/STRIPE_API_KEY in project {}", stage.emulator.project_id());
        let gate = stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked]));
        let card = gate.file(vec![request], b"", Some(&phrase)).await.unwrap().0;
        assert_eq!(card.names[0].slug.as_deref(), Some("agent-vault"));
        assert_eq!(times_asked(&stage, &project_by_id(&stage, "agent-vault")), 1, "{api_version:?}");
    }
}

#[tokio::test]
async fn unknown_names_are_reported_and_fail_no_preview() {
    let garbage = || Fault::Answer { status: 200, content_type: "application/json".to_owned(), body: "{}".to_owned() };
    for speaks in BOTH {
        for (fault, reason) in [
            (Fault::Status(403), "doesn't show the project to the read identity"),
            (Fault::Status(404), "doesn't show the project to the read identity"),
            (Fault::Status(429), "HTTP 429"),
            (Fault::Status(500), "HTTP status 500"),
            (Fault::HtmlAnswer(200), "HTTP status 200"),
            (Fault::DropConnectionBeforeAnswer, "couldn't be asked"),
            (garbage(), "couldn't be read"),
        ] {
            let stage = stage(speaks);
            let prefix = project_by_id(&stage, "agent-vault");
            stage.emulator.fail_next_matching(100, RequestMatch::any().path_prefix(&prefix), fault);
            let changes = vec![folder(&stage, "agent-vault", "dev"), folder(&stage, "agent-vault", "prod")];
            let card = filed(&stage, changes).await;
            let id = stage.emulator.project_id();
            let [found] = card.names.as_slice() else { panic!("{:?}", card.names) };
            let said = found.not_known.clone().unwrap();
            assert!(said.contains(reason), "{said}");
            let expected = names(&id, None, None, &[("dev", None), ("prod", None)]);
            assert_eq!(*found, ProjectNames { not_known: Some(said), ..expected });
            assert_eq!(card.target, format!("2 changes {id} {}", &card.digest[..6]));
        }
    }
}

#[tokio::test]
async fn ignores_names_of_another_project() {
    let environments = json!([{ "slug": "dev", "name": "Development" }, { "slug": "prod", "name": "Production" }]);
    for speaks in BOTH {
        let (_, card) = answered(speaks, |_| {
            json!({ "project": { "id": "another", "slug": "sandbox", "name": "Sandbox", "environments": environments } })
        })
        .await;
        let named = format!("{:?}", card.names);
        assert!(named.contains("couldn't be read") && !named.contains("andbox"), "{named}");
    }
}

#[tokio::test]
async fn names_that_cannot_be_shown_whole_are_not_shown() {
    for speaks in BOTH {
        let (longest, too_long) = ("x".repeat(256), "x".repeat(257));
        let (stage, card) = answered(speaks, |id| {
            let environments = json!([{ "slug": "dev", "name": longest }, { "slug": "prod", "name": "" }]);
            json!({ "project": { "id": id, "slug": "agent-vault", "name": too_long, "environments": environments } })
        })
        .await;
        let id = stage.emulator.project_id();
        let expected = names(&id, None, Some("agent-vault"), &[("dev", Some(&longest)), ("prod", None)]);
        let [found] = card.names.as_slice() else { panic!("{:?}", card.names) };
        assert!(found.not_known.as_ref().is_some_and(|reason| reason.contains("longer than 256 bytes")));
        assert_eq!(ProjectNames { not_known: None, ..found.clone() }, expected);
    }
}

#[tokio::test]
async fn names_that_hold_a_credential_are_not_shown() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let secret = stage.emulator.writer().client_secret;
        let answer = json!({ "project": {
            "id": stage.emulator.project_id(), "slug": "agent-vault", "name": format!("for {secret}"),
            "environments": [{ "slug": "dev", "name": secret }],
        }});
        let prefix = project_by_id(&stage, "agent-vault");
        let body = answer.to_string();
        let fault = Fault::Answer { status: 200, content_type: "application/json".to_owned(), body };
        stage.emulator.fail_next_matching(1, RequestMatch::any().path_prefix(&prefix), fault);
        let card = stage.previewing(&["A"]).file(vec![stage.create("A")], b"", None).await.unwrap().0;
        let named = format!("{:?}", card.names);
        assert!(!named.contains(&secret) && named.contains("one of the skill's own credentials"), "{named}");
    }
}

#[tokio::test]
async fn environments_out_of_scope_stay_unnamed() {
    for speaks in BOTH {
        let stage = stage_of(speaks, |emulator| {
            let project = Project::new(emulator.project_id_of("agent-vault").unwrap()).unwrap();
            let environments = vec![Environment::new("dev").unwrap()];
            Scopes::only(vec![Scope { project, environments, paths: vec![] }])
        });
        let card = filed(&stage, vec![folder(&stage, "agent-vault", "dev")]).await;
        let named = format!("{:?}", card.names);
        assert!(named.contains("Development") && !named.contains("Production"), "{named}");
    }
}

#[tokio::test]
async fn names_tags_as_the_calls_answers_named_them() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let asked = AskedChange::CreateSecret {
            at: stage.at(),
            name: "A".to_owned(),
            value: AskedValue::Literal("v".to_owned().into()),
            comment: None,
            tags: vec!["infra".to_owned(), "db".to_owned()],
        };
        let body = stage.create("A").body.replace(r#""type""#, r#""tagIds":["t1","t2"],"type""#);
        let request = ChangeRequest { body: Zeroizing::new(body), ..stage.create("A") };
        let answer = r#"{"tags":[{"id":"t1","slug":"infra","name":"Infra\u202e"},{"id":"t2","slug":"db"},{"id":"t3","slug":"x"}]}"#;
        let gate = stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked]));
        let listing = Operation::ListTags { project: stage.at().project.unwrap() };
        gate.note_names(&listing, answer.as_bytes(), answer.as_bytes());
        let card = gate.file(vec![request], b"", None).await.unwrap().0;
        let tag = |id: &str, slug: &str, name: Option<&str>| TagName {
            id: id.to_owned(),
            slug: Some(slug.to_owned()),
            name: name.map(str::to_owned),
        };
        assert_eq!(card.names[0].tags, [tag("t1", "infra", Some(r"Infra\u{202e}")), tag("t2", "db", None)]);
        assert!(card.requests[0].ends_with("2 tags (t1, t2)"), "{:?}", card.requests);
    }
}

#[tokio::test]
async fn host_counts_affected_objects() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let requests = vec![stage.create("ONE"), stage.create("TWO")];
        let card = stage.previewing(&["ONE", "TWO"]).file(requests, b"", None).await.unwrap().0;
        let radius = &card.blast_radius;
        assert_eq!((radius.secrets, radius.folders, radius.at_least), (2, 0, false));
        assert!(radius.not_counted.is_empty());
    }
}
