# SPDX-License-Identifier: Apache-2.0
"""Retired instructions, if the host's counters are readable (many virtual machines hide them)."""
import contextlib
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import lru_cache


@dataclass
class Counted:
    value: int = None  # None: not available


def parse(text):
    """perf stat -x, : the count, or None if the host does not provide it."""
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[2].startswith("instructions"):
            return int(fields[0]) if fields[0].isdigit() else None
    return None


def _perf(*more):
    return ["perf", "stat", "-x", ",", "-e", "instructions", *more]


@lru_cache
def supported():
    if shutil.which("perf") is None:
        return False
    got = subprocess.run(_perf("true"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return bool(parse(got.stderr))


@contextlib.contextmanager
def instructions(pids):
    """Of these processes during the block; user and kernel."""
    counted = Counted()
    if not supported():
        yield counted
        return
    perf = subprocess.Popen(_perf("-p", ",".join(map(str, pids))), stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    try:
        yield counted
    finally:
        perf.send_signal(signal.SIGINT)
        counted.value = parse(perf.communicate(timeout=30)[1])
