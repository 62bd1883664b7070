//! A small emulated server: its content, the requests that it got, and the faults to come.

use crate::testing::{PROJECT, Script, answer, fault, ok};
use crate::{Answer, ApiVersion, Method, Request, TransportError};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A value that is stored before any change.
pub(super) const STORED: &str = "CANARY-STORED";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredSecret {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) value: String,
    pub(super) comment: String,
    pub(super) tags: Vec<String>,
}

/// A fault: whether the change is made all the same, and what is answered.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) is_made: bool,
    pub(super) answer: Result<Answer, TransportError>,
}

pub(super) struct World {
    api_version: ApiVersion,
    pub(super) secrets: Vec<StoredSecret>,
    /// Paths and ids.
    pub(super) folders: Vec<(String, String)>,
    pub(super) faults: VecDeque<Option<Fault>>,
    /// Whether reads fail after the first change.
    pub(super) is_blind_after: bool,
    changes: u32,
    ids: u32,
}

pub(super) type Shared = Rc<RefCell<World>>;

pub(super) fn world(api_version: ApiVersion) -> Shared {
    let folders = vec![("/app".to_owned(), "f-app".to_owned()), ("/app/db".to_owned(), "f-db".to_owned())];
    let mut world = World {
        api_version,
        secrets: Vec::new(),
        folders,
        faults: VecDeque::new(),
        is_blind_after: false,
        changes: 0,
        ids: 0,
    };
    for (path, name) in
        [("/app", "DB_PASSWORD"), ("/app", "API_KEY"), ("/app/db", "URL"), ("/app", "a/b"), ("/", "ROOT")]
    {
        world.add(path, name, STORED);
    }
    Rc::new(RefCell::new(world))
}

/// A transport to this server.
pub(super) fn script(world: &Shared) -> Script {
    let world = Rc::clone(world);
    Script { server: Some(Box::new(move |request| world.borrow_mut().serve(request))), ..Script::default() }
}

impl World {
    pub(super) fn add(&mut self, path: &str, name: &str, value: &str) {
        self.ids += 1;
        let id = format!("s-{}", self.ids);
        let (path, name, value) = (path.to_owned(), name.to_owned(), value.to_owned());
        let tags = vec!["infra".to_owned()];
        self.secrets.push(StoredSecret {
            path,
            name,
            id,
            version: 4,
            value,
            comment: "CANARY-COMMENT".to_owned(),
            tags,
        });
    }

    pub(super) fn get(&self, path: &str, name: &str) -> Option<&StoredSecret> {
        self.secrets.iter().find(|stored| stored.path == path && stored.name == name)
    }

    pub(super) fn get_mut(&mut self, path: &str, name: &str) -> &mut StoredSecret {
        self.secrets.iter_mut().find(|stored| stored.path == path && stored.name == name).unwrap()
    }

    fn serve(&mut self, request: &Request) -> Result<Answer, TransportError> {
        let (path, query) = request.path_with_query.split_once('?').unwrap_or((&request.path_with_query, ""));
        if request.method == Method::Get {
            assert!(request.body.is_none());
            if self.is_blind_after && self.changes > 0 {
                return Err(TransportError::Unreachable);
            }
            return Ok(self.read(path, query));
        }
        let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        self.changes += 1;
        match self.faults.pop_front().flatten() {
            None => Ok(self.change(request.method, path, &body)),
            Some(Fault { is_made, answer }) => {
                if is_made {
                    self.change(request.method, path, &body);
                }
                answer
            }
        }
    }

