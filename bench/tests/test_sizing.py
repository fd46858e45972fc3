# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of docs/guide-sizing.md, and that its tables are current."""
import json

import pytest

from bench.sizing import DOCUMENT, RESULTS, Replicas, cpu_s_per_object, filled, measured, size

R = json.loads(RESULTS.read_text())


def test_the_page_is_current():
    assert filled(DOCUMENT.read_text(), R) == DOCUMENT.read_text(), "bench/sizing"


@pytest.mark.parametrize("series", ["big, TLS", "small, TLS"])
def test_the_line_goes_through_what_was_measured(series):
    per_gb, bytes_ = measured(R, series)
    assert cpu_s_per_object(R, bytes_) == pytest.approx(per_gb * bytes_ / 1e9)


def test_ten_times_the_bytes_need_ten_times_the_cpu():
    one, ten = size(R, 1, 100, 1e7), size(R, 10, 100, 1e7)
    assert ten["vcpus"] == pytest.approx(10 * one["vcpus"])
    assert one["vcpus"] == pytest.approx(1e5 * cpu_s_per_object(R, 1e7) / 86400)
    assert one["replicas"] == 2 and ten["replicas"] * 2 >= ten["peak_vcpus"]


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
