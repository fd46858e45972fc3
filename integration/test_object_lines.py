# SPDX-License-Identifier: Apache-2.0
"""What the log and the metrics say of an object is true when it is said."""
import json
import re
from collections import defaultdict

from .parts.aws import s3_event, unique
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

DEBUG = {"level": "debug"}


def _ranges(line):
    """{(topic, partition): (first, last)} of a line's offsets."""
    assert not line["offsets"].endswith("...")
    found = re.findall(r"(\S+)/(\d+):(\d+)(?:\.\.(\d+))?", line["offsets"])
    return {(topic, int(partition)): (int(first), int(last or first)) for topic, partition, first, last in found}


def _there(world, name):
    """The same of the records that are in Kafka and come from this object."""
    offsets = defaultdict(list)
    for topic, records in ((world.events_topic, world.events()), (world.rejects_topic, world.rejects())):
        for record, value in records:
            if (value.get("ingest") or value)["object"] == name:
                offsets[topic, record.partition].append(record.offset)
    return {place: (min(all), max(all)) for place, all in offsets.items()}


def test_an_object_is_done_when_the_brokers_have_all_of_it_and_not_before(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start(log=DEBUG, metrics=LISTEN)
    window = Window(worker)
    acme.put("first", generate(1, 1).text)
    strict.settled()
    with strict.kafka.frozen():
        name = acme.put("second", generate(300, 2, "--malformed", ".1").text)
        (read, *_) = worker.logged(msg="object read", object=name, level="debug")
        assert not worker.lines(msg="object done", object=name)
        assert window.value("objects_total", customer="acme", outcome="done") == 1
        delivered = window.value("last_delivery_timestamp_seconds", customer="acme")
    (done, *_) = worker.logged(msg="object done", object=name, level="info", seconds=60)
    strict.settled()
    assert done["customer"] == "acme"
    assert {k: done[k] for k in ("lines", "events", "rejects", "bytes")} == {k: read[k] for k in
                                                                           ("lines", "events", "rejects", "bytes")}
    assert int(done["records"]) == int(done["events"]) + int(done["rejects"])
    assert _ranges(done) == _there(strict, name)
    assert window.value("objects_total", customer="acme", outcome="done") == 2
    assert window.value("last_delivery_timestamp_seconds", customer="acme") > delivered


def test_objects_of_one_message_are_done_one_by_one_and_a_failed_one_is_named(strict: StrictWorld):
    kafka = strict.kafka
    topic = kafka.create_topic(unique("small"), max_message_bytes=20_000)
    acme = strict.customer("acme")
    globex = strict.customer("globex", topic=topic)
    for customer in strict.customers:
        customer.settings["queue"] = acme.queue.name
    worker = strict.start()
    worker.logged(msg="started")
    kafka.set_topic(topic, max_message_bytes=300)  # the worker has read the limit from before
    fine, large = acme.put("fine", generate(3, 1).text), globex.put("large", generate(1, 2).text)
    worker.logged(msg="object done", object=fine)
    records = [json.loads(s3_event(c.bucket, c.key(k)))["Records"][0] for c, k in ((acme, "fine"), (globex, "large"))]
    acme.queue.send(json.dumps({"Records": records}))
    (later, *_) = worker.logged(msg="object later", object=large)
    assert (later["customer"], later["error"], later["level"]) == ("globex", "limit", "warn")
    assert topic in later["detail"] and int(later["retry_after_s"]) >= 7 and "message_id" not in later
    assert len(worker.logged(msg="object done", object=fine, customer="acme", count=2)) == 2
    assert not worker.lines(msg="object done", object=large)
    kafka.delete_topic(topic)


def test_a_missing_object_that_is_accepted_is_not_called_done(strict: StrictWorld):
    acme = strict.customer("acme", gone="accept")
    name = acme.put("a", generate(1, 1).text)
    strict.fake.delete_object(acme.bucket, acme.key("a"))
    worker = strict.start(metrics=LISTEN)
    (line, *_) = worker.logged(msg="object missing, accepted", customer="acme", error="gone")
    assert (line["object"], line["level"]) == (name, "info")
    strict.settled()
    window = Window(worker)
    assert window.value("objects_total", customer="acme", outcome="accepted") == 1
    assert window.value("objects_total", customer="acme", outcome="done") == 0
    assert not worker.lines(msg="object done")


def test_another_version_than_the_notified_one_is_said(strict: StrictWorld):
    acme = strict.customer("acme", versioning=True, versioned=True)
    first = strict.fake.put_object(acme.bucket, acme.key("a"), generate(1, 1).text)
    strict.fake.delete_object(acme.bucket, acme.key("a"), version_id=first["version_id"])
    acme.put("a", generate(2, 2).text)
    worker = strict.start()
    (line, *_) = worker.logged(msg="current version read", customer="acme")
    assert line["notified_version"] == first["version_id"] != line["version"]
    strict.settled()
    assert worker.lines(msg="object done", version=line["version"], notified_version=first["version_id"])
