//! The skill as an MCP server: over standard input and output ([`serve_stdio`]), and over Streamable HTTP ([`serve_http`]).
//!
//! It supports the revisions 2024-11-05 to 2026-07-28, by the official Rust SDK. What a client may have done is decided where
//! it always is: in the guard, and once more in the host. Here is only how a client asks and is answered.
//!
//! - `server`: the tools, as MCP lists and calls them. `answer`: answers and refusals as tool results.
//! - `apply`: applying a plan, with a person asked through the client. `form`: what the person sees and says. `questions`: questions that are
//!   out, where the client carries them.
//! - `watch`: progress, and calls that are withdrawn.
//! - `stdio`: the protocol on standard input and output. `line`: reading messages from lines. `pipes`: the two descriptors. `open`: the calls that
//!   aren't answered yet.
//! - `http`: the listener. `authenticator`: who gets in. `token`: bearer tokens. `rebinding`: the headers Host and Origin.
//!   `accept`: the type that a client takes an answer in. `one_message`: answers without a stream. `sessions`: the sessions
//!   that go on, and what their revisions know. `http_in_flight`: the calls that clients have open. `quota`: what one client may
//!   have of what there is.
//!
//! The SDK writes the messages that it gets and sends, arguments and values included, to `tracing` under the target `rmcp`. Whoever installs a
//! subscriber leaves that target out. The command installs none.

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

/// A server for clients at any two pipes, for fuzzing.
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

/// The largest message that is taken, in bytes: some values of the largest size, and room. Larger plans can be previewed with the command.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// What the command and an embedder start: the skill, as a server for one or more clients.
#[derive(Debug, Clone)]
pub struct McpServer {
    skill: Skill,
}

impl McpServer {
    /// A server for this skill. What its clients may do: [`crate::SkillBuilder::clients`].
    #[must_use]
    pub fn new(skill: Skill) -> Self {
        Self { skill }
    }
}
