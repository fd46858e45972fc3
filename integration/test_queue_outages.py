# SPDX-License-Identifier: Apache-2.0
"""SQS unreachable, refusing and gone: begin, change of cause and end are in the log and in the metrics."""
import time

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window


def test_an_outage_of_sqs_has_its_begin_its_change_of_cause_and_its_end(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start(metrics={**LISTEN, "unready_after": "0s"}, queue={"wait": "1s"})
    window = Window(worker)
    name = acme.queue.name
    until(lambda: window.value("queue_up", queue=name) == 1 and window.ready()[0] == 200, worker.tail, 30, alive=worker)

    silent = strict.fake.fault(service="sqs", action="ReceiveMessage", drop=True, count=-1)
    (first, *_) = worker.logged(msg="queue call failed", queue=name, call="receive")
    (begins, *_) = worker.logged(msg="queue does not answer", outage="begins", queue=name)
    assert (first["level"], begins["level"], begins["error"]) == ("warn", "error", "again")
    assert begins["next"] and window.value("queue_up", queue=name) == 0
    assert window.ready()[0] == 503 and "SQS" in window.ready()[1]

    strict.fake.clear_faults()
    strict.fake.fault(service="sqs", action="ReceiveMessage", error="QueueDoesNotExist", count=-1)
    (changes, *_) = worker.logged(msg="queue calls fail", outage="changes", queue=name)
    assert changes["code"].endswith(("QueueDoesNotExist", "NonExistentQueue")) and int(changes["outage_s"]) >= 0
    assert len(worker.lines(outage="begins")) == 1

    strict.fake.clear_faults()
    (over, *_) = worker.logged(60, msg="queue connected", outage="over", queue=name)
    assert over["calls"] == "receive" and int(over["failed_calls"]) >= 3 and int(over["outage_s"]) >= 1
    assert window.value("queue_up", queue=name) == 1
    until(lambda: window.ready()[0] == 200, worker.tail, 10)
    assert silent is not None


def test_a_queue_that_was_deleted_and_created_again_is_said_to_be_another_one(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start(queue={"wait": "1s"})
    name = acme.queue.name
    (first, *_) = worker.logged(msg="queue attributes", queue=name)
    strict.fake.clock(advance_s=60)
    strict.fake.remove_queue(name)
    worker.logged(msg="queue calls fail", outage="begins", queue=name)
    strict.fake.add_queue(name, dead_letters=name + "-dead-again", max_receives=12)
    (line, *_) = worker.logged(60, msg="the queue is a new one", queue=name)
    assert line["level"] == "warn" and line["before"] == first["created"] < line["created"]
    (_, again) = worker.logged(msg="queue attributes", queue=name, count=2)
    assert (again["created"], again["max_receive_count"]) == (line["created"], "12")
    acme.put("a", generate(5, 1).text)
    strict.settled()
    assert strict.count() == 5


def test_deletes_that_fail_are_an_outage_and_stop_the_polls(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start(metrics=LISTEN, queue={"wait": "1s"})
    window = Window(worker)
    name = acme.queue.name
    acme.put("a", generate(2, 1).text)
    strict.settled()
    strict.fake.fault(service="sqs", action="DeleteMessageBatch", error="ServiceUnavailable", count=-1)
    acme.put("b", generate(2, 2).text)
    (begins, *_) = worker.logged(outage="begins", queue=name, call="delete")
    assert (begins["level"], begins["msg"]) == ("error", "queue calls fail")
    assert window.value("queue_up", queue=name) == 0
    (stopped, *_) = worker.logged(60, msg="polling stopped", queue=name)
    assert (stopped["reason"], stopped["calls"]) == ("calls for held messages fail", "delete")
    assert window.value("queue_polled", queue=name) == 0
    strict.fake.clear_faults()
    worker.logged(60, msg="queue connected", outage="over", queue=name)
    worker.logged(60, msg="polling resumed", queue=name, stopped_because=stopped["reason"])
    strict.settled()
    assert window.value("queue_up", queue=name) == 1
    assert window.value("queue_polled", queue=name) == 1


def test_heartbeats_that_fail_in_an_outage_have_a_line_and_are_counted(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = strict.start(metrics=LISTEN, queue={"wait": "1s", "visibility": "30s"})
    window, name = Window(worker), acme.queue.name
    worker.logged(msg="queue attributes", queue=name, customers="1", customer_ids="acme")
    with strict.kafka.frozen():  # its message is held by heartbeats
        acme.put("a", generate(20, 1).text)
        until(lambda: window.value("messages_held", queue=name) == 1, worker.tail, 20, alive=worker)
        strict.fake.fault(service="sqs", action="ReceiveMessage", drop=True, count=-1)
        strict.fake.fault(service="sqs", action="ChangeMessageVisibilityBatch", error="ServiceUnavailable", count=-1)
        worker.logged(msg="queue does not answer", outage="begins", queue=name, call="receive")
        (line, *_) = worker.logged(30, msg="queue calls fail", outage="changes", queue=name, call="heartbeat")
        assert line["customer_ids"] == "acme" and int(line["failed_heartbeats"]) >= 1 and "leases" in line["next"]
        assert window.value("message_calls_failed_total", queue=name, call="heartbeat") >= 1
        strict.fake.clear_faults()
    (over, *_) = worker.logged(60, msg="queue connected", outage="over", queue=name)
    assert over["calls"] == "receive heartbeat" and int(over["failed_heartbeats"]) >= 1
    assert window.value("queue_outages_begun_total", queue=name) == 1
    strict.settled()


def test_the_last_line_names_what_sqs_did_not_take_and_the_stop_is_in_time(strict: StrictWorld):
    acme, globex = strict.customer("acme"), strict.customer("globex")
    grace_s = 6
    worker = strict.start(limits={"shutdown_grace": f"{grace_s}s"})
    globex.put("before", generate(2, 1).text)
    strict.settled()
    strict.fake.fault(service="sqs", action="*Batch", bucket=acme.queue.name, hang_s=60, count=-1)
    name = acme.put("a", generate(2, 1).text)
    worker.logged(msg="object done", object=name)
    began = time.monotonic()
    worker.terminate()
    assert worker.wait(30) == 0
    assert time.monotonic() - began < grace_s + 2
    last = worker.lines()[-1]
    assert (last["msg"], last["level"]) == ("stopped", "warn")
    assert (last["not_deleted"], last["not_returned"], last["queues"]) == ("1", "0", acme.queue.name)
    assert "ingest.id" in last["next"]
