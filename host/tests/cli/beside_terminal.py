"""Runs a command that has a terminal beside its pipes: beside_terminal.py COMMAND...

The command's standard input, output and error are this program's. Its controlling terminal is one of its own, where somebody has typed a line already.
Ends with the command's exit status; with 91 if the command wrote to the terminal, and with 92 if it read from it."""

import fcntl
import os
import pty
import select
import sys
import termios

TYPED = b"yes\n"

terminal, command_end = pty.openpty()
# What is typed isn't shown: whatever comes out of the terminal is the command's.
mode = termios.tcgetattr(command_end)
mode[3] &= ~termios.ECHO
termios.tcsetattr(command_end, termios.TCSANOW, mode)
os.write(terminal, TYPED)

pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(command_end, termios.TIOCSCTTY, 0)
    os.close(terminal)
    os.close(command_end)
    # It is there, for who looks for it.
    os.close(os.open("/dev/tty", os.O_RDWR))
    os.execv(sys.argv[1], sys.argv[1:])

_, status = os.waitpid(pid, 0)
if select.select([terminal], [], [], 0.2)[0]:
    sys.exit(91)
if not select.select([command_end], [], [], 0.2)[0] or os.read(command_end, 16) != TYPED:
    sys.exit(92)
sys.exit(os.waitstatus_to_exitcode(status))
