# SPDX-License-Identifier: Apache-2.0
"""The two clocks of the fake.

`wall` is the servers' wall clock: the Date header, the age of signatures, the expiration of
sessions. Its offset makes the client's clock wrong without a change of the client.

`queue` is the clock of SQS: visibility, delays, retention, the 12-hour rule. It can run faster than
real time (`scale`) or jump (`advance`), so that a test can let twelve hours pass.
"""

import time


class Clock:
    def __init__(self):
        self.offset_s = 0.0
        self.scale = 1.0
        self._queue_base = time.time()
        self._real_base = time.monotonic()

    def wall(self):
        """Seconds since the epoch, by the servers' clock."""
        return time.time() + self.offset_s

    def queue(self):
        """Seconds since the epoch, by the queues' clock."""
        return self._queue_base + (time.monotonic() - self._real_base) * self.scale

    def set_scale(self, scale):
        self._queue_base, self._real_base = self.queue(), time.monotonic()
        self.scale = float(scale)

    def advance(self, seconds):
        self._queue_base += seconds

    def real_seconds(self, queue_seconds):
        """The real time of an interval of the queues' clock."""
        return queue_seconds / self.scale


def iso(seconds, fraction=False):
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{int(seconds * 1000) % 1000:03d}Z" if fraction else text + "Z"


def compact(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def http_date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))
