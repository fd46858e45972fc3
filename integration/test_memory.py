# SPDX-License-Identifier: Apache-2.0
"""The memory plan holds for objects of any size."""
import gzip
import json
import os
import re
import subprocess

import pytest

from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.places import binary
from .parts.wait import until
from .parts.world import World

MIB = 1 << 20


def test_the_large_object_is_what_gzip_takes():
    chunk = b"abc\n" * 1000
    assert gzip.decompress(repeated_gzip(chunk, 5)) == chunk * 5


@pytest.mark.slow
def test_an_object_of_two_gigabytes_stays_within_64_mib_and_the_kafka_queue(world: World, request):
    if "asan" in os.environ.get("INGEST_BINARY", ""):
        pytest.skip("a sanitizer's shadow memory is not the worker's")
    size = request.config.getoption("--object-mib") * MIB
    chunk = generate(12000, 1, "--style", "go").text
    times = -(-size // len(chunk))
    acme = world.customer("acme")
    acme.put("large.gz", repeated_gzip(chunk, times))
    queue_mib = 32
    worker = world.start(kafka={"queue_bytes": f"{queue_mib}MiB"})
    want = 12000 * times
    until(lambda: world.count() >= want, lambda: f"{world.count():,} of {want:,} records", 300, every=0.5, alive=worker)
    world.settled()
    peak = worker.peak_rss()
    print(f"{size // MIB:,} MiB decompressed, {want:,} events, peak {peak / MIB:.1f} MiB")
    assert world.count() == want
    assert peak < (64 + queue_mib) * MIB
    assert worker.stop() == 0


def _pretty(line):
    return json.dumps(json.loads(line), indent=2).encode()


def _layouts(lines):
    yield "lines", b"\n".join(lines)
    yield "values", b"".join(lines)
    yield "array", b"[" + b",".join(lines) + b"]"
    yield "document", b'{\n"Records": [\n' + b",\n".join(map(_pretty, lines)) + b"\n]\n}\n"


def _normalized(path):
    """(events, peak resident memory)"""
    peak = 0
    with open(os.devnull, "wb") as nothing:
        with subprocess.Popen([binary(), "normalize", path], stdout=subprocess.PIPE, stderr=nothing) as run:
            count = 0
            while block := run.stdout.read1(1 << 20):
                count += block.count(b"\n")
                with open(f"/proc/{run.pid}/status") as status:
                    found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.M)
                peak = max(peak, int(found[1]) * 1024 if found else 0)
    assert run.returncode == 0
    return count, peak


@pytest.mark.slow
def test_an_object_on_one_line_and_one_document_take_no_more_memory_than_lines(tmp_path):
    if "asan" in os.environ.get("INGEST_BINARY", ""):
        pytest.skip("a sanitizer's shadow memory is not the program's")
    chunk = [line for line in generate(4000, 1, "--style", "go").text.split(b"\n") if line]
    peaks = {}
    for name, object in _layouts(chunk * 5):
        (tmp_path / name).write_bytes(object)
        count, peaks[name] = _normalized(tmp_path / name)
        assert count == len(chunk) * 5, name
    print({name: f"{peak / MIB:.1f} MiB" for name, peak in peaks.items()})
    # one more value of the limit, and what its readers take
    assert max(peaks.values()) < peaks["lines"] + 4 * MIB
