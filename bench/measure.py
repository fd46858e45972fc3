# SPDX-License-Identifier: Apache-2.0
"""One run: the fast fake, Kafka, some workers; what they used and whether all arrived."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass, field

from integration.parts.places import ROOT
from integration.parts.process import Process, clean_env
from integration.parts.wait import until
from integration.parts.worker import Worker, config_text

from .data import BUCKET, PREFIX

ACCOUNT, REGION = "111122223333", "eu-west-1"
TICKS = os.sysconf("SC_CLK_TCK")


class WrongCount(AssertionError):
    """Records were lost or doubled: not a result."""


@dataclass
class Result:
    name: str
    cpu_s: float
    wall_s: float
    records: int
    objects: int
    bytes: int
    peak_rss: int = 0
    lag_p50_ms: float = None
    lag_p99_ms: float = None
    notes: dict = field(default_factory=dict)

    @property
    def cpu_per_gb(self):
        return self.cpu_s / (self.bytes / 1e9)

    def as_dict(self):
        return {**asdict(self), "cpu_s_per_gb": self.cpu_per_gb, "mb_per_s": self.bytes / 1e6 / self.wall_s,
                "objects_per_s": self.objects / self.wall_s, "objects_per_cpu_s": self.objects / self.cpu_s}


def cpu_s(pid):
    """User and system seconds of a process and all its threads so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Fake(Process):
    """fakeaws-fast, holding its messages back until start()."""

    def __init__(self, folder, data, options=()):
        ready = folder / "fake.ready"
        ready.unlink(missing_ok=True)
        binary = ROOT / "build/release/integration/fakeaws/fast/fakeaws-fast"
        super().__init__("fakeaws-fast", [binary, "--index", data.index, "--data", data.data, "--ready-file", ready,
                                          "--wait", "--region", REGION, *map(str, options)], folder / "fake.log")
        told = until(lambda: ready.exists() and ready.read_text().strip(), "the fake listens", 60, alive=self)
        self.url = json.loads(told)["endpoint"]

    def ask(self, what):
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{self.url}/_admin/{what}", timeout=30).read()

    def start(self):
        self.ask("start")

    def counters(self):
        return json.loads(self.ask("counters"))


def worker_config(fake, kafka, topic, queues, lanes, **more):
    return config_text({
        "aws": {"region": REGION, "endpoint_sqs": fake.url, "endpoint_s3": fake.url, "endpoint_sts": fake.url,
                "path_style": True},
        "kafka": {"properties": [f"bootstrap.servers={kafka.bootstrap}", *more.get("properties", ())],
                  "topic": topic, "rejects_topic": topic + "-rejects", **more.get("kafka", {})},
        "limits": {"lanes": lanes, **more.get("limits", {})},
        "log": {"level": "warn"},
        "queues": [{"name": f"bench-{i}", "url": f"{fake.url}/{ACCOUNT}/bench-{i}"} for i in range(queues)],
        "customers": [{"id": f"bench{i}", "queue": f"bench-{i}", "bucket": BUCKET,
                       "prefix": PREFIX, "region": REGION, "account_id": ACCOUNT,
                       "role_arn": f"arn:aws:iam::{ACCOUNT}:role/bench", "external_id": "bench",
                       "accept_role_without_external_id": True} for i in range(queues)],
    })


def _lags(kafka, topic, started_ms, rate, index):
    """Per record: broker's append time less the time its notification was put on the queue."""
    order = {line.split("\t")[2]: i for i, line in enumerate(pathlib.Path(index).read_text().splitlines())}
    lags = []
    for record in kafka.read(topic):
        key = json.loads(record.value)["ingest"]["object"].split("/", 3)[3]
        lags.append(record.timestamp - (started_ms + order[key] * 1000.0 / rate))
    return statistics.median(lags), statistics.quantiles(lags, n=100)[98]


def run_worker(name, folder, kafka, data, lanes=8, replicas=1, queues=1, fake_options=(), rate=None, **more):
    """Start everything, let the messages go, wait for the last delete, check the counts."""
    topic = f"bench-{name}-{time.time_ns()}"
    for t in (topic, topic + "-rejects"):
        kafka.create_topic(t, partitions=4, message_timestamp_type="LogAppendTime", retention_ms=3600000)
    options = [*fake_options, *(["--rate", rate] if rate else [])]
    with Fake(folder, data, options) as fake:
        text = worker_config(fake, kafka, topic, queues, lanes, **more)
        workers = [Worker(folder, text, name=f"worker-{i}") for i in range(replicas)]
        try:
            until(lambda: fake.counters()["polls"] >= replicas, "the workers poll", 60, alive=workers[0])
            before = [cpu_s(w.pid) for w in workers]
            started, started_ms = time.monotonic(), time.time() * 1000
            fake.start()
            until(lambda: fake.counters()["deleted"] >= data.objects,
                  lambda: f"all is deleted: {fake.counters()}", 1800, every=0.2, alive=workers[0])
            wall = time.monotonic() - started
            used = sum(cpu_s(w.pid) - b for w, b in zip(workers, before))
            peak = max(w.peak_rss() for w in workers)
        finally:
            for w in workers:
                w.stop(60)
    result = Result(name, used, wall, data.records, data.objects, data.bytes, peak)
    found, rejects = kafka.count(topic), kafka.count(topic + "-rejects")
    if (found, rejects) != (data.records, 0):
        raise WrongCount(f"{name}: {data.records} records put in, {found} events and {rejects} rejects came out")
    if rate:
        result.lag_p50_ms, result.lag_p99_ms = _lags(kafka, topic, started_ms, rate, data.index)
    for t in (topic, topic + "-rejects"):
        kafka.delete_topic(t)
    return result


def run_program(name, kafka, data, program):
    """One of the comparison programs (bench_limit, bench_jsonc) over the same objects as files."""
    topic = f"bench-{name}-{time.time_ns()}"
    kafka.create_topic(topic, partitions=4, retention_ms=3600000)
    out = subprocess.run([ROOT / f"build/release/bench/{program}", kafka.bootstrap, topic, *data.files], check=True,
                         stdout=subprocess.PIPE, env=clean_env()).stdout
    got = json.loads(out)
    if got["records"] != data.records or kafka.count(topic) != data.records + 1:  # one record warms up
        raise WrongCount(f"{name}: {data.records} records put in, {got['records']} came out")
    kafka.delete_topic(topic)
    return Result(name, got["cpu_s"], got["wall_s"], got["records"], data.objects, got["bytes"], got["peak_rss_kb"] * 1024)


def run_python(name, folder, kafka, data, orjson):
    """bench/worker.py against the fake."""
    topic = f"bench-{name}-{time.time_ns()}"
    kafka.create_topic(topic, partitions=4, retention_ms=3600000)
    with Fake(folder, data) as fake:
        fake.start()
        keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": REGION, "NO_PROXY": "*"}
        out = subprocess.run([sys.executable, ROOT / "bench/worker.py", "--endpoint", fake.url,
                              "--queue", f"{fake.url}/{ACCOUNT}/bench-0", "--brokers", kafka.bootstrap, "--topic", topic,
                              "--objects", str(data.objects), *(["--orjson"] if orjson else [])],
                             check=True, stdout=subprocess.PIPE, env=clean_env(**keys)).stdout
    got = json.loads(out)
    if got["records"] != data.records or kafka.count(topic) != data.records:
        raise WrongCount(f"{name}: {data.records} records put in, {kafka.count(topic)} came out")
    kafka.delete_topic(topic)
    return Result(name, got["cpu_s"], got["wall_s"], got["records"], data.objects, got["bytes"], got["peak_rss_kb"] * 1024)
