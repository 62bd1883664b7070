//! Tests what the host itself compares before the first request of a plan leaves, whatever the
//! component reads.

use super::*;
use crate::model::error::Layer;
use infisical_emulator::{Fault, RequestMatch};
use infisical_skill_policy::change::ParsedChange;
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::{Email, EnvironmentSlug, Project, ProjectSlug, Role, Title};

fn administered(api_version: ApiVersion) -> Stage {
    let spoken = if api_version == ApiVersion::V3 { ReportedBy::V3 } else { ReportedBy::V4 };
    let emulator = Emulator::builder().api_version(spoken).seed(Seed::demo()).start_now().unwrap();
    let rules = ChangeRules { administration: true, approval: ApprovalPolicy::None, ..ChangeRules::default() };
    Stage::ruled(emulator, Scopes::everything().with_administration(true), rules)
}

fn new_project(slug: &str) -> ParsedChange {
    ParsedChange::CreateProject { name: Title::new("New").unwrap(), slug: ProjectSlug::new(slug).unwrap() }
}

impl Stage {
    fn project(&self) -> Project {
        Project::new(self.emulator.project_id()).unwrap()
    }

    fn new_environment(&self) -> ParsedChange {
        let (name, slug) = (Title::new("Testing").unwrap(), EnvironmentSlug::new("testing").unwrap());
        ParsedChange::CreateEnvironment { project: self.project(), name, slug }
    }

    fn invitation(&self) -> ParsedChange {
        let (emails, roles) = (vec![Email::new("dana@example.com").unwrap()], vec![Role::member()]);
        ParsedChange::InviteMembers { project: self.project(), emails, roles }
    }

    /// Files an administrative change as a component does that reads nothing. Gives the plan and
    /// its confirmation phrase.
    async fn file_blindly(&self, change: &ParsedChange) -> Result<(String, String), GateError> {
        let asked = match change {
            ParsedChange::CreateProject { name, slug } => {
                AskedChange::CreateProject { name: name.as_str().to_owned(), slug: slug.as_str().to_owned() }
            }
            ParsedChange::CreateEnvironment { project, name, slug } => AskedChange::CreateEnvironment {
                project: Some(project.clone()),
                name: name.as_str().to_owned(),
                slug: slug.as_str().to_owned(),
            },
            ParsedChange::InviteMembers { project, emails, roles } => AskedChange::InviteMembers {
                project: Some(project.clone()),
                emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
                roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            },
            other => panic!("{other:?}"),
        };
        let phrase = infisical_skill_policy::change::acknowledgement::phrase(
            self.api_version,
            std::slice::from_ref(change),
            5,
            |_| None,
        );
        let phrase = phrase.unwrap();
        let gate = self.sent_to(Grant::Preview, CallPurpose::Preview(vec![asked]));
        let filed = gate.file(vec![change.request(self.api_version)], b"", Some(&phrase)).await?;
        Ok((filed.0.plan, phrase))
    }

    /// Applies the plan as a component does that reads nothing. Gives the gate and the server's
    /// status.
    async fn apply_blindly(
        &self,
        change: &ParsedChange,
        (plan, phrase): &(String, String),
    ) -> (Gate, Result<u16, GateError>) {
        let gate = self.applying(plan, Some(phrase));
        gate.redeem(plan, Some(phrase)).unwrap();
        let sent = self.send(&gate, &change.request(self.api_version)).await;
        (gate, sent)
    }
}

/// The route that looks projects up by id.
fn projects(api_version: ApiVersion) -> &'static str {
    if api_version == ApiVersion::V3 { "/api/v1/workspace/" } else { "/api/v1/projects/" }
}

fn is_drift(gate: &Gate) -> bool {
    gate.cause().is_some_and(|cause| {
        cause.layer() == Some(Layer::TwoPhaseConfirm) && cause.reason().contains("changed since the preview")
    })
}

#[tokio::test]
async fn refuses_an_environment_created_since_the_preview() {
    for api_version in API_VERSIONS {
        let stage = administered(api_version);
        let change = stage.new_environment();
        let first = stage.file_blindly(&change).await.unwrap();
        let second = stage.file_blindly(&change).await.unwrap();
        assert_eq!(stage.apply_blindly(&change, &first).await.1, Ok(200), "nothing changed yet");
        let (gate, sent) = stage.apply_blindly(&change, &second).await;
        assert_eq!(sent, Err(GateError::Denied));
        assert!(is_drift(&gate), "{:?}", gate.cause());
        assert_eq!(stage.changes().len(), 1);
    }
}

/// The read identity doesn't see the project at the preview, and sees it afterwards.
#[tokio::test]
async fn refuses_a_project_created_since_the_preview() {
    for api_version in API_VERSIONS {
        let stage = administered(api_version);
        let change = new_project("agent-vault");
        let path = if api_version == ApiVersion::V3 { "/api/v2/workspace/" } else { "/api/v1/projects/slug/" };
        stage.emulator.fail_next_matching(1, RequestMatch::any().path_prefix(path), Fault::Status(403));
        let plan = stage.file_blindly(&change).await.unwrap();
        let (gate, sent) = stage.apply_blindly(&change, &plan).await;
        assert_eq!(sent, Err(GateError::Denied));
        assert!(is_drift(&gate), "{:?}", gate.cause());
        assert!(stage.changes().is_empty());
    }
}

#[tokio::test]
async fn refuses_invitation_to_a_project_deleted_since_preview() {
    for api_version in API_VERSIONS {
        for status in [403, 404] {
            let stage = administered(api_version);
            let change = stage.invitation();
            let plan = stage.file_blindly(&change).await.unwrap();
            let lookup = RequestMatch::any().method("GET").path_prefix(projects(api_version));
            stage.emulator.fail_next_matching(1, lookup, Fault::Status(status));
            let (gate, sent) = stage.apply_blindly(&change, &plan).await;
            assert_eq!(sent, Err(GateError::Denied));
            assert!(is_drift(&gate), "{:?}", gate.cause());
            assert!(stage.changes().is_empty());
        }
    }
}

/// A project that the read identity can't see fails no preview: the server decides on the change
/// later.
#[tokio::test]
async fn object_hidden_from_the_read_identity_is_no_drift() {
    for api_version in API_VERSIONS {
        let stage = administered(api_version);
        let lookup = RequestMatch::any().method("GET").path_prefix(projects(api_version));
        stage.emulator.fail_next_matching(9, lookup, Fault::Status(403));
        let unseen = stage.invitation();
        let plan = stage.file_blindly(&unseen).await.unwrap();
        assert!(stage.apply_blindly(&unseen, &plan).await.1.is_ok());
        stage.emulator.clear_faults();
        let absent = new_project("second-vault");
        let plan = stage.file_blindly(&absent).await.unwrap();
        assert!(stage.apply_blindly(&absent, &plan).await.1.is_ok());
        assert_eq!(stage.changes().len(), 2, "both reached the server");
    }
}
