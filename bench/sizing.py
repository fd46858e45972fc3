# SPDX-License-Identifier: Apache-2.0
"""bench/sizing: the tables of docs/guide-sizing.md and the thresholds of the autoscaling rule, from the measured figures
(bench/results.json, the source of docs/performance.md too) and the prices (bench/prices.py), and a simulation of 64 replicas.

    bench/sizing                     writes them, as bench/run does at its end; --check fails if one is outdated
    bench/sizing --tb 3 --customers 400 --object-mb 1 --peak 2      the row of your own load
    bench/sizing --simulate          64 replicas on one queue, of which eight are killed

CPU is measured; what it is multiplied with is an assumption, which stands in ASSUMED.
"""
import argparse
import json
import math
import random
import re
import statistics
import sys
from collections import deque
from heapq import heappop, heappush

import yaml

from integration.parts.places import ROOT

from . import prices
from .report import had_other_work

DOCUMENT, RESULTS = ROOT / "docs/guide-sizing.md", ROOT / "bench/results.json"
RULE, POD = ROOT / "deploy/kubernetes/overlays/keda/scaledobject.yaml", ROOT / "deploy/kubernetes/base/deployment.yaml"
MARKED = re.compile(r"(<!-- sizing: (\w+) -->\n).*?(<!-- end of sizing -->)", re.S)
THRESHOLD = re.compile(r'(valueLocation: worker\.backlog_(?:(?!valueLocation).)*?targetValue: )"\d+"', re.S)
DAY_S, MONTH_DAYS = 86400, 30.4
TARGET_S, TARGET_VCPUS = 120, (1, 2, 4)
INSTANCE = "c7i.large"  # two vCPUs
ASSUMED = {
    "peak": 3.0,             # the busiest hour, as a multiple of the day's average
    "used": prices.USED,     # of a vCPU in that hour
    "vcpus": 2,              # of a replica
    "lanes": 16,             # 8 for each vCPU
    "lane_mib": 3,           # ARCHITECTURE.md
    "kafka_mib": 1.6 * 64,   # kafka.queue_bytes, and librdkafka's overhead
    "large_mib": 60,         # places for large objects, readers of long lines
    "customers_per_queue": 50,
    "partition_mb_s": 10,    # of events before compression, for one partition
    "least": 2,              # replicas, so that one may be stopped
}
CUSTOMER_MIB = 273 / 10000   # docs/performance.md, thousands of customers: 10,000 customers and 2,000 queues
POLLS_A_DAY, ATTRIBUTES_A_DAY = DAY_S / 20, DAY_S / 60  # of a queue, by each replica


def measured(results, series):
    """CPU seconds for a GB, and bytes of an object, of W7: TLS, as S3 and SQS require it."""
    runs = results["workloads"]["W7"]["series"][series]
    return (statistics.median(r["cpu_s"] / (r["bytes"] / 1e9) for r in runs), runs[0]["bytes"] / runs[0]["objects"])


def cpu_s_per_object(results, object_bytes):
    """A straight line through the two measured sizes: a part for each object, and a part for each byte."""
    (big, big_bytes), (small, small_bytes) = measured(results, "big, TLS"), measured(results, "small, TLS")
    each_byte = (big * big_bytes - small * small_bytes) / 1e9 / (big_bytes - small_bytes)
    each_object = small * small_bytes / 1e9 - each_byte * small_bytes
    return each_object + each_byte * object_bytes


def size(results, tb_a_day, customers, object_bytes, assumed=None):
    a = {**ASSUMED, **(assumed or {})}
    objects = tb_a_day * 1e12 / object_bytes
    average = objects * cpu_s_per_object(results, object_bytes) / DAY_S
    vcpus = average * a["peak"] / a["used"]
    replicas = max(a["least"], math.ceil(vcpus / a["vcpus"]))
    memory = a["lanes"] * a["lane_mib"] + a["kafka_mib"] + a["large_mib"] + customers * CUSTOMER_MIB
    queues = math.ceil(customers / a["customers_per_queue"])
    polls = queues * replicas * (POLLS_A_DAY + ATTRIBUTES_A_DAY)
    sqs = objects * prices.SQS_REQUESTS + polls
    dollars, of_instance = prices.VCPU_HOUR[INSTANCE]
    compute = replicas * a["vcpus"] * dollars / of_instance * 24 * MONTH_DAYS
    requests = (objects * prices.GET + sqs * prices.SQS) * MONTH_DAYS
    mb_s = tb_a_day * 1e6 / DAY_S * a["peak"]
    return {"replicas": replicas, "vcpus": average, "peak_vcpus": vcpus, "memory_mib": math.ceil(memory / 64) * 64,
            "partitions": max(6, math.ceil(mb_s / a["partition_mb_s"])), "queues": queues, "objects": objects,
            "requests": objects + sqs, "compute": compute, "request_dollars": requests, "dollars": compute + requests}


