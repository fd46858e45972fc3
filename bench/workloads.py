# SPDX-License-Identifier: Apache-2.0
"""The workloads. Each is a function that runs named series of runs on a Bench.

The series of one call of `rounds` are run alternately, once each per round, so that a host that
becomes slower or faster meanwhile affects all of them.
"""
from . import measure
from .data import dataset
from .figures import by_latency, lanes_of_one_customer, rates, summary

WORKLOADS = {}
QUEUE_MIB = 64  # the default of kafka.queue_bytes


def workload(name, title):
    def keep(function):
        WORKLOADS[name] = (title, function)
        return function
    return keep


class Bench:
    """What a workload needs: data, the world to run in, and the store for results."""

    def __init__(self, world, part, repeats, scale, say):
        self.world, self.part, self.repeats, self.scale, self.say = world, part, repeats, scale, say

    def data(self, kind, amount):
        return dataset(kind, max(1, round(amount * self.scale)), say=self.say)

    def rounds(self, series):
        """series: {name: function that measures once}. Series with results are not run again."""
        for number in range(self.repeats):
            for name, once in series.items():
                if len(self.part.runs(name)) > number:
                    continue
                run = once()
                self.part.add(name, run)
                r = rates(run)
                self.say(f"  {number + 1}/{self.repeats} {name}: {r['cpu_s_per_gb']:.2f} CPU s/GB, "
                         f"{r['mb_per_s']:.0f} MB/s, {r['objects_per_s']:.0f} objects/s")

    def median(self, name, rate):
        return summary(self.part.runs(name))[rate]["median"]

    def worker(self, data, **more):
        return lambda: measure.run_worker(self.world, data, **more)


def warm_up(b):
    """A new JVM interprets: the first runs would wait for an untypically slow Kafka. Not counted."""
    for tls in (False, True):
        measure.run_worker(b.world, b.data("big", 200), lanes=4, tls=tls)


def profile(b, recorder):
    """One more run of W1 under perf: {"shares", "samples"}. Its times are not used, since perf takes time
    too."""
    measure.run_worker(b.world, b.data("big", 1000), lanes=4, watch=recorder.watch)
    shares, samples = recorder.shares()
    return {"shares": shares, "samples": samples}


@workload("W1", "big gzip objects of Beacon events, 10 MB each, beside the limits")
def w1(b):
    data = b.data("big", 1000)
    part = b.data("big", 200)  # Python is slower by an order of magnitude, and CPU per GB needs no more data
    w = b.world
    b.rounds({
        "worker": b.worker(data, lanes=4),
        "limit": lambda: measure.run_program(w, data, "bench_limit", exact=True),
        "limit, mock broker": lambda: measure.run_program(w, data, "bench_limit", mock=True),
        "json-c loop": lambda: measure.run_program(w, data, "bench_jsonc"),
        "Python, json": lambda: measure.run_python(w, part, orjson=False),
        "Python, orjson": lambda: measure.run_python(w, part, orjson=True),
    })


@workload("W2", "100,000 small gzip objects of 5 events, 64 lanes")
def w2(b):
    b.part.note("worker", lanes=64, queue_mib=QUEUE_MIB)
    b.rounds({"worker": b.worker(b.data("small", 100000), lanes=64)})


@workload("W3", "mixed shapes: a tenth each of flat, ECS, OTel and hook payloads, the rest Beacon's")
def w3(b):
    b.rounds({"worker": b.worker(b.data("mixed", 500), lanes=4)})


@workload("W4", "one gzip object of 5 GB, beside objects of 10 MB")
def w4(b):
    b.rounds({"one object": b.worker(b.data("huge", 5000), lanes=4),
              "objects of 10 MB": b.worker(b.data("big", 1000), lanes=4)})


@workload("W5", "plain objects, not compressed")
def w5(b):
    b.rounds({"worker": b.worker(b.data("plain", 500), lanes=4)})


@workload("W6", "Kafka's compression")
def w6(b):
    data = b.data("big", 500)
    b.rounds({codec: b.worker(data, lanes=4, properties=[f"compression.codec={codec}"])
              for codec in ("none", "lz4", "zstd")})


@workload("W7", "TLS to S3, SQS, STS and Kafka, beside none")
def w7(b):
    big, small = b.data("big", 500), b.data("small", 50000)
    b.rounds({"big": b.worker(big, lanes=4), "big, TLS": b.worker(big, lanes=4, tls=True),
              "small": b.worker(small, lanes=64), "small, TLS": b.worker(small, lanes=64, tls=True)})


@workload("W8", "steady load at 70 % of what is reached: lag")
def w8(b):
    data = b.data("small", 60000)
    b.rounds({"full load": b.worker(data, lanes=16)})
    rate = max(1, int(0.7 * b.median("full load", "objects_per_s")))
    b.part.note("steady", objects_per_s=rate)
    b.rounds({"steady": b.worker(data, lanes=16, rate=rate)})


@workload("W9", "1, 2 and 4 replicas on one queue")
def w9(b):
    data = b.data("big", 500)
    b.rounds({f"{n} replica{'s' * (n > 1)}": b.worker(data, lanes=2, replicas=n) for n in (1, 2, 4)})


@workload("W10", "S3 with 30 ms latency: lanes, rate and memory")
def w10(b):
    data, latency = b.data("small", 20000), 0.030
    lanes = (64, 128, 256)
    b.rounds({"64 lanes, no latency": b.worker(data, lanes=64),
              **{f"{n} lanes": b.worker(data, lanes=n, fake_options=["--latency-ms", round(latency * 1000)])
                 for n in lanes}})
    free = b.median("64 lanes, no latency", "objects_per_s")
    for n in lanes:
        seen = b.median(f"{n} lanes", "latency_s")  # on a busy host the fake responds later than requested
        own = lanes_of_one_customer(n)
        b.part.note(f"{n} lanes", lanes=n, own=own, latency_ms=round(1000 * seen, 1), by_latency_alone=round(own / seen),
                    by_arithmetic=round(by_latency(own, seen, free)))
