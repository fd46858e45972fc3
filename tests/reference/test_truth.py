# SPDX-License-Identifier: Apache-2.0
"""Compares generated event files of every kind with what their generator expects.

tests/tools/gen_events.py writes records in all shapes, damaged and unusual ones too, and the
expected result of each. 20,000 records by default, TRUTH_RECORDS=200000 for more. Every event is
also checked with docs/event.schema.json.
"""
import collections
import datetime
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
BINARY = os.environ.get("INGEST_BINARY", str(ROOT / "build" / "release" / "asymptote-ingest"))
GENERATOR = ROOT / "tests" / "tools" / "gen_events.py"
RECORDS = int(os.environ.get("TRUTH_RECORDS", "20000"))
SHARES = ("--malformed .02 --flat .05 --ecs .05 --otel .05 --hook .05 --nasty .02 --dup .01 "
          "--blank .01").split()
FIELDS = {"action": "event.action", "category": "event.category", "severity": "severity",
          "user": "user.name", "host": "endpoint.hostname", "harness": "harness.name",
          "repository": "repository", "branch": "branch", "session": "session.id"}

# Accepted differences: (kind of the record, field) and the reason. There is none: duplicate names,
# wrong types and future versions give the results that the generator expects.
ALLOWED = {}
# Results of a damaged record: events, and the reasons of its rejects. Half of a line that was
# divided by a newline may be a number or a string by chance: JSON, but not an event.
DAMAGED = {
    "cut": {"bad_json"}, "open_string": {"bad_json"}, "glued": set(), "garbage": {"bad_json"},
    "bad_utf8": set(), "trailing_comma": {"bad_json"}, "single_quotes": {"bad_json"},
    "nan": {"bad_json"}, "plain_log": {"bad_json", "not_an_event"}, "array": set(),
    "scalar": {"not_an_event"},
    "empty_object": {"not_an_event"}, "wrapper:json": set(), "wrapper:text": {"wrapped_text"},
    "raw_newline": {"bad_json", "not_an_event"}, "raw_control": {"bad_json"}, "nul_block": set(),
    "html": {"bad_json"}, "long_garbage": {"bad_json"}, "bom": set(),
}
EVENTS = {"glued": 2, "array": 2, "bad_utf8": 1, "wrapper:json": 1, "bom": 1}


def member(event, path):
    for name in path.split("."):
        if not isinstance(event, dict) or name not in event:
            return ""
        event = event[name]
    return event


def nanoseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.strptime(whole + "+0000", "%Y-%m-%dT%H:%M:%S%z").timestamp()
    return int(seconds) * 10**9 + int((fraction + "000000000")[:9])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(truth by record, records of the program by line, rejects that stand for several by reason)"""
    folder = tmp_path_factory.mktemp("truth")
    subprocess.run([sys.executable, GENERATOR, "-n", str(RECORDS), "--seed", "11", *SHARES,
                    "-o", folder / "in.jsonl", "--truth", folder / "truth.jsonl"], check=True)
    subprocess.run([BINARY, "normalize", "--time", "2026-07-01T00:00:00Z", "--rejects",
                    folder / "rejects.jsonl", folder / "in.jsonl"],
                   stdout=open(folder / "events.jsonl", "wb"), check=True)
    truth = [json.loads(line) for line in open(folder / "truth.jsonl", encoding="utf-8")]
    by_line, rest = collections.defaultdict(list), {}
    with open(folder / "events.jsonl", encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            by_line[event["ingest"]["line"]].append(event)
    with open(folder / "rejects.jsonl", encoding="utf-8") as rejects:
        for line in rejects:
            reject = json.loads(line)
            if "count" in reject:  # stands for those of its reason after the first 16
                rest[reject["reason"]] = reject
            else:
                by_line[reject["line"]].append(reject)
    return truth, by_line, rest


def compare(truth, event):
    found = [(field, truth[field], member(event, path)) for field, path in FIELDS.items()
             if field in truth and (member(event, path) or "") != truth[field]]
    if "ts_ns" in truth and nanoseconds(event["timestamp"]) != truth["ts_ns"]:
        found.append(("ts_ns", truth["ts_ns"], event["timestamp"]))
    return found


def check_damaged(truth, records):
    kind = truth["kind"]
    reasons = {record["reason"] for record in records if "reason" in record}
    events = [record for record in records if "ingest" in record]
    if not reasons <= DAMAGED[kind] or (DAMAGED[kind] and not reasons):
        return [("reasons", sorted(DAMAGED[kind]), sorted(reasons))]
    if kind in EVENTS and len(events) != EVENTS[kind]:
        return [("events", EVENTS[kind], len(events))]
    return []


def counted_reason(truth, records, rest, line):
    """The reason of the reject that stands for this record, too; None if it has records of its own."""
    if records or truth["shape"] != "malformed":
        return None
    return next((reason for reason in sorted(DAMAGED[truth["kind"]])
                 if reason in rest and rest[reason]["line"] <= line <= rest[reason]["last_line"]), None)


def check_record(truth, records):
    if truth["shape"] == "blank":
        return [("records", 0, len(records))] if records else []
    if truth["shape"] == "malformed":
        return check_damaged(truth, records)
    if len(records) != 1 or "reason" in records[0]:
        return [("records", 1, records)]
    shape = records[0]["ingest"]["shape"]
    wanted = {"nasty": {"beacon"}, "otel": {"otel", "otlp"}}.get(truth["shape"], {truth["shape"]})
    wrong = [] if shape in wanted else [("shape", sorted(wanted), shape)]
    return wrong + compare(truth, records[0])


@pytest.mark.skipif(not os.path.exists(BINARY), reason="the program is not built")
def test_every_record_becomes_what_its_generator_says(made):
    truth, by_line, rest = made
    line = 1
    wrong, counted = collections.Counter(), collections.Counter()
    example = {}
    for record in truth:
        lines = record.get("lines", 1)
        records = [r for n in range(line, line + lines) for r in by_line[n]]
        reason = counted_reason(record, records, rest, line)
        counted[reason] += 1
        for found in [] if reason else check_record(record, records):
            kind = (record.get("kind", record["shape"]), found[0])
            if kind not in ALLOWED:
                wrong[kind] += 1
                example.setdefault(kind, (line, found))
        line += lines
    for reason, reject in rest.items():  # half of a divided line may be one more
        assert 0 < counted[reason] <= reject["count"] <= 2 * counted[reason], reason
    assert not wrong, "\n".join(f"{n} x {kind}: {example[kind]}" for kind, n in wrong.items())


@pytest.mark.skipif(not os.path.exists(BINARY), reason="the program is not built")
def test_every_event_is_valid_by_the_published_schema(made):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "event.schema.json").read_text())
    check = jsonschema.Draft202012Validator(schema)
    _, by_line, _ = made
    for records in by_line.values():
        for event in records:
            if "ingest" in event:
                error = next(check.iter_errors(event), None)
                assert error is None, (list(error.absolute_path), error.message[:200])
