//! The component's core with whatever a caller says and a server answers: no panic, nothing but requests of the table, and of those none that
//! reveals.

#![no_main]

use infisical_skill_guest::{
    Administration, Answer, AuditLogFilter, Change, Draft, EnvironmentCreation, Filed, FolderRename, Generation,
    Invitation, Method, Origin, Place, Policy, ProjectCreation, Recipe, Redeemed, Request, Scheme, SecretCreation,
    SecretFilter, SecretUpdate, Skill, Target, Transport, TransportError, Value, Warden, Writes,
};
use infisical_skill_policy::plan::{self, Folders};
use infisical_skill_policy::{Grant, Scopes, answers, change, route};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use std::rc::Rc;

/// What the host knows of a call.
#[derive(Default)]
struct Known {
    folders: Folders,
    filed: Option<Draft>,
    /// What may leave, once the plan is redeemed; taken off as it does.
    armed: Vec<Request>,
}

struct Server<'a> {
    generation: infisical_skill_policy::Generation,
    answers: std::slice::Split<'a, u8, fn(&u8) -> bool>,
    known: Rc<RefCell<Known>>,
}

impl Transport for Server<'_> {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        if request.method != Method::Get {
            let mut known = self.known.borrow_mut();
            assert!(!known.armed.is_empty() && known.armed.remove(0) == *request, "an unplanned request: {request:?}");
            drop(known);
            return self.answer();
        }
        let operation = route::read(self.generation, "GET", &request.path_with_query)
            .unwrap_or_else(|refusal| panic!("{refusal}: {}", request.path_with_query));
        assert!((Grant::Preview.allows(&operation) || Grant::Reads.allows(&operation)) && request.body.is_none());
        let answer = self.answer()?;
        let mut known = self.known.borrow_mut();
        for (id, name) in answers::folder_names(&answer.body) {
            known.folders.note(&id, &name);
        }
        drop(known);
        Ok(answer)
    }
}

impl Server<'_> {
    fn answer(&mut self) -> Result<Answer, TransportError> {
        let (status, body) = self.answers.next().and_then(<[u8]>::split_first).ok_or(TransportError::CutShort)?;
        let status = [200, 200, 200, 400, 401, 403, 404, 422, 429, 500, 302][usize::from(*status) % 11];
        Ok(Answer { status, content_type: Some("application/json".into()), retry_after: None, body: body.to_vec() })
    }
}

struct Host(Generation, Rc<RefCell<Known>>);

impl Warden for Host {
    fn policy(&self) -> Policy {
        Policy {
            origin: Origin { scheme: Scheme::Https, authority: "vault.example".into() },
            organization: Some("org".into()),
            project: Some("9cefc4fb-34fd-432a-806c-8efb3307c759".into()),
            environment: Some("dev".into()),
            path: None,
            scopes: None,
            reveal: false,
            reveal_scopes: None,
            writes: Writes::On,
            write_identity: true,
            max_changes: 20,
            acknowledge_above: 5,
            administration: true,
        }
    }

    fn find_generation(&self) -> Option<Generation> {
        Some(self.0)
    }

    fn file(&self, draft: &Draft) -> Option<Filed> {
        let generation = match self.0 {
            Generation::V3 => infisical_skill_policy::Generation::V3,
            Generation::V4 => infisical_skill_policy::Generation::V4,
        };
        let request = |request: &Request| change::ChangeRequest {
            method: match request.method {
                Method::Get => panic!("a read in a plan"),
                Method::Post => change::Method::Post,
                Method::Patch => change::Method::Patch,
                Method::Delete => change::Method::Delete,
            },
            path: request.path_with_query.clone(),
            body: String::from_utf8(request.body.clone().unwrap()).unwrap().into(),
        };
        let requests = draft.requests.iter().map(request).collect();
        let mut known = self.1.borrow_mut();
        let phrase = draft.acknowledge.as_deref();
        // A server may name folders so that the host takes no id of it. Anything else would be the component's mistake.
        let scopes = Scopes::everything().with_administration(true);
        let gives_a_title = draft
            .requests
            .iter()
            .any(|it| ["/projects", "/workspace"].iter().any(|part| it.path_with_query.contains(part)));
        match plan::check(generation, &scopes, &known.folders, (20, 5), requests, phrase) {
            Ok(_) => {}
            // What combines or has no shape, the host knows better.
            Err(plan::DraftRefusal::Change(change::ChangeRefusal::Field("name" | "projectName"))) if gives_a_title => {
                return None;
            }
            Err(plan::DraftRefusal::UnknownFolder) => return None,
            Err(refusal) => panic!("{refusal}: {draft:?}"),
        }
        known.filed = Some(draft.clone());
        Some(Filed { plan: "p".into(), expires: String::new(), requests: Vec::new(), approval: None })
    }

