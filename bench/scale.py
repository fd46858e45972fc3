# SPDX-License-Identifier: Apache-2.0
"""bench/scale: what thousands of customers and queues in one worker cost, without traffic.

Needs build/release with fakeaws-fast (cmake --preset release -DINGEST_BENCH=ON) and Kafka
(scripts/install-deps kafka). For each pair of numbers of customers and queues it prints the times of
check-config, start and reload, the memory, the CPU time of the long polls (plain http, wait 20 s), the
page /metrics, and the number of SQS requests a day with their cost.

CPU times are those of the worker alone. A wall time on a host with other work is longer, so CPU times
of check-config, start and reload stand beside it.
"""
import argparse
import json
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import urllib.request
import uuid

from integration.parts.kafka import Kafka
from integration.parts.places import ROOT, binary, free_ports
from integration.parts.process import Process, clean_env
from integration.parts.wait import until
from integration.parts.worker import Worker

from .measure import ACCOUNT, REGION, cpu_s
from .prices import SQS

WAIT_S, ATTRIBUTES_S, DAY_S = 20, 60, 86400


def queue_name(i):
    return f"q-{i:05d}"


def own_topic(i):
    return f"scale-own-{i:05d}"


def customer_text(i, queues, topic=False):
    """An entry of customers.d/ as `onboard` writes it, without the optional keys but, if wanted, a topic of its own."""
    account = 10**11 + i
    return (f'id = "c-{i:05d}";\nqueue = "{queue_name(i % queues)}";\nbucket = "bucket-{i:05d}";\n'
            f'prefix = "asymptote/events";\nregion = "{REGION}";\naccount_id = "{account}";\n'
            f'role_arn = "arn:aws:iam::{account}:role/asymptote/ingest-{i:05d}";\n'
            f'external_id = "{uuid.uuid5(uuid.NAMESPACE_OID, str(i))}";\n' + (f'topic = "{own_topic(i)}";\n' if topic else ""))


def main_text(queues, url, brokers, listen, topic="asymptote-events"):
    rows = ",\n".join(f'  {{ name = "{queue_name(i)}"; url = "{url}/{ACCOUNT}/{queue_name(i)}"; }}' for i in range(queues))
    return (f'aws = {{ region = "{REGION}"; endpoint_sqs = "{url}"; endpoint_s3 = "{url}"; endpoint_sts = "{url}"; '
            f'path_style = true; }};\nkafka = {{ properties = ( "bootstrap.servers={brokers}" ); topic = "{topic}"; }};\n'
            f'metrics = {{ listen = "{listen}"; queue_interval = "{ATTRIBUTES_S}s"; }};\nqueues = (\n{rows}\n);\n')


def write_customers(folder, count, queues, topics=False):
    folder.mkdir(exist_ok=True)
    for i in range(count):
        (folder / f"c-{i:05d}.conf").write_text(customer_text(i, queues, topics))


def requests_a_day(queues, wait_s=WAIT_S, attributes_s=ATTRIBUTES_S):
    """Empty long polls, and the attributes that /metrics shows, of idle queues and of their dead-letter queues."""
    return queues * (DAY_S / wait_s + (1.2 * DAY_S / attributes_s if attributes_s else 0))


