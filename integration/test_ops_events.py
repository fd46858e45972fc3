# SPDX-License-Identifier: Apache-2.0
"""Ops events: what is in kafka.ops_topic is true, conforms to its schema, and never delays delivery."""
import json
import re
import subprocess

import jsonschema
import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.places import ROOT, binary
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

TYPE = "asymptote.ingest."


class Ops:
    """The ops topic of a test."""

    def __init__(self, kafka, name):
        self.kafka, self.name = kafka, name
        self.schema = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/ops-events.schema.json").read_text()))

    def all(self):
        """Every event as (record, event), validated."""
        found = []
        for record in self.kafka.read(self.name):
            event = json.loads(record.value)
            self.schema.validate(event)
            assert record.headers["content-type"] == b"application/cloudevents+json; charset=UTF-8"
            assert record.key == event.get("partitionkey", "")
            found.append((record, event))
        ids = [(e["source"], e["id"]) for _, e in found]
        assert len(set(ids)) == len(ids)
        return found

    def data(self, type, **wanted):
        return [e["data"] for _, e in self.all()
                if e["type"] == TYPE + type and all(e["data"].get(k) == v for k, v in wanted.items())]

    def await_(self, count, type, **wanted):
        return until(lambda: len(found := self.data(type, **wanted)) >= count and found,
                     lambda: f"{count} events {type} {wanted}; there is {[e for _, e in self.all()]}", 30)


@pytest.fixture
def ops(kafka):
    name = kafka.create_topic(unique("ops"), partitions=2)
    yield Ops(kafka, name)
    kafka.delete_topic(name)


def _records(strict, object):
    """{(topic, partition): [offsets]} of the records that the object's events and rejects are."""
    found = {}
    for topic, records in ((strict.events_topic, strict.events()), (strict.rejects_topic, strict.rejects())):
        for record, value in records:
            if value.get("ingest", value).get("object") == object:
                found.setdefault((topic, record.partition), []).append(record.offset)
    return found


def test_each_object_has_its_event_with_true_offsets(strict: StrictWorld, ops: Ops):
    acme = strict.customer("acme", versioning=True, versioned=True)
    globex = strict.customer("globex")
    files = {f"{n}.gz": generate(300, n, "--malformed", ".1") for n in range(3)}
    for name, file in files.items():
        acme.put(name, file.gzip())
    globex.put('a "b"\\é<', generate(50, 9).text)
    globex.put("empty", b"")
    worker = strict.start(kafka={"ops_topic": ops.name, "key": "{customer}/{session.id}"}, metrics=LISTEN)
    strict.settled()
    window = Window(worker)
    window.await_("ops_events_total", 6, result="acknowledged")

    done = ops.await_(5, "object.done")
    assert len(done) == 5
    for data in done:
        object = f"s3://{data['bucket']}/{data['key']}"
        (line,) = worker.lines(msg="object done", customer=data["customer"], object=object)
        for key in ("bytes", "lines", "events", "rejects", "records", "receive_count"):
            assert data[key] == int(line[key]), key
        assert data["version"] == line["version"] and data["result"] == "read"
        assert data["message_id"] and data["queue"] and data["lag_ms"] >= 0 and data["total_ms"] >= data["read_ms"]
        told = {(p["topic"], p["partition"]): (p["first_offset"], p["last_offset"], p["records"])
                for p in data["partitions"]}
        true = {where: (min(offsets), max(offsets), len(offsets)) for where, offsets in _records(strict, object).items()}
        assert told == true
        assert sum(p["records"] for p in data["partitions"]) == data["records"]
    assert {d["key"].rsplit("/", 1)[1] for d in done} == {*files, 'a "b"\\é<', "empty"}
    versions = {d["version"] for d in done if d["customer"] == "acme"}
    assert len(versions) == 3 and all(d["etag"] != d["version"] for d in done if d["customer"] == "acme")
    assert all(d["etag"] == d["version"] for d in done if d["customer"] == "globex")

    worker.terminate()
    assert worker.wait(40) == 0
    (started,), (stopped,) = ops.data("worker.started"), ops.data("worker.stopped")
    assert started["customers"] == 2 and stopped["queues"] == len(strict.queues)
    assert window.worker.lines(msg="ops events dropped") == []


