# SPDX-License-Identifier: Apache-2.0
"""From file to events without AWS and Kafka: `normalize` with generated files."""
import dataclasses
import json
import subprocess

import pytest

from tests.reference.identity import object_ids

from .parts import schema
from .parts.events import DAMAGED, File, generate
from .parts.places import binary

STYLES = ("mixed", "go", "hook", "vector")


def normalize(text, *options, folder):
    rejects = folder / "rejects.jsonl"
    done = subprocess.run([str(binary()), "normalize", "--customer", "acme", "--rejects", str(rejects), *options, "-"],
                          input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode in (0, 3), done.stderr.decode()  # 3: a line is read in part
    for line in done.stdout.splitlines():
        schema.check(line)
    return done.stdout.splitlines(), [json.loads(line) for line in rejects.read_bytes().splitlines()]


def _ids(lines):
    return [(i["line"], i.get("item"), i["id"]) for i in (json.loads(line)["ingest"] for line in lines)]


@pytest.mark.parametrize("style", STYLES)
def test_well_formed_lines_leave_byte_for_byte_with_ingest_added(tmp_path, style):
    file = generate(3000, 7, "--style", style)
    events, rejects = normalize(file.text, folder=tmp_path)
    assert rejects == []
    for event, line in zip(events, file.text.splitlines(), strict=True):
        head, ingest = event.rsplit(b',"ingest":', 1)
        assert head + b"}" == line.strip(b" \t\r")
        assert json.loads(ingest[:-1])["shape"] == "beacon"


def test_the_same_events_have_the_same_ids_whichever_shipper_wrote_them(tmp_path):
    ids = [[id for _, _, id in _ids(normalize(generate(3000, 7, "--style", s).text, folder=tmp_path)[0])]
           for s in ("go", "hook", "vector")]
    assert len(set(ids[0])) == 3000
    assert ids[0] == ids[1] == ids[2]


@pytest.mark.parametrize("style", STYLES)
def test_ids_are_those_that_the_contract_gives(tmp_path, style):
    file = generate(4000, 8, "--style", style, "--nasty", ".1", "--malformed", ".05", "--dup", ".05", "--blank", ".02")
    events, _ = normalize(file.text, folder=tmp_path)
    assert _ids(events) == object_ids("acme", file.text)


def _rejected_per_record(file: File, rejects, at):
    """For each generated record, the reasons of the rejects of its lines; at: the first line of them."""
    by_line = {}
    for r in rejects:
        by_line.setdefault(r["line"], []).append(r["reason"])
    for truth in file.truth:
        count = truth.get("lines", 1)
        yield truth, [by_line.get(line, []) for line in range(at, at + count)]
        at += count


def test_every_kind_of_damage_gives_the_rejects_it_must(tmp_path):
    file = generate(3000, 9, "--malformed", ".5", "--nasty", ".2")
    wrong, events = {}, 0
    for part in _parts(file, 12):
        found, rejects = normalize(part.text, folder=tmp_path)
        events += len(found) - 1
        for truth, lines in _rejected_per_record(part, rejects, 2):
            want = DAMAGED[truth["kind"]][1] if truth["shape"] == "malformed" else 0
            got = sum(map(len, lines))
            if truth.get("kind") == "raw_newline":  # the text after it may begin with a whole value: `[ 12] PASS`
                got = sum(map(bool, lines))
            if got != want:
                wrong.setdefault(truth.get("kind", truth["shape"]), []).append(lines)
    assert wrong == {}
    assert events == file.events


def _parts(file: File, records):
    """The file in parts of so many records, few enough that each reject stands for itself; an event comes first,
    which decides the framing."""
    first_line = generate(1, 1).text
    lines, at = [line + b"\n" for line in file.text.split(b"\n")], 0
    for first in range(0, len(file.truth), records):
        truth = file.truth[first:first + records]
        count = sum(t.get("lines", 1) for t in truth)
        yield dataclasses.replace(file, text=first_line + b"".join(lines[at:at + count]), truth=truth)
        at += count


def test_rejects_say_where_the_line_is(tmp_path):
    file = generate(500, 10, "--malformed", ".2")
    for reject in normalize(file.text, folder=tmp_path)[1]:
        lines = file.text.split(b"\n")[reject["line"] - 1:reject.get("last_line", reject["line"])]
        extent = file.text[reject["offset"]:reject["offset"] + reject["bytes"]]
        assert extent == b"\n".join(lines).removesuffix(b"\r")
