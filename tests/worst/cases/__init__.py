# SPDX-License-Identifier: Apache-2.0
"""Worst cases, with one module for each part of the worker.

A case is a function whose name is a sentence. It returns one line, a JSON text of about `size` bytes
without its line end, and always the same one. SETTINGS of its module, if set, are the customer's
settings in the configuration; with LINES = True its texts have several lines. All modules of this folder are loaded. Functions whose names begin with
'_' are helpers.

    SETTINGS = 'redact = "secrets";'

    def a_label_again_and_again(size):
        return in_a_text("token=", size)
"""
import importlib
import json
import pathlib
import pkgutil
import typing

LEAST_SHARE, MOST_SHARE = 0.9, 1.1  # of the requested size

HEAD = '{"time":"2026-05-11T22:20:00Z","user":"ana","action":"exec",'


class Case(typing.NamedTuple):
    name: str
    make: typing.Callable[[int], bytes]
    settings: str
    lines: bool = False

    def line(self, size):
        made = self.make(size)
        text = made.encode() if isinstance(made, str) else made
        assert LEAST_SHARE * size <= len(text) <= MOST_SHARE * size, (self.name, size, len(text))
        assert self.lines or b"\n" not in text, self.name
        return text


def all_cases():
    found = []
    for module in sorted(m.name for m in pkgutil.iter_modules([str(pathlib.Path(__file__).parent)])):
        loaded = importlib.import_module(f"{__name__}.{module}")
        settings, lines = getattr(loaded, "SETTINGS", ""), getattr(loaded, "LINES", False)
        found += [Case(f"{module}: {name.replace('_', ' ')}", make, settings, lines) for name, make in vars(loaded).items()
                  if callable(make) and not name.startswith("_") and getattr(make, "__module__", "") == loaded.__name__]
    return found


# ---- parts of lines ----

def filled(piece, size):
    """The piece repeated, cut to the size."""
    return (piece * (size // len(piece) + 1))[:size]


def in_a_text(piece, size, before="", after="", member="text"):
    """A record with one long text: `before`, the piece repeated, `after`."""
    record = f'{HEAD}"{member}":'
    room = size - len(record) - len(json.dumps(before + after)) - 1
    each = len(json.dumps(piece)) - 2
    return record + json.dumps(before + piece * (room // each) + after) + "}"


def many(piece, size, before, after, between=","):
    """`before`, as many pieces as fit, `after`. %d in a piece is replaced by its number."""
    text, bytes_left, number = [], size - len(before) - len(after), 0
    while True:
        one = piece.replace("%d", str(number))
        bytes_left -= len(one) + len(between)
        if bytes_left < 0:
            return before + between.join(text) + after
        text.append(one)
        number += 1


def plain_line(size):
    """The line of comparison: a record with prose, paths, numbers and objects in lists."""
    return many('{"path":"src/room/module_%d.c","line":120,"kind":"modified","ok":true,"note":"Read the file, changed two '
                'functions and ran the tests again."}', size, HEAD + '"changes":[', "]}")
