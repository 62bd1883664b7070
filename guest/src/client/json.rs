//! Reads untrusted JSON.
//!
//! It supports only what the answers need. Tests compare it with `serde_json`, which would make the
//! component half again as large. It never copies skipped text. It refuses duplicate fields, and an
//! array in place of an object.

use crate::error::Error;
use std::borrow::Cow;

/// Infisical's answers have only a few levels.
const MAX_DEPTH: usize = 64;

/// Why a text can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ends early.
    Short,
    /// The text isn't JSON.
    Malformed,
    /// The JSON is nested too deeply.
    Deep,
    /// The JSON doesn't have the expected shape.
    Shape,
}

/// The result of reading.
pub(crate) type Read<T> = Result<T, Fault>;

/// Reads a whole body. The error has only our own text.
pub(crate) fn parse<'a, T>(body: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Result<T, Error> {
    let text = std::str::from_utf8(body).map_err(|_| unexpected("The answer isn't UTF-8 text."))?;
    read_all(text, read).map_err(fault)
}

fn fault(fault: Fault) -> Error {
    unexpected(match fault {
        Fault::Short => "The answer ends before it is whole.",
        Fault::Malformed => "The answer isn't well-formed JSON.",
        Fault::Deep => "The answer is nested deeper than any of Infisical's.",
        Fault::Shape => "The answer lacks a field, or has one twice or of another type than Infisical's.",
    })
}

/// The answer isn't one that Infisical gives.
pub(crate) fn unexpected(text: &str) -> Error {
    Error::UnexpectedAnswer(text.to_owned())
}

fn read_all<'a, T>(text: &'a str, read: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Read<T> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = read(&mut reader)?;
    reader.end().map(|()| value)
}

/// Fills a field. Fails if it is filled already.
pub(crate) fn put<T>(slot: &mut Option<T>, value: T) -> Read<()> {
    if slot.replace(value).is_none() { Ok(()) } else { Err(Fault::Shape) }
}

/// Returns a required field. Fails if it is absent.
pub(crate) fn required<T>(slot: Option<T>) -> Read<T> {
    slot.ok_or(Fault::Shape)
}

