"""Runs a command in an interactive shell on a terminal of its own, and pastes at its prompts:
shell.py [EXPECT PASTE]... -- COMMAND...

PASTE is written as it is, after Python's escapes. Then the shell runs `echo STATUS=$?` and `stty -a`, and ends. Prints all that the terminal showed."""

import os
import pty
import select
import shlex
import signal
import sys
import time

split = sys.argv.index("--")
talk, command = sys.argv[1:split], sys.argv[split + 1 :]
steps = list(zip(talk[::2], talk[1::2]))

pid, terminal = pty.fork()
if pid == 0:
    os.environ["PS1"] = "READY> "
    # Whoever runs the tests in the background has interrupts ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv("/bin/sh", ["/bin/sh", "-i"])

seen, fresh = b"", b""


def until(text, within):
    """Reads until the text is there."""
    global seen, fresh
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:
                return False
            seen, fresh = seen + more, fresh + more
        if text.encode() in fresh:
            fresh = b""
            return True
    return False


def write(data):
    """Writes all of it, and reads what comes back meanwhile: a terminal takes only so much at a time."""
    global seen, fresh
    deadline = time.monotonic() + 60
    while data and time.monotonic() < deadline:
        readable, writable, _ = select.select([terminal], [terminal], [], 0.1)
        if readable:
            more = os.read(terminal, 65536)
            seen, fresh = seen + more, fresh + more
        if writable:
            data = data[os.write(terminal, data[:1024]) :]


until("READY> ", 20)
write(shlex.join(command).encode() + b"\n")
for expect, paste in steps:
    if not until(expect, 60):
        sys.stdout.write(f"\nshell.py: it never said {expect!r}\n")
        break
    time.sleep(0.2)
    write(paste.encode().decode("unicode_escape").encode("latin-1"))
until("READY> ", 60)
time.sleep(0.3)
write(b"echo STATUS=$?; stty -a; exit\n")
until("speed", 10)
until("\x00", 1)
os.close(terminal)
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
