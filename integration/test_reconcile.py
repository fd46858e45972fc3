# SPDX-License-Identifier: Apache-2.0
"""`reconcile` on the strict fake and a real Kafka: it finds exactly the objects whose notifications were dropped."""
import json
import re

import pytest

from .parts.aws import unique
from .parts.commands import Command
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "annabel", "action": "login", "n": %d}\n'
NUMBERS = ("delivered", "other_version", "in_flight", "dead_letter", "ignored", "archived", "missing")


@pytest.fixture
def ops(kafka):
    name = kafka.create_topic(unique("ops"), partitions=3)
    yield {"ops_topic": name}
    kafka.delete_topic(name)


def put(strict, customer, name, body=None, dropped=False, age_s=3600, **more):
    """An object of an hour ago; dropped: without a notification."""
    modified = int(strict.fake.clock()["wall"]) - age_s
    return strict.fake.put_object(customer.bucket, customer.key(name), EVENT % 1 if body is None else body,
                                  notify_queue=not dropped, modified=modified, **more)


def reconcile(strict, ops, *arguments, hours=24):
    start = int(strict.fake.clock()["wall"]) - hours * 3600
    return Command(strict.folder, "reconcile", strict.settings(kafka=ops), "--from", str(start), *arguments)


def numbers(command):
    (told,) = command.json()
    return {n: told[n] for n in NUMBERS if told[n]}


def test_it_finds_exactly_the_objects_whose_notifications_were_dropped(strict: StrictWorld, ops):
    acme, bolt = strict.customer("acme", ignore=["*.tmp"]), strict.customer("bolt")
    for n in range(40):
        put(strict, acme, f"{n:02}", EVENT % n)
        put(strict, bolt, f"{n:02}", EVENT % n)
    dropped = sorted(["new/\u043a\u043b\u044e\u0447", 'q"\\uote', "a b+c%2B", "-rf", *(f"lost-{n}" for n in range(5))])
    for name in dropped:
        put(strict, acme, name, dropped=True)
    put(strict, bolt, "lost-0", dropped=True)  # of another customer
    worker = strict.start(kafka=ops)
    until(lambda: strict.count() == 80, worker.tail, 60)
    strict.settled()
    put(strict, acme, "00", EVENT % 1000, dropped=True)  # a newer version of what was delivered
    put(strict, acme, "x.tmp")
    put(strict, acme, "y.tmp", dropped=True)
    put(strict, acme, "folder/", b"", dropped=True)
    put(strict, acme, "cold", dropped=True, storage_class="DEEP_ARCHIVE")
    put(strict, acme, "young", dropped=True, age_s=60)  # its notification may still come
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("retried"), error="InternalError", count=-1)
    put(strict, acme, "retried")
    put(strict, acme, "left")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("left"), error="NoSuchKey", count=-1)
    put(strict, acme, "dead", dropped=True)
    told = strict.fake.notification(acme.bucket, acme.key("dead"))
    acme.queue.dead.send(told if isinstance(told, str) else json.dumps(told))
    until(lambda: worker.lines(msg="object later") and worker.lines(msg="object left"), worker.tail, 60)

    done = reconcile(strict, ops, "acme", "--json")
    assert done.status == 3, done.stderr
    assert numbers(done) == {"delivered": 39, "other_version": 1, "in_flight": 2, "dead_letter": 1, "ignored": 3,
                             "archived": 1, "missing": len(dropped)}
    assert sorted(done.json()[0]["missing_keys"]) == sorted(acme.key(name) for name in dropped)
    assert acme.queue.dead.visible() == 1  # at once, not after the visibility timeout
    listed = reconcile(strict, ops, "acme", "--list", "--no-dead-letters")
    assert sorted(listed.stdout.splitlines()) == sorted(acme.key(name) for name in [*dropped, "dead"])
    assert "and others" not in listed.stderr
    assert re.search(r"^modified  from \d{4}-.*Z before \d{4}-.*Z$", listed.stderr, re.M), listed.stderr
    usual = reconcile(strict, ops, "acme").stdout
    assert re.search(r"^ +9 missing\n +not compared: objects of the last 15 minutes.*--to now\)$", usual, re.M), usual
    now = reconcile(strict, ops, "acme", "--to", "now").stdout
    assert re.search(r"^ +10 missing$", now, re.M) and "not compared" not in now, now  # the young one, too
    versions = reconcile(strict, ops, "acme", "--json", "--other-versions")
    assert numbers(versions)["missing"] == len(dropped) + 1
    part = reconcile(strict, ops, "acme", "--json", "--prefix", acme.key("lost"))
    assert numbers(part) == {"missing": 5}
    assert "9 missing" in reconcile(strict, ops, "acme").stdout
    other = reconcile(strict, ops, "bolt", "--json")
    assert numbers(other) == {"delivered": 40, "missing": 1}
    assert {e["action"] for e in strict.fake.log(service="s3")} == {"ListObjectsV2", "GetObject"}


