# SPDX-License-Identifier: Apache-2.0
"""integration/chaos/run: breaks parts of a cluster for a while, then checks that nothing was lost.

Starts three brokers, the strict fake of AWS and several workers with a breakable network between
them, uploads objects, and breaks one part after another, chosen with a seed. At the end everything
is repaired, the queues drain, and the content of Kafka is compared with the uploads by ingest.id.
Exit status 0: in no round anything was lost, invented, misplaced, reordered or left in a queue. The
same seed gives the same load and the same faults (but not the same interleaving). Each round prints
one line of JSON, and the last line is their sum ("total").
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

from ..parts import states
from ..parts.wait import until
from ..parts.worker import logfmt
from .checker import check
from .cluster import BROKERS, EVENTS, Cluster
from .faults import Schedule
from .load import Load


def drain(cluster, say, minutes=10):
    """Wait until no message is left. Messages hidden for a retry become visible now."""
    end = time.monotonic() + 60 * minutes
    until(lambda: all(w.running() for w in cluster.workers), "the workers run", 30)
    while (left := cluster.depth()[0]) and time.monotonic() < end:
        say(f"  {left} notifications left")
        time.sleep(5)
        cluster.fake.clock(advance_s=900)
    return left == 0


def one_round(folder, seed, minutes, replicas, rate, say):
    with Cluster(folder, replicas=replicas) as cluster:
        load, schedule = Load(seed, len(cluster.customers)), Schedule(cluster, seed, say)
        try:
            started = time.monotonic()
            end, next_fault = started + 60 * minutes, started + 5
            while (now := time.monotonic()) < end:
                cluster.put(*load.next())
                if now >= next_fault:
                    schedule.step()
                    next_fault = now + schedule.rng.uniform(0.5, 4)
                time.sleep(1 / rate)
            say("  all is repaired")
            schedule.mend_all()
            drained = drain(cluster, say)
            drain_s = time.monotonic() - end
            for worker in cluster.workers:
                worker.stop(30)
            until(lambda: cluster.kafka.in_sync(EVENTS) == BROKERS, "all brokers have all records", 180, every=1)
            verdict = check(cluster, load)
            unlisted = [said for log in sorted(folder.glob("worker-*.log"))
                        for said in states.complaints(map(logfmt, log.read_text(errors="replace").splitlines()))]
        finally:
            load.close()
    return drained and verdict.good and not unlisted, {
        "seed": seed, "minutes": minutes, "replicas": replicas, "objects": len(load.objects),
        "worker_starts": cluster.starts, "drain_s": round(drain_s), "drained": drained,
        "faults": {k: v for k, v in schedule.counts.items() if v}, "unlisted_log_lines": unlisted[:5],
        **dataclasses.asdict(verdict)}


SUMS = ("minutes", "objects", "records", "events", "repeats", "lost", "invented", "wrong_key", "other_bytes",
        "out_of_order", "rejects", "left_on_queues", "dead_letters", "worker_starts")


def total(rounds):
    """The sum over all rounds. A round that was aborted has an "error" and no numbers."""
    sums = {name: sum(r.get(name, 0) for r in rounds) for name in SUMS}
    faults = collections.Counter()
    for r in rounds:
        faults.update(r.get("faults", {}))
    return {"total": {"seeds": [r["seed"] for r in rounds], "bad_seeds": [r["seed"] for r in rounds if not r["good"]],
                      **sums, "repeats_share": round(sums["repeats"] / max(sums["records"], 1), 4),
                      "longest_drain_s": max((r.get("drain_s", 0) for r in rounds), default=0),
                      "faults": dict(faults)}}


def told_round(folder, seed, a, say):
    """one_round() that also returns a result for a round that was aborted."""
    try:
        good, told = one_round(folder, seed, a.minutes, a.replicas, a.rate, say)
    except Exception as error:
        traceback.print_exc()
        good, told = False, {"seed": seed, "error": f"{type(error).__name__}: {error}"}
    return {"good": good, **told}


def main():
    p = argparse.ArgumentParser(prog="integration/chaos/run", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=2, help="of chaos in each round (default 2)")
    p.add_argument("--seed", type=int, default=1, help="of the first round (default 1)")
    p.add_argument("--rounds", type=int, default=1, help="rounds, each with the next seed (default 1)")
    p.add_argument("--replicas", type=int, default=3, help="workers (default 3)")
    p.add_argument("--rate", type=float, default=10, help="most objects a second (default 10)")
    p.add_argument("--keep", type=pathlib.Path, help="folder for all logs; otherwise only a bad round's are kept")
    a = p.parse_args()

    say = lambda text: print(text, file=sys.stderr, flush=True)
    rounds = []
    for seed in range(a.seed, a.seed + a.rounds):
        folder = (a.keep or pathlib.Path(tempfile.mkdtemp(prefix="ingest-chaos-"))) / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        say(f"seed {seed}: {a.minutes:g} minutes, {a.replicas} workers")
        rounds.append(told_round(folder, seed, a, say))
        print(json.dumps(rounds[-1]), flush=True)
        if not rounds[-1]["good"]:
            say(f"seed {seed}: NOT GOOD; logs in {folder}; again: integration/chaos/run --seed {seed} --minutes {a.minutes:g}")
        elif not a.keep:
            shutil.rmtree(folder.parent, ignore_errors=True)
    print(json.dumps(total(rounds)), flush=True)
    return 0 if all(r["good"] for r in rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
