# SPDX-License-Identifier: Apache-2.0
"""The recorded outcomes of tests/vectors/normalize against what was expected by hand.

`want.jsonl` is what the program writes, byte for byte; `expect.jsonl` was written from the
specification before: for each record the members that matter, by dotted path (null: absent),
or {"reason": ...} for a reject, or {"spliced": true} for a record that leaves byte for byte.
"""
import decimal
import json
import pathlib

import pytest

CASES = pathlib.Path(__file__).parent.parent / "vectors" / "normalize"
EXPECTED = sorted(path.parent.name for path in CASES.glob("*/expect.jsonl"))


def lines(path):
    """Without the end of each; bytes that are no UTF-8 stay as they are."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return [line for line in text.split("\n") if line]


def exactly(text):
    """A number beyond doubles is still a number, and 1e3 an integer, as JSON Schema says."""
    value = decimal.Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def member(event, path):
    """The value at a dotted path; names may hold dots themselves only at the end."""
    for name in path.split("."):
        if not isinstance(event, dict) or name not in event:
            return None
        event = event[name]
    return event


def differences(record, want, source):
    got = json.loads(record)
    if "reason" in want:
        return [] if got.get("reason") == want["reason"] else [("reason", got.get("reason"))]
    if want.get("spliced"):
        return [] if record.startswith(source.strip()[:-1] + ',"ingest":{') else [("spliced", False)]
    return [(path, member(got, path)) for path, value in want.items()
            if member(got, path) != value or type(member(got, path)) is not type(value)]


@pytest.mark.parametrize("case", EXPECTED)
def test_every_record_is_what_the_specification_says(case):
    source = lines(CASES / case / "in.jsonl")
    want = lines(CASES / case / "want.jsonl")
    expect = [json.loads(line) for line in lines(CASES / case / "expect.jsonl")]
    assert len(want) == len(expect)
    wrong = []
    for record, wanted in zip(want, expect):
        number = json.loads(record).get("ingest", json.loads(record))["line"]
        found = differences(record, wanted, source[number - 1])
        if found:
            wrong.append((case, number, source[number - 1][:200], found, wanted))
    assert not wrong, "\n".join(map(str, wrong))


def test_there_are_at_least_four_hundred_vectors():
    assert sum(len(lines(path)) for path in CASES.glob("*/in.jsonl")) >= 400


@pytest.mark.parametrize("case", sorted(path.parent.name for path in CASES.glob("*/want.jsonl")))
def test_every_event_is_valid_by_the_published_schema(case):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((CASES.parent.parent.parent / "docs" / "event.schema.json").read_text())
    check = jsonschema.Draft202012Validator(schema)
    for line in lines(CASES / case / "want.jsonl"):
        event = json.loads(line, parse_float=exactly)
        if "ingest" in event:
            error = next(check.iter_errors(event), None)
            assert error is None, (line[:200], list(error.absolute_path), error.message[:200])
