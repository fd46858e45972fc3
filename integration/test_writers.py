# SPDX-License-Identifier: Apache-2.0
"""Objects as the writers' own libraries make them: `normalize` reads them, or names them and fails."""
import bz2
import gzip
import io
import lzma
import subprocess
import tarfile
import zipfile
import zlib

import fastavro
import lz4.frame
import pyarrow
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet
import pytest
import snappy
import zstandard

from .parts.events import generate
from .parts.places import binary

COUNT = 3000
CONVERT = "write JSON Lines, plain or compressed"
RAISE = f"; {CONVERT}, or raise the limit"
TEXT = generate(COUNT, 77).text
ROWS = [{"user": "anna", "host": f"h{i}", "command": "make"} for i in range(1000)]


def _normalize(object):
    return subprocess.run([str(binary()), "normalize", "--customer", "acme", "-"], input=object,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _gzip_file(text):
    out = io.BytesIO()
    with gzip.GzipFile("events.jsonl", "wb", fileobj=out) as f:  # with a name in the header
        f.write(text)
    return out.getvalue()


def _zstd_lines(text):
    """A frame for each hundred lines, as log shippers flush."""
    c = zstandard.ZstdCompressor(level=3, write_checksum=True)
    lines = text.splitlines(keepends=True)
    return b"".join(c.compress(b"".join(lines[i:i + 100])) for i in range(0, len(lines), 100))


def _zstd_stream(text, **how):
    out = io.BytesIO()
    with zstandard.ZstdCompressor(**how).stream_writer(out, closefd=False) as f:
        for at in range(0, len(text), 70000):
            f.write(text[at:at + 70000])
            f.flush()
    return out.getvalue()


def _zstd_windows(log):
    return zstandard.ZstdCompressionParameters.from_level(3, window_log=log)


def _lz4_stream(text):
    out = io.BytesIO()
    with lz4.frame.open(out, "wb", block_size=lz4.frame.BLOCKSIZE_MAX64KB, content_checksum=True) as f:
        for at in range(0, len(text), 10000):
            f.write(text[at:at + 10000])
    return out.getvalue()


def _snappy_stream(text):
    c = snappy.StreamCompressor()
    return b"".join(c.compress(text[at:at + 30000]) for at in range(0, len(text), 30000))


READ = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip file": _gzip_file(TEXT),
    "gzip, padded": gzip.compress(TEXT) + bytes(512),
    "gzip, members with line ends": b"\n".join(map(gzip.compress, TEXT.splitlines(keepends=True))),
    "gzip in gzip": gzip.compress(gzip.compress(TEXT)),
    "zlib": zlib.compress(TEXT),
    "zlib, fast": zlib.compress(TEXT, 1),
    "zlib, best": zlib.compress(TEXT, 9),
    "zstd": zstandard.compress(TEXT),
    "zstd, best of the usual": zstandard.compress(TEXT, 19),
    "zstd, fastest": zstandard.compress(TEXT, -7),
    "zstd, a frame for each batch": _zstd_lines(TEXT),
    "zstd, as a stream": _zstd_stream(TEXT, level=3),
    "zstd, by two threads": zstandard.ZstdCompressor(level=3, threads=2).compress(TEXT),
    "zstd, window of 8 MiB": _zstd_stream(TEXT, compression_params=_zstd_windows(23)),
    "zstd in gzip": gzip.compress(zstandard.compress(TEXT)),
    "lz4": lz4.frame.compress(TEXT),
    "lz4, blocks of 4 MiB": lz4.frame.compress(TEXT, block_size=lz4.frame.BLOCKSIZE_MAX4MB, block_linked=False),
    "lz4, with all checksums": lz4.frame.compress(TEXT, content_checksum=True, block_checksum=True),
    "lz4, best": lz4.frame.compress(TEXT, compression_level=lz4.frame.COMPRESSIONLEVEL_MAX),
    "lz4, as a stream": _lz4_stream(TEXT),
    "snappy": _snappy_stream(TEXT),
    "snappy, two streams": _snappy_stream(TEXT[:5000]) + _snappy_stream(TEXT[5000:]),
    "UTF-16": TEXT.decode().encode("utf-16"),
    "UTF-16BE without a mark": TEXT.decode().encode("utf-16-be"),
    "UTF-16 in zstd": zstandard.compress(TEXT.decode().encode("utf-16")),
}


