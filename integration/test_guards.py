# SPDX-License-Identifier: Apache-2.0
"""Topics in which events would be lost without an error, and what customers see in CloudTrail of the worker."""
import json
import time

from .parts.strict import StrictWorld
from .parts.wait import until


def event(age_s=0):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_s))
    return json.dumps({"timestamp": at, "user": "ana", "action": "login"}) + "\n"


def test_a_compacted_topic_is_refused_until_it_is_repaired(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.customer("bolt", allow_compacted=True).put("a", event())
    acme.put("a", event())
    strict.kafka.set_topic(strict.events_topic, cleanup_policy="compact")
    worker = strict.start()
    line = worker.logged(msg="topic is compacted")[0]
    assert (line["customer"], line["topic"], line["cleanup_policy"]) == ("acme", strict.events_topic, "compact")
    until(lambda: strict.count() == 1, "that of bolt is delivered", 30, alive=worker)
    assert acme.queue.depth() == 1
    strict.kafka.set_topic(strict.events_topic, cleanup_policy="delete")
    strict.settled(seconds=120)
    assert strict.count() == 2
    assert worker.logged(msg="topic is not compacted any more", customer="acme")


def test_events_older_than_the_retention_are_warned_of(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.kafka.set_topic(strict.events_topic, retention_ms=86400000)
    acme.put("a", event(3 * 86400) + event())
    worker = strict.start(kafka={"timestamp": "event"})
    line = worker.logged(msg="events are older than the topic keeps them", customer="acme")[0]
    assert int(line["retention_s"]) == 86400 and abs(int(line["oldest_event_s"]) - 3 * 86400) < 300


def test_customers_see_the_session_that_reads(strict: StrictWorld):
    strict.customer("acme").put("a", event())
    strict.customer("bolt", session_name="ingest@prod").put("a", event())
    strict.start()
    strict.settled()
    readers = {e["principal"].rsplit("/", 1)[1] for e in strict.fake.log(service="s3")}
    assert readers == {"asymptote-ingest-acme", "ingest@prod"}
