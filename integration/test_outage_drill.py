# SPDX-License-Identifier: Apache-2.0
"""One outside party after the other fails and comes back. Each fault is in the log, from its begin to its end,
and in the metrics; nothing is lost.

    pytest integration/test_outage_drill.py --drill-s 60 --drill-traffic-s 3 --drill-dir drill   # ten to fifteen minutes

With traffic each customer gets an object every few seconds, as in production: then the log's bounds of each begin and
end are as narrow as the traffic is dense. Without it each fault meets one object, and the queue's time goes on faster.

The names of objects and files say nothing of the faults: the log is to be read without knowing them. What was done,
and when, is printed (pytest -s).
"""
import json
import pathlib
import re
import threading
import time

import pytest

from .parts.aws import unique
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

LINES = 20


class Drill:
    def __init__(self, strict, option):
        self.strict, self.seconds, self.traffic_s = strict, option("--drill-s"), option("--drill-traffic-s")
        folder = option("--drill-dir")
        self.folder = pathlib.Path(folder) if folder else None
        self.put_lines = 0
        self.faults = 0
        self.owners = {}
        self.topic = None
        self.worker = None
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.traffic = threading.Thread(target=self._traffic, daemon=True)

    def start(self):
        self.worker = self.strict.start(metrics=LISTEN, queue={"wait": "1s"}, limits={"shutdown_grace": "10s"})
        self.window = Window(self.worker)

    def put(self, id):
        with self.lock:
            self.put_lines += LINES
            part = self.put_lines // LINES
        key = {"kms_key": self.key} if id == "vault" else {}
        return self.owners[id].put(f"part-{part:04}", generate(LINES, part * LINES).text, **key)

    def _traffic(self):
        while not self.over.wait(self.traffic_s):
            for id in self.owners:
                self.put(id)

    def begin_traffic(self):
        if self.traffic_s:
            self.traffic.start()

    def end_traffic(self):
        self.over.set()
        if self.traffic_s and self.traffic.is_alive():
            self.traffic.join()

    def is_count(self, text, quiet):
        """Of messages or objects that wait: exactly so many without traffic, at least so many with it."""
        return int(text) >= quiet if self.traffic_s else int(text) == quiet

    def settled(self):
        def settled():
            self.hurry()
            return self.strict.left() == 0
        until(settled, lambda: f"the queues are empty; {self.strict.left()} left", 120, every=1, alive=self.worker)

    def note(self, what):
        print(f"{time.strftime('%H:%M:%S', time.gmtime())} {what}", flush=True)

    def wait(self, seconds=None):
        time.sleep(self.seconds if seconds is None else seconds)

    def begins(self, msg, seconds=60, **with_):
        (line, *_) = self.worker.logged(seconds, msg=msg, outage="begins", **with_)
        assert line["level"] == "error" and line["detail"] and line["next"], line
        return line

    def hurry(self):
        """Messages wait for as long as the table says: without traffic the queue's time goes on faster. Never while a message is in
        progress: its lease would end in the queue's time before the worker, in its own time, extends it, so that the
        worker would receive it again."""
        if not self.traffic.is_alive() and self.metric("messages_held") == 0:
            self.strict.fake.clock(advance_s=30)

    def ends(self, msg, seconds=300, hurry=True, **with_):
        def over():
            if hurry:
                self.hurry()
            return self.worker.lines(msg=msg, outage="over", **with_)
        (line, *_) = until(over, lambda: f"{msg} {with_}; the log ends:\n{self.worker.tail()}", seconds, every=1,
                           alive=self.worker)
        assert int(line["outage_s"]) >= 1, line
        failed = [int(v) for k, v in line.items() if k.startswith("failed_")]
        assert all(n >= 1 for n in failed) and bool(failed) == ("last_failure_s" in line), line
        return line

    def done(self, name, seconds=120, hurry=True):
        """With traffic it is seen at the end: a message of a denied customer waits for a quarter of an hour."""
        if self.traffic.is_alive():
            return

        def done():
            if hurry:
                self.hurry()
            return self.worker.lines(msg="object done", object=name)
        until(done, lambda: f"{name} is done; the log ends:\n{self.worker.tail()}", seconds, every=1,
              alive=self.worker)

    def fault(self, run):
        self.faults += 1
        self.keep_metrics("before")
        run(self)
        self.keep_metrics("after")

    def keep_metrics(self, when):
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"metrics-{self.faults}-{when}.txt").write_text(self.window.get("/metrics")[1])

    def keep_log(self):
        """With the lines of the stop, also if the test failed."""
        if self.worker:
            self.worker.stop()
        if self.worker and self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "log.txt").write_text(self.worker.log.read_text())

    def metric(self, name, **labels):
        return self.window.value(name, **labels)


