//! Reads values and comments from a file, from standard input or from a prompt without echo.

use crate::change_arguments::{CommentFrom, ValueFrom};
use crate::terminal::{self, TypedAnswer};
use infisical_skill::NewValue;
use secrecy::SecretString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// The maximum size of a value, in bytes.
const MAX_VALUE: usize = 512 * 1024;

/// The new value of a secret, if a source for one was given.
///
/// # Errors
/// Says what is wrong with the command line or the file, and never quotes the file's content.
pub(crate) fn value(from: ValueFrom) -> Result<Option<NewValue>, String> {
    let ValueFrom { value_file, generate, prompt, alphabet } = from;
    match (value_file, generate) {
        (Some(path), _) => read(&path).map(NewValue::Literal).map(Some),
        (None, Some(length)) => Ok(Some(NewValue::Generated { length, alphabet })),
        (None, None) if prompt => prompted().map(Some),
        (None, None) => Ok(None),
    }
}

/// Asks for the value on the terminal.
pub(crate) fn prompted() -> Result<NewValue, String> {
    if !terminal::is_there() {
        return Err("there is no terminal to ask for the value: use --value-file FILE, --value-file - for standard input, or --generate".to_owned());
    }
    let ask = |question: &str| {
        match terminal::ask_hidden(question, MAX_VALUE) {
        Ok(TypedAnswer::Text(text)) => Ok(text),
        Ok(TypedAnswer::Nothing) => Err("no value was typed".to_owned()),
        Ok(TypedAnswer::TooLong) => Err(format!("the value: {}", too_long())),
        Ok(TypedAnswer::SeveralLines) => Err(
            "several lines were pasted, and this terminal doesn't mark a paste as one piece; nothing was changed. Give the value with --value-file \
             FILE, or with --value-file - on standard input"
                .to_owned(),
        ),
        Err(error) => Err(format!("the value can't be asked for: {error}")),
    }
    };
    let value = ask("Value (not shown): ")?;
    if value.is_empty() {
        return Err("no value was typed".to_owned());
    }
    if ask("Once more: ")? != value {
        return Err("the two values don't match; nothing was changed".to_owned());
    }
    Ok(NewValue::Literal(SecretString::from(without_final_line_end(&value))))
}

/// The new comment of a secret, if one was given.
pub(crate) fn comment(from: CommentFrom) -> Result<Option<SecretString>, String> {
    match (from.comment, from.comment_file) {
        (Some(text), _) => Ok(Some(text.into())),
        (None, Some(path)) => read(&path).map(Some),
        (None, None) => Ok(None),
    }
}

/// Whether both would read standard input, which can be read only once.
pub(crate) fn both_from_stdin(value: &ValueFrom, comment: &CommentFrom) -> bool {
    let is_stdin = |path: &Option<std::path::PathBuf>| path.as_deref() == Some(Path::new("-"));
    is_stdin(&value.value_file) && is_stdin(&comment.comment_file)
}

/// Reads all of standard input as text, for `call`.
pub(crate) fn stdin(max: usize) -> Result<Zeroizing<String>, String> {
    let bytes = read_all(io::stdin().lock(), max).map_err(|error| format!("standard input can't be read: {error}"))?;
    let bytes = bytes.ok_or_else(|| format!("standard input is longer than {max} bytes"))?;
    text(&bytes).map(|text| Zeroizing::new(text.to_owned())).ok_or_else(|| "standard input isn't UTF-8 text".to_owned())
}

fn read(path: &Path) -> Result<SecretString, String> {
    let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let unreadable = |error: io::Error| format!("{shown} can't be read: {error}");
    // Leave room for a line end of two bytes.
    let max = MAX_VALUE + 2;
    let bytes = if path == Path::new("-") {
        if io::IsTerminal::is_terminal(&io::stdin()) {
            return Err(
                "standard input is the terminal, which would show the value: use --prompt, or pipe the value in"
                    .to_owned(),
            );
        }
        read_all(io::stdin().lock(), max)
    } else {
        File::open(path).and_then(|file| read_all(file, max))
    }
    .map_err(unreadable)?
    .ok_or_else(|| format!("{shown}: {}", too_long()))?;
    let text = text(&bytes).ok_or_else(|| format!("{shown} isn't UTF-8 text, and Infisical stores only UTF-8 text"))?;
    let text = without_final_line_end(text);
    if text.len() > MAX_VALUE { Err(format!("{shown}: {}", too_long())) } else { Ok(SecretString::from(text)) }
}

/// Reads into one buffer that never reallocates, so that no part of the value is left behind in
/// freed memory. Returns `None` if there are more than `max` bytes.
fn read_all(from: impl Read, max: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(max + 1));
    from.take(max as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= max).then_some(bytes))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Removes the line end of a single line, because editors and `echo` add one. Text of several lines
/// (a key, a certificate) stays the same to the byte.
fn without_final_line_end(text: &str) -> &str {
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    line.filter(|line| !line.contains(['\n', '\r'])).unwrap_or(text)
}

fn too_long() -> String {
    "it is longer than 512 KiB, Infisical's limit".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_line_loses_its_line_end_and_nothing_else_is_touched() {
        for (text, value) in [
            ("v", "v"),
            ("v\n", "v"),
            ("v\r\n", "v"),
            (" v \n", " v "),
            ("v\r", "v\r"),
            ("v\n\n", "v\n\n"),
            ("a\nb\n", "a\nb\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(without_final_line_end(text), value, "{text:?}");
        }
    }

    #[test]
    fn refuses_input_over_the_limit_without_cutting() {
        assert_eq!(read_all(&b"12345"[..], 5).unwrap().unwrap().as_slice(), b"12345");
        assert!(read_all(&b"123456"[..], 5).unwrap().is_none());
        assert!(read_all(std::io::repeat(b'x'), 5).unwrap().is_none(), "an endless one ends");
    }
}
