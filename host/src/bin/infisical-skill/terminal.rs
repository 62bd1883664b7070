//! Asking a person. Only where there is one: standard input, output and error are all the terminal's, so that what is shown is seen and what
//! is typed was meant.

use std::io::{self, IsTerminal, Read, Write};

/// More than anybody types.
const MAX_ANSWER: u64 = 4_096;

/// Whether there is somebody to ask.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Asks, and takes the line that is typed, without its line end. Nothing, if the input ends.
pub(crate) fn ask(question: &str) -> io::Result<Option<String>> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    let mut line = Vec::new();
    let mut stdin = io::stdin().lock().take(MAX_ANSWER);
    io::BufRead::read_until(&mut stdin, b'\n', &mut line)?;
    if line.is_empty() {
        writeln!(stderr)?;
        return Ok(None);
    }
    let line = String::from_utf8(line).map_err(io::Error::other)?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Asks for a yes. Anything else is a no.
pub(crate) fn agrees(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] ")).ok().flatten().unwrap_or_default();
    matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")
}

/// Asks for a text to be typed, exactly. Says whether it was.
pub(crate) fn types(question: &str, expected: &str) -> bool {
    ask(question).ok().flatten().as_deref() == Some(expected)
}
