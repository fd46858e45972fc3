# SPDX-License-Identifier: Apache-2.0
"""The checksums of S3: CRC32, CRC32C, CRC64NVME, SHA-1, SHA-256 (research/aws.md 6.2).

CRCs that the standard library lacks are computed with Python's big integers: a message is a
polynomial over GF(2), and its first half is folded onto the second one by a multiplication with x^n
mod P, which is some thirty shifts and XORs of large numbers. That is a hundred times as fast as a
table loop in Python.
"""

import base64
import functools
import hashlib
import zlib

CHUNK = 1 << 17


class Crc:
    """A reflected CRC, init and final XOR all ones. `poly` in normal (unreflected) form."""

    def __init__(self, width, poly):
        self.width = width
        self.ones = (1 << width) - 1
        self.poly = _reverse(poly, width)
        self.table = [self._shift_byte(byte) for byte in range(256)]

    def _shift_byte(self, value):
        for _ in range(8):
            value = (value >> 1) ^ self.poly if value & 1 else value >> 1
        return value

    @functools.lru_cache(maxsize=512)
    def _x_power(self, n):
        """x^n mod P, reflected (the bit of x^0 is the highest)."""
        result, square = 1 << (self.width - 1), 1 << (self.width - 2)
        while n:
            if n & 1:
                result = self._multiply(result, square)
            square = self._multiply(square, square)
            n >>= 1
        return result

    def _multiply(self, a, b):
        """a * b mod P, both reflected."""
        product = 0
        for bit in range(self.width - 1, -1, -1):
            if b >> bit & 1:
                product ^= a
            a = (a >> 1) ^ self.poly if a & 1 else a >> 1
        return product

    def _fold(self, value, bits):
        """Shorten a reflected polynomial to a few hundred bits, congruent mod P."""
        while bits > 8 * self.width:
            first = (bits - self.width) // 2  # length of the earlier part, the higher powers
            rest = bits - first
            early, value = value & ((1 << first) - 1), value >> first
            factor = self._x_power(rest)
            product = 0
            for bit in range(self.width):
                if factor >> bit & 1:
                    product ^= early << bit
            value ^= product << (rest - first - self.width + 1)
            bits = rest
        return value, bits

    def update(self, crc, data):
        """The CRC of the bytes with CRC `crc`, followed by `data`. Start with 0."""
        register = crc ^ self.ones
        for start in range(0, len(data), CHUNK):
            register = self._chunk(register, bytes(data[start:start + CHUNK]))
        return register ^ self.ones

    def _chunk(self, register, data):
        if len(data) > 256:
            value = int.from_bytes(data, "little") ^ register
            value, bits = self._fold(value, 8 * len(data))
            size = -(-bits // 8)
            data = (value << (8 * size - bits)).to_bytes(size, "little")
            register = 0
        for byte in data:
            register = (register >> 8) ^ self.table[(register ^ byte) & 0xFF]
        return register

    def repeat(self, crc_of_block, block_bytes, times):
        """The CRC of a repeated block, from the CRC of the block."""
        result = 0
        length = 0
        square, square_bytes = crc_of_block, block_bytes
        while times:
            if times & 1:
                result = self.combine(result, square, square_bytes) if length else square
                length += square_bytes
            square = self.combine(square, square, square_bytes)
            square_bytes *= 2
            times >>= 1
        return result

    def combine(self, first, second, second_bytes):
        """The CRC of two concatenated strings, from their CRCs."""
        return self._multiply(first, self._x_power(8 * second_bytes)) ^ second


def _reverse(value, width):
    return int(format(value, f"0{width}b")[::-1], 2)


CRC32 = Crc(32, 0x04C11DB7)
CRC32C = Crc(32, 0x1EDC6F41)
CRC64NVME = Crc(64, 0xAD93D23594C93659)

_CRCS = {"crc32": (CRC32, 4), "crc32c": (CRC32C, 4), "crc64nvme": (CRC64NVME, 8)}
ALGORITHMS = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")


def of_chunks(algorithm, chunks):
    """The checksum of a sequence of byte strings, raw bytes big-endian."""
    if algorithm in ("sha1", "sha256"):
        digest = hashlib.new(algorithm)
        for chunk in chunks:
            digest.update(chunk)
        return digest.digest()
    crc, width = _CRCS[algorithm]
    value = 0
    for chunk in chunks:
        value = zlib.crc32(chunk, value) if algorithm == "crc32" else crc.update(value, chunk)
    return value.to_bytes(width, "big")


def of_body(algorithm, body, composite_parts=0):
    """The value of the x-amz-checksum-* header for a body (bodies.py).

    composite_parts: 0 for a FULL_OBJECT checksum, else the number of parts of a multipart upload: the result
    is the checksum of the parts' checksums, and "-N"."""
    if composite_parts:
        step = -(-body.size // composite_parts) or 1
        parts = [of_chunks(algorithm, body.chunks(i * step, min(body.size, (i + 1) * step)))
                 for i in range(composite_parts)]
        return base64.b64encode(of_chunks(algorithm, parts)).decode() + f"-{composite_parts}"
    if algorithm in _CRCS and hasattr(body, "crc"):
        crc, width = _CRCS[algorithm]
        raw = body.crc(crc).to_bytes(width, "big")
    else:
        raw = of_chunks(algorithm, body.chunks(0, body.size))
    return base64.b64encode(raw).decode()
