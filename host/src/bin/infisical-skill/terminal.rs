//! Asking a person. Only where there is one: standard input, output and error are all the terminal's, so that what is shown is seen and what
//! is typed was meant.
//!
//! Whatever is typed or pasted while a question is open, nothing of it reaches the shell: it is read until nothing more comes.

#[cfg(unix)]
mod device;
#[cfg(unix)]
mod line;

use crate::output::say;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// More than anybody types.
const MAX_ANSWER: usize = 4_096;

/// What a person answered.
pub(crate) enum Answer {
    /// This: a line, or what was pasted as one piece where the terminal marks pastes.
    Text(Zeroizing<String>),
    /// Several lines came, one by one, where one was asked for.
    SeveralLines,
    /// More than is taken.
    TooLong,
    /// Nothing: the input ended.
    Nothing,
}

/// Where a terminal doesn't say how wide it is.
const WIDTH: usize = 80;

/// How wide the terminal is that results are printed on. None: they aren't printed on one.
pub(crate) fn width() -> Option<usize> {
    io::stdout().is_terminal().then(|| columns().filter(|columns| *columns > 0).unwrap_or(WIDTH))
}

#[cfg(unix)]
fn columns() -> Option<usize> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col.into())
}

#[cfg(not(unix))]
fn columns() -> Option<usize> {
    None
}

/// Whether there is somebody to ask.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a value, which isn't shown, of at most `max` bytes.
pub(crate) fn ask_hidden(question: &str, max: usize) -> io::Result<Answer> {
    read(question, false, max)
}

/// Asks, and takes the line that is typed. Nothing, if the input ends, or if what comes isn't one line.
fn ask(question: &str) -> io::Result<Option<String>> {
    match read(question, true, MAX_ANSWER)? {
        Answer::Text(text) if !text.contains(char::is_control) => Ok(Some(text.to_string())),
        Answer::Nothing => Ok(None),
        Answer::Text(_) | Answer::SeveralLines | Answer::TooLong => {
            say("several lines, or too much, came where one line was asked for: it isn't taken as an answer");
            Ok(None)
        }
    }
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

#[cfg(unix)]
fn read(question: &str, shown: bool, max: usize) -> io::Result<Answer> {
    use line::{Line, Step};
    let mut device = device::Device::take()?;
    device.write(question.as_bytes())?;
    let mut line = Line::new(shown, max);
    let mut buffer = Zeroizing::new([0_u8; 1024]);
    let (step, is_more) = 'reading: loop {
        let count = device.read(buffer.as_mut_slice())?;
        if count == 0 {
            break (Step::RowOutcome, false);
        }
        let mut echo = Vec::new();
        for (at, byte) in buffer.iter().take(count).enumerate() {
            let step = line.push(*byte, &mut echo);
            if step != Step::More {
                device.write(&echo)?;
                break 'reading (step, at + 1 < count);
            }
        }
        device.write(&echo)?;
    };
    // Before anything else: what comes after the line isn't the shell's either.
    let is_more = device.drain() || is_more;
    device.write(b"\n")?;
    drop(device);
    match step {
        Step::Interrupted => {
            // As the terminal would have done it.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT)?;
            // Another thread may be the one that the signal goes to: this one must not end the process before it.
            std::thread::sleep(std::time::Duration::from_secs(1));
            Err(io::ErrorKind::Interrupted.into())
        }
        Step::RowOutcome => Ok(Answer::Nothing),
        _ if is_more => Ok(Answer::SeveralLines),
        _ => match line.into_text() {
            None => Ok(Answer::TooLong),
            Some(text) => std::str::from_utf8(&text)
                .map(|text| Answer::Text(Zeroizing::new(text.to_owned())))
                .map_err(|_| io::Error::other("it isn't UTF-8 text")),
        },
    }
}

/// Where terminals are another system's business.
#[cfg(not(unix))]
fn read(question: &str, shown: bool, max: usize) -> io::Result<Answer> {
    let text = if shown {
        use std::io::Write;
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}")?;
        stderr.flush()?;
        let mut line = Zeroizing::new(String::new());
        if io::stdin().read_line(&mut line)? == 0 {
            return Ok(Answer::Nothing);
        }
        Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        Zeroizing::new(rpassword::prompt_password(question)?)
    };
    Ok(if text.len() > max { Answer::TooLong } else { Answer::Text(text) })
}