def test_objects_that_are_left_or_accepted_say_why(strict: StrictWorld, ops: Ops):
    acme = strict.customer("acme", gone="accept")
    acme.put("text", b"no json at all\n" * 5)
    acme.put("gone", b"{}")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("gone"), error="NoSuchKey", count=-1)
    strict.start(kafka={"ops_topic": ops.name})
    (left,) = ops.await_(1, "object.left")
    assert left["result"] == "left" and left["error"]["class"] == "format" and left["key"] == acme.key("text")
    (gone,) = ops.await_(1, "object.done")
    assert gone["result"] == "missing" and gone["error"]["class"] == "gone" and gone["error"]["code"] == "NoSuchKey"
    assert gone["records"] == 0 and gone["partitions"] == []


def test_a_pause_has_its_begin_and_its_end(strict: StrictWorld, ops: Ops):
    acme = strict.customer("acme")
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": acme.settings["role_arn"]},
                      error="AccessDenied", count=1)
    acme.put("a", generate(5, 1).text)
    worker = strict.start(kafka={"ops_topic": ops.name})
    (paused,) = ops.await_(1, "customer.paused", customer="acme")
    assert paused["error"]["class"] == "denied" and paused["error"]["code"] == "AccessDenied"
    assert 20000 <= paused["pause_ms"] <= 30000
    worker.logged(msg="polling stopped")
    acme.put("b", generate(5, 2).text)  # the probe
    (resumed,) = until(lambda: ops.data("customer.resumed", customer="acme"), "it is resumed", 60, every=1)
    assert resumed["paused_ms"] >= paused["pause_ms"] - 1000
    assert [d["key"] for d in ops.await_(1, "object.done")] == [acme.key("b")]


def test_a_pause_by_an_operator_has_its_begin_and_its_end(strict: StrictWorld, ops: Ops):
    strict.customer("acme")
    path = strict.folder / "c.sock"
    worker = strict.start(kafka={"ops_topic": ops.name}, control={"socket": str(path)})
    worker.logged(msg="started")

    def control(command):
        subprocess.run([binary(), "control", command, "acme", "--socket", path], check=True, capture_output=True, timeout=60)

    for _ in range(2):
        control("pause")
    control("resume")
    (resumed,) = ops.await_(1, "customer.resumed", customer="acme")
    assert resumed["paused_ms"] >= 0
    assert ops.data("customer.paused") == [{"customer": "acme", "error": {
        "class": "config", "detail": "paused by an operator: asymptote-ingest control pause"}}]


def test_without_its_topic_ops_events_are_dropped_and_nothing_waits(strict: StrictWorld):
    acme = strict.customer("acme")
    for n in range(20):
        acme.put(f"{n}", generate(5, n).text)
    worker = strict.start(kafka={"ops_topic": unique("absent"), "properties": [
        f"bootstrap.servers={strict.kafka.bootstrap}", "topic.metadata.propagation.max.ms=1000"]}, metrics=LISTEN)
    window = Window(worker)
    strict.settled()
    assert strict.count() == 100
    window.await_("ops_events_total", 20, result="dropped")
    assert window.value("ops_events_total", result="acknowledged") == 0
    assert len(worker.lines(msg="ops topic cannot be used", level="warn")) == 1
    lines = worker.logged(msg="ops events dropped", level="warn")
    assert len(lines) == 1 and lines[0]["error"] == "config"
    worker.terminate()
    assert worker.wait(40) == 0
    assert sum(int(line["events"]) for line in worker.lines(msg="ops events dropped")) == 23  # with start, stop and the first check of the role
    assert not worker.lines(msg=re.compile("kafka did not acknowledge all"))


