# SPDX-License-Identifier: Apache-2.0
"""What is measured. Each workload is a function: bench -> list of results and ratios to report."""
from dataclasses import replace

from . import measure
from .data import dataset

WORKLOADS = {}


def workload(name, title):
    def keep(function):
        WORKLOADS[name] = (title, function)
        return function
    return keep


class Bench:
    def __init__(self, folder, kafka, repeats, scale, say, tls_kafka=None):
        self.folder, self.kafka, self.repeats, self.scale, self.say = folder, kafka, repeats, scale, say
        self.tls_kafka = tls_kafka

    def data(self, kind, amount, queues=1):
        return dataset(kind, max(1, int(amount * self.scale)), queues, self.say)

    def median(self, run, *args, **more):
        """Run it `repeats` times: the run of median CPU, with the spread in its notes."""
        runs = sorted((run(*args, **more) for _ in range(self.repeats)), key=lambda r: r.cpu_s)
        middle = runs[len(runs) // 2]
        spread = [round(r.cpu_per_gb, 2) for r in (runs[0], runs[-1])]
        self.say(f"  {middle.name}: {middle.cpu_per_gb:.2f} CPU s/GB {spread}, {middle.bytes / 1e6 / middle.wall_s:.0f} MB/s")
        return replace(middle, notes={**middle.notes, "cpu_s_per_gb_min_max": spread, "runs": len(runs)})

    def worker(self, name, data, **more):
        return self.median(measure.run_worker, name, self.folder, more.pop("kafka", self.kafka), data, **more)


@workload("W1", "big gzip objects of Beacon events, 10 MB each, against the limits")
def w1(b):
    data = b.data("big", 1000)
    worker = b.worker("worker", data, lanes=4)
    others = [b.median(measure.run_program, "limit", b.kafka, data, "bench_limit"),
              b.median(measure.run_program, "jsonc", b.kafka, data, "bench_jsonc")]
    part = b.data("big", 100)  # slower by an order: CPU per GB needs no more
    others += [b.median(measure.run_python, name, b.folder, b.kafka, part, orjson)
               for name, orjson in (("python", False), ("python-orjson", True))]
    for other in others:
        other.notes["worker_is_faster"] = round(other.cpu_per_gb / worker.cpu_per_gb, 2)
    return [worker, *others]


@workload("W2", "small objects of 5 events, 64 lanes")
def w2(b):
    data = b.data("small", 100000)
    return [b.worker("small", data, lanes=64)]


@workload("W3", "mixed shapes: 10 % each of flat, ECS, OTel, hook payloads")
def w3(b):
    return [b.worker("mixed", b.data("mixed", 500), lanes=4)]


@workload("W4", "one object of 5 GB")
def w4(b):
    return [b.worker("huge", b.data("huge", 5000), lanes=4)]


@workload("W5", "plain objects, not compressed")
def w5(b):
    return [b.worker("plain", b.data("plain", 500), lanes=4)]


@workload("W6", "Kafka compression")
def w6(b):
    data = b.data("big", 500)
    return [b.worker(f"codec-{codec}", data, lanes=4, properties=[f"compression.codec={codec}"])
            for codec in ("none", "lz4", "zstd")]


@workload("W8", "steady load at 70 % of what is reached: lag")
def w8(b):
    data = b.data("small", 20000)
    full = b.worker("full-load", data, lanes=16)
    rate = int(0.7 * full.objects / full.wall_s)
    steady = b.worker("steady", data, lanes=16, rate=rate)
    steady.notes["objects_per_s"] = rate
    return [full, steady]


@workload("W9", "1, 2 and 4 replicas")
def w9(b):
    data = b.data("big", 500)
    results = [b.worker(f"replicas-{n}", data, lanes=2, replicas=n) for n in (1, 2, 4)]
    for r in results[1:]:
        r.notes["cpu_to_one"] = round(r.cpu_per_gb / results[0].cpu_per_gb, 2)
    return results


@workload("W10", "S3 with 30 ms latency: lanes and memory")
def w10(b):
    data = b.data("small", 20000)
    results = []
    for lanes in (16, 64, 128):
        r = b.worker(f"latency-{lanes}", data, lanes=lanes, fake_options=["--latency-ms", 30])
        r.notes["by_arithmetic_objects_per_s"] = round(lanes / 0.030)
        results.append(r)
    return results
