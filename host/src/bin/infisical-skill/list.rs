//! The `list` commands. A person gets the whole list; a program gets all of it or one page.

use crate::arguments::{At, Format, Paging};
use crate::output::{fail, print, print_json};
use crate::run::call;
use infisical_skill::{Error, SecretFilter, Skill, render, tools};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) async fn projects(skill: &Skill, format: &Format) -> ExitCode {
    let projects = skill.list_projects().await;
    show(projects, format, |projects| render::projects(projects), tools::all_projects)
}

pub(crate) async fn folders(skill: &Skill, at: At, recursive: bool, page: Paging, format: &Format) -> ExitCode {
    if page.is_one() {
        let arguments = page_of(at, &page, json!({ "recursive": recursive }));
        return call(skill, "list-folders", arguments).await;
    }
    let folders = skill.list_folders(at.into(), recursive).await;
    show(folders, format, render::folders, |folders| tools::all_folders(folders, page.details))
}

pub(crate) async fn secrets(skill: &Skill, at: At, filter: SecretFilter, page: Paging, format: &Format) -> ExitCode {
    if page.is_one() {
        let SecretFilter { recursive, name_contains, tags } = filter;
        let conditions = json!({ "recursive": recursive, "nameContains": name_contains, "tags": tags });
        return call(skill, "list-secrets", page_of(at, &page, conditions)).await;
    }
    let secrets = skill.list_secrets(at.into(), filter).await;
    show(secrets, format, render::secrets, |secrets| tools::all_secrets(secrets, page.details))
}

fn show<L>(
    list: Result<L, Error>,
    format: &Format,
    to_text: impl FnOnce(&L) -> String,
    as_json: impl FnOnce(L) -> Result<Value, Error>,
) -> ExitCode {
    match list {
        Ok(list) if format.json => match as_json(list) {
            Ok(list) => print_json(&list),
            Err(error) => fail(&error, true),
        },
        Ok(list) => print(&to_text(&list)),
        Err(error) => fail(&error, format.json),
    }
}

/// The arguments of the tool that returns one page.
fn page_of(at: At, page: &Paging, conditions: Value) -> Value {
    let At { project, environment, path } = at;
    let Paging { limit, cursor, details } = page;
    let mut arguments = json!({
        "project": project, "environment": environment, "path": path, "limit": limit, "cursor": cursor, "details": details,
    });
    if let (Some(arguments), Value::Object(conditions)) = (arguments.as_object_mut(), conditions) {
        arguments.extend(conditions);
    }
    arguments
}

impl Paging {
    /// Whether one page is wanted rather than the whole list.
    fn is_one(&self) -> bool {
        self.limit.is_some() || self.cursor.is_some()
    }
}
