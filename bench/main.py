# SPDX-License-Identifier: Apache-2.0
"""bench/run: builds release, starts the fast fake of AWS and a real Kafka, measures, reports.

Each run checks that every record arrived exactly once; otherwise the program fails. Results are
stored run by run in build/bench/, and the report is rewritten after each workload. So an aborted
run loses nothing, and --resume continues it.
"""
import argparse
import datetime
import pathlib
import sys
import tempfile
import time

from integration.parts.places import ROOT

from . import fill, machine, report, sizing
from .measure import World
from .profile import Recorder
from .store import Store
from .workloads import WORKLOADS, Bench, profile, warm_up


def _workloads(text):
    names = text.split(",")
    unknown = [n for n in names if n not in WORKLOADS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no workload {', '.join(unknown)}")
    return names


def arguments():
    p = argparse.ArgumentParser(prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                epilog="workloads:\n" + "\n".join(f"  {n:4} {t}" for n, (t, _) in WORKLOADS.items()))
    p.add_argument("--only", type=_workloads, metavar="W1,W2,...", help="run these; those measured before stay in the report")
    p.add_argument("--repeats", type=int, default=3, help="runs of each (default 3)")
    p.add_argument("--scale", type=float, default=1.0, help="share of each workload's amount, to try things (default 1)")
    p.add_argument("--profile", action="store_true", help="also where the time of W1 goes (needs perf)")
    p.add_argument("--resume", action="store_true", help="take up the runs of build/bench/ that are of this very build")
    p.add_argument("--out", type=pathlib.Path,
                   help="where RESULTS.md and results.json go (default bench/, with --scale build/bench/)")
    return p.parse_args()


def collect(store, facts):
    """All workloads that were measured under the same facts, in order."""
    parts = {name: part for name in WORKLOADS if (part := store.load(name))}
    profiled = store.load("profile")
    return {"facts": facts, "commit": machine.commit(), "date": datetime.date.today().isoformat(),
            "repeats": max((len(runs) for p in parts.values() for runs in p["series"].values()), default=0),
            **({"profile": profiled["profile"]} if profiled else {}),
            "workloads": {n: {k: p[k] for k in ("title", "load_before", "series", "notes")} for n, p in parts.items()}}


def main():
    a = arguments()
    load = machine.busy_before()
    facts = machine.facts(a.scale)
    store = Store(ROOT / "build/bench", facts)
    out = a.out or (ROOT / "bench" if a.scale == 1 else ROOT / "build/bench")
    say = lambda text: print(text, file=sys.stderr, flush=True)
    if load > 0.5 * facts["machine"]["cores"]:
        say(f"bench/run: the machine is not quiet (load {load:.1f}); the report will say so")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ingest-bench-") as folder, World(pathlib.Path(folder)) as world:
        say("Kafka warms up")
        warm_up(Bench(world, None, 1, a.scale, say))
        if a.profile:
            say("profile: W1 under perf")
            found = profile(Bench(world, None, 1, a.scale, say), Recorder(world.folder))
            store.save("profile", {"facts": facts, "profile": found})
        for name in a.only or WORKLOADS:
            title, function = WORKLOADS[name]
            say(f"{name}: {title}")
            function(Bench(world, store.begin(name, title, a.resume, load), a.repeats, a.scale, say))
            report.write(out, collect(store, facts))
            say(f"  {time.monotonic() - began:.0f} s so far")
    say(f"written: {out / 'RESULTS.md'}, results.json")
    if out == ROOT / "bench":
        fill.main()
        say(f"written: {', '.join(map(str, fill.DOCUMENTS))}")
        changed = sizing.write(collect(store, facts)) if store.load("W7") else []
        say(f"written: {', '.join(map(str, changed)) or 'no sizes, which need W7'}")


if __name__ == "__main__":
    main()
