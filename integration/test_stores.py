# SPDX-License-Identifier: Apache-2.0
"""The worker with S3-compatible stores of other projects (docs/compatible-stores.md)."""
import collections
import json

import pytest

from .demo import uploads
from .parts.aws import s3_event
from .parts.events import generate, rejected
from .parts.stores import STORES
from .parts.world import World


class StoreWorld(World):
    """As World, with the customer's S3 and, if it has one, STS on the store."""

    def __init__(self, kafka, store, folder):
        super().__init__(kafka, store, folder)
        self.store = store

    def settings(self, **sections):
        made = super().settings(**sections)
        return {**made, "aws": {**made["aws"], **self.store.endpoints}}


@pytest.fixture(scope="module", params=list(STORES))
def store(request, moto, tmp_path_factory):
    kind = STORES[request.param]
    if kind.missing():
        pytest.skip(kind.missing())
    with kind(tmp_path_factory.mktemp(request.param), moto) as running:
        yield running


@pytest.fixture
def world(kafka, store, tmp_path):
    made = StoreWorld(kafka, store, tmp_path)
    try:
        yield made
    finally:
        made.close()


def _counts(world, objects):
    """Events and rejects of each customer: those in Kafka, and the uploaded ones."""
    found, wanted = collections.Counter(), collections.Counter()
    for _, event in world.events():
        found[event["ingest"]["customer"], "events"] += 1
    for _, reject in world.rejects():
        found[reject["customer"], "rejects"] += rejected([reject])
    for u in (u for u in objects if not u.outside):
        wanted[u.customer, "events"] += u.file.events
        wanted[u.customer, "rejects"] += u.file.rejects
    return found, +wanted


def test_the_objects_of_the_demo_are_delivered(world: StoreWorld):
    objects = uploads()
    queue = world.queue()
    customers = {u.customer: None for u in objects}
    for id in customers:
        customers[id] = world.customer(id, queue, told_prefix="asymptote/")
    for u in objects:
        world.store.put(customers[u.customer].bucket, u.key, u.body)
    worker = world.start()
    outside = sum(u.outside for u in objects)
    world.settled(left=outside)
    found, wanted = _counts(world, objects)
    assert found == wanted
    ids = [event["ingest"]["id"] for _, event in world.events()]
    assert len(ids) == len(set(ids))
    assert worker.lines(msg="customer paused") == []


def test_an_object_that_is_not_there_is_gone_and_not_denied(world: StoreWorld):
    acme = world.customer("acme")
    acme.queue.send(s3_event(acme.bucket, acme.key("never-there.jsonl")))
    worker = world.start()
    (line, *_) = worker.logged(customer="acme", object=f"s3://{acme.bucket}/{acme.key('never-there.jsonl')}")
    assert (line["error"], line["code"], line["status"]) == ("gone", "NoSuchKey", "404")


def test_an_object_is_read_in_the_version_of_its_notification(world: StoreWorld):
    acme = world.customer("acme", notify=False, versioned=True)
    world.store.s3.put_bucket_versioning(Bucket=acme.bucket, VersioningConfiguration={"Status": "Enabled"})
    key, first, second = acme.key("a.jsonl"), generate(3, 1), generate(5, 2)
    put = [world.store.put(acme.bucket, key, f.text) for f in (first, second)]
    if "VersionId" not in put[0]:
        pytest.skip("the store gives no versions")
    event = json.loads(s3_event(acme.bucket, key, len(first.text)))
    event["Records"][0]["s3"]["object"]["versionId"] = put[0]["VersionId"]
    acme.queue.send(event)
    world.start()
    world.settled()
    assert {e["ingest"]["version"] for _, e in world.events()} == {put[0]["VersionId"]}
    assert world.count() == 3


def test_a_session_policy_with_kms_is_taken_or_pauses_the_customer_with_the_reason(world: StoreWorld):
    acme = world.customer("acme", session_policy="full")
    acme.put("a.jsonl", generate(2, 1).text)
    worker = world.start()
    if not world.store.refuses_kms:
        world.settled()
        assert world.count() == 2
        return
    worker.logged(msg="customer paused", customer="acme")
    (line, *_) = worker.lines(outage="begins", customer="acme")
    assert line["error"] == "config" and "kms:ViaService" in line["detail"]
    assert world.count() == 0


def test_without_a_session_policy_the_store_is_read_too(world: StoreWorld):
    acme = world.customer("acme", session_policy="none")
    acme.put("a.jsonl", generate(2, 1).text)
    world.start()
    world.settled()
    assert world.count() == 2
