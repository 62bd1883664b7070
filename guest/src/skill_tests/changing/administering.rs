//! Administrative changes: one to a plan, with the same checks as other changes.

use super::*;
use crate::testing::{fault, ok};
use crate::{Answer, EnvironmentCreation, Invitation, Layer, Outcome, ProjectCreation, TransportError};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// The emulated state, and the answers that differ from the usual ones.
#[derive(Default)]
struct There {
    projects: Vec<String>,
    environments: Vec<String>,
    /// Answers requests for the project by its id.
    instead: Option<Result<Answer, TransportError>>,
    answer: Option<Result<Answer, TransportError>>,
}

type Shared = Rc<RefCell<There>>;

fn script(there: &Shared) -> Script {
    let there = Rc::clone(there);
    let server = move |request: &crate::Request| {
        let (mut there, path) = (there.borrow_mut(), request.path_with_query.as_str());
        let name = path.rsplit('/').next().unwrap();
        let environments: Vec<_> = there.environments.iter().map(|slug| json!({ "slug": slug, "name": "E" })).collect();
        let project =
            |slug: &str| json!({ "id": PROJECT, "slug": slug, "name": "Vault", "environments": environments });
        if request.method == Method::Post {
            let usual = || ok(r#"{"project":{"id":"p"},"environment":{"slug":"e"},"memberships":[]}"#);
            let answer = there.answer.clone().unwrap_or_else(|| Ok(usual()));
            if path.ends_with("/environments") && answer.as_ref().is_ok_and(|answer| *answer == usual()) {
                there.environments.push("testing".to_owned());
            }
            return answer;
        }
        if path.contains("/slug/") || path.starts_with("/api/v2/workspace/") {
            let is_there = there.projects.iter().any(|slug| slug == name);
            return Ok(if is_there { ok(&project(name).to_string()) } else { missing() });
        }
        let project = json!({ "project": project("vault") }).to_string();
        there.instead.clone().unwrap_or_else(|| Ok(ok(&project)))
    };
    Script { server: Some(Box::new(server)), ..Script::default() }
}

fn missing() -> Answer {
    fault(404, "NotFound", "Project with ID")
}

fn project(slug: &str) -> Change {
    Change::CreateProject(ProjectCreation { name: "Second \"vault\"".to_owned(), slug: slug.to_owned() })
}

fn environment(slug: &str) -> Change {
    let (project, name, slug) = (Some(PROJECT.to_owned()), "Testing".to_owned(), slug.to_owned());
    Change::CreateEnvironment(EnvironmentCreation { project, name, slug })
}

fn invitation(roles: &[&str]) -> Change {
    let emails = vec!["a@b.co".to_owned(), "c@d.co".to_owned()];
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Change::InviteMembers(Invitation { project: Some(PROJECT.to_owned()), emails, roles })
}

fn allowing(api_version: ApiVersion) -> Operator {
    operator(api_version).with(|policy| policy.administration = true)
}

fn previewed(operator: &Operator, there: &Shared, change: Change) -> Result<PlanPreview, Error> {
    script(there).skill(operator).preview(&[change])
}

fn applied(operator: &Operator, there: &Shared) -> (Result<Receipt, Error>, usize) {
    let phrase = operator.filed.borrow().as_ref().and_then(|draft| draft.acknowledge.clone());
    let mut script = script(there);
    let receipt = script.skill(operator).apply(PLAN, phrase.as_deref());
    let sent = sent(&script).len();
    (receipt, sent)
}

#[test]
fn sends_administrative_change_once_with_exact_phrase() {
    let to = format!("invite a@b.co, c@d.co to project {PROJECT}");
    for api_version in [V3, V4] {
        for (change, phrase, called, note) in [
            (
                project("second"),
                "create project second".to_owned(),
                r#"called "Second \"vault\"""#,
                "The read identity isn't a member of it yet.",
            ),
            (
                environment("testing"),
                format!("create environment testing in project {PROJECT}"),
                r#"called "Testing""#,
                "Reading back shows it.",
            ),
            (
                invitation(&[]),
                format!("{to} as member"),
                "",
                "Existing members keep their roles. Whether the others have joined can't be seen here.",
            ),
        ] {
            let (operator, there) = (allowing(api_version), Shared::default());
            let preview = previewed(&operator, &there, change).unwrap();
            assert_eq!(preview.acknowledge.as_deref(), Some(phrase.as_str()));
            let summary = &preview.effects[0].summary;
            assert!(summary.starts_with(&phrase) && summary.ends_with(called), "{summary}");
            let (receipt, sent) = applied(&operator, &there);
            let step = &receipt.unwrap().steps[0];
            assert_eq!((&step.outcome, step.note.as_deref(), sent), (&Outcome::Applied, Some(note), 1));
        }
    }
    let preview = previewed(&allowing(V4), &Shared::default(), invitation(&["viewer", "no-access"])).unwrap();
    assert_eq!(preview.acknowledge, Some(format!("{to} as viewer, no-access")));
}

#[test]
fn refuses_roles_other_than_member_on_older_server() {
    for (api_version, roles, is_taken) in [
        (V3, &["viewer"][..], false),
        (V3, &["member", "viewer"], false),
        (V3, &["member"], true),
        (V3, &[], true),
        (V4, &["viewer"], true),
    ] {
        let result = previewed(&allowing(api_version), &Shared::default(), invitation(roles));
        assert_eq!(result.is_ok(), is_taken, "{roles:?} {result:?}");
        if !is_taken {
            assert_eq!(refusal(result).layer, Layer::Input);
        }
    }
}

#[test]
fn taken_slug_is_conflict_at_preview_and_drift_at_apply() {
    for api_version in [V3, V4] {
        let taken = || There {
            projects: vec!["second".to_owned()],
            environments: vec!["dev".to_owned(), "testing".to_owned()],
            ..There::default()
        };
        for change in [project("second"), environment("testing")] {
            let (operator, there) = (allowing(api_version), Shared::default());
            let there_already = Rc::new(RefCell::new(taken()));
            let conflict = previewed(&operator, &there_already, change.clone());
            assert!(matches!(conflict, Err(Error::Conflict(text)) if text.contains("is taken")));
            previewed(&operator, &there, change).unwrap();
            *there.borrow_mut() = taken();
            let (result, sent) = applied(&operator, &there);
            let refusal = refusal(result);
            assert_eq!((refusal.layer, sent), (Layer::TwoPhaseConfirm, 0));
            assert!(refusal.reason.contains("the slug is taken, or the project is gone"), "{refusal:?}");
        }
        // The same name elsewhere, or another item in the same project, doesn't matter.
        for change in [environment("second"), project("testing"), invitation(&[])] {
            assert!(previewed(&allowing(api_version), &Rc::new(RefCell::new(taken())), change).is_ok());
        }
    }
}

#[test]
fn missing_project_is_drift_and_failed_lookup_keeps_its_error() {
    for (instead, is_drift) in [
        (Ok(missing()), true),
        (Ok(fault(403, "PermissionDenied", "x")), false),
        (Err(TransportError::Unreachable), false),
        (Err(TransportError::TimedOut), false),
    ] {
        for change in [environment("testing"), invitation(&[])] {
            let (operator, there) = (allowing(V4), Shared::default());
            previewed(&operator, &there, change.clone()).unwrap();
            there.borrow_mut().instead = Some(instead.clone());
            assert!(previewed(&allowing(V4), &there, change).is_err());
            let (result, sent) = applied(&operator, &there);
            assert_eq!((matches!(result, Err(Error::Refused(_))), sent), (is_drift, 0), "{instead:?} {result:?}");
        }
    }
}

#[test]
fn note_claims_no_unconfirmed_change() {
    let waits = || Ok(ok(r#"{"approval":{"id":"a"}}"#));
    let lost = || Err(TransportError::CutShort);
    for (change, answer, note) in [
        (environment("testing"), lost(), Some("Reading back doesn't show it.")),
        (project("second"), lost(), Some("The request isn't sent again. Check the state in Infisical.")),
        (invitation(&[]), lost(), Some("The request isn't sent again. Check the state in Infisical.")),
        (environment("testing"), waits(), None),
        (project("second"), waits(), None),
    ] {
        let (operator, there) = (allowing(V4), Shared::default());
        previewed(&operator, &there, change).unwrap();
        there.borrow_mut().answer = Some(answer);
        let (receipt, sent) = applied(&operator, &there);
        let step = &receipt.unwrap().steps[0];
        assert_eq!((step.note.as_deref(), sent), (note, 1), "{step:?}");
        assert_ne!(step.outcome, Outcome::Applied);
    }
}