def test_a_topic_without_a_leader_fills_its_own_queue_only(strict: StrictWorld, pair):
    """Nothing is acknowledged, nothing waits, and the shutdown does not take longer."""
    topics = strict.events_topic, strict.rejects_topic
    strict.kafka, kafka = pair, strict.kafka
    ops = None
    try:
        strict.events_topic, strict.rejects_topic = (pair.create_topic(f"{t}-ops", replicas=[1]) for t in topics)
        ops = pair.create_topic(unique("ops"), partitions=1, replicas=[2])
        acme = strict.customer("acme")
        worker = strict.start(kafka={"ops_topic": ops}, metrics=LISTEN)
        window = Window(worker)
        until(lambda: window.ready()[0] == 200, window.ready, 30)
        pair.kill_node(1)
        acme.put("a", generate(50, 1).text)
        strict.settled(60)
        assert strict.count() == 50
        worker.terminate()
        assert worker.wait(20) == 0
        (stopped,) = worker.lines(msg="stopped")
        assert int(stopped["duration_ms"]) < 8000 and int(stopped["abandoned"]) == 0
    finally:
        pair.start_node(1)
        strict.kafka, (strict.events_topic, strict.rejects_topic) = kafka, topics


def test_a_full_ops_topic_delays_nothing_and_what_is_dropped_is_counted(strict: StrictWorld, pair):
    """Its broker is away: of 4 MiB of events that wait each of two customers has a third. The others are dropped."""
    topics = strict.events_topic, strict.rejects_topic
    strict.kafka, kafka = pair, strict.kafka
    count = 800
    try:
        strict.events_topic, strict.rejects_topic = (pair.create_topic(f"{t}-full", replicas=[1]) for t in topics)
        ops = Ops(pair, pair.create_topic(unique("ops"), partitions=1, replicas=[2]))
        customers = [strict.customer(name) for name in ("acme", "globex")]
        worker = strict.start(kafka={"ops_topic": ops.name}, metrics=LISTEN)
        window = Window(worker)
        until(lambda: window.ready()[0] == 200, window.ready, 30)
        customers[0].put("first", generate(1, 1).text)
        window.await_("ops_events_total", 3, result="acknowledged")
        pair.kill_node(1)
        before = window.value("ops_events_total", result="acknowledged")
        text = generate(1, 2).text
        for n in range(count):
            for customer in customers:
                customer.put(f"{n:04}-" + "k" * 900, text)
        strict.settled(300)
        assert strict.count() == 2 * count + 1  # all is delivered, with the broker away
        dropped = window.value("ops_events_total", result="dropped")
        assert dropped > 0 and window.value("ops_events_total", result="acknowledged") == before
        assert window.value("kafka_queue_bytes") == 0
        assert worker.lines(msg="ops events dropped")[0]["detail"] == (
            "too many events of the customer wait for acknowledgement")
        pair.start_node(1)
        window.await_("ops_events_total", before + 2 * count - dropped, seconds=120, result="acknowledged")
        done = ops.data("object.done")
        waited = [record for record, event in ops.all() if "kkk" in event["data"].get("key", "")]
        assert len(waited) == 2 * count - dropped
        size = sum(len(record.value) for record in waited)
        assert 2 << 20 < size < 4 << 20, size
        shares = [sum(d["customer"] == c.id for d in done) / len(done) for c in customers]
        assert min(shares) > .3, shares
        customers[0].put("last", text)  # there is room again
        ops.await_(1, "object.done", key=customers[0].key("last"))
    finally:
        pair.start_node(1)
        strict.kafka, (strict.events_topic, strict.rejects_topic) = kafka, topics


def test_an_ops_topic_must_be_another_one(strict: StrictWorld):
    strict.customer("acme")
    worker = strict.start(kafka={"ops_topic": strict.events_topic})
    assert worker.wait(30) == 1
    assert "is the ops events' topic" in worker.tail()
