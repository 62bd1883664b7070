//! Asks a person. Standard input, output and error must all be the terminal: then the person sees
//! what is shown and means what they type.
//!
//! Nothing that is typed or pasted while a question is open reaches the shell. The rest is read
//! until no more input arrives.

#[cfg(unix)]
mod device;
#[cfg(unix)]
mod line;

use crate::output::say;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// The maximum length of a typed answer, in bytes: more than anybody types.
const MAX_ANSWER: usize = 4_096;

/// A person's answer.
pub(crate) enum TypedAnswer {
    /// A line, or one whole paste where the terminal marks pastes.
    Text(Zeroizing<String>),
    /// Several lines arrived where one was asked for.
    SeveralLines,
    /// More than the maximum length.
    TooLong,
    /// Nothing: the input ended.
    Nothing,
}

/// The width in columns if the terminal doesn't report one.
const WIDTH: usize = 80;

/// The width of the terminal that results are printed on, in columns. `None` if standard output
/// isn't a terminal.
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

/// Whether there is an interactive terminal to ask on.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a value of at most `max` bytes, without echo.
pub(crate) fn ask_hidden(question: &str, max: usize) -> io::Result<TypedAnswer> {
    read(question, false, max)
}

/// Asks, and returns the typed line. Returns `None` if the input ends or isn't a single line.
fn ask(question: &str) -> io::Result<Option<String>> {
    match read(question, true, MAX_ANSWER)? {
        TypedAnswer::Text(text) if !text.contains(char::is_control) => Ok(Some(text.to_string())),
        TypedAnswer::Nothing => Ok(None),
        TypedAnswer::Text(_) | TypedAnswer::SeveralLines | TypedAnswer::TooLong => {
            say("more than one line, or too much text, was typed: it doesn't count as an answer");
            Ok(None)
        }
    }
}

/// Asks for a yes. Anything else is a no.
pub(crate) fn agrees(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] ")).ok().flatten().unwrap_or_default();
    matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")
}

/// Asks the person to type a text exactly, and returns whether they did.
pub(crate) fn types(question: &str, expected: &str) -> bool {
    ask(question).ok().flatten().as_deref() == Some(expected)
}

#[cfg(unix)]
fn read(question: &str, shown: bool, max: usize) -> io::Result<TypedAnswer> {
    use line::{Line, Step};
    let mut device = device::Device::take()?;
    device.write(question.as_bytes())?;
    let mut line = Line::new(shown, max);
    let mut buffer = Zeroizing::new([0_u8; 1024]);
    let (step, is_more) = 'reading: loop {
        let count = device.read(buffer.as_mut_slice())?;
        if count == 0 {
            break (Step::EndOfInput, false);
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
    // Drain the input first: what follows the line must not reach the shell either.
    let is_more = device.drain() || is_more;
    device.write(b"\n")?;
    drop(device);
    match step {
        Step::Interrupted => {
            // Send the interrupt that the terminal would have sent in its normal mode.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT)?;
            // The signal may be delivered to another thread. Wait, so that this thread doesn't end
            // the process first.
            std::thread::sleep(std::time::Duration::from_secs(1));
            Err(io::ErrorKind::Interrupted.into())
        }
        Step::EndOfInput => Ok(TypedAnswer::Nothing),
        _ if is_more => Ok(TypedAnswer::SeveralLines),
        _ => match line.into_text() {
            None => Ok(TypedAnswer::TooLong),
            Some(text) => std::str::from_utf8(&text)
                .map(|text| TypedAnswer::Text(Zeroizing::new(text.to_owned())))
                .map_err(|_| io::Error::other("it isn't UTF-8 text")),
        },
    }
}

/// Terminals of other systems aren't supported.
#[cfg(not(unix))]
fn read(question: &str, shown: bool, max: usize) -> io::Result<TypedAnswer> {
    let text = if shown {
        use std::io::Write;
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}")?;
        stderr.flush()?;
        let mut line = Zeroizing::new(String::new());
        if io::stdin().read_line(&mut line)? == 0 {
            return Ok(TypedAnswer::Nothing);
        }
        Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        Zeroizing::new(rpassword::prompt_password(question)?)
    };
    Ok(if text.len() > max { TypedAnswer::TooLong } else { TypedAnswer::Text(text) })
}
