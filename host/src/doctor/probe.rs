//! The requests of `--probe`, on the read identity alone: to delete a folder that doesn't exist,
//! and to read one value. The server must refuse both.

use super::asked::Rights;
use super::rights::{LATE, READER};
use super::server::LoggedIn;
use super::{Check, Log};
use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use crate::client::exchange::{bearer, failure_of, get};
use crate::client::transport::{Answer, Connection, Outgoing, Route};
use crate::model::error::Error;
use crate::model::secrets::{Place as Named, SecretFilter};
use crate::skill::Skill;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use infisical_skill_audit::Act;
use infisical_skill_policy::answers::refuses_address;
use infisical_skill_policy::{
    ApiVersion, Environment, IdentityKind, Operation, Place, Project, SecretName, SecretPath,
};
use secrecy::ExposeSecret;
use serde_json::json;

/// The project in which the requests are tried.
pub(super) struct ProbeProject {
    /// The project's slug, as it is displayed.
    pub(super) slug: String,
    pub(super) project: Project,
    /// The project's environments in scope.
    pub(super) environments: Vec<String>,
}

pub(super) struct Probe<'a> {
    pub(super) skill: &'a Skill,
    pub(super) log: &'a Log,
    pub(super) api_version: ApiVersion,
    pub(super) read: &'a LoggedIn,
}

