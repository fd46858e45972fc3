# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the report, with constructed runs."""
import pytest

from bench import counters, goals, report
from bench.figures import (WrongCount, by_latency, check_counts, memory_bound_mib, percentile, rates, ratio, spread,
                           summary)


def run(cpu_s, wall_s=2.0, size=10**9, objects=100, **more):
    return {"cpu_s": cpu_s, "wall_s": wall_s, "records": 1000, "objects": objects, "bytes": size,
            "peak_rss": 50 * 2**20, **more}


def test_all_records_once_is_a_result():
    check_counts("w", 1000, 1000, 1000)
    check_counts("w", 1000, 1000, None)


@pytest.mark.parametrize("found, distinct, rejects, told", [
    (999, 999, 0, "1 lost"),
    (1001, 1000, 0, "1 too many"),
    (1000, 999, 0, "1 doubled, 1 origins missing"),
    (1000, 1000, 1, "1 rejected"),
    (0, 0, 0, "1000 lost"),
    (999, None, 0, "1 lost"),
    (1001, None, 0, "1 too many"),
])
def test_lost_doubled_and_rejected_records_are_no_result(found, distinct, rejects, told):
    with pytest.raises(WrongCount, match=told):
        check_counts("w", 1000, found, distinct, rejects)


def test_a_percentile_is_a_value_that_was_there():
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile(range(1, 101), 0.50) == 50
    assert percentile([5, 1, 3], 0.5) == 3
    assert percentile([7], 0.99) == 7
    assert percentile([1, 2], 0.99) == 2
    assert percentile([], 0.5) is None


def test_rates_are_by_decompressed_gigabyte_and_by_wall_and_cpu_time():
    r = rates(run(5.0, wall_s=4.0, size=2 * 10**9))
    assert r["cpu_s_per_gb"] == 2.5 and r["mb_per_s"] == 500
    assert r["objects_per_s"] == 25 and r["objects_per_cpu_s"] == 20 and r["peak_mib"] == 50


def test_medians_stand_with_the_least_and_the_greatest():
    assert spread([3, 1, 9]) == {"median": 3, "min": 1, "max": 9}
    s = summary([run(5), run(4), run(9)])
    assert s["cpu_s_per_gb"] == {"median": 5, "min": 4, "max": 9}


def test_what_only_some_runs_tell_is_not_summed_up():
    assert "lag_p99_ms" not in summary([run(5, lag_p99_ms=3), run(5)])
    assert summary([run(5, lag_p99_ms=3), run(5, lag_p99_ms=5)])["lag_p99_ms"]["median"] == 4


def test_a_ratio_is_of_medians_and_its_spread_of_rounds():
    r = ratio([run(10), run(12), run(20)], [run(5), run(4), run(10)])
    assert r == {"median": 12 / 5, "min": 2, "max": 3}
    # of different amounts: compared per gigabyte
    assert ratio([run(10, size=10**9)], [run(10, size=2 * 10**9)])["median"] == 2


def test_latency_allows_one_object_for_each_lane_and_no_more_than_there_is():
    assert by_latency(60, 0.030, 9000) == 2000
    assert by_latency(600, 0.030, 9000) == 9000


def test_the_bound_on_memory_is_that_of_the_contract():
    assert memory_bound_mib(64) == pytest.approx(166.4)


def w1(limit=3.0, python=20.0):
    series = {"worker": [run(4.0)], "limit": [run(limit)], "json-c loop": [run(8.0)],
              "Python, json": [run(python)], "Python, orjson": [run(12.0)]}
    return {"W1": {"title": "t", "series": series, "notes": {}}}


def reached(workloads):
    return {g.text: r for g, _, r in goals.rows(workloads) if g.workload in workloads}


def test_goals_are_judged_by_their_bounds():
    assert set(reached(w1()).values()) == {True}
    share = next(g.text for g in goals.GOALS if g.bound == 0.60)
    assert reached(w1(limit=2.0))[share] is False
    assert reached(w1(python=17.9))["Python's with json"] is False


def test_goals_without_a_measurement_are_not_reached_and_not_missed():
    rows = list(goals.rows({}))
    assert len(rows) == len(goals.GOALS) and all(v is None and r is None for _, v, r in rows)
    cut_off = {"W1": {"title": "t", "series": {"worker": [run(4.0)]}, "notes": {}}}
    assert set(reached(cut_off).values()) == {None}


def test_w10_stands_beside_its_arithmetic():
    part = {"title": "t", "notes": {"64 lanes": {"lanes": 64, "own": 32, "latency_ms": 16, "by_latency_alone": 2133,
                                                  "by_arithmetic": 2000}},
            "series": {"64 lanes": [run(1, wall_s=1, objects=1900)]}}
    assert "| 64 | 32 | 16 | 2,133 | 2,000 | 1,900 | 95 % | 50 |" in report.arithmetic_table(part)
    value = {g.text: v for g, v, _ in goals.rows({"W10": part})}
    assert value["objects/s with 64 lanes, as a share of what latency allows"] == 0.95


def test_tables_show_a_spread_only_where_there_is_one():
    text = report.series_table({"series": {"a": [run(4), run(5), run(6)], "b": [run(4)]}, "notes": {}})
    assert "| a | 5.00 (4.00–6.00) |" in text and "| b | 4.00 |" in text


def test_counters_that_the_machine_hides_are_none():
    assert counters.parse("123456,,instructions:u,1000,100.00,,\n") == 123456
    assert counters.parse("<not supported>,,instructions:u,0,100.00,,\n") is None
    assert counters.parse("") is None
