# SPDX-License-Identifier: Apache-2.0
"""The host and the software of a measurement."""
import hashlib
import importlib.metadata
import os
import platform
import subprocess

import confluent_kafka

from integration.parts.places import ROOT, binary, kafka_lib

from .measure import KAFKA_JVM


def _told(*argv):
    """The first line of a program's version output."""
    try:
        got = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        return got.strip().splitlines()[0] if got.strip() else "?"
    except OSError:
        return "none"


def _first(path, name):
    return next((line.split(":", 1)[1].strip() for line in open(path) if line.startswith(name)), "?")


def machine():
    cores = sum(line.startswith("processor") for line in open("/proc/cpuinfo"))
    return {"cpu": f"{_first('/proc/cpuinfo', 'model name')} (family {_first('/proc/cpuinfo', 'cpu family')}, "
                   f"model {_first('/proc/cpuinfo', 'model')})",
            "cores": cores, "memory_gib": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
            "kernel": platform.release(), "virtual": "hypervisor" in open("/proc/cpuinfo").read(),
            "system": _first_of_os_release()}


def _first_of_os_release():
    return next((line.split("=", 1)[1].strip().strip('"') for line in open("/etc/os-release")
                 if line.startswith("PRETTY_NAME=")), "?")


def versions():
    packages = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("boto3", "confluent-kafka", "orjson"))
    worker = subprocess.run([binary(), "--version"], stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()
    return {"worker": worker[0], "libraries": ", ".join(worker[1:]), "compiler": _told("gcc", "--version"),
            "kafka": f"Apache Kafka {kafka_lib().parent.name.removeprefix('kafka-')}, {_told('java', '-version')}, "
                     f"{' '.join(a for a in KAFKA_JVM if a.startswith('-X'))}",
            "python": f"Python {platform.python_version()}, {packages} (with librdkafka {confluent_kafka.libversion()[0]})"}


WRITTEN = ("bench/RESULTS.md", "bench/results.json", "docs", "deploy", "README.md")  # bench/run writes these


def commit():
    def git(*argv):
        return subprocess.run(["git", "-C", ROOT, *argv], stdout=subprocess.PIPE, text=True).stdout.strip()
    changed = git("status", "--porcelain", "-uno", "--", ".", *(f":!{path}" for path in WRITTEN))
    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def busy_before():
    """The load of the last minute: measurements on a host with other work are not published."""
    return os.getloadavg()[0]


def _digest(paths):
    return hashlib.sha256(b"".join(p.read_bytes() for p in paths)).hexdigest()[:16]


def facts(scale):
    """Facts that two runs must have in common to be compared."""
    measuring = [ROOT / "bench" / name for name in ("measure.py", "workloads.py", "data.py", "worker.py")]
    measuring += sorted([*ROOT.glob("bench/*.c*"), *ROOT.glob("integration/fakeaws/fast/*.c")])
    return {"machine": machine(), "versions": versions(), "binary": _digest([binary()]), "bench": _digest(measuring),
            "scale": scale}
