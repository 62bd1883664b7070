//! Reads messages from lines: one JSON-RPC message per line, of a limited length.

use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::RxJsonRpcMessage;
use serde::Deserialize;
use zeroize::Zeroizing;

/// What a line contains.
#[derive(Debug)]
pub(super) enum Read {
    /// A line without its end. It may hold a value, so it is zeroed when dropped.
    Line(Zeroizing<Vec<u8>>),
    /// A line that exceeded the limit. None of it was kept.
    TooLong,
}

/// Assembles lines of a limited length from the chunks in which they arrive.
pub(super) struct Lines {
    max: usize,
    line: Zeroizing<Vec<u8>>,
    is_too_long: bool,
}

impl Lines {
    pub(super) fn new(max: usize) -> Self {
        Self { max, line: Zeroizing::default(), is_too_long: false }
    }

    /// Consumes input up to the first line end. Returns how many bytes that is, and the line if it
    /// is complete.
    pub(super) fn take(&mut self, arrived: &[u8]) -> (usize, Option<Read>) {
        let end = arrived.iter().position(|byte| *byte == b'\n');
        let part = arrived.get(..end.unwrap_or(arrived.len())).unwrap_or_default();
        self.is_too_long |= self.line.len() + part.len() > self.max;
        if self.is_too_long {
            self.line = Zeroizing::default();
        } else {
            grow(&mut self.line, part.len());
            self.line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        let whole = end.map(|_| {
            let line = std::mem::take(&mut self.line);
            if std::mem::take(&mut self.is_too_long) { Read::TooLong } else { Read::Line(line) }
        });
        (used, whole)
    }
}

/// Grows the buffer without leaving bytes behind in the old one.
fn grow(line: &mut Zeroizing<Vec<u8>>, more: usize) {
    if line.capacity() - line.len() < more {
        let mut larger = Zeroizing::new(Vec::with_capacity((line.len() + more).next_power_of_two()));
        larger.extend_from_slice(line);
        *line = larger;
    }
}

/// The answer to an invalid message: the error, and the request's id if it can be determined.
type Unreadable = (ErrorData, Option<RequestId>);

/// Parses a line. Returns the message or the answer to an invalid one, and `None` for an empty
/// line.
pub(super) fn message(line: &[u8]) -> Option<Result<RxJsonRpcMessage<RoleServer>, Unreadable>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let unreadable = |_| {
        // The answer doesn't quote the input, which may be secret.
        match serde_json::from_slice::<Envelope>(line) {
            Ok(envelope) if envelope.is_answer() => None,
            Ok(envelope) => Some((ErrorData::invalid_request("this isn't an MCP message", None), envelope.id)),
            Err(error) if error.is_data() => Some((
                ErrorData::invalid_request("a message is one JSON object, with its `id` a number or a text", None),
                None,
            )),
            Err(_) => Some((ErrorData::parse_error("this isn't JSON, or it is nested too deeply", None), None)),
        }
    };
    match serde_json::from_slice(line).map_err(unreadable) {
        Ok(message) => Some(Ok(message)),
        Err(Some(refused)) => Some(Err(refused)),
        // An invalid response isn't answered. Otherwise two programs could answer each other for
        // ever.
        Err(None) => None,
    }
}

/// The part of a message that identifies it.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    id: Option<RequestId>,
    #[serde(default)]
    method: Option<serde::de::IgnoredAny>,
}

impl Envelope {
    fn is_answer(&self) -> bool {
        self.method.is_none() && self.id.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(input: &[u8], max: usize, part: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(max);
        let mut out = Vec::new();
        for mut arrived in input.chunks(part) {
            while !arrived.is_empty() {
                let (used, read) = lines.take(arrived);
                arrived = &arrived[used..];
                out.extend(read.map(|read| match read {
                    Read::Line(line) => Some(line.to_vec()),
                    Read::TooLong => None,
                }));
            }
        }
        out
    }

    #[test]
    fn lines_are_whole_and_bounded_however_they_arrive() {
        let input = b"one\n\ntoo long for this\nfour\nunfinished";
        for buffer in [1, 2, 3, 5, 64] {
            let lines = all(input, 4, buffer);
            assert_eq!(lines, [Some(b"one".to_vec()), Some(Vec::new()), None, Some(b"four".to_vec())], "{buffer}");
        }
    }

    #[test]
    fn what_is_not_a_message_gets_the_specified_error() {
        let code = |line: &[u8]| match message(line) {
            Some(Err((error, id))) => Some((error.code.0, id)),
            Some(Ok(_)) => None,
            None => Some((0, None)),
        };
        let id = |number| Some(RequestId::Number(number));
        assert_eq!(code(b"{"), Some((-32700, None)));
        assert_eq!(code(b"\xff\xfe"), Some((-32700, None)));
        assert_eq!(
            code(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\xff"}}"#),
            Some((-32700, None))
        );
        assert_eq!(code("[".repeat(100_000).as_bytes()), Some((-32700, None)));
        assert_eq!(code(format!("{}{}", "[".repeat(100), "]".repeat(100)).as_bytes()), Some((-32600, None)));
        assert_eq!(code(b"[]"), Some((-32600, None)), "no batches");
        assert_eq!(code(b"42"), Some((-32600, None)));
        assert_eq!(code(br#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#), Some((-32600, id(7))));
        assert_eq!(code(br#"{"id":7,"method":"ping"}"#), Some((-32600, id(7))));
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#), Some((-32600, None)));
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":7,"method":5}"#), Some((-32600, id(7))));
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":7}"#), Some((0, None)), "perhaps an answer: answered with nothing");
        assert_eq!(code(b"  \r"), Some((0, None)));
        assert_eq!(code(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), None);
        assert_eq!(code(b"\xEF\xBB\xBF{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r"), None);
        assert_eq!(code(br#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#), None);
    }

    proptest! {
        #[test]
        fn no_line_is_read_into_a_panic_or_quoted_in_its_answer(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(Err((error, _))) = message(&line) {
                prop_assert!(error.data.is_none() && error.message.len() < 100);
            }
        }

        #[test]
        fn reads_the_same_lines_as_splitting(input in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300), max in 0_usize..40, buffer in 1_usize..20) {
            let mut expected: Vec<_> = input.split(|byte| *byte == b'\n').map(|line| (line.len() <= max).then(|| line.to_vec())).collect();
            expected.pop();
            prop_assert_eq!(all(&input, max, buffer), expected);
        }
    }
}
