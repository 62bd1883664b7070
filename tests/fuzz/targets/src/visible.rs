//! Text that may be shown to a person must look like what it is.

/// Characters that are invisible or change how their neighbors look. This list is independent of
/// the code under test.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        // White space other than the plain space.
        || (c.is_whitespace() && c != ' ')
}

/// Checks that each line of `text` is plainly visible.
pub(crate) fn assert_visible(text: &str) {
    let found = text.chars().find(|c| *c != '\n' && deceives(*c));
    assert!(found.is_none(), "{:?} in {text:?}", found.unwrap());
}
