# SPDX-License-Identifier: Apache-2.0
"""Independent implementation of compression and text encoding, written from docs/event-files.md, on the
libraries of the formats' authors.

    text = opened(data)     # UTF-8, without a byte order mark of UTF-16
"""
import gzip
import io
import zlib

import lz4.frame
import snappy
import zstandard

LAYERS = 2
SNAPPY = b"\xff\x06\x00\x00sNaPpY"


def _zstd(data):
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()


def _lz4(data):
    with lz4.frame.open(io.BytesIO(data)) as frames:
        return frames.read()


def _snappy(data):
    out = io.BytesIO()
    snappy.stream_decompress(io.BytesIO(data), out)
    return out.getvalue()


MAGIC = ((b"\x1f\x8b", gzip.decompress), (b"\x28\xb5\x2f\xfd", _zstd), (b"\x04\x22\x4d\x18", _lz4), (SNAPPY, _snappy),
         (b"\x78\x01", zlib.decompress), (b"\x78\x5e", zlib.decompress), (b"\x78\x9c", zlib.decompress),
         (b"\x78\xda", zlib.decompress))


def _small_zlib(data):
    """A stream with a window below 32 KiB: its header could also begin a text."""
    header = len(data) > 2 and data[0] & 15 == 8 and data[0] >> 4 < 7 and int.from_bytes(data[:2], "big") % 31 == 0
    try:
        return zlib.decompress(data) if header and not data[1] & 32 else data
    except zlib.error:
        return data


def _unpacked(data):
    for magic, unpack in MAGIC:
        if data.startswith(magic):
            return unpack(data)
    return _small_zlib(data)


def _is_wide(head, encoding):
    """A text of which all characters, or the first two after blanks, have a NUL beside them."""
    try:
        text = head.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        return False
    controls = {chr(c) for c in range(32)} - set("\t\n\v\f\r\x1b\x1e")
    first = text.lstrip(" \t\n\v\f\r\x1e")[:2]
    narrow = all(0 < ord(c) < 256 for c in text)
    return len(head) >= 4 and (narrow or (first.isascii() and not controls & set(text)))


def _encoding(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:64][:len(data) // 2 * 2]
    for encoding in "utf-16-le", "utf-16-be":
        if _is_wide(head, encoding):
            return encoding
    return None


def opened(data):
    for _ in range(LAYERS):
        data = _unpacked(data)
    encoding = _encoding(data)
    return data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass") if encoding else data
