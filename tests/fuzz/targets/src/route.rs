//! Requests that a component may send: an accepted one has canonical spelling, and every URL parser
//! reads and writes it unchanged.

use infisical_skill_policy::route::{self, RouteRefusal};
use infisical_skill_policy::{ApiVersion, Operation};
use url::Url;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    if let Ok(request) = std::str::from_utf8(bytes) {
        drop(run(request));
    }
}

/// Runs one input. Returns how each API version interprets it.
fn run(request: &str) -> [Result<Operation, RouteRefusal>; 2] {
    [ApiVersion::V3, ApiVersion::V4].map(|api_version| {
        let read = route::read(api_version, "GET", request);
        if let Ok(operation) = &read {
            assert_eq!(operation.path_and_query(api_version), request);
            assert!(
                !request.contains("%2F..%2F")
                    && !request.contains("%2F..&")
                    && !request.contains("/../")
                    && !request.contains("//")
            );
            assert!(request.is_ascii() && request.starts_with("/api/v"));
            assert_kept(request);
            for method in ["POST", "HEAD", "get", "CONNECT", ""] {
                assert!(route::read(api_version, method, request).is_err());
            }
        }
        read
    })
}

/// Checks that the HTTP client keeps a path and query byte for byte, and that a browser's URL
/// parser changes nothing in it.
pub(crate) fn assert_kept(path_and_query: &str) {
    let uri: http::Uri = path_and_query
        .parse()
        .unwrap_or_else(|error| panic!("rejected by the other parser: {path_and_query}: {error}"));
    assert_eq!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), Some(path_and_query));
    let whole = format!("https://vault.example{path_and_query}");
    let url =
        Url::parse(&whole).unwrap_or_else(|error| panic!("rejected by the other parser: {path_and_query}: {error}"));
    assert_eq!(url.as_str(), whole);
    // Parsers that split it differently would send it elsewhere.
    assert_eq!((url.path(), url.query()), (uri.path(), uri.query()));
    assert!(url.fragment().is_none() && url.host_str() == Some("vault.example"));
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! read {
        ($($seed:literal),+) => {
            [$({
                let said = |read: Result<Operation, RouteRefusal>| match read {
                    Ok(operation) => operation.name().to_owned(),
                    Err(refusal) => format!("{refusal:?}"),
                };
                let [v3, v4] = run(include_str!(concat!("../../seeds/route/", $seed))).map(said);
                format!("{}: {v3}, {v4}", $seed)
            }),+]
        };
    }

    #[test]
    fn seeds_have_accepted_requests_and_their_other_spellings() {
        assert_eq!(
            read!(
                "folders",
                "get",
                "list",
                "logs",
                "odd-name",
                "dots-at-a-names-end",
                "lower-case-digits",
                "an-encoded-letter",
                "a-letter-that-isnt-encoded",
                "a-zero-in-front",
                "one-parameter-more",
                "another-order"
            ),
            [
                "folders: list folders, UnknownRoute",
                "get: UnknownRoute, get secret",
                "list: UnknownRoute, list secrets",
                "logs: list audit logs, list audit logs",
                "odd-name: reveal secret, UnknownRoute",
                "dots-at-a-names-end: UnknownRoute, list secrets",
                "lower-case-digits: UnknownRoute, Parameter(\"secretPath\")",
                "an-encoded-letter: UnknownRoute, UnknownRoute",
                "a-letter-that-isnt-encoded: UnknownRoute, Parameter(\"secretPath\")",
                "a-zero-in-front: UnknownRoute, NotCanonical",
                "one-parameter-more: UnknownRoute, ExtraParameter",
                "another-order: Parameter(\"workspaceId\"), UnknownRoute",
            ]
        );
    }
}
