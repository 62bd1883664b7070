//! The protocol on standard input and output.

use super::line::{Lines, Read, message};
use super::pipes::{self, Input, Pipes};
use super::server::{Handler, MAX_APPLYING};
use super::{MAX_MESSAGE, McpServer};
use rmcp::model::{ClientNotification, ClientRequest, ErrorData, GetMeta, JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::{RoleServer, ServiceExt};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

/// The most calls that may be open at once, and the most bytes of their messages.
const MAX_OPEN: (usize, usize) = (32, 4 * MAX_MESSAGE);

/// How long a client may take to take what it was answered last, once it closed its end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// JSON-RPC leaves these codes to servers.
const TOO_MUCH_AT_ONCE: i32 = -32000;

/// Serves the client at standard input and output until it closes its end, or `stop` is done. A plan that is being applied is brought to its end first:
/// no further change of it leaves. For a process that does nothing else: standard output is the protocol's from then on.
///
/// # Errors
/// [`io::Error`] if standard input and output can't be had, or what the client began with isn't MCP.
pub async fn serve_stdio(server: McpServer, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    serve(Handler::new(server)?, pipes::take()?, stop).await
}

/// Serves the client at these pipes.
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
            Err(error) => return Err(io::Error::other(format!("the client doesn't begin as MCP has it: {}", began(&error)))),
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
    // What was sent is seen through, so that it is recorded what became of it.
    let _ = timeout(deadline, applying.acquire_many(MAX_APPLYING)).await;
    let _ = timeout(LAST_WORDS, written).await;
    Ok(())
}

/// What went wrong, without what the client said: it may have been secret.
fn began(error: &ServerInitializeError) -> &'static str {
    match error {
        ServerInitializeError::ExpectedInitializeRequest(_) => "it sent something else than a request first",
        ServerInitializeError::InitializeFailed(_) => "its `initialize` was refused",
        _ => "the connection broke",
    }
}

/// Messages, one a line, both ways.
struct Stdio {
    input: Input,
    arrived: Arrived,
    lines: Lines,
    out: Option<mpsc::Sender<Zeroizing<Vec<u8>>>>,
    /// An answer of this end's own that waits for room.
    pending: Option<Zeroizing<Vec<u8>>>,
    open: Arc<Open>,
    /// Whether the client has said which revision it speaks: before that only requests are expected.
    began: bool,
}

