# SPDX-License-Identifier: Apache-2.0
"""Failures of Kafka while the worker runs: nothing is lost, and only affected customers wait."""
import json
import random
import string
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.wait import until
from .parts.world import World

MIB = 1 << 20
VISIBILITY_S = 10  # the minimum
SOON = ("topic.metadata.refresh.interval.ms=1000", "topic.metadata.propagation.max.ms=1000")


def _noise(n):
    return "".join(random.Random(n).choices(string.ascii_letters + string.digits, k=n))


def _padded(n):
    """An event of about n bytes that does not compress."""
    return generate(1, 6).text.strip()[:-1] + f',"x_padding":"{_noise(n)}"}}\n'.encode()


@pytest.fixture
def there(secured, moto, tmp_path):
    made = World(secured, moto, tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_a_topic_deleted_or_forbidden_under_way_pauses_its_customer_until_it_is_mended(there: World):
    kafka = there.kafka
    topics = {c: kafka.create_topic(unique(c)) for c in ("gone", "forbidden")}
    gone, forbidden = (there.customer(c, topic=t) for c, t in topics.items())
    fine = there.customer("fine")
    worker = there.start(kafka={"properties": [*kafka.properties("plain"), *SOON]})
    for c in (gone, forbidden, fine):
        c.put("1.jsonl", generate(10, 1).text)
    there.settled()

    kafka.delete_topic(topics["gone"])
    kafka.deny_writing(topics["forbidden"])
    for c in (gone, forbidden, fine):
        c.put("2.jsonl", generate(20, 2).text)
    told = {c.id: worker.logged(msg="customer paused", customer=c.id, seconds=60)[0] for c in (gone, forbidden)}
    assert (told["gone"]["error"], told["forbidden"]["error"]) == ("config", "denied")
    assert all(line["level"] == "error" for line in told.values())
    # "begins", or "changes" when the partitions were first without a leader
    worker.logged(msg="topic cannot be used", customer="gone")
    worker.logged(msg="topic access denied", customer="forbidden")
    until(lambda: there.count() == 30, "the third customer is served", 30, alive=worker)
    assert not worker.lines(msg="customer paused", customer="fine")
    assert [c.queue.depth() for c in (gone, forbidden)] == [1, 1]

    kafka.create_topic(topics["gone"])
    kafka.allow_writing(topics["forbidden"])

    def back():  # the pause is real time; the message's fifteen minutes are by the queue's clock
        there.moto.let_time_pass(1000)
        return there.left() == 0
    until(back, worker.tail, 120, every=1, alive=worker)
    assert kafka.count(topics["gone"]) == 20
    assert kafka.count(topics["forbidden"]) == 30
    assert len(worker.lines(msg="customer resumed")) == 2
    assert [q.dead.depth() for q in there.queues] == [0, 0, 0]
    for topic in topics.values():
        kafka.delete_topic(topic)


def test_a_topic_that_takes_less_than_before_rejects_at_the_next_attempt(world: World):
    topic = world.kafka.create_topic(unique("shrinks"))
    acme = world.customer("acme", topic=topic)
    acme.put("1.jsonl", _padded(60_000))
    worker = world.start()
    world.settled()
    assert world.kafka.count(topic) == 1

    world.kafka.set_topic(topic, max_message_bytes=50_000)
    small = generate(1, 5).text
    acme.put("2.jsonl", small + _padded(60_000) + small)
    (later, *_) = worker.logged(msg="object later", customer="acme", seconds=30)
    assert later["object"] == f"s3://{acme.bucket}/{acme.key('2.jsonl')}"
    assert (later["error"], later["code"]) == ("limit", "MSG_SIZE_TOO_LARGE")
    until(lambda: acme.queue.hidden() == 1, worker.tail, 30, alive=worker)
    assert not worker.lines(msg="object done", object=later["object"])
    assert world.reasons() == []

    def over():
        world.moto.let_time_pass(30)
        return world.left() == 0
    until(over, worker.tail, 60, every=0.5, alive=worker)
    assert world.reasons() == ["event_too_large"]
    ids = {json.loads(r.value)["ingest"]["id"] for r in world.kafka.read(topic)}
    assert len(ids) == 3
    world.kafka.delete_topic(topic)


@pytest.mark.slow
def test_a_worker_starts_while_no_broker_answers(world: World):
    acme = world.customer("acme")
    with world.kafka.frozen():
        worker = world.start()
        (line, *_) = worker.logged(30, msg="kafka does not answer", level="warn")
        assert line["error"] == "again" and line["next"].startswith("the topics are not checked")
        worker.logged(msg="started")
    acme.put("a", generate(3, 1).text)
    until(lambda: world.count() == 3, worker.tail, 60, alive=worker)


def test_kafka_away_for_many_visibilities_costs_no_record_no_repeat_no_memory_and_no_time(world: World, request):
    """--away-s 100 makes it ten visibility timeouts; the default suffices to detect a lease that is not
    extended."""
    away_s = request.config.getoption("--away-s")
    times, lines = 20, 1000
    acme = world.customer("acme")
    worker = world.start(queue={"visibility": f"{VISIBILITY_S}s"}, kafka={"queue_bytes": "1MiB"})
    world.settled()

    def carry(name):
        start = time.monotonic()
        acme.put(name, repeated_gzip(generate(lines, 1).text, times))
        until(lambda: world.left() == 0 and world.count() % (lines * times) == 0, worker.tail, 120, alive=worker)
        return time.monotonic() - start
    alone_s = carry("before.gz")

    with world.kafka.frozen():
        for n in range(3):
            acme.put(f"{n}.gz", repeated_gzip(generate(lines, 1).text, times))
        until(lambda: acme.queue.hidden() == 3, "the objects are being read", 30, alive=worker)
        end = time.monotonic() + away_s
        while time.monotonic() < end:
            assert acme.queue.visible() == 0, "a lease was not kept"
            worker.check()
            time.sleep(0.2)
        start = time.monotonic()
    world.settled()
    back_s = time.monotonic() - start
    planned = int(worker.lines(msg="memory plan")[0]["total_mib"])
    print(f"away {away_s} s, one object alone {alone_s:.1f} s, three after it {back_s:.1f} s, "
          f"peak {worker.peak_rss() / MIB:.1f} MiB, planned {planned} MiB")
    assert world.count() == 4 * lines * times
    assert acme.queue.dead.depth() == 0
    assert back_s < 10 + 6 * alone_s
    if "asan" not in str(worker.argv[0]):
        assert worker.peak_rss() < (planned + 32) * MIB


def test_too_few_replicas_in_sync_and_all_waits_until_there_are_enough(pair, moto, tmp_path):
    world = World(pair, moto, tmp_path)
    topic = pair.create_topic(unique("two"), partitions=1, min_insync_replicas=2)
    acme = world.customer("acme", topic=topic)
    worker = world.start(queue={"visibility": f"{VISIBILITY_S}s"}, log={"level": "debug"})
    acme.put("1.jsonl", generate(10, 1).text)
    world.settled()
    pair.kill_node(1)
    until(lambda: pair.in_sync(topic) == 1, "one replica is left", 60)
    began = len(worker.log.read_text())
    acme.put("2.jsonl", generate(500, 2).text)
    until(lambda: "object read" in worker.log.read_text()[began:], "the object is read", 30, alive=worker)
    end = time.monotonic() + VISIBILITY_S + 2
    while time.monotonic() < end:  # it must neither be acknowledged nor be redelivered
        assert (acme.queue.hidden(), acme.queue.visible()) == (1, 0)
        time.sleep(0.5)
    pair.start_node(1)
    world.settled(seconds=120)
    assert pair.count(topic) == 510
    worker.kill()
