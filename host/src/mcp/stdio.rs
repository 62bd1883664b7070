//! Serves the protocol on standard input and output.

use super::answer::too_many;
use super::in_flight::InFlight;
use super::line::{Lines, Read, message};
use super::pipes;
use super::pipes::{Input, Pipes};
use super::server::{Handler, MAX_APPLYING};
use super::{MAX_MESSAGE, McpServer};
use rmcp::model::{ClientNotification, ClientRequest, ErrorData, GetExtensions, GetMeta, JsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::{RoleServer, ServiceExt};
use std::future::Future;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use zeroize::{Zeroize, Zeroizing};

/// How long a client may take to read its last answers after it closed its end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the server waits for a client that exceeds its limits and doesn't read. In the meantime
/// it reads nothing else from the client, not even the end of its input.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Serves the client on standard input and output until it closes its end or `stop` completes. A
/// plan that is being applied is ended first, in order: no further change of it leaves. Standard
/// output belongs to the protocol from then on, so the process must do nothing else.
///
/// # Errors
/// [`io::Error`] if standard input and output aren't available, or if the client's first message
/// isn't MCP.
pub async fn serve_stdio(server: McpServer, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    serve(Handler::new(server)?, pipes::take()?, stop).await
}

/// Serves the client on these pipes.
pub(super) async fn serve(handler: Handler, pipes: Pipes, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    let applying = Arc::clone(&handler.applying);
    let deadline = handler.skill.longest_call();
    let (transport, written) = Stdio::new(pipes);
    tokio::pin!(stop);
    let running = tokio::select! {
        running = handler.serve(transport) => match running {
            Ok(running) => running,
            // The client went away, or was never there.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(io::Error::other(format!("the client's first message isn't valid in MCP: {}", began(&error)))),
        },
        () = &mut stop => return Ok(()),
    };
    let cancel = running.cancellation_token();
    let waiting = running.waiting();
    tokio::pin!(waiting);
    tokio::select! {
        _ = &mut waiting => {}
        () = &mut stop => {
            cancel.cancel();
            let _ = waiting.await;
        }
    }
    // Wait for the requests that were sent, so that their results are recorded.
    let _ = timeout(deadline, applying.acquire_many(MAX_APPLYING)).await;
    let _ = timeout(DRAIN_TIMEOUT, written).await;
    Ok(())
}

/// Describes what went wrong, without the client's message, which may be secret.
fn began(error: &ServerInitializeError) -> &'static str {
    match error {
        ServerInitializeError::ExpectedInitializeRequest(_) => "its first message isn't a request",
        ServerInitializeError::InitializeFailed(_) => "its `initialize` was refused",
        _ => "the connection broke",
    }
}

/// Reads and writes messages, one per line.
struct Stdio {
    input: Input,
    arrived: Arrived,
    lines: Lines,
    out: Option<mpsc::Sender<Zeroizing<Vec<u8>>>>,
    /// An answer of the transport itself that waits for room, and since when.
    pending: Option<(Zeroizing<Vec<u8>>, Instant)>,
    open: Arc<InFlight>,
    /// Whether the handshake has begun. Before that, only requests are expected.
    began: bool,
}

