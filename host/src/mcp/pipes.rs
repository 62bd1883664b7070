//! Standard input and output, as the protocol's two pipes. Each has a thread of its own: what a client connects may be a pipe, a socket or a file,
//! and only waiting works with all of them.
//!
//! Standard output is moved away before the first message: what else in this process writes to it, by `println!` or in a library, lands at
//! standard error. So nothing but the protocol can reach the client, whatever anybody does.

use super::MAX_MESSAGE;
use super::line::{Lines, Read};
use std::io::{self, BufReader, Write};
use std::thread;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// How many lines may wait to be understood, and how many to be written.
const WAITING: usize = 4;

/// What the two threads are reached by. When the last sender is dropped, what was sent is still written.
pub(super) struct Pipes {
    pub(super) lines: mpsc::Receiver<Read>,
    pub(super) out: mpsc::Sender<Zeroizing<Vec<u8>>>,
    /// Answers when everything is written.
    pub(super) written: tokio::sync::oneshot::Receiver<()>,
}

/// Takes standard input and output for the protocol, for the rest of the process.
///
/// # Errors
/// [`io::Error`] if they can't be had.
pub(super) fn take() -> io::Result<Pipes> {
    start(io::stdin(), take_output()?)
}

#[cfg(unix)]
fn take_output() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok(out.into())
}

/// Elsewhere it is care alone: nothing here prints to standard output (a lint says so).
#[cfg(not(unix))]
fn take_output() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

fn start(input: impl io::Read + Send + 'static, mut output: impl Write + Send + 'static) -> io::Result<Pipes> {
    let (send_line, lines) = mpsc::channel(WAITING);
    let (out, mut to_write) = mpsc::channel::<Zeroizing<Vec<u8>>>(WAITING);
    let (all_written, written) = tokio::sync::oneshot::channel();
    thread::Builder::new().name("mcp-input".to_owned()).spawn(move || {
        let mut input = BufReader::new(input);
        let mut lines = Lines::new(MAX_MESSAGE);
        while let Some(read) = lines.next(&mut input) {
            if send_line.blocking_send(read).is_err() {
                return;
            }
        }
    })?;
    thread::Builder::new().name("mcp-output".to_owned()).spawn(move || {
        while let Some(line) = to_write.blocking_recv() {
            // A client that went away is known by its input's end.
            if output.write_all(&line).and_then(|()| output.flush()).is_err() {
                break;
            }
        }
        // If nobody waits for it, so be it.
        let _ = all_written.send(());
    })?;
    Ok(Pipes { lines, out, written })
}