    fn redeem(&self, _plan: &str, _acknowledge: Option<&str>) -> Option<Redeemed> {
        let mut known = self.1.borrow_mut();
        let Draft { requests, payload, .. } = known.filed.take()?;
        known.armed.clone_from(&requests);
        Some(Redeemed { requests, payload })
    }

    fn count_references(&self, _: &str, _: &str, _: &str, _: Option<&str>) -> Option<u32> {
        Some(1)
    }

    fn random_bytes(&self, count: usize) -> Vec<u8> {
        vec![7; count]
    }
}

type Input = (bool, Option<String>, Option<String>, Option<String>, String, bool, Vec<(u8, String, String)>, Vec<u8>);

fuzz_target!(|input: Input| {
    let (old, project, environment, path, name, recursive, changes, bytes) = input;
    let (generation, route_generation) = if old {
        (Generation::V3, infisical_skill_policy::Generation::V3)
    } else {
        (Generation::V4, infisical_skill_policy::Generation::V4)
    };
    let is_end: fn(&u8) -> bool = |byte| *byte == 0;
    let known = Rc::new(RefCell::new(Known::default()));
    let server = Server { generation: route_generation, answers: bytes.split(is_end), known: Rc::clone(&known) };
    let mut skill = Skill::new(server, Host(generation, Rc::clone(&known)));
    let at = Place { project, environment, path };
    let changes: Vec<Change> = changes.into_iter().map(|(kind, name, text)| as_change(kind, &at, name, text)).collect();
    if let Ok(preview) = skill.preview(&changes) {
        assert!(known.borrow().armed.is_empty());
        let _ = skill.apply("p", preview.acknowledge.as_deref());
    }
    known.borrow_mut().armed.clear();
    let filter = SecretFilter { recursive, name_contains: Some(name.clone()), tags: Vec::new() };
    let _ = skill.list_projects();
    let _ = skill.list_folders(&at, recursive);
    let _ = skill.list_secrets(&at, &filter);
    let _ = skill.get_secret(&at, &name, None);
    let logs = AuditLogFilter {
        project: at.project.clone(),
        events: vec![name.clone()],
        actor: Some(name.clone()),
        since: "2026-11-23T00:00:00.000Z".to_owned(),
        until: at.path.clone(),
        offset: u32::from(recursive),
        limit: 2,
    };
    let _ = skill.list_audit_logs(&logs);
    assert!(skill.reveal_secret(&at, &name).is_err());
});

fn as_change(kind: u8, at: &Place, name: String, text: String) -> Change {
    let at = at.clone();
    match kind % 10 {
        0 => Change::CreateSecret(SecretCreation {
            at,
            name,
            value: Value::Literal(text),
            comment: None,
            tags: Vec::new(),
        }),
        1 => Change::UpdateSecret(SecretUpdate {
            at,
            name,
            new_name: None,
            value: Some(Value::Literal(text)),
            comment: None,
            tags: None,
        }),
        2 => {
            let value = Some(Value::Generated(Recipe { length: 20, alphabet: None }));
            Change::UpdateSecret(SecretUpdate {
                at,
                name,
                new_name: Some(text),
                value,
                comment: Some(String::new()),
                tags: None,
            })
        }
        3 => Change::DeleteSecret(Target { at, name }),
        4 => Change::CreateFolder(Target { at, name }),
        5 => Change::RenameFolder(FolderRename { at, name, new_name: text }),
        6 => Change::DeleteFolder(Target { at, name }),
        7 => Administration::CreateProject(ProjectCreation { name, slug: text }).into(),
        8 => Administration::CreateEnvironment(EnvironmentCreation { project: at.project, name, slug: text }).into(),
        _ => {
            let texts = |text: String| text.split(',').map(str::to_owned).collect();
            Administration::InviteMembers(Invitation { project: at.project, emails: texts(name), roles: texts(text) })
                .into()
        }
    }
}
