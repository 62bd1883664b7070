//! Protects against DNS rebinding, in which a foreign web page's host name resolves to this
//! machine. The headers Host and Origin of its requests reveal it.
//!
//! The SDK compares both headers with the allowed names. But it reads only the first of several
//! headers, and treats an invalid port as none. This module refuses requests with either before the
//! SDK sees them.

use super::authenticator::{Rejection, rejected};
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http::{StatusCode, Uri};

/// The origins of web pages on this machine, in the SDK's notation for any port. Such a page also
/// needs a token.
pub(super) const OWN_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// Refuses a request whose target or origin is ambiguous or malformed.
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Rejection> {
    let bad = rejected(StatusCode::BAD_REQUEST, "name this server once in the header Host, as HOST or HOST:PORT");
    let host = match only(headers, &HOST) {
        Ok(Some(host)) if is_authority(host) => host,
        _ => return Err(bad),
    };
    if uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
        return Err(bad);
    }
    match only(headers, &ORIGIN) {
        Ok(None) => Ok(()),
        Ok(Some(origin)) if is_origin(origin) => Ok(()),
        _ => Err(rejected(StatusCode::FORBIDDEN, "this isn't the origin of a web page that may use this server")),
    }
}

/// Returns the text of a header that occurs at most once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut all = headers.get_all(name).iter().map(HeaderValue::to_str);
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(Ok(one)), None) => Ok(Some(one)),
        _ => Err(()),
    }
}

/// Whether the text is `null`, which can't be allowed, or a scheme with an authority.
fn is_origin(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    text == "null" || text.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && is_authority(rest))
}

/// Whether the text is a host, with a port if there is a colon.
fn is_authority(text: &str) -> bool {
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => address.parse::<std::net::Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port)),
        None => match text.find(':') {
            Some(at) => {
                let (host, port) = text.split_at(at);
                is_host(host) && is_port(port)
            }
            None => is_host(text),
        },
    }
}

/// Whether the text is a colon and a number, or empty.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| {
        port.is_empty() || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(uri: &str, headers: &[(HeaderName, &str)]) -> u16 {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        check(&uri.parse().unwrap(), &headers).map_or_else(|rejection| rejection.status.as_u16(), |()| 200)
    }

    #[test]
    fn accepts_one_host_with_or_without_a_port() {
        for host in [
            "localhost",
            "localhost:8808",
            "LOCALHOST:1",
            "127.0.0.1:65535",
            "[::1]",
            "[::1]:80",
            "a-b_c.example.org",
            "h:",
        ] {
            assert_eq!(status("/mcp", &[(HOST, host)]), 200, "{host}");
        }
        for host in [
            "",
            ":80",
            "localhost:evil",
            "localhost:80:80",
            "localhost:65536",
            "localhost:+1",
            "localhost:80@evil.com",
            "evil@localhost",
            "localhost, evil.com",
            "localhost/",
            "::1",
            "[::1",
            "[::1]80",
            "[evil]",
            "[::1]:x",
            "loc alhost",
        ] {
            assert_eq!(status("/mcp", &[(HOST, host)]), 400, "{host}");
        }
        assert_eq!(status("/mcp", &[]), 400, "none");
        assert_eq!(status("/mcp", &[(HOST, "localhost"), (HOST, "localhost")]), 400, "two");
        assert_eq!(status("/mcp", &[(HOST, "localhost"), (HOST, "evil.com")]), 400, "two that differ");
    }

    #[test]
    fn takes_a_whole_address_only_if_it_is_the_hosts() {
        assert_eq!(status("http://localhost:1/mcp", &[(HOST, "localhost:1")]), 200);
        assert_eq!(status("http://evil.com/mcp", &[(HOST, "localhost:1")]), 400);
    }

    #[test]
    fn accepts_one_origin_as_browsers_write_it() {
        let with = |origins: &[&str]| {
            let mut headers = vec![(HOST, "localhost")];
            headers.extend(origins.iter().map(|origin| (ORIGIN, *origin)));
            status("/mcp", &headers)
        };
        for origin in
            ["http://localhost", "http://[::1]:3000", "https://a.example.org:443", "vscode-webview://1a2b", "null"]
        {
            assert_eq!(with(&[origin]), 200, "{origin}");
        }
        for origin in [
            "",
            "localhost",
            "http://",
            "http:localhost",
            "http://localhost/",
            "http://localhost:80@evil.com",
            "http://localhost:evil",
            "http://evil.com#http://localhost",
            "http://user@localhost",
            "http://localhost http://evil.com",
            "://localhost",
        ] {
            assert_eq!(with(&[origin]), 403, "{origin}");
        }
        assert_eq!(with(&["http://localhost", "http://localhost"]), 403, "two");
    }
}
