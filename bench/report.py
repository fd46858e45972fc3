# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md and results.json from what the workloads gave."""
import json
import platform
import subprocess


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    cores = sum(line.startswith("processor") for line in open("/proc/cpuinfo"))
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {"cpu": cpu, "cores": cores, "memory_gib": round(memory / 2**20, 1), "kernel": platform.release()}


def versions(binary):
    return subprocess.run([binary, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()


def _number(value, digits=2):
    return "" if value is None else f"{value:.{digits}f}" if digits else f"{value:.0f}"


def _table(results):
    yield "| run | CPU s/GB | MB/s | objects/s | objects per CPU s | peak memory MiB | lag p50/p99 ms | notes |"
    yield "|---|---|---|---|---|---|---|---|"
    for r in results:
        d = r.as_dict()
        lag = f"{r.lag_p50_ms:.0f} / {r.lag_p99_ms:.0f}" if r.lag_p50_ms is not None else ""
        notes = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in r.notes.items())
        yield (f"| {r.name} | {_number(d['cpu_s_per_gb'])} | {_number(d['mb_per_s'], 0)} | {_number(d['objects_per_s'], 0)} "
               f"| {_number(d['objects_per_cpu_s'], 0)} | {_number(r.peak_rss / 2**20, 0)} | {lag} | {notes} |")


def write(folder, results, binary, settings):
    """results: {workload: (title, [Result])}."""
    facts = {"machine": machine(), "versions": versions(binary), "settings": settings}
    everything = {**facts, "workloads": {name: [r.as_dict() for r in rs] for name, (_, rs) in results.items()}}
    (folder / "results.json").write_text(json.dumps(everything, indent=1) + "\n")
    m = facts["machine"]
    lines = ["# Results", "", "Written by `bench/run`; what is measured and how: docs/performance.md.", "",
             f"Machine: {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, Linux {m['kernel']}; worker, Kafka and S3 share it. "
             f"{settings['repeats']} runs each, the median is shown. GB are of decompressed text, 10^9 bytes.", "",
             *(f"- {v}" for v in facts["versions"]), ""]
    for name, (title, rs) in results.items():
        lines += [f"## {name}: {title}", "", *_table(rs), ""]
    (folder / "RESULTS.md").write_text("\n".join(lines))
