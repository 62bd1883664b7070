//! Searches the process's memory after a call: it holds no value anywhere. The tests read every
//! mapping, as somebody with a memory dump could.

use crate::client::Client;
use crate::stage::{Stage, stages};
use infisical_emulator::tls::{Authority, TlsFront};
use infisical_emulator::{Fault, RequestMatch, SecretSeed};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::fs::FileExt;
use std::process::Child;
use std::time::{Duration, Instant};

/// The memory of a server. The server blocks access at its very start, so this opens the memory
/// earlier: an open file stays readable.
struct Memory {
    maps: File,
    content: File,
}

impl Memory {
    fn of(server: &Child) -> Option<Self> {
        let open = |what: &str| File::open(format!("/proc/{}/{what}", server.id())).ok();
        Some(Self { maps: open("maps")?, content: open("mem")? })
    }

    /// Starts a server and opens its memory. Starts again if the server was quicker.
    fn of_a_server(stage: &Stage) -> (Self, Client) {
        for _ in 0..100 {
            let mut client = Client::new(stage);
            if let Some(memory) = Self::of(&client.server) {
                client.greet();
                return (memory, client);
            }
            client.end();
        }
        panic!("the server's memory can't be opened");
    }

    /// The mappings that hold the text.
    fn places_of(&mut self, text: &str) -> Vec<String> {
        let mut maps = String::new();
        self.maps.rewind().unwrap();
        self.maps.read_to_string(&mut maps).unwrap();
        maps.lines().filter(|line| self.holds(line, text)).map(str::to_owned).collect()
    }

    fn holds(&self, mapping: &str, text: &str) -> bool {
        let mut parts = mapping.split_whitespace();
        let (range, access) = (parts.next().unwrap(), parts.next().unwrap());
        if !access.starts_with("rw") {
            return false;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut content = vec![0; usize::try_from(end - start).unwrap()];
        // The mapping may be gone by now.
        let read = self.content.read_at(&mut content, start).unwrap_or(0);
        content.truncate(read);
        memchr::memmem::find(&content, text.as_bytes()).is_some()
    }

    /// Asserts that the search finds what must be in memory while the server runs.
    fn still_finds(&mut self, stage: &Stage) {
        assert!(!self.places_of(&stage.emulator.reader().client_secret).is_empty(), "the search finds nothing at all");
    }

    fn is_rid_of(&mut self, text: &str) {
        // A cancelled task may need a moment, and a search can take longer than that.
        let began = Instant::now();
        loop {
            let looked = began.elapsed();
            let places = self.places_of(text);
            if places.is_empty() {
                return;
            }
            assert!(looked < Duration::from_secs(2), "{text} is in {places:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Both API versions, with and without TLS: the buffers on the way differ.
fn ways() -> impl Iterator<Item = (Stage, Option<TlsFront>)> {
    let plain = stages().map(|stage| (stage, None));
    plain.chain(stages().map(|mut stage| {
        let authority = Authority::new("own").unwrap();
        let front = TlsFront::before(stage.emulator.address(), &authority).unwrap();
        stage.origin = front.origin();
        stage.ca_file = Some(stage.file("ca.pem", authority.pem()));
        (stage, Some(front))
    }))
}

fn result(answer: &Value) -> &Value {
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    &answer["result"]["structuredContent"]
}

#[test]
fn no_answered_value_stays_in_memory_after_a_read() {
    for (stage, _front) in ways() {
        let value = ["residue", "of", "an", "answer"].join("-");
        stage.emulator.put_secret("dev", "/empty", &SecretSeed::new("STORED", &value));
        let (mut memory, mut client) = Memory::of_a_server(&stage);
        let stored = json!({ "name": "STORED", "path": "/empty" });
        assert_eq!(result(&client.call(1, "get-secret", stored))["name"], "STORED");
        result(&client.call(2, "list-secrets", json!({ "recursive": true })));
        memory.is_rid_of(&value);
        memory.is_rid_of("canary-value");
        memory.still_finds(&stage);
    }
}

#[test]
fn no_written_value_stays_in_memory_after_the_change() {
    for (stage, _front) in ways() {
        stage.switch_on();
        let value = ["residue", "of", "a", "literal"].join("-");
        let (mut memory, mut client) = Memory::of_a_server(&stage);
        let creation = json!({ "name": "WRITTEN", "path": "/empty", "value": value });
        let plan = result(&client.call(1, "create-secret", creation))["plan"].clone();
        memory.is_rid_of(&value);
        let write = RequestMatch::any().method("POST").path_prefix("/api");
        stage.emulator.fail_next_matching(1, write, Fault::Delay(Duration::from_secs(3)));
        client.say(crate::client::call(2, "apply-change", json!({ "plan": plan })).to_string().as_bytes());
        let began = Instant::now();
        while memory.places_of(&value).is_empty() {
            assert!(began.elapsed() < Duration::from_secs(5), "the value should be in memory during the call");
        }
        result(&client.hear());
        memory.still_finds(&stage);
        assert_eq!(stage.value("/empty", "WRITTEN").as_deref(), Some(value.as_str()));
        memory.is_rid_of(&value);
    }
}

#[test]
fn no_revealed_value_stays_in_memory_after_the_call() {
    for (stage, _front) in ways() {
        let value = ["residue", "of", "a", "reveal"].join("-");
        stage.emulator.put_secret("dev", "/empty", &SecretSeed::new("SHOWN", &value));
        stage.reveal();
        let (mut memory, mut client) = Memory::of_a_server(&stage);
        let shown = client.call(1, "reveal-secret", json!({ "name": "SHOWN", "path": "/empty" }));
        assert!(shown.to_string().contains(&value), "{shown}");
        memory.is_rid_of(&value);
        memory.still_finds(&stage);
    }
}
