//! Runs the skill as an MCP server over standard input and output ([`serve_stdio`]) and over
//! Streamable HTTP ([`serve_http`]).
//!
//! Supports MCP revisions 2024-11-05 to 2026-07-28, with the official Rust SDK. This module handles
//! only the protocol. The guard and the host each decide what a client may do, as they do for every
//! caller.
//!
//! - `server`: lists and calls the tools. `answer`: answers and refusals as tool results.
//! - `apply`: applies a plan, and asks a person through the client. `form`: the form and the
//!   decision. `questions`: open questions, for clients that answer with another call.
//! - `progress`: progress, and withdrawn calls.
//! - `stdio`: the protocol on standard input and output. `line`: reads messages from lines.
//!   `pipes`: the two descriptors. `in_flight`: the unanswered calls.
//! - `http`: the listener. `authenticator`: who is admitted. `token`: bearer tokens. `rebinding`:
//!   the headers Host and Origin. `accept`: the content type of an answer. `one_message`: answers
//!   without a stream. `sessions`: the sessions, and what their revisions support.
//!   `http_in_flight`: the unanswered calls over HTTP. `quota`: each client's share of limited
//!   resources.
//!
//! The SDK logs all messages, including arguments and values, to `tracing` under the target `rmcp`.
//! If you install a subscriber, exclude that target. The command installs none.

mod accept;
mod answer;
mod apply;
mod authenticator;
mod form;
mod http;
mod http_in_flight;
mod in_flight;
mod line;
mod one_message;
mod pipes;
mod progress;
mod questions;
mod quota;
mod rebinding;
mod server;
mod sessions;
mod stdio;
mod token;

pub use http::{HttpSettings, serve_http};
pub use stdio::serve_stdio;
pub use token::{Tokens, TokensRefusal};

use crate::skill::Skill;

/// A server for clients on any two pipes, for fuzzing.
#[cfg(feature = "fuzzing")]
pub(crate) struct PipeServer(server::Handler);

#[cfg(feature = "fuzzing")]
impl PipeServer {
    pub(crate) fn new(server: McpServer) -> std::io::Result<Self> {
        server::Handler::new(server).map(Self)
    }

    pub(crate) async fn serve(
        &self,
        input: impl tokio::io::AsyncRead + Send + Sync + Unpin + 'static,
        output: impl tokio::io::AsyncWrite + Send + Sync + Unpin + 'static,
    ) -> std::io::Result<()> {
        stdio::serve(self.0.clone(), pipes::join(Box::new(input), Box::new(output)), std::future::pending()).await
    }
}

/// The maximum size of a message in bytes: several values of the maximum size, with some room.
/// Larger plans can be previewed with the command.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// The skill as a server for one or more clients. The command and embedders start it.
#[derive(Debug, Clone)]
pub struct McpServer {
    skill: Skill,
}

impl McpServer {
    /// Creates a server for this skill. [`crate::SkillBuilder::clients`] sets what its clients may
    /// do.
    #[must_use]
    pub fn new(skill: Skill) -> Self {
        Self { skill }
    }
}
