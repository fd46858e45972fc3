# SPDX-License-Identifier: Apache-2.0
"""Compares ids of the program with the independent implementation: 100,000 generated events in four
byte styles with every other shape except OTLP among them, damaged lines, and the samples.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.reference.identity import Origin, object_ids, renewed  # noqa: E402
from tests.reference.program import placed  # noqa: E402

BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
NO_FIELD = {4, 6}  # lines of envelope_customer without a known field, which the independent code does not judge
STYLES = ("mixed", "go", "hook", "vector")


def generate(count, *options):
    command = [sys.executable, ROOT / "tests" / "tools" / "gen_events.py", "-n", str(count), *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def normalized(text, object="s3://bucket/p/k", version=""):
    """The events as (line, item, member `ingest`, bytes)."""
    command = [BINARY, "normalize", "--customer", "acme", "--object", object, "--time", "2026-06-01T00:00:00Z", "-"]
    command[-1:-1] = ["--object-version", version] if version else []
    run = subprocess.run(command, input=text, stdout=subprocess.PIPE)
    assert run.returncode in (0, 3)  # 3: a part is damaged
    for event in filter(None, run.stdout.split(b"\n")):  # a carriage return is a blank
        i = json.loads(event)["ingest"]
        yield i["line"], i.get("item"), i, event


def differing(text, origin):
    """How many events there are, and those whose id is another than the independent one."""
    events = [e for e in normalized(text, origin.object, origin.version) if e[2]["shape"] != "otlp"]
    from_object = {(line, item) for line, item, i, _ in events if i.get("time") == "from_object"}
    want = {(line, item): id for line, item, id in object_ids("acme", text, origin, from_object)}
    return len(events), {(line, item): i["id"] for line, item, i, _ in events if want.get((line, item)) != i["id"]}


@pytest.mark.parametrize("style", STYLES)
def test_every_id_is_the_independent_one(style):
    text = generate(25000, "--seed", "21", "--style", style, "--nasty", ".05", "--malformed", ".02",
                    "--dup", ".05", "--blank", ".01", "--flat", ".05", "--ecs", ".05", "--hook", ".05")
    count, others = differing(text, Origin())
    assert count > 24000
    assert others == {}


def test_every_id_of_events_without_a_time_is_the_independent_one():
    text = b"".join(re.sub(rb'"(timestamp|@timestamp|time|ts|timeUnixNano)":("[^"]*"|[0-9.]+)', rb'"\1":"22:20:00"', line)
                    for line in generate(5000, "--seed", "22", "--dup", ".3", "--flat", ".3", "--ecs", ".3")
                    .splitlines(keepends=True))
    ids = []
    for origin in Origin(), Origin("s3://bucket/p/k", "v1"), Origin("s3://bucket/p/k", "v2"), Origin("s3://bucket/p/\u043a", "v1"):
        events = list(normalized(text, origin.object, origin.version))
        assert sum(i.get("time") == "from_object" for _, _, i, _ in events) > 2000
        assert differing(text, origin)[1] == {}
        ids += [i["id"] for _, _, i, _ in events if i.get("time") == "from_object"]
    assert len(set(ids)) == len(ids)


def test_the_vectors_are_those_of_the_independent_implementation():
    vectors = (ROOT / "tests" / "vectors" / "identity" / "ids.txt").read_bytes()
    assert renewed(vectors) == vectors


def test_an_event_has_one_id_in_all_styles():
    ids = {s: [i["id"] for _, _, i, _ in normalized(generate(3000, "--seed", "7", "--style", s))]
           for s in ("go", "hook", "vector")}
    assert len(ids["go"]) == 3000
    assert ids["go"] == ids["hook"] == ids["vector"]


@pytest.mark.parametrize("style", STYLES)
def test_a_right_record_is_kept_byte_for_byte(style):
    text = generate(3000, "--seed", "7", "--style", style)
    for line, (_, _, _, event) in zip(text.splitlines(), normalized(text), strict=True):
        assert event.startswith(line.strip()[:-1] + b',"ingest":{')


def test_ids_of_the_samples():
    for case in sorted((ROOT / "tests" / "vectors" / "normalize").glob("*/in.jsonl")):
        if case.parent.name.startswith(("framing_", "otlp_bodies")):
            continue  # not cut into lines: test_framing.py; records of OTLP requests with another shape
        text = case.read_bytes()
        known = {(line, item) for line, item, _ in object_ids("acme", text)}  # not behind collapsed rejects
        assert {at: id for at, id in differing(text, Origin())[1].items() if at in known} == {}, case.parent.name


def test_ids_of_a_customers_own_envelopes():
    case = ROOT / "tests" / "vectors" / "normalize" / "envelope_customer"
    text, unwrap = (case / "in.jsonl").read_bytes(), tuple((case / "unwrap").read_text().split())
    got = placed(text, unwrap=unwrap)
    timeless = {place[:2] for place in got if place.from_object}
    assert [place[:3] for place in got] == [
        row for row in object_ids("acme", text, from_object=timeless, unwrap=unwrap) if row[0] not in NO_FIELD]
