# SPDX-License-Identifier: Apache-2.0
"""Failed objects: each has its own outcome, and nothing is deleted that was not delivered.

The dead-letter queue gets a message after `receives` receives. The hours between them pass by
moto's clock (moto.let_time_pass).
"""
import json

import pytest

from .parts.aws import s3_event
from .parts.events import generate
from .parts.wait import until
from .parts.world import World

RECEIVES = 3


@pytest.fixture
def acme(world: World):
    return world.customer("acme", queue=world.queue(receives=RECEIVES), told_prefix="asymptote/")


def _until_dead(world, queue, count=1):
    """Let the messages be redelivered until they are moved to the dead-letter queue. The queue has no others: time
    would pass for one in progress as well."""
    def dead():
        if queue.dead.depth() == count:
            return True
        if queue.hidden() == count:  # wait until it is returned with a delay
            world.moto.let_time_pass(1000)
        return False
    until(dead, lambda: f"dead {queue.dead.depth()}, left {queue.depth()}; log:\n{world.workers[-1].tail()}",
          60, every=0.2, alive=world.workers[-1])


BROKEN = {"no JSON": "}{", "no notification": '{"hello":"world"}', "empty": '""', "an array": "[]",
          "cut": s3_event("b", "k")[:-5], "records of no kind": '{"Records":[1,2]}'}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_notification_ends_in_the_dead_letter_queue(world: World, acme, body):
    acme.queue.send(body)
    acme.put("good.jsonl", generate(5, 1).text)
    worker = world.start()
    world.settled(left=1)  # the good one is delivered and deleted
    _until_dead(world, acme.queue)
    assert world.count() == 5
    assert acme.queue.dead.bodies() == [body]
    assert worker.lines(msg="notification left", reason="unreadable")


def test_an_unknown_bucket_is_not_ours(world: World, acme):
    stranger = world.moto.bucket("stranger")
    key = acme.key("a.jsonl")
    world.moto.put(stranger, key, generate(5, 1).text)
    acme.queue.send(s3_event(stranger, key))
    worker = world.start()
    _until_dead(world, acme.queue)
    assert world.count() == 0
    assert world.reasons() == ["not_ours"]
    message, reject = world.rejects()[0]
    assert message.key == "_unknown"
    line = worker.lines(msg="notification left", reason="unknown_bucket")[0]
    assert reject["detail"] == line["detail"] == f"no customer has the bucket {stranger}"


def test_a_bucket_of_another_queue_is_not_ours(world: World, acme):
    other = world.customer("other")
    acme.queue.send(s3_event(other.bucket, other.key("a.jsonl")))
    worker = world.start()
    _until_dead(world, acme.queue)
    line = worker.lines(msg="notification left", reason="other_queue")[0]
    detail = world.rejects()[0][1]["detail"]
    assert detail == line["detail"]
    assert detail.startswith("customer other has this bucket, but on queue ")


def test_a_shared_queue_takes_no_notification_from_sns(world: World, acme):
    world.customer("beta", queue=acme.queue)
    key = acme.key("a.jsonl")
    world.moto.put(acme.bucket, key, generate(5, 1).text)
    acme.queue.send({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t",
                     "Message": s3_event(acme.bucket, key)})
    worker = world.start()
    worker.logged(msg="notification left", reason="shared_queue")
    line = worker.lines(msg="notification left", reason="shared_queue")[0]
    assert "customer acme has this bucket and prefix" in line["detail"]
    assert line["detail"].endswith("this one came through SNS")


@pytest.mark.parametrize("key", ["asymptote/events-old/x", "asymptote/events", "asymptote/events/", "asymptote/x",
                                 "asymptote/Events/x"])