impl Stdio {
    fn new(pipes: Pipes) -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let Pipes { input, out, written } = pipes;
        let (arrived, lines) = (Arrived::new(64 * 1024), Lines::new(MAX_MESSAGE));
        (Self { input, arrived, lines, out: Some(out), pending: None, open: Arc::default(), began: false }, written)
    }

    /// Returns a message that goes on to the server. Other messages are answered here.
    fn admit(
        &mut self,
        mut message: RxJsonRpcMessage<RoleServer>,
        bytes: usize,
    ) -> Option<RxJsonRpcMessage<RoleServer>> {
        match &mut message {
            JsonRpcMessage::Request(request) => {
                self.began |= matches!(request.request, ClientRequest::InitializeRequest(_))
                    || request.request.get_meta().protocol_version().is_some();
                let Some(ticket) = self.open.enter(&request.id, bytes) else {
                    self.answer(&TxJsonRpcMessage::<RoleServer>::error(too_many(), Some(request.id.clone())));
                    return None;
                };
                request.request.extensions_mut().insert(ticket);
                Some(message)
            }
            JsonRpcMessage::Notification(it) => {
                if let ClientNotification::CancelledNotification(cancelled) = &it.notification {
                    if let Some(id) = &cancelled.params.request_id {
                        self.open.withdraw(id);
                    }
                    return None;
                }
                self.began.then_some(message)
            }
            _ => self.began.then_some(message),
        }
    }

    /// Reads the next line. Returns `None` at the end of the input and if reading fails. Text after
    /// the last line end isn't a message.
    ///
    /// It is cancel-safe: input is consumed in the same step in which it is examined.
    async fn read_line(&mut self) -> Option<Read> {
        loop {
            if self.arrived.rest().is_empty() {
                match self.input.read(&mut self.arrived.buffer).await {
                    Ok(0) => return None,
                    Ok(bytes) => self.arrived.unread = 0..bytes,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => return None,
                }
            }
            let (used, read) = self.lines.take(self.arrived.rest());
            self.arrived.consume(used);
            if read.is_some() {
                return read;
            }
        }
    }

    /// Answers a message that doesn't reach the server.
    fn answer(&mut self, message: &TxJsonRpcMessage<RoleServer>) {
        self.pending = line(message).ok().map(|line| (line, Instant::now()));
    }

    /// Sends the waiting answer. It is cancel-safe: if this is dropped, the answer keeps waiting.
    /// Returns false if the client doesn't read.
    async fn send_pending(&mut self) -> bool {
        let Some((_, since)) = &self.pending else { return true };
        let room = match &self.out {
            Some(out) => match timeout_at(*since + STALL_TIMEOUT, out.reserve()).await {
                Ok(room) => room.ok(),
                Err(_) => return false,
            },
            None => None,
        };
        // If nobody reads any more, the input ends too.
        if let (Some((line, _)), Some(room)) = (self.pending.take(), room) {
            room.send(line);
        }
        true
    }
}

impl Transport<RoleServer> for Stdio {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let id = match &message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            _ => None,
        };
        let line = line(&message);
        let place = id.map(|id| self.open.answered(id, line.as_ref().map_or(0, |line| line.len())));
        let out = self.out.clone();
        async move {
            let is_wanted = place.as_ref().is_none_or(|place| place.is_wanted);
            let sent = match (is_wanted, out) {
                (false, _) => Ok(()),
                (true, Some(out)) => out.send(line?).await.map_err(|_| io::ErrorKind::BrokenPipe.into()),
                (true, None) => Err(io::ErrorKind::NotConnected.into()),
            };
            // Free the place only now. The SDK lets any number of answers wait, and this limits
            // them to the number of places.
            drop(place);
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if !self.send_pending().await {
                return None;
            }
            let line = match self.read_line().await? {
                Read::Line(line) => line,
                Read::TooLong => {
                    let text =
                        format!("the message is larger than {} MiB: split the request", MAX_MESSAGE / 1024 / 1024);
                    self.answer(&TxJsonRpcMessage::<RoleServer>::error(ErrorData::invalid_request(text, None), None));
                    continue;
                }
            };
            let message = match message(&line) {
                None => continue,
                Some(Err((error, id))) => {
                    self.answer(&TxJsonRpcMessage::<RoleServer>::error(error, id));
                    continue;
                }
                Some(Ok(message)) => message,
            };
            if let Some(message) = self.admit(message, line.len()) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.out = None;
        Ok(())
    }
}

/// Serializes one line at once into a buffer that is zeroed, because it may hold a revealed value.
fn line(message: &TxJsonRpcMessage<RoleServer>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer(&mut *line, message)?;
    line.push(b'\n');
    Ok(line)
}

/// Input that has arrived but isn't parsed. Consumed bytes are zeroed at once, because they may
/// hold a value and the next message may take long.
struct Arrived {
    buffer: Zeroizing<Vec<u8>>,
    unread: Range<usize>,
}

impl Arrived {
    fn new(size: usize) -> Self {
        Self { buffer: Zeroizing::new(vec![0; size]), unread: 0..0 }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.unread.clone()).unwrap_or_default()
    }

    fn consume(&mut self, bytes: usize) {
        let read = self.unread.start..(self.unread.start + bytes).min(self.unread.end);
        self.unread.start = read.end;
        if let Some(read) = self.buffer.get_mut(read) {
            read.zeroize();
        }
    }
}

#[cfg(test)]
#[path = "stdio_tests.rs"]
mod tests;
