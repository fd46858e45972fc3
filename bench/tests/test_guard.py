# SPDX-License-Identifier: Apache-2.0
"""The decisions of bench/guard."""
import importlib.machinery
import importlib.util
import json
import sys

from integration.parts.places import ROOT


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("bench_guard", str(ROOT / "bench/guard"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_guard", loader))
    loader.exec_module(module)
    return module


guard = load()


def counted(instructions, sha="x"):
    return {"beacon": {"sha256": sha, "bytes": 100, "instructions": instructions}}


def test_five_in_a_hundred_either_way_is_the_same():
    for now in (10_000, 10_500, 9_500):
        assert guard.judge(counted(now), counted(10_000))[1], now


def test_more_is_a_change_to_be_told_in_both_directions():
    for now in (10_501, 9_499):
        lines, good = guard.judge(counted(now), counted(10_000))
        assert not good and lines[0].startswith("FAILED")


def test_a_build_without_a_row_is_not_judged():
    lines, good = guard.judge(counted(10_000), None)
    assert good and lines[0].startswith("unknown") and "100.00 per byte" in lines[0]


def test_other_input_than_the_recorded_is_no_comparison():
    lines, good = guard.judge(counted(10_000, sha="y"), counted(10_000))
    assert not good and "not the recorded one" in lines[0]


def test_what_is_recorded_has_every_input():
    for build, row in json.loads(guard.RECORD.read_text()).items():
        assert set(row) == set(guard.INPUTS), build
