# SPDX-License-Identifier: Apache-2.0
"""Content of queues: every form of S3's notifications, keys of every kind."""
import json
import time

import pytest

from .parts.aws import s3_event
from .parts.events import generate
from .parts.wait import until
from .parts.world import World

ODD_KEYS = ["a b+c.jsonl", "ü/é/日本.jsonl", "100%25/%2B.jsonl", "x//y.jsonl", "../up.jsonl", "./here.jsonl",
            "q?a=b&c=d#e.jsonl", "semi;colon,comma'quote(1)!*~.jsonl", "tab\there.jsonl", "😀.jsonl", "$@:[]{}|^`.jsonl"]


def _objects(world):
    return {event["ingest"]["object"] for _, event in world.events()}


def test_keys_with_odd_characters_are_found(world: World):
    acme = world.customer("acme")
    want = {acme.put(name, generate(1, n).text) for n, name in enumerate(ODD_KEYS)}
    world.start()
    world.settled()
    assert _objects(world) == want


def test_the_test_event_of_a_new_notification_is_deleted(world: World):
    acme = world.customer("acme")  # moto sends it when the notification is configured
    assert acme.queue.depth() == 1
    world.start()
    world.settled()
    assert acme.queue.dead.depth() == 0
    assert world.count() == 0


@pytest.mark.parametrize("raw", [False, True], ids=["wrapped", "raw"])
def test_notifications_come_through_sns(world: World, raw):
    acme = world.customer("acme", notify=False, via="sns")
    world.moto.notify(acme.bucket, acme.prefix + "/", topic_arn=world.moto.sns_to(acme.queue, raw))
    want = {acme.put(name, generate(1, n).text) for n, name in enumerate(ODD_KEYS)}
    world.start()
    world.settled()
    assert _objects(world) == want
    assert acme.queue.dead.depth() == 0


def test_notifications_come_through_eventbridge(world: World):
    acme = world.customer("acme", notify=False, via="eventbridge")
    world.moto.eventbridge_to(acme.queue, acme.bucket)
    world.moto.notify(acme.bucket, acme.prefix + "/", eventbridge=True)
    want = {acme.put(name, generate(1, n).text) for n, name in enumerate(ODD_KEYS)}
    world.start()
    world.settled()
    assert _objects(world) == want


def test_all_records_of_a_message_are_read(world: World):
    acme = world.customer("acme", notify=False)
    keys = [f"{n}.jsonl" for n in range(7)]
    want = {acme.put(name, generate(3, n).text) for n, name in enumerate(keys)}
    one = [json.loads(s3_event(acme.bucket, acme.key(k)))["Records"][0] for k in keys]
    acme.queue.send({"Records": one})
    world.start()
    world.settled()
    assert _objects(world) == want


def test_other_event_names_are_done_without_a_read(world: World):
    acme = world.customer("acme", notify=False)
    acme.put("a.jsonl", generate(1, 1).text)
    acme.queue.send(s3_event(acme.bucket, acme.key("a.jsonl"), name="ObjectRemoved:Delete"))
    world.start()
    world.settled()
    assert world.count() == 0
    assert acme.queue.dead.depth() == 0


def test_an_object_put_twice_is_read_twice_and_its_ids_say_so(world: World):
    acme = world.customer("acme")
    acme.put("a.jsonl", generate(5, 1).text)
    acme.put("a.jsonl", generate(5, 1).text)
    world.start()
    world.settled()
    until(lambda: world.count() == 10, lambda: f"{world.count()} records", 10)
    assert len({event["ingest"]["id"] for _, event in world.events()}) == 5


def test_an_event_without_a_time_is_told_apart_by_its_object(world: World):
    """One upload that is read twice is one event; two uploads are two, also of the same bytes to the same key."""
    acme = world.customer("acme", notify=False)
    world.start()

    def upload(name, reads, records, ids):
        acme.put(name, b'{"user":"ana","host":"h1","command":"make test","action":"exec"}\n')
        for _ in range(reads):
            acme.queue.send(s3_event(acme.bucket, acme.key(name)))
        until(lambda: world.count() == records, lambda: f"{world.count()} records", 30)
        found = [event["ingest"] for _, event in world.events()]
        assert {i["time"] for i in found} == {"from_object"}
        assert len({i["id"] for i in found}) == ids

    upload("a.jsonl", reads=2, records=2, ids=1)
    upload("b.jsonl", reads=1, records=3, ids=2)
    time.sleep(1.1)  # Last-Modified is in seconds
    upload("a.jsonl", reads=1, records=4, ids=3)
