//! The host finds what depends on a change: within the scopes, with few requests, and without
//! keeping a value.

use super::*;
use crate::model::dependents::{Dependents, Finding, SearchStatus};
use infisical_emulator::{ApiVersion as Speaks, Fault, ProjectSeed, RequestMatch, SecretSeed};
use infisical_skill_policy::{Environment, Project, Scope, SecretPath};

const BOTH: [Speaks; 2] = [Speaks::V3, Speaks::V4];

/// `prod:/app` imports `dev:/app`, and `staging:/` imports `prod:/app`. Two secrets refer to its
/// STRIPE_API_KEY, one of them in prod. One more secret in dev contains the value itself.
/// `dev:/app` itself imports `staging:/shared`, which has IMPORTED.
fn project() -> ProjectSeed {
    ProjectSeed::new("Agent Vault", "agent-vault")
        .secret("dev", "/app", SecretSeed::new("STRIPE_API_KEY", "canary-value"))
        .secret("dev", "/app", SecretSeed::new("NEAR", "x-${STRIPE_API_KEY}"))
        .secret("dev", "/app/db", SecretSeed::new("ELSEWHERE", "x-${STRIPE_API_KEY}"))
        .secret("prod", "/app", SecretSeed::new("FAR", "x-${dev.app.STRIPE_API_KEY}"))
        .secret("staging", "/shared", SecretSeed::new("IMPORTED", "canary-imported"))
        .import("prod", "/app", "dev", "/app")
        .import("staging", "/", "prod", "/app")
        .import("dev", "/app", "staging", "/shared")
}

fn stage_of(speaks: Speaks, project: ProjectSeed, scopes: Scopes) -> Stage {
    let seed = Seed::default().project(project);
    let emulator = Emulator::builder().seed(seed).api_version(speaks).start_now().unwrap();
    let scoped = |project: &str| match scopes.as_slice() {
        None => Scopes::everything(),
        Some(scopes) => Scopes::only(
            scopes.iter().map(|scope| Scope { project: Project::new(project).unwrap(), ..scope.clone() }).collect(),
        ),
    };
    let scopes = scoped(&emulator.project_id());
    Stage::scoped(emulator, scopes)
}

fn stage(speaks: Speaks) -> Stage {
    stage_of(speaks, project(), Scopes::everything())
}

/// Files the plan of these requests, which are in `/app` of `dev`, and gives its card.
async fn filed(stage: &Stage, asked: AskedChange, request: ChangeRequest, phrase: Option<&str>) -> (Gate, Dependents) {
    let gate = looked(stage, asked, &request).await;
    filed_through(gate, request, phrase).await
}

/// A call that observed the state first, as the shipped component does before it files. The log
/// leaves out these requests.
async fn looked(stage: &Stage, asked: AskedChange, request: &ChangeRequest) -> Gate {
    let gate = stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked]));
    let change = infisical_skill_policy::change::parse(stage.api_version, request.method, &request.path, &request.body);
    gate.observe(stage.api_version, &[change.unwrap()]).await.unwrap();
    stage.emulator.clear_log();
    gate
}

async fn filed_through(gate: Gate, request: ChangeRequest, phrase: Option<&str>) -> (Gate, Dependents) {
    let (card, _) = gate.file(vec![request], b"", phrase).await.unwrap();
    let [dependents] = card.dependents.as_slice() else { panic!("{:?}", card.dependents) };
    assert_eq!(dependents.change, 1);
    (gate, dependents.clone())
}

fn deletion_of(stage: &Stage, name: &str) -> String {
    format!("delete secret dev:/app/{name} in project {}", stage.at().project.unwrap())
}

async fn deleting(stage: &Stage, name: &str) -> Dependents {
    let asked = AskedChange::DeleteSecret { at: stage.at(), name: name.to_owned() };
    let request = stage.of_secret(Method::Delete, name, "");
    filed(stage, asked, request, Some(&deletion_of(stage, name))).await.1
}

async fn creating(stage: &Stage, name: &str) -> Dependents {
    let asked = AskedChange::CreateSecret {
        at: stage.at(),
        name: name.to_owned(),
        value: AskedValue::Literal("v".to_owned().into()),
        comment: None,
        tags: Vec::new(),
    };
    filed(stage, asked, stage.create(name), None).await.1
}

/// The host's own requests so far: paths with queries.
fn asked(stage: &Stage) -> Vec<String> {
    let is_own = |path: &String| !path.starts_with("/api/v1/auth/") && path != "/api/v4/secrets";
    stage.emulator.log().into_iter().map(|it| it.path_and_query).filter(is_own).collect()
}

fn imports_of(dependents: &Dependents) -> &Finding {
    dependents.imports.as_ref().unwrap()
}

fn gap<'a>(finding: &'a Finding, place: &str) -> &'a str {
    finding.gaps.iter().find(|gap| gap.place == place).map_or("", |gap| &gap.reason)
}