/// Reads JSON from the text that is left.
pub(crate) struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Reads an object. `field` reads or skips the value of each key.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        self.fields(&mut field)
    }

    /// One function for all closures, to keep the component small.
    fn fields(&mut self, field: &mut dyn FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        self.open(b'{')?;
        let mut first = true;
        while self.has_next(b'}', first)? {
            let key = self.string()?.into_text()?;
            if self.peek()? != b':' {
                return Err(Fault::Malformed);
            }
            self.advance(1);
            field(self, &key)?;
            first = false;
        }
        Ok(())
    }

    /// Reads an array. `item` reads or skips each element.
    pub(crate) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.elements(&mut item)
    }

    fn elements(&mut self, item: &mut dyn FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.open(b'[')?;
        let mut first = true;
        while self.has_next(b']', first)? {
            item(self)?;
            first = false;
        }
        Ok(())
    }

    /// Reads an array and collects its elements.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        self.array(|reader| {
            items.push(item(reader)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Reads null, or what `read` reads.
    pub(crate) fn nullable<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.peek()? == b'n' { self.word("null").map(|()| None) } else { read(self).map(Some) }
    }

    /// Reads a string.
    pub(crate) fn text(&mut self) -> Read<String> {
        self.string()?.into_text().map(Cow::into_owned)
    }

    /// Reads a string into a field. Fails if the field is filled already.
    pub(crate) fn text_into(&mut self, slot: &mut Option<String>) -> Read<()> {
        let text = self.text()?;
        put(slot, text)
    }

    /// Reads a string or null into a field. Fails if the field is filled already.
    pub(crate) fn nullable_text_into(&mut self, slot: &mut Option<Option<String>>) -> Read<()> {
        let text = self.nullable(Self::text)?;
        put(slot, text)
    }

    /// Passes a string to `look` and returns its result, or `None` for any other value. It doesn't
    /// keep the string.
    pub(crate) fn glance<T>(&mut self, look: impl FnOnce(&str) -> T) -> Read<Option<T>> {
        if self.peek()? == b'"' {
            let text = self.string()?.into_text()?;
            Ok(Some(look(&text)))
        } else {
            self.skip().map(|()| None)
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&mut self) -> Read<bool> {
        match self.peek()? {
            b't' => self.word("true").map(|()| true),
            b'f' => self.word("false").map(|()| false),
            other => Err(misplaced(other)),
        }
    }

    /// Reads a number that is written as a whole number.
    pub(crate) fn whole_number(&mut self) -> Read<u32> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number()?.parse().map_err(|_| Fault::Shape),
            other => Err(misplaced(other)),
        }
    }

    /// Reads any value. Returns false for null and for an empty text, array or object.
    pub(crate) fn presence(&mut self) -> Read<bool> {
        let mut is_present = true;
        match self.peek()? {
            b'n' => {
                self.word("null")?;
                is_present = false;
            }
            b'"' => is_present = !self.string()?.raw.is_empty(),
            b'[' => {
                is_present = false;
                self.array(|reader| {
                    is_present = true;
                    reader.skip()
                })?;
            }
            b'{' => {
                is_present = false;
                self.object(|reader, _| {
                    is_present = true;
                    reader.skip()
                })?;
            }
            _ => self.skip()?,
        }
        Ok(is_present)
    }

    /// Skips any value.
    pub(crate) fn skip(&mut self) -> Read<()> {
        match self.peek()? {
            b'{' => self.object(|reader, _| reader.skip()),
            b'[' => self.array(Self::skip),
            b'"' => self.string()?.check(),
            b'n' => self.word("null"),
            b't' | b'f' => self.flag().map(drop),
            _ => self.number().map(drop),
        }
    }

    fn end(&mut self) -> Read<()> {
        self.skip_blanks();
        if self.rest.is_empty() { Ok(()) } else { Err(Fault::Malformed) }
    }

    fn open(&mut self, bracket: u8) -> Read<()> {
        match self.peek()? {
            found if found != bracket => Err(misplaced(found)),
            _ if self.depth == MAX_DEPTH => Err(Fault::Deep),
            _ => {
                self.depth += 1;
                self.advance(1);
                Ok(())
            }
        }
    }

    /// Whether another member follows before the closing bracket. Consumes the comma before it, or
    /// the bracket.
    fn has_next(&mut self, bracket: u8, first: bool) -> Read<bool> {
        match self.peek()? {
            found if found == bracket => {
                self.depth = self.depth.saturating_sub(1);
                self.advance(1);
                Ok(false)
            }
            _ if first => Ok(true),
            b',' => {
                self.advance(1);
                Ok(true)
            }
            _ => Err(Fault::Malformed),
        }
    }

    /// Reads a string without resolving its escapes.
    fn string(&mut self) -> Read<Escaped<'a>> {
        match self.peek()? {
            b'"' => self.advance(1),
            other => return Err(misplaced(other)),
        }
        let (mut has_escapes, mut is_escaped) = (false, false);
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                0..=0x1f => return Err(Fault::Malformed),
                _ if is_escaped => is_escaped = false,
                b'\\' => (has_escapes, is_escaped) = (true, true),
                b'"' => {
                    let raw = self.rest.get(..at).unwrap_or_default();
                    self.advance(at + 1);
                    return Ok(Escaped { raw, has_escapes });
                }
                _ => {}
            }
        }
        Err(Fault::Short)
    }

    /// Reads a number as it is written.
    fn number(&mut self) -> Read<&'a str> {
        let number = self.rest;
        if number.starts_with('-') {
            self.advance(1);
        }
        if self.rest.starts_with('0') {
            self.advance(1)
        } else {
            self.digits()?
        }
        if self.rest.starts_with('.') {
            self.advance(1);
            self.digits()?;
        }
        if self.rest.starts_with(['e', 'E']) {
            self.advance(1);
            if self.rest.starts_with(['+', '-']) {
                self.advance(1);
            }
            self.digits()?;
        }
        // Computed from the lengths: comparing the texts would read the rest of the answer for each
        // number.
        Ok(number.get(..number.len() - self.rest.len()).unwrap_or_default())
    }

    fn digits(&mut self) -> Read<()> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        self.advance(count);
        match count {
            0 if self.rest.is_empty() => Err(Fault::Short),
            0 => Err(Fault::Malformed),
            _ => Ok(()),
        }
    }

    fn word(&mut self, word: &str) -> Read<()> {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None if word.starts_with(self.rest) => Err(Fault::Short),
            None => Err(Fault::Malformed),
        }
    }

    /// Returns the first byte of the next token.
    fn peek(&mut self) -> Read<u8> {
        self.skip_blanks();
        self.rest.bytes().next().ok_or(Fault::Short)
    }

    fn skip_blanks(&mut self) {
        let count = self.rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.advance(count);
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

/// The fault for an unexpected byte: JSON of another shape, or no JSON.
fn misplaced(byte: u8) -> Fault {
    if matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') {
        Fault::Shape
    } else {
        Fault::Malformed
    }
}

/// The text between quotation marks, with its escapes.
struct Escaped<'a> {
    raw: &'a str,
    has_escapes: bool,
}

impl<'a> Escaped<'a> {
    fn into_text(self) -> Read<Cow<'a, str>> {
        if !self.has_escapes {
            return Ok(Cow::Borrowed(self.raw));
        }
        let mut text = String::with_capacity(self.raw.len());
        self.unescape(|c| text.push(c))?;
        Ok(Cow::Owned(text))
    }

    fn check(&self) -> Read<()> {
        if self.has_escapes { self.unescape(drop) } else { Ok(()) }
    }

    fn unescape(&self, mut found: impl FnMut(char)) -> Read<()> {
        let mut chars = self.raw.chars();
        while let Some(c) = chars.next() {
            found(if c == '\\' { escape(&mut chars)? } else { c });
        }
        Ok(())
    }
}

/// Resolves the escape sequence after a backslash.
fn escape(chars: &mut std::str::Chars<'_>) -> Read<char> {
    Ok(match chars.next() {
        Some(c @ ('"' | '\\' | '/')) => c,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => {
            let high = code_unit(chars)?;
            let code = if matches!(high, 0xd800..=0xdbff) {
                let low = if (chars.next(), chars.next()) == (Some('\\'), Some('u')) { code_unit(chars)? } else { 0 };
                // A lone surrogate isn't a character. Other halves must not be added up to one
                // either.
                let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(Fault::Malformed)?;
                0x1_0000 + ((high - 0xd800) << 10) + low
            } else {
                high
            };
            char::from_u32(code).ok_or(Fault::Malformed)?
        }
        _ => return Err(Fault::Malformed),
    })
}

fn code_unit(chars: &mut std::str::Chars<'_>) -> Read<u32> {
    (0..4).try_fold(0, |unit, _| {
        let digit = chars.next().and_then(|c| c.to_digit(16)).ok_or(Fault::Malformed)?;
        Ok(unit << 4 | digit)
    })
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
