# SPDX-License-Identifier: Apache-2.0
"""Pictures for documents: a screenshot with a palette of at most 256 colours, a third of its size."""
import collections
import struct
import zlib

HEAD = b"\x89PNG\r\n\x1a\n"


def _chunks(data):
    at = len(HEAD)
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield data[at + 4:at + 8], data[at + 8:at + 8 + size]
        at += size + 12


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def _rows(data, width, height, depth):
    """Without the filters of PNG, section 9 of its specification."""
    size, before = width * depth, bytearray(width * depth)
    for y in range(height):
        kind, row = data[y * (size + 1)], bytearray(data[y * (size + 1) + 1:(y + 1) * (size + 1)])
        if kind == 2:
            row = bytearray((x + b) & 255 for x, b in zip(row, before))
        elif kind:
            for i in range(size):
                left, up = row[i - depth] if i >= depth else 0, before[i]
                corner = before[i - depth] if i >= depth else 0
                row[i] = (row[i] + {1: left, 3: (left + up) // 2, 4: _paeth(left, up, corner)}[kind]) & 255
        yield row
        before = row


def text_of(data, name):
    """A text that reduced() wrote into the picture; None: it has none of this name."""
    for kind, part in _chunks(data):
        key, _, value = part.partition(b"\0")
        if kind == b"tEXt" and key.decode() == name:
            return value.decode()
    return None


def reduced(data, **texts):
    """The same picture, with its 256 most frequent colours; others become the nearest of them. texts: for text_of."""
    found = collections.defaultdict(bytes)
    for kind, part in _chunks(data):
        found[kind] += part
    width, height, bits, kind = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert bits == 8 and kind in (2, 6)
    depth = 3 if kind == 2 else 4
    pixels = [[bytes(row[i:i + 3]) for i in range(0, len(row), depth)]
              for row in _rows(zlib.decompress(found[b"IDAT"]), width, height, depth)]
    counts = collections.Counter(p for row in pixels for p in row)
    palette = [colour for colour, _ in counts.most_common(256)]
    index = {colour: min(range(len(palette)), key=lambda n: sum((x - y) ** 2 for x, y in zip(palette[n], colour)))
             for colour in counts}
    lines = b"".join(b"\0" + bytes(index[p] for p in row) for row in pixels)
    told = b"".join(_chunk(b"tEXt", f"{name}\0{text}".encode()) for name, text in texts.items())
    return HEAD + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) + told + _chunk(
        b"PLTE", b"".join(palette)) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
