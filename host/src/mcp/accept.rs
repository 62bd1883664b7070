//! Chooses the content type of an answer over HTTP from the header Accept (RFC 9110, 12.5.1).
//!
//! MCP requires clients to name both `application/json` and `text/event-stream`. Many name only one
//! of them, a wildcard or nothing. Each client gets a type that it accepts. The SDK serves only
//! clients that name both, so the header that it sees names both.

use http::header::{ACCEPT, HeaderMap, HeaderValue};

/// How a message is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerType {
    /// With the answer alone.
    Json,
    /// With a stream, which can carry progress and questions before the answer.
    Stream,
}

/// How well a media range matches a type.
#[derive(Debug, Clone, Copy)]
struct Fit {
    /// How much of the type the range names: 0 nothing, 1 the part before the slash, 2 all of it.
    precision: u8,
    /// The weight that the client gives the range.
    weight: f32,
}

/// Returns the type for the answer to a message, or `None` if the client accepts neither.
///
/// A client that weighs both equally gets a stream if it names streams at least as precisely as
/// JSON. A bare wildcard, the default of many HTTP libraries, comes from programs that expect one
/// JSON document.
pub(super) fn for_message(headers: &HeaderMap) -> Option<AnswerType> {
    match (fit(headers, "application", "json"), fit(headers, "text", "event-stream")) {
        (None, None) => None,
        (Some(_), None) => Some(AnswerType::Json),
        (None, Some(_)) => Some(AnswerType::Stream),
        (Some(json), Some(stream)) => {
            let is_named = stream.precision > 0 && stream.precision >= json.precision;
            let is_stream = stream.weight > json.weight || (is_named && stream.weight >= json.weight);
            Some(if is_stream { AnswerType::Stream } else { AnswerType::Json })
        }
    }
}

/// Whether the client accepts a stream.
pub(super) fn takes_stream(headers: &HeaderMap) -> bool {
    fit(headers, "text", "event-stream").is_some()
}

/// Rewrites the header to name both types.
pub(super) fn name_both(headers: &mut HeaderMap) {
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
}

/// Returns how well the most precise matching range matches the type, or `None` if the client
/// doesn't accept the type.
fn fit(headers: &HeaderMap, kind: &str, subtype: &str) -> Option<Fit> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut best: Option<Fit> = None;
    let mut is_empty = true;
    for range in lines.flat_map(|line| unquoted(line, ',')).map(str::trim).filter(|range| !range.is_empty()) {
        is_empty = false;
        let mut parts = unquoted(range, ';').map(str::trim);
        let Some(precision) = parts.next().and_then(|range| precision(range, kind, subtype)) else { continue };
        let fit = Fit { precision, weight: parts.find_map(weight).unwrap_or(1.0) };
        if best.is_none_or(|best| (fit.precision, fit.weight) > (best.precision, best.weight)) {
            best = Some(fit);
        }
    }
    // A client that sends no header accepts everything.
    let best = if is_empty { Some(Fit { precision: 0, weight: 1.0 }) } else { best };
    best.filter(|fit| fit.weight > 0.0)
}

/// Returns how precisely a range names a type, or `None` if it doesn't include it. Some HTTP
/// libraries write `*` for `*/*`.
fn precision(range: &str, kind: &str, subtype: &str) -> Option<u8> {
    match range.split_once('/').unwrap_or((range, range)) {
        ("*", "*") => Some(0),
        (range, "*") if range.eq_ignore_ascii_case(kind) => Some(1),
        (range, rest) if range.eq_ignore_ascii_case(kind) && rest.eq_ignore_ascii_case(subtype) => Some(2),
        _ => None,
    }
}

/// Returns the weight if the parameter is one. An invalid number doesn't exclude a type.
fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight = || value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight));
    name.trim().eq_ignore_ascii_case("q").then(|| weight().unwrap_or(1.0))
}

/// Splits at the separators outside of quotes.
fn unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        match character {
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        !is_quoted && character == separator
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (ACCEPT, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn answers_in_a_type_that_the_client_accepts() {
        use AnswerType::{Json, Stream};
        for (lines, expected) in [
            // What official SDKs send.
            (&["application/json, text/event-stream"][..], Some(Stream)),
            (&["text/event-stream, application/json"], Some(Stream)),
            (&["application/json", "text/event-stream"], Some(Stream)),
            (&["Application/JSON, Text/Event-Stream"], Some(Stream)),
            (&["application/json,text/event-stream"], Some(Stream)),
            // One of the two.
            (&["application/json"], Some(Json)),
            (&["application/json; charset=utf-8"], Some(Json)),
            (&["application/json, text/plain, */*"], Some(Json)),
            (&["application/*"], Some(Json)),
            (&["text/event-stream"], Some(Stream)),
            (&["text/event-stream;charset=utf-8"], Some(Stream)),
            (&["text/*"], Some(Stream)),
            (&["text/event-stream, */*"], Some(Stream)),
            // Everything.
            (&[], Some(Json)),
            (&[""], Some(Json)),
            (&["*/*"], Some(Json)),
            (&["*/*;q=0.8"], Some(Json)),
            (&["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"], Some(Json)),
            // Weights.
            (&["application/json;q=0.9, text/event-stream;q=0.8"], Some(Json)),
            (&["application/json;q=0.8, text/event-stream;q=0.9"], Some(Stream)),
            (&["application/json;q=0, text/event-stream"], Some(Stream)),
            (&["application/json;q=0, */*"], Some(Stream)),
            (&["text/event-stream;q=0.0", "*/*"], Some(Json)),
            (&["application/json; q=1; x=y, text/event-stream ; Q=1.000"], Some(Stream)),
            (&["application/json;q=many, text/event-stream;q=2"], Some(Stream)),
            (&[r#"application/json;x="a, text/event-stream;q=1", text/html"#], Some(Json)),
            (&[r#"text/event-stream;x="\", application/json""#], Some(Stream)),
            // Neither.
            (&["text/html"], None),
            (&["application/xml, text/plain"], None),
            (&["*/*;q=0"], None),
            (&["application/jsonl, text/event-streams"], None),
        ] {
            assert_eq!(for_message(&headers(lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn opens_a_stream_for_all_that_take_one() {
        for lines in
            [&["text/event-stream"][..], &["*/*"], &["text/*"], &[], &["application/json", "text/event-stream"]]
        {
            assert!(takes_stream(&headers(lines)), "{lines:?}");
        }
        for lines in [&["application/json"][..], &["application/*"], &["text/event-stream;q=0, */*"]] {
            assert!(!takes_stream(&headers(lines)), "{lines:?}");
        }
    }

    #[test]
    fn shows_the_sdk_both_types_once() {
        let mut headers = headers(&["text/html", "*/*"]);
        name_both(&mut headers);
        assert_eq!(headers.get_all(ACCEPT).iter().count(), 1);
        assert_eq!(for_message(&headers), Some(AnswerType::Stream));
    }
}
