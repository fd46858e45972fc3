# SPDX-License-Identifier: Apache-2.0
"""The memory plan holds for objects of any size."""
import gzip
import json
import os
import re
import subprocess

import pytest
import zstandard

from .parts.events import generate
from .parts.large import repeated_gzip
from .parts.places import binary
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
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


# ---- Worst lines on all lanes ----

def _filled(head, unit, tail, size):
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


def _escaped(text):
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


_EVENT = (b'{"timestamp":"2026-05-11T22:20:00Z","vendor":"beacon","product":"endpoint-agent","schema_version":"1.0",'
          b'"event":{"kind":"agent_runtime","action":"file.read","category":"file"},"severity":"wrong","raw":{')
_RECORD = b'{"body":{"stringValue":"b"},"attributes":[{"key":"k","value":{"intValue":"1"}}]},'
_REQUEST = b'{"resourceLogs":[{"resource":{"attributes":[{"key":"\xff","value":{"stringValue":"r"}}]},"a":1,"a":2,' \
           b'"scopeLogs":[{"logRecords":['


def _worst_lines(size):
    """Lines of so many bytes that need the most memory of each step: readers, sanitizing, repair, copies."""
    inner = _filled(b'{"Records":[', b'{"user":"u","a":1,"a":2},', b'{"user":"v"}]}', size * 2 // 3)
    yield _filled(b'{"user":"u","a":[', b"1,", b"1]}", size)
    yield _filled(b'{"user":"u","a":{', b'"":1,', b'"b":1}}', size)
    yield _filled(b'{"user":"u","message":"', b"\xff", b'"}', size)
    yield _filled(b'{"message":"{\\"user\\":\\"u\\",\\"prompt\\":\\"', b"\xff", b'\\"}"}', size)
    yield b'{"message":"' + _escaped(inner)[:size - 20].rsplit(b",{", 1)[0] + _escaped(b"]}") + b'"}'
    yield _filled(_EVENT, b'"a":"\xff\x01",', b'"b":1}}', size)
    yield _filled(_REQUEST, _RECORD, _RECORD[:-1] + b"]}]}]}", size)
    yield _filled(b"[", b'{"user":"u"},', b'{"user":"v"}]', size)


@pytest.mark.slow
@pytest.mark.parametrize("lanes, line_mib", [(16, 1), (64, 1), (16, 8)])
def test_worst_lines_on_all_lanes_stay_below_the_plan(strict: StrictWorld, lanes, line_mib):
    if "asan" in os.environ.get("INGEST_BINARY", ""):
        pytest.skip("a sanitizer's shadow memory is not the worker's")
    kinds = list(_worst_lines(line_mib * MIB - 100))
    customers = [strict.customer(f"worst-{n}") for n in range(16)]
    worker = strict.start(limits={"lanes": lanes, "line_bytes": f"{line_mib}MiB"}, kafka={"queue_bytes": "16MiB"})
    strict.settled()
    objects = 2 * lanes
    for n in range(objects):
        lines = [kinds[(n + i) % len(kinds)] for i in range(max(2, 8 // line_mib))]
        body = b"\n".join(lines) + b"\n"
        window = zstandard.ZstdCompressionParameters.from_level(1, window_log=23, write_content_size=False)
        packed = zstandard.ZstdCompressor(compression_params=window).compressobj()
        customers[n % len(customers)].put(f"{n}", packed.compress(body) + packed.flush() if n % 4 else body)

    def ended():
        return len({line["object"] for line in worker.lines() if line["msg"].startswith("object ") and "object" in line})
    until(lambda: ended() >= objects, lambda: f"{ended()} of {objects}\n{worker.tail()}", 400, every=1, alive=worker)
    plan = worker.lines(msg="memory plan")[0]
    peak = worker.peak_rss() / MIB
    print(f"{lanes} lanes, lines of {line_mib} MiB: peak {peak:.0f} of {plan['total_mib']} MiB; {plan}")
    assert peak < int(plan["total_mib"])
    worker.kill()


def _dense_body(customer, n):
    """As many records as a body may have, with the shortest texts: each becomes a structure."""
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": customer.bucket}, "object": {"key": ""}}}
    made = []
    for k in range(9900):
        record["s3"]["object"]["key"] = customer.key(f"{n:x}-{k:x}")
        made.append(json.dumps(record, separators=(",", ":")))
    return '{"Records":[' + ",".join(made)[:MIB - 100].rsplit(",{\"eventName", 1)[0] + "]}"


@pytest.mark.slow
def test_dense_bodies_on_all_lanes_stay_below_the_plan(strict: StrictWorld):
    """A message is held while it waits and while a lane has it."""
    if "asan" in os.environ.get("INGEST_BINARY", ""):
        pytest.skip("a sanitizer's shadow memory is not the worker's")
    lanes = 64
    customers = [strict.customer(f"dense-{n}") for n in range(lanes)]
    for customer in customers:
        strict.fake.fault(service="s3", action="GetObject", bucket=customer.bucket, delay_s=600, count=-1)
    worker = strict.start(limits={"lanes": lanes}, kafka={"queue_bytes": "16MiB"}, metrics=LISTEN)
    window = Window(worker)
    before = worker.peak_rss() / MIB
    for customer in customers:
        for n in range(2):
            customer.queue.send(_dense_body(customer, n))
    long = 3 * lanes // 4  # a quarter is kept for customers whose objects have been short

    def held():
        return window.value("lanes_busy") or 0, window.value("inbox_messages") or 0
    until(lambda: held()[0] >= long and sum(held()) >= lanes - 4, lambda: f"{held()}: lanes and waiting", 300, every=1,
          alive=worker)
    plan = worker.lines(msg="memory plan")[0]
    peak = worker.peak_rss() / MIB
    print(f"{held()} on lanes and waiting: {before:.0f} MiB before, peak {peak:.0f} of {plan['total_mib']} MiB; {plan}")
    assert peak < int(plan["total_mib"])
    worker.kill()


@pytest.mark.slow
def test_dense_bodies_of_many_queues_stay_below_the_plan_and_small_ones_are_read(strict: StrictWorld):
    """Each of 300 queues has a body of 1 MiB, whose objects do not end; another customer has small notifications."""
    if "asan" in os.environ.get("INGEST_BINARY", ""):
        pytest.skip("a sanitizer's shadow memory is not the worker's")
    queues = 300
    customers = [strict.customer(f"dense-{n}") for n in range(queues)]
    normal = strict.customer("normal")
    for customer in customers:
        strict.fake.fault(service="s3", action="GetObject", bucket=customer.bucket, delay_s=600, count=-1)
    worker = strict.start(limits={"lanes": 8}, kafka={"queue_bytes": "16MiB"}, metrics=LISTEN)
    window = Window(worker)

    def reads(key):
        name = normal.put(key, generate(10, 1, "--style", "go").text)
        until(lambda: worker.lines(msg="object done", object=name), lambda: worker.tail(), 120, every=1, alive=worker)
    reads("before")
    for customer in customers:
        customer.queue.send(_dense_body(customer, 0))

    def received():
        return tuple(int(window.value(name) or 0) for name in ("lanes_busy", "inbox_messages", "messages_over_share_total"))
    until(lambda: received()[0] >= 6 and sum(received()) >= queues, lambda: f"{received()}\n{worker.tail()}", 300, every=1,
          alive=worker)
    reads("beside")
    plan = worker.lines(msg="memory plan")[0]
    peak = worker.peak_rss() / MIB
    print(f"{queues} queues: {received()} on lanes, waiting and returned, peak {peak:.0f} of {plan['total_mib']} MiB; {plan}")
    assert peak < int(plan["total_mib"])
    worker.kill()
