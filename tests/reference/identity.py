# SPDX-License-Identifier: Apache-2.0
"""Event identity, a second opinion: written from the contract, not from the C code.

    for line, item, id in object_ids("acme", text): ...

The contract: docs and README call it ingest.id. XXH3-128 over every leaf of the record, summed, so
that the order of members does not matter; then a UUID of version 8 over customer, tag and either the
event's own id or that sum and the number of equal records before, and the object if that gave the
event's time. Covered are Beacon-shaped records, what other shippers wrap around them, and objects of
any other shape but OTLP.

Which events have no time of their own is not found here: events say so (`ingest.time`), and callers
pass it on. Run as a program, it prints the vectors of tests/vectors/identity/ids.txt:

    python3 tests/reference/identity.py tests/vectors/identity/ids.txt
"""
import datetime
import decimal
import functools
import json
import pathlib
import re
import struct
import sys
import typing
import uuid

import xxhash

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))  # also when imported as a module of the tree
from envelopes import SKIPPED, Members, Number, flat, is_beacon, records_of  # noqa: E402

FORWARDERS = ("ingest", "@timestamp", "@version", "ecs", "agent", "log", "input", "host")
COPIES = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
          "reasoning_output_tokens", "cost_usd")
REMEMBERED = 1 << 14
MAX_DEPTH = 256
TIME_NAMES = {"timestamp", "@timestamp", "time", "ts", "event_time", "datetime", "date_time", "created_at",
              "timeunixnano", "time_unix_nano", "date"}  # of a record that needs no envelope's time


class Origin(typing.NamedTuple):
    object: str = "s3://bucket/p/k"
    version: str = ""
    modified_ns: int = 0  # only of an object whose version is an ETag


def _refuse(word):
    raise ValueError(word)


_decoder = json.JSONDecoder(object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_refuse)


def _depth(value):
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _parse_one(text, at=0):
    value, end = _decoder.raw_decode(text, at)
    if _depth(value) > MAX_DEPTH:
        raise ValueError("too deep")
    return value, end


def _parse_whole(text):
    """The only value of a text, None if it is no JSON or more than that."""
    text = text.removeprefix("\ufeff").strip(" \t\r\n")
    try:
        value, end = _parse_one(text)
    except (ValueError, RecursionError):
        return None
    return value if end == len(text) else None


def _records(line):
    """The values of a line; one that is not JSON ends it as None."""
    text, at, found = line.decode("utf-8", "replace"), 0, []
    while True:
        while at < len(text) and text[at] in " \t\r\n,\0\x1e":
            at += 1
        if at == len(text):
            return found
        try:
            value, at = _parse_one(text, at)
        except (ValueError, RecursionError):
            return found + [None]
        found += flat(value) if isinstance(value, list) else [value]


# ---- times of envelopes

def _time_ns(value):
    """Of numbers, also as a text, and of texts of RFC 3339, also without a zone, or of ISO 8601's basic form with one;
    None of anything else."""
    if isinstance(value, Number) or (isinstance(value, str) and re.fullmatch(r"\d+", value, re.A)):
        number = decimal.Decimal(value)
        unit = next((u for most, u in ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3)) if number < most), 1)
        return int(number * unit)
    forms = (r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d|)",
             r"(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)")
    found = next(filter(None, (re.fullmatch(form, value, re.A) for form in forms if isinstance(value, str))), None)
    if not found:
        return None
    *numbers, fraction, zone = found.groups()
    offset = 0 if zone in ("", "Z") else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[-2:]))
    try:
        seconds = datetime.datetime(*map(int, numbers), tzinfo=datetime.timezone.utc).timestamp() - offset * 60
    except ValueError:
        return None
    return int(seconds) * 10**9 + int((fraction or "").ljust(9, "0"))


def envelope_ns(record, time):
    """The time of the envelope if it counts: the record itself has none."""
    own = [value for name, value in record.items() if name.lower() in TIME_NAMES]
    return _time_ns(time) if all(_time_ns(value) is None for value in own) else None


# ---- an event's own id

def is_unique(own):
    """A UUID with a version, a ULID of this century, or 16 characters with digits and letters."""
    if len(own) >= 16 and re.search("[0-9]", own) and re.search("[A-Za-z]", own):
        return True
    if re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", own.upper()):
        ms = functools.reduce(lambda n, c: n * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(c), own.upper()[:10], 0)
        return 946684800000 <= ms < 4102444800000
    return bool(re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", own, re.I | re.A))


# ---- the sum over the leaves

def _utf8(text):
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text).encode()


def _number(text):
    try:
        whole = int(text)
        if -(1 << 63) <= whole < 1 << 63:
            return b"i" + struct.pack(">q", whole)
    except ValueError:
        pass
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return b"n" + text.encode()
    if text.lstrip("-").isdigit():
        return b"d" + struct.pack(">d", value) if int(value) == int(text) else b"n" + text.encode()
    if value.is_integer() and abs(value) <= 1 << 53:
        return b"i" + struct.pack(">q", int(value))
    return b"d" + struct.pack(">d", value)


