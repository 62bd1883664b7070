//! `init --provision` and `init --deprovision`: create the machine identities in Infisical, and
//! delete them again.
//!
//! A person runs it at a terminal with an administrator's token, which is never stored.

use crate::arguments::Init;
use crate::output::{misused, print, say};
use crate::terminal::{self, TypedAnswer};
use crate::{doctor, init, run};
use infisical_skill::config::{Config, ToProvision};
use infisical_skill::doctor::DoctorOptions;
use infisical_skill::provision::{
    Found, Keep, Kind, Local, Plan, Provisioner, Step, Stopped, Wanted, await_rights, blank_client_id, set_client_id,
    write_in_place,
};
use infisical_skill::text::escape;
use infisical_skill::{Origin, TrustRoots};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The maximum size of an access token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// What goes wrong, before or while something is done.
enum Failure {
    Misused(String),
    Failed(String),
}

fn failed(reason: impl ToString) -> Failure {
    Failure::Failed(reason.to_string())
}

pub(crate) async fn run(config: Option<&Path>, arguments: Init) -> ExitCode {
    let result = if arguments.provision.deprovision {
        deprovision(config, &arguments).await
    } else {
        provision(config, &arguments).await
    };
    match result {
        Ok(status) => status,
        Err(Failure::Misused(reason)) => misused(&reason),
        Err(Failure::Failed(reason)) => {
            say(&reason);
            ExitCode::FAILURE
        }
    }
}

/// The paths on this machine.
struct Here {
    /// The configuration file, and whether it exists.
    config: PathBuf,
    is_there: bool,
    folder: PathBuf,
    origin: Origin,
    roots: TrustRoots,
    state_dir: PathBuf,
    client_ids: BTreeMap<Kind, String>,
    secrets: BTreeMap<Kind, PathBuf>,
}

impl Here {
    fn find(config: Option<&Path>, arguments: &Init) -> Result<Self, Failure> {
        let url = arguments.url.as_deref();
        let origin = |url: &str| {
            Origin::parse(url, false).map_err(|refusal| Failure::Misused(format!("the URL isn't usable: {refusal}")))
        };
        let folder = match config.and_then(Path::parent) {
            Some(folder) => std::path::absolute(folder).map_err(failed)?,
            None => init::folder(arguments.dir.clone()).map_err(Failure::Misused)?,
        };
        let path = config.map_or_else(|| folder.join("config.toml"), Path::to_owned);
        let mut secrets: BTreeMap<Kind, PathBuf> = [
            (Kind::Reader, folder.join("read-secret")),
            (Kind::Writer, folder.join("write-secret")),
            (Kind::Reveal, folder.join("reveal-secret")),
        ]
        .into();
        let ca_file = arguments.provision.ca_file.as_deref();
        if config.is_none() && path.symlink_metadata().is_err() {
            let roots = match ca_file.map(std::path::absolute).transpose().map_err(failed)? {
                Some(ca_file) if !init::is_plain(&ca_file) => {
                    return Err(Failure::Misused(
                        "the CA file's path has characters that the configuration can't contain: move the file".into(),
                    ));
                }
                Some(ca_file) => TrustRoots::File(ca_file),
                None => TrustRoots::WebPki,
            };
            init::check_places(&folder).map_err(|refusal| failed(format!("nothing was created: {refusal}")))?;
            let (origin, state_dir) = (origin(url.unwrap_or(init::URL))?, init::state_dir(&folder));
            let client_ids = BTreeMap::new();
            return Ok(Self { config: path, is_there: false, folder, origin, roots, state_dir, client_ids, secrets });
        }
        let ToProvision { origin: configured, roots, state_dir, identities, .. } =
            Config::to_provision(&path).map_err(|error| Failure::Misused(error.to_string()))?;
        if let Some(url) = url
            && origin(url)?.to_string() != configured.to_string()
        {
            return Err(Failure::Misused(format!(
                "--url differs from the `url` in {}: omit it, or choose another directory with --dir",
                shown(&path)
            )));
        }
        let named = ca_file.map(std::path::absolute).transpose().map_err(failed)?;
        if named.is_some_and(|named| roots != TrustRoots::File(named)) {
            return Err(Failure::Misused(format!(
                "--ca-file differs from the authorities in {}: omit it",
                shown(&path)
            )));
        }
        let mut client_ids = BTreeMap::new();
        for (kind, identity) in Kind::ALL.into_iter().zip(identities) {
            let Some((client_id, secret)) = identity else { continue };
            client_ids.extend(client_id.map(|client_id| (kind, client_id)));
            secrets.insert(kind, secret);
        }
        Ok(Self { config: path, is_there: true, folder, origin: configured, roots, state_dir, client_ids, secrets })
    }

