# SPDX-License-Identifier: Apache-2.0
"""The fake's two clocks.

`wall` is what the servers believe the time is: the Date header, the age of signatures, the
expiry of sessions. Its offset makes the client's clock wrong without touching the client.

`queue` is what SQS counts by: visibility, delays, retention, the 12-hour rule. It can run
faster than time (`scale`) or jump (`advance`), so that twelve hours pass within a test.
"""

import time


class Clock:
    def __init__(self):
        self.offset_s = 0.0
        self.scale = 1.0
        self._queue_base = time.time()
        self._real_base = time.monotonic()

    def wall(self):
        """Seconds since the epoch, as the servers see it."""
        return time.time() + self.offset_s

    def queue(self):
        """Seconds since the epoch, as the queues count them."""
        return self._queue_base + (time.monotonic() - self._real_base) * self.scale

    def set_scale(self, scale):
        self._queue_base, self._real_base = self.queue(), time.monotonic()
        self.scale = float(scale)

    def advance(self, seconds):
        self._queue_base += seconds

    def real_seconds(self, queue_seconds):
        """How long that is to wait."""
        return queue_seconds / self.scale


def iso(seconds, fraction=False):
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{int(seconds * 1000) % 1000:03d}Z" if fraction else text + "Z"


def compact(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def http_date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))
