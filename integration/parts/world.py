# SPDX-License-Identifier: Apache-2.0
"""One test's world: its own topics, queues, customers and workers on the shared Kafka and moto.

    acme = world.customer("acme")                  # queue, bucket with notifications, role
    acme.put("2026/11/23/a.jsonl", b'...')
    worker = world.start()
    world.settled()                                # no message is left in any queue
    world.events(), world.rejects()                # records, values parsed
"""
import json
from dataclasses import dataclass

from . import states
from . import worker as workers
from .aws import unique
from .wait import until


@dataclass
class Customer:
    moto: object
    id: str
    queue: object
    bucket: str
    prefix: str
    settings: dict

    def key(self, name):
        return f"{self.prefix}/{name}"

    def put(self, name, body, **more):
        """Put an object under the prefix; its notification follows. more: StrictWorld only."""
        self.moto.put(self.bucket, self.key(name), body, **more)
        return f"s3://{self.bucket}/{self.key(name)}"


class World:
    def __init__(self, kafka, moto, folder):
        self.kafka, self.moto, self.folder = kafka, moto, folder
        self.events_topic = kafka.create_topic(unique("events"))
        self.rejects_topic = kafka.create_topic(unique("rejects"))
        self.queues, self.customers, self.workers = [], [], []

    def queue(self, **options):
        self.queues.append(self.moto.queue(**options))
        return self.queues[-1]

    def customer(self, id, queue=None, bucket=None, prefix=workers.PREFIX, notify=True, told_prefix=None, **settings):
        """notify=False: no notifications. told_prefix: the prefix of the notifications."""
        queue = queue or self.queue()
        bucket = bucket or self.moto.bucket(id)
        if notify:
            self.moto.notify(bucket, told_prefix or prefix + "/", queue.arn)
        external_id = unique(f"external-id-of-{id}")
        entry = workers.customer(id, queue, bucket, self.moto.role(id, external_id), external_id, prefix, **settings)
        self.customers.append(Customer(self.moto, id, queue, bucket, prefix, entry))
        return self.customers[-1]

    def settings(self, **sections):
        return workers.config(self.moto, self.kafka, self.events_topic, self.rejects_topic, self.queues,
                              [c.settings for c in self.customers], **sections)

    def start(self, **sections):
        """Start a worker; a further call starts another one. sections: parts of the configuration, see
        config()."""
        name = f"worker-{len(self.workers) + 1}"
        self.workers.append(workers.Worker(self.folder, self.settings(**sections), name))
        return self.workers[-1]

    def reload(self, **sections):
        """Give the last worker the world as it is now; returns the log line of the reload."""
        return self.workers[-1].reload(self.settings(**sections))

    def left(self):
        return sum(q.depth() for q in self.queues)

    def settled(self, seconds=60, left=0):
        """Wait until the queues hold at most `left` messages."""
        running = next((w for w in self.workers if w.running()), self.workers[-1])
        until(lambda: self.left() <= left,
              lambda: f"{self.left()} messages left, {left} wanted; log:\n{self.workers[-1].tail()}",
              seconds, every=0.1, alive=running)

    def count(self):
        return self.kafka.count(self.events_topic)

    def events(self):
        """Returns [(record, event)]."""
        return [(r, json.loads(r.value)) for r in self.kafka.read(self.events_topic)]

    def rejects(self):
        return [(r, json.loads(r.value)) for r in self.kafka.read(self.rejects_topic)]

    def reasons(self):
        return sorted(value["reason"] for _, value in self.rejects())

    def close(self):
        for w in self.workers:
            w.kill()
        self.kafka.delete_topic(self.events_topic)
        self.kafka.delete_topic(self.rejects_topic)
        for w in self.workers:  # what it said of any fault is a state that operators can look up
            assert states.complaints(w.lines()) == []
