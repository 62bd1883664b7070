//! The table of administrative changes (docs/routes.md, "Changes"), request by request.

use infisical_skill_policy::change::{self, ChangeRefusal, Method, ParsedChange};
use infisical_skill_policy::{ApiVersion, Email, EnvironmentSlug, Project, ProjectSlug, Role, Title};

fn read(api_version: ApiVersion, method: &str, path: &str, body: &str) -> Result<ParsedChange, ChangeRefusal> {
    change::parse(api_version, Method::named(method).unwrap(), path, body)
}

fn v4(path: &str, body: &str) -> Result<ParsedChange, ChangeRefusal> {
    read(ApiVersion::V4, "POST", path, body)
}

fn v3(path: &str, body: &str) -> Result<ParsedChange, ChangeRefusal> {
    read(ApiVersion::V3, "POST", path, body)
}

const PROJECTS: &str = "/api/v1/projects";
const ENVIRONMENTS: &str = "/api/v1/projects/p1/environments";
const MEMBERSHIPS: &str = "/api/v1/projects/p1/memberships";
const OLD_PROJECTS: &str = "/api/v2/workspace";
const OLD_ENVIRONMENTS: &str = "/api/v1/workspace/p1/environments";
const OLD_MEMBERSHIPS: &str = "/api/v2/workspace/p1/memberships";

const NEW_PROJECT: &str = r#"{"projectName":"Pay \"EU\"","slug":"pay-eu","type":"secret-manager"}"#;
const NEW_ENVIRONMENT: &str = r#"{"slug":"qa-1","name":"Quality é"}"#;
const NEW_MEMBERS: &str = r#"{"emails":["ada@example.com","b+c@d.example"],"roleSlugs":["member","no-access"]}"#;
const OLD_NEW_PROJECT: &str = r#"{"projectName":"Pay \"EU\"","slug":"pay-eu"}"#;
const OLD_NEW_MEMBERS: &str = r#"{"emails":["ada@example.com","b+c@d.example"]}"#;

/// Each request of the table: v4's path and body, and v3's.
const TABLE: [[&str; 4]; 3] = [
    [PROJECTS, NEW_PROJECT, OLD_PROJECTS, OLD_NEW_PROJECT],
    [ENVIRONMENTS, NEW_ENVIRONMENT, OLD_ENVIRONMENTS, NEW_ENVIRONMENT],
    [MEMBERSHIPS, NEW_MEMBERS, OLD_MEMBERSHIPS, OLD_NEW_MEMBERS],
];

fn changes(roles: &[&str]) -> [ParsedChange; 3] {
    let project = Project::new("p1").unwrap();
    [
        ParsedChange::CreateProject {
            name: Title::new("Pay \"EU\"").unwrap(),
            slug: ProjectSlug::new("pay-eu").unwrap(),
        },
        ParsedChange::CreateEnvironment {
            project: project.clone(),
            name: Title::new("Quality é").unwrap(),
            slug: EnvironmentSlug::new("qa-1").unwrap(),
        },
        ParsedChange::InviteMembers {
            project,
            emails: ["ada@example.com", "b+c@d.example"].map(|email| Email::new(email).unwrap()).to_vec(),
            roles: roles.iter().map(|role| Role::new(*role).unwrap()).collect(),
        },
    ]
}

#[test]
fn each_request_parses_only_in_its_api_version() {
    let names = ["create project", "create environment", "invite members"];
    let (new, old) = (changes(&["member", "no-access"]), changes(&["member"]));
    for (at, [path, body, old_path, old_body]) in TABLE.into_iter().enumerate() {
        for (api_version, other, change, path, body) in [
            (ApiVersion::V4, ApiVersion::V3, &new[at], path, body),
            (ApiVersion::V3, ApiVersion::V4, &old[at], old_path, old_body),
        ] {
            assert_eq!(read(api_version, "POST", path, body).as_ref(), Ok(change), "{path} {body}");
            assert_eq!(change.name(), names[at]);
            let request = change.request(api_version);
            assert_eq!((request.method.as_str(), request.path.as_str(), request.body.as_str()), ("POST", path, body));
            assert!(read(other, "POST", path, body).is_err(), "{path}");
            for wrong in ["PATCH", "DELETE"] {
                assert_eq!(read(api_version, wrong, path, body), Err(ChangeRefusal::UnknownRoute), "{wrong} {path}");
            }
            assert_eq!(change.place(), None);
            assert_eq!(change.project().map(Project::as_str), (at > 0).then_some("p1"));
            assert!(change.folder_id().is_none());
        }
    }
}

