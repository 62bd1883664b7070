//! The `mcp` command: runs the MCP server in this process.

use crate::arguments::Mcp;
use crate::output::{misused, say};
use crate::run::close;
use infisical_skill::Skill;
use infisical_skill::config::Config;
use infisical_skill::mcp::{HttpSettings, McpServer, Tokens, serve_http, serve_stdio};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;

pub(crate) async fn run(config: Option<&Path>, wanted: Mcp) -> ExitCode {
    let (skill, server) = match set_up(config) {
        Ok(set_up) => set_up,
        Err(reason) => return misused(&reason),
    };
    let Mcp { http, token_file, allow_host, allow_origin } = wanted;
    let served = match http {
        None => serve_stdio(server, told_to_stop()).await,
        Some(address) => {
            let tokens = match tokens(token_file) {
                Ok(tokens) => tokens,
                Err(reason) => return misused(&reason),
            };
            let mut settings = HttpSettings::new(tokens);
            settings.hosts = allow_host;
            settings.origins = allow_origin;
            listen(server, address, settings).await
        }
    };
    close(&skill).await;
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("the MCP server ended: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn set_up(config: Option<&Path>) -> Result<(Skill, McpServer), String> {
    let config = Config::load(config, |name| std::env::var_os(name)).map_err(|error| error.to_string())?;
    let skill = config.into_builder().build().map_err(|error| error.to_string())?;
    Ok((skill.clone(), McpServer::new(skill)))
}

async fn listen(server: McpServer, address: SocketAddr, settings: HttpSettings) -> io::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("{address} can't be listened on: {error}")))?;
    let stop = told_to_stop();
    say(&format!("listening on http://{}/mcp", listener.local_addr()?));
    serve_http(server, listener, settings, stop).await
}

/// Reads the token files. A file's name without its last extension is the client's name.
fn tokens(files: Vec<PathBuf>) -> Result<Tokens, String> {
    let mut clients = Vec::new();
    for path in files {
        let token = Config::secret_file(&path).map_err(|refusal| format!("{}: {refusal}", path.display()))?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        clients.push((name, token));
    }
    Tokens::new(clients).map_err(|refusal| refusal.to_string())
}

/// Completes when the process is told to end. The signal handlers are installed when this is
/// called, not at the first poll, so that an early signal isn't lost and doesn't interrupt
/// anything.
#[cfg(unix)]
fn told_to_stop() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        // If the handlers can't be installed, signals end the process at once, as by default.
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Completes when the process is told to end.
#[cfg(not(unix))]
async fn told_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
