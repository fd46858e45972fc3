# SPDX-License-Identifier: Apache-2.0
"""An aborted benchmark keeps its results."""
from bench.store import Store
from bench.workloads import Bench

FACTS = {"binary": "a", "scale": 1}


def bench(store, resume, repeats=3):
    return Bench(None, store.begin("W1", "title", resume), repeats, 1, lambda _: None)


def once(calls, fail_at=None):
    def measured():
        if len(calls) == fail_at:
            raise KeyboardInterrupt
        calls.append(1)
        return {"cpu_s": len(calls), "wall_s": 1, "records": 1, "objects": 1, "bytes": 10**9}
    return measured


def test_a_run_that_is_cut_off_is_taken_up_where_it_ended(tmp_path):
    calls = []
    try:
        bench(Store(tmp_path, FACTS), False).rounds({"a": once(calls), "b": once(calls, fail_at=3)})
    except KeyboardInterrupt:
        pass
    assert {k: len(v) for k, v in Store(tmp_path, FACTS).load("W1")["series"].items()} == {"a": 2, "b": 1}
    again = bench(Store(tmp_path, FACTS), True)
    again.rounds({"a": once(calls), "b": once(calls)})
    assert [r["cpu_s"] for r in again.part.runs("a")] == [1, 3, 5]
    assert [r["cpu_s"] for r in again.part.runs("b")] == [2, 4, 6]


def test_without_resume_everything_is_measured_anew(tmp_path):
    bench(Store(tmp_path, FACTS), False).rounds({"a": once([])})
    calls = []
    bench(Store(tmp_path, FACTS), False).rounds({"a": once(calls)})
    assert len(calls) == 3


def test_runs_of_another_build_are_not_taken_up(tmp_path):
    bench(Store(tmp_path, FACTS), False).rounds({"a": once([])})
    other = Store(tmp_path, {**FACTS, "binary": "b"})
    assert other.load("W1") is None
    assert other.begin("W1", "title", True).runs("a") == []


def test_a_busy_beginning_is_not_forgotten(tmp_path):
    store = Store(tmp_path, FACTS)
    store.begin("W1", "title", False, load=3.5).add("a", {})
    assert store.begin("W1", "title", True, load=0.1).content["load_before"] == 3.5
    assert store.begin("W1", "title", False, load=0.1).content["load_before"] == 0.1


def test_series_take_turns(tmp_path):
    order = []

    def turn(name):
        def measured():
            order.append(name)
            return {"cpu_s": 1, "wall_s": 1, "records": 1, "objects": 1, "bytes": 10**9}
        return measured
    bench(Store(tmp_path, FACTS), False, repeats=2).rounds({"a": turn("a"), "b": turn("b")})
    assert order == ["a", "b", "a", "b"]