#[tokio::test]
async fn importing_folders_of_all_environments_are_found() {
    for speaks in BOTH {
        let stage = stage(speaks);
        let found = deleting(&stage, "STRIPE_API_KEY").await;
        let imports = imports_of(&found);
        assert_eq!(imports.places, ["prod:/app", "staging:/ (through another import)"], "{speaks:?}");
        assert_eq!((imports.status, imports.count), (SearchStatus::Complete, Some(2)));
        assert_eq!(imports.searched, ["dev", "prod", "staging"]);
        assert_eq!(found.hides, None, "nothing appears");
        if speaks == Speaks::V4 {
            let requests = asked(&stage);
            // The first request is for the project's names.
            assert!(requests[1].ends_with("/environment-folder-tree"), "{requests:?}");
            assert!(requests[2..].iter().all(|it| it.starts_with("/api/v2/secret-imports?")), "{requests:?}");
            assert_eq!(requests.len(), 2 + 7, "one for each folder");
        }
    }
}

#[tokio::test]
async fn counts_references_in_all_environments_of_an_older_server() {
    let (old, current) = (stage(Speaks::V3), stage(Speaks::V4));
    let references = deleting(&old, "STRIPE_API_KEY").await.references.unwrap();
    assert_eq!((references.status, references.count), (SearchStatus::Complete, Some(2)), "one in dev, one in prod");
    assert_eq!(references.searched, ["dev", "prod", "staging"]);
    assert_eq!(references.places, [""; 0], "which ones is part of their values");
    let none = deleting(&old, "NEAR").await.references.unwrap();
    assert_eq!((none.status, none.count), (SearchStatus::Complete, Some(0)));

    let hidden = deleting(&current, "STRIPE_API_KEY").await.references.unwrap();
    assert_eq!((hidden.status, hidden.count), (SearchStatus::NotLookedFor, None));
    assert_eq!(hidden.reason.as_deref(), Some("values stay hidden"));
    assert!(!asked(&current).iter().any(|it| it.contains("/secrets?")), "a current server isn't asked");
}

#[tokio::test]
async fn names_and_skips_places_out_of_scope() {
    let scope = |environments: &[&str], paths: &[&str]| Scope {
        project: Project::new("p").unwrap(),
        environments: environments.iter().map(|it| Environment::new(*it).unwrap()).collect(),
        paths: paths.iter().map(|it| SecretPath::new(*it).unwrap()).collect(),
    };
    for speaks in BOTH {
        let scopes = Scopes::only(vec![scope(&["dev"], &[]), scope(&["staging"], &["/shared"])]);
        let stage = stage_of(speaks, project(), scopes);
        let found = deleting(&stage, "STRIPE_API_KEY").await;
        let imports = imports_of(&found);
        assert_eq!((imports.status, imports.count), (SearchStatus::Partial, Some(0)));
        assert_eq!(imports.searched, ["dev"]);
        assert_eq!(gap(imports, "prod"), "outside of the scopes");
        assert_eq!(gap(imports, "staging"), "only the folders in scope were");
        if speaks == Speaks::V3 {
            let references = found.references.unwrap();
            assert_eq!((references.status, references.count), (SearchStatus::Partial, Some(1)));
            assert_eq!(gap(&references, "prod"), "outside of the scopes");
        }
        let told = format!("{:?}", asked(&stage));
        assert!(!told.contains("environment=prod") && !told.contains("environment=staging&path=%2F\""), "{told}");
    }
}

#[tokio::test]
async fn unreadable_imports_are_not_reported_as_none() {
    for speaks in BOTH {
        let stage = stage(speaks);
        let imports = RequestMatch::any().path_prefix(if speaks == Speaks::V4 {
            "/api/v2/secret-imports"
        } else {
            "/api/v1/secret-imports"
        });
        stage.emulator.fail_next_matching(100, imports, Fault::Status(403));
        let found = deleting(&stage, "STRIPE_API_KEY").await;
        let imports = imports_of(&found);
        assert_eq!((imports.status, imports.count), (SearchStatus::NotLookedFor, None), "{imports:?}");
    }
}

#[tokio::test]
async fn failed_search_is_reported_and_fails_no_preview() {
    let nothing = || Fault::Answer { status: 200, content_type: "application/json".to_owned(), body: "{}".to_owned() };
    for (prefix, fault, says) in [
        ("/api/v1/projects/", Fault::Status(500), "HTTP status 500"),
        ("/api/v1/projects/", Fault::Status(429), "HTTP 429"),
        ("/api/v2/secret-imports", Fault::Status(429), "HTTP 429"),
        ("/api/v2/secret-imports", nothing(), "couldn't be read"),
    ] {
        let stage = stage(Speaks::V4);
        stage.emulator.fail_next_matching(100, RequestMatch::any().path_prefix(prefix), fault);
        let asked = AskedChange::DeleteSecret { at: stage.at(), name: "NEAR".to_owned() };
        let request = stage.of_secret(Method::Delete, "NEAR", "");
        let (gate, found) = filed(&stage, asked, request, Some(&deletion_of(&stage, "NEAR"))).await;
        let imports = imports_of(&found);
        assert_eq!(imports.status, SearchStatus::NotLookedFor, "{says}: {imports:?}");
        assert!(imports.reason.as_ref().is_some_and(|reason| reason.contains(says)), "{says}: {imports:?}");
        assert!(gate.cause().is_none() && gate.violation().is_none());
    }
}