#[test]
fn rejects_path_or_body_of_another_request() {
    for (at, [path, _, old_path, _]) in TABLE.into_iter().enumerate() {
        for (other, [_, body, _, old_body]) in TABLE.into_iter().enumerate() {
            assert_eq!(v4(path, body).is_ok(), at == other, "{path} {body}");
            assert_eq!(v3(old_path, old_body).is_ok(), at == other, "{old_path} {old_body}");
            assert!(v3(path, body).is_err() && v4(old_path, old_body).is_err(), "{path} {body}");
        }
        let secret = r#"{"projectId":"p1","environment":"dev","secretPath":"/","secretValue":"v","type":"shared"}"#;
        let folder = r#"{"projectId":"p1","environment":"dev","name":"db","path":"/"}"#;
        for body in [secret, folder] {
            let old = body.replace("projectId", "workspaceId");
            assert!(v4(path, body).is_err() && v3(old_path, &old).is_err(), "{path} {body}");
        }
    }
    for [_, body, _, old_body] in TABLE {
        for path in ["/api/v4/secrets/A", "/api/v4/secrets/batch", "/api/v2/folders", "/api/v2/folders/f"] {
            assert!(v4(path, body).is_err(), "{path} {body}");
        }
        for path in ["/api/v3/secrets/raw/A", "/api/v3/secrets/batch/raw", "/api/v1/folders", "/api/v1/folders/f"] {
            assert!(v3(path, old_body).is_err(), "{path} {old_body}");
        }
    }
}

#[test]
fn a_path_has_one_spelling() {
    for other in ["", "/", "?", "?type=secret-manager", "#", ";x", " ", "\n", "\0", "s", "/slug/x", "/.", "/.."] {
        let (new, old) = (format!("{PROJECTS}{other}"), format!("{OLD_PROJECTS}{other}"));
        assert_eq!(v4(&new, NEW_PROJECT).is_ok(), other.is_empty(), "{new}");
        assert_eq!(v3(&old, OLD_NEW_PROJECT).is_ok(), other.is_empty(), "{old}");
        for [path, body, old_path, old_body] in &TABLE[1..] {
            let (new, old) = (format!("{path}{other}"), format!("{old_path}{other}"));
            assert_eq!(v4(&new, body).is_ok(), other.is_empty(), "{new}");
            assert_eq!(v3(&old, old_body).is_ok(), other.is_empty(), "{old}");
        }
    }
    let long = "p".repeat(65);
    for (project, is_one) in [
        ("p1", true),
        ("9cefc4fb-34fd-432a-806c-8efb3307c759", true),
        ("slug", true),
        ("P_1", true),
        (&long[1..], true),
        (&long, false),
        ("", false),
        (".", false),
        ("..", false),
        ("%2E%2E", false),
        ("p%31", false),
        ("p%2F1", false),
        ("p/1", false),
        ("p/../q", false),
        ("p.1", false),
        ("p 1", false),
        ("p+1", false),
        ("p~1", false),
        ("é", false),
        ("%C3%A9", false),
        ("p\\1", false),
        ("p?x", false),
        ("p1;x", false),
    ] {
        for [path, body, old_path, old_body] in &TABLE[1..] {
            let (new, old) = (path.replace("p1", project), old_path.replace("p1", project));
            assert_eq!(v4(&new, body).is_ok(), is_one, "{new}");
            assert_eq!(v3(&old, old_body).is_ok(), is_one, "{old}");
        }
    }
    for path in [
        "/api/v2/projects",
        "/api/v1/workspace",
        "/api/v1/Projects",
        "//api/v1/projects",
        "/api//v1/projects",
        "/api/v1/organization/memberships",
        "/api/v1/projects/p1",
        "/api/v1/projects/p1/users",
        "/api/v1/projects/p1/identities",
        "/api/v1/projects/p1/roles",
        "/api/v1/projects/p1/Environments",
        "/api/v1/projects/p1/environments/e1",
        "/api/v2/projects/p1/environments",
        "/api/v2/projects/p1/memberships",
        "/api/v2/workspace/p1/environments",
        "/api/v1/workspace/p1/memberships",
        "/api/v1/invite-org/signup",
        "https://evil.example/api/v1/projects",
    ] {
        for [_, body, _, old_body] in TABLE {
            assert!(v4(path, body).is_err() && v3(path, old_body).is_err(), "{path}");
        }
    }
}

