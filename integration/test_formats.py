# SPDX-License-Identifier: Apache-2.0
"""Formats of objects: the content decides, not the name."""
import collections
import gzip
import zlib

import pytest
import zstandard

from .parts.events import generate, rejected
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
from .parts.world import World


def _lines(world):
    return [event["ingest"]["line"] for _, event in world.events()]


@pytest.mark.parametrize("members", [1, 2, 50])
def test_all_gzip_members_are_read(world: World, members):
    file = generate(200, 1)
    world.customer("acme").put("no-gz-in-the-name", file.gzip(members))
    world.start()
    world.settled()
    assert _lines(world) == list(range(1, 201))
    assert world.reasons() == []


def test_a_line_may_go_on_in_the_next_gzip_member(world: World):
    text = generate(100, 2).text
    cut = len(text) // 2 + 7
    world.customer("acme").put("a.gz", gzip.compress(text[:cut]) + gzip.compress(text[cut:]))
    world.start()
    world.settled()
    assert _lines(world) == list(range(1, 101))


@pytest.mark.parametrize("damage", ["cut", "flipped", "junk behind"])
def test_damaged_gzip_gives_its_good_lines_and_one_reject(world: World, damage):
    file = generate(500, 3)
    good = gzip.compress(file.text)
    body = {"cut": good[:len(good) // 2],
            "flipped": good[:-8] + bytes([good[-8] ^ 1]) + good[-7:],
            "junk behind": good + b"this is no gzip member"}[damage]
    world.customer("acme").put("a.gz", body)
    world.start()
    world.settled()
    lines = _lines(world)
    assert lines == list(range(1, len(lines) + 1))
    assert len(lines) > 100 if damage == "cut" else len(lines) == 500
    assert world.reasons() == ["bad_json"] * (damage == "cut") + ["truncated_object"]
    words = f"; of its {len(lines)} events those of the damaged part are not verified"
    assert [r["detail"].endswith(words) for _, r in world.rejects()][-1]
    assert [line["damage"].endswith(words) for line in world.workers[-1].lines(msg="object done")] == [True]


PACK = {"gzip": lambda text: gzip.compress(text, mtime=0), "zstd": lambda text: zstandard.ZstdCompressor(level=1).compress(text)}


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("head, between, many", [(b"", b"", 6000), (b"lines", b"", 6000), (b"lines", b"\n", 6000), (b"[", b",", 30000)])
def test_every_byte_before_the_damage_is_in_an_event_or_in_a_reject(world: World, pack, head, between, many):
    """Vector and Firehose write a batch on one line, which is cut in its middle."""
    records = [b'{"time":"2026-05-11T22:20:00Z","user":"u%d","command":"make %d"}' % (i, i * 7919 % 10007) for i in range(many)]
    text = b"\n".join(records[:5]) + b"\n" + between.join(records[5:]) if head == b"lines" else head + between.join(records)
    text += b"]" if head == b"[" else b"\n"
    cut = PACK[pack](text)
    cut = cut[:len(cut) // 2]
    decoder = zlib.decompressobj(31) if pack == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    most = len(decoder.decompress(cut))
    world.customer("acme").put("whole.json", text)
    world.customer("beta").put("cut.json", cut)
    world.start()
    world.settled()
    events = {id: [e for _, e in world.events() if e["ingest"]["customer"] == id] for id in ("acme", "beta")}
    torn, last = (r for _, r in world.rejects())
    assert (torn["reason"], last["reason"]) == ("bad_json", "truncated_object")
    decoded = last["offset"]
    assert most - 300 <= decoded <= most < len(text)
    assert torn["offset"] + torn["bytes"] == decoded
    closed = end = 0
    for record in records:
        end = text.index(record, end) + len(record)
        closed += end <= decoded
    assert len(events["acme"]) == many and 100 < closed < many
    assert [e["user"]["name"] for e in events["beta"]] == [f"u{i}" for i in range(closed)]


def test_damaged_lines_become_rejects_and_the_rest_goes_on(world: World):
    file = generate(1000, 4, "--malformed", ".1", "--nasty", ".1")
    acme = world.customer("acme")
    where = acme.put("a.jsonl", file.text)
    world.start()
    world.settled()
    assert len(world.events()) == file.events
    rejects = world.rejects()
    assert rejected(reject for _, reject in rejects) == file.rejects
    assert len(rejects) < file.rejects
    for record, reject in rejects:
        assert record.key == "acme"
        assert reject["object"] == where
        lines = file.text.split(b"\n")[reject["line"] - 1:reject.get("last_line", reject["line"])]
        extent = file.text[reject["offset"]:reject["offset"] + reject["bytes"]]
        assert extent == b"\n".join(lines).rstrip(b"\r")


def test_a_line_above_the_limit_is_a_reject_and_the_next_one_an_event(world: World):
    file = generate(2, 5)
    first, second = file.text.splitlines()
    world.customer("acme").put("a.jsonl", first + b"\n" + b"x" * 3_000_000 + b"\n" + second)
    world.start()
    world.settled()
    assert _lines(world) == [1, 3]
    assert world.reasons() == ["line_too_long"]


# A gzip header has the time unless mtime is given, and the names of tests contain their parameters.
@pytest.mark.parametrize("body", [b"", gzip.compress(b"", mtime=0), b"\n\n  \n\t\n", b"\xef\xbb\xbf"],
                         ids=["nothing", "empty gzip", "blank lines", "byte order mark"])
def test_an_empty_object_is_done(world: World, body):
    acme = world.customer("acme")
    acme.put("empty", body)
    world.start()
    world.settled()
    assert world.count() == 0
    assert world.reasons() == []
    assert acme.queue.dead.depth() == 0


def test_an_event_larger_than_the_topic_takes_is_a_reject(world: World):
    line = generate(1, 6).text.strip()
    padded = line[:-1] + b',"x_padding":"' + b"p" * 1_020_000 + b'"}'
    world.customer("acme").put("a.jsonl", line + b"\n" + padded + b"\n" + line)
    world.start()
    world.settled()
    assert _lines(world) == [1, 3]
    assert world.reasons() == ["event_too_large"]


def test_a_bomb_stops_and_stays_for_the_dead_letter_queue(world: World):
    acme = world.customer("acme", queue=world.queue(receives=1))
    acme.put("bomb.gz", gzip.compress(b" " * (200 << 20), 9))
    worker = world.start(limits={"ratio": 100})
    worker.logged(msg="object left", customer="acme")
    until(lambda: world.reasons() == ["bomb"], "the reject is in Kafka", 20)
    world.moto.let_time_pass(1000)
    world.settled()
    assert acme.queue.dead.depth() == 1


def test_the_content_decides_and_not_what_is_said_of_it(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.start()
    text = generate(20, 5).text
    for name, body, said in (("plain.gz", text, {"content_encoding": "gzip"}), ("plain.parquet", text, {}),
                             ("gzip.jsonl", gzip.compress(text), {"content_type": "application/json"}),
                             ("zstd.gz", zstandard.compress(text), {"content_encoding": "gzip", "content_type": "x/y"}),
                             ("gzip.zst", gzip.compress(text), {"content_encoding": "aws-chunked,zstd"})):
        acme.put(name, body, **said)
    strict.settled()
    assert strict.reasons() == [] and acme.queue.dead.depth() == 0
    read = collections.Counter(event["ingest"]["object"].rsplit("/", 1)[1] for _, event in strict.events())
    assert read == dict.fromkeys(("plain.gz", "plain.parquet", "gzip.jsonl", "zstd.gz", "gzip.zst"), 20)


def test_what_is_changed_in_an_event_is_marked_and_counted(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("a", b'{"time":"2026-05-11T22:20:00Z","user":"an\xff"}\n{"time":"2026-05-11T22:20:00Z","user":"\\ud800"}\n'
                  b'{"user":"ana","command":"ls"}\n{"time":"soon","user":"ana"}\n'
                  b'{"time":"2026-05-11T22:20:00Z","user":"ana","user":"ben"}\n'
                  b'{"Records":[{"time":"2026-05-11T22:20:00Z","user":"ana"}],"owner":"x"}\n')
    strict.settled()
    marks = [[event["ingest"].get(name) for name in ("text", "time", "names")] for _, event in strict.events()]
    assert sorted(marks, key=str) == sorted([["replaced", None, None]] * 2 + [[None, "from_object", None]] * 2 +
                                            [[None, None, "duplicate"], [None, None, None]], key=str)
    for name, count in (("texts_replaced_total", 2), ("times_from_object_total", 2), ("names_duplicate_total", 1),
                        ("envelope_members_dropped_total", 1)):
        assert window.value(name, customer="acme") == count, name
