# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of a report. Nothing here measures, waits or writes."""
import math
import statistics


class WrongCount(AssertionError):
    """Records were lost or duplicated: the run has no result."""


def check_counts(name, expected, found, distinct, rejects=0):
    """expected: number of lines; found: number of records in the topic; distinct: number of different
    origins.

    distinct None: the program's records have no origin."""
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
    """The smallest value that at least `share` (0 to 1) of them do not exceed. None: there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def rates(run):
    """The rates of one run, a dict with cpu_s, wall_s, bytes, objects and more."""
    gb = run["bytes"] / 1e9
    more = {"peak_mib": run["peak_rss"] / 2**20} if run.get("peak_rss") else {}
    kept = {k: v for k, v in run.items() if k.startswith(("lag_", "latency_", "instructions_per_byte")) and v is not None}
    return {"cpu_s_per_gb": run["cpu_s"] / gb, "mb_per_s": run["bytes"] / 1e6 / run["wall_s"],
            "objects_per_s": run["objects"] / run["wall_s"], "objects_per_cpu_s": run["objects"] / run["cpu_s"],
            **more, **kept}


def summary(runs):
    """Median, minimum and maximum of each rate over the runs."""
    each = [rates(run) for run in runs]
    return {name: spread([r[name] for r in each]) for name in each[0] if all(name in r for r in each)}


def ratio(over, under, rate="cpu_s_per_gb"):
    """The ratio over / under: of the medians, and minimum and maximum over the rounds, in which run i of one
    is compared with run i of the other."""
    rounds = [rates(a)[rate] / rates(b)[rate] for a, b in zip(over, under)]
    return {"median": summary(over)[rate]["median"] / summary(under)[rate]["median"],
            "min": min(rounds), "max": max(rounds)}


def lanes_of_one_customer(lanes):
    """What a customer that is alone has of all lanes: as much stays free for others (include/base/share.h)."""
    return lanes // 2


def by_latency(lanes, latency_s, unhindered_per_s):
    """Objects per second: each lane starts at most one per latency; and not more than without latency."""
    return min(lanes / latency_s, unhindered_per_s)


def memory_bound_mib(queue_mib):
    """The worker's maximum memory: its own 64 MiB, and librdkafka's queue with its overhead."""
    return 64 + 1.6 * queue_mib
