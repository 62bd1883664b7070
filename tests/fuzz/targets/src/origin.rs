//! Origins that an operator may write: an accepted one is canonical, and every URL parser reads the
//! same scheme, host and port.

use infisical_skill_policy::{Origin, Scheme};
use std::net::Ipv6Addr;
use url::Url;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    drop(run(bytes));
}

/// Runs one input. Returns the origin if it was accepted.
fn run(bytes: &[u8]) -> Option<Origin> {
    let text = std::str::from_utf8(bytes).ok()?;
    let origin = Origin::parse(text, true).ok()?;
    let canonical = origin.to_string();
    assert_eq!(Origin::parse(&canonical, true), Ok(origin.clone()));
    assert!(origin.is(origin.scheme().as_str(), &origin.authority()));
    assert!(
        canonical.is_ascii()
            && !canonical.contains(['@', '?', '#', '\\', ' ', '%'])
            && !canonical.ends_with(['/', '.'])
    );
    // Check both the original and the canonical spelling, because other parsers may read them
    // differently.
    for text in [text, &canonical] {
        agrees_with_url(&origin, text);
        agrees_with_http(&origin, text);
    }
    if Origin::parse(text, false).is_ok() {
        assert!(origin.scheme() == Scheme::Https || origin.is_loopback());
    }
    Some(origin)
}

/// Compares with the `url` crate, which parses as browsers do.
fn agrees_with_url(origin: &Origin, text: &str) {
    let Ok(url) = Url::parse(text) else {
        // `url` rejects a label that claims to be Punycode and isn't. No request is ever sent to
        // such a host.
        assert!(
            origin.host().split('.').any(|label| label.starts_with("xn--")),
            "rejected by the other parser: {text}"
        );
        return;
    };
    assert_eq!(url.scheme(), origin.scheme().as_str());
    assert_eq!(url.port_or_known_default(), Some(origin.port()));
    assert!(same_host(url.host_str().unwrap_or_default(), origin.host()), "{url} isn't {origin}");
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(url.path() == "/" && url.query().is_none() && url.fragment().is_none());
}

/// Compares with the `http` crate, which sends the requests.
fn agrees_with_http(origin: &Origin, text: &str) {
    let uri: http::Uri = text.parse().unwrap_or_else(|error| panic!("rejected by the other parser: {text}: {error}"));
    assert_eq!(uri.scheme_str().map(str::to_ascii_lowercase).as_deref(), Some(origin.scheme().as_str()));
    let default = if origin.scheme() == Scheme::Https { 443 } else { 80 };
    assert_eq!(uri.port_u16().unwrap_or(default), origin.port());
    assert!(same_host(&uri.host().unwrap_or_default().to_ascii_lowercase(), origin.host()), "{uri} isn't {origin}");
    assert!(uri.path() == "/" && uri.query().is_none());
}

/// True for the same text, and for two spellings of one IPv6 address.
fn same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| -> Option<Ipv6Addr> { host.strip_prefix('[')?.strip_suffix(']')?.parse().ok() };
    one == other || address(one).is_some_and(|address_of_one| address(other) == Some(address_of_one))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! taken {
        ($($seed:literal),+) => {
            [$({
                let origin = run(include_bytes!(concat!("../../seeds/origin/", $seed)));
                format!("{}: {}", $seed, origin.map(|origin| origin.to_string()).unwrap_or_default())
            }),+]
        };
    }

    #[test]
    fn seeds_have_valid_and_invalid_origins() {
        assert_eq!(
            taken!("dns", "ipv6", "loopback", "mapped", "number", "punycode", "userinfo"),
            [
                "dns: https://app.infisical.com:8443",
                "ipv6: http://[::1]:3000",
                "loopback: http://localhost",
                "mapped: https://[::ffff:1.2.3.4]",
                "number: ",
                "punycode: https://xn--bcher-kva.example",
                "userinfo: ",
            ]
        );
    }
}
