# SPDX-License-Identifier: Apache-2.0
"""Lanes, cores and places are shared by customers: large objects of some do not delay small ones of another.

Lag of an object: from its notification to the append of its last record, as in test_neighbours.
"""
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.strict import StrictWorld
from .test_neighbours import _lags, _percentile

SMALL = generate(20, 1).text
HEAVY = repeated_gzip(generate(1000, 2).text, 60)  # some 60 MB of text: a second of a core or two
OBJECTS = 30
EVERY_S = 0.1
FLOOR_S = 1.0


def _small_ones(customer, phase):
    """{object: when it was notified, in s}"""
    put = {}
    for n in range(OBJECTS):
        before = time.time()
        put[customer.put(f"{phase}/{n}.jsonl", SMALL)] = before
        time.sleep(EVERY_S)
    return put


def _normal(strict, **place):
    topic = strict.kafka.create_topic(unique("normal"), message_timestamp_type="LogAppendTime")
    return topic, strict.customer("normal", topic=topic, **place)


def _compare(strict, worker, topic, normal, start_hostile, at_work):
    """p99 of the normal customer alone and beside; at_work: messages of the hostile ones that are left."""
    normal.put("first.jsonl", SMALL)
    strict.settled()
    alone = _percentile(_lags(strict, topic, _small_ones(normal, "alone")), .99)
    start_hostile()
    time.sleep(1)
    put = _small_ones(normal, "beside")
    left = at_work()
    beside = _percentile(_lags(strict, topic, put), .99)
    print(f"p99 alone {alone:.3f} s, beside {beside:.3f} s; {left} heavy objects left then")
    assert left > 0, "the heavy objects were over before the measurement"
    assert beside <= max(2 * alone, FLOOR_S)
    strict.kafka.delete_topic(topic)
    worker.kill()


@pytest.mark.parametrize("busy", [1, 3])
def test_heavy_objects_on_a_shared_queue_do_not_keep_a_neighbours_waiting(strict: StrictWorld, busy):
    queue = strict.queue(receives=100)
    topic, normal = _normal(strict, queue=queue)
    heavy = [strict.customer(f"heavy-{n}", queue=queue) for n in range(busy)]
    worker = strict.start(limits={"lanes": 8})

    def begin():
        for customer in heavy:
            for n in range(30 // busy):
                customer.put(f"{n}.gz", HEAVY)
    _compare(strict, worker, topic, normal, begin, queue.depth)


@pytest.mark.parametrize("busy", [2, 4, 8])
def test_small_objects_beside_busy_customers_with_large_ones(strict: StrictWorld, busy):
    topic, normal = _normal(strict)
    heavy = [strict.customer(f"heavy-{n}") for n in range(busy)]
    worker = strict.start(limits={"lanes": 8})

    def begin():
        for customer in heavy:
            for n in range(40 // busy):
                customer.put(f"{n}.gz", HEAVY)
    _compare(strict, worker, topic, normal, begin, lambda: sum(c.queue.depth() for c in heavy))
