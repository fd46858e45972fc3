# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md and results.json from the results of the workloads, and the tables that documents
quote.
"""
import json

from . import goals, prices
from .figures import ratio, summary

WORKLOADS = [f"W{i}" for i in range(1, 11)]
TABLES = ["machine", "goals", "profile", "cost", "W1-ratios", "W10-arithmetic"]

COLUMNS = [  # heading, rate, digits, with spread
    ("CPU s/GB", "cpu_s_per_gb", 2, True), ("MB/s", "mb_per_s", 0, False), ("objects/s", "objects_per_s", 0, False),
    ("objects per CPU s", "objects_per_cpu_s", 0, False), ("peak MiB", "peak_mib", 0, True),
    ("instructions per byte", "instructions_per_byte", 2, False),
]
LAGS = [("p50 to Kafka's log, ms", "lag_p50_ms", 0, True), ("p99", "lag_p99_ms", 0, True),
        ("p50 to the delete, ms", "lag_deleted_p50_ms", 0, True), ("p99", "lag_deleted_p99_ms", 0, True)]


def number(value, digits=2):
    return f"{value:,.{digits}f}"


def _cell(spread, digits, wide):
    if spread is None:
        return ""
    text = number(spread["median"], digits)
    least, most = number(spread["min"], digits), number(spread["max"], digits)
    return f"{text} ({least}–{most})" if wide and least != most else text


def markdown(head, rows):
    rows = [[str(c) for c in row] for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
                      *("| " + " | ".join(row) + " |" for row in rows)])


def series_table(part):
    """A row for each series of a workload."""
    sums = {name: summary(runs) for name, runs in part["series"].items() if runs}
    columns = [c for c in COLUMNS + LAGS if any(c[1] in s for s in sums.values())]
    noted = any(part["notes"].get(name) for name in sums)
    head = ["", *(c[0] for c in columns), *(["given"] if noted else [])]
    rows = []
    for name, s in sums.items():
        notes = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in part["notes"].get(name, {}).items())
        rows.append([name, *(_cell(s.get(rate), digits, wide) for _, rate, digits, wide in columns),
                     *([notes] if noted else [])])
    return markdown(head, rows)


def ratio_table(part, under="worker"):
    """CPU per GB of the other series, relative to one."""
    runs = part["series"]
    rows = [[name, _cell(ratio(runs[name], runs[under]), 2, True)] for name in runs
            if name != under and runs[name] and runs.get(under)]
    return markdown(["CPU per GB, in the worker's", "times"], rows)


def goals_table(workloads):
    rows = []
    for goal, value, reached in goals.rows(workloads):
        digits = 0 if goal.bound >= 100 else 2
        bound = f"{'at least' if goal.above else 'at most'} {number(goal.bound, digits)} {goal.unit}".strip()
        rows.append([goal.workload, goal.text, bound, "not measured" if value is None else
                     f"{number(value, digits)} {goal.unit}".strip(), "" if reached is None else "yes" if reached else "**no**"])
    return markdown(["", "what", "goal", "measured", "reached"], rows)


def readme_table(workloads):
    """The figures of README.md."""
    value = {goal.text: value for goal, value, _ in goals.rows(workloads)}
    return "\n".join([
        "| Measured here ([how](docs/performance.md)) | |", "|---|---|",
        "| CPU time per GB: a tuned Python consumer needs, compared with the worker | "
        f"{value[goals.PYTHON_ORJSON]:.1f} times as much with `orjson`, {value[goals.PYTHON_JSON]:.1f} times with `json` |",
        f"| time from notification to record in Kafka, p99 | {value[goals.LAG]:.0f} ms |",
        "| records lost in a test that stops brokers, network connections and workers at random | 0 |"])


def arithmetic_table(part):
    """W10: the measured rate, next to the maximum that latency allows."""
    rows = []
    for name, notes in part["notes"].items():
        if "by_arithmetic" not in notes or not part["series"].get(name):
            continue
        s = summary(part["series"][name])
        rate = s["objects_per_s"]["median"]
        rows.append([notes["lanes"], notes["own"], notes["latency_ms"], number(notes["by_latency_alone"], 0),
                     number(notes["by_arithmetic"], 0), number(rate, 0), f"{100 * rate / notes['by_arithmetic']:.0f} %", _cell(s["peak_mib"], 0, False)])
    return markdown(["lanes", "of one customer", "latency as it was, ms", "these / latency, objects/s",
                     "or the rate without latency if that is less", "measured", "share", "peak MiB"], rows)


def profile_table(results):
    """Shares of W1's time; with seconds per GB if W1 was measured."""
    w1 = results["workloads"].get("W1", {"series": {}})["series"].get("worker")
    whole = summary(w1)["cpu_s_per_gb"]["median"] if w1 else None
    rows = [[part, f"{100 * share:.1f} %", number(share * whole) if whole else ""]
            for part, share in results["profile"]["shares"].items()]
    return markdown(["part", "share", "CPU s/GB"], [*rows, ["all", "100 %", number(whole) if whole else ""]])