    fn secret(&self, kind: Kind) -> &Path {
        self.secrets.get(&kind).map_or(Path::new(""), PathBuf::as_path)
    }

    fn local(&self) -> BTreeMap<Kind, Local> {
        let local = |kind: &Kind| {
            let file = self.secret(*kind);
            let has_secret = file.symlink_metadata().is_ok_and(|it| it.len() > 0);
            Local { client_id: self.client_ids.get(kind).cloned(), has_secret, file: shown(file) }
        };
        Kind::ALL.iter().map(|kind| (*kind, local(kind))).collect()
    }

    /// Creates the configuration and empty secret files where they are missing. Doing this first
    /// reveals an unwritable folder before there is a secret to store.
    fn prepare(&self, arguments: &Init, wanted: &Wanted, found: &Found) -> Result<(), String> {
        if !self.is_there {
            let text = configuration(self, arguments, wanted, found);
            init::write_files(&self.folder, vec![("config.toml", text)])
                .map_err(|(path, error)| format!("{} can't be written: {error}", shown(&path)))?;
        }
        for kind in wanted.kinds() {
            let file = self.secret(kind);
            if file.symlink_metadata().is_err() {
                init::create(file, "").map_err(|error| format!("{} can't be written: {error}", shown(file)))?;
            }
        }
        Ok(())
    }

    fn keep(&self, keep: Keep<'_>) -> Result<(), String> {
        let unwritten = |path: &Path, error: std::io::Error| {
            format!("{} can't be written: {error}. Solve that, and run this again", shown(path))
        };
        match keep {
            Keep::ClientSecret(kind, secret) => {
                let line = Zeroizing::new(format!("{}\n", secret.expose_secret()));
                let file = self.secret(kind);
                write_in_place(file, line.as_bytes()).map_err(|error| unwritten(file, error))
            }
            Keep::ClientId(kind, client_id) => {
                let text = std::fs::read_to_string(&self.config).map_err(|error| unwritten(&self.config, error))?;
                let text = set_client_id(&text, kind, client_id, &self.secret(kind).display().to_string())?;
                write_in_place(&self.config, text.as_bytes()).map_err(|error| unwritten(&self.config, error))
            }
            _ => Ok(()),
        }
    }
}

/// The initial configuration, for these places.
fn configuration(here: &Here, arguments: &Init, wanted: &Wanted, found: &Found) -> String {
    let quoted = |names: Vec<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let mut scope = format!("[[scopes]]\nproject = \"{}\"\n", found.project);
    let environments: Vec<&str> = wanted.environments().iter().map(|it| it.as_str()).collect();
    let paths: Vec<&str> = wanted.paths().iter().map(|it| it.as_str()).collect();
    let mut defaults = format!("project = \"{}\"\n", found.project);
    if let Some(first) = environments.first() {
        defaults.push_str(&format!("environment = \"{first}\"\n"));
        scope.push_str(&format!("environments = [{}]\n", quoted(environments.clone())));
    }
    if let Some(first) = paths.first() {
        defaults.push_str(&format!("path = \"{first}\"\n"));
        scope.push_str(&format!("paths = [{}]\n", quoted(paths.clone())));
    }
    let url = format!("url = \"{}\"\n", here.origin);
    let ca_file = match &here.roots {
        TrustRoots::File(path) => format!("{url}ca_file = \"{}\"\n", path.display()),
        _ => url.clone(),
    };
    let mut configuration = init::configuration(&here.folder, &here.origin.to_string(), arguments.with_writes);
    if !wanted.reveal().is_empty() {
        let places = wanted.reveal().iter().map(|(environment, path)| {
            let project = &found.project;
            format!("\n[[reveal_scopes]]\nproject = \"{project}\"\nenvironments = [\"{environment}\"]\npaths = [\"{path}\"]\n")
        });
        let secret = here.secret(Kind::Reveal).display();
        let table = format!("[reveal]\nclient_id = \"\"\nclient_secret_file = \"{secret}\"\n");
        configuration = configuration.replacen("\nreveals = \"never\"\n", "\nreveals = \"switch\"\n", 1).replacen(
            init::REVEAL,
            &format!("{table}{}", places.collect::<String>()),
            1,
        );
    }
    configuration
        .replacen(&url, &ca_file, 1)
        .replacen("# project = \"my-project\"\n# environment = \"dev\"\n", &defaults, 1)
        .replacen(init::SCOPES, &scope, 1)
}

