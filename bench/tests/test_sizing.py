# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of docs/guide-sizing.md, and that its tables are current."""
import copy
import json

import pytest
import yaml

from bench.autoscale import read_rule, simulate
from bench.sizing import (RESULTS, RULE, Replicas, cpu_s_per_object, filled, measured, pod_vcpus, size, target,
                          with_thresholds, write)

R = json.loads(RESULTS.read_text())


def measured_again(times, load_before=0, **changed):
    """The figures, with so many times the CPU."""
    made = copy.deepcopy(R) | changed
    made["workloads"]["W7"]["load_before"] = load_before
    for runs in made["workloads"]["W7"]["series"].values():
        for run in runs:
            run["cpu_s"] *= times
    return made


def test_the_page_and_the_rule_are_current():
    assert write(R, check=True) == [], "bench/sizing"


def test_new_figures_change_the_page_and_only_the_backlogs_thresholds_of_the_rule():
    again = measured_again(.4, commit="0123456789ab", date="2026-12-31")
    page, rule = "<!-- sizing: measured -->\n<!-- end of sizing -->", yaml.safe_load(with_thresholds(RULE.read_text(), again))
    assert "commit 0123456789ab, 2026-12-31." in filled(page, again) and "other work" not in filled(page, again)
    assert "had other work" in filled(page, measured_again(1, load_before=2))
    assert f"| {measured(R, 'big, TLS')[0] * .4:.2f} |" in filled(page, again)
    found = {t["name"]: t["metadata"].get("targetValue") for t in rule["spec"]["triggers"]}
    new = str(target(again, 10e6, pod_vcpus()))
    assert found == {"backlog-visible": new, "backlog-own": new, "lanes-busy": "8", "queue-1": None}
    assert int(new) >= 2 * target(R, 10e6, pod_vcpus())


@pytest.mark.parametrize("series", ["big, TLS", "small, TLS"])
def test_the_line_goes_through_what_was_measured(series):
    per_gb, bytes_ = measured(R, series)
    assert cpu_s_per_object(R, bytes_) == pytest.approx(per_gb * bytes_ / 1e9)


def test_ten_times_the_bytes_need_ten_times_the_cpu():
    one, ten = size(R, 1, 100, 1e7), size(R, 10, 100, 1e7)
    assert ten["vcpus"] == pytest.approx(10 * one["vcpus"])
    assert one["vcpus"] == pytest.approx(1e5 * cpu_s_per_object(R, 1e7) / 86400)
    assert one["replicas"] == 2 and ten["replicas"] * 2 >= ten["peak_vcpus"]


def test_the_thresholds_of_the_autoscaling_rule_are_those_of_the_measured_figures():
    """Of the file: for the CPU that a pod requests. Its queue trigger starts the first pod, which needs no threshold."""
    found = {t.value: t.target for t in read_rule().triggers if t.value.startswith("backlog")}
    assert found == dict.fromkeys(("backlog_visible", "backlog_own"), target(R, 10e6, pod_vcpus()))
    assert cpu_s_per_object(R, 10e6) >= 9 * cpu_s_per_object(R, 1e6)  # one threshold for all sizes would be wrong


def test_a_threshold_is_two_minutes_of_work_with_one_digit():
    again = measured_again(1)
    exact = 120 * 2 / cpu_s_per_object(again, 10e6)
    assert .5 * exact < target(again, 10e6, 2) <= exact and len(str(target(again, 10e6, 2)).rstrip("0")) == 1


@pytest.mark.parametrize("object_bytes", [1e7, 1e6, 1e5])
@pytest.mark.parametrize("pods", [3, 12])
@pytest.mark.parametrize("times", [1, .3])
def test_with_these_thresholds_a_load_of_several_pods_stays_within_the_objective(object_bytes, pods, times):
    """An hour of what so many pods with one vCPU can do, to 70 %, comes at once after nothing. Lanes share the CPU."""
    results = measured_again(times)
    rule, cpu_s = read_rule(), cpu_s_per_object(results, object_bytes)
    lanes = 8
    for trigger in rule.triggers:
        if trigger.value.startswith("backlog"):
            trigger.target = target(results, object_bytes, 1)
    arrived = int(.7 * pods * 60 / cpu_s)
    load = [{"arrived": arrived, "refused": 0, "object_ms": 1000 * cpu_s * lanes}] * 60
    idle = [{"arrived": 0, "refused": 0, "object_ms": 1}] * 60
    rows = simulate(load + idle, rule, lanes=lanes)
    print(f"\n{object_bytes / 1e6:g} MB, {pods} pods: {max(r['replicas'] for r in rows)} pods at most, oldest "
          f"{max(r['age_s'] for r in rows):.0f} s, in the last half hour {max(r['age_s'] for r in rows[30:60]):.0f} s")
    assert max(r["age_s"] for r in rows) < 300
    assert pods <= max(r["replicas"] for r in rows) <= 2 * pods + 1 and rows[-1]["replicas"] == 0


def test_queues_that_each_replica_polls_cost_requests():
    few, many = size(R, 10, 100, 1e7), size(R, 10, 10000, 1e7)
    assert many["requests"] - few["requests"] == pytest.approx((200 - 2) * many["replicas"] * (4320 + 1440))
    assert many["memory_mib"] - few["memory_mib"] == pytest.approx(270, abs=64)


def test_replicas_lose_nothing_when_some_are_killed():
    fleet = Replicas(8, 2, .2)
    sent = fleet.run(50, 120, [(40, 0), (40, 1)])
    assert len(fleet.lags) == sent and fleet.in_flight == 0
    assert fleet.again > 0 and max(lag for _, lag in fleet.lags) > 120
    assert min(fleet.done[2:]) > .8 * max(fleet.done[2:])


def test_replicas_that_are_too_few_have_a_lag():
    enough, few = Replicas(8, 2, .2), Replicas(4, 2, .2)
    for fleet in (enough, few):
        fleet.run(60, 60)
    assert max(lag for _, lag in few.lags) > 10 * max(lag for _, lag in enough.lags)
