//! The component's core with whatever a caller says and a server answers: no panic, nothing but requests of the table, and of those none that
//! reveals.

#![no_main]

use infisical_skill_guest::{
    Answer, Generation, Origin, Place, Policy, Request, Scheme, SecretFilter, Skill, Transport, TransportError, Warden,
};
use infisical_skill_policy::{Grant, route};
use libfuzzer_sys::fuzz_target;

struct Server<'a> {
    generation: infisical_skill_policy::Generation,
    answers: std::slice::Split<'a, u8, fn(&u8) -> bool>,
}

impl Transport for Server<'_> {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        let operation = route::read(self.generation, "GET", &request.path_with_query)
            .unwrap_or_else(|refusal| panic!("{refusal}: {}", request.path_with_query));
        assert!(Grant::Reads.allows(&operation) && request.body.is_none());
        let (status, body) = self.answers.next().and_then(<[u8]>::split_first).ok_or(TransportError::CutShort)?;
        let status = [200, 200, 200, 400, 401, 403, 404, 422, 429, 500, 302][usize::from(*status) % 11];
        Ok(Answer { status, content_type: Some("application/json".into()), retry_after: None, body: body.to_vec() })
    }
}

struct Host(Generation);

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
        }
    }

    fn find_generation(&self) -> Option<Generation> {
        Some(self.0)
    }
}

fuzz_target!(|input: (bool, Option<String>, Option<String>, Option<String>, String, bool, Vec<u8>)| {
    let (old, project, environment, path, name, recursive, bytes) = input;
    let (generation, route_generation) = if old {
        (Generation::V3, infisical_skill_policy::Generation::V3)
    } else {
        (Generation::V4, infisical_skill_policy::Generation::V4)
    };
    let is_end: fn(&u8) -> bool = |byte| *byte == 0;
    let mut skill = Skill::new(Server { generation: route_generation, answers: bytes.split(is_end) }, Host(generation));
    let at = Place { project, environment, path };
    let filter = SecretFilter { recursive, name_contains: Some(name.clone()), tags: Vec::new() };
    let _ = skill.list_projects();
    let _ = skill.list_folders(&at, recursive);
    let _ = skill.list_secrets(&at, &filter);
    let _ = skill.get_secret(&at, &name, None);
    assert!(skill.reveal_secret(&at, &name).is_err());
});
