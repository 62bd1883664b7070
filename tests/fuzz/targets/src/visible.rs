//! What a person may be shown: text that looks like what it is.

/// Characters that aren't seen, or that change what is seen around them. A list of its own, not the one of the code that is held to account.
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
        // A blank that isn't the blank.
        || (c.is_whitespace() && c != ' ')
}

/// Holds that each line of `text` is plainly visible.
pub(crate) fn assert_visible(text: &str) {
    let found = text.chars().find(|c| *c != '\n' && deceives(*c));
    assert!(found.is_none(), "{:?} in {text:?}", found.unwrap());
}
