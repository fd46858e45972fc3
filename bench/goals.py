# SPDX-License-Identifier: Apache-2.0
"""The goals of the worker and whether they are reached. Limits are set before measuring;
docs/performance.md explains them.
"""
from dataclasses import dataclass

from .figures import memory_bound_mib, ratio, summary
from .workloads import QUEUE_MIB


@dataclass
class Goal:
    workload: str
    text: str
    bound: float
    above: bool    # True: at least the limit
    value: object  # function of {series: [run]} and {series: notes}
    unit: str = ""

    def reached(self, value):
        return value >= self.bound if self.above else value <= self.bound


def _median(series, name, rate):
    return summary(series[name])[rate]["median"]


def _times(over, under="worker"):
    return lambda s, _: ratio(s[over], s[under])["median"]


def _of_arithmetic(name):
    return lambda s, notes: _median(s, name, "objects_per_s") / notes[name]["by_arithmetic"]


PYTHON_JSON, PYTHON_ORJSON = "Python's with json", "Python's with orjson"
LAG = "p99 from notification due to record in Kafka's log"

GOALS = [
    Goal("W1", "CPU per GB of the composed limit, as a share of the worker's", 0.60, True, _times("limit")),
    Goal("W1", "the json-c loop's CPU per GB, in the worker's", 1.8, True, _times("json-c loop"), "times"),
    Goal("W1", PYTHON_JSON, 4.5, True, _times("Python, json"), "times"),
    Goal("W1", PYTHON_ORJSON, 2.3, True, _times("Python, orjson"), "times"),
    Goal("W2", "objects per CPU second", 3000, True, lambda s, _: _median(s, "worker", "objects_per_cpu_s"), "/s"),
    Goal("W2", "peak memory at 64 lanes: 64 MiB and 1.6 times Kafka's queue", memory_bound_mib(QUEUE_MIB), False,
         lambda s, _: _median(s, "worker", "peak_mib"), "MiB"),
    Goal("W4", "peak memory of one object of 5 GB, in that of objects of 10 MB", 1.10, False,
         lambda s, _: ratio(s["one object"], s["objects of 10 MB"], "peak_mib")["median"], "times"),
    Goal("W8", LAG, 1000, False,
         lambda s, _: _median(s, "steady", "lag_p99_ms"), "ms"),
    Goal("W8", "p99 from notification due to notification deleted, later than the acknowledgement", 1000, False,
         lambda s, _: _median(s, "steady", "lag_deleted_p99_ms"), "ms"),
    Goal("W9", "CPU per GB of two replicas, in that of one", 1.1, False, _times("2 replicas", "1 replica"), "times"),
    Goal("W9", "CPU per GB of four replicas, in that of one", 1.1, False, _times("4 replicas", "1 replica"), "times"),
    Goal("W10", "objects/s with 64 lanes, as a share of what latency allows", 0.90, True, _of_arithmetic("64 lanes")),
    Goal("W10", "objects/s with 128 lanes, as a share of what latency allows", 0.90, True, _of_arithmetic("128 lanes")),
]


def rows(workloads):
    """workloads: {name: {"series", "notes"}}. Returns (goal, value, reached) of those that were measured."""
    for goal in GOALS:
        part = workloads.get(goal.workload)
        try:
            value = goal.value(part["series"], part["notes"]) if part else None
        except (KeyError, IndexError, ValueError):
            value = None  # the run was aborted before it
        yield goal, value, None if value is None else goal.reached(value)
