# SPDX-License-Identifier: Apache-2.0
"""Broken transfers: cut, stalled, damaged, overwritten in the middle. No line is duplicated or
lost.
"""
import collections
import gzip
import random

from .parts.events import generate
from .parts.strict import StrictWorld

MIB = 1 << 20


def _large(bytes_wanted):
    """About this many bytes of gzip, with lines that differ and compress badly. Returns (object, lines)."""
    rng = random.Random(5)
    lines = [b'{"event":{"id":"%016x%08x","action":"tool.call"},"n":%d,"pad":"%s"}'
             % (rng.getrandbits(64), n, n, rng.randbytes(900).hex().encode()) for n in range(bytes_wanted // 1000)]
    return gzip.compress(b"\n".join(lines) + b"\n", 1, mtime=0), len(lines)


def _lines_seen(strict):
    """Line numbers by object version, of events and rejects, in the order of arrival."""
    seen = {}
    for record, value in strict.events() + strict.rejects():
        ingest = value.get("ingest", value)
        seen.setdefault(ingest["version"], []).append(ingest["line"])
    return seen


def test_two_hundred_megabytes_cut_fifty_times_arrive_once_each_line(strict: StrictWorld):
    body, lines = _large(200 * MIB)
    acme = strict.customer("acme")
    places = sorted(random.Random(1).sample(range(1, len(body)), 50))
    strict.fake.fault(service="s3", action="GetObject", count=-1, cut=places)
    strict.fake.put_object(acme.bucket, acme.key("large.gz"), body, checksum="crc32")
    worker = strict.start(kafka={"queue_bytes": "32MiB"})
    strict.settled(240)
    (seen,) = _lines_seen(strict).values()
    assert sorted(seen) == list(range(1, lines + 1))
    gets = strict.fake.log(action="GetObject")
    assert [e["status"] for e in gets] == [200] + [206] * 50
    assert all(e.get("if_match") for e in gets[1:])
    (done,) = worker.lines(msg="object done", customer="acme")
    assert done["receive_count"] == "1"


def test_an_object_overwritten_in_the_middle_arrives_whole_in_its_new_version(strict: StrictWorld):
    acme = strict.customer("acme")
    old, new = generate(20_000, 5).text, generate(20_000, 6).text
    strict.fake.fault(service="s3", action="GetObject", cut=len(old) // 2)
    strict.fake.fault(service="s3", action="GetObject", ranged=True, hook=lambda call: strict.fake.put_object(
        acme.bucket, acme.key("a"), new, notify_queue=False))
    before = strict.fake.put_object(acme.bucket, acme.key("a"), old)["etag"]
    strict.start()
    strict.settled(120)
    seen = _lines_seen(strict)
    after = set(seen) - {before}
    assert len(after) == 1
    assert sorted(seen[after.pop()]) == list(range(1, 20_001))
    assert len(seen.get(before, [])) == len(set(seen.get(before, [])))
    assert [e["code"] for e in strict.fake.log(action="GetObject")] == [None, "PreconditionFailed", None]


def test_a_version_that_is_gone_is_replaced_by_the_current_one(strict: StrictWorld):
    strict.fake.settings(prefix_in_gets=True)
    acme = strict.customer("acme", versioning=True, versioned=True)
    first = strict.fake.put_object(acme.bucket, acme.key("a"), generate(3, 5).text)["version_id"]
    second = strict.fake.put_object(acme.bucket, acme.key("a"), generate(4, 6).text, notify_queue=False)["version_id"]
    strict.fake.delete_object(acme.bucket, acme.key("a"), version_id=first)
    strict.start()
    strict.settled()
    assert {e["ingest"]["version"] for _, e in strict.events()} == {second}
    assert strict.count() == 4


def test_versions_that_are_not_read_by_configuration_are_warned_of_once(strict: StrictWorld):
    plain, pinned = (strict.customer(id, versioning=True, versioned=id == "pinned") for id in ("plain", "pinned"))
    for owner in (plain, pinned):
        for n in (1, 2):
            owner.put("same", generate(3, n).text)
    worker = strict.start()
    strict.settled()
    (line,) = worker.lines(msg="versions not read")
    assert (line["customer"], line["level"]) == ("plain", "warn")
    ids = [{e["ingest"]["id"] for _, e in strict.events() if e["ingest"]["customer"] == o.id} for o in (plain, pinned)]
    assert [len(found) for found in ids] == [3, 6]


def test_a_wrong_byte_is_noticed_by_the_checksum_and_read_again(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(50, 5).text
    strict.fake.fault(service="s3", action="GetObject", corrupt=len(text) - 40)
    acme.put("a", text)
    worker = strict.start()
    worker.logged(msg="object later", code="ChecksumMismatch")
    strict.settled(60)
    ids = {event["ingest"]["id"] for _, event in strict.events()}
    assert len(ids) >= 50
    assert worker.lines(msg="object done", customer="acme")


WRONG = {"crc32": "AAAAAA==", "crc32c": "AAAAAA==", "crc64nvme": "AAAAAAAAAAA=", "sha1": "A" * 27 + "=",
         "sha256": "A" * 43 + "="}


def test_each_checksum_is_computed_over_resumed_bodies_too(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(500, 5).text
    for algorithm, wrong in WRONG.items():
        strict.fake.fault(service="s3", action="GetObject", key=acme.key(algorithm), cut=len(text) // 3)
        acme.put(algorithm, text, checksum=algorithm)
        acme.put("wrong-" + algorithm, text, checksum=algorithm, checksum_value=wrong)
    worker = strict.start()
    for algorithm in WRONG:
        worker.logged(msg="object done", object=f"s3://{acme.bucket}/{acme.key(algorithm)}")
        (line, *_) = worker.logged(msg="object later", object=f"s3://{acme.bucket}/{acme.key('wrong-' + algorithm)}")
        assert line["code"] == "ChecksumMismatch"


def test_a_composite_checksum_is_not_taken_for_the_objects(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.put_object(acme.bucket, acme.key("a"), generate(5, 5).text, checksum="crc32", checksum_parts=2, parts=2)
    strict.start()
    strict.settled()
    assert strict.count() == 5


PASSING = {
    "stall": {"stall": {"at": 1000, "s": 600}}, "cut": {"cut": 1000, "reset": False}, "cut-at-once": {"cut": 0},
    "drop": {"drop": True}, "lost": {"lost": True},
    "hang": {"hang_s": 600}, "close": {"close": True}, "half-head": {"raw": "HTTP/1.1 200 OK\r\n"},
    "no-http": {"raw": "nonsense\r\n\r\n"}, "headers": {"endless_headers": 1 << 24},
    "gigabyte": {"status": 502, "giant": 1 << 30}, "proxy": {"status": 503, "body": "<html>proxy</html>"},
    "slow-down": {"error": "SlowDown"}, "internal": {"error": "InternalError"}, "timeout": {"error": "RequestTimeout"},
}


def test_troubles_that_pass_cost_nothing(strict: StrictWorld):
    acme = strict.customer("acme")
    for n, (name, fault) in enumerate(PASSING.items()):
        strict.fake.fault(service="s3", action="GetObject", key=acme.key(name), **fault)
        acme.put(name, generate(50, n).text)
    strict.start(limits={"idle_timeout": "1s", "connect_timeout": "2s"})
    strict.settled(60)
    lines = collections.Counter(event["ingest"]["object"].rsplit("/", 1)[1] for _, event in strict.events())
    assert lines == {name: 50 for name in PASSING}
    assert acme.queue.dead.depth() == 0


def test_a_length_that_an_object_does_not_have_is_not_taken_for_its_end(strict: StrictWorld):
    """A 416 has another length than the first response. It is not known which one is wrong, so the object is
    read again."""
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("too-long"), length=50, reset=False)
    acme.put("too-long", generate(50, 1).text)
    worker = strict.start()
    worker.logged(msg="object later", object=f"s3://{acme.bucket}/{acme.key('too-long')}")
    strict.settled(60)
    ids = collections.Counter(event["ingest"]["id"] for _, event in strict.events())
    assert len(ids) == 50 and set(ids.values()) == {2}


def test_a_server_that_drips_is_slow_but_not_wrong(strict: StrictWorld):
    acme = strict.customer("acme")
    text = generate(3, 5).text
    strict.fake.fault(service="s3", action="GetObject", drip=len(text) // 2)
    acme.put("a", text)
    strict.start(limits={"idle_timeout": "1s"})
    strict.settled()
    assert strict.count() == 3