#[tokio::test]
async fn search_in_many_folders_ends_and_says_how_far_it_got() {
    for speaks in BOTH {
        let many = (0..100).fold(project(), |project, number| project.folder("prod", &format!("/many/f{number}")));
        let stage = stage_of(speaks, many, Scopes::everything());
        let found = deleting(&stage, "NEAR").await;
        let imports = imports_of(&found);
        assert_eq!(imports.status, SearchStatus::Partial, "{imports:?}");
        assert!(
            gap(imports, "prod").starts_with("only ") && gap(imports, "prod").contains("as many requests"),
            "{imports:?}"
        );
        assert_eq!(gap(imports, "staging"), "the preview has sent as many requests as it may");
        assert!(asked(&stage).len() <= 64, "{}", asked(&stage).len());
    }
}

#[tokio::test]
async fn reports_a_new_name_that_hides_an_imported_secret() {
    for speaks in BOTH {
        let stage = stage(speaks);
        let found = creating(&stage, "IMPORTED").await;
        let hides = found.hides.unwrap();
        assert_eq!((hides.status, hides.count), (SearchStatus::Complete, Some(1)), "{hides:?}");
        assert_eq!(
            (hides.places, hides.searched),
            (vec!["staging:/shared".to_owned()], vec!["staging:/shared".to_owned()])
        );
        assert_eq!((found.imports, found.references), (None, None), "nothing depends on it yet");
        assert!(asked(&stage).len() <= 3, "{:?}", asked(&stage));

        let other = creating(&stage, "OTHER").await.hides.unwrap();
        assert_eq!((other.status, other.count), (SearchStatus::Complete, Some(0)));
    }
}

#[tokio::test]
async fn imported_place_out_of_scope_stays_unnamed() {
    let scope = Scope {
        project: Project::new("p").unwrap(),
        environments: vec![Environment::new("dev").unwrap()],
        paths: vec![],
    };
    for speaks in BOTH {
        let stage = stage_of(speaks, project(), Scopes::only(vec![scope.clone()]));
        let hides = creating(&stage, "IMPORTED").await.hides.unwrap();
        assert_eq!(hides.status, SearchStatus::NotLookedFor);
        let told = format!("{hides:?}");
        assert!(
            told.contains("outside of the scopes") && !told.contains("staging") && !told.contains("shared"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn no_value_is_kept_with_a_plan() {
    for speaks in BOTH {
        let stage = stage(speaks);
        let found = format!("{:?}{:?}", deleting(&stage, "STRIPE_API_KEY").await, creating(&stage, "IMPORTED").await);
        assert!(!found.contains("canary") && !found.contains("${"), "{found}");
        let identities: Vec<_> = stage.emulator.log().into_iter().filter_map(|it| it.identity).collect();
        assert!(identities.iter().all(|it| *it == identities[0]), "the read identity's alone: {identities:?}");
    }
}

#[tokio::test]
async fn operator_can_allow_reading_values_to_find_references() {
    let other = SecretSeed::new("BY_SLUG", "x-${@agent-vault.dev.app.STRIPE_API_KEY}");
    let looking = || {
        let seed = Seed::default().project(project().secret("staging", "/", other.clone()));
        let rules = ChangeRules { find_references: true, ..ChangeRules::default() };
        Stage::ruled(Emulator::builder().seed(seed).start_now().unwrap(), Scopes::everything(), rules)
    };
    let stage = looking();
    let references = deleting(&stage, "STRIPE_API_KEY").await.references.unwrap();
    assert_eq!((references.status, references.count), (SearchStatus::Complete, Some(3)));
    assert_eq!(references.searched, ["dev", "prod", "staging"]);
    let with_values: Vec<_> = asked(&stage).into_iter().filter(|it| it.contains("viewSecretValue=true")).collect();
    assert_eq!(with_values.len(), 3, "one for each environment: {with_values:?}");
    assert!(
        with_values.iter().all(|it| it.contains("expandSecretReferences=false&recursive=true&includeImports=false"))
    );

    // A read identity with the recommended permissions.
    let stage = looking();
    stage.sent_to(Grant::Preview, CallPurpose::Read).api_version().await.unwrap();
    let deleted = AskedChange::DeleteSecret { at: stage.at(), name: "STRIPE_API_KEY".to_owned() };
    let request = stage.of_secret(Method::Delete, "STRIPE_API_KEY", "");
    let gate = looked(&stage, deleted, &request).await;
    stage.emulator.fail_next_matching(100, RequestMatch::any().path_prefix("/api/v4/secrets"), Fault::Status(403));
    let phrase = deletion_of(&stage, "STRIPE_API_KEY");
    let references = filed_through(gate, request, Some(&phrase)).await.1.references.unwrap();
    assert_eq!((references.status, references.count), (SearchStatus::NotLookedFor, None));
    assert_eq!(references.reason.as_deref(), Some("the read identity can't read the values"));
}
