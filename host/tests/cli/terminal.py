"""Runs a command on a terminal of its own: terminal.py [EXPECT ANSWER]... -- COMMAND...

Waits until the command wrote EXPECT, then types ANSWER. Prints all that the terminal showed, and ends with the command's exit status."""

import os
import pty
import select
import sys
import time

split = sys.argv.index("--")
talk, command = sys.argv[1:split], sys.argv[split + 1 :]
steps = list(zip(talk[::2], talk[1::2]))

pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)

seen, fresh, deadline = b"", b"", time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 0.2)[0]:
        continue
    try:
        more = os.read(terminal, 4096)
    except OSError:
        more = b""
    if not more:
        break
    seen, fresh = seen + more, fresh + more
    if steps and steps[0][0].encode() in fresh:
        # A prompt is written before the echo is turned off: what is typed at once would be shown.
        time.sleep(0.3)
        os.write(terminal, steps.pop(0)[1].encode() + b"\n")
        fresh = b""
else:
    os.kill(pid, 9)
    seen += b"\nterminal.py: it didn't end\n"

_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
if steps:
    sys.stdout.write(f"\nterminal.py: it never said {steps[0][0]!r}\n")
    sys.exit(99)
sys.exit(os.waitstatus_to_exitcode(status))
