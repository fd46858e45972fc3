# SPDX-License-Identifier: Apache-2.0
"""Queues that are not as they should be or not there any more, and notifications in any order."""
import re
import time

from .parts.events import generate
from .parts.aws import unique
from .parts.strict import StrictQueue, StrictWorld
from .parts.wait import until


def _queue_without_dead_letters(strict):
    name = unique("queue")
    strict.queues.append(StrictQueue(strict.fake, name, strict.fake.add_queue(name)))
    return strict.queues[-1]


def test_what_the_queues_say_of_themselves_is_read_and_warned_of(strict: StrictWorld):
    queues = {"good": strict.queue(VisibilityTimeout=77),
              "few": strict.queue(receives=5),
              "short": strict.queue(MessageRetentionPeriod=3600),
              "none": _queue_without_dead_letters(strict)}
    for id, queue in queues.items():
        strict.customer(id, queue)
    worker = strict.start(queue={"visibility": "40s"})
    worker.logged(msg="queue attributes", count=4)
    (good,) = worker.lines(msg="queue attributes", queue=queues["good"].name)
    assert good["url"] == queues["good"].url
    assert (good["max_receive_count"], good["retention_s"]) == ("20", str(14 * 86400))
    assert (good["worker_visibility_s"], good["queue_default_visibility_s"]) == ("40", "77")  # the worker's is in force
    warned = {(line["queue"], line["msg"]) for line in worker.lines(level="warn") if "queue" in line}
    assert warned == {(queues["few"].name, "queue has a low maxReceiveCount"), (queues["short"].name, "queue has a short retention"),
                      (queues["none"].name, "queue has no dead-letter queue")}


def test_a_queue_deleted_under_way_is_said_once_and_costs_the_others_nothing(strict: StrictWorld):
    gone, other = strict.customer("gone"), strict.customer("other")
    worker = strict.start()
    worker.logged(msg="queue attributes", count=2)
    with strict.kafka.frozen():  # its message is in flight when the queue goes
        gone.put("a", generate(20, 1).text)
        until(lambda: gone.queue.depth() > gone.queue.visible(), "its object is being read", 20, alive=worker)
        strict.fake.remove_queue(gone.queue.name)
    strict.queues.remove(gone.queue)  # which the world would ask for its depth
    (line, *_) = worker.logged(msg="queue calls fail", outage="begins", queue=gone.queue.name)
    assert line["error"] == "config" and line["code"] in ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
    other.put("b", generate(30, 2).text)
    strict.settled()
    until(lambda: strict.count() == 50, lambda: f"{strict.count()} events", 20)  # also what was being read
    time.sleep(3)  # it goes on asking, and does not go on telling
    assert len(worker.lines(level="error", queue=gone.queue.name, outage=re.compile("begins|changes"))) <= 2
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 10


def test_notifications_that_come_twice_and_in_any_order_lose_no_version(strict: StrictWorld):
    acme = strict.customer("acme", versioning=True, versioned=True)
    lines = generate(40, 3).text.splitlines(keepends=True)
    for i in range(4):  # four versions with ten lines each, and no line in two of them
        acme.put("same", b"".join(lines[10 * i:10 * i + 10]))
    told = acme.queue.bodies()
    strict.fake.purge_queue(acme.queue.name)
    for body in (told[2], told[0], told[3], told[2], told[1], told[0]):
        acme.queue.send(body)
    strict.start()
    strict.settled()
    ids = [event["ingest"]["id"] for _, event in strict.events()]
    assert len(ids) == 60 and len(set(ids)) == 40
    assert not strict.rejects()
