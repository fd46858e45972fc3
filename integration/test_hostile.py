# SPDX-License-Identifier: Apache-2.0
"""One hostile customer, and then three, beside a normal one: its lag, its CPU time, and nothing of it is lost.

The attacks are in parts/attacks.py: for each resource that customers share, a way to take more of it than
one's share. Large objects beside small ones, and topics without a leader: test_shares, test_neighbours.
`--attacks short` leaves out those that use all cores and more. `--figures FILE` appends a line of JSON for each
attack.
"""
import json
import pathlib
import time

import pytest

from .parts import attacks
from .parts.aws import unique
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.window import LISTEN, Window
from .test_neighbours import _lags, _percentile

RECORDS = 20
SMALL = generate(RECORDS, 1).text
OBJECTS = 30
EVERY_S = 0.1
FLOOR_S = 1.0  # below this a ratio depends more on the host than on the worker
CPU_FLOOR_S = 0.05  # the same of CPU time


def pytest_generate_tests(metafunc):
    if "attack" in metafunc.fixturenames:
        which = attacks.SHORT + (attacks.FURTHER if metafunc.config.getoption("--attacks") == "all" else [])
        metafunc.parametrize("attack", which, ids=[a.name for a in which])


class Victim:
    def __init__(self, strict, queue):
        self.strict = strict
        self.topic = strict.kafka.create_topic(unique("normal"), message_timestamp_type="LogAppendTime")
        self.customer = strict.customer("normal", queue=queue, topic=self.topic)

    def p99(self, phase):
        put = {}
        for n in range(OBJECTS):
            before = time.time()
            put[self.customer.put(f"{phase}/{n}.jsonl", SMALL)] = before
            time.sleep(EVERY_S)
        self.left = sum(q.depth() for q in self.strict.queues)
        return _percentile(_lags(self.strict, self.topic, put), .99)

    def measured(self, window, phase):
        """p99 of a phase, and the CPU time of its objects, which all are done then."""
        before = window.value("customer_cpu_seconds_total", customer="normal")
        p99 = self.p99(phase)
        cpu = window.value("customer_cpu_seconds_total", customer="normal") - before
        return {f"{phase}_s": p99, f"{phase}_cpu_s": round(cpu, 3)}

    def objects_complete(self):
        """Each object of it has all its records."""
        counts = {}
        for r in self.strict.kafka.read(self.topic):
            event = json.loads(r.value)["ingest"]
            counts.setdefault(event["object"], set()).add(event["line"])
        return all(len(lines) == RECORDS for lines in counts.values()) and len(counts)


def test_a_hostile_customer_and_three_of_them_do_not_delay_a_normal_one(strict: StrictWorld, attack, request):
    queue = strict.queue(receives=100)
    victim = Victim(strict, queue)
    hostile = [attack.customer(strict, f"hostile-{n}", queue) for n in range(3)]
    worker = strict.start(limits={"lanes": 8}, metrics=LISTEN)
    window = Window(worker)
    victim.customer.put("first.jsonl", SMALL)
    strict.settled()
    figures = {"attack": attack.name, "resource": attack.resource}
    figures |= victim.measured(window, "alone")
    for count in (1, 3):
        for customer in hostile[:count]:
            attack.begin(strict, customer)
        time.sleep(1)
        figures |= victim.measured(window, f"beside_{count}")
        figures[f"left_{count}"] = victim.left
    print(figures)
    if request.config.getoption("--figures"):
        with open(request.config.getoption("--figures"), "a") as f:
            f.write(json.dumps(figures) + "\n")
    for count in (1, 3):
        assert figures[f"left_{count}"] > 0, "the attack was over before the measurement"
        assert figures[f"beside_{count}_s"] <= max(2 * figures["alone_s"], FLOOR_S)
        assert figures[f"beside_{count}_cpu_s"] <= 2 * figures["alone_cpu_s"] + CPU_FLOOR_S
    assert victim.objects_complete() == 1 + 3 * OBJECTS
    strict.kafka.delete_topic(victim.topic)
    worker.kill()


def test_a_running_worker_writes_no_core_file(strict: StrictWorld):
    strict.customer("acme")
    worker = strict.start()
    worker.logged(msg="started")
    limits = pathlib.Path(f"/proc/{worker.pid}/limits").read_text()
    core = next(line.split() for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core[4:6] == ["0", "0"]
