//! The only server that requests may go to.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// How to connect to an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The scheme, host and port of an Infisical server, in canonical form: lower case, no default
/// port, no path. Only [`Origin::parse`] creates it. So the question whether a request is for our
/// server is a comparison of bytes.
///
/// It accepts these, for example:
///
/// | given | canonical |
/// | --- | --- |
/// | `https://app.infisical.com` | `https://app.infisical.com` |
/// | `https://App.Infisical.com:443/` | `https://app.infisical.com` |
/// | `https://vault.example:8443` | `https://vault.example:8443` |
/// | `https://[2001:DB8::1]` | `https://[2001:db8::1]` |
/// | `http://127.0.0.1:8080` | `http://127.0.0.1:8080` |
///
/// `http` is accepted for loopback only, unless the operator allows it. It refuses user
/// information, paths, queries, fragments, a final dot, and numbers that are an address in another
/// notation. It refuses names that aren't ASCII; give the `xn--` form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// Why a text isn't an [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginRefusal {
    /// It begins with neither `https://` nor `http://`.
    Scheme,
    /// It has `http://` and a host that isn't loopback.
    PlainText,
    /// It has user information before the host.
    UserInfo,
    /// It has a path, query or fragment after the host.
    Path,
    /// The host isn't a plain DNS name or IP address.
    Host,
    /// The port isn't 1 to 65535.
    Port,
}

impl fmt::Display for OriginRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "it must begin with https://, as in https://app.infisical.com",
            Self::PlainText => {
                "http:// sends tokens in plain text, so it is accepted for this machine only: use https://, or set `allow_http = true` in the \
                 configuration if the network in between is trusted"
            }
            Self::UserInfo => "it must not carry a user name or password: credentials are configured apart from the URL",
            Self::Path => "it must end after the host and port: leave out the path, such as /api",
            Self::Host => "the host must be a DNS name in ASCII (xn-- form for others) without a final dot, or a plain IP address",
            Self::Port => "the port must be a number from 1 to 65535",
        })
    }
}

impl std::error::Error for OriginRefusal {}

impl Origin {
    /// Reads an origin as an operator writes it.
    ///
    /// # Errors
    /// [`OriginRefusal`] says what to write instead.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, OriginRefusal> {
        let (scheme, rest) = text.split_once("://").ok_or(OriginRefusal::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(OriginRefusal::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(OriginRefusal::UserInfo);
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(OriginRefusal::Path);
        }
        let (host, port) = split_port(authority)?;
        let host = canonical_host(host)?;
        let port = match port {
            None => scheme.default_port(),
            Some(digits) => parse_port(digits)?,
        };
        let origin = Self { scheme, host, port };
        if scheme == Scheme::Http && !allow_http && !origin.is_loopback() {
            return Err(OriginRefusal::PlainText);
        }
        Ok(origin)
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host: a DNS name or an IP address, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, given or default.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host, and the port unless it is the default of the scheme, as in a URL and in the `host`
    /// header.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Whether a request's scheme and authority are the same as this origin's, byte for byte.
    #[must_use]
    pub fn is(&self, scheme: &str, authority: &str) -> bool {
        self.scheme.as_str() == scheme && self.authority() == authority
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host == "[::1]"
            || self.host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), OriginRefusal> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(OriginRefusal::Host)?;
        let (host, rest) = authority.split_at_checked(end + 1).ok_or(OriginRefusal::Host)?;
        return match rest.strip_prefix(':') {
            None if rest.is_empty() => Ok((host, None)),
            None => Err(OriginRefusal::Host),
            Some(port) => Ok((host, Some(port))),
        };
    }
    match authority.split_once(':') {
        None => Ok((authority, None)),
        Some((host, port)) => Ok((host, Some(port))),
    }
}

fn parse_port(digits: &str) -> Result<u16, OriginRefusal> {
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(OriginRefusal::Port);
    }
    digits.parse().ok().filter(|port| *port > 0).ok_or(OriginRefusal::Port)
}

