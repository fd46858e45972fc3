# SPDX-License-Identifier: Apache-2.0
"""A large object that is cheap to make: one gzip member whose text is a repeated chunk.

A full flush ends a piece of a deflate stream at a byte boundary and resets its window, so that a
compressed piece can be repeated. Only the checksum must be computed over the whole text.
"""
import struct
import zlib

GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


def repeated_gzip(chunk, times):
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    piece = deflate.compress(chunk) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(times):
        crc = zlib.crc32(chunk, crc)
    end = zlib.compressobj(6, zlib.DEFLATED, -15).flush()
    return GZIP_HEADER + piece * times + end + struct.pack("<II", crc, len(chunk) * times & 0xFFFFFFFF)
