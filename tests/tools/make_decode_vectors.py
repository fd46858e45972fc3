#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write tests/vectors/decode/: objects made by the usual writers, and the expected results of the decoder.

    tests/tools/make_decode_vectors.py [FOLDER]

A vector is a folder of two files: `in` is the object. `want` has a line with the kind of the error, a
line with the words, and the expected text. Needs the packages of integration/requirements.txt, and
gpg, openssl, zip, lz4, zstd. The files are in the tree, since other versions of the writers write
other bytes. To add a vector, add a row here and its folder to the tree.
"""
import bz2
import gzip
import io
import lzma
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

import cramjam
import fastavro
import lz4.frame
import pyarrow
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet
import zstandard

HERE = pathlib.Path(__file__).resolve().parent.parent / "vectors/decode"
LINES = [b'{"time":"2026-05-11T22:20:0%dZ","user":"anna","host":"h1","tool":"Bash","command":"make %d"}\n' % (i, i)
         for i in range(8)]
TEXT = b"".join(LINES)
WIDE = '{"user":"\u6f22\u5b57","command":"make \u201ccheck\u201d \U0001f600"}\n' * 3  # characters of each length at the beginning
ROWS = [{"user": "anna", "host": f"h{i}", "command": "make"} for i in range(20)]


def tool(*argv, text=TEXT):
    return subprocess.run(argv, input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def gzip_header(flags, name=b"a.jsonl"):
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\x02\xff"
    head += struct.pack("<H", 5) + b"extra" if flags & 4 else b""
    head += name + b"\0" if flags & 8 else b""
    head += b"a comment\0" if flags & 16 else b""
    return head + (struct.pack("<H", zlib.crc32(head) & 0xffff) if flags & 2 else b"")


def member(flags, text=TEXT):
    body = zlib.compressobj(wbits=-15)
    return gzip_header(flags) + body.compress(text) + body.flush() + struct.pack("<II", zlib.crc32(text), len(text))


def table(write):
    out = io.BytesIO()
    write(pyarrow.Table.from_pylist(ROWS), out)
    return out.getvalue()


def arrow(new):
    def write(t, out):
        with new(out, t.schema) as writer:
            writer.write_table(t)
    return table(write)


def avro():
    out = io.BytesIO()
    fields = [{"name": name, "type": "string"} for name in ROWS[0]]
    fastavro.writer(out, {"type": "record", "name": "event", "fields": fields}, ROWS, sync_marker=b"0123456789abcdef")
    return out.getvalue()


def tar(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as t:
        entry = tarfile.TarInfo("a.jsonl")
        entry.size = len(TEXT)
        t.addfile(entry, io.BytesIO(TEXT))
    return out.getvalue()[:2048]


def tar_v7():
    block = bytearray(tar(tarfile.USTAR_FORMAT))
    block[257:512] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def database():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.db"
        db = sqlite3.connect(path)
        db.execute("create table event (text)")
        db.commit()
        db.close()
        return path.read_bytes()[:1024]


def gpg(*options):
    with tempfile.TemporaryDirectory() as home:
        base = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "x"]
        if "--encrypt" in options:
            tool(*base, "--quick-generate-key", "a@example.com", "default", "default", "never")
            options += ("--trust-model", "always", "-r", "a@example.com")
        out = tool(*base, *options)
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        return out


def zipped():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "a.jsonl").write_bytes(TEXT)
        return subprocess.run(["zip", "-q", "-X", "-", "a.jsonl"], cwd=folder, stdout=subprocess.PIPE, check=True).stdout


def png():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def raw_snappy(text=TEXT):
    return bytes(cramjam.snappy.compress_raw(text))


def hadoop(text=TEXT):
    data = raw_snappy(text)
    return struct.pack(">II", len(text), len(data)) + data


def framed(text=TEXT):
    return bytes(cramjam.snappy.compress(text))


def zstd_frame(text=TEXT, **how):
    return zstandard.ZstdCompressor(**how).compress(text)


def zstd_stream(text=TEXT, **how):
    c = zstandard.ZstdCompressor(**how).compressobj()
    return c.compress(text) + c.flush()


def dictionary():
    d = zstandard.train_dictionary(1024, [b"%b %d" % (line, i) for i in range(300) for line in LINES], dict_id=4711)
    return zstandard.ZstdCompressor(dict_data=d).compress(TEXT)


def window(log):
    return zstd_stream(compression_params=zstandard.ZstdCompressionParameters(window_log=log))


def read(object, text=TEXT, words="UTF-8"):
    return object, text, "none", words


def named(object, words):
    return object, b"", "format", words


def damaged(object, text, words):
    return object, text, "data", words


def rows():
    skip = b"\x5d\x2a\x4d\x18\x04\x00\x00\x00skip"
    gz, zs, l4, sn, zl = gzip.compress(TEXT, mtime=0), zstd_frame(), lz4.frame.compress(TEXT), framed(), zlib.compress(TEXT)
    yield "plain", read(TEXT)
    yield "plain-bom", read(b"\xef\xbb\xbf" + TEXT, b"\xef\xbb\xbf" + TEXT)
    yield "plain-empty", read(b"", b"", "nothing")
    yield "plain-looks-like-zlib", read(b"x^2 is no object\n" + TEXT, b"x^2 is no object\n" + TEXT)
    for text in (b"BZh91 is no bzip2\n", b"PAR1 and ORC\n", b"ORC\n", b"BM: a bitmap?\n", b"PK is no zip\n", b"GIF89a\n",
                 b"7z\n", b"%PDF-\n", b"RIFF\n", b"MZ\n", b"Obj\n", b"II*\n", b"(\n", b"x\n", b"Salted_\n", b"7\n", b"]\n",
                 b"Rar!\n", b"LZIP\n", b"age-encryption\n", b"SQLite\n", b"FEA1\n", b"ARROW1\n"):
        name = "".join(c if c.isalnum() else "-" for c in text.decode().strip().lower()).strip("-")[:20] or "bracket"
        yield f"plain-{name}", read(text + TEXT, text + TEXT)

    yield "gzip", read(gz, words="UTF-8 in gzip")
    yield "gzip-empty", read(gzip.compress(b"", mtime=0), b"", "nothing in gzip")
    for flags in (2, 4, 8, 16, 30, 31):
        yield f"gzip-flags-{flags:02d}", read(member(flags), words="UTF-8 in gzip")
    wrong = bytearray(member(2))
    wrong[10] ^= 1
    yield "gzip-wrong-fhcrc", damaged(bytes(wrong), b"", "nothing in gzip")
    yield "gzip-reserved-flag", damaged(member(0)[:3] + b"\x20" + member(0)[4:], b"", "nothing in gzip")
    yield "gzip-members", read(b"".join(gzip.compress(line, mtime=0) for line in LINES), words="UTF-8 in gzip")
    yield "gzip-members-newline", read(b"\n".join(gzip.compress(line, mtime=0) for line in LINES), words="UTF-8 in gzip")
    yield "gzip-padded", read(gz + bytes(1000), words="UTF-8 in gzip")
    yield "gzip-garbage", damaged(gz + b"garbage", TEXT, "UTF-8 in gzip")
    yield "gzip-cut", damaged(gz[:-4], TEXT, "UTF-8 in gzip")
    yield "gzip-in-gzip", read(gzip.compress(gz, mtime=0), words="UTF-8 in gzip in gzip")
    yield "gzip-thrice", named(gzip.compress(gzip.compress(gz, mtime=0), mtime=0), "gzip in gzip in gzip")

    for level in (0, 1, 6, 9):
        yield f"zlib-{level}", read(zlib.compress(TEXT, level), words="UTF-8 in zlib")
    for bits, level in (9, 6), (12, 1), (14, 0):
        small = zlib.compressobj(level, zlib.DEFLATED, bits)
        yield f"zlib-window-{bits}", read(small.compress(TEXT) + small.flush(), words="UTF-8 in zlib")
    for head in b"h\x81J\xf6rg\n", b"H\x89\x01\n", b"8\x8d is \xe9\n":
        yield f"plain-looks-like-small-zlib-{head[0]:x}", read(head + TEXT, head + TEXT, "binary data" if b"\1" in head else "UTF-8")
    yield "zlib-level-5", read(zlib.compress(TEXT, 5), words="UTF-8 in zlib")
    yield "zlib-empty", read(zlib.compress(b""), b"", "nothing in zlib")
    yield "zlib-garbage", damaged(zl + b"garbage", TEXT, "UTF-8 in zlib")
    yield "zlib-wrong-sum", damaged(zl[:-1] + bytes([zl[-1] ^ 1]), TEXT, "UTF-8 in zlib")
    preset = zlib.compressobj(zdict=LINES[0])
    yield "zlib-dictionary", named(preset.compress(TEXT) + preset.flush(), "zlib with a dictionary")

    yield "zstd", read(zs, words="UTF-8 in zstd")
    yield "zstd-tool", read(tool("zstd", "-q", "-c"), words="UTF-8 in zstd")
    yield "zstd-best", read(tool("zstd", "-q", "-c", "-19"), words="UTF-8 in zstd")
    yield "zstd-stream", read(zstd_stream(), words="UTF-8 in zstd")
    yield "zstd-checksum", read(zstd_frame(write_checksum=True), words="UTF-8 in zstd")
    yield "zstd-no-length", read(zstd_frame(write_content_size=False), words="UTF-8 in zstd")
    yield "zstd-frames", read(b"".join(map(zstd_frame, LINES)), words="UTF-8 in zstd")
    yield "zstd-skippable", read(skip + zs + skip, words="UTF-8 in zstd")
    yield "zstd-empty", read(zstd_frame(b""), b"", "nothing in zstd")
    yield "zstd-cut", damaged(zs[:-3], b"", "nothing in zstd")
    yield "zstd-garbage", damaged(zs + b"garbage", TEXT, "UTF-8 in zstd")
    yield "zstd-window-8M", read(window(23), words="UTF-8 in zstd")
    yield "zstd-window-16M", named(window(24), "zstd window of 16 MiB, limits.zstd_window is 8 MiB")
    yield "zstd-long-31", named(tool("zstd", "-q", "-c", "--ultra", "--long=31"),
                                "zstd window of 2 GiB, limits.zstd_window is 8 MiB")
    yield "zstd-dictionary", named(dictionary(), "zstd with dictionary 4711")
    yield "zstd-old", named(b"\x25\xb5\x2f\xfd" + bytes(20), "zstd of a version before 0.8")

    yield "lz4", read(l4, words="UTF-8 in lz4")
    yield "lz4-tool", read(tool("lz4", "-q", "-c"), words="UTF-8 in lz4")
    yield "lz4-best", read(tool("lz4", "-q", "-9", "-c", "-BX", "--content-size", "-B4"), words="UTF-8 in lz4")
    yield "lz4-sums", read(lz4.frame.compress(TEXT, content_checksum=True, block_checksum=True, block_linked=False),
                           words="UTF-8 in lz4")
    yield "lz4-frames", read(skip + l4 + skip + lz4.frame.compress(b"{}\n"), TEXT + b"{}\n", "UTF-8 in lz4")
    yield "lz4-empty", read(lz4.frame.compress(b""), b"", "nothing in lz4")
    yield "lz4-cut", damaged(l4[:-4], TEXT, "UTF-8 in lz4")
    yield "lz4-garbage", damaged(l4 + b"garbage", TEXT, "UTF-8 in lz4")
    yield "lz4-legacy", named(tool("lz4", "-q", "-l", "-c"), "lz4 legacy frames")

    yield "snappy", read(sn, words="UTF-8 in snappy")
    yield "snappy-streams", read(b"".join(map(framed, LINES)), words="UTF-8 in snappy")
    yield "snappy-empty", read(framed()[:10], b"", "nothing in snappy")
    yield "snappy-cut", damaged(sn[:-1], b"", "nothing in snappy")
    yield "snappy-garbage", damaged(sn + b"garbage", TEXT, "UTF-8 in snappy")
    yield "snappy-raw", named(raw_snappy(TEXT * 20), "raw snappy")
    yield "snappy-raw-short", named(raw_snappy(), "raw snappy")
    yield "snappy-hadoop", named(hadoop(), "Hadoop-snappy")
    yield "snappy-hadoop-long", named(hadoop(TEXT * 300), "Hadoop-snappy")
    yield "snappy-java", named(b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + struct.pack(">I", len(raw_snappy())) + raw_snappy(),
                               "snappy-java")

    yield "zstd-in-gzip", read(gzip.compress(zs, mtime=0), words="UTF-8 in zstd in gzip")
    yield "gzip-in-lz4", read(lz4.frame.compress(gz), words="UTF-8 in gzip in lz4")
    yield "snappy-in-zlib", read(zlib.compress(sn), words="UTF-8 in snappy in zlib")

    yield "bzip2", named(bz2.compress(TEXT), "bzip2")
    yield "bzip2-empty", named(bz2.compress(b""), "bzip2")
    yield "xz", named(lzma.compress(TEXT), "xz")
    yield "lzma", named(lzma.compress(TEXT, format=lzma.FORMAT_ALONE), "lzma")
    yield "zip", named(zipped(), "zip")
    yield "zip-empty", named(b"PK\x05\x06" + bytes(18), "zip")
    yield "7z", named(b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), "7z")
    yield "rar", named(b"Rar!\x1a\x07\x01\x00" + bytes(20), "rar")
    yield "lzop", named(b"\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0" + bytes(20), "lzop")
    yield "lzip", named(b"LZIP\x01\x0c" + bytes(20), "lzip")
    yield "compress", named(b"\x1f\x9d\x90\x7b\x44\xd0" + bytes(20), "compress (.Z)")
    yield "tar-pax", named(tar(tarfile.PAX_FORMAT), "tar")
    yield "tar-gnu", named(tar(tarfile.GNU_FORMAT), "tar")
    yield "tar-v7", named(tar_v7(), "tar")
    yield "tar-in-gzip", named(gzip.compress(tar(tarfile.PAX_FORMAT), mtime=0), "tar in gzip")
    yield "tar-in-zstd-in-gzip", named(gzip.compress(zstd_frame(tar(tarfile.PAX_FORMAT)), mtime=0), "tar in zstd in gzip")
    yield "parquet", named(table(pyarrow.parquet.write_table), "Parquet")
    yield "parquet-in-gzip", named(gzip.compress(table(pyarrow.parquet.write_table), mtime=0), "Parquet in gzip")
    yield "orc", named(table(pyarrow.orc.write_table), "ORC")
    yield "avro", named(avro(), "Avro")
    yield "arrow", named(arrow(pyarrow.ipc.new_file), "Arrow")
    yield "arrow-feather", named(table(pyarrow.feather.write_feather), "Arrow")
    yield "arrow-stream", named(arrow(pyarrow.ipc.new_stream), "an Arrow stream")
    yield "ion", named(b"\xe0\x01\x00\xea\xee\x95\x81\x83" + bytes(20), "Amazon Ion")
    yield "sqlite", named(database(), "an SQLite database")
    yield "pdf", named(b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "PDF")
    yield "png", named(png(), "a PNG image")
    yield "jpeg", named(b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(20), "a JPEG image")
    yield "gif", named(b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(20), "a GIF image")
    yield "webp", named(b"RIFF\x24\0\0\0WEBPVP8 " + bytes(20), "a WebP image")
    yield "tiff", named(b"II*\0\x08\0\0\0" + bytes(20), "a TIFF image")
    yield "tiff-big-endian", named(b"MM\0*\0\0\0\x08" + bytes(20), "a TIFF image")
    yield "bmp", named(b"BM" + struct.pack("<IIII", 70, 0, 54, 40) + bytes(20), "a BMP image")
    yield "elf", named(b"\x7fELF\x02\x01\x01" + bytes(20), "an ELF program")
    yield "evtx", named(b"ElfFile\0" + bytes(40), "a Windows event log")
    yield "journal", named(b"LPKSHHRH" + bytes(40), "a systemd journal")
    yield "openpgp-password", named(gpg("--symmetric"), "OpenPGP")
    yield "openpgp-key", named(gpg("--encrypt"), "OpenPGP")
    yield "openpgp-armor", named(gpg("--symmetric", "--armor"), "OpenPGP")
    yield "age", named(b"age-encryption.org/v1\n-> X25519 abc\n" + bytes(range(64)), "age")
    yield "age-armor", named(b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "age")
    yield "salted", named(tool("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "x"), "openssl enc (Salted__)")
    yield "salted-base64", named(tool("openssl", "enc", "-a", "-aes-256-cbc", "-pbkdf2", "-k", "x"), "openssl enc (Salted__)")

    for form in ("utf-16-le", "utf-16-be"):
        name = form.replace("utf-16-", "utf16")
        words = form.upper().replace("16-", "16")
        yield name, read(TEXT.decode().encode(form), words=words)
        yield f"{name}-bom", read("\ufeff{0}".format(TEXT.decode()).encode(form), words=words)
        yield f"{name}-in-gzip", read(gzip.compress(TEXT.decode().encode(form), mtime=0), words=f"{words} in gzip")
        yield f"{name}-wide", read(WIDE.encode(form), WIDE.encode(), words)
        yield f"{name}-odd", damaged(TEXT.decode().encode(form) + b"{", TEXT, words)
    yield "utf16le-lone", read("\ufeff{\ud83d}".encode("utf-16-le", "surrogatepass"), b"{\xff}", "UTF-16LE")
    yield "utf32le", named(TEXT.decode().encode("utf-32-le"), "UTF-32LE")
    yield "utf32be-wide", named(WIDE.encode("utf-32-be"), "UTF-32BE")
    yield "utf32be-bom", named("\ufeff{}".encode("utf-32-be"), "UTF-32BE")
    yield "latin1", read("{\"user\":\"J\xfcrg\"}\n".encode("latin-1"), "{\"user\":\"J\xfcrg\"}\n".encode("latin-1"))
    yield "binary", read(bytes(range(1, 64)), bytes(range(1, 64)), "binary data")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, (object, text, kind, words) in rows():
        here = folder / name
        here.mkdir(parents=True, exist_ok=True)
        (here / "in").write_bytes(object)
        (here / "want").write_bytes(f"{kind}\n{words}\n".encode() + text)


if __name__ == "__main__":
    main()