fn canonical_host(host: &str) -> Result<String, OriginRefusal> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| OriginRefusal::Host)?;
        return Ok(format!("[{address}]"));
    }
    let host = host.to_ascii_lowercase();
    let label_is_plain = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if host.len() > 253 || !host.split('.').all(label_is_plain) {
        return Err(OriginRefusal::Host);
    }
    // URL parsers take a name for an IPv4 address if its last label is digits or `0x...`. Then only
    // the usual notation is accepted.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err(OriginRefusal::Host);
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_canonical_form() {
        for (given, canonical) in [
            ("https://app.infisical.com", "https://app.infisical.com"),
            ("https://app.infisical.com/", "https://app.infisical.com"),
            ("HTTPS://App.Infisical.COM:443", "https://app.infisical.com"),
            ("https://vault.example:8443", "https://vault.example:8443"),
            ("https://vault.example:0443", "https://vault.example"),
            ("https://vault.example:10443", "https://vault.example:10443"),
            ("https://vault.example:65535", "https://vault.example:65535"),
            ("https://10.0.0.7:8080", "https://10.0.0.7:8080"),
            ("https://[2001:DB8:0:0::1]:443", "https://[2001:db8::1]"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            let origin = Origin::parse(given, false).unwrap();
            assert_eq!(origin.to_string(), canonical);
            assert_eq!(Origin::parse(canonical, false), Ok(origin));
        }
    }

    #[test]
    fn rejects_everything_but_plain_origins() {
        use OriginRefusal as R;
        for (given, refusal) in [
            ("", R::Scheme),
            ("app.infisical.com", R::Scheme),
            ("ftp://app.infisical.com", R::Scheme),
            (" https://app.infisical.com", R::Scheme),
            ("https://", R::Host),
            ("https://user@app.infisical.com", R::UserInfo),
            ("https://user:pw@app.infisical.com", R::UserInfo),
            ("https://app.infisical.com/api", R::Path),
            ("https://app.infisical.com//", R::Path),
            ("https://app.infisical.com?x", R::Path),
            ("https://app.infisical.com#x", R::Path),
            ("https://app.infisical.com\\x", R::Path),
            ("https://app.infisical.com.", R::Host),
            ("https://app..infisical.com", R::Host),
            ("https://-app.infisical.com", R::Host),
            ("https://app infisical.com", R::Host),
            ("https://app.infisical.com\n", R::Host),
            ("https://ápp.infisical.com", R::Host),
            ("https://app%2einfisical.com", R::Host),
            ("https://2130706433", R::Host),
            ("https://0x7f000001", R::Host),
            ("https://127.1", R::Host),
            ("https://0177.0.0.1", R::Host),
            ("https://1.2.3.4.5", R::Host),
            ("https://[::1", R::Host),
            ("https://[::1]x", R::Host),
            ("https://[::1%25eth0]", R::Host),
            ("https://[zz]", R::Host),
            ("https://app.infisical.com:", R::Port),
            ("https://app.infisical.com:0", R::Port),
            ("https://app.infisical.com:65536", R::Port),
            ("https://app.infisical.com:000443", R::Port),
            ("https://app.infisical.com:+443", R::Port),
            ("https://app.infisical.com:443:1", R::Port),
        ] {
            assert_eq!(Origin::parse(given, true), Err(refusal), "{given}");
        }
    }

    #[test]
    fn origin_separates_host_and_port() {
        for (given, host, port) in [
            ("https://App.Infisical.com", "app.infisical.com", 443),
            ("http://127.0.0.1", "127.0.0.1", 80),
            ("https://[::1]:8443", "[::1]", 8443),
        ] {
            let origin = Origin::parse(given, false).unwrap();
            assert_eq!((origin.host(), origin.port()), (host, port), "{given}");
        }
    }

    #[test]
    fn a_host_has_253_characters_at_most() {
        let of = |length: usize| {
            let name = "a.".repeat(length / 2) + &"a".repeat(length % 2);
            Origin::parse(&format!("https://{}", name.trim_end_matches('.')), false).map(|origin| origin.host().len())
        };
        assert_eq!(of(251), Ok(251));
        assert_eq!(of(253), Ok(253));
        assert_eq!(of(255), Err(OriginRefusal::Host));
        assert_eq!(of(257), Err(OriginRefusal::Host));
    }

    #[test]
    fn plain_text_needs_loopback_or_the_operators_setting() {
        for given in
            ["http://vault.example", "http://10.0.0.7", "http://localhost.evil.com", "http://[::ffff:127.0.0.1]"]
        {
            assert_eq!(Origin::parse(given, false), Err(OriginRefusal::PlainText), "{given}");
            assert!(Origin::parse(given, true).is_ok(), "{given}");
        }
    }

    #[test]
    fn only_the_same_bytes_are_the_same_origin() {
        let origin = Origin::parse("https://app.infisical.com", false).unwrap();
        assert!(origin.is("https", "app.infisical.com"));
        for (scheme, authority) in [
            ("http", "app.infisical.com"),
            ("https", "app.infisical.com:443"),
            ("https", "APP.infisical.com"),
            ("https", "app.infisical.com."),
            ("https", "app.infisical.com.evil.com"),
            ("https", "user@app.infisical.com"),
            ("https", "evil.com"),
            ("https", ""),
        ] {
            assert!(!origin.is(scheme, authority), "{scheme}://{authority}");
        }
    }
}
