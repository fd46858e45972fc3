# SPDX-License-Identifier: Apache-2.0
"""Event identity, a second opinion: written from the contract, not from the C code.

    for line, item, id in object_ids("acme", text): ...

The contract: docs and README call it ingest.id. XXH3-128 over every leaf of the record, summed, so
that the order of members does not matter; then a UUID of version 8 over customer, tag and either the
event's own id or that sum and the number of equal records before. Covered are Beacon-shaped records,
what other shippers wrap around them, and objects of any other shape but OTLP.
"""
import functools
import json
import struct
import uuid

import xxhash

FORWARDERS = ("ingest", "@timestamp", "@version", "ecs", "agent", "log", "input", "host")
COPIES = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
          "reasoning_output_tokens", "cost_usd")
REMEMBERED = 1 << 14
MAX_DEPTH = 256
MAX_WRAPS = 3


class Number(str):
    """A JSON number as written."""


def _refuse(word):
    raise ValueError(word)


_decoder = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)


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
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at == len(text):
            return found
        try:
            value, at = _parse_one(text, at)
        except (ValueError, RecursionError):
            return found + [None]
        found += value if isinstance(value, list) else [value]


# ---- forwarders' wrappers

def is_beacon(record):
    return record.get("vendor") == "beacon" or (
        "schema_version" in record and isinstance(record.get("event"), dict)
        and isinstance(record.get("harness"), dict))


def _inner(record):
    """What a wrapper holds: a value, or `record` itself if it is no wrapper. None: text that is no JSON."""
    if "vendor" not in record and isinstance(record.get("message"), str) \
            and isinstance(record.get("source_type"), str) and "file" in record:
        return _parse_whole(record["message"])
    if is_beacon(record):
        return record
    event = record.get("event")
    texts = [record.get("message"), record.get("log"),
             event.get("original") if isinstance(event, dict) else record.get("event.original"), record.get("body")]
    for text in texts:
        value = _parse_whole(text) if isinstance(text, str) else None
        if isinstance(value, dict) and is_beacon(value):
            return value
    if isinstance(event, dict) and "vendor" not in record and (
            "vendor" in event or "schema_version" in event or isinstance(event.get("event"), dict)):
        return event
    return record


def unwrap(record):
    for _ in range(MAX_WRAPS):
        if not isinstance(record, dict):
            return None
        inner = _inner(record)
        if inner is record:
            break
        record = inner
    return record if isinstance(record, dict) and record else None


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
    if not text.lstrip("-").isdigit() and value.is_integer() and abs(value) <= 1 << 53:
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


def hash_of_record(record):
    if is_beacon(record):
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


@functools.lru_cache(1 << 17)
def _line(line):
    """Per record of a line: its own id as bytes, or its hash as int, or None if it is a reject."""
    found = []
    for value in _records(line):
        record = unwrap(value)
        if record is None:
            found.append(None)
            continue
        event = record.get("event")
        own = event.get("id") if is_beacon(record) and isinstance(event, dict) else None
        found.append(_utf8(own) if isinstance(own, str) and not isinstance(own, Number) and own
                     else hash_of_record(record))
    return found


def object_ids(customer, text):
    """[(line, item or None, id)] of the events of a decompressed object, in order."""
    before, ids = {}, []
    for number, line in enumerate(text.split(b"\n"), 1):
        # A torn file is filled up with NULs.
        line = line.removesuffix(b"\r").removeprefix(b"\xef\xbb\xbf").strip(b" \t\0")
        if not line:
            continue
        found = _line(line)
        for item, key in enumerate(found, 1):
            if key is None:
                continue
            if isinstance(key, bytes):
                id = _uuid(customer, b"e", key)
            else:
                ordinal = before.get(key, 0)
                if key not in before and len(before) == REMEMBERED:
                    del before[next(iter(before))]  # the one first seen
                before[key] = ordinal + 1
                id = _uuid(customer, b"h", key.to_bytes(16, "big") + ordinal.to_bytes(4, "big"))
            ids.append((number, item if len(found) > 1 else None, id))
    return ids