def _leaf(value):
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, str):
        return b"s" + _utf8(value)
    return b"t" if value else b"f"


def _sum(value, path):
    if isinstance(value, dict):
        members = ((_utf8(k), v) for k, v in value.items())
    elif isinstance(value, list):
        members = ((b"%d" % n, v) for n, v in enumerate(value))
    elif value is None or (value == "" and not isinstance(value, Number)):
        return 0
    else:
        return xxhash.xxh3_128_intdigest(b"\0".join(path) + b"\x1f" + _leaf(value))
    return sum(_sum(v, (*path, name)) for name, v in members) % (1 << 128)


def hash_of_record(record, beacon):
    if beacon:
        drop = set(FORWARDERS)
        if isinstance(record.get("gen_ai"), dict) and "usage" in record["gen_ai"]:
            drop.update(COPIES)
        record = {k: v for k, v in record.items() if k not in drop}
    return _sum(record, ())


# ---- ids

def _uuid(customer, tag, rest):
    number = xxhash.xxh3_128_intdigest(customer.encode() + b"\x1f" + tag + b"\x1f" + rest)
    number = number & ~(0xF << 76) | 0x8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def _key(record, beacon, ns):
    """Of a record: its own id as bytes, or its hash as int. ns: the envelope's time, if it counts."""
    event = record.get("event")
    own = event.get("id") if beacon and isinstance(event, dict) else None
    if isinstance(own, str) and not isinstance(own, Number) and is_unique(own):
        return _utf8(own)
    extra = 0 if ns is None else xxhash.xxh3_128_intdigest(b"\x1fe" + struct.pack(">q", ns))
    return (hash_of_record(record, beacon) + extra) % (1 << 128)


@functools.lru_cache(1 << 17)
def _line(line, unwrap):
    """Per record of a line: its key, or None if it is a reject."""
    found = [record for value in _records(line) for record in records_of(value, unwrap=unwrap)]
    return [one if one in (None, SKIPPED) else _key(one[0], is_beacon(one[0]), envelope_ns(*one)) for one in found]


class Ids:
    """The ids of one object's records, in their order."""

    def __init__(self, customer, origin):
        self.customer, self.origin, self.before = customer, origin, {}

    def next(self, key, from_object=False):
        if isinstance(key, bytes):
            return _uuid(self.customer, b"e", key)
        ordinal = self.before.get(key, 0)
        if key not in self.before and len(self.before) == REMEMBERED:
            del self.before[next(iter(self.before))]  # the one first seen
        self.before[key] = ordinal + 1
        rest = key.to_bytes(16, "big") + ordinal.to_bytes(4, "big")
        if not from_object:
            return _uuid(self.customer, b"h", rest)
        o = self.origin
        return _uuid(self.customer, b"o", rest + struct.pack(">q", o.modified_ns) + o.version.encode() + b"\x1f"
                     + o.object.encode())


def _lines(text):
    """The lines of an object as framing.framed gives them, damaged ones too."""
    return [(number, False, line) for number, line in enumerate(text.split(b"\n"), 1)]


def object_ids(customer, text, origin=Origin(), from_object=frozenset(), pieces=None, unwrap=()):
    """[(line, item or None, id)] of the events of a decompressed object, in order. from_object: the
    (line, item or None) of those whose time is the object's. pieces: of another framing than lines, as
    framing.framed gives them. unwrap: the customer's paths."""
    ids, found_ids, last = Ids(customer, origin), [], 0
    for number, goes_on, line in _lines(text) if pieces is None else pieces:
        # A torn file is filled up with NULs; separators are no part of a record.
        line = line.removesuffix(b"\r").removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\0\x1e,")
        if not line:
            continue
        found = _line(line, unwrap)
        several = len(found) > 1 or pieces is not None
        found = [key for key in found if key != SKIPPED]
        first = last + 1 if goes_on else 1
        last = first + len(found) - 1
        for item, key in enumerate(found, first):
            if key is not None:
                at = (number, item if several else None)
                found_ids.append((*at, ids.next(key, at in from_object)))
    return found_ids


# ---- vectors

def renewed(text):
    """The vectors with their ids made again. A line `= object version modified_ns` begins an object;
    the others are: b or f (Beacon-shaped or not), the time's source (t: its own, o: the object's, or
    the envelope's in nanoseconds), the id, the record."""
    ids, out = None, []
    for line in text.split(b"\n"):
        if line.startswith(b"="):
            _, name, version, modified = line.decode().split(" ")
            ids = Ids("acme", Origin(name, version, int(modified)))
        elif line:
            shape, time, _, record = line.split(b" ", 3)
            value = _parse_whole(record.decode("utf-8", "replace"))
            key = _key(value, shape == b"b", int(time) if time.isdigit() else None)
            line = b" ".join([shape, time, ids.next(key, time == b"o").encode(), record])
        out.append(line)
    return b"\n".join(out)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as vectors:
        sys.stdout.buffer.write(renewed(vectors.read()))