def cost_table(results):
    """Dollars per TB for objects of 10 MB and for small ones, over TLS as on AWS."""
    part = results["workloads"].get("W7")
    if not part:
        return "Not measured yet: W7.\n"
    rows = []
    for series, called in (("big, TLS", "10 MB"), ("small, TLS", "5 events")):
        runs = part["series"][series]
        size, cpu = runs[0]["bytes"] / runs[0]["objects"], summary(runs)["cpu_s_per_gb"]["median"]
        for instance, (dollars, vcpus) in prices.VCPU_HOUR.items():
            c = prices.cost_per_tb(cpu, size, instance)
            rows.append([f"{called} ({size:,.0f} bytes)", number(cpu), instance, f"{dollars / vcpus:.4f}",
                         number(c.compute), number(c.gets), number(c.sqs), number(c.whole)])
    return markdown(["objects", "CPU s/GB", "instance", "$ per vCPU hour", "compute $", "GETs $", "SQS $", "$ per TB"], rows)


def had_other_work(results, workload):
    """Whether other programs used more than half of a core per core before the runs of the workload."""
    return results["workloads"][workload].get("load_before", 0) > 0.5 * results["facts"]["machine"]["cores"]


def described(results):
    """The host and the numbers of runs, in lines."""
    if "facts" not in results:
        yield "Not measured yet: `bench/run`."
        return
    f, m, v = results, results["facts"]["machine"], results["facts"]["versions"]
    scale = results["facts"]["scale"]
    yield (f"{m['cpu']}, {m['cores']} cores{' of a virtual machine' if m['virtual'] else ''}, {m['memory_gib']} GiB, "
           f"{m['system']}, Linux {m['kernel']}. The worker, Kafka and the fake of AWS ran on it.")
    yield (f"Commit {f['commit']}, {f['date']}. Up to {f['repeats']} runs of each series: median, and minimum and maximum in "
           f"brackets. GB are 10^9 bytes of decompressed text.")
    if scale != 1:
        yield f"**Only {scale:g} of each workload's amount: a trial, not a result.**"
    disturbed = [(name, part["load_before"]) for name, part in f["workloads"].items() if had_other_work(f, name)]
    if disturbed:
        yield (f"**The machine had other work before {', '.join(name for name, _ in disturbed)} (load "
               f"{max(load for _, load in disturbed):.1f}): of {'it' if len(disturbed) == 1 else 'them'} only ratios can be compared.**")
    yield "\nVersions:\n"
    yield from (f"- {v[name]}" for name in ("worker", "libraries", "compiler", "kafka", "python"))


def sections(results):
    workloads = results["workloads"]
    yield "# Results\n\nWritten by `bench/run`. Method: [docs/performance.md](../docs/performance.md).\n"
    yield "\n".join(described(results)) + "\n"
    yield "## Goals\n\n" + goals_table(workloads) + "\n"
    if "profile" in results:
        yield (f"## CPU time of W1 by part\n\n{results['profile']['samples']:,} samples of perf's cpu-clock. Each is counted for the "
               f"innermost function of its stack that has a part.\n\n{profile_table(results)}\n")
    for name, part in workloads.items():
        yield f"## {name}: {part['title']}\n\n{series_table(part)}\n"
        if name == "W1":
            yield ratio_table(part) + "\n"
        if name == "W10":
            yield arithmetic_table(part) + "\n"


def write(folder, results):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "RESULTS.md").write_text("\n".join(sections(results)))
