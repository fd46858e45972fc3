# SPDX-License-Identifier: Apache-2.0
"""Texts in place of times (codec/timestamp.h)."""
import json

from . import filled, many

NAMES = ("timestamp", "@timestamp", "timeUnixNano", "time", "ts", "datetime", "created_at", "occurred_at",
         "TimeGenerated", "start_time", "date")


def _times(begin, piece, size):
    """Every alias of a time, each with a long text."""
    record = {"user": "ana", "action": "exec"}
    each = (size - 200) // len(NAMES)
    pieces = (each - len(begin)) // (len(json.dumps(piece)) - 2)
    record.update((name, begin + piece * pieces) for name in NAMES)
    return json.dumps(record)


def digits(size):
    return _times("", "1", size)


def zeros(size):
    return _times("", "0", size)


def digits_of_a_fraction(size):
    return _times("2026-05-11T22:20:00.", "1", size)


def digits_of_an_exponent(size):
    return _times("1e", "9", size)


def blanks(size):
    return _times("", " ", size)


def blanks_before_the_zone(size):
    return _times("2026-05-11T22:20:00", " ", size)


def blanks_in_a_date(size):
    return _times("Mon", " ", size)


def a_zone_without_end(size):
    return _times("2026-05-11T22:20:00Z[", "a/", size)


def a_comment_without_end(size):
    return _times("Mon, 11 May 2026 22:20:00 +0200 (", "a ", size)


def a_name_behind_the_offset(size):
    return _times("2026-05-11 22:20:00 +0200 ", "a", size)


def a_clock_without_end(size):
    return _times("2026-05-11 22:20:00 +0200 CEST m=+", "1", size)


def digits_of_milliseconds(size):
    return _times("/Date(", "1", size)


def records_with_a_bad_time(size):
    return many('{"time":"Mon May 11 22:20:00 ABCD 2026","user":"ana","action":"exec"}', size, "", "", between=" ")
