# SPDX-License-Identifier: Apache-2.0
"""bench/run: builds release, starts the fast fake of AWS and a real Kafka, measures, reports.

Every run checks that each record arrived once; otherwise it is no result and the program fails.
"""
import argparse
import pathlib
import sys
import tempfile

from integration.parts.kafka import Kafka
from integration.parts.places import binary

from . import report
from .workloads import WORKLOADS, Bench


def main():
    p = argparse.ArgumentParser(prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                epilog="workloads:\n" + "\n".join(f"  {n:4} {t}" for n, (t, _) in WORKLOADS.items()))
    p.add_argument("--only", action="append", choices=WORKLOADS, metavar="W", help="run this workload (may be repeated)")
    p.add_argument("--repeats", type=int, default=3, help="runs of each; the median is reported (default 3)")
    p.add_argument("--scale", type=float, default=1.0, help="share of each workload's amount, to try things (default 1)")
    p.add_argument("--out", type=pathlib.Path, default=pathlib.Path("bench"), help="where RESULTS.md goes (default bench/)")
    a = p.parse_args()

    say = lambda text: print(text, file=sys.stderr, flush=True)
    results = {}
    with tempfile.TemporaryDirectory(prefix="ingest-bench-") as folder:
        folder = pathlib.Path(folder)
        with Kafka(folder / "kafka", extra={"log.retention.check.interval.ms": 60000}) as kafka:
            bench = Bench(folder, kafka, a.repeats, a.scale, say)
            for name in a.only or WORKLOADS:
                title, function = WORKLOADS[name]
                say(f"{name}: {title}")
                results[name] = (title, function(bench))
    a.out.mkdir(parents=True, exist_ok=True)
    report.write(a.out, results, binary(), {"repeats": a.repeats, "scale": a.scale})
    say(f"written: {a.out / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