@pytest.mark.parametrize("object", READ.values(), ids=READ)
def test_what_writers_compress_gives_the_same_events(object):
    plain, done = _normalize(TEXT), _normalize(object)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == COUNT
    assert done.stdout == plain.stdout


def _table(write):
    out = io.BytesIO()
    write(pyarrow.Table.from_pylist(ROWS), out)
    return out.getvalue()


def _arrow(new):
    def write(t, out):
        with new(out, t.schema) as writer:
            writer.write_table(t)
    return _table(write)


def _avro(codec):
    out = io.BytesIO()
    fields = [{"name": name, "type": "string"} for name in ROWS[0]]
    fastavro.writer(out, {"type": "record", "name": "event", "fields": fields}, ROWS, codec=codec)
    return out.getvalue()


def _tar(mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        entry = tarfile.TarInfo("events.jsonl")
        entry.size = len(TEXT)
        t.addfile(entry, io.BytesIO(TEXT))
    return out.getvalue()


def _zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("events.jsonl", TEXT)
    return out.getvalue()


def _hadoop_snappy():
    out = io.BytesIO()
    snappy.snappy.hadoop_stream_compress(io.BytesIO(TEXT), out)
    return out.getvalue()


def _dictionary():
    lines = TEXT.splitlines(keepends=True)
    d = zstandard.train_dictionary(4096, lines, dict_id=815)
    return zstandard.ZstdCompressor(dict_data=d).compress(TEXT)


NAMED = {
    "Parquet": lambda: _table(pyarrow.parquet.write_table),
    "Parquet in gzip": lambda: gzip.compress(_table(pyarrow.parquet.write_table)),
    "ORC": lambda: _table(pyarrow.orc.write_table),
    "Arrow": lambda: _table(pyarrow.feather.write_feather),
    "an Arrow stream": lambda: _arrow(pyarrow.ipc.new_stream),
    "Avro": lambda: _avro("deflate"),
    "bzip2": lambda: bz2.compress(TEXT[:100000]),
    "xz": lambda: lzma.compress(TEXT[:100000]),
    "lzma": lambda: lzma.compress(TEXT[:100000], format=lzma.FORMAT_ALONE),
    "zip": _zip,
    "tar": lambda: _tar("w"),
    "tar in gzip": lambda: _tar("w:gz"),
    "raw snappy": lambda: snappy.compress(TEXT),
    "Hadoop-snappy": _hadoop_snappy,
    "UTF-32LE": lambda: TEXT.decode().encode("utf-32"),
    "gzip in gzip in gzip": lambda: gzip.compress(gzip.compress(gzip.compress(TEXT))),
}


@pytest.mark.parametrize("words", NAMED)
def test_what_is_not_read_is_named(words):
    done = _normalize(NAMED[words]())
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"-: {words} is not read; {CONVERT}\n")


@pytest.mark.parametrize("object, words", [
    (_zstd_stream(TEXT, compression_params=_zstd_windows(27)), "zstd window of 128 MiB, limits.zstd_window is 8 MiB" + RAISE),
    (_zstd_stream(TEXT, compression_params=_zstd_windows(24)), "zstd window of 16 MiB, limits.zstd_window is 8 MiB" + RAISE),
    (_dictionary(), f"zstd with dictionary 815; {CONVERT}"),
], ids=["window of 128 MiB", "window of 16 MiB", "dictionary"])
def test_frames_that_want_more_than_there_is_say_what(object, words):
    done = _normalize(object)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"-: {words}\n")
