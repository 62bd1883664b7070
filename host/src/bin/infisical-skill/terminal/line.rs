//! Assembles an answer byte by byte, as it is typed or pasted. It doesn't access a terminal.

use zeroize::Zeroizing;

/// The end of a paste on a terminal that marks pastes (bracketed paste).
const PASTE_END: &[u8] = b"\x1b[201~";

/// The bytes that keys send.
mod keys {
    pub(super) const CTRL_C: u8 = 0x03;
    pub(super) const CTRL_D: u8 = 0x04;
    pub(super) const BACKSPACE: u8 = 0x08;
    pub(super) const CTRL_U: u8 = 0x15;
    pub(super) const CTRL_W: u8 = 0x17;
    pub(super) const ESC: u8 = 0x1b;
    pub(super) const DELETE: u8 = 0x7f;
}

/// The effect of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The answer continues.
    More,
    /// Enter: the answer is complete.
    Done,
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, with nothing typed.
    EndOfInput,
}

/// A marked paste in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Paste {
    /// The offset in the text at which it began.
    from: usize,
    /// Whether its last byte was a carriage return.
    after_return: bool,
    /// How many bytes of its end mark have arrived.
    ending: usize,
}

/// An answer in progress.
pub(super) struct Line {
    /// Whether what is typed is echoed.
    shown: bool,
    max: usize,
    /// Never reallocates, so that no part of a value is left behind in freed memory.
    text: Zeroizing<Vec<u8>>,
    state: LineState,
    too_long: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineState {
    Typing,
    /// After ESC.
    Escape,
    /// In a control sequence. The flag says whether it is a prefix of `200`, which begins a paste.
    Sequence(usize, bool),
    /// In a marked paste.
    Pasting(Paste),
}

impl Line {
    /// Starts an answer of at most `max` bytes.
    pub(super) fn new(shown: bool, max: usize) -> Self {
        let text = Zeroizing::new(Vec::with_capacity(max + PASTE_END.len()));
        Self { shown, max, text, state: LineState::Typing, too_long: false }
    }

    /// Takes a byte, and adds what is to be displayed for it to `echo`.
    pub(super) fn push(&mut self, byte: u8, echo: &mut Vec<u8>) -> Step {
        match self.state {
            LineState::Typing => return self.typed(byte, echo),
            LineState::Escape if matches!(byte, b'[' | b'O') => self.state = LineState::Sequence(0, byte == b'['),
            LineState::Escape => {
                self.state = LineState::Typing;
                if matches!(byte, b'\r' | b'\n' | keys::CTRL_C) {
                    return self.typed(byte, echo);
                }
            }
            LineState::Sequence(at, is_paste) => match byte {
                b'~' if is_paste && at == 3 => {
                    self.state = LineState::Pasting(Paste { from: self.text.len(), after_return: false, ending: 0 })
                }
                0x40..=0x7e => self.state = LineState::Typing,
                _ => self.state = LineState::Sequence(at + 1, is_paste && b"200".get(at) == Some(&byte)),
            },
            LineState::Pasting(paste) => self.pasted(byte, paste, echo),
        }
        Step::More
    }

    /// Returns what was typed, or `None` if it exceeds the maximum length.
    pub(super) fn into_text(self) -> Option<Zeroizing<Vec<u8>>> {
        (!self.too_long && self.text.len() <= self.max).then_some(self.text)
    }

    fn typed(&mut self, byte: u8, echo: &mut Vec<u8>) -> Step {
        use keys::{BACKSPACE, CTRL_C, CTRL_D, CTRL_U, CTRL_W, DELETE, ESC};
        match byte {
            b'\r' | b'\n' => return Step::Done,
            CTRL_C => return Step::Interrupted,
            CTRL_D if self.text.is_empty() => return Step::EndOfInput,
            BACKSPACE | DELETE => self.remove(echo),
            CTRL_U => {
                while !self.text.is_empty() {
                    self.remove(echo);
                }
            }
            CTRL_W => {
                while self.text.last() == Some(&b' ') {
                    self.remove(echo);
                }
                while self.text.last().is_some_and(|byte| *byte != b' ') {
                    self.remove(echo);
                }
            }
            ESC => self.state = LineState::Escape,
            b'\t' | 0x20.. => {
                self.keep(byte);
                if self.shown {
                    echo.push(byte);
                }
            }
            _ => {}
        }
        Step::More
    }

    /// Takes pasted bytes as they are, except for line ends, which terminals send as carriage
    /// returns.
    fn pasted(&mut self, byte: u8, paste: Paste, echo: &mut Vec<u8>) {
        match byte {
            b'\n' if paste.after_return => {}
            b'\r' => self.keep(b'\n'),
            _ => self.keep(byte),
        }
        let ending = match PASTE_END.get(paste.ending) {
            Some(next) if *next == byte => paste.ending + 1,
            _ => usize::from(PASTE_END.first() == Some(&byte)),
        };
        if ending < PASTE_END.len() {
            self.state = LineState::Pasting(Paste { after_return: byte == b'\r', ending, ..paste });
            return;
        }
        self.state = LineState::Typing;
        if self.too_long {
            return;
        }
        let end = self.text.len() - PASTE_END.len();
        self.text.truncate(end);
        let pasted = self.text.get(paste.from..).unwrap_or_default();
        if self.shown {
            echo.extend(pasted.iter().filter(|byte| !byte.is_ascii_control()));
        } else if pasted.contains(&b'\n') {
            echo.extend_from_slice(b"(several lines) ");
        }
    }

