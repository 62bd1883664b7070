//! Reads the recording.

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) number: u32,
    pub(crate) title: String,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
    pub(crate) answer_headers: Vec<(String, String)>,
    pub(crate) answer: String,
    /// `key` and `value` that a get showed after it.
    pub(crate) read_back: Option<String>,
}

/// The exchanges of a recording, in order.
pub(crate) fn parse(text: &str) -> Vec<Recorded> {
    let sections = format!("\n{text}");
    sections.split("\n### ").skip(1).map(section).collect()
}

/// The text of the block that begins the text, and what follows it.
fn block<'t>(text: &'t str, languages: &[&str]) -> Option<(&'t str, &'t str)> {
    let text = text.trim_start_matches('\n').strip_prefix("```")?;
    let (language, rest) = text.split_once('\n')?;
    if !languages.contains(&language) {
        return None;
    }
    rest.split_once("\n```")
}

fn header_lines(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once(": ").or_else(|| line.split_once(':')));
    pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}

fn section(text: &str) -> Recorded {
    let (heading, rest) = text.split_once('\n').unwrap();
    let (number, title) = heading.split_once(". ").unwrap();
    let (request, rest) = block(rest, &["http"]).unwrap_or_else(|| panic!("{heading}: no request"));
    let (arrow, rest) = rest.trim_start_matches('\n').split_once('\n').unwrap();
    let status = arrow.split("**").nth(1).unwrap().parse().unwrap();
    let (answer_headers, rest) = match block(rest, &["http"]) {
        Some((headers, rest)) => (header_lines(headers), rest),
        None => (Vec::new(), rest),
    };
    let (answer, rest) = block(rest, &["json", ""]).unwrap_or_else(|| panic!("{heading}: no answer"));
    let (head, body) = match request.split_once("\n\n") {
        Some((head, body)) => (head, Some(body.to_owned())),
        None => (request, None),
    };
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let (method, url) = line.split_once(' ').unwrap();
    Recorded {
        number: number.parse().unwrap(),
        title: title.to_owned(),
        method: method.to_owned(),
        url: url.to_owned(),
        headers: header_lines(headers),
        body,
        status,
        answer_headers,
        answer: answer.trim().to_owned(),
        read_back: rest.lines().find_map(|line| line.strip_prefix("read back: ")).map(str::to_owned),
    }
}
