# SPDX-License-Identifier: Apache-2.0
"""The worker's CPU time by part: samples of perf's cpu-clock with their stacks.

A sample belongs to the innermost function of its stack that has a part: memcpy called by
event_writer.c counts as making events, memcpy called by identity.c as identity. So each part
includes what it calls, except calls to another part, and the parts add up to the total. In the
kernel and in librdkafka's own threads the thread's name determines the part. Needs perf (package
linux-perf) and permission to sample one's own processes.
"""
import contextlib
import re
import shutil
import signal
import subprocess
import time
from collections import Counter

from integration.parts.places import binary

INFLATE, LINES, PARSE = "inflate", "lines", "parse"
NAMES, IDENTITY, SPLICE = "names and types", "identity", "making events (three paths)"
PRODUCE, FETCH = "hand-over to librdkafka", "HTTP, checksum of the object"
KAFKA, REPORTS = "librdkafka's threads: batches, compression, requests", "delivery reports, settlement, queues"
KERNEL_FETCH, KERNEL_PRODUCE = "kernel: receiving from S3", "kernel: called by the hand-over (wake-ups, waits, memory)"
KERNEL_KAFKA, KERNEL_OTHER = "kernel: librdkafka's threads, sending to Kafka", "kernel: other"
OTHER = "other"

BY_FILE = [  # first match; files without a part leave it to their caller
    (r"codec/(decode|gzip_header|layer|magic|text_encoding|unpack)", INFLATE), (r"codec/(framing|nesting)", LINES), (r"codec/json", PARSE),
    (r"event/(record/duplicate_names|repair/(beacon|member_rules))\.c", NAMES), (r"event/record/(identity|ordinals|record_hash)\.c", IDENTITY), (r"event/", SPLICE),
    (r"flow/produce\.c|net/sink\.c", PRODUCE), (r"net/(http|s3|signed|patience)|codec/(checksum|crc64)", FETCH),
    (r"net/sink_poll|settle/|source/|flow/inbox|net/sqs", REPORTS),
]
BY_LIBRARY = [(r"libisal", INFLATE), (r"libsimdjson", PARSE), (r"librdkafka", PRODUCE), (r"libcurl|libssl|libcrypto", FETCH)]
ORDER = [FETCH, INFLATE, LINES, PARSE, NAMES, IDENTITY, SPLICE, PRODUCE, KAFKA, REPORTS, KERNEL_FETCH, KERNEL_PRODUCE,
         KERNEL_KAFKA, KERNEL_OTHER, OTHER]

FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \(([^()]*)\)$")


def stacks(text):
    """(thread, [(function, file of the library)], innermost first) of each sample of `perf script`."""
    for block in text.strip().split("\n\n"):
        head, *rest = block.split("\n")
        yield head.strip(), [(m[1].split("+")[0], m[2]) for m in map(FRAME.match, rest) if m]


def is_kernel(library):
    return library.startswith("[") and "vdso" not in library


def part_in_program(thread, frames, files):
    """Of the worker's own threads, outside of the kernel."""
    for name, library in frames:
        place, rules = (files[name], BY_FILE) if name in files else (library, BY_LIBRARY)
        part = next((p for pattern, p in rules if re.search(pattern, place)), None)
        if part is not None:
            return REPORTS if part == PRODUCE and thread == "sink" else part
    return OTHER


def part_of(thread, frames, files):
    """files: {function of the worker: its source file}."""
    kernel = bool(frames) and is_kernel(frames[0][1])
    if thread.startswith("rdk:"):
        return KERNEL_KAFKA if kernel else KAFKA
    part = part_in_program(thread, frames, files)
    if not kernel:
        return part
    return {FETCH: KERNEL_FETCH, PRODUCE: KERNEL_PRODUCE}.get(part, KERNEL_OTHER)


def shares(text, files):
    """{part: share of the samples}, and how many there were."""
    counted = Counter(part_of(thread, frames, files) for thread, frames in stacks(text))
    total = sum(counted.values())
    return {part: counted[part] / total for part in ORDER if counted[part]}, total


def source_files(path):
    """{function: source file} of a program with debug information."""
    files = {}
    for line in subprocess.run(["nm", "-l", path], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        symbol, _, place = line.partition("\t")
        if place and symbol.split()[-2] in "tT":
            files[symbol.split()[-1]] = place.rsplit(":", 1)[0]
    return files


class Recorder:
    """with recorder.watch(pids): ...; then recorder.shares()"""

    def __init__(self, folder):
        self.data = folder / "perf.data"

    @contextlib.contextmanager
    def watch(self, pids):
        if shutil.which("perf") is None:
            raise RuntimeError("no perf: apt-get install linux-perf")
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "499", "--call-graph", "dwarf,8192",
                                 "-p", ",".join(map(str, pids)), "-o", self.data], stderr=subprocess.PIPE, text=True)
        time.sleep(1)  # it attaches to each thread
        try:
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            told = perf.communicate(timeout=60)[1]
            if not self.data.exists():
                raise RuntimeError(f"perf record: {told}")

    def shares(self):
        text = subprocess.run(["perf", "script", "--no-inline", "-F", "comm,ip,sym,dso", "-i", self.data], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace").stdout
        return shares(text, source_files(binary()))