    /// Stores the byte if it fits. Bytes that don't fit are still read, so that they go nowhere
    /// else, and discarded.
    fn keep(&mut self, byte: u8) {
        if self.text.len() < self.max + PASTE_END.len() {
            self.text.push(byte);
        } else {
            self.too_long = true;
        }
    }

    /// Removes the last character.
    fn remove(&mut self, echo: &mut Vec<u8>) {
        let mut is_any = false;
        while let Some(byte) = self.text.pop() {
            is_any = true;
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
        if is_any && self.shown {
            echo.extend_from_slice(b"\x08 \x08");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds these bytes. Returns how it ended, what was typed and what was displayed.
    fn after(shown: bool, max: usize, bytes: &[u8]) -> (Step, Option<String>, String) {
        let (mut line, mut echo) = (Line::new(shown, max), Vec::new());
        let step = bytes.iter().map(|byte| line.push(*byte, &mut echo)).find(|step| *step != Step::More);
        let text = line.into_text().map(|text| String::from_utf8(text.to_vec()).unwrap());
        (step.unwrap_or(Step::More), text, String::from_utf8(echo).unwrap())
    }

    #[test]
    fn a_line_is_edited_as_it_is_typed() {
        for (bytes, text) in [
            ("abc\r", "abc"),
            ("abc\n", "abc"),
            ("ab\x7fc\r", "ac"),
            ("aé\x08c\r", "ac"),
            ("\x7f\x7fa\r", "a"),
            ("one two\x17x\r", "one x"),
            ("one two  \x17x\r", "one x"),
            ("abc\x15d\r", "d"),
            ("a\x1b[Ab\x1bOHc\x1b[1;5Cd\r", "abcd"),
            ("a\x01\x02b\tc\r", "ab\tc"),
            ("a\x04b\r", "ab"),
        ] {
            assert_eq!(
                after(false, 100, bytes.as_bytes()),
                (Step::Done, Some(text.to_owned()), String::new()),
                "{bytes:?}"
            );
            assert_eq!(after(true, 100, bytes.as_bytes()).1.as_deref(), Some(text), "{bytes:?}");
        }
        assert_eq!(after(true, 100, b"ab\x7fc\r").2, "ab\x08 \x08c");
        assert_eq!(after(false, 100, b"\x04").0, Step::EndOfInput);
        assert_eq!(after(false, 100, b"ab\x03").0, Step::Interrupted);
        assert_eq!(after(false, 100, b"ab\x1b\x03").0, Step::Interrupted);
    }

    #[test]
    fn a_marked_paste_is_read_whole_and_ends_nothing() {
        for (bytes, text) in [
            ("\x1b[200~a\rb\r\x1b[201~", "a\nb\n"),
            ("\x1b[200~a\r\nb\nc\x1b[201~", "a\nb\nc"),
            ("x\x1b[200~a\rb\x1b[201~y", "xa\nby"),
            ("\x1b[200~a\x03\x04\x7fb\x1b[201~", "a\x03\x04\x7fb"),
            ("\x1b[200~a\x1b[201~\x1b[200~b\x1b[201~", "ab"),
            ("\x1b[201~a\x1b[20~b\x1b[2000~c", "abc"),
        ] {
            assert_eq!(after(false, 100, bytes.as_bytes()).0, Step::More, "{bytes:?}");
            let (step, found, echo) = after(false, 100, format!("{bytes}\r").as_bytes());
            assert_eq!((step, found.as_deref()), (Step::Done, Some(text)), "{bytes:?}");
            assert!(matches!(echo.as_str(), "" | "(several lines) "), "{echo}");
        }
    }

    #[test]
    fn what_is_too_long_is_read_to_its_end_and_not_cut() {
        for length in [0, 9, 10] {
            let typed = "x".repeat(length);
            assert_eq!(after(false, 10, format!("{typed}\r").as_bytes()).1.as_deref(), Some(typed.as_str()));
            assert_eq!(
                after(false, 10, format!("\x1b[200~{typed}\x1b[201~\r").as_bytes()).1.as_deref(),
                Some(typed.as_str())
            );
        }
        for length in [11, 16, 17, 100, 1000] {
            let typed = "x".repeat(length);
            for bytes in [
                format!("{typed}\r"),
                format!("\x1b[200~{typed}\x1b[201~\r"),
                format!("\x1b[200~{typed}\ry\x1b[201~\r"),
            ] {
                let (step, text, _) = after(false, 10, bytes.as_bytes());
                assert_eq!((step, text), (Step::Done, None), "{length}");
            }
        }
    }
}