/// The requested identities.
fn wanted(arguments: &Init) -> Result<Wanted, Failure> {
    let it = &arguments.provision;
    let project = it.project.as_deref().unwrap_or_default();
    let places = (it.environments.as_slice(), it.paths.as_slice());
    Wanted::new(project, places, arguments.with_writes, &it.reveal, &it.name).map_err(Failure::Misused)
}

fn check_person() -> Result<(), Failure> {
    if terminal::is_there() {
        return Ok(());
    }
    Err(failed(
        "nothing was created: a person must review the steps and agree to them at a terminal. Run this where standard input, output and error are a terminal",
    ))
}

/// Gets the administrator's token, from its file or by asking for it.
fn token(file: Option<&Path>) -> Result<SecretString, Failure> {
    if let Some(file) = file {
        return Config::secret_file(file).map_err(|refusal| failed(format!("{}: {refusal}", shown(file))));
    }
    match terminal::ask_hidden("Access token of an administrator of the project (not shown): ", MAX_TOKEN) {
        Ok(TypedAnswer::Text(text)) if !text.trim().is_empty() => Ok(SecretString::from(text.trim())),
        Ok(_) => Err(failed("no token was typed: nothing was created")),
        Err(error) => Err(failed(format!("the token can't be asked for: {error}"))),
    }
}

fn begin(here: &Here, arguments: &Init) -> Result<Provisioner, Failure> {
    let token = token(arguments.provision.token_file.as_deref())?;
    Provisioner::new(here.origin.clone(), &here.roots, token, &here.state_dir).map_err(failed)
}

async fn provision(config: Option<&Path>, arguments: &Init) -> Result<ExitCode, Failure> {
    let wanted = wanted(arguments)?;
    let here = Here::find(config, arguments)?;
    check_person()?;
    let provisioner = begin(&here, arguments)?;
    let found = provisioner.inspect(&wanted).await.map_err(failed)?;
    let plan = Plan::new(&wanted, found, &here.local(), arguments.provision.new_secrets).map_err(failed)?;
    if plan.is_empty() {
        print("Everything exists already: nothing is changed.\n");
    } else {
        print(&listed(&format!("These steps will run at {}:", here.origin), &plan.describe(&wanted)));
        if !terminal::agrees("Do this?") {
            return Err(failed("the answer wasn't yes: nothing was created"));
        }
        here.prepare(arguments, &wanted, plan.found()).map_err(failed)?;
        let mut keep = |it: Keep<'_>| here.keep(it);
        let done = provisioner.apply(&wanted, &plan, &mut keep).await.map_err(|stopped| half_way(&stopped))?;
        print(&format!("Done: {} steps.\n", done.len()));
    }
    let skill = run::set_up(Some(&here.config));
    if let (true, Ok(skill)) = (plan.changes_rights(), &skill) {
        print("Waiting until Infisical applies the rights, for up to 10 seconds.\n");
        await_rights(skill, &plan.found().project).await;
    }
    if let Ok(skill) = &skill {
        run::close(skill).await;
    }
    let found = provisioner.verify(&wanted).await.map_err(failed)?;
    drop(provisioner);
    print(&what_next(arguments, &wanted, &plan, &found));
    Ok(doctor::run(Some(&here.config), DoctorOptions::default(), false).await)
}

