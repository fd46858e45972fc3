# SPDX-License-Identifier: Apache-2.0
"""Several replicas: replaced one after another under load, and one that was frozen until its leases
expired.
"""
import itertools
import json
import signal
import threading
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until

REPLICAS = 3
LINES = 30
LONGEST_S = 10  # acceptable delay on a busy host
VISIBILITY_S = 10


class Load:
    """Puts objects at random times, from a thread, and records the times."""

    def __init__(self, customer, every_s):
        self.customer, self.every_s, self.put, self.over = customer, every_s, {}, threading.Event()
        self.texts = [generate(LINES, n).text for n in range(10)]
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        for n in itertools.count():
            before = time.time()
            self.put[self.customer.put(f"{n}.jsonl", self.texts[n % len(self.texts)])] = before
            if self.over.wait(self.every_s):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@pytest.fixture
def topic(strict):
    made = strict.kafka.create_topic(unique("rolling"), message_timestamp_type="LogAppendTime")
    yield made
    strict.kafka.delete_topic(made)


def _records(strict, topic):
    """{object: {line: (id, time of its first append in s)}}. The same line must always have the same id."""
    found = {}
    for r in strict.kafka.read(topic):
        told = json.loads(r.value)["ingest"]
        lines = found.setdefault(told["object"], {})
        id, first = lines.setdefault(told["line"], (told["id"], r.timestamp / 1000))
        assert id == told["id"]
        lines[told["line"]] = (id, min(first, r.timestamp / 1000))
    return found


def test_replicas_are_replaced_one_by_one_and_no_object_waits_for_more_than_seconds(strict: StrictWorld, topic):
    acme = strict.customer("acme", topic=topic)
    strict.fake.fault(service="s3", action="GetObject", delay_s=.2, count=-1)  # some are always in progress
    workers = [strict.start() for _ in range(REPLICAS)]
    for w in workers:
        w.logged(msg="started")
    with Load(acme, 0.03) as load:
        until(lambda: len(load.put) > 50, "the load runs", 30)
        for w in workers:
            began = len(load.put)
            assert w.stop() == 0
            strict.start().logged(msg="started")
            until(lambda: len(load.put) > began + 30, "the load goes on", 30)
    strict.settled()
    found = _records(strict, topic)
    assert found.keys() == load.put.keys()
    assert all(lines.keys() == set(range(1, LINES + 1)) for lines in found.values())
    longest = max(max(at for _, at in found[name].values()) - began for name, began in load.put.items())
    repeated = strict.kafka.count(topic) - len(found) * LINES
    print(f"{len(found)} objects, {REPLICAS} replicas replaced, longest delay {longest:.2f} s, "
          f"{repeated} records repeated")
    assert longest < LONGEST_S
    assert acme.queue.dead.depth() == 0


def test_a_replica_that_slept_through_its_lease_leaves_the_object_to_another(strict: StrictWorld, topic):
    acme = strict.customer("acme", topic=topic)
    queue = {"visibility": f"{VISIBILITY_S}s"}
    sleeper = strict.start(queue=queue)
    sleeper.logged(msg="started")
    file = generate(20_000, 1)
    # Its response is slow, that of the next one is not.
    strict.fake.fault(service="s3", action="GetObject", drip=len(file.text) // 60, count=1)
    name = acme.put("large.jsonl", file.text)
    until(lambda: strict.kafka.count(topic) > 100, sleeper.tail, 60, alive=sleeper)
    sleeper.signal(signal.SIGSTOP)
    slept = time.monotonic()
    before = strict.kafka.count(topic)
    other = strict.start(queue=queue)
    other.logged(msg="object done", object=name, seconds=60)
    until(lambda: acme.queue.depth() == 0, other.tail, 30, alive=other)
    until(lambda: time.monotonic() - slept > 2 * VISIBILITY_S, "twice the visibility", 2 * VISIBILITY_S + 10, every=.5)
    both = strict.kafka.count(topic)
    assert both - before == file.events

    sleeper.signal(signal.SIGCONT)
    later = sleeper.logged(msg="object later", object=name)[0]
    assert later["error"] == "lost"
    assert sleeper.lines(msg="lease lost") or sleeper.lines(msg="lease limit reached")
    assert sleeper.stop() == 0
    late = strict.kafka.count(topic) - both
    lines = _records(strict, topic)[name]  # asserts that ids are the same
    print(f"{before} records before the sleep, {late} of {file.events} after it")
    assert lines.keys() == set(range(1, file.lines + 1))
    assert late < file.events // 4
    assert acme.queue.depth() == 0 and acme.queue.dead.depth() == 0
