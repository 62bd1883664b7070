//! Compares the MCP server with the official one, `@infisical/mcp`: the time from start to the
//! answer to `initialize`, memory after the first list, the round trip of a `get-secret`, and the
//! size of the list. Both run in turns on the same machine, against the same emulator. It prints
//! times and ratios, and asserts nothing.
//!
//! ```text
//! npm install --prefix FOLDER @infisical/mcp@0.0.24
//! cargo build --release -p infisical-skill
//! INFISICAL_MCP_ENTRY=FOLDER/node_modules/@infisical/mcp/dist/index.js cargo bench -p infisical-skill-contract --bench official_server
//! ```
//!
//! Ours runs with sandbox, guard and audit trail. The official one is `node` on its installed entry
//! point, without `npx`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where it fails")]

use infisical_emulator::{ApiVersion, Emulator, Seed};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 20;
const CALLS: usize = 500;

/// One server under measurement.
struct Contender {
    name: &'static str,
    command: Box<dyn Fn() -> Command>,
    arguments: Value,
    starts: Vec<Duration>,
    memory: Vec<u64>,
    calls: Vec<Duration>,
    list: usize,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

fn main() {
    let Some(entry) = std::env::var_os("INFISICAL_MCP_ENTRY").map(PathBuf::from) else {
        println!("not measured: INFISICAL_MCP_ENTRY names no installed `@infisical/mcp` (its dist/index.js)");
        return;
    };
    let ours = std::env::var_os("INFISICAL_SKILL_BIN").map_or_else(release_binary, PathBuf::from);
    // The official server's SDK speaks the older API.
    let emulator = Emulator::builder().api_version(ApiVersion::V3).seed(Seed::demo()).start_now().unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut contenders = [official(&emulator, entry), skill(&emulator, ours, state.path())];
    for _ in 0..STARTS {
        for contender in &mut contenders {
            contender.start_and_list();
        }
    }
    for round in 0..3 {
        for contender in &mut contenders {
            contender.call_often(round > 0);
        }
    }
    print(&mut contenders);
    let (mut pings, mut bare) = (contenders[1].ping(), bare(&emulator));
    let micros = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    println!("in every round trip: the emulator's answer on a kept connection, bare, {}", micros(median(&mut bare)));
    println!("in ours: a message to the server and back, `ping`, {}", micros(median(&mut pings)));
}

/// The request of a `get-secret` by itself: the minimum for every server in between.
fn bare(emulator: &Emulator) -> Vec<Duration> {
    let exchanges = emulator.log();
    let asked = exchanges.iter().rev().find(|it| it.path_and_query.contains("/secrets/raw/DATABASE_URL")).unwrap();
    let mut stream = TcpStream::connect(emulator.origin().strip_prefix("http://").unwrap()).unwrap();
    stream.set_nodelay(true).unwrap();
    let reader = emulator.reader();
    let login = json!({ "clientId": reader.client_id, "clientSecret": reader.client_secret }).to_string();
    let head = "POST /api/v1/auth/universal-auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
    let answer = exchange(&mut stream, &format!("{head}\r\ncontent-length: {}\r\n\r\n{login}", login.len()));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let token = answer["accessToken"].as_str().unwrap();
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n", asked.path_and_query);
    let measure = |_| {
        let began = Instant::now();
        assert!(!exchange(&mut stream, &request).is_empty());
        began.elapsed()
    };
    (0..CALLS).map(measure).collect()
}

/// One request and the body of its answer.
fn exchange(stream: &mut TcpStream, request: &str) -> Vec<u8> {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        filled += stream.read(&mut answer[filled..]).unwrap();
        let text = String::from_utf8_lossy(&answer[..filled]).to_lowercase();
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
        let length: usize = length.parse().unwrap();
        if filled >= end + 4 + length {
            return answer[end + 4..end + 4 + length].to_vec();
        }
    }
}

fn official(emulator: &Emulator, entry: PathBuf) -> Contender {
    let (origin, reader, project) = (emulator.origin(), emulator.reader(), emulator.project_id());
    let command = move || {
        let mut command = Command::new("node");
        command.arg(&entry).envs([
            ("INFISICAL_HOST_URL", &origin),
            ("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", &reader.client_id),
            ("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", &reader.client_secret),
        ]);
        command
    };
    let arguments = json!({ "projectId": project, "environmentSlug": "dev", "secretName": "DATABASE_URL", "expandSecretReferences": false, "includeImports": false });
    Contender::new("@infisical/mcp", command, arguments)
}