async fn deprovision(config: Option<&Path>, arguments: &Init) -> Result<ExitCode, Failure> {
    let wanted = wanted(arguments)?;
    let here = Here::find(config, arguments)?;
    check_person()?;
    let provisioner = begin(&here, arguments)?;
    let plan = Plan::to_remove(provisioner.inspect(&wanted).await.map_err(failed)?);
    if plan.is_empty() {
        return Ok(print("None of the identities exists: nothing is changed.\n"));
    }
    print(&listed(&format!("These steps will run at {}:", here.origin), &plan.describe(&wanted)));
    let name = &arguments.provision.name;
    if !terminal::types(&format!("Servers that use them stop working. Type {name} to do this: "), name) {
        return Err(failed("the typed text doesn't match: nothing was deleted"));
    }
    let mut keep = |_: Keep<'_>| Ok(());
    provisioner.apply(&wanted, &plan, &mut keep).await.map_err(|stopped| half_way(&stopped))?;
    drop(provisioner);
    let left = forget(&here, plan.found());
    print("The identities are deleted.\n");
    match left {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            Err(failed(format!("their client ids and secrets, which no longer work, are still on this machine: {why}")))
        }
    }
}

/// Empties the files and settings of deleted identities, so that provisioning can run again.
fn forget(here: &Here, found: &Found) -> Result<(), String> {
    if !here.is_there {
        return Ok(());
    }
    for (kind, identity) in &found.identities {
        let file = here.secret(*kind);
        if identity.client_id.is_none() || identity.client_id.as_ref() != here.client_ids.get(kind) {
            continue;
        }
        if file.symlink_metadata().is_ok_and(|it| it.len() > 0) {
            write_in_place(file, b"").map_err(|error| format!("{}: {error}", shown(file)))?;
        }
        let text =
            std::fs::read_to_string(&here.config).map_err(|error| format!("{}: {error}", shown(&here.config)))?;
        if let Some(text) = blank_client_id(&text, *kind, identity.client_id.as_deref().unwrap_or_default())? {
            write_in_place(&here.config, text.as_bytes())
                .map_err(|error| format!("{}: {error}", shown(&here.config)))?;
        }
    }
    Ok(())
}

fn half_way(stopped: &Stopped) -> Failure {
    const NEXT: &str =
        "Solve that, and run the same command again: it checks what exists, and continues with what is missing";
    let why = stopped.to_string();
    let why = why.trim_end_matches('.');
    if stopped.done.is_empty() {
        return failed(format!("it stopped before a step was completed: {why}. {NEXT}"));
    }
    let done = listed("it stopped half-way. Done until then:", &stopped.done);
    failed(format!("{done}Then: {why}. {NEXT}"))
}

fn what_next(arguments: &Init, wanted: &Wanted, plan: &Plan, found: &Found) -> String {
    let mut text = String::from(
        "The rules were read back and match. The administrator's token isn't kept on this machine; revoke it in Infisical",
    );
    match &arguments.provision.token_file {
        Some(file) => text.push_str(&format!(", and delete {}.\n", shown(file))),
        None => text.push_str(".\n"),
    }
    for kind in wanted.kinds() {
        let identity = found.identities.get(&kind);
        let makes = plan.steps().contains(&Step::MakeSecret(kind));
        if makes && identity.is_some_and(|identity| identity.client_secrets > 1) {
            text.push_str(&format!(
                "{} has earlier client secrets that still work: restart the servers that use one, then revoke them in Infisical.\n",
                wanted.name(kind)
            ));
        }
    }
    if !wanted.reveal().is_empty() {
        text.push_str(
            "Values stay hidden until `infisical-skill reveal on`, and for good unless the configuration has `reveals = \"switch\"` with `[[reveal_scopes]]`.\n",
        );
    }
    if arguments.with_writes {
        text.push_str(
            "Changes are off until `infisical-skill writes on`, if the configuration has `writes = \"switch\"`.\n",
        );
    }
    text
}

fn listed(title: &str, lines: &[String]) -> String {
    let mut text = format!("{title}\n");
    for (number, line) in (1..).zip(lines) {
        text.push_str(&format!("{number:>3}. {line}\n"));
    }
    text
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string())
}
