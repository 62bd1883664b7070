//! A request as a handler gets it: decoded parameters, parsed body, identified caller.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::ApiVersion;
use crate::auth::access::Caller;
use crate::failure::Failure;

/// The server's limit on a body.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// The unparsed body.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawBody {
    pub(crate) bytes: Bytes,
    pub(crate) too_large: bool,
}

/// The body after the server's parsers.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// No body.
    Null,
    /// An empty body with the content type JSON.
    Undefined,
    Value(Value),
}

impl Payload {
    /// Parses by content type. A body that the server can't parse is a 500.
    pub(crate) fn parse(headers: &HeaderMap, body: &RawBody) -> Result<Self, Failure> {
        let broken = || Failure::internal("InternalServerError");
        if body.too_large || body.bytes.len() > BODY_LIMIT {
            return Err(broken());
        }
        let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match (essence.as_str(), body.bytes.is_empty()) {
            ("application/json", true) => Ok(Self::Undefined),
            (_, true) => Ok(Self::Null),
            ("application/json", false) => serde_json::from_slice(&body.bytes).map(Self::Value).map_err(|_| broken()),
            ("text/plain", false) => Ok(Self::Value(Value::String(String::from_utf8_lossy(&body.bytes).into_owned()))),
            ("application/x-www-form-urlencoded", false) => {
                let text = String::from_utf8_lossy(&body.bytes).into_owned();
                let fields = pairs(&text).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                Ok(Self::Value(Value::Object(fields)))
            }
            _ => Err(broken()),
        }
    }
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) api_version: ApiVersion,
    /// Path and query, as sent.
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) query: Map<String, Value>,
    pub(crate) payload: Payload,
    pub(crate) caller: Option<Caller>,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    /// The client certificate in PEM, as a proxy forwards it.
    pub(crate) client_certificate: Option<String>,
}

impl Call {
    /// A decoded parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The caller that the token identifies.
    pub(crate) fn caller(&self) -> Result<&Caller, Failure> {
        self.caller.as_ref().ok_or_else(|| Failure::unauthorized("Token missing"))
    }

    /// True on a current server.
    pub(crate) fn is_v4(&self) -> bool {
        self.api_version == ApiVersion::V4
    }
}

/// The decoded pairs of a query or form. The last of several equal names wins.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Percent decoding with `+` as a space. Invalid escapes stay as they are.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let ahead = bytes.clone();
                let digits: Vec<u8> = ahead.take(2).collect();
                match std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(value) if digits.len() == 2 => {
                        decoded.push(value);
                        bytes.nth(1);
                    }
                    _ => decoded.push(b'%'),
                }
            }
            other => decoded.push(other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn queries_are_decoded_once() {
        let read = pairs("a=%2Fapp%2F&b=x+y&c=%252B&d&e=100%&f=%zz");
        let expected = [("a", "/app/"), ("b", "x y"), ("c", "%2B"), ("d", ""), ("e", "100%"), ("f", "%zz")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