def test_a_key_outside_the_prefix_is_never_read(world: World, acme, key):
    world.moto.put(acme.bucket, key, b"" if key.endswith("/") else generate(5, 1).text)
    worker = world.start()
    if key.endswith("/"):  # an empty folder marker, which is skipped
        world.settled()
    else:
        _until_dead(world, acme.queue)
        assert world.reasons() == ["not_ours"]
        detail = world.rejects()[0][1]["detail"]
        assert detail == "the key is outside the prefixes of this bucket and queue: acme has asymptote/events/"
        assert worker.lines(msg="notification left", reason="outside_prefix")
    assert world.count() == 0


@pytest.mark.parametrize("name", ["", "2026/", "_$folder$"])
def test_a_folder_marker_without_a_size_is_looked_at(world: World, acme, name):
    """MinIO's notifications omit the size of an empty object."""
    key = acme.prefix + ("" if name == "_$folder$" else "/") + name
    world.moto.put(acme.bucket, key, b"")
    event = json.loads(s3_event(acme.bucket, key))
    del event["Records"][0]["s3"]["object"]["size"]
    event["Records"][0]["eventSource"] = "minio:s3"
    acme.queue.send(event)
    worker = world.start()
    worker.logged(msg="folder marker skipped", customer="acme", object=f"s3://{acme.bucket}/{key}")
    world.settled()
    assert acme.queue.dead.depth() == 0
    assert world.rejects() == []


def test_an_object_with_the_name_of_the_prefix_is_not_read(world: World):
    acme = world.customer("acme", queue=world.queue(receives=RECEIVES), notify=False)
    key = acme.prefix + "/"
    world.moto.put(acme.bucket, key, generate(5, 1).text)
    event = json.loads(s3_event(acme.bucket, key))
    del event["Records"][0]["s3"]["object"]["size"]
    acme.queue.send(event)
    world.start()
    _until_dead(world, acme.queue)
    assert world.count() == 0
    assert world.reasons() == ["not_ours"]


def test_a_missing_object_is_left_and_said_to_be_gone(world: World, acme):
    acme.queue.send(s3_event(acme.bucket, acme.key("never-was.jsonl")))
    worker = world.start()
    _until_dead(world, acme.queue)
    line = worker.lines(msg="object left", customer="acme", error="gone")[0]
    assert int(line["retry_after_s"]) > 600
    assert line["next"].startswith("left in the queue until its redrive policy moves it to the dead-letter queue; ")
    assert world.reasons() == ["object"]  # at the last receive


def test_a_missing_object_is_accepted_where_the_customer_says_so(world: World):
    acme = world.customer("acme", queue=world.queue(receives=RECEIVES), gone="accept")
    acme.queue.send(s3_event(acme.bucket, acme.key("never-was.jsonl")))
    world.start()
    world.settled()
    assert acme.queue.dead.depth() == 0


def test_a_message_with_one_bad_record_is_not_deleted_for_the_good_one(world: World, acme):
    acme.put("good.jsonl", generate(5, 1).text)
    worker = world.start()
    world.settled()
    both = [json.loads(s3_event(acme.bucket, acme.key(k)))["Records"][0] for k in ("good.jsonl", "missing.jsonl")]
    acme.queue.send({"Records": both})
    _until_dead(world, acme.queue)
    assert worker.lines(msg="object left", error="gone")
    assert world.count() == 5 + 5 * RECEIVES  # the good one is read in each receive


def test_an_archived_object_is_left(world: World, acme):
    world.moto.s3.put_object(Bucket=acme.bucket, Key=acme.key("cold.jsonl"), Body=generate(5, 1).text,
                             StorageClass="GLACIER")
    worker = world.start()
    worker.logged(msg="object left", customer="acme", error="archived")
    _until_dead(world, acme.queue)
    assert world.count() == 0
    assert world.reasons() == ["object"]


def test_what_fails_is_not_received_again_at_once(world: World, acme):
    acme.queue.send(s3_event(acme.bucket, acme.key("never-was.jsonl")))
    worker = world.start()
    worker.logged(msg="object left", customer="acme")
    acme.put("good.jsonl", generate(5, 1).text)
    until(lambda: world.count() == 5, "the good one is delivered", 20)
    assert len(worker.lines(msg="object left")) == 1
