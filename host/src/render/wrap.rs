//! Wraps text for a terminal of a given width. Long lines continue on the next line; nothing is
//! cut.

/// The minimum width in columns that leaves room for text.
const MIN_WIDTH: usize = 40;

/// Text that a person may want to copy stays on one line. The terminal breaks it.
pub(super) const COPIED: &str = "Needs    this phrase, exactly: ";

/// The extra indentation of a continuation line, in columns.
const FURTHER: usize = 3;

/// Wraps `text` into lines of at most `width` characters. A continuation line is indented and
/// begins with `|`. The text after the `|` is unchanged, including spaces. So two different texts
/// never look alike, and no text looks like a line that it isn't.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    let width = width.max(MIN_WIDTH);
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with(COPIED) { out.push_str(line) } else { wrap_line(&mut out, line, width) }
    }
    out
}

fn wrap_line(out: &mut String, line: &str, width: usize) {
    let indent = line.chars().take_while(|c| *c == ' ').count() + FURTHER;
    let indent = if indent < width / 2 { indent } else { FURTHER };
    let mut rest = line;
    let mut room = width;
    while rest.trim_end_matches('\n').chars().count() > room {
        let (start, after) = rest.split_at(break_of(rest, room));
        out.push_str(start);
        out.push('\n');
        out.push_str(&" ".repeat(indent));
        out.push('|');
        rest = after;
        room = width - indent - 1;
    }
    out.push_str(rest);
}

/// Where a long line breaks: before the last space with text in front of it, or else within a word.
fn break_of(line: &str, room: usize) -> usize {
    let byte = |count: usize| line.char_indices().nth(count).map_or(line.len(), |(at, _)| at);
    let (end, begin) = (byte(room), line.len() - line.trim_start_matches(' ').len());
    // A space may be the first character that doesn't fit.
    let fits = line.get(begin..byte(room + 1)).unwrap_or_default();
    match fits.rfind(' ').map(|at| begin + at).filter(|at| *at > begin && *at <= end) {
        Some(at) => at,
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reverses the wrapping.
    fn unwrapped(text: &str) -> String {
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            match line.trim_start_matches(' ').strip_prefix('|') {
                Some(rest) if line.starts_with(' ') => {
                    assert_eq!(out.pop(), Some('\n'));
                    out.push_str(rest);
                }
                _ => out.push_str(line),
            }
        }
        out
    }

    #[test]
    fn wraps_long_lines_and_keeps_short_ones() {
        let path = "x".repeat(50);
        for (text, expected) in [
            ("short\n".to_owned(), "short\n".to_owned()),
            ("x".repeat(40), "x".repeat(40)),
            (format!("{}\n\nnext\n", "x".repeat(41)), format!("{}\n   |x\n\nnext\n", "x".repeat(40))),
            (
                format!("  1. delete secret A [path=/{path}]\nPlan\n"),
                format!("  1. delete secret A\n     | [path=/{}\n     |{}]\nPlan\n", "x".repeat(26), "x".repeat(24)),
            ),
        ] {
            assert_eq!(wrapped(&text, 40), expected);
            assert_eq!(unwrapped(&wrapped(&text, 40)), text);
        }
        let copied = format!("{COPIED}delete secret dev:/{path}/A\n");
        assert_eq!(wrapped(&copied, 40), copied);
        assert_eq!(wrapped("a b", 0), "a b", "there is no terminal so small");
    }

    proptest! {
        #[test]
        fn nothing_is_cut_and_no_line_is_too_long(text in "( {0,30}[a-c|é/ ]{1,90}\n){0,6}", width in 40_usize..90) {
            let lines = wrapped(&text, width);
            prop_assert!(lines.lines().all(|line| line.chars().count() <= width), "{}", lines);
            // A line that already begins like this can't be distinguished from a continuation.
            let is_plain = text.lines().all(|line| !line.trim_start().starts_with('|'));
            prop_assert!(!is_plain || unwrapped(&lines) == text, "{}", lines);
        }
    }
}
