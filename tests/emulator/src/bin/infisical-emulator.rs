//! The emulator as a command. It prints its address and credentials as one line of JSON, then
//! serves.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use infisical_emulator::{ApiVersion, Credentials, Emulator, EmulatorBuilder, Seed};
use lexopt::prelude::{Long, Short, ValueExt as _};
use serde_json::{Value, json};

const HELP: &str = "\
An in-memory Infisical over HTTP on 127.0.0.1, for tests and demonstrations.

Usage: infisical-emulator [options]

  --api-version v3|v4     Set the API version (default: v4)
  --port N                Listen on this port (default: a free one)
  --seed demo|empty       Set the initial content (default: demo)
  --token-ttl SECS        Set the lifetime of access tokens (default: 7200)
  --token-max-ttl SECS    Set how long access tokens can be renewed (default: 86400)
  --rate-limit N          Limit the requests per minute of one address (default: no limit)
  --rights-delay SECS     Cache permissions this long, so that changes take effect later
                          (default: 0; a current server caches up to 10)
  --audit-logs            Write audit logs, as a licence allows (default: off)
  --approval ENV:PATH     Add an approval policy, which holds users' writes only; repeatable
  --until-stdin-closes    Exit when standard input closes
  -h, --help              Print this help

Prints one line of JSON with the origin, ids and client secrets, then serves until it is stopped.
";

/// The command-line options.
struct Options {
    builder: EmulatorBuilder,
    until_stdin_closes: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = arguments()? else {
        print!("{HELP}");
        return Ok(());
    };
    let emulator = options.builder.start_now()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", announcement(&emulator))?;
    out.flush()?;
    if options.until_stdin_closes {
        let mut ignored = [0; 1024];
        while std::io::stdin().read(&mut ignored)? > 0 {}
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

/// Returns `None` if only help was requested.
fn arguments() -> Result<Option<Options>, lexopt::Error> {
    let mut builder = Emulator::builder().seed(Seed::demo());
    let mut until_stdin_closes = false;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("api-version") => {
                builder = builder.api_version(parser.value()?.parse_with(|text| match text {
                    "v3" => Ok(ApiVersion::V3),
                    "v4" => Ok(ApiVersion::V4),
                    _ => Err("unknown API version: use v3 or v4"),
                })?);
            }
            Long("port") => {
                builder = builder.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, parser.value()?.parse()?)));
            }
            Long("seed") => {
                builder = builder.seed(parser.value()?.parse_with(|text| match text {
                    "demo" => Ok(Seed::demo()),
                    "empty" => Ok(Seed::empty()),
                    _ => Err("unknown seed: use demo or empty"),
                })?);
            }
            Long("token-ttl") => builder = builder.token_ttl(Duration::from_secs(parser.value()?.parse()?)),
            Long("token-max-ttl") => builder = builder.token_max_ttl(Duration::from_secs(parser.value()?.parse()?)),
            Long("rate-limit") => builder = builder.rate_limit(Some(parser.value()?.parse()?)),
            Long("rights-delay") => builder = builder.rights_delay(Duration::from_secs(parser.value()?.parse()?)),
            Long("audit-logs") => builder = builder.audit_logs(true),
            Long("approval") => {
                let place = parser.value()?.string()?;
                let (environment, path) =
                    place.split_once(':').ok_or("no colon in the value of --approval: use ENV:PATH")?;
                builder = builder.approval_policy(environment, path);
            }
            Long("until-stdin-closes") => until_stdin_closes = true,
            Short('h') | Long("help") => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(Options { builder, until_stdin_closes }))
}

fn announcement(emulator: &Emulator) -> Value {
    let credentials = |of: Credentials| json!({"identityId": of.identity_id, "clientId": of.client_id, "clientSecret": of.client_secret});
    json!({
        "origin": emulator.origin(),
        "apiVersion": match emulator.api_version() { ApiVersion::V3 => "v3", ApiVersion::V4 => "v4" },
        "orgId": emulator.org_id(), "projectId": emulator.project_id(),
        "reader": credentials(emulator.reader()), "writer": credentials(emulator.writer()),
        "admin": credentials(emulator.admin()), "outsider": credentials(emulator.outsider()),
    })
}
