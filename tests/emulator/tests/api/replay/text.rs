//! The kinds of text in a recording: placeholders, ids, times, shortened texts.

/// The placeholder (`$NAME`) at the beginning of the text, and the rest.
pub(crate) fn placeholder(text: &str) -> Option<(&str, &str)> {
    let name = text.strip_prefix('$')?;
    if !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        return None;
    }
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let length = name.find(|letter| !is_part(letter)).unwrap_or(name.len());
    Some(text.split_at(length + 1))
}

/// The UUID at the beginning of the text, and the rest.
pub(crate) fn uuid(text: &str) -> Option<(&str, &str)> {
    let (candidate, rest) = text.split_at_checked(36)?;
    is_uuid(candidate).then_some((candidate, rest))
}

/// True for a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The id of a shared value (43 letters of base64url) at the beginning of the text, and the rest.
fn share_id(text: &str) -> Option<(&str, &str)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let (id, rest) = text.split_at_checked(43)?;
    let is_whole = id.bytes().all(|byte| is_part(&byte)) && !rest.as_bytes().first().is_some_and(is_part);
    let is_mixed = id.contains(char::is_uppercase) && id.contains(|letter: char| letter.is_ascii_digit());
    (is_whole && is_mixed).then_some((id, rest))
}

/// The server's time at the beginning of the text, and the rest.
fn time(text: &str) -> Option<(&str, &str)> {
    let (candidate, rest) = text.split_at_checked(24)?;
    is_time(candidate).then_some((candidate, rest))
}

/// True for a time in the server's format.
pub(crate) fn is_time(text: &str) -> bool {
    text.len() == 24 && text.as_bytes()[10] == b'T' && text.ends_with('Z') && text.starts_with("20")
}

/// True for a JWT.
pub(crate) fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

/// True for a request id of a current server.
pub(crate) fn is_request_id(text: &str) -> bool {
    let id = text.strip_prefix("req-").unwrap_or_default();
    id.len() == 14 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A shortened text: `start…[N characters]…end`.
pub(crate) fn folded(text: &str) -> Option<(&str, usize, &str)> {
    let (start, rest) = text.split_once("…[")?;
    let (count, end) = rest.split_once(" characters]…")?;
    Some((start, count.parse().ok()?, end))
}

/// The number of items in a shortened list's last item, `…[N items]`.
pub(crate) fn folded_items(text: &str) -> Option<usize> {
    text.strip_prefix("…[")?.strip_suffix(" items]")?.parse().ok()
}

/// Expands `xx…[N characters]…xx` of one repeated character to N times `x`. Other texts stay.
pub(crate) fn unfold(text: &str) -> String {
    match folded(text) {
        Some((start, count, end)) if is_of_one_character(start, end) => {
            start.chars().take(1).collect::<String>().repeat(count)
        }
        _ => text.to_owned(),
    }
}

fn is_of_one_character(start: &str, end: &str) -> bool {
    let first = start.chars().next();
    start.chars().chain(end.chars()).all(|letter| Some(letter) == first)
}

/// The ids and times in a text, and the text without them.
pub(crate) fn skeleton(text: &str) -> (String, Vec<&str>) {
    let (mut left, mut found, mut rest) = (String::new(), Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        if let Some((id, after)) = uuid(rest).or_else(|| share_id(rest)) {
            left.push('\u{1}');
            found.push(id);
            rest = after;
        } else if let Some((_, after)) = time(rest) {
            left.push('\u{2}');
            rest = after;
        } else {
            left.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (left, found)
}