    fn read(&self, path: &str, query: &str) -> Answer {
        let parameter = |key: &str| {
            let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(found, _)| *found == key));
            pair.map(|(_, value)| decode(value)).unwrap_or_default()
        };
        let is_recursive = parameter("recursive") == "true";
        let below = |folder: &str, path: &str| {
            path == folder || (is_recursive && path.starts_with(&format!("{}/", folder.trim_end_matches('/'))))
        };
        if path.ends_with("/tags") {
            let tags = json!([{ "id": "t-1", "slug": "infra" }, { "id": "t-2", "slug": "db" }]);
            let key = if self.api_version == ApiVersion::V3 { "workspaceTags" } else { "tags" };
            return ok(&json!({ key: tags }).to_string());
        }
        if path.contains("slug/") || path.starts_with("/api/v2/workspace/") {
            let project = json!({ "id": PROJECT, "slug": "vault", "name": "Vault", "environments": [] });
            return ok(&project.to_string());
        }
        if path.contains("/secrets") {
            let at = parameter("secretPath");
            if at != "/" && !self.folders.iter().any(|(path, _)| *path == at) {
                return match self.api_version {
                    ApiVersion::V3 => ok(r#"{"secrets":[],"imports":[]}"#),
                    ApiVersion::V4 => fault(404, "SecretPathNotFound", "Folder with path"),
                };
            }
            let listed = self.secrets.iter().filter(|stored| below(&at, &stored.path)).map(|stored| stored.json());
            return ok(&json!({ "secrets": listed.collect::<Vec<_>>() }).to_string());
        }
        let at = parameter("path");
        let parent = at.trim_end_matches('/');
        let listed = self.folders.iter().filter_map(|(path, id)| {
            let rest = path.strip_prefix(parent)?.strip_prefix('/')?;
            let name = rest.rsplit('/').next()?;
            (is_recursive || name == rest)
                .then(|| json!({ "id": id, "name": name, "relativePath": format!("/{rest}") }))
        });
        ok(&json!({ "folders": listed.collect::<Vec<_>>() }).to_string())
    }

    fn change(&mut self, method: Method, path: &str, body: &Value) -> Answer {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        if path.contains("/folders") {
            return self.change_folder(method, path, &text("path").unwrap(), text("name"));
        }
        let at = text("secretPath").unwrap();
        let name = if path.contains("/batch") {
            body["secrets"][0]["secretKey"].as_str().unwrap().to_owned()
        } else {
            decode(path.rsplit('/').next().unwrap())
        };
        let found = self.secrets.iter().position(|stored| stored.path == at && stored.name == name);
        let tags = body["tagIds"]
            .as_array()
            .map(|ids| ids.iter().map(|id| if id == "t-1" { "infra" } else { "db" }.to_owned()).collect::<Vec<_>>());
        match (method, found) {
            (Method::Post, Some(_)) => fault(400, "BadRequest", "Secret already exist"),
            (Method::Post, None) => {
                self.add(&at, &name, &text("secretValue").unwrap());
                let stored = self.secrets.last_mut().unwrap();
                stored.version = 1;
                stored.comment = text("secretComment").unwrap_or_default();
                stored.tags = tags.unwrap_or_default();
                ok(&json!({ "secret": stored.json() }).to_string())
            }
            (_, None) => fault(404, "NotFound", "Secret with name"),
            (Method::Delete, Some(found)) => {
                let gone = self.secrets.remove(found).json();
                let secrets = path.contains("/batch");
                ok(&if secrets { json!({ "secrets": [gone] }) } else { json!({ "secret": gone }) }.to_string())
            }
            (_, Some(found)) => {
                let stored = &mut self.secrets[found];
                stored.version += 1;
                stored.value = text("secretValue").unwrap_or_else(|| stored.value.clone());
                stored.comment = text("secretComment").unwrap_or_else(|| stored.comment.clone());
                stored.name = text("newSecretName").unwrap_or_else(|| name.clone());
                stored.tags = tags.unwrap_or_else(|| stored.tags.clone());
                let answer = ok(&json!({ "secret": stored.json() }).to_string());
                if let (ApiVersion::V4, Some(new_name)) = (self.api_version, text("newSecretName")) {
                    self.rewrite_references(&at, &name, &new_name);
                }
                answer
            }
        }
    }

    /// Rewrites references as a current server does (recorded-v4, exchange 323). Handles only
    /// references within the same folder, which is enough here.
    fn rewrite_references(&mut self, at: &str, old: &str, new: &str) {
        let (old, new) = (format!("${{{old}}}"), format!("${{{new}}}"));
        for stored in self.secrets.iter_mut().filter(|stored| stored.path == at && stored.value.contains(&old)) {
            stored.value = stored.value.replace(&old, &new);
            stored.version += 1;
        }
    }

    fn change_folder(&mut self, method: Method, path: &str, parent: &str, name: Option<String>) -> Answer {
        let child = |name: &str| format!("{}/{name}", parent.trim_end_matches('/'));
        let done = |id: &str| ok(&json!({ "folder": { "id": id, "name": "n" } }).to_string());
        if method == Method::Post {
            self.ids += 1;
            let id = format!("f-{}", self.ids);
            self.folders.push((child(&name.unwrap()), id.clone()));
            return done(&id);
        }
        let id = path.rsplit('/').next().unwrap();
        let Some((old, _)) = self.folders.iter().find(|(_, known)| known == id).cloned() else {
            return fault(404, "NotFound", "Folder with ID");
        };
        let is_in = |path: &str| path == old || path.starts_with(&format!("{old}/"));
        if let Some(name) = name {
            let moved = |path: &mut String| {
                if is_in(path) {
                    *path = path.replacen(&old, &child(&name), 1);
                }
            };
            self.folders.iter_mut().for_each(|(path, _)| moved(path));
            self.secrets.iter_mut().for_each(|stored| moved(&mut stored.path));
        } else {
            self.folders.retain(|(path, _)| !is_in(path));
            self.secrets.retain(|stored| !is_in(&stored.path));
        }
        done(id)
    }
}

impl StoredSecret {
    fn json(&self) -> Value {
        let tags: Vec<Value> = self.tags.iter().map(|slug| json!({ "id": "t", "slug": slug })).collect();
        json!({
            "id": self.id, "secretKey": self.name, "secretPath": self.path, "environment": "dev",
            "version": self.version, "secretValue": self.value, "secretComment": self.comment, "tags": tags,
        })
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&others[..2]).unwrap(), 16).unwrap());
            rest = &others[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// An error answer.
pub(super) fn went_wrong(status: u16) -> Result<Answer, TransportError> {
    Ok(answer(status, "{}"))
}
