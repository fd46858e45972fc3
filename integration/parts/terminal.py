# SPDX-License-Identifier: Apache-2.0
"""What a program draws on a terminal of a given size."""
import fcntl
import os
import pty
import re
import struct
import termios

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def screen(argv, columns, rows, environment, whole="q ends"):
    """The lines of the first screen of a program, which ends with `whole`; it is ended by q. No codes of the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execve(str(argv[0]), [str(a) for a in argv], {**environment, "TERM": "xterm"})
    seen, asked = b"", False
    try:
        while True:
            seen += os.read(terminal, 65536)
            if not asked and whole.encode() in seen:
                os.write(terminal, b"q")
                asked = True
    except OSError:  # the program ended
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, seen
    first = seen.decode().split("\x1b[H")[1].partition("\x1b[J")[0]
    return [line.rstrip() for line in CODES.sub("", first).replace("\r", "").split("\n")] + [whole]
