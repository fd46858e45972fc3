# SPDX-License-Identifier: Apache-2.0
"""The main task: every notified object arrives, once, under its customer's key, in order."""
import collections
import concurrent.futures
import json
import math
import random

from tests.reference.identity import object_ids

from .parts.events import generate
from .parts.world import World


def _sizes(count, rng):
    """1 to 1,000 lines, log-uniform; both extremes occur."""
    sizes = [int(math.exp(rng.uniform(0, math.log(1000)))) for _ in range(count - 2)]
    return sizes + [1, 1000]


def _object(pool, size, rng):
    start = rng.randrange(len(pool) - size)
    return b"\n".join(pool[start:start + size]) + b"\n"


def _compressed(text, rng):
    import gzip
    how = rng.randrange(3)
    if how == 0:
        return text
    if how == 1:
        return gzip.compress(text, 1)
    cut = rng.randrange(len(text))
    return gzip.compress(text[:cut], 1) + gzip.compress(text[cut:], 1)


def _expected(job):
    customer, where, text = job
    return customer, where, object_ids(customer, text)


def test_a_thousand_objects_arrive_once_each_under_their_customers_key_and_in_order(world: World):
    rng = random.Random(11)
    pool = generate(6000, 21, "--malformed", ".01", "--nasty", ".03").text.rstrip(b"\n").split(b"\n")
    owners = [world.customer(f"{side}-{n}") for side in ("north", "south") for n in range(5)]
    jobs = []
    for owner in owners:  # ten queues of a hundred, since moto's queues become slower with their length
        for n, size in enumerate(_sizes(100, rng)):
            text = _object(pool, size, rng)
            jobs.append((owner.id, owner.put(f"{n:03d}.jsonl", _compressed(text, rng)), text))

    worker = world.start(kafka={"queue_bytes": "16MiB"})
    with concurrent.futures.ProcessPoolExecutor(2) as computing:
        expected = list(computing.map(_expected, jobs, chunksize=20))
    world.settled(120)

    want = collections.Counter(id for _, _, ids in expected for _, _, id in ids)
    got = collections.Counter()
    places = collections.defaultdict(list)
    for record, event in world.events():
        ingest = event["ingest"]
        got[ingest["id"]] += 1
        assert record.key == ingest["customer"]
        places[ingest["object"]].append((ingest["line"], ingest.get("item"), ingest["id"], ingest["customer"]))
    assert sum(want.values()) > 100_000
    assert got == want
    for customer, where, ids in expected:
        assert places[where] == [(line, item, id, customer) for line, item, id in ids], where
    assert worker.stop() == 0


def test_a_second_receive_of_the_same_notification_gives_the_same_ids(world: World):
    acme = world.customer("acme")
    acme.put("a.jsonl", generate(50, 1).text)
    world.start()
    world.settled()
    acme.put("a.jsonl", generate(50, 1).text)  # as SQS would: a second notification
    world.settled()
    seen = collections.Counter(event["ingest"]["id"] for _, event in world.events())
    assert len(seen) == 50
    assert set(seen.values()) == {2}


def test_records_stand_in_kafka_byte_for_byte_with_ingest_added(world: World):
    file = generate(300, 5, "--style", "vector")
    acme = world.customer("acme")
    where = acme.put("a.jsonl", file.text)
    world.start()
    world.settled()
    for record, line in zip(world.kafka.read(world.events_topic), file.text.splitlines()):
        event, ingest = record.value.rsplit(b',"ingest":', 1)
        assert event + b"}" == line
        assert json.loads(ingest[:-1])["object"] == where


def test_two_workers_share_the_queues(world: World):
    owners = [world.customer(c) for c in ("acme", "globex")]
    want = 0
    for owner in owners:
        for n in range(30):
            file = generate(40, n)
            want += file.events
            owner.put(f"{n}.jsonl.gz", file.gzip())
    world.start()
    world.start()
    world.settled()
    ids = collections.Counter((e["ingest"]["object"], e["ingest"]["line"]) for _, e in world.events())
    assert len(ids) == want
    assert [w.stop() for w in world.workers] == [0, 0]
