//! A server that sends exactly the given bytes.

use crate::wire::{Accept, Break, Stream};
use serde_json::json;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// Its headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The number of the connection that it came on.
    pub connection: usize,
}

impl Recorded {
    /// All values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether it lists secrets, in either API version.
    #[must_use]
    pub fn is_list(&self) -> bool {
        ["/api/v4/secrets?", "/api/v3/secrets/raw?"].iter().any(|list| self.target.starts_with(list))
    }
}

/// How the server reacts to a request.
pub enum Reply {
    /// Sends the bytes and keeps the connection.
    Bytes(Vec<u8>),
    /// Sends the bytes and closes the connection.
    BytesThenClose(Vec<u8>),
    /// Sends the first bytes, and then the second ones again and again.
    BytesThenForever(Vec<u8>, Vec<u8>),
    /// Sends the bytes one by one, with this pause between two.
    Drip(Vec<u8>, Duration),
    /// Sends the first bytes, and then the second ones one by one, with this pause between two.
    BytesThenDrip(Vec<u8>, Vec<u8>, Duration),
    /// Sends the bytes and breaks the connection off.
    BytesThenBreak(Vec<u8>, Break),
    /// Sends nothing and keeps the connection.
    Silence,
    /// Forwards the request to another server, and its answer back.
    FromServer(SocketAddr),
    /// Forwards the request to another server, waits for the answer, and sends this reply instead.
    AfterServer(SocketAddr, Box<Reply>),
}

