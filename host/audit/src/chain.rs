//! Turns a record into a line, and checks a line against the chain.
//!
//! A line is `{"seq":N,"prev":"HASH","durable":N,"time":"...",`, then the event's fields, then
//! `,"hash":"HASH"}` and a line end. The hash is the SHA-256 of all bytes of the line before
//! `,"hash":`. There is one way to write a line: ASCII, no blanks, fields in this order.

use crate::hash::Hash;
use crate::record::{Event, Record};
use serde::Serialize;
use std::fmt;
use std::io;
use std::str::FromStr;

/// The longest line in bytes, including its end.
pub const MAX_LINE: usize = 256 * 1024;

/// The last record of a log. If you note it elsewhere, it shows later whether the log was cut off
/// or rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of the last record. 0 if there is none.
    pub seq: u64,
    /// The hash of the last record.
    pub hash: Hash,
}

impl Head {
    /// The head of a log without records.
    pub const GENESIS: Self = Self { seq: 0, hash: Hash::ZERO };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// The text isn't a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadRefusal;

impl fmt::Display for HeadRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a head is a record's number, a colon and 64 hexadecimal digits, as `audit head` prints it")
    }
}

impl std::error::Error for HeadRefusal {}

impl FromStr for Head {
    type Err = HeadRefusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, hash) = text.trim().split_once(':').ok_or(HeadRefusal)?;
        let hash = Hash::from_hex(hash.as_bytes()).ok_or(HeadRefusal)?;
        Ok(Self { seq: seq.parse().map_err(|_| HeadRefusal)?, hash })
    }
}

/// The last number that a record can have. Every record can have a successor.
const LAST: u64 = u64::MAX - 1;

/// The fields of a line that the chain needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) seq: u64,
    pub(crate) prev: Hash,
    pub(crate) durable: u64,
    pub(crate) hash: Hash,
}

