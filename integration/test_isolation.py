# SPDX-License-Identifier: Apache-2.0
"""A customer's failures do not affect other customers."""
from .parts.events import generate
from .parts.wait import until
from .parts.world import World


def test_a_backlog_of_one_customer_does_not_hold_up_another(world: World):
    flood, normal = world.customer("flood"), world.customer("normal")
    text = generate(100, 1).text
    for n in range(150):
        flood.put(f"{n}.jsonl", text)
    worker = world.start(limits={"lanes": 2})
    worker.logged(msg="object done", customer="flood", count=5)
    normal.put("a.jsonl", text)
    worker.logged(msg="object done", customer="normal")
    assert len(worker.lines(msg="object done", customer="flood")) < 100
    world.settled(120)
    assert world.count() == 151 * 100


def test_customers_of_one_queue_are_told_apart_by_bucket_and_prefix(world: World):
    queue = world.queue()
    bucket = world.moto.bucket("shared")
    acme = world.customer("acme", queue=queue, bucket=bucket, prefix="events/acme", notify=False)
    acme2 = world.customer("acme2", queue=queue, bucket=bucket, prefix="events/acme2", notify=False)
    other = world.customer("other", queue=queue)
    world.moto.notify(bucket, "events/", queue.arn)
    text = generate(10, 1).text
    places = {c.id: c.put("a.jsonl", text) for c in (acme, acme2, other)}
    world.start()
    world.settled()
    found = {(r.key, event["ingest"]["object"]) for r, event in world.events()}
    assert found == set(places.items())
    ids = {event["ingest"]["id"] for _, event in world.events()}
    assert len(ids) == 30  # the same lines, but different ids for each customer


def test_a_role_that_anyone_may_assume_pauses_its_customer_only(world: World):
    broken = world.customer("broken")
    normal = world.customer("normal")
    broken.settings["accept_role_without_external_id"] = False  # moto requires none: refused
    text = generate(10, 1).text
    broken.put("a.jsonl", text)
    normal.put("a.jsonl", text)
    worker = world.start()
    until(lambda: world.count() == 10, lambda: f"{world.count()} records", 30, alive=worker)
    worker.logged(msg="customer paused", customer="broken", error="config")
    assert normal.queue.dead.depth() == 0
    until(lambda: normal.queue.depth() == 0, "the other customer's queue is empty", 20)
    assert broken.queue.depth() >= 1
    assert broken.queue.dead.depth() == 0
