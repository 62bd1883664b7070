//! The terminal itself, while an answer is read from it: without echo, and without a line's end handing the rest to somebody else.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use std::io::{self, Write};
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// How long after Enter nothing more may come: a person who types needs longer, a paste of several lines doesn't.
const QUIET: Duration = Duration::from_millis(150);

/// How long a paste that doesn't end is read.
const MAX_DRAIN: Duration = Duration::from_secs(30);

/// The terminal at standard input, until it is dropped. What nobody read by then is dropped too: nothing of a paste is left for the shell.
pub(super) struct Device {
    before: Termios,
    is_drained: bool,
}

impl Device {
    /// Takes the terminal. What was typed before the question is dropped: it wasn't an answer to it.
    pub(super) fn take() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        let device = Self { before, is_drained: false };
        // Asks the terminal to mark what is pasted.
        device.write(b"\x1b[?2004h")?;
        Ok(device)
    }

    /// Shows something.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        stderr.write_all(bytes)?;
        stderr.flush()
    }

    /// Waits for bytes. How many came: none, if the terminal is gone.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(io::stdin(), &mut *buffer) {
                Err(rustix::io::Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }

    /// Reads what is still coming, until nothing comes for a while. Whether there was any.
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
        // Nothing can be done about a terminal that went away.
        let _ = self.write(b"\x1b[?2004l");
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether something can be read within this time.
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
