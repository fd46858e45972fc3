# SPDX-License-Identifier: Apache-2.0
"""Every framing in every compression and encoding, with envelopes among the events: the built program and the
independent readers agree on the records, their places and their ids.

    .venv/bin/python -m pytest tests/reference/test_layers.py      some in each combination
    INGEST_EVENTS=1050 .venv/bin/python -m pytest ...       100,000 in all, with the default limits.line_bytes
"""
import bz2
import functools
import gzip
import io
import json
import os
import pathlib
import subprocess
import sys
import zlib

import lz4.frame
import pytest
import snappy
import zstandard

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.reference.framing import framed  # noqa: E402
from tests.reference.identity import object_ids  # noqa: E402
from tests.reference.layers import opened  # noqa: E402
from tests.reference.program import placed  # noqa: E402
from tests.reference.test_framing import LAYOUTS, SHARES, is_json  # noqa: E402

UNWRAP = ("jsonPayload", "payload.after")
EVENTS = int(os.environ.get("INGEST_EVENTS", "140"))
LINE_BYTES = 1 << 20 if EVENTS > 1000 else 1 << 16  # all events on one line are longer
PART = 7  # one in so many events is in an envelope


def _halves(text):
    middle = text.find(b"\n", len(text) // 2) + 1
    return text[:middle], text[middle:]


def _snappy(text):
    out = io.BytesIO()
    snappy.stream_compress(io.BytesIO(text), out)
    return out.getvalue()


def _zstd(text):
    return zstandard.ZstdCompressor(level=1).compress(text)


def _gzip(text):
    return gzip.compress(text, 1, mtime=0)


def _zlib(text, window, level=6):
    packer = zlib.compressobj(level, zlib.DEFLATED, window)
    return packer.compress(text) + packer.flush()


PACKINGS = {
    "plain": bytes,
    "gzip": _gzip,
    "gzip_members": lambda text: b"".join(map(_gzip, _halves(text))),
    "zlib": lambda text: zlib.compress(text, 1),
    "zlib_of_512_bytes": lambda text: _zlib(text, 9),
    "zlib_of_16_kib_stored": lambda text: _zlib(text, 14, 0),
    "zstd": _zstd,
    "zstd_frames": lambda text: b"".join(map(_zstd, _halves(text))),
    "lz4": lz4.frame.compress,
    "snappy": _snappy,
    "zstd_in_gzip": lambda text: _gzip(_zstd(text)),
    "gzip_in_lz4": lambda text: lz4.frame.compress(_gzip(text)),
    "utf16_mark": lambda text: text.decode().encode("utf-16"),
    "utf16be_in_gzip": lambda text: _gzip(text.decode().encode("utf-16-be")),
}


def _text(event):
    return json.dumps(event.decode(), ensure_ascii=False).encode()


ENVELOPES = (  # of an event and the one after it
    lambda a, b: b'{"sourcetype":"_json","index":"main","time":1778538000.25,"event":' + a + b"}",
    lambda a, b: b'{"detail-type":"T","source":"acme","time":"2026-05-11T22:20:00Z","detail":' + a + b"}",
    lambda a, b: b'{"specversion":"1.0","type":"t","data":' + a + b"}",
    lambda a, b: b'{"Records":[' + a + b"," + b + b"]}",
    lambda a, b: b'{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"h1","logEvents":[{"id":"1","timestamp":'
                 b'1778538000000,"message":' + _text(a) + b'},{"id":"2","message":' + _text(b) + b"}]}",
    lambda a, b: b'{"log":' + _text(a) + b',"stream":"stdout","time":"2026-05-12T00:00:00Z"}',
    lambda a, b: b'{"jsonPayload":' + a + b',"insertId":"i","timestamp":"2026-05-11T22:20:00Z"}',
    lambda a, b: b'{"payload":{"before":null,"after":' + a + b'},"schema":{}}',
    lambda a, b: b'{"index":"main","event":{"events":[' + a + b"," + b + b"]}}",
)


@functools.cache
def events():
    command = [sys.executable, ROOT / "tests" / "tools" / "gen_events.py", "-n", str(EVENTS), "--seed", "47", *SHARES]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    plain = [line.strip() for line in text.split(b"\n") if line.strip() and is_json(line)]
    assert len(plain) > 0.98 * EVENTS
    assert sum(map(len, plain)) > LINE_BYTES
    return [event if n % PART else ENVELOPES[n // PART % len(ENVELOPES)](event, plain[n - 1])
            for n, event in enumerate(plain)]


@functools.cache
def text_of(layout):
    return LAYOUTS[layout](events())


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_both_find_the_same_records(layout, packing):
    text = text_of(layout)
    object = PACKINGS[packing](text)
    assert opened(object) == text
    framing, pieces = framed(text, LINE_BYTES)
    got = placed(object, unwrap=UNWRAP, limit=LINE_BYTES)
    timeless = {place[:2] for place in got if place.from_object}
    want = object_ids("acme", text, from_object=timeless, pieces=None if framing == "lines" else pieces, unwrap=UNWRAP)
    assert {place.framing for place in got} == {framing}
    assert len(got) > 1.04 * len(events())
    assert [place[:3] for place in got if place.shape != "otlp"] == want


@pytest.mark.parametrize("text", ['{"user":"漢"}\n{"user":"ben"}\n', '[\n{"user":"😀"}]', ' \r\n{"“漢”":1,"user":"ana"}', '{"user":"é"}'])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_both_find_text_of_two_bytes_by_its_first_characters(text, encoding):
    assert opened(text.encode(encoding)) == text.encode()
    assert len(placed(text.encode(encoding))) == text.count("user")


def test_what_the_independent_reader_does_not_open_is_not_read_either():
    for object in bz2.compress(b"\n".join(events())), _gzip(_gzip(_gzip(b"\n".join(events())))):
        assert not opened(object).startswith(b"{")
        with pytest.raises(AssertionError, match="is not read"):
            placed(object)
