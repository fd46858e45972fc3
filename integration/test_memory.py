# SPDX-License-Identifier: Apache-2.0
"""The memory plan holds for objects of any size."""
import gzip
import os

import pytest

from .parts.events import generate
from .parts.large import repeated_gzip
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
