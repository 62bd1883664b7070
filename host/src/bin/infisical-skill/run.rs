//! Dispatches each command.

use crate::arguments::{Arguments, At, Command, Folders, Format, Init, Projects, Secrets};
use crate::audit_arguments::Audit;
use crate::output::{fail, misused, print, print_json, print_value, say};
use crate::{audit, change, doctor, init, list, manual, mcp, plans, provision, reveal, state, value, writes};
use infisical_skill::config::Config;
use infisical_skill::doctor::{DoctorOptions, TokenFiles};
use infisical_skill::{Error, Place, SecretFilter, Skill, component, render, tools};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use zeroize::Zeroizing;

pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    let Arguments { config, command } = arguments;
    // Commands that need no server.
    let command = match command {
        Command::Component { out, format } => return show_component(out.as_deref(), &format),
        Command::Writes(command) => return writes::run(config.as_deref(), command),
        Command::State(command) => return state::run(config.as_deref(), command),
        Command::Reveal(command) => match reveal::switch(config.as_deref(), &command) {
            Some(status) => return status,
            None => Command::Reveal(command),
        },
        Command::Audit(command) if !matches!(command, Audit::Server(_)) => {
            return audit::run(config.as_deref(), command);
        }
        Command::Init(wanted) if wanted.provision.is_wanted() => {
            return provision::run(config.as_deref(), wanted).await;
        }
        Command::Init(Init { dir, url, with_writes, .. }) => {
            return init::run(dir, url.as_deref().unwrap_or(init::URL), with_writes);
        }
        Command::Tools { format } => return print_json(&format.write()),
        Command::Completions { shell } => return manual::completions(shell),
        Command::Man { out } => return manual::man(out.as_deref()),
        Command::Mcp(wanted) => return mcp::run(config.as_deref(), wanted).await,
        Command::Doctor { probe, require_enforced, token_file, format } => {
            let token_files = if token_file.is_empty() { TokenFiles::Unknown } else { TokenFiles::Named(token_file) };
            let wanted = DoctorOptions { probe, require_enforced, token_files };
            return doctor::run(config.as_deref(), wanted, format.json).await;
        }
        command => command,
    };
    let skill = match set_up(config.as_deref()) {
        Ok(skill) => skill,
        Err(reason) => return misused(&reason),
    };
    let status = answer(&skill, command).await;
    close(&skill).await;
    status
}

/// Revokes the access tokens that this command obtained. A failure here doesn't fail the command:
/// the tokens expire.
pub(crate) async fn close(skill: &Skill) {
    let _ = skill.close().await;
}

async fn answer(skill: &Skill, command: Command) -> ExitCode {
    match command {
        Command::Audit(Audit::Server(wanted)) => {
            let format = Format { json: wanted.format.json };
            show(&format, skill.list_audit_logs(wanted.into()).await, |page| (json!(page), render::audit_logs(page)))
        }
        // `run` handled these.
        Command::Component { .. }
        | Command::Writes(_)
        | Command::State(_)
        | Command::Audit(_)
        | Command::Mcp(_)
        | Command::Doctor { .. }
        | Command::Init(_)
        | Command::Tools { .. }
        | Command::Completions { .. }
        | Command::Man { .. } => ExitCode::SUCCESS,
        Command::Call { tool, arguments } => match read_arguments(arguments) {
            Ok(arguments) => call(skill, &tool, arguments).await,
            Err(reason) => misused(&reason),
        },
        Command::Plans(command) => plans::run(skill, command).await,
        Command::Reveal(command) => reveal::requests(skill, &command),
        Command::Folders(Folders::Change(command)) => change::folder(skill, command).await,
        Command::Secrets(Secrets::Change(command)) => change::secret(skill, command).await,
        Command::Status { format } => {
            show(&format, Ok(skill.status()), |status| (json!(status), render::status(status)))
        }
        Command::Projects(Projects::List { format }) => list::projects(skill, &format).await,
        Command::Folders(Folders::List { at, recursive, page, format }) => {
            list::folders(skill, at, recursive, page, &format).await
        }
        Command::Secrets(Secrets::List { at, recursive, name_contains, tags, page, format }) => {
            let filter = SecretFilter { recursive, name_contains, tags };
            list::secrets(skill, at, filter, page, &format).await
        }
        Command::Secrets(Secrets::Get { name, at, version, format }) => {
            show(&format, skill.get_secret(at.into(), &name, version).await, |secret| {
                (json!(secret), render::secret(secret))
            })
        }
        Command::Secrets(Secrets::Reveal { name, at, request, format }) => {
            show_value(skill, &name, at.into(), request.as_deref(), &format).await
        }
    }
}

