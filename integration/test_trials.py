# SPDX-License-Identifier: Apache-2.0
"""A customer of which no object was read yet, and one of short objects, beside customers whose objects do not end.

Which customers have long objects is known after their first ones. So the lanes that these have may be taken back
(flow/inbox_lanes.c); without that six lanes of eight are held, for minutes by S3 that hangs.
"""
import time

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

QUEUES = 100
SMALL = generate(10, 1, "--style", "go").text
MOST_S = 60  # a trial takes a second; without trials the objects before it take minutes


def _hang(strict, customers):
    for customer in customers:
        strict.fake.fault(service="s3", action="GetObject", bucket=customer.bucket, delay_s=600, count=-1)
        customer.put("hangs.jsonl", SMALL)


def _read(worker, customer, key):
    """Put an object; seconds until all brokers have its records."""
    began = time.monotonic()
    name = customer.put(key, SMALL)
    until(lambda: worker.lines(msg="object done", object=name), lambda: worker.tail(), MOST_S, every=.1, alive=worker)
    return time.monotonic() - began


def _put_back(window):
    return int(window.value("objects_put_back_total") or 0)


def test_the_first_object_of_a_new_customer_is_read_beside_queues_of_hanging_ones(strict: StrictWorld):
    hostile = [strict.customer(f"hostile-{n}") for n in range(QUEUES)]
    normal = [strict.customer(f"normal-{n}") for n in range(3)]
    _hang(strict, hostile)
    worker = strict.start(limits={"lanes": 8}, metrics=LISTEN)
    window = Window(worker)
    first = _read(worker, normal[0], "first.jsonl")  # beside a hundred that are new as well
    until(lambda: _put_back(window) >= QUEUES - 7, lambda: f"{_put_back(window)}\n{worker.tail()}", 300, every=1,
          alive=worker)
    later = [_read(worker, customer, "first.jsonl") for customer in normal[1:]]
    print(f"first objects beside {QUEUES} hanging queues: {first:.1f} s beside new ones, then {later[0]:.1f} and {later[1]:.1f} s")
    assert _put_back(window) <= QUEUES  # each of the hostile ones once
    assert sum(window.value("objects_put_back_total", customer=c.id) or 0 for c in normal) == 0
    worker.kill()


def test_short_objects_are_read_beside_customers_whose_next_objects_hang(strict: StrictWorld):
    hostile = [strict.customer(f"hostile-{n}") for n in range(40)]
    normal = strict.customer("normal")
    worker = strict.start(limits={"lanes": 8}, metrics=LISTEN)
    window = Window(worker)
    for customer in [*hostile, normal]:
        customer.put("short.jsonl", SMALL)
    strict.settled()
    _hang(strict, hostile)
    until(lambda: (window.value("lanes_busy") or 0) >= 6, lambda: worker.tail(), 60, every=.1, alive=worker)
    took = [_read(worker, normal, f"{n}.jsonl") for n in range(5)]
    print(f"short objects beside 40 customers whose objects hang now: {max(took):.1f} s at most")
    worker.kill()
