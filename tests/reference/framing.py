# SPDX-License-Identifier: Apache-2.0
"""Independent implementation of framing, written from docs/event-files.md.

    framing, pieces = framed(text)      # pieces: [(line, whether item continues from the piece before, value)]

For undamaged objects only: the whole text is in memory and is read by Python's json.
"""
import json
import re

LIMIT = 1 << 20
FILLER = " \t\r\n,\0\x1e\ufeff"
EMPTY = re.compile(r"\[[ \t\r]*\]")
_decoder = json.JSONDecoder(parse_int=str, parse_float=str)


def _end(text, at):
    return _decoder.raw_decode(text, at)[1]


def _values(text):
    """(start, end) of each value in order; brackets around values are not values."""
    at, inside = 0, 0
    while at < len(text):
        c = text[at]
        if c in FILLER or (c == "]" and inside) or (c == "[" and not (inside and EMPTY.match(text, at))):
            inside += (c == "[") - (c == "]")
            at += 1
            continue
        end = _end(text, at)
        yield at, end
        at = end


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")


def _kind(text, limit):
    first = text.lstrip(FILLER)[:1]
    at = text.index(first) if first else 0
    line = text[text.rfind("\n", 0, at) + 1:].split("\n", 1)[0].removesuffix("\r")
    too_long = len(_bytes(line)) > limit
    if first == "[":
        return "array" if too_long or "\n" in text[at:_end(text, at)] else "lines"
    end = _end(text, at) if first == "{" else at
    if "\n" in text[at:end]:
        return "values" if too_long else "document"
    alone = len(_bytes(text[at:end])) > limit and not text[end:].split("\n", 1)[0].strip(FILLER)
    return "values" if too_long and not alone else "lines"


def framed(data, limit=LIMIT):
    text = data.decode("utf-8", "surrogateescape")
    kind = _kind(text, limit)
    if kind == "lines":
        return kind, [(n, False, _bytes(line)) for n, line in enumerate(text.split("\n"), 1)]
    pieces, line, counted = [], 1, 0
    for at, end in _values(text):
        line += text.count("\n", counted, at)
        counted = at
        goes_on = bool(pieces) and pieces[-1][0] == line
        pieces.append((line, goes_on, _bytes(text[at:end].replace("\r\n", "  ").replace("\n", " "))))
    return kind, pieces
