# SPDX-License-Identifier: Apache-2.0
"""What a hostile customer can do to others: one function for each bounded resource.

    customer = attack.customer(strict, "hostile", queue)    # on this queue, or on one of its own
    attack.begin(strict, customer)

An attack lasts longer than a measurement, so it is made of many messages or of expensive ones. What it
does is in the customer's power (its bytes, names, number of objects, and messages to its own queue).
"""
import functools
import gzip
import json
import pathlib
import struct
import sys
from dataclasses import dataclass, field

import zstandard

from .events import generate
from .large import repeated_gzip

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/worst"))
import cases  # noqa: E402

MIB = 1 << 20
WORST_LINE = 900 * 1024  # a line as long as the limit allows, with room for its wrapper

NESTED_BYTES = 600 * MIB
SOME_EVENT = b'{"session_id":"s","action":"x"}\n'

# An event and 440,000 lines with a digit, in a hundred bytes of zstd (tests/app/test_normalize.c).
FEW_BYTES = bytes.fromhex(
    "28b52ffda0936d0d00e40000a07b2273657373696f6e5f6964223a2273227d0a310100d2ffcb1d134400000001"
    "00fdfff20b0444000000 0100fdff39000244000000 0100fdff39000244000000 0100fdff39000244000000 0100fdff"
    "39000245000000 0100906d390002".replace(" ", ""))


def records(customer, *names, padding=0, size=1):
    """A message that names these objects of the customer."""
    made = {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {
        "bucket": {"name": customer.bucket}, "object": {"key": customer.key(name), "size": size}}} for name in names]}
    if padding:
        made["padding"] = "x" * padding
    return json.dumps(made)


@functools.cache
def heavy():
    return repeated_gzip(generate(1000, 2).text, 60)


def _heavy_objects(strict, customer):
    for n in range(10):
        customer.put(f"heavy-{n}.gz", heavy())


def _flood(strict, customer):
    """More messages than places; on a shared queue the worker must receive them to see those behind them."""
    text = generate(3000, 2).text
    for n in range(10):
        strict.fake.put_object(customer.bucket, customer.key(f"{n}.jsonl"), text, notify_queue=False)
    for n in range(200):
        customer.queue.send(records(customer, f"{n % 10}.jsonl"))


def _large_bodies(strict, customer):
    strict.fake.put_object(customer.bucket, customer.key("a.gz"), heavy(), notify_queue=False)
    for _ in range(40):
        customer.queue.send(records(customer, "a.gz", padding=900 * 1024))