impl Probe<'_> {
    /// Chooses a folder in scope where the write identity may delete folders, if that is known.
    ///
    /// The server refuses a writer elsewhere too, so a refusal there would prove little.
    pub(super) fn place(&self, project: &ProbeProject, writer: &Rights) -> Option<Place> {
        let defaults = self.skill.defaults();
        let environment = defaults.environment.as_deref().filter(|it| project.environments.iter().any(|its| its == it));
        let environment = environment.or(project.environments.first().map(String::as_str));
        let path = defaults.path.as_deref().unwrap_or("/");
        let default = environment.map(|environment| (environment.to_owned(), path.to_owned()));
        let mut candidates: Vec<(String, String)> = Vec::new();
        if let Rights::Audited(writer) = writer {
            let deletes = writer.may("delete", "secret-folders");
            let admitted =
                default.clone().filter(|(environment, path)| deletes.admits(environment, path) == Some(true));
            candidates.extend(admitted.or_else(|| deletes.example(environment)));
        }
        candidates.extend(default);
        let scopes = self.skill.shared().scopes.as_slice().unwrap_or_default();
        candidates.extend(scopes.iter().filter(|scope| scope.project == project.project).filter_map(|scope| {
            let environment = scope.environments.first().map(|it| it.as_str()).or(environment)?;
            let path = scope.paths.first().map_or("/", |path| path.as_str());
            Some((environment.to_owned(), path.to_owned()))
        }));
        let place = |(environment, path): (String, String)| {
            Some(Place {
                project: project.project.clone(),
                environment: Environment::new(environment).ok()?,
                path: SecretPath::new(path).ok()?,
            })
        };
        let in_scope = |place: &Place| {
            let look = Operation::ListFolders { place: place.clone(), recursive: false };
            self.skill.shared().scopes.check(&look).is_ok()
        };
        candidates.into_iter().filter_map(place).find(in_scope)
    }

    /// Tries to delete a folder with a random id. The server checks the permission before it looks
    /// for the folder (observed on both API versions): without the permission the answer is 403,
    /// with it 404. For a secret that doesn't exist, a current server answers 404 to everybody.
    pub(super) async fn folder(&self, project: &ProbeProject, place: &Place) -> Check {
        const NAME: &str = "read rights, tried";
        let shown = format!("{}, {}:{}", project.slug, place.environment.as_str(), place.path.as_str());
        let answer = match self.delete_folder(place).await {
            Ok(answer) => answer,
            Err(error) => return Check::error(NAME, &error),
        };
        let failure = failure_of(&answer);
        let is_permission = failure.is_from_infisical()
            && !failure.wants_login()
            && !refuses_address(answer.status, answer.content_type.as_deref(), &answer.body);
        match answer.status {
            403 if is_permission => {
                Check::good(NAME, format!("in {shown} the server refuses the read identity the deletion of a folder"))
            }
            404 if is_permission && !failure.is_unknown_route() => Check::bad(
                NAME,
                format!("in {shown} the read identity may delete folders: the server only missed the folder"),
                format!("{READER}. {LATE}"),
            ),
            status => Check::unknown(
                NAME,
                format!("in {shown} the server answered with HTTP status {status}, which says neither"),
                "look at the identity's roles and additional privileges in Infisical",
            ),
        }
    }

    async fn delete_folder(&self, place: &Place) -> Result<Answer, Error> {
        let id = random_uuid()?;
        let (environment, path) = (place.environment.as_str(), place.path.as_str());
        self.record(&format!("delete the folder {id}, which can't exist, in {environment}:{path}"))?;
        let audited = self.log.note().await?;
        let (route, project_key) = match self.api_version {
            ApiVersion::V3 => (format!("/api/v1/folders/{id}"), "workspaceId"),
            ApiVersion::V4 => (format!("/api/v2/folders/{id}"), "projectId"),
        };
        let body = json!({ project_key: place.project.as_str(), "environment": environment, "path": path });
        let bearer = bearer(self.read.token.expose_secret()).map_err(|error| error.into_error(self.skill.origin()))?;
        let json = HeaderValue::from_static("application/json");
        let headers = [(ACCEPT, json.clone()), (CONTENT_TYPE, json), (AUTHORIZATION, bearer)];
        let delete = Outgoing {
            route: Route { name: "doctor's probe", identity: IdentityKind::Read },
            method: http::Method::DELETE,
            path_and_query: &route,
            headers: &headers,
            body: Bytes::from(body.to_string()),
            connection: Connection::Kept,
        };
        let answer = self.skill.shared().transport.send(audited, delete, self.log.deadline()).await;
        answer.map_err(|error| error.into_error(self.skill.origin()))
    }

    /// Tries to read one value, which the server should refuse. If a value arrives, it is dropped
    /// unread and its memory is zeroed.
    pub(super) async fn value(&self, project: &ProbeProject, place: &Place) -> Check {
        const NAME: &str = "values, tried";
        let at = |path: &str| Named {
            project: Some(place.project.as_str().to_owned()),
            environment: Some(place.environment.as_str().to_owned()),
            path: Some(path.to_owned()),
        };
        // The place where the folder was tried may hold no secret.
        let scope_path = self.skill.defaults().path.clone().unwrap_or_else(|| "/".to_owned());
        let mut found = None;
        for path in [place.path.as_str(), &scope_path] {
            let filter = SecretFilter { recursive: true, ..SecretFilter::default() };
            match self.skill.list_secrets(at(path), filter).await {
                Ok(listing) => found = listing.secrets.into_iter().next(),
                Err(error) => {
                    return Check::unknown(
                        NAME,
                        format!("no secret to try it with: {}", error.reason()),
                        error.remedy(),
                    );
                }
            }
            if found.is_some() {
                break;
            }
        }
        let shown = format!("{}, {}", project.slug, place.environment.as_str());
        let secret = found.and_then(|secret| {
            let place = Place { path: SecretPath::new(secret.path).ok()?, ..place.clone() };
            Some(Operation::RevealSecret { place, name: SecretName::new(secret.name).ok()? })
        });
        let Some(operation) = secret else {
            return Check::unknown(
                NAME,
                format!("in {shown} the read identity sees no secret to try it with"),
                "configure a default place where there is one, and run this again",
            );
        };
        let answer = match self.get_value(&operation).await {
            Ok(answer) => answer,
            Err(error) => return Check::error(NAME, &error),
        };
        let is_address = refuses_address(answer.status, answer.content_type.as_deref(), &answer.body);
        match answer.status {
            403 if !is_address && is_refusal(&answer) => {
                Check::good(NAME, format!("in {shown} the server refuses the read identity the value of a secret"))
            }
            200 => Check::warning(
                NAME,
                format!("in {shown} the read identity can read values: the server sent one, which was dropped unread"),
                format!("{READER}. {LATE}"),
            ),
            status => Check::unknown(
                NAME,
                format!("in {shown} the server answered with HTTP status {status}, which says neither"),
                "look at the identity's roles and additional privileges in Infisical",
            ),
        }
    }

    async fn get_value(&self, operation: &Operation) -> Result<Answer, Error> {
        self.record("get the value of a secret, which should be refused")?;
        let audited = self.log.note().await?;
        let route = operation.path_and_query(self.api_version);
        let (transport, token) = (&self.skill.shared().transport, self.read.token.expose_secret());
        let deadline = self.log.deadline();
        let answer = get(transport, audited, "doctor's probe", &route, token, Connection::Own, deadline).await;
        answer.map_err(|error| error.into_error(self.skill.origin()))
    }

    /// Records a request on disk before it is sent.
    fn record(&self, what: &str) -> Result<(), Error> {
        self.skill.record_operator(Act::Probe, None, vec![what.to_owned()], None)
    }
}

/// Whether Infisical itself refused: a proxy's login page can also be a 403. The name of this error
/// isn't among those that the component gets.
fn is_refusal(answer: &Answer) -> bool {
    #[derive(serde::Deserialize)]
    struct Body {
        error: String,
    }
    let failure = failure_of(answer);
    let named = serde_json::from_slice::<Body>(&answer.body).is_ok_and(|body| body.error == "ForbiddenReadSecretError");
    named || (failure.is_from_infisical() && !failure.wants_login())
}

fn random_uuid() -> Result<String, Error> {
    let mut bytes = [0; 16];
    fill_random(&mut bytes).map_err(|_| Error::Sandbox("this machine's random number generator fails".to_owned()))?;
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let hex = to_hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_folder_id_is_a_random_uuid() {
        let ids = [random_uuid().unwrap(), random_uuid().unwrap()];
        assert_ne!(ids[0], ids[1]);
        for id in ids {
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }
}
