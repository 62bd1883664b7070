//! An MCP client over standard input and output that sends whatever the test needs.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// An MCP client that sends whatever the test needs.
pub(crate) struct Client {
    pub(crate) server: Child,
    pub(crate) input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Client {
    pub(crate) fn new(stage: &Stage) -> Self {
        Self::of(stage.command().arg("mcp"))
    }

    /// Starts the server with this command and connects a client to it.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        Self { server, input, output }
    }

    pub(crate) fn connected(stage: &Stage) -> Self {
        let mut client = Self::new(stage);
        client.greet();
        client
    }

    pub(crate) fn greet(&mut self) {
        self.greet_as(json!({}));
    }

    /// Sends `initialize` with these capabilities.
    pub(crate) fn greet_as(&mut self, capabilities: Value) {
        let mut hello = initialize("2025-11-25");
        hello["capabilities"] = capabilities;
        let hello = self.ask(&request(0, "initialize", hello));
        assert_eq!(hello["result"]["protocolVersion"], "2025-11-25", "{hello}");
        self.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string().as_bytes());
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn say(&mut self, line: &[u8]) {
        self.write(line);
        self.write(b"\n");
    }

    pub(crate) fn hear(&mut self) -> Value {
        self.hear_line().1
    }

    /// The next message, as the line that arrived and as JSON.
    pub(crate) fn hear_line(&mut self) -> (String, Value) {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
        let message = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not the protocol: {line}"));
        (line, message)
    }

    pub(crate) fn ask(&mut self, message: &Value) -> Value {
        self.say(message.to_string().as_bytes());
        self.hear()
    }

    pub(crate) fn call(&mut self, id: i64, tool: &str, arguments: Value) -> Value {
        self.ask(&call(id, tool, arguments))
    }

    /// Asserts that the server still answers correctly.
    pub(crate) fn is_well(&mut self) {
        let listed = self.call(77, "list-secrets", json!({}));
        assert_eq!((&listed["id"], &listed["result"]["isError"]), (&json!(77), &json!(false)), "{listed}");
    }

    /// The server's peak memory, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }

    pub(crate) fn end(mut self) -> std::process::Output {
        drop(self.input.take());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.output, &mut rest).unwrap();
        for line in rest.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("not the protocol: {line}"));
        }
        self.server.wait_with_output().unwrap()
    }
}

pub(crate) fn request(id: i64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

pub(crate) fn initialize(revision: &str) -> Value {
    json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": { "name": "hostile", "version": "1" } })
}

pub(crate) fn call(id: i64, tool: &str, arguments: Value) -> Value {
    request(id, "tools/call", json!({ "name": tool, "arguments": arguments }))
}
