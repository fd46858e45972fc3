# SPDX-License-Identifier: Apache-2.0
"""Seeded input, created once and cached: a data file and an index for fakeaws-fast.

The name of a dataset describes its content; the same name has the same bytes. Lines are counted
when they are created, so that a run knows the number of expected records.
"""
import gzip
import json
import subprocess
import sys
import zlib
from dataclasses import dataclass

from integration.parts.places import CACHE, ROOT

PREFIX = "asymptote/events"
BUCKET = "bench-bucket"
MIXED = ("--flat", ".1", "--ecs", ".1", "--otel", ".1", "--hook", ".1")


@dataclass
class Dataset:
    index: str       # path
    data: str        # path
    objects: int
    records: int     # expected number of events
    bytes: int       # decompressed
    files: list      # the same content as gzip files, for programs that read files

    @property
    def gigabytes(self):
        return self.bytes / 1e9


def _generate(count=None, size=None, seed=7, options=()):
    """Cached too: several datasets use the same texts, and Python generates 2 MB of them per second."""
    what = ["-n", str(count)] if count else ["--size", str(size)]
    kept = CACHE / "bench/texts" / ("-".join([*what, str(seed), *options]) + ".jsonl")
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        text = subprocess.run([sys.executable, ROOT / "tests/tools/gen_events.py", *what, "--seed", str(seed), *options],
                              check=True, stdout=subprocess.PIPE).stdout
        partial = kept.with_suffix(".part")
        partial.write_bytes(text)
        partial.rename(kept)
    return kept.read_bytes()


def _gzip(text):
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    return deflate.compress(text) + deflate.flush()


class _Writer:
    """Writes objects into the data file, and a line for each into the index."""

    def __init__(self, folder, queues):
        self.folder, self.queues = folder, queues
        self.data = open(folder / "data.part", "wb")
        self.index = open(folder / "index.part", "w")
        self.objects = self.records = self.bytes = self.offset = 0

    def place(self, body):
        """Store a body; several objects may share it."""
        at = self.offset
        self.data.write(body)
        self.offset += len(body)
        return at, len(body)

    def name(self, where, records, size):
        queue = f"bench-{self.objects % self.queues}"
        self.index.write(f"{queue}\t{BUCKET}\t{PREFIX}/{self.objects:06d}.jsonl\t{where[0]}\t{where[1]}\n")
        self.objects += 1
        self.records += records
        self.bytes += size

    def add(self, body, records, size):
        self.name(self.place(body), records, size)

    def close(self):
        self.data.close()
        self.index.close()
        (self.folder / "data.part").rename(self.folder / "data")
        (self.folder / "index.part").rename(self.folder / "index")
        facts = {"objects": self.objects, "records": self.records, "bytes": self.bytes}
        (self.folder / "facts.json").write_text(json.dumps(facts))


def _big(writer, megabytes, options=(), compress=True, distinct=10):
    """Objects of 10 MB of text each; `distinct` different ones, repeated."""
    made = []
    for i in range(max(1, megabytes // 10)):
        if i < distinct:
            text = _generate(size="10M", seed=100 + i, options=options)
            made.append((writer.place(_gzip(text) if compress else text), text.count(b"\n"), len(text)))
        writer.name(*made[i % len(made)])


def _small(writer, objects):
    """Objects of 5 events, gzip, all different."""
    lines = _generate(count=5 * min(objects, 20000), seed=11).splitlines(keepends=True)
    bodies = []
    for i in range(0, len(lines), 5):
        text = b"".join(lines[i:i + 5])
        bodies.append((writer.place(_gzip(text)), 5, len(text)))
    for i in range(objects):
        writer.name(*bodies[i % len(bodies)])


def _huge(writer, megabytes):
    """One object of many gzip members."""
    text = _generate(size="10M", seed=13)
    member, times = _gzip(text), max(1, megabytes // 10)
    at = writer.place(member)[0]
    for _ in range(times - 1):
        writer.place(member)
    writer.name((at, len(member) * times), text.count(b"\n") * times, len(text) * times)


MAKERS = {
    "big": lambda w, n: _big(w, n),
    "mixed": lambda w, n: _big(w, n, options=MIXED),
    "plain": lambda w, n: _big(w, n, compress=False),
    "small": _small,
    "huge": _huge,
}


def dataset(kind, amount, queues=1, say=print):
    """kind: a key of MAKERS. amount: megabytes of text; for "small" the number of objects."""
    folder = CACHE / "bench" / f"{kind}-{amount}-{queues}"
    if not (folder / "facts.json").exists():
        say(f"making data: {kind}, {amount}")
        folder.mkdir(parents=True, exist_ok=True)
        writer = _Writer(folder, queues)
        MAKERS[kind](writer, amount)
        writer.close()
    facts = json.loads((folder / "facts.json").read_text())
    return Dataset(str(folder / "index"), str(folder / "data"), files=_files(folder), **facts)


def _files(folder):
    """The objects as files, in the order of the index, for programs without S3."""
    rows = [line.split("\t") for line in (folder / "index").read_text().splitlines()]
    if len(rows) > 1000:
        return []
    by_place = {}
    with open(folder / "data", "rb") as data:
        for _, _, _, offset, length in rows:
            if (offset, length) in by_place:
                continue
            path = folder / f"object-{offset}.gz"
            if not path.exists():
                data.seek(int(offset))
                body = data.read(int(length))
                path.write_bytes(body if body[:2] == b"\x1f\x8b" else gzip.compress(body, 1))
            by_place[offset, length] = str(path)
    return [by_place[row[3], row[4]] for row in rows]
