//! Parses a recording.

use std::time::Duration;

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) number: u32,
    pub(crate) title: String,
    pub(crate) section: u32,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
    pub(crate) answer_headers: Vec<(String, String)>,
    pub(crate) answer: String,
    /// The section's text before its first exchange.
    pub(crate) preface: String,
    /// The text between this exchange and the next.
    pub(crate) notes: String,
}

impl Recorded {
    /// The `key` and `value` that a get showed after this exchange.
    pub(crate) fn read_back(&self) -> Option<&str> {
        self.notes.lines().find_map(|line| line.strip_prefix("read back: "))
    }

    /// How long the recorder waited after it, if the notes say so: `Wait 11.5 s`, `waited 11
    /// seconds`.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let after = self.notes.lines().find_map(|line| {
            let words: Vec<&str> = line.split(' ').chain([""]).collect();
            words.windows(4).find_map(|four| {
                let waits = ["Wait", "wait", "waited"].contains(&four[0]);
                let (number, unit) = if four[1] == "of" { (four[2], four[3]) } else { (four[1], four[2]) };
                let is_seconds = unit.starts_with("s.") || unit == "s" || unit.starts_with("second");
                (waits && is_seconds).then(|| number.parse::<f64>().ok())?
            })
        });
        after.map(Duration::from_secs_f64)
    }

    /// The payload of the answer's token, if the recording shows one.
    pub(crate) fn payload(&self) -> Option<serde_json::Value> {
        let (said, rest) = self.notes.split_once("```json\n")?;
        let line = said.trim_end().lines().last()?;
        let is_payload = line.contains("ayload") && !line.contains("of the first");
        let (json, _) = rest.split_once("\n```")?;
        is_payload.then(|| serde_json::from_str(json).ok())?
    }
}

/// The part of a recording under one heading.
struct Piece<'t> {
    heading: &'t str,
    text: String,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![Piece { heading: "", text: String::new() }];
    let mut is_fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        if !is_fenced && line.starts_with('#') {
            pieces.push(Piece { heading: line, text: String::new() });
        } else if let Some(last) = pieces.last_mut() {
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    pieces
}

fn numbered(heading: &str) -> Option<(u32, &str)> {
    let (number, title) = heading.split_once(". ")?;
    Some((number.parse().ok()?, title))
}

/// The exchanges of a recording, in order.
pub(crate) fn parse(text: &str) -> Vec<Recorded> {
    let mut exchanges: Vec<Recorded> = Vec::new();
    let mut section = 0;
    let mut preface = String::new();
    for piece in pieces(text) {
        if let Some((number, _)) = piece.heading.strip_prefix("## ").and_then(numbered) {
            section = number;
            preface = piece.text;
        } else if let Some((number, title)) = piece.heading.strip_prefix("### ").and_then(numbered) {
            let mut recorded = exchange(number, title, &piece.text);
            (recorded.section, recorded.preface) = (section, std::mem::take(&mut preface));
            exchanges.push(recorded);
        }
    }
    exchanges
}

/// The rows of the table under this heading, as cells. The first row is the header.
pub(crate) fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let piece = pieces(text).into_iter().find(|piece| piece.heading.trim_start_matches('#').trim() == heading);
    let piece = piece.unwrap_or_else(|| panic!("no heading {heading}"));
    let rows = piece.text.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The code block at the beginning of the text, and the text after it.
fn block<'t>(text: &'t str, languages: &[&str]) -> Option<(&'t str, &'t str)> {
    let text = text.trim_start_matches('\n').strip_prefix("```")?;
    let (language, rest) = text.split_once('\n')?;
    if !languages.contains(&language) {
        return None;
    }
    rest.strip_prefix("```").map(|rest| ("", rest)).or_else(|| rest.split_once("\n```"))
}

fn header_lines(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once(": ").or_else(|| line.split_once(':')));
    pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}

fn exchange(number: u32, title: &str, text: &str) -> Recorded {
    let (request, rest) = block(text, &["http"]).unwrap_or_else(|| panic!("{number}: no request"));
    let (arrow, rest) = rest.trim_start_matches('\n').split_once('\n').unwrap();
    let status = arrow.split("**").nth(1).unwrap().parse().unwrap();
    let (answer_headers, rest) = match block(rest, &["http"]) {
        Some((headers, rest)) => (header_lines(headers), rest),
        None => (Vec::new(), rest),
    };
    let (answer, rest) = match rest.trim_start_matches('\n').strip_prefix("(no body)") {
        Some(rest) => ("", rest),
        None => block(rest, &["json", "text", ""]).unwrap_or_else(|| panic!("{number}: no answer")),
    };
    let (head, body) = match request.split_once("\n\n") {
        Some((head, body)) => (head, Some(body.to_owned())),
        None => (request, None),
    };
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let (method, url) = line.split_once(' ').unwrap();
    Recorded {
        number,
        title: title.to_owned(),
        section: 0,
        method: method.to_owned(),
        url: url.to_owned(),
        headers: header_lines(headers),
        body,
        status,
        answer_headers,
        answer: answer.trim().to_owned(),
        preface: String::new(),
        notes: rest.to_owned(),
    }
}
