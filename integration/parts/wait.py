# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions, with a deadline and a reason: nothing here sleeps and hopes."""
import time


class TooLate(AssertionError):
    pass


def until(condition, what, seconds=30.0, every=0.05, alive=None):
    """Call `condition` until it returns something true; return that. Late: TooLate says `what`.

    what: text, or a function that makes it, so that it can tell what was there instead.
    alive: a process that must not end meanwhile (anything with check()).
    """
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