def _foreign_records(strict, customer):
    for n in range(60):
        customer.queue.send(json.dumps({"Records": [
            {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": f"foreign-{n}"}, "object": {"key": f"k/{k}"}}}
            for k in range(5000)]}))


def _folders_first(strict, customer):
    """The first record is of no customer's class, the others are expensive."""
    for n in range(8):
        strict.fake.put_object(customer.bucket, customer.key(f"{n}.gz"), heavy(), notify_queue=False)
    for n in range(8):
        body = json.loads(records(customer, *(f"{(n + k) % 8}.gz" for k in range(8))))
        body["Records"].insert(0, json.loads(records(customer, "folder/", size=0))["Records"][0])
        customer.queue.send(json.dumps(body))


def _long_lines(strict, customer):
    line = cases.plain_line(WORST_LINE)
    text = (line if isinstance(line, bytes) else line.encode()) + b"\n"
    for n in range(80):
        customer.put(f"long-{n}.gz", repeated_gzip(text, 60))


def _worst_lines(strict, customer):
    """Each worst line that is known for a module, again and again."""
    lines = [case.line(WORST_LINE) for case in cases.all_cases()]
    for n in range(4):
        for k in range(0, len(lines), 8):
            customer.put(f"worst-{n}-{k}.jsonl", b"\n".join(lines[k:k + 8]) + b"\n")


def _output(strict, customer):
    for n in range(60):
        customer.put(f"few-{n}.zst", FEW_BYTES)


def _bombs(strict, customer):
    bomb = repeated_gzip(b" " * MIB, 200)
    for n in range(20):
        customer.put(f"bomb-{n}.gz", bomb)


@functools.cache
def nested():
    """Members of gzip without text, in a frame of zstd: a buffer of 16 KiB is 170 MB of them. A skippable frame
    before it, since limits.ratio counts the bytes of the object."""
    inner = gzip.compress(SOME_EVENT, mtime=0) + gzip.compress(b"", mtime=0) * (NESTED_BYTES // 20)
    return (b"\x50\x2a\x4d\x18" + struct.pack("<I", MIB) + bytes(MIB)
            + zstandard.ZstdCompressor(write_content_size=False).compress(inner))


def _nested(strict, customer):
    for n in range(20):
        customer.put(f"nested-{n}.zst", nested())


def _dense_bodies(strict, customer):
    """Bodies that are read by the thread of the polls, with as many values as a body can have."""
    strict.fake.put_object(customer.bucket, customer.key("a.jsonl"), SOME_EVENT, notify_queue=False)
    body = json.loads(records(customer, "a.jsonl"))
    body["p"] = {f"{n:x}": 0 for n in range(MIB // 10 - 100)}
    text = json.dumps(body, separators=(",", ":"))
    for _ in range(300):
        customer.queue.send(text)


def _broken_ends(strict, customer):
    """Small objects whose last bytes are wrong: all of each is read and produced before it fails."""
    text = gzip.compress(generate(200, 1).text, mtime=0)
    for n in range(300):
        customer.put(f"broken-{n}.gz", text[:-8] + struct.pack("<II", n, 1))


def _redirects(strict, customer):
    """S3 names another host for each object, as for a bucket that was created again in another region."""
    strict.fake.fault(service="s3", action="GetObject", bucket=customer.bucket, error="TemporaryRedirect", count=-1)
    for n in range(300):
        customer.put(f"redirect-{n}.jsonl", SOME_EVENT)


def _over_limit(strict, customer):
    """A queue with as many messages in flight as SQS allows: receives fail, what is held is settled."""
    strict.fake.fault(service="sqs", action="ReceiveMessage", bucket=customer.queue.name, error="OverLimit", count=-1)
    for n in range(300):
        customer.put(f"over-{n}.jsonl", SOME_EVENT)


def _slow_bucket(strict, customer):
    strict.fake.fault(service="s3", action="GetObject", bucket=customer.bucket, delay_s=3, count=-1)
    for n in range(60):
        customer.put(f"slow-{n}.jsonl", b"{}\n")


@dataclass
class Attack:
    name: str
    resource: str  # that it takes from others
    run: object
    shared: bool = False  # on the queue of the victim
    settings: dict = field(default_factory=dict)

    def customer(self, strict, id, queue):
        return strict.customer(id, queue=queue if self.shared else None, **self.settings)

    def begin(self, strict, customer):
        self.run(strict, customer)


SHORT = [  # those that use few cores
    Attack("flood", "places of the inbox", _flood, shared=True),
    Attack("folders-first", "lanes", _folders_first, shared=True),
    Attack("foreign-records", "lines of the log", _foreign_records, shared=True),
    Attack("slow-bucket", "lanes", _slow_bucket),
]
FURTHER = [
    Attack("large-bodies", "bytes of the inbox", _large_bodies),
    Attack("heavy-objects", "CPU", _heavy_objects, shared=True),
    Attack("long-lines", "readers of long lines", _long_lines),
    Attack("worst-lines", "CPU, readers of long lines", _worst_lines, settings={"redact": "secrets"}),
    Attack("output", "rejects topic", _output),
    Attack("bombs", "CPU", _bombs),
    Attack("nested", "CPU", _nested),
    Attack("dense-bodies", "the thread of the polls", _dense_bodies),
    Attack("broken-ends", "CPU, rejects topic", _broken_ends, shared=True),
    Attack("redirects", "lanes", _redirects, shared=True),
    Attack("over-limit", "the thread of the polls", _over_limit),
]
