//! A client that sends requests unchanged, one for each connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use infisical_emulator::{Credentials, Emulator};
use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {:?}", self.text))
    }
}

/// Sends one request. Returns `None` if the connection is closed before an answer.
pub(crate) fn exchange(
    address: SocketAddr,
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!("{method} {url} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.unwrap_or_default()).unwrap();
    let mut read = Vec::new();
    // A connection that is cut off may end in an error. What was read before it still counts.
    let _ = stream.read_to_end(&mut read);
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let body = &read[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse().unwrap());
    Some(Answer {
        status,
        is_whole: length.is_none_or(|length: usize| length == body.len()),
        headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    })
}

/// A client with an access token.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn anonymous(emulator: &Emulator) -> Self {
        Self { address: emulator.address(), token: None }
    }

    pub(crate) fn of(emulator: &Emulator, credentials: &Credentials) -> Self {
        let anonymous = Self::anonymous(emulator);
        let answer = anonymous.post(
            "/api/v1/auth/universal-auth/login",
            &json!({"clientId": credentials.client_id, "clientSecret": credentials.client_secret}),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        Self { token: answer.json()["accessToken"].as_str().map(str::to_owned), ..anonymous }
    }

    pub(crate) fn try_send(&self, method: &str, url: &str, body: Option<&Value>) -> Option<Answer> {
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let text = body.map(Value::to_string);
        exchange(self.address, method, url, &headers, text.as_deref().map(str::as_bytes))
    }

    pub(crate) fn send(&self, method: &str, url: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, url, body).unwrap()
    }

    pub(crate) fn get(&self, url: &str) -> Answer {
        self.send("GET", url, None)
    }

    pub(crate) fn post(&self, url: &str, body: &Value) -> Answer {
        self.send("POST", url, Some(body))
    }

    pub(crate) fn patch(&self, url: &str, body: &Value) -> Answer {
        self.send("PATCH", url, Some(body))
    }

    pub(crate) fn delete(&self, url: &str, body: &Value) -> Answer {
        self.send("DELETE", url, Some(body))
    }
}

/// The payload of a JWT, without verification.
pub(crate) fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
