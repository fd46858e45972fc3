# SPDX-License-Identifier: Apache-2.0
"""Failures of Kafka, and the configurable properties of records."""
import json
import random
import string
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.wait import until
from .parts.world import World


def _noise(n):
    return "".join(random.Random(n).choices(string.ascii_letters + string.digits, k=n))


def _padded(n):
    """An event of about n bytes that does not compress."""
    return generate(1, 6).text.strip()[:-1] + f',"x_padding":"{_noise(n)}"}}\n'.encode()


def test_a_missing_topic_pauses_its_customer_only_and_nothing_is_dropped(world: World):
    missing = unique("not-there-yet")
    acme = world.customer("acme", topic=missing)
    globex = world.customer("globex")
    acme.put("a.jsonl", generate(20, 1).text)
    globex.put("a.jsonl", generate(30, 2).text)
    worker = world.start(limits={"shutdown_grace": "3s"})
    until(lambda: world.count() == 30, "the other customer is served", 30, alive=worker)
    assert acme.queue.depth() > 0
    assert worker.lines(msg="topic cannot be used", level="error", customer="acme")
    assert worker.stop() == 0

    world.kafka.create_topic(missing)
    world.moto.let_time_pass(1000)
    world.start()
    world.settled()
    assert world.kafka.count(missing) == 20
    world.kafka.delete_topic(missing)


def test_an_event_above_the_topics_own_limit_is_a_reject_and_the_rest_is_delivered(world: World):
    small = world.kafka.create_topic(unique("small"), max_message_bytes=50_000)
    acme = world.customer("acme", topic=small)
    line = generate(1, 5).text
    acme.put("a.jsonl", line + _padded(60_000) + line)
    world.start()
    world.settled()
    assert world.kafka.count(small) == 2
    assert world.reasons() == ["event_too_large"]
    world.kafka.delete_topic(small)


def test_events_carry_cloudevents_headers_and_their_own_time_where_asked_for(world: World):
    file = generate(20, 3)
    world.customer("acme").put("a.jsonl", file.text)
    world.start(kafka={"headers": "cloudevents", "timestamp": "event"})
    world.settled()
    for (record, event), truth in zip(world.events(), file.truth, strict=True):
        assert record.headers["ce_specversion"] == b"1.0"
        assert record.headers["ce_id"].decode() == event["ingest"]["id"]
        assert record.headers["ce_source"].decode() == event["ingest"]["object"]
        assert record.headers["ce_type"].decode() == event["event"]["action"]
        assert record.headers["content-type"] == b"application/json"
        assert record.timestamp == truth["ts_ns"] // 1_000_000


@pytest.mark.parametrize("events", [1, 20, 6000])
def test_a_timestamp_the_brokers_refuse_is_replaced_by_the_time_of_producing(world: World, events):
    """One record, a batch, and several batches, of which the object may be read a second time."""
    strict = world.kafka.create_topic(unique("strict"), message_timestamp_before_max_ms=3600_000)
    world.customer("acme", topic=strict).put("a.jsonl", generate(events, 3).text)
    before = time.time() * 1000
    world.start(kafka={"timestamp": "event"})
    world.settled()
    records = world.kafka.read(strict)
    assert len(records) == events or events > 1000
    assert len({json.loads(r.value)["ingest"]["id"] for r in records}) == events
    assert all(r.timestamp >= before - 1000 for r in records)
    world.kafka.delete_topic(strict)


def test_records_have_no_headers_and_the_time_of_producing_by_default(world: World):
    world.customer("acme").put("a.jsonl", generate(3, 3).text)
    before = time.time() * 1000
    world.start()
    world.settled()
    for record, _ in world.events():
        assert record.headers == {}
        assert record.timestamp >= before - 1000


def test_keys_and_topics_follow_their_templates(world: World):
    topics = {c: world.kafka.create_topic(f"{world.events_topic}.{c}.runtime") for c in ("acme", "globex")}
    inventory = {c: world.kafka.create_topic(f"{world.events_topic}.{c}.inventory") for c in ("acme", "globex")}
    for n, c in enumerate(topics):
        world.customer(c).put("a.jsonl", generate(200, n, "--inventory", ".1").text)
    world.start(kafka={"topic": world.events_topic + ".{customer}.{stream}", "key": "{customer}/{session.id}"})
    world.settled()
    for c, topic in topics.items():
        records = world.kafka.read(topic)
        others = world.kafka.read(inventory[c])
        assert len(records) + len(others) == 200
        assert len(others) > 0
        for r in records + others:
            event = json.loads(r.value)
            assert r.key == f"{c}/{event.get('session', {}).get('id', '')}"
        assert {json.loads(r.value)["event"]["category"] for r in others} == {"inventory"}
    for topic in (*topics.values(), *inventory.values()):
        world.kafka.delete_topic(topic)


def test_a_property_that_would_lose_records_is_refused(world: World):
    world.customer("acme")
    worker = world.start(kafka={"properties": [f"bootstrap.servers={world.kafka.bootstrap}", "acks=1"]})
    assert worker.wait(20) == 1
    assert "acks" in worker.tail()
