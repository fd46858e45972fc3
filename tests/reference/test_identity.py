# SPDX-License-Identifier: Apache-2.0
"""Ids of the built program against the independent implementation: 100,000 generated events in
four byte styles with every other shape but OTLP among them, damaged lines, and the samples."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.reference.identity import object_ids  # noqa: E402

BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
STYLES = ("mixed", "go", "hook", "vector")


def generate(count, *options):
    command = [sys.executable, ROOT / "tests" / "tools" / "gen_events.py", "-n", str(count), *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def normalized(text):
    """The events as (line, item, shape, id, bytes)."""
    command = [BINARY, "normalize", "--customer", "acme", "--object", "s3://b/k", "-"]
    out = subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE).stdout
    for event in filter(None, out.split(b"\n")):  # a carriage return is a blank like others
        i = json.loads(event)["ingest"]
        yield i["line"], i.get("item"), i["shape"], i["id"], event


@pytest.mark.parametrize("style", STYLES)
def test_every_id_is_the_independent_one(style):
    text = generate(25000, "--seed", "21", "--style", style, "--nasty", ".05", "--malformed", ".02",
                    "--dup", ".05", "--blank", ".01", "--flat", ".05", "--ecs", ".05", "--hook", ".05")
    want = {(line, item): id for line, item, id in object_ids("acme", text)}
    got = {(line, item): id for line, item, shape, id, _ in normalized(text) if shape != "otlp"}
    assert len(got) > 24000
    assert {at: id for at, id in got.items() if want.get(at) != id} == {}


def test_an_event_has_one_id_in_all_styles():
    ids = {s: [id for _, _, _, id, _ in normalized(generate(3000, "--seed", "7", "--style", s))]
           for s in ("go", "hook", "vector")}
    assert len(ids["go"]) == 3000
    assert ids["go"] == ids["hook"] == ids["vector"]


@pytest.mark.parametrize("style", STYLES)
def test_a_right_record_is_kept_byte_for_byte(style):
    text = generate(3000, "--seed", "7", "--style", style)
    for line, (_, _, _, _, event) in zip(text.splitlines(), normalized(text), strict=True):
        assert event.startswith(line.strip()[:-1] + b',"ingest":{')


def test_ids_of_the_samples():
    for case in sorted((ROOT / "tests" / "vectors" / "normalize").glob("*/in.jsonl")):
        text = case.read_bytes()
        want = {(line, item): id for line, item, id in object_ids("acme", text)}
        got = {(line, item): id for line, item, shape, id, _ in normalized(text) if shape != "otlp"}
        differing = {at: id for at, id in got.items() if want.get(at, id) != id}
        assert differing == {}, case.parent.name
