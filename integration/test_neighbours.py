# SPDX-License-Identifier: Apache-2.0
"""The failures or load of one customer do not delay others: lag, by the brokers' clock.

Lag of an object: from its notification to the append of its last record (LogAppendTime), both by
this host's clock.
"""
import json
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.world import World

MIB = 1 << 20
OBJECTS = 100     # of the normal customer, measured alone and next to the others
EVERY_S = 0.06
S3_S = 0.05       # as S3 in the same region, so that a lane needs some time for an object
FLOOD = 100_000  # notifications, for a few hundred objects
FLOOR_S = 1.0     # below this a ratio depends more on the host than on the worker
BOMB = repeated_gzip(b" " * (1 << 20), 200)  # 200 MiB, compressed to a thousandth


def _percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _put_steadily(customer, phase, text):
    """Returns {object: time of its notification, in s}."""
    put = {}
    for n in range(OBJECTS):
        before = time.time()
        put[customer.put(f"{phase}/{n}.jsonl", text)] = before
        time.sleep(EVERY_S)
    return put


def _notice(customer, name):
    return json.dumps({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {
        "bucket": {"name": customer.bucket}, "object": {"key": customer.key(name), "size": 1}}}]})


def _lags(world, topic, put):
    def all_there():
        records = world.kafka.read(topic)
        last = {}
        for r in records:
            name = json.loads(r.value)["ingest"]["object"]
            last[name] = max(last.get(name, 0), r.timestamp / 1000)
        return last if put.keys() <= last.keys() else None
    last = until(all_there, lambda: f"not all records of {topic}; log:\n{world.workers[-1].tail()}", 120, every=1,
                 alive=world.workers[-1])
    return [last[name] - began for name, began in put.items()]


def test_a_denied_a_bombing_and_a_flooding_customer_do_not_delay_a_normal_one(strict: StrictWorld):
    topic = strict.kafka.create_topic(unique("normal"), message_timestamp_type="LogAppendTime")
    normal = strict.customer("normal", topic=topic)
    denied, bomber, flood = (strict.customer(c) for c in ("denied", "bomber", "flood"))
    strict.fake.change_role(denied.settings["role_arn"], trust={"Version": "2012-10-17", "Statement": []})
    strict.fake.fault(service="s3", action="GetObject", delay_s=S3_S, count=-1)
    text = generate(20, 1).text
    worker = strict.start()
    normal.put("first.jsonl", text)
    strict.settled()

    alone = _lags(strict, topic, _put_steadily(normal, "alone", text))

    many = generate(100, 2).text
    for n in range(200):
        strict.fake.put_object(flood.bucket, flood.key(f"{n}.jsonl"), many, notify_queue=False)
    for n in range(FLOOD):
        flood.queue.send(_notice(flood, f"{n % 200}.jsonl"))
    for n in range(50):
        denied.put(f"{n}.jsonl", text)
    for n in range(5):
        bomber.put(f"{n}.gz", BOMB)
    put = _put_steadily(normal, "beside", text)
    left = flood.queue.depth()
    beside = _lags(strict, topic, put)

    a, b = (_percentile(lags, .99) for lags in (alone, beside))
    print(f"p50/p99 alone {_percentile(alone, .5):.3f}/{a:.3f} s, beside {_percentile(beside, .5):.3f}/{b:.3f} s, "
          f"{left} objects of the flood left then")
    assert left > 0, "the flood was over before the measurement: more objects"
    assert worker.lines(msg="customer paused", customer="denied")
    until(lambda: "bomb" in strict.reasons(), worker.tail, 60, alive=worker)
    assert b <= max(2 * a, FLOOR_S)
    planned = int(worker.lines(msg="memory plan")[0]["total_mib"])
    print(f"peak {worker.peak_rss() / MIB:.1f} MiB, planned {planned} MiB")
    if "asan" not in str(worker.argv[0]):
        assert worker.peak_rss() < (planned + 32) * MIB
    strict.kafka.delete_topic(topic)


@pytest.mark.slow
def test_a_topic_nobody_leads_does_not_fill_the_queue_to_kafka_for_others(pair, moto, tmp_path):
    world = World(pair, moto, tmp_path)
    stuck = pair.create_topic(unique("stuck"), partitions=1, replicas=[2])
    fine_topic = pair.create_topic(unique("fine"), partitions=1, replicas=[1])
    slow, fine = world.customer("slow", topic=stuck), world.customer("fine", topic=fine_topic)
    worker = world.start(kafka={"queue_bytes": "4MiB"}, limits={"lanes": 8})
    world.settled()
    pair.kill_node(1)
    try:
        big = repeated_gzip(generate(1000, 1).text, 10)  # 10 MB of text each: alone they would fill it
        for n in range(12):
            slow.put(f"{n}.gz", big)
        until(lambda: slow.queue.hidden() >= 4, worker.tail, 60, alive=worker)
        for n in range(40):
            fine.put(f"{n}.jsonl", generate(50, n).text)
        until(lambda: pair.count(fine_topic) == 2000, lambda: f"{pair.count(fine_topic)} of 2000\n{worker.tail()}", 60,
              alive=worker)
        assert slow.queue.depth() == 12
    finally:
        pair.start_node(1)

    def over():
        moto.let_time_pass(30)
        return world.left() == 0
    until(over, worker.tail, 240, every=1, alive=worker)
    lines = {(e["ingest"]["object"], e["ingest"]["line"]) for e in (json.loads(r.value) for r in pair.read(stuck))}
    assert len(lines) == 12 * 10_000
    worker.kill()