impl Stdio {
    fn new(pipes: Pipes) -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let Pipes { input, out, written } = pipes;
        let (arrived, lines) = (Arrived::new(64 * 1024), Lines::new(MAX_MESSAGE));
        (Self { input, arrived, lines, out: Some(out), pending: None, open: Arc::default(), began: false }, written)
    }

    /// Whether a message goes on to the server. If not, it is answered here.
    async fn admit(&mut self, message: &RxJsonRpcMessage<RoleServer>, bytes: usize) -> bool {
        match message {
            JsonRpcMessage::Request(request) => {
                self.began |= matches!(request.request, ClientRequest::InitializeRequest(_))
                    || request.request.get_meta().protocol_version().is_some();
                if self.open.enter(&request.id, bytes) {
                    return true;
                }
                let error = ErrorData::new(
                    rmcp::model::ErrorCode(TOO_MUCH_AT_ONCE),
                    "too many calls at once: wait for some of them, then ask again",
                    None,
                );
                self.answer(TxJsonRpcMessage::<RoleServer>::error(error, Some(request.id.clone()))).await;
                false
            }
            JsonRpcMessage::Notification(it) => {
                if let ClientNotification::CancelledNotification(cancelled) = &it.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // It isn't answered any more.
                    self.open.leave(id);
                }
                self.began
            }
            _ => self.began,
        }
    }

    /// The next line. None at the end, and where reading fails; what stands after the last line end isn't a message.
    ///
    /// Nothing is lost where this is dropped while it waits: what arrived is taken in the same step in which it is looked at.
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

    async fn answer(&mut self, message: TxJsonRpcMessage<RoleServer>) {
        self.pending = line(&message).ok();
        self.send_pending().await;
    }

    /// Sends what waits. Where this is dropped while it waits, it waits on: whoever asked is answered.
    async fn send_pending(&mut self) {
        if self.pending.is_none() {
            return;
        }
        let room = match &self.out {
            Some(out) => out.reserve().await.ok(),
            None => None,
        };
        // If nobody reads any more, the input ends too.
        if let (Some(line), Some(room)) = (self.pending.take(), room) {
            room.send(line);
        }
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
        if let Some(id) = id {
            self.open.leave(id);
        }
        let (out, line) = (self.out.clone(), line(&message));
        async move {
            let out = out.ok_or(io::ErrorKind::NotConnected)?;
            out.send(line?).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.send_pending().await;
        loop {
            let line = match self.read_line().await? {
                Read::Line(line) => line,
                Read::TooLong => {
                    let text =
                        format!("a message has at most {} MiB: ask for less at a time", MAX_MESSAGE / 1024 / 1024);
                    self.answer(TxJsonRpcMessage::<RoleServer>::error(ErrorData::invalid_request(text, None), None))
                        .await;
                    continue;
                }
            };
            let message = match message(&line) {
                None => continue,
                Some(Err((error, id))) => {
                    self.answer(TxJsonRpcMessage::<RoleServer>::error(error, id)).await;
                    continue;
                }
                Some(Ok(message)) => message,
            };
            if self.admit(&message, line.len()).await {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.out = None;
        Ok(())
    }
}

/// One line, in one go into a buffer that is zeroed: a revealed value may be in it.
fn line(message: &TxJsonRpcMessage<RoleServer>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer(&mut *line, message)?;
    line.push(b'\n');
    Ok(line)
}

/// What arrived and isn't read yet. What is read is zeroed at once: the next message may be long in coming, and this one may have had a value in it.
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

/// The calls that aren't answered yet.
#[derive(Default)]
struct Open {
    bytes: Mutex<HashMap<RequestId, usize>>,
}

impl Open {
    fn enter(&self, id: &RequestId, bytes: usize) -> bool {
        let mut open = self.open();
        let (calls, sum) = MAX_OPEN;
        // An id that is in use already isn't one to answer under.
        let is_room = open.len() < calls && open.values().sum::<usize>() + bytes <= sum && !open.contains_key(id);
        if is_room {
            open.insert(id.clone(), bytes);
        }
        is_room
    }

    fn leave(&self, id: &RequestId) {
        self.open().remove(id);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<RequestId, usize>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_of_this_ends_own_is_not_lost_where_there_was_no_room_for_it() {
        let (out, mut taken) = mpsc::channel(1);
        let (_all_written, written) = tokio::sync::oneshot::channel();
        let input: Input = Box::new(&b"no message\n"[..]);
        let (mut stdio, _written) = Stdio::new(Pipes { input, out: out.clone(), written });
        out.send(Zeroizing::new(b"first".to_vec())).await.unwrap();
        // Whoever waits for a message goes on to something else.
        assert!(timeout(Duration::from_millis(20), stdio.receive()).await.is_err());
        assert_eq!(taken.recv().await.unwrap().as_slice(), b"first");
        assert!(stdio.receive().await.is_none(), "nothing else came in");
        let answer = String::from_utf8(taken.recv().await.unwrap().to_vec()).unwrap();
        assert!(answer.contains("-32700"), "{answer}");
    }

    #[test]
    fn open_calls_are_bounded_in_number_and_bytes_and_no_id_is_used_twice() {
        let open = Open::default();
        let id = |number| RequestId::Number(number);
        assert!(open.enter(&id(1), MAX_OPEN.1));
        assert!(!open.enter(&id(2), 1), "no bytes left");
        open.leave(&id(1));
        for number in 0..MAX_OPEN.0 {
            assert!(open.enter(&id(i64::try_from(number).unwrap()), 1));
        }
        assert!(!open.enter(&id(1_000), 1), "no calls left");
        open.leave(&id(3));
        assert!(!open.enter(&id(4), 1), "in use");
        assert!(open.enter(&id(3), 1));
    }
}