#[test]
fn a_body_has_one_spelling() {
    for (path, body, alterations) in [
        (
            PROJECTS,
            NEW_PROJECT,
            &[
                (r#""projectName""#, r#" "projectName""#),
                (r#""projectName":"#, r#""projectName": "#),
                (r#","slug""#, r#", "slug""#),
                (r#""projectName":"Pay \"EU\"","slug":"pay-eu""#, r#""slug":"pay-eu","projectName":"Pay \"EU\"""#),
                (r#""slug":"pay-eu","type":"secret-manager""#, r#""type":"secret-manager","slug":"pay-eu""#),
                (r#""projectName""#, r#""project_name""#),
                (r#""projectName""#, r#""projectname""#),
                (r#""projectName""#, r#""name""#),
                (r#""projectName""#, r#""project\u004eame""#),
                (r#"\""#, r"\u0022"),
                ("Pay", r"\u0050ay"),
                ("Pay", r"Pay\/"),
                ("Pay", r"Pay\\"),
                ("Pay", r"Pay\n"),
                ("Pay", r"Pay\u0000"),
                ("Pay", r"Pay\u202e"),
                ("Pay", "Pay\u{202e}"),
                ("Pay", "Pay\u{200b}"),
                ("Pay", "Pa\u{301}y"),
                ("Pay", "Pay\u{a0}"),
                ("Pay", "Pay\n"),
                ("Pay", " Pay"),
                (r#"\"","#, r#"\" ","#),
                (r#""Pay \"EU\"""#, r#""""#),
                (r#""Pay \"EU\"""#, "null"),
                (r#""Pay \"EU\"""#, r#"["Pay"]"#),
                (r#""Pay \"EU\"""#, "1"),
                (r#""projectName":"Pay \"EU\"","#, ""),
                (r#""projectName":"Pay \"EU\"","#, r#""projectName":"Pay","projectName":"Pay","#),
                (r#""slug":"pay-eu","#, ""),
                ("pay-eu", ""),
                ("pay-eu", "pay"),
                ("pay-eu", "Pay-eu"),
                ("pay-eu", "pay--eu"),
                ("pay-eu", "-pay-eu"),
                ("pay-eu", "pay-eu-"),
                ("pay-eu", "pay_eu"),
                ("pay-eu", "pay eu"),
                ("pay-eu", r"pay\u002deu"),
                (r#""pay-eu""#, "null"),
                (r#","type":"secret-manager""#, ""),
                ("secret-manager", "Secret-manager"),
                ("secret-manager", "kms"),
                ("secret-manager", "shared"),
                ("secret-manager", ""),
                (r#""secret-manager"}"#, r#""secret-manager","type":"secret-manager"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","template":"default"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","kmsKeyId":"k"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","shouldCreateDefaultEnvs":false}"#),
                (r#""secret-manager"}"#, r#""secret-manager","projectDescription":"x"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","hasDeleteProtection":true}"#),
                (r#""secret-manager"}"#, r#""secret-manager","name":"x"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","path":"/"}"#),
                (r#""secret-manager"}"#, r#""secret-manager","emails":["a@b.c"]}"#),
                (r#""secret-manager"}"#, r#""secret-manager","emails":[]}"#),
                (r#""secret-manager"}"#, r#""secret-manager","emails":null}"#),
                (r#""secret-manager"}"#, r#""secret-manager","roleSlugs":["admin"]}"#),
                (r#""secret-manager"}"#, r#""secret-manager","forceDelete":true}"#),
                (r#""secret-manager"}"#, r#""secret-manager",}"#),
                (r#""secret-manager"}"#, r#""secret-manager"} "#),
                (r#""secret-manager"}"#, r#""secret-manager"}{}"#),
                (r#""secret-manager"}"#, "\"secret-manager\"}\0"),
                (r#"{"projectName""#, r#"{"projectId":"p1","projectName""#),
                (r#"{"projectName""#, r#"{"environment":"dev","projectName""#),
                (r#"{"projectName""#, "\u{feff}{\"projectName\""),
            ][..],
        ),
        (
            ENVIRONMENTS,
            NEW_ENVIRONMENT,
            &[
                (r#""slug":"qa-1","name":"Quality é""#, r#""name":"Quality é","slug":"qa-1""#),
                (r#""slug":"qa-1","#, ""),
                (r#","name":"Quality é""#, ""),
                (r#""qa-1""#, r#""QA-1""#),
                (r#""qa-1""#, r#""qa_1""#),
                (r#""qa-1""#, r#""qa--1""#),
                (r#""qa-1""#, r#""qa-""#),
                (r#""qa-1""#, r#""-""#),
                (r#""qa-1""#, r#""""#),
                (r#""qa-1""#, r#""qa.1""#),
                (r#""qa-1""#, r#""qa/1""#),
                (r#""qa-1""#, "1"),
                ("é", r"\u00e9"),
                ("é", "e\u{301}"),
                ("é", r"\ud800"),
                ("Quality é", ""),
                ("Quality é", " "),
                ("Quality é", "Quality "),
                ("Quality é", "a\u{2028}b"),
                (r#"é"}"#, r#"é","position":1}"#),
                (r#"é"}"#, r#"é","path":"/"}"#),
                (r#"é"}"#, r#"é","emails":["a@b.c"]}"#),
                (r#"é"}"#, r#"é","name":"x"}"#),
                (r#"{"slug""#, r#"{"projectId":"p1","slug""#),
                (r#"{"slug""#, r#"{"workspaceId":"p1","slug""#),
                (r#"{"slug""#, r#"{"environment":"dev","slug""#),
                (r#"{"slug""#, r#"{"projectName":"x","slug""#),
                (r#","name""#, r#","type":"secret-manager","name""#),
            ],
        ),
        (
            MEMBERSHIPS,
            NEW_MEMBERS,
            &[
                (r#"["ada@example.com","b+c@d.example"]"#, "[]"),
                (r#"["ada@example.com","b+c@d.example"]"#, "null"),
                (r#"["ada@example.com","b+c@d.example"]"#, r#""ada@example.com""#),
                (r#"["ada@example.com","b+c@d.example"]"#, r#"["ada@example.com",]"#),
                (r#"["ada@example.com","b+c@d.example"]"#, r#"["ada@example.com",null]"#),
                (r#"["ada@example.com","b+c@d.example"]"#, r#"[["ada@example.com"]]"#),
                (r#""b+c@d.example"]"#, r#""ada@example.com"]"#),
                (r#","b+c"#, r#", "b+c"#),
                ("ada@example.com", "Ada@example.com"),
                ("ada@example.com", "ada@Example.com"),
                ("ada@example.com", "ada@example.com "),
                ("ada@example.com", "ada@example.com,eve@example.com"),
                ("ada@example.com", "<ada@example.com>"),
                ("ada@example.com", r"ada@example.com\neve@example.com"),
                ("ada@example.com", r"ada\u0040example.com"),
                ("ada@example.com", "ada@example"),
                ("ada@example.com", "ada"),
                ("ada@example.com", ""),
                ("ada@example.com", "\u{430}da@example.com"),
                (r#""emails":["ada@example.com","b+c@d.example"],"#, ""),
                (r#""emails""#, r#""usernames":["x"],"emails""#),
                (r#""emails""#, r#""type":"secret-manager","emails""#),
                (r#""emails""#, r#""projectId":"p1","emails""#),
                (r#""emails""#, r#""slug":"x","emails""#),
                (r#""emails""#, r#""name":"x","emails""#),
                (r#""emails""#, r#""Emails""#),
                (r#"["member","no-access"]"#, "[]"),
                (r#"["member","no-access"]"#, "null"),
                (r#"["member","no-access"]"#, r#""member""#),
                (r#"["member","no-access"]"#, r#"["member","member"]"#),
                (r#"["member","no-access"]"#, r#"["Member"]"#),
                (r#"["member","no-access"]"#, r#"["member "]"#),
                (r#"["member","no-access"]"#, r#"[""]"#),
                (r#"["member","no-access"]"#, r#"["member,admin"]"#),
                (r#","roleSlugs":["member","no-access"]"#, ""),
                (r#""roleSlugs""#, r#""role_slugs""#),
                (r#""roleSlugs""#, r#""roles""#),
                (r#""no-access"]}"#, r#""no-access"],"roleSlugs":["admin"]}"#),
                (r#""no-access"]}"#, r#""no-access"],"organizationRoleSlug":"admin"}"#),
            ],
        ),
    ] {
        assert!(v4(path, body).is_ok());
        for (from, to) in alterations {
            let other = body.replacen(from, to, 1);
            assert_ne!(other, body, "{from}");
            assert!(v4(path, &other).is_err(), "{other}");
        }
    }
}

#[test]
fn an_older_server_is_sent_no_type_and_no_roles() {
    let refused = Err(ChangeRefusal::NotCanonical);
    assert_eq!(v3(OLD_PROJECTS, NEW_PROJECT), refused);
    assert_eq!(v3(OLD_PROJECTS, &NEW_PROJECT.replace("secret-manager", "")), refused);
    assert_eq!(v4(PROJECTS, OLD_NEW_PROJECT), Err(ChangeRefusal::Field("type")));
    for roles in [r#"["member"]"#, r#"["admin"]"#, "[]", "null"] {
        let body = format!(r#"{{"emails":["a@b.c"],"roleSlugs":{roles}}}"#);
        assert_eq!(v3(OLD_MEMBERSHIPS, &body), refused, "{roles}");
    }
    assert_eq!(v4(MEMBERSHIPS, OLD_NEW_MEMBERS), Err(ChangeRefusal::Field("roleSlugs")));
    // A change that only a current server supports differs from the one that an older server's
    // request is parsed as.
    let [_, _, invite] = changes(&["admin"]);
    let request = invite.request(ApiVersion::V3);
    let read = v3(&request.path, &request.body).unwrap();
    assert_ne!(read, invite);
    assert!(matches!(read, ParsedChange::InviteMembers { roles, .. } if roles == [Role::member()]));
}

#[test]
fn limits_the_number_of_invitations_and_roles() {
    let list = |count: usize, name: &dyn Fn(usize) -> String| (0..count).map(name).collect::<Vec<_>>().join(",");
    let emails = |count| list(count, &|n| format!(r#""a{n}@b.c""#));
    let roles = |count| list(count, &|n| format!(r#""r{n}""#));
    for count in [0, 1, 2, 19, 20, 21, 1_000, 50_000] {
        let body = format!(r#"{{"emails":[{}],"roleSlugs":["member"]}}"#, emails(count));
        assert_eq!(v4(MEMBERSHIPS, &body).is_ok(), (1..=20).contains(&count), "{count}");
        let body = format!(r#"{{"emails":[{}]}}"#, emails(count));
        assert_eq!(v3(OLD_MEMBERSHIPS, &body).is_ok(), (1..=20).contains(&count), "{count}");
    }
    for count in [0, 1, 5, 6, 100] {
        let body = format!(r#"{{"emails":["a@b.c"],"roleSlugs":[{}]}}"#, roles(count));
        assert_eq!(v4(MEMBERSHIPS, &body).is_ok(), (1..=5).contains(&count), "{count}");
    }
    let last_is_the_first = format!(r#"{{"emails":[{},"a0@b.c"],"roleSlugs":["member"]}}"#, emails(19));
    assert_eq!(v4(MEMBERSHIPS, &last_is_the_first), Err(ChangeRefusal::Field("emails")));
    let longest: Vec<String> = (0..20).map(|n| format!(r#""{}{n:02}@b.example""#, "a".repeat(242))).collect();
    assert!(v3(OLD_MEMBERSHIPS, &format!(r#"{{"emails":[{}]}}"#, longest.join(","))).is_ok());
}

#[test]
fn rejects_json_that_is_not_a_change_body() {
    let deep = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    let in_field = format!(r#"{{"emails":{deep}}}"#);
    // Lists of the fields' values by position, which a lenient parser would accept as the fields.
    let listed = |absent: usize, rest: &str| format!("[{}{rest}]", "null,".repeat(absent));
    let (project, old_project) = (listed(9, r#""Pay","pay-eu","secret-manager""#), listed(9, r#""Pay","pay-eu""#));
    let environment = listed(10, r#""qa-1",null,"Quality""#);
    let (members, old_members) = (listed(15, r#"["a@b.c"],["member"]"#), listed(15, r#"["a@b.c"]"#));
    let lists = [&project, &old_project, &environment, &members, &old_members].map(String::as_str);
    for body in ["", "null", "[]", "{}", "\"\"", "{", &deep, &in_field].into_iter().chain(lists) {
        for [path, _, old_path, _] in TABLE {
            assert!(v4(path, body).is_err() && v3(old_path, body).is_err(), "{path} {body:.60}");
        }
    }
}
