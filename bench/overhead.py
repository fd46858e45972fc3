# SPDX-License-Identifier: Apache-2.0
"""bench/overhead: CPU time of the worker with metrics, status and ops events, beside a worker without.

Needs build/release with the benchmark's programs (cmake --preset release -DINGEST_BENCH=ON) and Kafka
(scripts/install-deps kafka).

off      no listener, no control socket, no ops topic
on       all three; /metrics every 5 s (Prometheus: 15 s), /status.json every 5 s, as an open page does
tap      as on, and one `tap` of the customer at its usual rate
off (2)  as off: what differs between off and this is noise

Each round runs all of them once, in turn, so that other work on the machine reaches all of them; the order
changes with each round; the last lines are single requests to a worker without traffic. A difference is that of two runs of one round.
"""
import argparse
import contextlib
import pathlib
import statistics
import sys
import tempfile
import threading
import time
import urllib.request

from integration.parts.places import binary, free_ports
from integration.parts.process import Process, clean_env
from integration.parts.wait import until
from integration.parts.worker import Worker

from . import counters, measure
from .data import dataset

EVERY_S = 5
SERIES = ("off", "on", "tap", "off (2)")
WORKLOADS = {"big": (300, 4, "objects of 10 MB"), "small": (20000, 64, "objects of 5 events")}


@contextlib.contextmanager
def read_by_others(port):
    """Prometheus and an open page."""
    stop, read = threading.Event(), []

    def run():
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not stop.is_set():
            for page in ("/metrics", "/status.json"):
                read.append(len(opener.open(f"http://127.0.0.1:{port}{page}", timeout=30).read()))
            stop.wait(EVERY_S)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    if not read or min(read) == 0:
        raise RuntimeError("the metrics were not read")


@contextlib.contextmanager
def tapped(folder, socket):
    shown = Process("tap", [binary(), "tap", "bench", "--socket", socket], folder / "tap.log",
                    stdout=open(folder / "tap.out", "wb"), env=clean_env(HOME=str(folder)))
    try:
        yield
    finally:
        shown.stop()
    if (folder / "tap.out").stat().st_size == 0:
        raise RuntimeError(f"tap showed nothing:\n{shown.tail()}")


def once(world, data, lanes, name):
    if name.startswith("off"):
        return measure.run_worker(world, data, lanes=lanes)
    port, = free_ports(1)
    socket = world.folder / "control.sock"

    @contextlib.contextmanager
    def watch(pids):
        with contextlib.ExitStack() as open_:
            open_.enter_context(read_by_others(port))
            if name == "tap":
                open_.enter_context(tapped(world.folder, socket))
            yield open_.enter_context(counters.instructions(pids))

    with world.topics("-ops") as (ops,):
        run = measure.run_worker(world, data, lanes=lanes, watch=watch, sections={
            "kafka": {"ops_topic": ops}, "metrics": {"listen": f"127.0.0.1:{port}"}, "control": {"socket": str(socket)}})
        sent = world.kafka.count(ops)
        if sent < data.objects:
            raise RuntimeError(f"{sent} ops events of {data.objects} objects")
    return run


def on_cpu_s(pid):
    """As measure.cpu_s, in nanoseconds' steps and only of the threads that are there."""
    return sum(int(p.read_text().split()[0]) for p in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def of_requests(world, data, count=300):
    """{page: (its bytes, CPU ms of a request)} of a worker without traffic."""
    port, = free_ports(1)
    opener, found = urllib.request.build_opener(urllib.request.ProxyHandler({})), {}
    with world.topics("", "-rejects") as (topic, rejects), measure.Fake(world, data) as fake:
        text = measure.worker_config(world, fake, topic, rejects, 4, sections={"metrics": {"listen": f"127.0.0.1:{port}"}})
        with Worker(world.folder, text, name="idle") as worker:
            until(lambda: fake.ask("counters")["polls"] >= 1, "the worker polls", 60, alive=worker)
            for page in ("/metrics", "/status.json", "/"):
                before, begun = on_cpu_s(worker.pid), time.monotonic()
                for _ in range(count):
                    size = len(opener.open(f"http://127.0.0.1:{port}{page}", timeout=30).read())
                took, used = time.monotonic() - begun, on_cpu_s(worker.pid) - before
                time.sleep(took)  # what the worker uses without requests
                found[page] = size, (2 * used - (on_cpu_s(worker.pid) - before)) / count * 1000
    return found


def compared(runs, gigabytes):
    """{name: (CPU s per GB, its share of change by rounds: median, least, most)}"""
    rows = {}
    for name, of in runs.items():
        changes = [100 * (a / b - 1) for a, b in zip(of, runs["off"])]
        rows[name] = (statistics.median(of) / gigabytes, statistics.median(changes), min(changes), max(changes))
    return rows


def table(workload, rounds, data, rows):
    lines = [f"{WORKLOADS[workload][2]}, {data.gigabytes:.2f} GB, {rounds} rounds:", "",
             "| | CPU s per GB | difference to off, median of rounds | least | most |", "|---|---|---|---|---|"]
    for name, (cpu, middle, least, most) in rows.items():
        difference = "| | | " if name == "off" else f"| {middle:+.1f} % | {least:+.1f} % | {most:+.1f} % "
        lines.append(f"| {name} | {cpu:.3f} {difference}|")
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--workload", choices=WORKLOADS, action="append")
    options.add_argument("--objects", type=int)
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, measure.World(pathlib.Path(folder)) as world:
        for workload in o.workload or WORKLOADS:
            objects, lanes, _ = WORKLOADS[workload]
            data = dataset(workload, o.objects or objects)
            measure.run_worker(world, data, lanes=lanes)  # a new JVM is slow; not counted
            runs = {name: [] for name in SERIES}
            for number in range(o.rounds):
                for name in SERIES if number % 2 == 0 else reversed(SERIES):
                    runs[name].append(once(world, data, lanes, name)["cpu_s"])
                    print(f"  {number + 1}/{o.rounds} {workload} {name}: {runs[name][-1]:.2f} CPU s", file=sys.stderr, flush=True)
            print(table(workload, o.rounds, data, compared(runs, data.gigabytes)), flush=True)
        for page, (size, cpu_ms) in of_requests(world, dataset("big", 100)).items():
            print(f"A request of {page} ({size:,} bytes): {cpu_ms:.2f} CPU ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
