# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal.

    terminal = Terminal([binary(), "status", "--watch"], environment)
    terminal.shows("q ends")
    terminal.type("q")
    assert terminal.end() == 0
"""
import fcntl
import os
import pty
import re
import struct
import termios
import threading

from .wait import until

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """What the program writes is read all the time, by a thread."""

    def __init__(self, argv, environment, cwd=None, size=None):
        """size: (columns, rows); without it the terminal does not say how large it is."""
        self._seen = bytearray()
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            try:
                if size:
                    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
                os.chdir(cwd or ".")
                os.execvpe(str(argv[0]), [str(a) for a in argv], environment)
            finally:
                os._exit(127)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            while got := os.read(self._terminal, 65536):
                self._seen.extend(got)
        except OSError:  # the program ended
            pass

    def text(self):
        """All that was written so far, with the codes of the terminal."""
        return bytes(self._seen).decode(errors="replace")

    def shows(self, text, count=1, seconds=60):
        """Wait until it has written the text so many times."""
        until(lambda: self.text().count(text) >= count, lambda: f"{text!r} {count} times in {self.text()[-500:]!r}", seconds)

    def type(self, text):
        os.write(self._terminal, text.encode())

    def end(self):
        """Wait for the end of the program; its exit status."""
        status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
        self._reader.join(10)
        os.close(self._terminal)
        return status


def screen(argv, columns, rows, environment, whole="q ends"):
    """The lines of the first screen of a program, which ends with `whole`; it is ended by q. No codes of the terminal."""
    terminal = Terminal(argv, {**environment, "TERM": "xterm"}, size=(columns, rows))
    terminal.shows(whole)
    terminal.type("q")
    assert terminal.end() == 0, terminal.text()
    first = terminal.text().split("\x1b[H")[1].partition("\x1b[J")[0]
    return [line.rstrip() for line in CODES.sub("", first).replace("\r", "").split("\n")] + [whole]
