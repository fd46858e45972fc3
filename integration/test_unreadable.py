# SPDX-License-Identifier: Apache-2.0
"""Objects of which no event comes: never deleted, named, and in the dead-letter queue in the end."""
import bz2
import collections
import gzip
import io
import json
import lzma
import os
import pathlib
import re
import sqlite3
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

import fastavro
import pyarrow
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet
import pytest
import snappy
import zstandard
from prometheus_client.parser import text_string_to_metric_families

from .parts.events import generate
from .parts.places import ROOT, binary, checkers
from .parts.strict import StrictWorld
from .parts.wait import until
from .test_monitoring import LISTEN, Window

RECEIVES = 3
TEXT = generate(20, 3).text
LINE = "write one JSON object per line"
CONVERT = "write JSON Lines, plain or compressed"


def _tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("a.jsonl")
        info.size = len(TEXT)
        tar.addfile(info, io.BytesIO(TEXT))
    return out.getvalue()


TABLE = pyarrow.table({"user": ["ana"], "action": ["read"]})


def _parquet():
    out = io.BytesIO()
    pyarrow.parquet.write_table(TABLE, out)
    return out.getvalue()


def _orc():
    out = io.BytesIO()
    pyarrow.orc.write_table(TABLE, out)
    return out.getvalue()


def _arrow():
    out = io.BytesIO()
    pyarrow.feather.write_feather(TABLE, out)
    return out.getvalue()


def _avro():
    out = io.BytesIO()
    schema = {"type": "record", "name": "event", "fields": [{"name": "user", "type": "string"}]}
    fastavro.writer(out, schema, [{"user": "ana"}])
    return out.getvalue()


def _zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", TEXT)
    return out.getvalue()


def _sqlite():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.db")
        with sqlite3.connect(path) as database:
            database.execute("create table event (user text)")
        return pathlib.Path(path).read_bytes()


def _hadoop_snappy():
    """A block: its length, and the length of the compressed data, big-endian."""
    packed = snappy.compress(TEXT)
    return len(TEXT).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed


def _vector(name):
    return (pathlib.Path(__file__).parents[1] / "tests/vectors/decode" / name / "in").read_bytes()


def _large_window():
    how = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    c = zstandard.ZstdCompressor(compression_params=how).compressobj()
    return c.compress(TEXT) + c.flush()


KINDS = {  # what is said, and the object
    f"Parquet is not read; {CONVERT}": _parquet(),
    f"bzip2 is not read; {CONVERT}": bz2.compress(TEXT),
    f"xz is not read; {CONVERT}": lzma.compress(TEXT),
    f"zip is not read; {CONVERT}": _zip(),
    f"7z is not read; {CONVERT}": _vector("7z"),
    f"ORC is not read; {CONVERT}": _orc(),
    f"Avro is not read; {CONVERT}": _avro(),
    f"Arrow is not read; {CONVERT}": _arrow(),
    f"raw snappy is not read; {CONVERT}": snappy.compress(TEXT),
    f"Hadoop-snappy is not read; {CONVERT}": _hadoop_snappy(),
    f"an SQLite database is not read; {CONVERT}": _sqlite(),
    f"PDF is not read; {CONVERT}": _vector("pdf"),
    f"a PNG image is not read; {CONVERT}": _vector("png"),
    f"a JPEG image is not read; {CONVERT}": _vector("jpeg"),
    f"OpenPGP is not read; {CONVERT}": _vector("openpgp-password"),
    f"age is not read; {CONVERT}": _vector("age"),
    f"openssl enc (Salted__) is not read; {CONVERT}": _vector("salted"),
    f"tar in gzip is not read; {CONVERT}": gzip.compress(_tar(), mtime=0),
    f"UTF-32LE is not read; {CONVERT}": TEXT.decode().encode("utf-32"),
    f"zstd window of 128 MiB, limits.zstd_window is 8 MiB; {CONVERT}, or raise the limit": _large_window(),
    f"CSV: no event in 3 records; {LINE}": b"time,user,action\n2026-05-11,ana,read\n2026-05-11,bo,read\n",
    f"XML in gzip: no event in 2 records; {LINE}": gzip.compress(b"<?xml version='1.0'?>\n<events/>\n", mtime=0),
    f"YAML: no event in 2 records; {LINE}": b"user: ana\naction: read\n",
    f"logfmt or plain text: no event in 30 records; {LINE}": b"level=info msg=started\n" * 30,
    "JSON over several lines, damaged at byte 17: no event in 1 record; correct what writes it, and write the "
    "object again": b'{\n "user":\n "ana}\n',
    "a JSON array, damaged at byte 11: no event in 1 record; correct what writes it, and write the object again":
        b'[\n{"user": x}\n]\n',
    "JSON in which no member is one of an event: no event in 2 records; map the customer's names (key mapping), or "
    "send what docs/event-files.md describes": b'{"colour":"red"}\n{"colour":"blue"}\n',
    "plain text in a wrapper: no event in 2 records; write each event as a JSON object, in the wrapper or without it":
        b'{"log":"plain text"}\n{"log":"GET / 200\\n","stream":"stdout"}\n',
    "JSON without objects that may be events: no event in 2 records; send what docs/event-files.md describes":
        b'[1,2]\n"a text"\n',
    "JSON envelopes without an event: no event in 1 record; put each event into its envelope as an object, or as the "
    "text of one": b'{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[{"message":"plain text"}]}\n',
}
LOGFMT = next(n for n, words in enumerate(KINDS) if words.startswith("logfmt"))


