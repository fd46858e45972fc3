# SPDX-License-Identifier: Apache-2.0
"""Bodies of objects: bytes, files, and gigabytes that are described instead of stored.

Each has `size` and `chunks(start, end)`, an iterator of buffers of at most CHUNK bytes, so that a
range of any body needs only the memory of its content. `from_spec` reads the JSON of the admin
call.
"""

import base64
import gzip
import random

CHUNK = 1 << 18


class BytesBody:
    """Stored in memory."""

    def __init__(self, data):
        self.data = data
        self.size = len(data)

    def chunks(self, start, end):
        view = memoryview(self.data)
        for at in range(start, end, CHUNK):
            yield view[at:min(at + CHUNK, end)]


class FileBody:
    """A file; sent by sendfile(2) if its bytes need not be changed."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.size = file.seek(0, 2)

    def chunks(self, start, end):
        with open(self.path, "rb") as file:
            file.seek(start)
            while start < end:
                data = file.read(min(CHUNK, end - start))
                if not data:
                    raise OSError(f"{self.path} was cut while it was served")
                start += len(data)
                yield data


class RepeatBody:
    """One block, repeated. If the block is a gzip member, the body is a gzip file of many members."""

    def __init__(self, block, times):
        if not block:
            raise ValueError("a repeated block must not be empty")
        self.block = block
        self.times = times
        self.size = len(block) * times
        self.window = memoryview(block * (2 + CHUNK // len(block)))

    def chunks(self, start, end):
        while start < end:
            at = start % len(self.block)
            size = min(CHUNK, end - start)
            yield self.window[at:at + size]
            start += size

    def crc(self, crc):
        return crc.repeat(crc.update(0, self.block), len(self.block), self.times)


class LinesBody:
    """Numbered lines: {n} in `template` becomes twelve digits, so that no two lines are equal."""

    def __init__(self, count, template='{"n":"{n}"}'):
        before, found, after = template.partition("{n}")
        if not found:
            raise ValueError("the template of numbered lines needs {n}")
        self.pieces = (before.encode(), after.encode() + b"\n")
        self.line_bytes = len(self.pieces[0]) + len(self.pieces[1]) + 12
        self.size = count * self.line_bytes

    def line(self, n):
        return b"%s%012d%s" % (self.pieces[0], n, self.pieces[1])

    def chunks(self, start, end):
        per_chunk = max(1, CHUNK // self.line_bytes)
        while start < end:
            first, skip = divmod(start, self.line_bytes)
            text = b"".join(map(self.line, range(first, first + per_chunk)))
            piece = text[skip:skip + end - start]
            yield piece
            start += len(piece)


def from_spec(spec):
    """A body from its description, which is one of:

        "text"                                    the text itself, UTF-8
        {"base64": "..."}                         bytes
        {"file": "/path"}                         a local file
        {"repeat": "text", "times": 1000000}      a repeated text
        {"random": 1048576, "seed": 7, "times": 4096}   seeded bytes, repeated
        {"lines": 5000000, "template": "...{n}..."}     numbered lines

    Each may have "gzip": true. A repeated block then becomes a gzip member, so that gigabytes stay a
    description. Numbered lines are compressed immediately and stored."""
    if isinstance(spec, (bytes, bytearray)):
        return BytesBody(bytes(spec))
    if isinstance(spec, str):
        return BytesBody(spec.encode())
    if not isinstance(spec, dict):
        return spec  # a body already
    packed = (lambda data: gzip.compress(data, 6, mtime=0)) if spec.get("gzip") else bytes
    if "base64" in spec:
        return BytesBody(packed(base64.b64decode(spec["base64"])))
    if "file" in spec:
        return FileBody(spec["file"])
    if "repeat" in spec:
        return RepeatBody(packed(spec["repeat"].encode()), int(spec.get("times", 1)))
    if "random" in spec:
        data = random.Random(spec.get("seed", 0)).randbytes(int(spec["random"]))
        return RepeatBody(packed(data), int(spec.get("times", 1)))
    if "lines" in spec:
        lines = LinesBody(int(spec["lines"]), spec.get("template", '{"n":"{n}"}'))
        if not spec.get("gzip"):
            return lines
        return BytesBody(packed(b"".join(lines.chunks(0, lines.size))))
    raise ValueError(f"no such body: {sorted(spec)}")