def _kafka_away(drill):
    drill.note("all brokers stopped answering")
    with drill.strict.kafka.frozen():
        name = drill.put("acme")
        line = drill.begins("kafka unreachable")
        assert line["error"] == "again" and drill.metric("kafka_up") == 0
        assert drill.is_count(line["waiting_customers"], 1) and int(line["unacked_bytes"]) > 0
        assert drill.traffic_s or (line["oldest_customer"], line["oldest_object"]) == ("acme", name)
        drill.wait(2 * drill.seconds)
        (line, *_) = drill.worker.logged(40, msg="kafka unreachable", outage="lasts")
        assert drill.is_count(line["waiting_objects"], 1) and int(line["unacked_bytes"]) > 0, line
        assert not drill.worker.lines(msg="object done", object=name)
    drill.note("all brokers answer again")
    drill.ends("kafka connected", hurry=False)
    drill.done(name, hurry=False)
    begun = drill.worker.lines(msg="kafka unreachable", outage="begins")  # more than one if connecting takes long
    assert drill.metric("kafka_up") == 1 and drill.metric("kafka_outages_begun_total") == len(begun)


def _s3_away(drill):
    acme = drill.owners["acme"]
    drill.note("S3 drops every connection for the bucket of acme")
    drill.strict.fake.fault(service="s3", bucket=acme.bucket, drop=True, count=-1)
    name = drill.put("acme")
    drill.begins("S3 does not answer", customer="acme")
    assert drill.metric("outages", customer="acme") == 1 and not drill.metric("outages", customer="globex")
    drill.wait()
    drill.strict.fake.clear_faults()
    drill.note("S3 answers again")
    drill.ends("S3 connected", customer="acme")
    drill.done(name)
    assert drill.metric("outages", customer="acme") == 0
    assert drill.metric("customer_outages_begun_total", customer="acme", party="s3") == 1


def _queue_away(drill):
    queue = drill.owners["acme"].queue.name
    drill.note(f"SQS drops every connection for the queue {queue}")
    drill.strict.fake.fault(service="sqs", bucket=queue, drop=True, count=-1)
    name = drill.put("acme")
    line = drill.begins("queue does not answer", queue=queue)
    assert (line["customers"], line["customer_ids"]) == ("1", "acme")
    assert drill.metric("queue_up", queue=queue) == 0
    drill.wait(drill.seconds / 2)
    drill.strict.fake.clear_faults()
    drill.strict.fake.fault(service="sqs", bucket=queue, error="QueueDoesNotExist", count=-1)
    drill.note("SQS says QueueDoesNotExist for it")
    (line, *_) = drill.worker.logged(90, msg="queue calls fail", outage="changes", queue=queue)
    assert "QueueDoesNotExist" in line["code"]
    drill.wait(drill.seconds / 2)
    drill.strict.fake.clear_faults()
    drill.note("the same queue answers again, with its messages")
    line = drill.ends("queue connected", hurry=False, queue=queue)
    assert line["level"] == "warn" and drill.is_count(line["held_messages"], 1) and line["next"], line
    drill.worker.logged(msg="the queue is the same", queue=queue)
    drill.done(name, hurry=False)
    assert drill.metric("queue_up", queue=queue) == 1
    assert drill.metric("queue_outages_begun_total", queue=queue) == 1


def _role_denied(drill):
    globex = drill.owners["globex"]
    drill.note("STS denies the role of globex")
    drill.strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": globex.settings["role_arn"]},
                            error="AccessDenied", count=-1)
    if drill.traffic_s:  # the session that it has ends
        drill.strict.fake.fault(service="s3", bucket=globex.bucket, error="ExpiredToken", count=1)
    name = drill.put("globex")
    line = drill.begins("role denied", customer="globex")
    assert line["code"] == "AccessDenied" and line["role_arn"] == globex.settings["role_arn"]
    assert globex.settings["role_arn"] in line["detail"].split("the service's text: ")[1]
    (paused, *_) = drill.worker.logged(msg="customer paused", customer="globex")
    assert 20 <= int(paused["pause_s"]) <= 30
    assert drill.metric("paused", customer="globex") == 1
    drill.wait()
    drill.strict.fake.clear_faults()
    drill.note("STS allows it again")
    drill.ends("role assumed", customer="globex")
    drill.worker.logged(msg="customer resumed", customer="globex")
    drill.denied = name
    drill.done(name)


