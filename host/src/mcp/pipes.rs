//! Uses standard input and output as the protocol's two pipes.
//!
//! Standard output is moved to another descriptor before the first message. What `println!` or a
//! library writes to it goes to standard error instead. So only the protocol's messages reach the
//! client.
//!
//! The runtime waits for pipes and sockets, which clients use, without a thread. A thread in
//! between would cost a client two thread switches per message.

use std::io;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// How many lines may wait to be written.
const WAITING: usize = 4;

/// The incoming pipe.
pub(super) type Input = Box<dyn AsyncRead + Send + Sync + Unpin>;

/// The outgoing pipe.
pub(super) type Output = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// Both pipes. What was sent is still written after the last sender is dropped.
pub(super) struct Pipes {
    pub(super) input: Input,
    pub(super) out: mpsc::Sender<Zeroizing<Vec<u8>>>,
    /// Completes when everything is written.
    pub(super) written: oneshot::Receiver<()>,
}

/// Takes standard input and output for the protocol, for the rest of the process.
///
/// # Errors
/// [`io::Error`] if they aren't available.
pub(super) fn take() -> io::Result<Pipes> {
    let (input, output) = descriptors()?;
    Ok(join(input, output))
}

/// Joins these two pipes.
pub(super) fn join(input: Input, mut output: Output) -> Pipes {
    let (out, mut to_write) = mpsc::channel::<Zeroizing<Vec<u8>>>(WAITING);
    let (all_written, written) = oneshot::channel();
    // A separate task writes each line completely, even if the sender is dropped midway.
    tokio::spawn(async move {
        while let Some(line) = to_write.recv().await {
            // The end of the input shows that the client went away.
            if output.write_all(&line).await.is_err() || output.flush().await.is_err() {
                break;
            }
        }
        // The receiver may be gone.
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

/// Opens an asynchronous end for each kind of descriptor. Non-blocking is a mode of the open file,
/// which all holders of a pipe's end share. Therefore a pipe is reopened where that is possible. A
/// socket's end belongs to this process alone.
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

    /// The path under which this descriptor can be reopened. Systems without such a path use a
    /// thread.
    fn path(file: &File) -> PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }
}

/// On other systems, nothing but care keeps standard output clean: this program prints nothing to
/// it.
#[cfg(not(unix))]
fn descriptors() -> io::Result<(Input, Output)> {
    Ok((Box::new(tokio::io::stdin()), Box::new(tokio::io::stdout())))
}
