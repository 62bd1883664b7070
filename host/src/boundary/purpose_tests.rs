//! Which requests are within the purpose of a call.

use super::*;
use crate::boundary::purpose::RevealTarget;
use infisical_skill_policy::{Environment, Place, Project, SecretPath};

#[tokio::test]
async fn call_with_values_reads_only_within_its_purpose() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let observe = |path: &str| {
            let place = Place {
                project: Project::new(stage.emulator.project_id()).unwrap(),
                environment: Environment::new("dev").unwrap(),
                path: SecretPath::new(path).unwrap(),
            };
            let listing = Operation::ListSecrets { place, recursive: false, tags: Vec::new() };
            stage.head("GET", &listing.path_and_query(api_version))
        };
        for (path, is_looked_at) in [("/app", true), ("/", false), ("/app/db", false), ("/a-text-of-its-own", false)] {
            let previewing = stage.previewing(&["ONE", "TWO"]);
            assert_eq!(previewing.admit(api_version, &observe(path)).is_ok(), is_looked_at, "preview {path}");
            let applying = stage.redeemed().await;
            assert_eq!(applying.admit(api_version, &observe(path)).is_ok(), is_looked_at, "apply {path}");
            let not_yet = stage.applying("a-plan", None);
            assert!(not_yet.admit(api_version, &observe(path)).is_err(), "apply, before anything is redeemed: {path}");
            assert!(stage.gate(Grant::Reads).admit(api_version, &observe(path)).is_ok(), "read {path}");
        }
        let target = || RevealTarget {
            at: AskedPlace { project: Some(Project::new("agent-vault").unwrap()), ..stage.at() },
            name: "STRIPE_API_KEY".to_owned(),
        };
        for (slug, is_looked_up) in [("agent-vault", true), ("data-platform", false)] {
            let operation = Operation::ProjectBySlug { slug: Project::new(slug).unwrap() };
            let gate = stage.sent_to(Grant::Reveal, CallPurpose::Reveal { target: target(), request: None });
            let head = stage.head("GET", &operation.path_and_query(api_version));
            assert_eq!(gate.admit(api_version, &head).is_ok(), is_looked_up, "{slug}");
        }
    }
}

#[tokio::test]
async fn resolves_a_tag_by_the_id_from_an_answer() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let at = stage.at();
        let project = at.project.clone().unwrap();
        let asked = AskedChange::CreateSecret {
            at,
            name: "A".to_owned(),
            value: AskedValue::Literal("v".to_owned().into()),
            comment: None,
            tags: vec!["infra".to_owned()],
        };
        let request = || {
            let body = stage.create("A").body.replace(r#""type""#, r#""tagIds":["t1"],"type""#);
            ChangeRequest { body: Zeroizing::new(body), ..stage.create("A") }
        };
        for (answer, is_filed) in [
            (r#"{"tags":[{"id":"t1","slug":"infra"}]}"#, true),
            (r#"{"tags":[{"id":"t2","slug":"infra"}]}"#, false),
            (r#"{"tags":[]}"#, false),
        ] {
            let gate = stage.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked.clone()]));
            gate.note_names(&Operation::ListTags { project: project.clone() }, answer.as_bytes(), answer.as_bytes());
            assert_eq!(gate.file(vec![request()], b"", None).await.is_ok(), is_filed, "{answer}");
        }
    }
}
