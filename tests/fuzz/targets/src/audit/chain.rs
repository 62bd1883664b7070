//! An independent reader and writer of log lines, written from docs/audit.md.

use infisical_skill_audit::{Defect, Scan};
use ring::digest::{SHA256, digest};

/// The sequence number and hash that the next record must continue from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    seq: u64,
    hash: String,
}

impl Link {
    /// The link that the first record follows.
    pub(super) fn first() -> Self {
        Self { seq: 0, hash: "0".repeat(64) }
    }
}

/// A line that is a record.
struct Record {
    link: Link,
    prev: String,
    durable: u64,
}

/// The result of reading a log: the number of valid records, their length in bytes, the last
/// record, and the defect after them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Described {
    records: u64,
    good: usize,
    last: String,
    defect: Option<Defect>,
}

/// The same result as the code under test found it.
pub(super) fn described(scan: &Scan) -> Described {
    Described { records: scan.records, good: scan.good, last: scan.head.to_string(), defect: scan.defect }
}

/// Reads a log from the record after `before`. With `None`, the first record defines the link that
/// it follows.
pub(super) fn read(bytes: &[u8], before: Option<Link>) -> Described {
    let mut last = before.clone().unwrap_or_else(Link::first);
    let mut before = before;
    let (mut records, mut good) = (0, 0);
    let mut defect = None;
    while good < bytes.len() {
        let rest = &bytes[good..];
        let whole = rest.iter().position(|byte| *byte == b'\n');
        let Some(record) = whole.and_then(|end| record(&rest[..end])) else {
            defect = Some(unreadable(rest, last.seq.saturating_add(1)));
            break;
        };
        let follows_from =
            before.take().unwrap_or(Link { seq: record.link.seq.wrapping_sub(1), hash: record.prev.clone() });
        if record.link.seq == 0 || record.link.seq - 1 != follows_from.seq {
            defect = Some(Defect::OutOfOrder);
            break;
        }
        if record.prev != follows_from.hash {
            defect = Some(Defect::Unchained);
            break;
        }
        last = record.link;
        before = Some(last.clone());
        records += 1;
        good += whole.unwrap_or_default() + 1;
    }
    Described { records, good, last: format!("{}:{}", last.seq, last.hash), defect }
}

/// Classifies the defect at record `bad`. It is damage if a later record's writer knew `bad` to be
/// on disk, or if a record with a number up to `bad` follows.
fn unreadable(rest: &[u8], bad: u64) -> Defect {
    let later = rest.split(|byte| *byte == b'\n').skip(1).filter_map(record);
    let mut later = later.filter(|record| record.durable >= bad || record.link.seq <= bad);
    if later.next().is_some() { Defect::Damaged } else { Defect::Torn }
}

/// Parses a line without its line end: `{"seq":N,"prev":"HASH","durable":N,"time":"`, any further
/// fields, and the hash of everything before it.
fn record(line: &[u8]) -> Option<Record> {
    let at = line.len().checked_sub(64 + r#","hash":""}"#.len())?;
    let content = &line[..at];
    let link = hash(content);
    if line[at..] != *format!(r#","hash":"{link}"}}"#).as_bytes() {
        return None;
    }
    let (seq, rest) = number(content.strip_prefix(br#"{"seq":"#)?)?;
    // The largest number is invalid because no record could follow it.
    seq.checked_add(1)?;
    let (prev, rest) = rest.strip_prefix(br#","prev":""#)?.split_at_checked(64)?;
    let prev = String::from_utf8(prev.to_vec()).ok()?;
    let is_hash = prev.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (durable, rest) = number(rest.strip_prefix(br#"","durable":"#)?)?;
    (is_hash && rest.starts_with(br#","time":""#)).then_some(Record { link: Link { seq, hash: link }, prev, durable })
}

/// Counts the lines that are records, in any order.
pub(super) fn records(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').filter_map(record).count()
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    // The program writes numbers in canonical form only, so any other spelling is invalid.
    (number.to_string().as_bytes() == digits && !rest.is_empty()).then_some((number, rest))
}

fn hash(content: &[u8]) -> String {
    digest(&SHA256, content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Expands an input into a log by adding the hashes that it omits.
pub(super) fn written(input: &[u8]) -> Vec<u8> {
    let mut hashes = vec!["0".repeat(64); 2];
    let lines: Vec<Vec<u8>> = input
        .split(|byte| *byte == b'\n')
        .map(|line| {
            let Some(content) = line.strip_prefix(b"+").and_then(|line| std::str::from_utf8(line).ok()) else {
                return line.to_vec();
            };
            let mut content = content.to_owned();
            for (mark, hash) in
                [("0", &"0".repeat(64)), ("^", &hashes[hashes.len() - 1]), ("^^", &hashes[hashes.len() - 2])]
            {
                content = content.replacen(&format!(r#""prev":"{mark}""#), &format!(r#""prev":"{hash}""#), 1);
            }
            let hash = hash(content.as_bytes());
            let line = format!(r#"{content},"hash":"{hash}"}}"#).into_bytes();
            hashes.push(hash);
            line
        })
        .collect();
    lines.join(&b'\n')
}