impl Frame {
    pub(crate) fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// Reads a line without its end, and checks its hash.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        const TAIL: usize = r#","hash":""}"#.len() + 64;
        let (content, tail) = line.split_at_checked(line.len().checked_sub(TAIL)?)?;
        let hash = Hash::from_hex(tail.strip_prefix(br#","hash":""#)?.strip_suffix(br#""}"#)?)?;
        let rest = content.strip_prefix(br#"{"seq":"#)?;
        let (seq, rest) = number(rest)?;
        if seq > LAST {
            return None;
        }
        let rest = rest.strip_prefix(br#","prev":""#)?;
        let (prev, rest) = rest.split_at_checked(64)?;
        let prev = Hash::from_hex(prev)?;
        let (durable, rest) = number(rest.strip_prefix(br#"","durable":"#)?)?;
        rest.strip_prefix(br#","time":""#)?;
        (Hash::of(content) == hash).then_some(Self { seq, prev, durable, hash })
    }
}

/// Reads decimal digits as this module writes them: without a sign and without leading zeros.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.len() > 1 && digits.first() == Some(&b'0') {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// Writes the line of the record after `head`, including its end.
///
/// # Errors
/// If the event can't be written, or its line is longer than [`MAX_LINE`] bytes.
pub(crate) fn line(head: Head, durable: u64, time: &str, event: &Event) -> io::Result<(Vec<u8>, Head)> {
    let seq = head.seq.checked_add(1).filter(|seq| *seq <= LAST);
    let seq = seq.ok_or_else(|| io::Error::other("the log is full"))?;
    let mut line = format!(r#"{{"seq":{seq},"prev":"{}","durable":{durable},"time":"{time}","#, head.hash).into_bytes();
    let mut body = Vec::with_capacity(512);
    event.serialize(&mut serde_json::Serializer::with_formatter(&mut body, Ascii)).map_err(io::Error::other)?;
    let fields = body.strip_prefix(b"{").and_then(|body| body.strip_suffix(b"}"));
    line.extend_from_slice(fields.ok_or_else(|| io::Error::other("an event is an object"))?);
    let hash = Hash::of(&line);
    line.extend_from_slice(format!(",\"hash\":\"{hash}\"}}\n").as_bytes());
    if line.len() > MAX_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the record is too large"));
    }
    Ok((line, Head { seq, hash }))
}

/// Reads a line's record, if the line is spelled as this module spells it.
pub(crate) fn record(line: &[u8]) -> Option<Record> {
    let record: Record = serde_json::from_slice(line).ok()?;
    let before = Head { seq: record.seq.checked_sub(1)?, hash: record.prev };
    let (again, _) = self::line(before, record.durable, &record.time, &record.event).ok()?;
    (again.strip_suffix(b"\n") == Some(line)).then_some(record)
}

/// Whether the lines contain the record `head`.
pub(crate) fn holds(lines: &[u8], head: Head) -> bool {
    lines.split(|byte| *byte == b'\n').filter_map(Frame::read).any(|frame| frame.head() == head)
}

/// Writes JSON in ASCII and escapes everything else, so that every terminal can show a line.
struct Ascii;

impl serde_json::ser::Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            if c.is_ascii() && c != '\u{7f}' {
                writer.write_all(&[u8::try_from(c).unwrap_or(b'?')])?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Act, Caller, Operator};

    fn event(reason: &str) -> Event {
        let caller = Caller { client: None, version: None, session: "s".to_owned() };
        let reason = Some(reason.to_owned());
        Event::Operator(Operator {
            act: Act::WritesOn,
            caller,
            plan: None,
            requests: vec![],
            until: None,
            reason,
            approver: None,
            user: None,
        })
    }

    #[test]
    fn a_record_is_one_line_of_ascii_whatever_its_texts_hold() {
        for text in ["a\nb\r\u{1b}[31m\"\\", "\u{202e}\u{200b}é😀\u{7f}\u{0}", ""] {
            let (line, head) = line(Head::GENESIS, 0, "t", &event(text)).unwrap();
            let (end, line) = line.split_last().unwrap();
            assert_eq!(*end, b'\n');
            assert!(line.iter().all(|byte| (0x20..0x7f).contains(byte)), "{}", String::from_utf8_lossy(line));
            let frame = Frame::read(line).unwrap();
            assert_eq!((frame.head(), frame.prev, frame.durable), (head, Hash::ZERO, 0));
            let record = record(line).unwrap();
            assert_eq!((record.event, record.hash), (event(text), head.hash));
        }
    }

    #[test]
    fn rejects_line_with_any_bit_flipped() {
        let (line, _) =
            line(Head { seq: 6, hash: Hash::of(b"x") }, 3, "2026-11-23T00:00:00.000Z", &event("r")).unwrap();
        let line = line.strip_suffix(b"\n").unwrap();
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.to_vec();
                changed[at] ^= 1 << bit;
                assert_eq!(Frame::read(&changed), None, "{at}");
            }
            assert_eq!(Frame::read(&line[..at]), None);
        }
    }

    #[test]
    fn record_has_one_canonical_form() {
        let (line, _) = line(Head::GENESIS, 0, "t", &event("r")).unwrap();
        let text = String::from_utf8(line).unwrap();
        let reseal = |content: &str| {
            let hash = Hash::of(content.as_bytes());
            format!("{content},\"hash\":\"{hash}\"}}")
        };
        let content = text.split(",\"hash\"").next().unwrap();
        assert!(record(reseal(content).as_bytes()).is_some());
        for other in [
            content.replace("\"reason\":\"r\"", "\"reason\": \"r\""),
            content.replace("\"reason\":\"r\"", "\"reason\":\"\\u0072\""),
            content.replace("\"reason\":\"r\"", "\"reason\":\"r\",\"value\":\"x\""),
            content.replace("\"act\":\"writes-on\"", "\"act\":\"writes-on\",\"act\":\"writes-on\""),
        ] {
            let line = reseal(&other);
            assert!(Frame::read(line.as_bytes()).is_some() && record(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn rejects_leading_zeros_in_numbers() {
        let (line, _) = line(Head { seq: 6, hash: Hash::of(b"x") }, 3, "t", &event("r")).unwrap();
        let text = String::from_utf8(line).unwrap();
        let content = text.split(",\"hash\"").next().unwrap();
        for (number, other, is_one) in [
            ("\"seq\":7,", "\"seq\":7,", true),
            ("\"seq\":7,", "\"seq\":07,", false),
            ("\"seq\":7,", "\"seq\":,", false),
            ("\"durable\":3,", "\"durable\":0,", true),
            ("\"durable\":3,", "\"durable\":10,", true),
            ("\"durable\":3,", "\"durable\":03,", false),
            ("\"durable\":3,", "\"durable\":00,", false),
        ] {
            let content = content.replacen(number, other, 1);
            let sealed = format!("{content},\"hash\":\"{}\"}}", Hash::of(content.as_bytes()));
            assert_eq!(Frame::read(sealed.as_bytes()).is_some(), is_one, "{other}");
        }
    }

    #[test]
    fn rejects_record_numbers_above_the_maximum() {
        let after = |seq| line(Head { seq, hash: Hash::ZERO }, 0, "t", &event("r"));
        let (last, head) = after(u64::MAX - 2).unwrap();
        assert_eq!(head.seq, u64::MAX - 1);
        assert!(Frame::read(last.trim_ascii_end()).is_some());
        assert!(after(u64::MAX - 1).is_err() && after(u64::MAX).is_err());
        let text = String::from_utf8(last).unwrap();
        let content =
            text.split(",\"hash\"").next().unwrap().replacen(&(u64::MAX - 1).to_string(), &u64::MAX.to_string(), 1);
        let sealed = format!("{content},\"hash\":\"{}\"}}", Hash::of(content.as_bytes()));
        assert_eq!(Frame::read(sealed.as_bytes()), None);
    }

    #[test]
    fn rejects_line_over_the_length_limit() {
        let length =
            |reason: usize| line(Head::GENESIS, 0, "t", &event(&"x".repeat(reason))).map(|(line, _)| line.len());
        let room = 256 * 1024 - length(0).unwrap();
        assert_eq!(length(room).unwrap(), 256 * 1024);
        assert_eq!(length(room + 1).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn printed_head_parses_back() {
        let head = Head { seq: 12, hash: Hash::of(b"x") };
        assert_eq!(head.to_string().parse(), Ok(head));
        for not in ["", "12", "12:", "x:00", "12:zz", "-1:00"] {
            assert_eq!(not.parse::<Head>(), Err(HeadRefusal));
            assert!(HeadRefusal.to_string().contains("audit head"), "it says what to give");
        }
    }
}
