# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of a report: nothing here measures, waits or writes."""
import math
import statistics


class WrongCount(AssertionError):
    """Records were lost or doubled: not a result."""


def check_counts(name, expected, found, distinct, rejects=0):
    """expected: lines put in; found: records in the topic; distinct: of different origin among them.
    distinct None: the program's records do not say where they came from."""
    wrong = []
    if found < expected:
        wrong.append(f"{expected - found} lost")
    if found > expected:
        wrong.append(f"{found - expected} too many")
    if distinct is not None and distinct != expected:
        wrong.append(f"{found - distinct} doubled, {expected - distinct} origins missing")
    if rejects:
        wrong.append(f"{rejects} rejected")
    if wrong:
        raise WrongCount(f"{name}: {expected} records put in, {found} came out: {'; '.join(wrong)}. This is no result")


def percentile(values, share):
    """The smallest value that at least `share` (0 to 1) of them do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def rates(run):
    """What one run comes to. run: dict with cpu_s, wall_s, bytes, objects and more."""
    gb = run["bytes"] / 1e9
    more = {"peak_mib": run["peak_rss"] / 2**20} if run.get("peak_rss") else {}
    kept = {k: v for k, v in run.items() if k.startswith(("lag_", "latency_", "instructions_per_byte")) and v is not None}
    return {"cpu_s_per_gb": run["cpu_s"] / gb, "mb_per_s": run["bytes"] / 1e6 / run["wall_s"],
            "objects_per_s": run["objects"] / run["wall_s"], "objects_per_cpu_s": run["objects"] / run["cpu_s"],
            **more, **kept}


def summary(runs):
    """Of every rate its median, least and greatest over the runs."""
    each = [rates(run) for run in runs]
    return {name: spread([r[name] for r in each]) for name in each[0] if all(name in r for r in each)}


def ratio(over, under, rate="cpu_s_per_gb"):
    """How many times `over` is `under`: of the medians; least and greatest over the rounds, in
    which run i of one stands beside run i of the other."""
    rounds = [rates(a)[rate] / rates(b)[rate] for a, b in zip(over, under)]
    return {"median": summary(over)[rate]["median"] / summary(under)[rate]["median"],
            "min": min(rounds), "max": max(rounds)}


def by_latency(lanes, latency_s, unhindered_per_s):
    """Objects per second: each lane can begin one per latency; and no more than without latency."""
    return min(lanes / latency_s, unhindered_per_s)


def memory_bound_mib(queue_mib):
    """What the worker may take: its own 64 MiB and librdkafka's queue with its overhead."""
    return 64 + 1.6 * queue_mib