def large(n):
    for unit, by in (("billion", 1e9), ("million", 1e6), ("thousand", 1e3)):
        if n >= by:
            return f"{n / by:.3g} {unit}"
    return f"{n:.0f}"


def row(tb, customers, object_bytes, s):
    return (f"| {tb:g} | {customers:,} | {object_bytes / 1e6:g} MB | {s['replicas']} | {s['vcpus']:.2f} | {s['peak_vcpus']:.1f} | "
            f"{s['memory_mib']} MiB | {s['partitions']} | {large(s['requests'])} | {s['compute']:,.0f} | {s['request_dollars']:,.0f} | "
            f"{s['dollars']:,.0f} |")


HEAD = ("| TB a day | customers | objects | replicas | vCPU, average | vCPU, busiest hour | memory of each | partitions | "
        "requests a day | compute, $ a month | requests, $ | all, $ |\n|" + "---|" * 12)


def sizes_table(results):
    rows = [row(tb, customers, bytes_, size(results, tb, customers, bytes_))
            for bytes_ in (10e6, 1e6, 1e5) for tb in (1, 10, 100) for customers in (100, 1000, 10000)]
    return "\n".join([HEAD, *rows])


def measured_table(results):
    rows = [f"| {name} | {measured(results, series)[0]:.2f} | {1000 * cpu_s_per_object(results, bytes_):.2f} |"
            for name, series, bytes_ in (("10.5 MB", "big, TLS", measured(results, "big, TLS")[1]),
                                         ("8.6 kB", "small, TLS", measured(results, "small, TLS")[1]))]
    machine = results["facts"]["machine"]
    said = f"{machine['cpu']}, {machine['cores']} vCPUs; commit {results['commit']}, {results['date']}."
    if had_other_work(results, "W7"):
        said += "\n**The vCPUs had other work, so these figures may be too high: measure on yours.**"
    return "\n".join([said, "", "| objects of | CPU s/GB, TLS | CPU ms for an object |", "|---|---|---|", *rows])


# ---- 64 replicas ----


class Replicas:
    """Replicas on one queue: long polls of ten messages, an inbox, two cores each. Time is the simulation's."""
    POLL_S, VISIBILITY_S, INBOX = .02, 120, 32

    def __init__(self, count, cores, cpu_s, seed=1):
        self.random, self.now, self.events, self.order = random.Random(seed), 0.0, [], 0
        self.queue, self.cores, self.cpu_s = deque(), cores, cpu_s
        self.alive, self.inbox = [True] * count, [deque() for _ in range(count)]
        self.idle, self.polling, self.working = [cores] * count, [False] * count, [set() for _ in range(count)]
        self.waiting, self.lags, self.done = deque(), [], [0] * count
        self.receives = self.again = self.in_flight = self.most_in_flight = 0

    def at(self, s, what, *arguments):
        self.order += 1
        heappush(self.events, (self.now + s, self.order, what, arguments))

    def arrive(self, message):
        self.queue.append(message)
        while self.waiting and self.queue:
            self.answer(self.waiting.popleft())

    def poll(self, r):
        if self.alive[r] and not self.polling[r] and len(self.inbox[r]) < self.INBOX:
            self.polling[r] = True
            self.receives += 1
            self.at(self.POLL_S, self.asked, r)

    def asked(self, r):
        if self.queue:
            self.answer(r)
        else:
            self.waiting.append(r)

    def answer(self, r):
        self.polling[r] = False
        if not self.alive[r]:
            return
        for _ in range(min(10, self.INBOX - len(self.inbox[r]), len(self.queue))):
            self.inbox[r].append(self.queue.popleft())
            self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.work(r)
        self.poll(r)

    def work(self, r):
        while self.idle[r] and self.inbox[r]:
            message = self.inbox[r].popleft()
            self.idle[r] -= 1
            self.working[r].add(message)
            self.at(self.random.uniform(.5, 1.5) * self.cpu_s, self.finish, r, message)

    def finish(self, r, message):
        if self.alive[r]:
            self.working[r].discard(message)
            self.idle[r] += 1
            self.done[r] += 1
            self.in_flight -= 1
            self.lags.append((self.now, self.now - message[1]))
            self.work(r)
            self.poll(r)

    def kill(self, r):
        self.alive[r] = False
        for message in (*self.inbox[r], *self.working[r]):
            self.again += 1
            self.at(self.VISIBILITY_S, self.return_message, message)

    def return_message(self, message):
        self.in_flight -= 1
        self.arrive(message)

    def run(self, rate, seconds, kills=()):
        for r in range(len(self.alive)):
            self.poll(r)
        t, n = 0.0, 0
        while t < seconds:
            t, n = t + self.random.expovariate(rate), n + 1
            self.at(t, self.arrive, (n, t))
        for at, r in kills:
            self.at(at, self.kill, r)
        while self.events:
            self.now, _, what, arguments = heappop(self.events)
            what(*arguments)
        return n


