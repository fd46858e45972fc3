# SPDX-License-Identifier: Apache-2.0
"""The rule of deploy/kubernetes/overlays/keda on loads that were recorded, and on some that are extreme."""
import dataclasses

import pytest

from bench import autoscale
from bench.autoscale import ROOT, Autoscaler, main, read_load, simulate

LOADS = ROOT / "bench/loads"
IDLE = {"arrived": 0, "refused": 0, "object_ms": 100}


def read_rule(**more):
    """The file's with a target that does not change with new figures: the loads below are made for it."""
    return autoscale.read_rule(backlog_target=500, **more)


def replicas(load, rule=None, **more):
    return [row["replicas"] for row in simulate(load, rule or read_rule(), **more)]


def minutes(n, **row):
    return [{**IDLE, **row}] * n


@pytest.mark.parametrize("path", sorted(LOADS.glob("*.csv")), ids=lambda p: p.stem)
def test_a_recorded_load_is_processed_and_no_pod_is_left(path):
    load = read_load(path)
    rows = simulate(load + minutes(60), read_rule())
    assert sum(row["arrived"] for row in load) > 0
    assert rows[-1]["backlog"] == 0 and rows[len(load)]["replicas"] <= 1
    assert 0 in [row["replicas"] for row in rows[-30:]]


def test_it_scales_out_with_the_backlog_of_the_recorded_burst():
    load = [{**row, "arrived": 10 * row["arrived"]} for row in read_load(LOADS / "burst.csv")]
    rule = read_rule()
    for trigger in rule.triggers:  # its objects take 12 s: a pod does 40 in a minute
        trigger.target = trigger.target if trigger.value == "lanes_busy" else 80
    few = dataclasses.replace(rule, most=1)
    oldest = max(row["age_s"] for row in simulate(load + minutes(300), few))
    rows = simulate(load + minutes(60), rule)
    assert max(row["replicas"] for row in rows) >= 8
    assert max(row["age_s"] for row in rows) < oldest / 4
    assert rows[-1]["replicas"] == 0


def test_it_scales_in_without_one_and_not_before_the_window():
    scaler = Autoscaler(read_rule(), replicas=8)
    busy = {"backlog_visible": 4000, "backlog_own": 500, "visible": 4000, "visible and hidden": 4100, "lanes_busy": 64}
    idle = dict.fromkeys(busy, 0) | {"lanes_busy": 1}
    assert scaler.step(0, busy) == 8
    assert {scaler.step(at, idle) for at in range(15, 300, 15)} == {8}
    steps = [scaler.step(at, idle) for at in range(300, 900, 15)]
    assert steps[0] == 4 and steps[-1] == 1  # half of them in a minute
    assert max(replicas(minutes(10, arrived=20000) + minutes(60))) >= 8


def test_messages_in_back_off_hold_nothing_up():
    """30,000 of a customer whose role is denied. A pod that runs hides them again as soon as they are visible."""
    load = minutes(10, arrived=3000, refused=3000) + minutes(110)
    one = dataclasses.replace(read_rule(), least=1)
    rows = simulate(load, one, replicas=1)
    assert rows[-1]["hidden"] == 30000
    assert {row["replicas"] for row in rows} == {1}
    assert 0 in replicas(load)[40:]  # and from zero, one pod is there when they are visible
    held = simulate(load, read_rule(scale_on_in_flight=True))  # the trigger as it is by default
    assert all(row["replicas"] > 0 for row in held[10:])


def test_the_recorded_refusals_do_not_either():
    load = read_load(LOADS / "refused.csv") + minutes(60)
    assert max(row["hidden"] for row in simulate(load, read_rule())) >= 300
    assert 0 in replicas(load)[-30:]
    assert 0 not in replicas(load, read_rule(scale_on_in_flight=True))[10:]


def test_a_long_object_keeps_its_pod():
    """Nothing waits, but a lane is busy for an hour: a stopped pod would read it from the beginning again."""
    scaler = Autoscaler(read_rule(), replicas=1)
    seen = {"backlog_visible": 0, "backlog_own": 0, "visible": 0, "visible and hidden": 1, "lanes_busy": 1}
    assert {scaler.step(at, seen) for at in range(0, 3600, 15)} == {1}
    seen["lanes_busy"] = 0
    assert [scaler.step(at, seen) for at in range(3600, 4200, 15)][-1] == 0


def test_a_step_is_limited_by_the_policies():
    scaler = Autoscaler(read_rule(), replicas=1)
    seen = {"backlog_visible": 1e6, "backlog_own": 64, "visible": 1e6, "visible and hidden": 1e6, "lanes_busy": 8}
    steps = [scaler.step(at, seen) for at in range(0, 375, 75)]
    assert steps[0] == 5 and steps[1] == 10 and steps[-1] == read_rule().most


def test_near_the_target_nothing_changes():
    scaler = Autoscaler(read_rule(), replicas=4)
    seen = {"backlog_visible": 4 * 500 * 1.09, "backlog_own": 256, "visible": 1, "visible and hidden": 1, "lanes_busy": 32}
    assert scaler.step(0, seen) == 4
    seen["backlog_visible"] = 4 * 500 * 1.2
    assert scaler.step(15, seen) == 5


def test_its_output_has_a_line_for_each_minute(capsys):
    main([str(LOADS / "burst.csv")])
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 1 + len(read_load(LOADS / "burst.csv")) and out[0].split()[0] == "minute"