def check_config(conf):
    """Wall and CPU seconds, and the peak memory."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([binary(), "check-config", "-c", conf], stderr=subprocess.PIPE, text=True, env=clean_env())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return {"check_config_s": time.monotonic() - began,
            "check_config_cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


class Fake(Process):
    """fakeaws-fast with empty queues."""

    def __init__(self, folder, queues):
        index, ready = folder / "index", folder / "fake.ready"
        index.write_text("".join(f"{queue_name(i)}\tbucket\tkey-{i}\t0\t1\n" for i in range(queues)))
        (folder / "data").write_bytes(b"x")
        super().__init__("fakeaws-fast", [ROOT / "build/release/integration/fakeaws/fast/fakeaws-fast", "--index", index,
                                          "--data", folder / "data", "--ready-file", ready, "--wait", "--region", REGION],
                         folder / "fake.log")
        self.url = json.loads(until(lambda: ready.exists() and ready.read_text().strip(), "the fake listens", 60,
                                    alive=self))["endpoint"]

    def polls(self):
        return json.loads(urllib.request.urlopen(f"{self.url}/_admin/counters", timeout=30).read())["polls"]


def page(listen):
    began = time.monotonic()
    body = urllib.request.urlopen(f"http://{listen}/metrics", timeout=60).read()
    return len(body), time.monotonic() - began


def reload(worker, wanted):
    """Wall and CPU seconds from SIGHUP to the line `reloaded`, which must have `wanted`."""
    before, used, began = len(worker.reloads()), cpu_s(worker.pid), time.monotonic()
    worker.signal(signal.SIGHUP)
    line = until(lambda: worker.reloads()[before:], "a reload", 120, every=0.02, alive=worker)[0]
    if any(line.get(k) != str(v) for k, v in wanted.items()):
        raise RuntimeError(f"not {wanted}: {line}")
    return time.monotonic() - began, cpu_s(worker.pid) - used


def reloads(worker, customers, queues, out):
    folder = worker.conf.parent / "customers.d"
    out["reload_same_s"], out["reload_same_cpu_s"] = reload(worker, {"customers_added": 0, "customers_changed": 0})
    (folder / "c-00000.conf").write_text(customer_text(0, queues) + "max_lanes = 1;\n")
    out["reload_one_changed_s"], out["reload_one_changed_cpu_s"] = reload(worker, {"customers_changed": 1})
    for i in range(customers // 2):
        (folder / f"c-{i:05d}.conf").unlink()
    out["reload_half_removed_s"], out["reload_half_removed_cpu_s"] = reload(worker, {"customers_removed": customers // 2})
    for i in range(customers // 2):
        (folder / f"c-{i:05d}.conf").write_text(customer_text(i, queues))
    out["reload_half_added_s"], out["reload_half_added_cpu_s"] = reload(worker, {"customers_added": customers // 2})


def idle(worker, fake, seconds):
    """CPU time of the worker with idle queues only, after the first polls, which connect."""
    time.sleep(WAIT_S + 5)
    polls, used, began = fake.polls(), cpu_s(worker.pid), time.monotonic()
    time.sleep(seconds)
    polls, used, took = fake.polls() - polls, cpu_s(worker.pid) - used, time.monotonic() - began
    return {"polls": polls, "poll_cpu_ms": used * 1000 / polls, "idle_core_percent": 100 * used / took}


def measure_start(folder, kafka, customers, queues):
    """With a topic of its own for each customer: the start only."""
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    out = {"customers": customers, "queues": queues, "topics": customers}
    kafka.create_topics([own_topic(i) for i in range(customers)])
    kafka.create_topics(["asymptote-events", "asymptote-rejects"])
    with Fake(folder, queues) as fake:
        text = main_text(queues, fake.url, kafka.bootstrap, listen)
        write_customers(folder / "customers.d", customers, queues, True)
        (folder / "worker.conf").write_text(text)
        began = time.monotonic()
        with Worker(folder, text) as worker:
            worker.logged(300, msg="started")
            out["start_s"], out["start_cpu_s"] = time.monotonic() - began, cpu_s(worker.pid)
            until(lambda: fake.polls() >= queues, "each queue is polled", 120, alive=worker)
            out["all_polled_s"] = time.monotonic() - began
            out["rss_mib"] = worker.peak_rss() / 2**20
            out["topics_unusable"] = len(worker.lines(msg="topic cannot be used"))
            out["topics_not_checked"] = len(worker.lines(msg="kafka does not answer"))
            worker.stop(60)
    return out


def measure(folder, kafka, customers, queues, seconds):
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    topic = kafka.create_topic(f"scale-{time.time_ns()}")
    out = {"customers": customers, "queues": queues}
    with Fake(folder, queues) as fake:
        text = main_text(queues, fake.url, kafka.bootstrap, listen, topic)
        write_customers(folder / "customers.d", customers, queues)
        (folder / "worker.conf").write_text(text)
        out.update(check_config(folder / "worker.conf"))
        began = time.monotonic()
        with Worker(folder, text) as worker:
            worker.logged(120, msg="started")
            out["start_s"] = time.monotonic() - began
            out["start_cpu_s"] = cpu_s(worker.pid)
            until(lambda: fake.polls() >= queues, "each queue is polled", 120, alive=worker)
            out["all_polled_s"] = time.monotonic() - began
            out.update(idle(worker, fake, seconds))
            out["metrics_bytes"], out["metrics_s"] = page(listen)
            out["rss_mib"] = worker.peak_rss() / 2**20
            reloads(worker, customers, queues, out)
            out["rss_after_reloads_mib"] = worker.peak_rss() / 2**20
            status = worker.stop(60)
        if status:
            raise RuntimeError(f"the worker ended with status {status}")
    out["requests_a_day"] = requests_a_day(queues)
    out["dollars_a_day"] = requests_a_day(queues) * SQS
    return out


def pair(text):
    customers, queues = map(int, text.split("x"))
    return customers, queues


def main():
    p = argparse.ArgumentParser(prog="bench/scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sizes", nargs="*", type=pair, default=[(1000, 200), (10_000, 200), (10_000, 2000)],
                   metavar="CUSTOMERSxQUEUES", help="default: 1000x200 10000x200 10000x2000")
    p.add_argument("--seconds", type=int, default=60, help="time for which the idle worker is measured (default 60)")
    p.add_argument("--own-topics", action="store_true", help="a topic of its own for each customer; measure the start only")
    p.add_argument("--json", action="store_true", help="one JSON object a line")
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        folder = pathlib.Path(folder)
        with Kafka(folder / "kafka") as kafka:
            for customers, queues in a.sizes:
                place = folder / f"{customers}x{queues}"
                place.mkdir()
                found = (measure_start(place, kafka, customers, queues) if a.own_topics else
                         measure(place, kafka, customers, queues, a.seconds))
                if a.json:
                    print(json.dumps(found), flush=True)
                    continue
                print(f"{customers:,} customers, {queues:,} queues", flush=True)
                for name, value in found.items():
                    print(f"  {name:28} {value:,.3f}" if isinstance(value, float) else f"  {name:28} {value:,}", flush=True)


if __name__ == "__main__":
    main()
