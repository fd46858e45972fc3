# SPDX-License-Identifier: Apache-2.0
"""Waits for conditions, with a deadline and a reason, instead of sleeping."""
import time


class TooLate(AssertionError):
    pass


def until(condition, what, seconds=30.0, every=0.05, alive=None):
    """Call `condition` until it returns a true value, and return that. After the deadline: TooLate with
    `what`.

    what: a text, or a function that returns one, so that it can show the actual state. alive: a process that
    must not end meanwhile (anything with check())."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if alive is not None:
            alive.check()
        if time.monotonic() >= end:
            raise TooLate(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(every)
