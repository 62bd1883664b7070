//! Standard input and output, as the protocol's two pipes.
//!
//! Standard output is moved away before the first message: what else in this process writes to it, by `println!` or in a library, lands at
//! standard error. So nothing but the protocol can reach the client, whatever anybody does.
//!
//! Pipes and sockets, which is what clients connect, are waited for by the runtime itself: a thread between would cost a client two
//! thread switches for each message.

use std::io;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// How many lines may wait to be written.
const WAITING: usize = 4;

/// What comes in.
pub(super) type Input = Box<dyn AsyncRead + Send + Sync + Unpin>;

/// What goes out.
pub(super) type Output = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// Both ways. When the last sender is dropped, what was sent is still written.
pub(super) struct Pipes {
    pub(super) input: Input,
    pub(super) out: mpsc::Sender<Zeroizing<Vec<u8>>>,
    /// Answers when everything is written.
    pub(super) written: oneshot::Receiver<()>,
}

/// Takes standard input and output for the protocol, for the rest of the process.
///
/// # Errors
/// [`io::Error`] if they can't be had.
pub(super) fn take() -> io::Result<Pipes> {
    let (input, output) = descriptors()?;
    Ok(join(input, output))
}

/// These two as the protocol's.
pub(super) fn join(input: Input, mut output: Output) -> Pipes {
    let (out, mut to_write) = mpsc::channel::<Zeroizing<Vec<u8>>>(WAITING);
    let (all_written, written) = oneshot::channel();
    // A task of its own: whoever sends may be dropped half-way, and a line is written whole or not at all.
    tokio::spawn(async move {
        while let Some(line) = to_write.recv().await {
            // A client that went away is known by its input's end.
            if output.write_all(&line).await.is_err() || output.flush().await.is_err() {
                break;
            }
        }
        // If nobody waits for it, so be it.
        let _ = all_written.send(());
    });
    Pipes { input, out, written }
}

#[cfg(unix)]
fn descriptors() -> io::Result<(Input, Output)> {
    use std::os::fd::AsFd;
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok((unix::input(input.into())?, unix::output(output.into())?))
}

/// What waits for each kind of descriptor. Whether a descriptor is waited for is a mode of the open file, which all holders of a pipe's end share: so
/// a pipe is opened anew, where that can be done. A socket's end is the client's gift, and nobody else's.
#[cfg(unix)]
mod unix {
    use super::{Input, Output};
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::fs::FileTypeExt;
    use std::path::PathBuf;
    use tokio::net::UnixStream;
    use tokio::net::unix::pipe;

    pub(super) fn input(file: File) -> io::Result<Input> {
        let kind = file.metadata()?.file_type();
        if kind.is_socket() {
            return Ok(Box::new(socket(file)?));
        }
        match kind.is_fifo().then(|| pipe::OpenOptions::new().open_receiver(path(&file))) {
            Some(Ok(pipe)) => Ok(Box::new(pipe)),
            _ => Ok(Box::new(tokio::fs::File::from_std(file))),
        }
    }

    pub(super) fn output(file: File) -> io::Result<Output> {
        let kind = file.metadata()?.file_type();
        if kind.is_socket() {
            return Ok(Box::new(socket(file)?));
        }
        match kind.is_fifo().then(|| pipe::OpenOptions::new().open_sender(path(&file))) {
            Some(Ok(pipe)) => Ok(Box::new(pipe)),
            _ => Ok(Box::new(tokio::fs::File::from_std(file))),
        }
    }

    fn socket(file: File) -> io::Result<UnixStream> {
        let stream = std::os::unix::net::UnixStream::from(OwnedFd::from(file));
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream)
    }

    /// Where this very descriptor is opened anew. Systems without such a place wait on a thread.
    fn path(file: &File) -> PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }
}

/// Elsewhere it is care alone that keeps standard output clean: nothing here prints to it.
#[cfg(not(unix))]
fn descriptors() -> io::Result<(Input, Output)> {
    Ok((Box::new(tokio::io::stdin()), Box::new(tokio::io::stdout())))
}