fn skill(emulator: &Emulator, binary: PathBuf, state: &Path) -> Contender {
    let (origin, reader, writer, project) =
        (emulator.origin(), emulator.reader(), emulator.writer(), emulator.project_id());
    let (state, arguments) = (state.display().to_string(), json!({ "environment": "dev", "name": "DATABASE_URL" }));
    let command = move || {
        let mut command = Command::new(&binary);
        command.arg("mcp").envs([
            ("INFISICAL_URL", &origin),
            ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
            ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
            ("INFISICAL_WRITE_CLIENT_ID", &writer.client_id),
            ("INFISICAL_WRITE_CLIENT_SECRET", &writer.client_secret),
            ("INFISICAL_PROJECT", &project),
            ("INFISICAL_SKILL_STATE_DIR", &state),
        ]);
        command
    };
    Contender::new("infisical-skill", command, arguments)
}

impl Contender {
    fn new(name: &'static str, command: impl Fn() -> Command + 'static, arguments: Value) -> Self {
        let command = Box::new(command);
        Self { name, command, arguments, starts: Vec::new(), memory: Vec::new(), calls: Vec::new(), list: 0 }
    }

    fn start(&self) -> (Running, Duration) {
        let began = Instant::now();
        let mut child =
            (self.command)().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut running = Running { child, input, output };
        let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" } });
        let hello = running.ask(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }));
        let took = began.elapsed();
        assert!(hello.contains("\"protocolVersion\""), "{hello}");
        running.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        (running, took)
    }

    fn start_and_list(&mut self) {
        let (mut running, took) = self.start();
        self.starts.push(took);
        self.list = running.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).len();
        self.memory.push(running.memory());
        running.end();
    }

    /// The round trip of `ping`.
    fn ping(&self) -> Vec<Duration> {
        let (mut running, _) = self.start();
        let ping = json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" });
        let measure = |_| {
            let began = Instant::now();
            running.ask(&ping);
            began.elapsed()
        };
        let times = (0..CALLS).map(measure).collect();
        running.end();
        times
    }

    /// Calls `get-secret` many times. The first round only warms up.
    fn call_often(&mut self, counts: bool) {
        let (mut running, _) = self.start();
        let params = json!({ "name": "get-secret", "arguments": self.arguments });
        let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        for round in 0..CALLS {
            let began = Instant::now();
            let answer = running.ask(&call);
            let took = began.elapsed();
            assert!(answer.contains("DATABASE_URL") && !answer.contains("\"isError\":true"), "{answer}");
            // The first call logs in.
            if counts && round > 0 {
                self.calls.push(took);
            }
        }
        running.end();
    }
}

impl Running {
    fn say(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    fn ask(&mut self, message: &Value) -> String {
        self.say(message);
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
        line
    }

    /// The resident memory, in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn end(self) {
        let Self { mut child, input, output } = self;
        drop((input, output));
        // The official server keeps running after its client closes.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn print(contenders: &mut [Contender; 2]) {
    let [theirs, ours] = contenders;
    println!("{:28}{:>18}{:>18}{:>10}", "median", theirs.name, ours.name, "ratio");
    let time = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    let row =
        |what: &str, theirs: String, ours: String, ratio: f64| println!("{what:28}{theirs:>18}{ours:>18}{ratio:>9.1}x");
    for (what, theirs, ours) in [
        ("start to initialize", median(&mut theirs.starts), median(&mut ours.starts)),
        ("get-secret, round trip", median(&mut theirs.calls), median(&mut ours.calls)),
    ] {
        row(what, time(theirs), time(ours), theirs.as_secs_f64() / ours.as_secs_f64());
    }
    let (a, b) = (median(&mut theirs.memory), median(&mut ours.memory));
    let mebibytes = |kibibytes: u64| format!("{:.1} MiB", kibibytes as f64 / 1024.0);
    row("memory after tools/list", mebibytes(a), mebibytes(b), a as f64 / b as f64);
    let (a, b) = (theirs.list, ours.list);
    row("tools/list", format!("{a} bytes"), format!("{b} bytes"), a as f64 / b as f64);
}

fn median<T: Copy + Ord>(all: &mut [T]) -> T {
    all.sort_unstable();
    all[all.len() / 2]
}

/// The path of the release binary, beside this benchmark's binary.
fn release_binary() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("infisical-skill")
}
