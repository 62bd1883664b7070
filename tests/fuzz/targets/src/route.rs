//! Whatever a component asks for: a request that is spelled as we would spell it, and that no reader of URLs reads or writes otherwise; or a refusal.

use infisical_skill_policy::{Generation, route};
use url::Url;

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let Ok(request) = std::str::from_utf8(bytes) else { return };
    for generation in [Generation::V3, Generation::V4] {
        if let Ok(operation) = route::read(generation, "GET", request) {
            assert_eq!(operation.path_and_query(generation), request);
            assert!(
                !request.contains("%2F..%2F")
                    && !request.contains("%2F..&")
                    && !request.contains("/../")
                    && !request.contains("//")
            );
            assert!(request.is_ascii() && request.starts_with("/api/v"));
            assert_kept(request);
            for method in ["POST", "HEAD", "get", "CONNECT", ""] {
                assert!(route::read(generation, method, request).is_err());
            }
        }
    }
}

/// Holds that what sends keeps a path and query byte for byte, and that a browser's reader changes nothing about it.
pub(crate) fn assert_kept(path_and_query: &str) {
    let uri: http::Uri =
        path_and_query.parse().unwrap_or_else(|error| panic!("only we take {path_and_query}: {error}"));
    assert_eq!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), Some(path_and_query));
    let whole = format!("https://vault.example{path_and_query}");
    let url = Url::parse(&whole).unwrap_or_else(|error| panic!("only we take {path_and_query}: {error}"));
    assert_eq!(url.as_str(), whole);
    // Two that split it otherwise would send it elsewhere.
    assert_eq!((url.path(), url.query()), (uri.path(), uri.query()));
    assert!(url.fragment().is_none() && url.host_str() == Some("vault.example"));
}
