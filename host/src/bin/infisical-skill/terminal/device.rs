//! The terminal in the mode in which an answer is read: without echo, and without passing the input
//! after a line end to another program.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use std::io::{self, Write};
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// How long no input may arrive after Enter. A person needs longer to type more; a paste of several
/// lines doesn't.
const QUIET: Duration = Duration::from_millis(150);

/// How long an endless paste is read.
const MAX_DRAIN: Duration = Duration::from_secs(30);

/// The terminal on standard input, until this is dropped. Dropping it also discards unread input,
/// so that no part of a paste reaches the shell.
pub(super) struct Device {
    before: Termios,
    is_drained: bool,
}

impl Device {
    /// Takes the terminal. Input from before the question is discarded, because it isn't an answer
    /// to it.
    pub(super) fn take() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        let device = Self { before, is_drained: false };
        // Ask the terminal to mark pastes.
        device.write(b"\x1b[?2004h")?;
        Ok(device)
    }

    /// Writes to the terminal.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        stderr.write_all(bytes)?;
        stderr.flush()
    }

    /// Waits for input and returns how many bytes arrived: 0 if the terminal is gone.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(io::stdin(), &mut *buffer) {
                Err(rustix::io::Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }

    /// Reads and discards input until none arrives for a while. Returns whether there was any.
    pub(super) fn drain(&mut self) -> bool {
        let (began, mut buffer, mut is_any) = (Instant::now(), [0; 4096], false);
        self.is_drained = true;
        while began.elapsed() < MAX_DRAIN && is_ready(QUIET) {
            match self.read(&mut buffer) {
                Ok(1..) => is_any = true,
                _ => break,
            }
        }
        buffer.zeroize();
        is_any
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if !self.is_drained {
            self.drain();
        }
        // Nothing can be done if the terminal went away.
        let _ = self.write(b"\x1b[?2004l");
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether input arrives within this time.
fn is_ready(within: Duration) -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let Ok(timeout) = Timespec::try_from(within) else { return false };
    loop {
        match poll(&mut fds, Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return ready.is_ok_and(|count| count > 0),
        }
    }
}