impl Reply {
    /// A whole answer with a body of this media type.
    #[must_use]
    pub fn answer(status: u16, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(
            format!(
                "HTTP/1.1 {status} Status\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }

    /// A whole answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::answer(status, "application/json; charset=utf-8", &body.to_string())
    }

    /// The list of one secret.
    #[must_use]
    pub fn list_of(name: &str) -> Self {
        Self::json(200, &json!({ "secrets": [crate::secret_json(name, 1)] }))
    }
}

type Script = dyn Fn(&Recorded) -> Option<Reply> + Send + Sync;

/// The server. It ends when it is dropped.
pub struct Scripted {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    open: Arc<Mutex<BTreeSet<usize>>>,
    task: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    /// Starts a server that accepts every login. When it is probed it answers like a current
    /// Infisical, or like an old one with `old`. The script decides about all other requests, and
    /// can override these answers.
    ///
    /// # Errors
    /// If no socket is available.
    pub async fn start(
        old: bool,
        accept: impl Accept,
        script: impl Fn(&Recorded) -> Option<Reply> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(Mutex::new(BTreeSet::new()));
        let script: Arc<Script> = Arc::new(move |request| script(request).or_else(|| usual(old, request)));
        let (accept, recorded, counter) = (Arc::new(accept), Arc::clone(&requests), Arc::clone(&open));
        let mut numbers = 0..;
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let (accept, script, recorded) = (Arc::clone(&accept), Arc::clone(&script), Arc::clone(&recorded));
                let open = Open::new(&counter, numbers.next().unwrap_or_default());
                connections.spawn(async move {
                    if let Ok(stream) = accept.accept(tcp).await {
                        // A broken connection is intended in some scripts.
                        let _ = serve(stream, &*script, &recorded, open.number).await;
                    }
                });
            }
        });
        Ok(Self { address, requests, open, task })
    }

    /// The server's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The server's origin, without TLS.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests whose target begins with `prefix`.
    #[must_use]
    pub fn requests_to(&self, prefix: &str) -> Vec<Recorded> {
        self.requests().into_iter().filter(|request| request.target.starts_with(prefix)).collect()
    }

    /// Waits a while for the last connection to close. Returns whether it closed.
    pub async fn is_left(&self) -> bool {
        self.becomes(BTreeSet::is_empty).await
    }

    /// Waits a while for the connection of this request to close. Returns whether it closed.
    pub async fn is_closed(&self, request: &Recorded) -> bool {
        self.becomes(|open| !open.contains(&request.connection)).await
    }

    async fn becomes(&self, so: impl Fn(&BTreeSet<usize>) -> bool) -> bool {
        for _ in 0..100 {
            if so(&self.open.lock().unwrap_or_else(PoisonError::into_inner)) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Counts a connection while it is open.
struct Open {
    all: Arc<Mutex<BTreeSet<usize>>>,
    number: usize,
}

impl Open {
    fn new(all: &Arc<Mutex<BTreeSet<usize>>>, number: usize) -> Self {
        all.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        Self { all: Arc::clone(all), number }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// The answer of an honest server to the host's own requests.
fn usual(old: bool, request: &Recorded) -> Option<Reply> {
    match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/api/v1/auth/universal-auth/login") => Some(Reply::json(
            200,
            &json!({ "accessToken": format!("{}-token", crate::CANARY), "expiresIn": 7200, "accessTokenMaxTTL": 86400, "tokenType": "Bearer" }),
        )),
        ("GET", "/api/v4/secrets") if old => Some(Reply::json(
            404,
            &json!({ "message": "Route GET:/api/v4/secrets not found", "error": "Not Found", "statusCode": 404 }),
        )),
        ("GET", "/api/v4/secrets") => Some(Reply::json(
            400,
            &json!({ "reqId": "req-abc", "message": "Missing project id or environment", "error": "BadRequest", "statusCode": 400 }),
        )),
        _ => None,
    }
}

async fn serve(
    mut stream: Box<dyn Stream>,
    script: &Script,
    recorded: &Mutex<Vec<Recorded>>,
    connection: usize,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let Some(request) = read_request(&mut stream, &mut buffer).await? else { return Ok(()) };
        let request = Recorded { connection, ..request };
        recorded.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let mut reply = script(&request);
        if let Some(Reply::AfterServer(address, instead)) = reply {
            ask(address, &request).await?;
            reply = Some(*instead);
        }
        match reply {
            Some(Reply::Bytes(bytes)) => stream.write_all(&bytes).await?,
            Some(Reply::FromServer(address)) => stream.write_all(&ask(address, &request).await?).await?,
            Some(Reply::AfterServer(..)) => return Err(io::ErrorKind::InvalidInput.into()),
            Some(Reply::BytesThenClose(bytes)) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Some(Reply::BytesThenBreak(bytes, how)) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                return how.off(stream).await;
            }
            Some(Reply::BytesThenForever(bytes, again)) => {
                stream.write_all(&bytes).await?;
                loop {
                    stream.write_all(&again).await?;
                }
            }
            Some(Reply::Drip(bytes, pause)) => drip(&mut stream, &bytes, pause).await?,
            Some(Reply::BytesThenDrip(bytes, rest, pause)) => {
                stream.write_all(&bytes).await?;
                drip(&mut stream, &rest, pause).await?;
            }
            Some(Reply::Silence) => {}
            None => return stream.shutdown().await,
        }
        stream.flush().await?;
    }
}

async fn drip(stream: &mut Box<dyn Stream>, bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Forwards a request to another server and returns the answer. That server closes the connection
/// afterwards, so the answer must state its length.
async fn ask(address: SocketAddr, request: &Recorded) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "connection") {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &request.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    // The connection to the client stays open, so hop-by-hop headers aren't forwarded.
    let text = b"connection: close\r\n";
    if let Some(at) = answer.windows(text.len()).position(|part| part.eq_ignore_ascii_case(text)) {
        answer.drain(at..at + text.len());
    }
    Ok(answer)
}

async fn read_request(stream: &mut Box<dyn Stream>, buffer: &mut Vec<u8>) -> io::Result<Option<Recorded>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..head_end).collect();
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = buffer.drain(..length).collect();
    Ok(Some(Recorded { method, target, headers, body, connection: 0 }))
}