def simulated(results, count=64, seconds=600):
    """Busy to `used`, objects of 10 MB, without and with eight replicas that are killed at once."""
    cpu_s = cpu_s_per_object(results, 10e6)
    rate = count * ASSUMED["vcpus"] * ASSUMED["used"] / cpu_s
    found = []
    for killed in (0, count // 8):
        fleet = Replicas(count, ASSUMED["vcpus"], cpu_s)
        sent = fleet.run(rate, seconds, [(seconds / 3, r) for r in range(killed)])
        lags = sorted(lag for _, lag in fleet.lags)
        alive = [n for n, a in zip(fleet.done, fleet.alive) if a]
        found.append({"killed": killed, "sent": sent, "done": len(lags), "rate": rate, "p50": lags[len(lags) // 2],
                      "p99": lags[int(.99 * len(lags))], "within": sum(lag <= 300 for lag in lags) / len(lags), "most": lags[-1],
                      "least_share": min(alive) / statistics.mean(alive), "most_share": max(alive) / statistics.mean(alive),
                      "again": fleet.again, "in_flight": fleet.most_in_flight, "receives": fleet.receives / len(lags)})
    return found


def simulation_table(results):
    rows = [f"| {s['killed']} | {s['rate']:.0f} | {s['sent']:,} | {s['done']:,} | {s['p50']:.2f} | {s['p99']:.2f} | {s['most']:.0f} | "
            f"{s['least_share']:.2f} to {s['most_share']:.2f} | {s['again']} | {s['in_flight']:,} | {s['receives']:.2f} |"
            for s in simulated(results)]
    return "\n".join(["| killed | objects/s | sent | delivered | lag p50, s | p99, s | greatest, s | share of a replica, mean = 1 | "
                      "received again | in flight, most | receives for an object |", "|" + "---|" * 11, *rows])


def target(results, object_bytes, vcpus):
    """Messages that a replica works off in TARGET_S, half of the objective of freshness: one digit, rounded down."""
    exact = TARGET_S * vcpus / cpu_s_per_object(results, object_bytes)
    digit = 10 ** int(math.log10(exact))
    return int(exact // digit * digit)


def targets_table(results):
    rows = []
    for object_bytes in (10e6, 1e6, 1e5, 1e4):
        cells = [f"{target(results, object_bytes, vcpus):,}" for vcpus in TARGET_VCPUS]
        rows.append(f"| {object_bytes / 1e6:g} MB | {cpu_s_per_object(results, object_bytes) * 1000:.2f} | " + " | ".join(cells) + " |")
    heads = " | ".join(f"`targetValue` with {n} vCPU" for n in TARGET_VCPUS)
    return "\n".join([f"| objects of | CPU ms for an object | {heads} |", "|" + "---|" * (2 + len(TARGET_VCPUS)), *rows])


TABLES = {"measured": measured_table, "sizes": sizes_table, "simulation": simulation_table, "targets": targets_table}


def filled(text, results):
    return MARKED.sub(lambda m: f"{m[1]}\n{TABLES[m[2]](results)}\n\n{m[3]}", text)


def pod_vcpus():
    pod = yaml.safe_load(POD.read_text())["spec"]["template"]["spec"]
    return int(pod["containers"][0]["resources"]["requests"]["cpu"])


def with_thresholds(text, results):
    """The rule with the backlog's thresholds: of objects of 10 MB, for the CPU that a pod requests."""
    return THRESHOLD.sub(rf'\g<1>"{target(results, 10e6, pod_vcpus())}"', text)


def write(results, check=False):
    """Returns the files that are (with check: would be) changed."""
    changed = []
    for path, fill in ((DOCUMENT, filled), (RULE, with_thresholds)):
        text = path.read_text()
        if (new := fill(text, results)) != text:
            changed.append(path)
            if not check:
                path.write_text(new)
    return changed


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--tb", type=float, help="terabytes of decompressed text a day")
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--object-mb", type=float, default=10, help="decompressed")
    parser.add_argument("--peak", type=float, default=ASSUMED["peak"])
    args = parser.parse_args(argv)
    results = json.loads(RESULTS.read_text())
    if args.tb:
        print(HEAD)
        bytes_ = args.object_mb * 1e6
        print(row(args.tb, args.customers, bytes_, size(results, args.tb, args.customers, bytes_, {"peak": args.peak})))
        return
    if args.simulate:
        print(simulation_table(results))
        return
    changed = write(results, args.check)
    if args.check and changed:
        sys.exit(f"{', '.join(str(p.relative_to(ROOT)) for p in changed)}: not what bench/results.json gives: bench/sizing")


if __name__ == "__main__":
    main()
