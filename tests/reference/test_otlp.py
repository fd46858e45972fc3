# SPDX-License-Identifier: Apache-2.0
"""OTLP requests with anything in them: the program finds the records of the independent reader, with its ids, and
counts the same elements. A request that is as large as a line may be, by blanks between its elements, gives the same.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.reference.identity import Ids, Origin, _parse_whole, hash_of_record  # noqa: E402
from tests.reference.otlp import expand  # noqa: E402

BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
TIME = "1778538000000000000"
LIMIT = 1 << 20
ODD = (None, 0, "x", "", [], {}, [1], {"x": 1}, [{"x": 1}], [{}])
KEYS = ("a", "b", "c", "a", "b", "c", "#1", "##2")  # the last two resemble the number of an element without a key
PLACE = "a place for blanks"


class Requests:
    """Random ones. `several`: objects have several lists, and what records get may stand after them."""

    def __init__(self, seed, several):
        self.random, self.several, self.number = random.Random(seed), several, 0

    def chance(self, part):
        return self.random.random() < part

    def odd(self):
        return self.random.choice(ODD)

    def any_value(self, depth=0):
        kinds = ["stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue", "x"]
        kind = self.random.choice(kinds[:5] + (kinds[5:] if depth < 3 else []))
        few = range(self.random.randrange(3))
        value = {"stringValue": "t", "intValue": str(self.random.choice((0, -1, 2**53 + 1, 2**63 + 1, 2**64 - 1, 2**64))),
                 "doubleValue": self.random.choice((0.5, 1e30, "NaN")), "boolValue": True, "bytesValue": "AQI=",
                 "arrayValue": {"values": [self.any_value(depth + 1) for _ in few]} if kind == "arrayValue" else 0,
                 "kvlistValue": {"values": self.attributes(depth + 1)} if kind == "kvlistValue" else 0, "x": 1}[kind]
        kind = re.sub("[A-Z]", lambda c: "_" + c[0].lower(), kind) if self.chance(.1) else kind
        return self.odd() if self.chance(.05) else {kind: self.odd() if self.chance(.05) else value}

    def attributes(self, depth=0):
        found = [{"key": self.random.choice(KEYS), "value": self.any_value(depth)} for _ in range(self.random.randrange(3))]
        if found and self.chance(.1):
            found[0]["more"] = self.odd()
        return found + [self.odd()] if self.chance(.1) else found

    def beside(self):
        return {self.random.choice(("schemaUrl", "x", "y")): self.odd()} if self.chance(.15) else {}

    def object(self, before, names, elements, place=True):
        """An object with its list, or its lists. In `before` is what records get of it."""
        found = {**before, **self.beside()}
        lists = self.random.sample(names, self.random.randrange(1, 3)) if self.several else [self.random.choice(names)]
        for name in lists:
            found[name] = self.odd() if self.several and self.chance(.1) else self.list(elements, place)
        found.update({n: v for n, v in self.beside().items() if n not in found})
        members = list(found.items())
        if self.several:
            self.random.shuffle(members)
        return dict(members)

    def list(self, elements, place=True):
        found = [elements() for _ in range(self.random.randrange(1, 4))]
        if place:
            found.insert(1, PLACE)
        if self.chance(.15):
            found.append(self.odd())
        return found

    def record(self):
        if self.chance(.05):
            return self.random.choice(({}, {"attributes": []}, {"body": {"stringValue": ""}}))
        self.number += 1
        return {"timeUnixNano": TIME, "number": self.number, "attributes": self.attributes(), "body": self.any_value(),
                **self.beside()}

    def metric(self):
        kinds = ("gauge", "sum", "histogram", "exponentialHistogram", "exponential_histogram", "summary")
        data = {"isMonotonic": True} if self.chance(.3) else {}
        metric = {"name": "m", **({"metadata": [{"key": "k"}]} if self.chance(.1) else {})}
        metric[self.random.choice(kinds)] = self.object(data, ["dataPoints", "data_points"], self.record,
                                                        place=False)  # a metric must be within the limit itself
        if self.chance(.1):
            metric["intGauge"] = {"dataPoints": [{"a": 1}]}
        return metric

    def request(self):
        kind = self.random.randrange(3)
        old = self.chance(.3)
        scopes = [["scopeLogs", "scope_logs", "instrumentationLibraryLogs"], ["scopeSpans", "instrumentation_library_spans"],
                  ["scopeMetrics", "scope_metrics"]][kind]
        scopes = scopes + ["scopeSpans", "scopeLogs"] if self.several else scopes
        records = [["logRecords", "logs", "log_records"], ["spans", "spans"], ["metrics", "metrics"]][kind]
        records = list(dict.fromkeys(records + ["spans"])) if self.several and kind != 2 else records[:1]
        if self.several and len(records) == 1:
            records = records + ["logs"] if kind != 2 else ["metrics", "metricsX"]

        def scope():
            part = {"instrumentationLibrary" if old else "scope": {"name": "s"}} if self.chance(.7) else {}
            return self.object(part, records, self.metric if kind == 2 else self.record)

        def resource():
            more = {"droppedAttributesCount": 1} if self.chance(.2) else {}
            part = {"resource": {"attributes": self.attributes(), **more}} if self.chance(.8) else {}
            return self.object(part, list(dict.fromkeys(scopes)), scope)

        name = ("resourceLogs", "resource_spans", "resourceMetrics")[kind]
        return {name: self.list(resource), **self.beside()}


def written(request, blanks_at=None):
    """The text without the places, and one of them filled with blanks."""
    parts = json.dumps(request, separators=(",", ":")).split(f',"{PLACE}"')
    if blanks_at is not None:
        at = blanks_at % (len(parts) - 1)
        parts[at] += " " * (LIMIT + 4096)
    return "".join(parts).encode()


def normalized(folder, text):
    """Events without their number, and rejects."""
    rejects = folder / "rejects"
    run = subprocess.run([BINARY, "normalize", "--customer", "acme", "--object", "s3://bucket/p/k", "--time", "2026-06-01T00:00:00Z",
                          "--rejects", rejects, "-"], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.returncode in (0, 1), run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()]
    return events, [json.loads(line) for line in rejects.read_bytes().splitlines()]


def others_of(rejects):
    """Elements without a record, of all parts of a request."""
    found = [re.fullmatch(r"(\d+) elements of the OTLP request without a record", r["detail"])
             for r in rejects if r["reason"] == "not_an_event"]
    return sum(int(one[1]) for one in found if one)


@pytest.mark.parametrize("seed", range(4))
def test_the_records_and_their_ids_are_the_independent_ones(tmp_path, seed):
    requests = Requests(seed, several=True)
    texts = [written(requests.request()) for _ in range(150)]
    events, rejects = normalized(tmp_path, b"\n".join([b'{"time":"2026-05-11T22:20:00Z","user":"ana"}', *texts]))
    ids, want = Ids("acme", Origin()), []
    from_object = iter([e["ingest"].get("time") == "from_object" for e in events[1:]])
    for line, text in enumerate(texts, 2):
        found = expand(_parse_whole(text.decode()))
        of_line = [r for r in rejects if r["line"] == line]
        want += [(line, ids.next(hash_of_record(r, False), next(from_object))) for r in found.records]
        if not any("count" in r for r in rejects):
            assert others_of(of_line) == found.others, text
            assert any(r["reason"] == "wrapped_text" for r in of_line) == found.unread, text
    assert len(want) > 300
    assert [(e["ingest"]["line"], e["ingest"]["id"]) for e in events[1:]] == want


@pytest.mark.parametrize("seed", range(40))
def test_a_request_above_the_limit_gives_the_same(tmp_path, seed):
    requests = Requests(100 + seed, several=False)
    request = requests.request()
    small, small_rejects = normalized(tmp_path, written(request))
    large, large_rejects = normalized(tmp_path, written(request, blanks_at=requests.random.randrange(1000)))
    for event in small + large:
        event["ingest"].pop("item", None)
        event["ingest"].pop("framing", None)
    assert large == small
    assert others_of(large_rejects) == others_of(small_rejects)
    assert {r["reason"] for r in large_rejects} == {r["reason"] for r in small_rejects}
