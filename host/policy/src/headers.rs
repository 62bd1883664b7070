//! The headers that may cross the sandbox boundary. This is an allow list: all other headers are
//! dropped or refused.

/// The headers that a component may set, each with its only value.
const OUT: [(&str, &str); 2] = [("accept", "application/json"), ("content-type", "application/json")];

/// The headers of an answer that a component may see.
const IN: [&str; 2] = ["content-type", "retry-after"];

/// Whether a component may name this header (in lower case), in either direction.
#[must_use]
pub fn may_cross(name: &str) -> bool {
    IN.contains(&name) || OUT.iter().any(|(allowed, _)| *allowed == name)
}

/// Whether a component's request may carry this header (in lower case) with this value.
#[must_use]
pub fn may_leave(name: &str, value: &[u8]) -> bool {
    OUT.iter().any(|(allowed, only)| *allowed == name && only.as_bytes() == value)
}

/// Whether a media type is JSON, with or without parameters.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads the seconds of a `retry-after` header, if it is a plain number of at most a day.
#[must_use]
pub fn retry_after_seconds(value: &str) -> Option<u32> {
    let digits = value.trim();
    let plain = !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|seconds| plain && *seconds <= 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_only_the_two_required_headers_with_fixed_values() {
        assert!(may_leave("accept", b"application/json"));
        assert!(may_leave("content-type", b"application/json"));
        assert!(!may_leave("accept", b"*/*"));
        for name in [
            "authorization",
            "cookie",
            "host",
            "connection",
            "transfer-encoding",
            "content-length",
            "x-forwarded-for",
            "forwarded",
            "x-http-method-override",
            "expect",
            "te",
            "trailer",
            "proxy-authorization",
            "x-infisical-org",
            "user-agent",
            "Accept",
            "",
        ] {
            assert!(!may_leave(name, b"application/json"), "{name}");
        }
    }

    #[test]
    fn drops_cookies_and_custom_response_headers() {
        assert!(may_cross("retry-after"));
        for name in ["set-cookie", "etag", "x-ratelimit-limit", "location", "www-authenticate", "server"] {
            assert!(!may_cross(name), "{name}");
        }
    }

    #[test]
    fn retry_after_is_plain_seconds_or_nothing() {
        for (value, seconds) in [
            ("0", Some(0)),
            ("59", Some(59)),
            (" 7 ", Some(7)),
            ("86400", Some(86_400)),
            ("86401", None),
            ("00000", Some(0)),
            ("000007", None),
            ("-1", None),
            ("+5", None),
            ("1.5", None),
            ("", None),
            ("99999999999999999999", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ] {
            assert_eq!(retry_after_seconds(value), seconds, "{value}");
        }
    }

    #[test]
    fn accepts_json_media_type_with_parameters() {
        assert!(is_json("application/json; charset=utf-8"));
        assert!(is_json("Application/JSON"));
        assert!(!is_json("text/html"));
        assert!(!is_json("application/jsonp"));
        assert!(!is_json(""));
    }
}