@pytest.fixture
def acme(strict: StrictWorld):
    return strict.customer("acme", queue=strict.queue(receives=RECEIVES))


def _until_dead(strict, worker, queue, count):
    def dead():
        strict.fake.clock(advance_s=1000)
        return queue.dead.depth() == count
    until(dead, lambda: f"{queue.dead.depth()} dead, {queue.depth()} left; the log ends:\n{worker.tail()}", 120,
          every=0.5, alive=worker)


def test_every_kind_ends_in_the_dead_letter_queue_with_its_words(strict: StrictWorld, acme):
    worker = strict.start(metrics=LISTEN)
    window = Window(worker)
    names = {f"k{n}": words for n, words in enumerate(KINDS)}
    for name, words in names.items():
        acme.put(name, KINDS[words])
    _until_dead(strict, worker, acme.queue, len(KINDS))

    told = collections.defaultdict(list)
    for line in worker.lines(msg="object left", customer="acme"):
        assert line["level"] == "warn" and line["error"] == "format" and "unreadable" in line["next"], line
        told[line["object"].rsplit("/", 1)[1]].append(line["detail"])
    for name, words in names.items():
        assert told[name] == [words] * RECEIVES, name

    rejects = collections.defaultdict(list)
    for _, reject in strict.rejects():
        rejects[reject["object"].rsplit("/", 1)[1]].append(reject)
    for name, words in names.items():
        *lines, last = rejects[name]
        assert (last["reason"], last["detail"]) == ("object", "format: " + words)
        assert len(lines) <= 17
    many = rejects[f"k{LOGFMT}"]
    assert len(many) == 18 and many[16]["detail"].startswith("14 more rejects of this reason")

    assert strict.count() == 0
    assert strict.fake.queue(acme.queue.name)["counters"].get("deleted", 0) == 0
    left = RECEIVES * len(KINDS)
    assert window.value("objects_total", customer="acme", outcome="left") == left  # the alert IngestObjectsLeft
    assert window.value("object_errors_total", customer="acme", **{"class": "format"}) == left  # IngestUnreadable
    assert window.value("objects_total", customer="acme", outcome="done") == 0
    assert window.value("last_delivery_timestamp_seconds", customer="acme") is None


