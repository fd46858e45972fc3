# SPDX-License-Identifier: Apache-2.0
"""docs/states.md, and whether a worker's log keeps to it.

    states.complaints(worker.lines())   # [] if each line of level warn or error is a state of that page
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| ((?:info|warn|error)[^|]*) \|", re.M)
OUTCOME = re.compile(r"^\| (object|role|delivery|notification) \| `(\w+)` \|.*\| ([^|]+) \|$", re.M)
OF_OBJECTS = ("object later", "object left", "notification left")


def states(page=None):
    """{line: its levels}"""
    text = (ROOT / "docs/states.md").read_text() if page is None else page
    return {row[1]: set(re.findall(r"info|warn|error", row[2])) for row in ROW.finditer(text)}


def outcomes():
    """The texts of `next` in the outcome table, and the classes of errors."""
    rows = OUTCOME.findall((ROOT / "docs/errors.md").read_text())
    return {text for _, _, text in rows}, {kind for _, kind, _ in rows}


def complaints(lines):
    known, (texts, classes) = states(), outcomes()
    found = []
    for line in lines:
        level, msg = line.get("level"), line.get("msg")
        if level in ("warn", "error") and level not in known.get(msg, ()):
            found.append(f"not in docs/states.md as {level}: {line}")
        if level in ("warn", "error") and not line.get("next") and not line.get("cut"):
            found.append(f"does not say what happens next: {line}")
        if line.get("error", "again") not in classes:
            found.append(f"an error class that docs/errors.md does not have: {line}")
        if msg in OF_OBJECTS and not line.get("cut") and not any(line["next"].startswith(text) for text in texts):
            found.append(f"not a `next` of docs/errors.md: {line}")
    return found