def _kms_denied(drill):
    drill.strict.fake.change_kms_key(drill.key, state="Disabled")
    drill.note("the KMS key of vault is disabled")
    name = drill.put("vault")
    line = drill.begins("KMS key disabled", customer="vault")
    assert line["error"] == "kms"
    drill.wait()
    drill.strict.fake.change_kms_key(drill.key, state="Enabled")
    drill.note("the KMS key is enabled again")
    drill.ends("KMS access restored", customer="vault")
    drill.done(name)


def _topic_without_leader(drill):
    drill.strict.kafka.kill_node(1)
    drill.note("broker 2 of 2 is killed: the topic of edge has no leader")
    name = drill.put("edge")
    line = drill.begins("records not acknowledged", 90, customer="edge")
    assert "has no leader" in line["detail"] and drill.topic in line["detail"]
    assert drill.traffic_s or line["oldest_object"] == name
    assert drill.is_count(line["waiting_objects"], 1)
    assert drill.worker.lines(msg="kafka broker unreachable")
    assert not drill.worker.lines(msg="kafka request failed", detail=re.compile("Connection refused"))
    assert drill.metric("kafka_up") == 1
    other = drill.put("acme")
    drill.done(other, hurry=False)
    drill.wait()
    drill.strict.kafka.start_node(1)
    drill.note("the broker is started again")
    drill.ends("records acknowledged", hurry=False, customer="edge")
    (down, *_) = drill.worker.lines(msg="kafka broker unreachable")
    drill.worker.logged(msg="kafka broker connected", broker=down["broker"])
    drill.done(name, hurry=False)


@pytest.mark.slow
def test_every_outage_is_in_the_log_from_its_begin_to_its_end_and_nothing_is_lost(pair, fakeaws, tmp_path, request):
    strict = StrictWorld(pair, fakeaws, tmp_path)
    drill = Drill(strict, request.config.getoption)
    drill.key = strict.fake.add_kms_key()
    drill.topic = pair.create_topic(unique("edge"), partitions=2, replicas=[2])
    drill.owners = {"acme": strict.customer("acme"), "globex": strict.customer("globex"),
                    "vault": strict.customer("vault", kms_key=drill.key, kms_key_arn=drill.key),
                    "edge": strict.customer("edge", topic=drill.topic)}
    try:
        drill.start()
        for id in ("acme", "vault", "edge"):
            drill.done(drill.put(id))
        assert not drill.worker.lines(outage="begins")
        drill.begin_traffic()
        for fault in (_kafka_away, _s3_away, _queue_away, _role_denied, _kms_denied, _topic_without_leader):
            drill.fault(fault)
        drill.end_traffic()
        drill.settled()
        _check_the_end(drill)
    finally:
        drill.end_traffic()
        drill.keep_log()
        strict.close()


def _check_the_end(drill):
    worker, strict = drill.worker, drill.strict
    assert worker.stop() == 0
    ids = {e["ingest"]["id"] for _, e in strict.events()}
    ids |= {json.loads(r.value)["ingest"]["id"] for r in strict.kafka.read(drill.topic)}
    assert len(ids) == drill.put_lines
    assert [q.dead.depth() for q in strict.queues] == [0] * len(strict.queues)
    begun = [line.get("queue") or line.get("customer") for line in worker.lines(outage="begins")]
    ended = [line.get("queue") or line.get("customer") for line in worker.lines(outage="over")]
    assert sorted(map(str, begun)) == sorted(map(str, ended))
    done = [line["object"] for line in worker.lines(msg="object done")]
    assert len(done) == len(set(done)) == drill.put_lines // LINES
    (line,) = worker.lines(msg="object done", object=drill.denied)
    assert "error=denied" in line["again_because"]
    assert worker.lines(msg="object done", customer="globex", probe="succeeded")
    assert not worker.lines(msg="message received again while in progress")
    assert worker.lines()[-1]["msg"] == "stopped"