/// Builds the skill from this command's configuration.
pub(crate) fn set_up(config: Option<&Path>) -> Result<Skill, String> {
    load(config).and_then(build)
}

/// Loads this command's configuration.
pub(crate) fn load(config: Option<&Path>) -> Result<Config, String> {
    Config::load(config, |name| std::env::var_os(name)).map_err(|error| error.to_string())
}

/// Builds the skill from a configuration.
pub(crate) fn build(config: Config) -> Result<Skill, String> {
    let skill = config.into_builder().build().map_err(|error| error.to_string())?;
    Ok(skill.for_caller(env!("CARGO_BIN_NAME"), Some(env!("CARGO_PKG_VERSION"))).for_command())
}

fn show<T>(format: &Format, result: Result<T, Error>, present: impl FnOnce(&T) -> (Value, String)) -> ExitCode {
    match result {
        Ok(result) => {
            let (json, text) = present(&result);
            if format.json { print_json(&json) } else { print(&text) }
        }
        Err(error) => fail(&error, format.json),
    }
}

/// Runs a tool, with JSON input and output.
pub(crate) async fn call(skill: &Skill, tool: &str, arguments: Value) -> ExitCode {
    match tools::call(skill, tool, arguments).await {
        Ok(answer) => print_json(&answer),
        Err(error) => fail(&error, true),
    }
}

fn read_arguments(arguments: String) -> Result<Value, String> {
    /// The maximum size of a tool's arguments, in bytes: twenty values of the maximum size, with
    /// some room.
    const MAX: usize = 16 * 1024 * 1024;
    let arguments = if arguments == "-" { value::stdin(MAX)? } else { Zeroizing::new(arguments) };
    tools::parse(&arguments).map_err(|wrong| {
        format!("the tool's arguments aren't JSON: {wrong}. Give a JSON object, as in '{{\"path\": \"/app\"}}'")
    })
}

/// Prints the value alone, exactly as it is stored, so that it can be piped.
async fn show_value(skill: &Skill, name: &str, at: Place, request: Option<&str>, format: &Format) -> ExitCode {
    if format.json {
        let Place { project, environment, path } = at;
        let arguments =
            json!({ "project": project, "environment": environment, "path": path, "name": name, "request": request });
        // The reader is a person, so the value isn't limited to the size of an answer for a model.
        let answer = tools::answer(skill, "reveal-secret", arguments).await;
        return match answer.and_then(|answer| answer.to_whole_json()) {
            Ok(answer) => print_json(&answer),
            Err(error) => fail(&error, true),
        };
    }
    let revealed = match request {
        Some(request) => skill.reveal_approved(at, name, request).await,
        None => skill.reveal_secret(at, name).await,
    };
    match revealed {
        Ok(revealed) => print_value(secrecy::ExposeSecret::expose_secret(&revealed.value)),
        Err(error) => fail(&error, false),
    }
}

fn show_component(out: Option<&Path>, format: &Format) -> ExitCode {
    if let Some(path) = out
        && let Err(error) = std::fs::write(path, component::WASM)
    {
        say(&format!("{} can't be written: {error}", path.display()));
        return ExitCode::FAILURE;
    }
    let (imports, exports) = match (component::imports(), component::exports()) {
        (Ok(imports), Ok(exports)) => (imports, exports),
        (Err(refusal), _) | (_, Err(refusal)) => {
            say(&refusal.to_string());
            return ExitCode::FAILURE;
        }
    };
    let facts = json!({
        "sha256": component::SHA256,
        "bytes": component::WASM.len(),
        "imports": &imports,
        "exports": &exports,
    });
    if format.json {
        return print_json(&facts);
    }
    let mut text = format!("sha256   {}\nbytes    {}\n", component::SHA256, component::WASM.len());
    for (title, names) in [("imports", imports), ("exports", exports)] {
        for name in names {
            text.push_str(&format!("{title}  {name}\n"));
        }
    }
    print(&text)
}

impl From<At> for Place {
    fn from(at: At) -> Self {
        Self { project: at.project, environment: at.environment, path: at.path }
    }
}
