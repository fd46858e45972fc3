# SPDX-License-Identifier: Apache-2.0
"""100,000 events of all framings and shapes: the built program and the independent readers agree on
the records, their positions and their ids, and the ids do not depend on the framing."""
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.reference.framing import framed  # noqa: E402
from tests.reference.identity import Origin, object_ids  # noqa: E402

BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
COUNT = 12500
SHARES = ("--flat", ".2", "--ecs", ".2", "--hook", ".2", "--nasty", ".02", "--dup", ".05")


@functools.cache
def lines():
    command = [sys.executable, ROOT / "tests" / "tools" / "gen_events.py", "-n", str(COUNT), "--seed", "31", *SHARES]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return [line for line in text.split(b"\n") if line.strip() and is_json(line)]


def is_json(line):
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def pretty(line):
    """Over several lines: after each comma or bracket outside of strings."""
    out, inside, escaped = bytearray(), False, False
    for c in line.strip():
        out.append(c)
        if inside:
            inside, escaped = escaped or c != 0x22, c == 0x5c and not escaped
        elif c == 0x22:
            inside = True
        elif c in b",{[":
            out += b"\r\n  "
    return bytes(out)


LAYOUTS = {  # of a list of events, which may end with blanks
    "lines": b"\n".join,
    "lines_and_commas": lambda events: b",\n".join(events) + b",\n",
    "record_separators": lambda events: b"".join(b"\x1e" + event + b"\n" for event in events),
    "values": lambda events: b"".join(event.strip() for event in events),
    "values_and_commas": lambda events: b", ".join(event.strip() for event in events),
    "array_on_one_line": lambda events: b"[" + b",".join(event.strip() for event in events) + b"]",
    "array_of_lines": lambda events: b"[\n" + b",\n".join(events) + b"\n]\n",
    "documents": lambda events: b"\n".join(map(pretty, events)) + b"\n",
}


def normalized(text):
    """(line, item, id, framing, whether the time is the object's) of each event."""
    command = [BINARY, "normalize", "--customer", "acme", "--object", "s3://bucket/p/k", "--time",
               "2026-06-01T00:00:00Z", "-"]
    run = subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = []
    for event in filter(None, run.stdout.split(b"\n")):
        i = json.loads(event)["ingest"]
        found.append((i["line"], i.get("item"), i["id"], i.get("framing", "lines"), i.get("time") == "from_object"))
    return found


@functools.cache
def ids_of_lines():
    return [id for _, _, id, _, _ in normalized(LAYOUTS["lines"](lines()))]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_both_find_the_same_records_at_the_same_places(layout):
    text = LAYOUTS[layout](lines())
    framing, pieces = framed(text)
    got = normalized(text)
    origin = Origin()
    timeless = {place[:2] for place in got if place[4]}
    want = object_ids("acme", text, origin, timeless, None if framing == "lines" else pieces)
    assert {kind for _, _, _, kind, _ in got} == {framing}
    assert len({place[:2] for place in got}) == len(got) > COUNT * 0.95
    known = set(want)
    assert [place for place in got if place[:3] not in known] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_framing_changes_no_id(layout):
    assert [id for _, _, id, _, _ in normalized(LAYOUTS[layout](lines()))] == ids_of_lines()
