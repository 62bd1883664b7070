//! One of each operation and change that there is.

use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{self, Change};
use infisical_skill_policy::{
    Email, Environment, EnvironmentSlug, FolderId, FolderName, Generation, Moment, NewSecretName, Operation, Place,
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

/// One change of each kind, with `value` wherever a change writes something that is hidden: as each generation's requests have it.
pub(crate) fn changes(value: &str) -> Vec<(Generation, Change)> {
    let (place, project) = (place(), Project::new("p").unwrap());
    let id = FolderId::new("f").unwrap();
    let folder = |name: &str| FolderName::new(name).unwrap();
    let secret = || SecretValue::new(value.to_owned()).unwrap();
    let comment = || Some(Comment::new(value.to_owned()).unwrap());
    let all = [
        Change::CreateSecret {
            place: place.clone(),
            name: NewSecretName::new("A").unwrap(),
            value: secret(),
            comment: comment(),
            tags: None,
        },
        Change::UpdateSecret {
            place: place.clone(),
            name: WriteName::new("A").unwrap(),
            value: Some(secret()),
            new_name: Some(NewSecretName::new("B").unwrap()),
            comment: comment(),
            tags: None,
        },
        Change::DeleteSecret { place: place.clone(), name: WriteName::new("A").unwrap() },
        Change::DeleteSecretByKey { place: place.clone(), key: SecretKey::new("a/b").unwrap() },
        Change::CreateFolder { place: place.clone(), name: folder("db") },
        Change::RenameFolder { place: place.clone(), id: id.clone(), name: folder("db") },
        Change::DeleteFolder { place, id },
        Change::CreateProject { name: Title::new("P").unwrap(), slug: ProjectSlug::new("ppppp").unwrap() },
        Change::CreateEnvironment {
            project: project.clone(),
            name: Title::new("D").unwrap(),
            slug: EnvironmentSlug::new("dev").unwrap(),
        },
        Change::InviteMembers {
            project,
            emails: vec![Email::new("a@example.com").unwrap()],
            roles: vec![Role::member()],
        },
    ];
    let read = |generation, change: &Change| {
        let request = change.request(generation);
        let read = change::read(generation, request.method, &request.path, &request.body);
        (generation, read.expect("a change of the table"))
    };
    [Generation::V3, Generation::V4].into_iter().flat_map(|it| all.iter().map(move |change| read(it, change))).collect()
}
