//! A log's lines by the words of docs/audit.md, read and written with code of its own.

use infisical_skill_audit::{Defect, Scan};
use ring::digest::{SHA256, digest};

/// What a record has that the next one is held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    seq: u64,
    hash: String,
}

impl Link {
    /// What the first record follows from.
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

/// What a log comes to: its good records, how many bytes of it they are, the last one, and what follows them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Described {
    records: u64,
    good: usize,
    last: String,
    defect: Option<Defect>,
}

/// The same of what the code under test found.
pub(super) fn described(scan: &Scan) -> Described {
    Described { records: scan.records, good: scan.good, last: scan.head.to_string(), defect: scan.defect }
}

/// Reads a log, from the record after `before`; absent: whatever the first one says that it follows.
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

/// What a place is that isn't the record `bad`: changed later, if a later record's writer knew it to be on the disk or is one that was there before it.
fn unreadable(rest: &[u8], bad: u64) -> Defect {
    let later = rest.split(|byte| *byte == b'\n').skip(1).filter_map(record);
    let mut later = later.filter(|record| record.durable >= bad || record.link.seq <= bad);
    if later.next().is_some() { Defect::Damaged } else { Defect::Torn }
}

/// A line without its end: `{"seq":N,"prev":"HASH","durable":N,"time":"`, whatever else, and the hash of all that.
fn record(line: &[u8]) -> Option<Record> {
    let at = line.len().checked_sub(64 + r#","hash":""}"#.len())?;
    let content = &line[..at];
    let link = hash(content);
    if line[at..] != *format!(r#","hash":"{link}"}}"#).as_bytes() {
        return None;
    }
    let (seq, rest) = number(content.strip_prefix(br#"{"seq":"#)?)?;
    // The largest number there is would be the last record's.
    seq.checked_add(1)?;
    let (prev, rest) = rest.strip_prefix(br#","prev":""#)?.split_at_checked(64)?;
    let prev = String::from_utf8(prev.to_vec()).ok()?;
    let is_hash = prev.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (durable, rest) = number(rest.strip_prefix(br#"","durable":"#)?)?;
    (is_hash && rest.starts_with(br#","time":""#)).then_some(Record { link: Link { seq, hash: link }, prev, durable })
}

/// How many lines are records, in whatever order.
pub(super) fn records(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').filter_map(record).count()
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    // One that is written otherwise isn't as this program writes it.
    (number.to_string().as_bytes() == digits && !rest.is_empty()).then_some((number, rest))
}

fn hash(content: &[u8]) -> String {
    digest(&SHA256, content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The log that an input stands for: hashes put in where they are left out.
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
