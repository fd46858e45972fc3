# SPDX-License-Identifier: Apache-2.0
"""One run: the fast fake, Kafka, some workers; their resource use, and whether all records arrived.

Each function returns one run as a dict: cpu_s (user and system, of the workers only), wall_s,
records, objects, bytes (decompressed), peak_rss, and lags if there is a rate.
"""
import contextlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import urllib.request

from integration.parts.kafka import Kafka
from integration.parts.places import ROOT, free_ports
from integration.parts.process import Process, clean_env, die_with_parent
from integration.parts.secured import Pem
from integration.parts.wait import until
from integration.parts.worker import Worker, config_text

from . import counters
from .data import BUCKET, PREFIX
from .figures import check_counts, percentile

ACCOUNT, REGION = "111122223333", "eu-west-1"
TICKS = os.sysconf("SC_CLK_TCK")
BUILD = ROOT / "build/release"
# The tests' JVM options start quickly but never compile well: TLS reaches 15 MB/s then, and a producer
# that waits for its broker would be measured.
KAFKA_JVM = ["-Xms512m", "-Xmx1g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


def cpu_s(pid):
    """User and system seconds of a process and all its threads so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def output(*argv, **env):
    """The output of a program, parsed as JSON. It does not outlive this process, and has a timeout."""
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, env=clean_env(**env), timeout=1800,
                          preexec_fn=die_with_parent)
    return json.loads(done.stdout)


class World:
    """A Kafka with a plain and a TLS listener, and certificates for it and the fake."""

    def __init__(self, folder):
        self.folder = folder
        self.pem = Pem(folder / "pem")
        certificate, key = self.pem.sign("server")
        self.server_pem = self.pem.folder / "server-both.pem"
        self.server_pem.write_text(key.read_text() + certificate.read_text())
        self.tls_port, = free_ports(1)
        self.kafka = Kafka(folder / "kafka", extra=self._listeners, jvm=KAFKA_JVM)

    def _listeners(self, kafka, node):
        plain, tls = f"PLAINTEXT://127.0.0.1:{kafka.ports[node]}", f"TLS://127.0.0.1:{self.tls_port}"
        return {"listeners": f"{plain},{tls},CONTROLLER://127.0.0.1:{kafka.controllers[node]}",
                "advertised.listeners": f"{plain},{tls}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL",
                "ssl.keystore.type": "PEM", "ssl.keystore.location": self.server_pem,
                "log.retention.check.interval.ms": 60000, "file.delete.delay.ms": 100}

    def kafka_properties(self, tls):
        if not tls:
            return [f"bootstrap.servers={self.kafka.bootstrap}"]
        return [f"bootstrap.servers=127.0.0.1:{self.tls_port}", "security.protocol=ssl",
                f"ssl.ca.location={self.pem.ca}"]

    @contextlib.contextmanager
    def topics(self, *endings):
        """Topics of one run, which are deleted afterwards."""
        stem = f"bench-{time.time_ns()}"
        names = [self.kafka.create_topic(stem + e, partitions=4, message_timestamp_type="LogAppendTime",
                                         retention_ms=3600000) for e in endings]
        try:
            yield names
        finally:
            for name in names:
                self.kafka.delete_topic(name)

    def count(self, topic):
        """{"records", "bytes", "distinct"} of a topic."""
        return output(BUILD / "bench/bench_count", self.kafka.bootstrap, topic)

    def __enter__(self):
        self.kafka.__enter__()
        return self

    def __exit__(self, *_):
        self.kafka.__exit__()


class Fake(Process):
    """fakeaws-fast, which sends its messages after start()."""

    def __init__(self, world, data, options=(), tls=False):
        ready = world.folder / "fake.ready"
        ready.unlink(missing_ok=True)
        super().__init__("fakeaws-fast", [BUILD / "integration/fakeaws/fast/fakeaws-fast", "--index", data.index,
                                          "--data", data.data, "--ready-file", ready, "--wait", "--region", REGION,
                                          *(["--tls", world.server_pem] if tls else []), *map(str, options)],
                         world.folder / "fake.log")
        told = until(lambda: ready.exists() and ready.read_text().strip(), "the fake listens", 60, alive=self)
        self.url = json.loads(told)["endpoint"]
        trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=world.pem.ca))
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trust)

    def ask(self, what):
        return json.loads(self.opener.open(f"{self.url}/_admin/{what}", timeout=30).read())


def worker_config(world, fake, topic, rejects, lanes, tls=False, properties=(), sections=None):
    """sections: more sections, and members of kafka."""
    sections = dict(sections or {})
    return config_text({
        "aws": {"region": REGION, "endpoint_sqs": fake.url, "endpoint_s3": fake.url, "endpoint_sts": fake.url,
                "path_style": True, **({"ca_bundle": str(world.pem.ca)} if tls else {})},
        "kafka": {"properties": [*world.kafka_properties(tls), *properties], "topic": topic, "rejects_topic": rejects,
                  **sections.pop("kafka", {})},
        **sections,
        "limits": {"lanes": lanes},
        "log": {"level": "warn"},
        "queues": [{"name": "bench", "url": f"{fake.url}/{ACCOUNT}/bench-0"}],
        "customers": [{"id": "bench", "queue": "bench", "bucket": BUCKET, "prefix": PREFIX, "region": REGION,
                       "account_id": ACCOUNT, "role_arn": f"arn:aws:iam::{ACCOUNT}:role/bench",
                       "external_id": "bench", "accept_role_without_external_id": True}],
    })


def _record_lags(world, topic, started_ms, rate, index):
    """p50 and p99 over records: the broker's append time less the time when their notification was due."""
    order = {line.split("\t")[2]: i for i, line in enumerate(pathlib.Path(index).read_text().splitlines())}
    lags = []
    for record in world.kafka.read(topic):
        key = json.loads(record.value)["ingest"]["object"].split("/", 3)[3]
        lags.append(record.timestamp - (started_ms + order[key] * 1000.0 / rate))
    return percentile(lags, 0.5), percentile(lags, 0.99)


def _lags(world, fake, topic, rate, index):
    """A record is acknowledged after it was appended and before its notification is deleted, so its lag is
    between the two."""
    p50, p99 = _record_lags(world, topic, fake.ask("counters")["started_ms"], rate, index)
    deleted = fake.ask("lags")
    return {"lag_p50_ms": p50, "lag_p99_ms": p99, "lag_deleted_p50_ms": percentile(deleted, 0.5),
            "lag_deleted_p99_ms": percentile(deleted, 0.99)}


def _all_deleted(fake, workers, objects):
    for w in workers:
        w.check()
    return fake.ask("counters")["deleted"] >= objects


def run_worker(world, data, lanes=8, replicas=1, fake_options=(), rate=None, tls=False, properties=(),
               watch=counters.instructions, sections=None):
    """Start everything, release the messages, wait for the last delete, check the counts.

    watch: a context manager that gets the workers' pids; its value may have a member `value`."""
    options = [*fake_options, *(["--rate", rate] if rate else [])]
    with world.topics("", "-rejects") as (topic, rejects), Fake(world, data, options, tls) as fake:
        text = worker_config(world, fake, topic, rejects, lanes, tls, properties, sections)
        workers = [Worker(world.folder, text, name=f"worker-{i}") for i in range(replicas)]
        try:
            until(lambda: fake.ask("counters")["polls"] >= replicas, "the workers poll", 60, alive=workers[0])
            before = [cpu_s(w.pid) for w in workers]
            with watch([w.pid for w in workers]) as counted:
                fake.ask("start")
                until(lambda: _all_deleted(fake, workers, data.objects),
                      lambda: f"all is deleted: {fake.ask('counters')}", 1800, every=0.1)
            used = sum(cpu_s(w.pid) - b for w, b in zip(workers, before))
            peak = max(w.peak_rss() for w in workers)
        finally:
            statuses = [w.stop(60) for w in workers]
        if any(statuses):
            raise RuntimeError(f"a worker ended with status {statuses}:\n{workers[0].tail()}")
        got, refused = world.count(topic), world.count(rejects)
        check_counts("worker", data.records, got["records"], got["distinct"], refused["records"])
        times = fake.ask("counters")
        run = {"cpu_s": used, "wall_s": (times["last_deleted_ms"] - times["started_ms"]) / 1000, "records": data.records,
               "objects": data.objects, "bytes": data.bytes, "peak_rss": peak,
               "received_again": times["received"] - data.objects}
        if times["waited_ms"]:
            run["latency_s"] = times["waited_ms"] / 1000 / times["gets"]
        if counted is not None and counted.value:
            run["instructions_per_byte"] = counted.value / data.bytes
        if rate:
            run.update(_lags(world, fake, topic, rate, data.index))
        return run


def run_program(world, data, program, mock=False, exact=False):
    """One of the comparison programs with the same objects as files. exact: its records are the lines."""
    with world.topics("") as (topic,):
        got = output(BUILD / "bench" / program, "mock" if mock else world.kafka.bootstrap, topic, *data.files)
        found = {"records": got["records"] + 1} if mock else world.count(topic)  # one more record for warm-up: {}
        check_counts(program, data.records, found["records"] - 1, None)
        if exact and found["bytes"] != data.bytes - data.records + 2:
            raise RuntimeError(f"{program}: {found['bytes']} bytes in {topic} are not the {data.bytes} put in")
    return {"cpu_s": got["cpu_s"], "wall_s": got["wall_s"], "records": got["records"], "objects": data.objects,
            "bytes": got["bytes"], "peak_rss": got["peak_rss_kb"] * 1024}


def run_python(world, data, orjson):
    """bench/worker.py with the fake."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": REGION, "NO_PROXY": "*"}
    with world.topics("") as (topic,), Fake(world, data) as fake:
        fake.ask("start")
        got = output(sys.executable, ROOT / "bench/worker.py", "--endpoint", fake.url,
                     "--queue", f"{fake.url}/{ACCOUNT}/bench-0", "--brokers", world.kafka.bootstrap,
                     "--topic", topic, "--objects", str(data.objects), *(["--orjson"] if orjson else []), **keys)
        found = world.count(topic)
        check_counts("worker.py", data.records, found["records"], found["distinct"])
    return {"cpu_s": got["cpu_s"], "wall_s": got["wall_s"], "records": got["records"], "objects": data.objects,
            "bytes": got["bytes"], "peak_rss": got["peak_rss_kb"] * 1024}