@pytest.mark.parametrize("object", (b"", b"\n \r\n", b"[]", gzip.compress(b"", mtime=0)))
def test_normalize_and_sample_do_not_fail_for_what_is_done(object):
    for command in "normalize", "sample":
        run = subprocess.run([str(binary()), command, "-"], input=object, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        assert run.returncode == 0 and run.stderr == b"", (command, run)
        assert (b"-: is empty" in run.stdout) == (command == "sample")


def test_normalize_and_sample_say_the_same_words():
    for words, object in KINDS.items():
        for command in "normalize", "sample":
            run = subprocess.run([str(binary()), command, "-"], input=object, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
            assert run.returncode == 1 and f"-: {words}\n" in run.stderr.decode(), (command, words, run.stderr)


RULES = (ROOT / "deploy/prometheus/rules.yml").read_text()


def _firing(folder, before, after, minutes):
    """The alerts about objects that fire so many minutes after the page changed, an hour after the first scrape."""
    pages = [{f"{s.name}{{{','.join(f'{k}={json.dumps(v)}' for k, v in sorted(s.labels.items()))}}}": s.value
              for family in text_string_to_metric_families(page) for s in family.samples
              if s.name.startswith("asymptote_ingest_object")} for page in (before, after)]
    series = [{"series": name, "values": " ".join(f"{page.get(name, '_')}x{n}" for page, n in zip(pages, (60, 200)))}
              for name in sorted(pages[0] | pages[1])]
    (folder / "rules.yml").write_text(RULES)
    (folder / "test.yml").write_text(json.dumps({
        "rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [{
            "interval": "1m", "input_series": series, "promql_expr_test": [{
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})', "eval_time": f"{60 + minutes}m",
                "exp_samples": []}]}]}))
    run = subprocess.run([checkers() / "promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True)
    return set(re.findall(r'\{alertname="(\w+)"\}', run.stdout + run.stderr))


def test_the_alerts_fire_on_the_first_object_of_a_customer(strict: StrictWorld, acme, tmp_path):
    """Before it the customer has no series at all."""
    worker = strict.start(metrics=LISTEN)
    window = Window(worker)
    before = window.get("/metrics")[1]
    assert 'customer="acme"' not in before
    acme.put("a", b"a,b,c\n1,2,3\n4,5,6\n")
    worker.logged(msg="object left", customer="acme")
    after = window.get("/metrics")[1]
    assert _firing(tmp_path, before, before, 5) == set()
    assert _firing(tmp_path, before, after, 5) == {"IngestObjectsLeft", "IngestUnreadable"}
    assert _firing(tmp_path, before, after, 150) == set()


def test_an_object_above_the_share_of_rejects_is_left_with_the_words_of_normalize(strict: StrictWorld, acme):
    body = TEXT + b"bad\n" * 3000
    words = "980 of 1000 records are rejects, more than limits.reject_share"
    worker = strict.start(limits={"reject_share": 0.9})
    acme.put("a", body)
    _until_dead(strict, worker, acme.queue, 1)
    lines = worker.lines(msg="object left", customer="acme")
    assert {line["detail"] for line in lines} == {words}
    rejects = [(r["reason"], r["detail"]) for _, r in strict.rejects()]
    assert rejects[-1] == ("object", "data: " + words)
    for command in "normalize", "sample":
        run = subprocess.run([str(binary()), command, "-"], input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert run.returncode == 1 and f"-: {words}\n" in run.stderr.decode(), (command, run.stderr)
    with tempfile.NamedTemporaryFile() as kept:
        subprocess.run([str(binary()), "normalize", "--rejects", kept.name, "-"], input=body, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
        said = [json.loads(line) for line in pathlib.Path(kept.name).read_bytes().splitlines()]
    assert [(r["reason"], r["detail"]) for r in said] == rejects


def test_a_corrected_object_is_delivered(strict: StrictWorld, acme):
    worker = strict.start()
    acme.put("a", b"a,b,c\n1,2,3\n4,5,6\n")
    worker.logged(msg="object left", customer="acme")
    strict.fake.put_object(acme.bucket, acme.key("a"), TEXT, notify_queue=False)
    strict.fake.clock(advance_s=1000)
    strict.settled()
    assert strict.count() == 20 and strict.reasons() == []


def test_a_customer_may_accept_them(strict: StrictWorld):
    acme = strict.customer("acme", queue=strict.queue(receives=RECEIVES), unreadable="accept")
    worker = strict.start()
    acme.put("a", b"level=info\n" * 40)
    acme.put("b", _parquet())
    strict.settled()
    assert acme.queue.dead.depth() == 0
    assert sorted(r["detail"] for _, r in strict.rejects()) == [
        f"format: Parquet is not read; {CONVERT}", f"format: logfmt or plain text: no event in 40 records; {LINE}"]
    assert len(worker.logged(msg="object unreadable, accepted", count=2)) == 2


def test_what_has_no_content_is_done(strict: StrictWorld, acme):
    strict.start()
    for name, body in {"empty": b"", "blank": b"\n \r\n\n", "gz": gzip.compress(b""), "z": zlib.compress(b"\n"),
                       "list": b"[]", "lines": b"[\n]\n", "nuls": b"\0" * 1500000,
                       "skippable": b"\x50\x2a\x4d\x18\x03\0\0\0abc"}.items():
        acme.put(name, body)
    strict.settled()
    assert acme.queue.dead.depth() == 0 and strict.rejects() == []


def test_garbage_before_the_first_event_is_read_on(strict: StrictWorld, acme):
    strict.start()
    acme.put("a", b"Traceback (most recent call last):\n" * 5000 + TEXT)
    strict.settled()
    assert strict.count() == 20
    rejects = [r for _, r in strict.rejects()]
    assert len(rejects) == 17
    assert [rejects[16][m] for m in ("line", "last_line", "count", "offset", "bytes")] == \
        [17, 5000, 4984, 16 * 35, (5000 - 16) * 35 - 1]
    assert rejects[16]["detail"].startswith("4984 more rejects of this reason")


def test_ten_thousand_lines_of_garbage_end_the_reading(strict: StrictWorld, acme):
    worker = strict.start(metrics=LISTEN)
    acme.put("a", b"Traceback (most recent call last):\n" * 10000 + TEXT)
    (line,) = worker.logged(msg="object left", customer="acme")
    assert line["lines"] == "10000" and line["rejects"] == "0"
    assert strict.count() == 0 and strict.rejects() == []


def test_what_cannot_succeed_is_read_once(strict: StrictWorld):
    """A bomb, an unreadable object and one above limits.reject_share: one GET for each version, HEAD after that."""
    acme = strict.customer("acme", queue=strict.queue(receives=4))
    worker = strict.start(metrics=LISTEN, limits={"ratio": 100, "reject_share": 0.5})
    window = Window(worker)
    bodies = {"bomb": gzip.compress(TEXT * 10 + b" " * (100 << 20), 9), "csv": b"a,b,c\n1,2,3\n4,5,6\n",
              "parquet": _parquet(), "share": TEXT + b"bad\n" * 3000, "fixed": b"a,b,c\n" * 20}
    for name, body in bodies.items():
        acme.put(name, body)
    left = worker.logged(msg="object left", customer="acme", count=5)
    strict.fake.put_object(acme.bucket, acme.key("fixed"), TEXT, notify_queue=False)
    _until_dead(strict, worker, acme.queue, 4)

    def requests(action, name):
        return len(strict.fake.log(action=action, bucket=acme.bucket, key=acme.key(name)))
    assert {n: (requests("GetObject", n), requests("HeadObject", n)) for n in bodies} == {
        "bomb": (1, 3), "csv": (1, 3), "parquet": (1, 3), "share": (1, 3), "fixed": (2, 1)}
    for name in "bomb", "csv", "parquet", "share":
        lines = [x for x in worker.lines(msg="object left") if x["object"].endswith("/" + name)]
        assert len(lines) == 4 and len({(x["error"], x["detail"], x["next"], x["events"]) for x in lines}) == 1
        assert ["read" in x for x in lines] == [False, True, True, True]
    events = collections.Counter(e["ingest"]["object"].rsplit("/", 1)[1] for _, e in strict.events())
    assert events == {"bomb": 200, "share": 20, "fixed": 20}
    rejects = collections.defaultdict(list)
    for _, reject in strict.rejects():
        rejects[reject["object"].rsplit("/", 1)[1]].append(reject["reason"])
    assert rejects["bomb"] == ["bomb", "object"] and rejects["parquet"] == ["object"]
    assert rejects["csv"] == ["bad_json"] * 3 + ["object"] and "fixed" not in rejects
    assert rejects["share"][-1] == "object" and rejects["share"].count("object") == 1
    assert window.value("objects_total", customer="acme", outcome="left") == 4 * 4 + 1
    assert window.value("lines_total", customer="acme") == sum(int(x["lines"]) for x in left) + 20
