//! One instance of each operation and change.

use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{self, ParsedChange};
use infisical_skill_policy::{
    ApiVersion, Email, Environment, EnvironmentSlug, FolderId, FolderName, Moment, NewSecretName, Operation, Place,
    Project, ProjectSlug, Role, SecretKey, SecretName, SecretPath, Title, WriteName,
};

fn place() -> Place {
    Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::root(),
    }
}

/// One read of each kind.
pub(crate) fn operations() -> [Operation; 11] {
    let (place, project) = (place(), Project::new("p").unwrap());
    let name = SecretName::new("A").unwrap();
    [
        Operation::ListProjects { organization: None },
        Operation::ProjectById { project: project.clone() },
        Operation::ProjectBySlug { slug: project.clone() },
        Operation::ListFolders { place: place.clone(), recursive: true },
        Operation::ListSecrets { place: place.clone(), recursive: true, tags: Vec::new() },
        Operation::GetSecret { place: place.clone(), name: name.clone(), version: None },
        Operation::RevealSecret { place: place.clone(), name },
        Operation::ListTags { project: project.clone() },
        Operation::ListImports { place: place.clone() },
        Operation::ListAuditLogs {
            project,
            events: Vec::new(),
            since: Moment::new("2026-11-23T07:00:00.000Z").unwrap(),
            until: None,
            offset: 0,
            limit: 200,
        },
        Operation::ListFolders { place, recursive: false },
    ]
}

/// One change of each kind, for each API version. `value` stands wherever a change writes hidden
/// text.
pub(crate) fn changes(value: &str) -> Vec<(ApiVersion, ParsedChange)> {
    let (place, project) = (place(), Project::new("p").unwrap());
    let id = FolderId::new("f").unwrap();
    let folder = |name: &str| FolderName::new(name).unwrap();
    let secret = || SecretValue::new(value.to_owned()).unwrap();
    let comment = || Some(Comment::new(value.to_owned()).unwrap());
    let all = [
        ParsedChange::CreateSecret {
            place: place.clone(),
            name: NewSecretName::new("A").unwrap(),
            value: secret(),
            comment: comment(),
            tags: None,
        },
        ParsedChange::UpdateSecret {
            place: place.clone(),
            name: WriteName::new("A").unwrap(),
            value: Some(secret()),
            new_name: Some(NewSecretName::new("B").unwrap()),
            comment: comment(),
            tags: None,
        },
        ParsedChange::DeleteSecret { place: place.clone(), name: WriteName::new("A").unwrap() },
        ParsedChange::DeleteSecretByKey { place: place.clone(), key: SecretKey::new("a/b").unwrap() },
        ParsedChange::CreateFolder { place: place.clone(), name: folder("db") },
        ParsedChange::RenameFolder { place: place.clone(), id: id.clone(), name: folder("db") },
        ParsedChange::DeleteFolder { place, id },
        ParsedChange::CreateProject { name: Title::new("P").unwrap(), slug: ProjectSlug::new("ppppp").unwrap() },
        ParsedChange::CreateEnvironment {
            project: project.clone(),
            name: Title::new("D").unwrap(),
            slug: EnvironmentSlug::new("dev").unwrap(),
        },
        ParsedChange::InviteMembers {
            project,
            emails: vec![Email::new("a@example.com").unwrap()],
            roles: vec![Role::member()],
        },
    ];
    let read = |api_version, change: &ParsedChange| {
        let request = change.request(api_version);
        let read = change::parse(api_version, request.method, &request.path, &request.body);
        (api_version, read.expect("a change of the table"))
    };
    [ApiVersion::V3, ApiVersion::V4].into_iter().flat_map(|it| all.iter().map(move |change| read(it, change))).collect()
}