def test_what_is_sent_is_delivered_and_then_nothing_is_missing(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    put(strict, acme, "there", EVENT % 0)
    for n in range(30):
        put(strict, acme, f"lost-{n}", EVENT % n, dropped=True)
    worker = strict.start(kafka=ops)
    until(lambda: strict.count() == 1, worker.tail, 60)
    done = reconcile(strict, ops, "acme", "--enqueue", "--json")
    assert done.status == 3, done.stderr
    assert done.json()[0]["enqueued"] == done.json()[0]["missing"] == 30
    until(lambda: strict.count() == 31, worker.tail, 60)
    strict.settled()
    again = reconcile(strict, ops, "acme", "--enqueue", "--json")
    assert again.status == 0, again.stderr
    assert numbers(again) == {"delivered": 31} and again.json()[0]["enqueued"] == 0
    assert strict.count() == 31


def test_messages_that_wait_are_in_flight(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    put(strict, acme, "there", EVENT % 0)
    put(strict, acme, "lost", dropped=True)
    worker = strict.start(kafka=ops)
    until(lambda: strict.count() == 1, worker.tail, 60)
    worker.stop()
    put(strict, acme, "waits", age_s=0)  # its message is in the queue, and was never received
    to = str(int(strict.fake.clock()["wall"]) + 60)
    done = reconcile(strict, ops, "acme", "--json", "--to", to)
    assert numbers(done) == {"delivered": 1, "missing": 1, "in_flight": 1}
    assert done.json()[0]["missing_keys"] == [acme.key("lost")]


def test_messages_that_are_returned_unread_while_a_customer_is_paused_are_in_flight(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    put(strict, acme, "there", EVENT % 0)
    worker = strict.start(kafka=ops)
    until(lambda: strict.count() == 1, worker.tail, 60)
    worker.stop()
    for n in range(8):  # all are in one receive, before the pause
        put(strict, acme, f"waits-{n}", EVENT % n)
    role = acme.settings["role_arn"]
    strict.fake.change_role(role, trust={"Version": "2012-10-17", "Statement": []})
    worker = strict.start(kafka=ops)
    until(lambda: len(worker.lines(msg="object later")) == 8, worker.tail, 60)
    assert worker.lines(msg="object later", reason="paused")
    assert acme.queue.visible() == 0
    strict.fake.change_role(role, trust={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": strict.user["arn"]}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"sts:ExternalId": acme.settings["external_id"]}}}]})
    assert numbers(reconcile(strict, ops, "acme", "--json")) == {"delivered": 1, "in_flight": 8}


def test_an_object_of_a_purged_queue_is_missing(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", error="InternalError", count=-1)
    put(strict, acme, "a")
    worker = strict.start(kafka=ops)
    until(lambda: worker.lines(msg="object later"), worker.tail, 60)
    assert numbers(reconcile(strict, ops, "acme", "--json")) == {"in_flight": 1}
    worker.stop()
    strict.fake.purge_queue(acme.queue.name)
    assert numbers(reconcile(strict, ops, "acme", "--json")) == {"missing": 1}


def test_without_the_events_nothing_is_called_missing(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    put(strict, acme, "old", dropped=True)
    none = Command(strict.folder, "reconcile", strict.settings(), "acme")
    assert none.status == 1 and "kafka.ops_topic is not set" in none.stderr
    empty = Command(strict.folder, "reconcile", strict.settings(kafka=ops), "acme", "--json")
    assert empty.status == 1 and "the ops topic has no event" in empty.stderr  # no time is left: a timer sees a failure
    assert numbers(empty) == {}
    text = Command(strict.folder, "reconcile", strict.settings(kafka=ops), "acme")
    assert text.status == 1 and "nothing was compared: no time is left" in text.stdout
    worker = strict.start(kafka=ops)
    worker.logged(msg="started")
    put(strict, acme, "now", EVENT % 1, age_s=-1)
    until(lambda: strict.count() == 1, worker.tail, 60)
    late = Command(strict.folder, "reconcile", strict.settings(kafka=ops), "acme", "--json", "--to",
                   str(int(strict.fake.clock()["wall"]) + 60))
    assert late.status == 0 and "objects before that are not compared" in late.stderr
    assert numbers(late) == {"delivered": 1}
    none = reconcile(strict, ops, "acme", "--prefix", acme.key("no/"))
    assert none.status == 0 and "nothing was compared: no object was modified in this time" in none.stdout
    asked = reconcile(strict, ops, "acme", "--json")
    assert asked.status == 3 and "what was delivered before is reported as missing" in asked.stderr
    wrong = Command(strict.folder, "reconcile", strict.settings(kafka={"ops_topic": unique("no")}), "acme")
    assert wrong.status == 1 and "topic" in wrong.stderr


def test_thousands_are_compared_page_by_page_and_throttling_is_waited_for(strict: StrictWorld, ops):
    acme = strict.customer("acme")
    modified = int(strict.fake.clock()["wall"]) - 3600
    lost = [acme.key(f"{n:05}") for n in range(0, 3500, 7)]
    strict.fake.put_objects(acme.bucket, [
        {"key": acme.key(f"{n:05}"), "body": EVENT % n, "notify_queue": n % 7 != 0, "modified": modified}
        for n in range(3500)])
    worker = strict.start(kafka=ops)
    until(lambda: strict.count() == 3000, worker.tail, 120)
    strict.settled()
    strict.fake.fault(service="s3", action="ListObjectsV2", error="SlowDown", after=1, count=2)
    done = reconcile(strict, ops, "acme", "--list")
    assert done.status == 3, done.stderr
    assert done.stdout.splitlines() == lost
    assert "3,500 objects" in done.stderr
