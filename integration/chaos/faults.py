# SPDX-License-Identifier: Apache-2.0
"""The schedule: one fault after another, chosen with a seed.

A fault is a method of Schedule, with its weight in FAULTS. It breaks something and adds to
`repairs`, a list of (time, function), what must be repaired later. So that the cluster can make
progress, at most one broker and one worker are down at the same time.
"""
import random
import signal
import time

from .cluster import BROKERS, VISIBILITY_S

FAULTS = {
    "kill_worker": 4, "freeze_worker": 2, "replace_worker": 2,
    "kill_broker": 2, "freeze_broker": 1, "fill_disk_of_broker": 2,
    "cut_kafka": 3, "delay_kafka": 1, "blackhole_kafka": 2, "half_open_kafka": 1,
    "cut_aws": 3, "blackhole_aws": 1, "half_open_aws": 1,
    "duplicates": 2, "lost_answers": 3, "s3_resets": 3, "s3_stalls": 1, "s3_errors": 2, "sqs_errors": 2,
    "sts_denied": 1, "expired_tokens": 2, "time_passes": 1,
}


class Schedule:
    def __init__(self, cluster, seed, say):
        self.c, self.say = cluster, say
        self.rng = random.Random(seed)
        self.repairs = []
        self.counts = dict.fromkeys(FAULTS, 0)
        self.busy = set()  # what must be repaired before it is broken again

    def step(self):
        """Make the repairs that are due, then break something."""
        self._mend_due(time.monotonic())
        name = self.rng.choices(list(FAULTS), list(FAULTS.values()))[0]
        if getattr(self, name)() is not False:
            self.counts[name] += 1
            self.say(f"  {name}")

    def mend_all(self):
        self._mend_due(float("inf"))
        for link in (*self.c.kafka_links, self.c.aws_link):
            link.delay, link.mode = 0, "pass"
        self.c.fake.clear_faults()
        for i, worker in enumerate(self.c.workers):
            if not worker.running():
                self.c.start_worker(i)

    def _mend_due(self, now):
        due = [m for m in self.repairs if m[0] <= now]
        self.repairs = [m for m in self.repairs if m[0] > now]
        for _, function in sorted(due, key=lambda m: m[0]):
            function()

    def _later(self, seconds, function):
        self.repairs.append((time.monotonic() + seconds, function))

    def _take(self, what):
        if what in self.busy:
            return False
        self.busy.add(what)
        return True

    def _for_a_while(self, seconds, link, **state):
        for name, value in state.items():
            setattr(link, name, value)

        def back():
            link.delay, link.mode = 0, "pass"
        self._later(seconds, back)

    # ---- workers

    def kill_worker(self):
        if not self._take("worker"):
            return False
        i = self.rng.randrange(self.c.replicas)
        self.c.workers[i].kill()
        self._later(self.rng.uniform(0, 3), lambda: self._started(i))

    def replace_worker(self):
        """As in a deployment: SIGTERM, and another worker is started when it has ended."""
        if not self._take("worker"):
            return False
        i = self.rng.randrange(self.c.replicas)
        self.c.workers[i].signal(signal.SIGTERM)

        def ended():
            self.c.workers[i].stop(30)
            self._started(i)
        self._later(9, ended)

    def freeze_worker(self):
        """For longer than the visibility timeout: other workers receive its messages meanwhile."""
        if not self._take("worker"):
            return False
        worker = self.c.workers[self.rng.randrange(self.c.replicas)]
        worker.signal(signal.SIGSTOP)

        def wake():
            worker.signal(signal.SIGCONT)
            self.busy.discard("worker")
        self._later(2 * VISIBILITY_S, wake)

    def _started(self, i):
        self.c.start_worker(i)
        self.busy.discard("worker")

    # ---- brokers

    def _broker(self, broken, repaired, seconds):
        if not self._take("broker"):
            return False
        node = self.rng.randrange(BROKERS)
        broken(node)

        def back():
            repaired(node)
            self._later(10, lambda: self.busy.discard("broker"))  # first its replicas must catch up
        self._later(seconds, back)

    def kill_broker(self):
        return self._broker(self.c.kafka.kill_node, self.c.kafka.start_node, self.rng.uniform(2, 12))

    def freeze_broker(self):
        signal_node = lambda number: lambda node: self.c.kafka.nodes[node].signal(number)
        return self._broker(signal_node(signal.SIGSTOP), signal_node(signal.SIGCONT), self.rng.uniform(3, 12))

    def fill_disk_of_broker(self):
        return self._broker(self.c.kafka.fill_disk, self.c.kafka.empty_disk, self.rng.uniform(5, 12))

    # ---- network

    def _link(self):
        return self.c.kafka_links[self.rng.randrange(BROKERS)]

    def cut_kafka(self):
        for link in self.c.kafka_links:
            link.cut()

    def delay_kafka(self):
        self._for_a_while(4, self._link(), delay=0.3)

    def blackhole_kafka(self):
        self._for_a_while(self.rng.uniform(2, 15), self._link(), mode="blackhole")

    def half_open_kafka(self):
        self._for_a_while(self.rng.uniform(2, 15), self._link(), mode="half-open")

    def cut_aws(self):
        self.c.aws_link.cut()

    def blackhole_aws(self):
        self._for_a_while(self.rng.uniform(1, 1.5 * VISIBILITY_S), self.c.aws_link, mode="blackhole")

    def half_open_aws(self):
        self._for_a_while(self.rng.uniform(1, 8), self.c.aws_link, mode="half-open")

    # ---- AWS

    def _fault(self, most, **rule):
        self.c.fake.fault(count=self.rng.randint(1, most), **rule)

    def duplicates(self):
        self.c.fake.duplicate_messages(queue=self.c.queue_name(self.rng.randrange(len(self.c.customers))))

    def lost_answers(self):
        action = self.rng.choice(("ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"))
        self._fault(3, service="sqs", action=action, lost=True)

    def s3_resets(self):
        self._fault(10, service="s3", action="GetObject", cut="random")

    def s3_stalls(self):
        self._fault(3, service="s3", action="GetObject", stall={"at": 200, "s": 8})

    def s3_errors(self):
        error = self.rng.choice(("SlowDown", "InternalError", "ServiceUnavailable"))
        self._fault(20, service="s3", error=error)

    def sqs_errors(self):
        error = self.rng.choice(("InternalError", "ServiceUnavailable", "RequestThrottled"))
        self._fault(10, service="sqs", error=error)

    def sts_denied(self):
        role = self.c.customers[self.rng.randrange(len(self.c.customers))]["role_arn"]
        self._fault(2, service="sts", action="AssumeRole", error="AccessDenied", params={"RoleArn": role})
        self.expired_tokens()  # so that a worker must use them

    def expired_tokens(self):
        self.c.fake.expire_sessions()

    def time_passes(self):
        """The clock of the queues advances: everything hidden becomes visible, even messages in progress."""
        self.c.fake.clock(advance_s=900)
