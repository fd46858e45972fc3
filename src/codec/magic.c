/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wrong name is worse than none, since an object with a name is not read. So a magic that could
 * also begin a text (letters and blanks only) counts only before bytes that texts do not have,
 * unless it is as long and unusual as "%PDF-1.7".
 */
#include "codec/magic.h"

#include "codec/text_encoding.h"
#include "codec/utf8.h"

enum {
    TAR_BYTES = 512,
    TAR_SUM_AT = 148,
    TAR_SUM_BYTES = 8,
    CUT_LEAST_BYTES = 2, /* of a cut magic that could also begin a text */
    BLOCK_BYTES = 64,
};

static uint8_t byte_at(struct span head, size_t i)
{
    return (uint8_t)head.p[i];
}

/* The number of 32 bits at `at`, high byte first. The head must contain it. */
static uint32_t big_endian(struct span head, size_t at)
{
    uint32_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        n = n << 8 | byte_at(head, at + i);
    }
    return n;
}

static uint32_t little_endian(struct span head, size_t at)
{
    return __builtin_bswap32(big_endian(head, at));
}

/* ---- text or not text ---- */

static bool is_text_control(uint8_t c)
{
    return (c >= '\t' && c <= '\r') || c == 0x1b || c == 0x1e;
}

/*
 * The head of each object is examined, so blocks are examined eight bytes at a time. A byte below
 * 0x20, less 0x20, has its top bit set; no difference borrows from the next byte unless such a byte
 * is found.
 */
#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

static uint64_t eight_at(struct span s, size_t i)
{
    uint64_t eight = 0;
    memcpy(&eight, s.p + i, sizeof(eight));
    return eight;
}

/* Whether the next block is printable ASCII. */
static bool is_plain_block(struct span s)
{
    uint64_t special = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i += sizeof(uint64_t)) {
        uint64_t eight = eight_at(s, i);
        special |= eight | (eight - ONES * 0x20);
    }
    return (special & TOPS) == 0;
}

/* Remove the blocks of printable ASCII from the front. */
static struct span skip_plain(struct span s)
{
    while (s.n >= BLOCK_BYTES && is_plain_block(s)) {
        s = span_from(s, BLOCK_BYTES);
    }
    return s;
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80;
}

static bool is_binary(uint8_t c)
{
    return c != 0 && c < 0x20 && !is_text_control(c);
}

/* Whether any byte of the next block is below 0x20. */
static bool has_control(struct span s)
{
    uint64_t found = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i += sizeof(uint64_t)) {
        uint64_t eight = eight_at(s, i);
        found |= (eight - ONES * 0x20) & ~eight;
    }
    return (found & TOPS) != 0;
}

bool magic_binary(struct span head)
{
    size_t i = 0;
    bool binary = false;
    while (i < head.n && !binary) {
        struct span s = span_from(head, i);
        if (s.n >= BLOCK_BYTES && !has_control(s)) {
            i += BLOCK_BYTES;
            continue;
        }
        for (size_t end = i + (s.n < BLOCK_BYTES ? s.n : BLOCK_BYTES); i < end; i++) {
            binary = binary || is_binary(byte_at(head, i));
        }
    }
    return binary;
}

/* Whether the head is UTF-8 without control bytes. It may cut the last character. */
static bool is_text(struct span head)
{
    for (struct span s = skip_plain(head); s.n > 0;) {
        bool good = false;
        uint8_t c = byte_at(s, 0);
        if (is_plain(c)) {
            s = span_from(s, 1);
            continue;
        }
        size_t n = utf8_step(s, &good);
        bool cut = c >= 0xc2 && n == s.n;
        if ((!good && !cut) || (c < 0x20 && !is_text_control(c))) {
            return false;
        }
        s = skip_plain(span_from(s, n));
    }
    return true;
}

static bool no_text(struct span head, bool whole UNUSED)
{
    return !is_text(head);
}

/* ---- conditions besides the magic ---- */

/*
 * RFC 1950: the first two bytes are a multiple of 31. This is also true of text that begins with
 * "x^", which is excluded here.
 */
static bool zlib_also(struct span head, bool whole UNUSED)
{
    struct span near = span_of(head.p, head.n < 64 ? head.n : 64);
    return !is_text(near);
}

static bool small_zlib_also(struct span head, bool whole)
{
    return zlib_also(head, whole) && magic_small_zlib(head, whole);
}

/* In bzip2, the magic of a block follows, or that of the end of an empty file. */
static bool bzip2_also(struct span head, bool whole UNUSED)
{
    if (head.n < 10) {
        return false;
    }
    struct span rest = span_from(head, 4);
    return byte_at(head, 3) >= '1' && byte_at(head, 3) <= '9' &&
           (span_starts(rest, SPAN("\x31\x41\x59\x26\x53\x59")) ||
            span_starts(rest, SPAN("\x17\x72\x45\x38\x50\x90")));
}

/* Formats of zstd before 0.8, whose version is in the first byte. */
static bool old_zstd_also(struct span head, bool whole UNUSED)
{
    return head.n >= 4 &&
           ((byte_at(head, 0) >= 0x22 && byte_at(head, 0) <= 0x27) || byte_at(head, 0) == 0x1e);
}

static bool skippable_also(struct span head, bool whole UNUSED)
{
    return head.n >= 4 && (byte_at(head, 0) & 0xf0) == 0x50;
}

/* Read octal digits among blanks and NULs. */
static bool tar_number(struct span field, uint32_t *number)
{
    bool any = false;
    *number = 0;
    for (size_t i = 0; i < field.n; i++) {
        char c = field.p[i];
        if (c >= '0' && c <= '7') {
            *number = *number * 8 + (uint32_t)(c - '0');
            any = true;
        } else if (c != ' ' && c != 0) {
            return false;
        }
    }
    return any;
}

/* The header's checksum: the sum of its bytes, with blanks in place of the checksum. */
static bool tar_also(struct span head, bool whole UNUSED)
{
    uint32_t want = 0;
    if (head.n < TAR_BYTES || !tar_number(span_of(head.p + TAR_SUM_AT, TAR_SUM_BYTES), &want)) {
        return false;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < TAR_BYTES; i++) {
        bool blank = i >= TAR_SUM_AT && i < TAR_SUM_AT + TAR_SUM_BYTES;
        sum += blank ? ' ' : byte_at(head, i);
    }
    return sum == want;
}

/* Whether the head is UTF-16 text, which resembles snappy with literals of one byte. */
static bool is_wide_text(struct span head)
{
    size_t bom_bytes = 0;
    return text_encoding_find(head, &bom_bytes) != TEXT_UTF8;
}

/* Hadoop's BlockCompressorStream: length of the text, length of a block, raw snappy. */
static bool hadoop_also(struct span head, bool whole)
{
    if (head.n < 12 || is_text(head) || is_wide_text(head)) {
        return false;
    }
    uint32_t text = big_endian(head, 0);
    uint32_t block = big_endian(head, 4);
    struct span data = span_from(head, 8);
    bool all = block <= data.n;
    return text > 0 && text <= 1U << 28 && block > 0 && block <= text + text / 6 + 32 &&
           magic_raw_snappy(span_of(data.p, all ? block : data.n), all || whole);
}

static bool raw_snappy_also(struct span head, bool whole)
{
    return magic_raw_snappy(head, whole) && !is_text(head) && !is_wide_text(head);
}

/* A stream of Arrow: a continuation mark, the length of the schema, a table of offsets. */
static bool arrow_stream_also(struct span head, bool whole UNUSED)
{
    if (head.n < 12) {
        return false;
    }
    uint32_t length = little_endian(head, 4);
    uint32_t root = little_endian(head, 8);
    return length > 0 && length < 1U << 24 && length % 8 == 0 && root > 0 && root < length;
}

static bool bmp_also(struct span head, bool whole UNUSED)
{
    return head.n >= 14 && little_endian(head, 2) > 14 && little_endian(head, 6) == 0;
}

static bool webp_also(struct span head, bool whole UNUSED)
{
    return head.n >= 12 && span_starts(span_from(head, 8), SPAN("WEBP")) && !is_text(head);
}

static bool digit_also(struct span head, bool whole UNUSED)
{
    return head.n > 5 && head.p[5] >= '1' && head.p[5] <= '9';
}

static bool lzma_also(struct span head, bool whole UNUSED)
{
    /* the length of the text: unknown, or below 2^40; then the first byte of the coder, a 0 */
    return head.n >= 14 && byte_at(head, 13) == 0 && byte_at(head, 11) == byte_at(head, 12) &&
           (byte_at(head, 12) == 0 || byte_at(head, 12) == 0xff);
}

/* The packets with which an encrypted or compressed message begins (RFC 9580 §4.2 and §5). */
static bool openpgp_also(struct span head, bool whole UNUSED)
{
    if (head.n < 5) {
        return false;
    }
    uint8_t tag = byte_at(head, 0);
    bool is_new = (tag & 0x40) != 0;
    unsigned type = is_new ? tag & 0x3fU : tag >> 2 & 0xfU;
    size_t length_n = is_new ? (byte_at(head, 1) < 192    ? 1
                                : byte_at(head, 1) == 255 ? 5
                                                          : 2)
                             : (size_t)1 << (tag & 3);
    if ((tag & 0x80) == 0 || (!is_new && (tag & 3) == 3) || head.n <= 1 + length_n) {
        return false;
    }
    uint8_t version = byte_at(head, 1 + length_n);
    bool key = type == 1 && (version == 3 || version == 6);    /* public key */
    bool password = type == 3 && version >= 4 && version <= 6; /* password */
    bool data = is_new && (type == 18 || type == 20) && (version == 1 || version == 2);
    return (key || password || data) && !is_text(head);
}

/* ---- the table ---- */

/* clang-format off: one row per format */
static const struct magic magics[] = {
    {MAGIC_GZIP, "gzip", 0, SPAN_INIT("\x1f\x8b"), NULL},
    {MAGIC_ZSTD, "zstd", 0, SPAN_INIT("\x28\xb5\x2f\xfd"), NULL},
    {MAGIC_LZ4, "lz4", 0, SPAN_INIT("\x04\x22\x4d\x18"), NULL},
    {MAGIC_SNAPPY, "snappy", 0, SPAN_INIT("\xff\x06\x00\x00sNaPpY"), NULL},
    {MAGIC_SKIPPABLE, "skippable frames", 1, SPAN_INIT("\x2a\x4d\x18"), skippable_also},
    {MAGIC_ZLIB, "zlib", 0, SPAN_INIT("\x78\x01"), zlib_also},
    {MAGIC_ZLIB, "zlib", 0, SPAN_INIT("\x78\x5e"), zlib_also},
    {MAGIC_ZLIB, "zlib", 0, SPAN_INIT("\x78\x9c"), zlib_also},
    {MAGIC_ZLIB, "zlib", 0, SPAN_INIT("\x78\xda"), zlib_also},

    {MAGIC_NAMED, "zlib with a dictionary", 0, SPAN_INIT("\x78\xbb"), zlib_also},
    {MAGIC_NAMED, "zlib with a dictionary", 0, SPAN_INIT("\x78\xf9"), zlib_also},
    {MAGIC_NAMED, "zstd of a version before 0.8", 1, SPAN_INIT("\xb5\x2f\xfd"), old_zstd_also},
    {MAGIC_NAMED, "a zstd dictionary", 0, SPAN_INIT("\x37\xa4\x30\xec"), NULL},
    {MAGIC_NAMED, "lz4 legacy frames", 0, SPAN_INIT("\x02\x21\x4c\x18"), NULL},
    {MAGIC_NAMED, "snappy-java", 0, SPAN_INIT("\x82SNAPPY\x00"), NULL},
    {MAGIC_NAMED, "Hadoop-snappy", 0, SPAN_INIT(""), hadoop_also},
    {MAGIC_NAMED, "bzip2", 0, SPAN_INIT("BZh"), bzip2_also},
    {MAGIC_NAMED, "xz", 0, SPAN_INIT("\xfd\x37zXZ\x00"), NULL},
    {MAGIC_NAMED, "lzma", 0, SPAN_INIT("\x5d\x00\x00"), lzma_also},
    {MAGIC_NAMED, "lzip", 0, SPAN_INIT("LZIP\x01"), NULL},
    {MAGIC_NAMED, "lzop", 0, SPAN_INIT("\x89LZO\x00\x0d\x0a\x1a\x0a"), NULL},
    {MAGIC_NAMED, "compress (.Z)", 0, SPAN_INIT("\x1f\x9d"), NULL},

    {MAGIC_NAMED, "zip", 0, SPAN_INIT("PK\x03\x04"), NULL},
    {MAGIC_NAMED, "zip", 0, SPAN_INIT("PK\x05\x06"), NULL},
    {MAGIC_NAMED, "zip", 0, SPAN_INIT("PK\x07\x08"), NULL},
    {MAGIC_NAMED, "7z", 0, SPAN_INIT("7z\xbc\xaf\x27\x1c"), NULL},
    {MAGIC_NAMED, "rar", 0, SPAN_INIT("Rar!\x1a\x07"), NULL},
    {MAGIC_NAMED, "tar", 0, SPAN_INIT(""), tar_also},

    {MAGIC_NAMED, "Parquet", 0, SPAN_INIT("PAR1"), no_text},
    {MAGIC_NAMED, "Parquet, encrypted", 0, SPAN_INIT("PARE"), no_text},
    {MAGIC_NAMED, "ORC", 0, SPAN_INIT("ORC"), no_text},
    {MAGIC_NAMED, "Avro", 0, SPAN_INIT("Obj\x01"), NULL},
    {MAGIC_NAMED, "Arrow", 0, SPAN_INIT("ARROW1\x00"), NULL},
    {MAGIC_NAMED, "Arrow", 0, SPAN_INIT("FEA1"), no_text},
    {MAGIC_NAMED, "an Arrow stream", 0, SPAN_INIT("\xff\xff\xff\xff"), arrow_stream_also},
    {MAGIC_NAMED, "Amazon Ion", 0, SPAN_INIT("\xe0\x01\x00\xea"), NULL},
    {MAGIC_NAMED, "an SQLite database", 0, SPAN_INIT("SQLite format 3\x00"), NULL},
    {MAGIC_NAMED, "a Windows event log", 0, SPAN_INIT("ElfFile\x00"), NULL},
    {MAGIC_NAMED, "a systemd journal", 0, SPAN_INIT("LPKSHHRH"), no_text},

    {MAGIC_NAMED, "OpenPGP", 0, SPAN_INIT("-----BEGIN PGP MESSAGE-----"), NULL},
    {MAGIC_NAMED, "OpenPGP", 0, SPAN_INIT(""), openpgp_also},
    {MAGIC_NAMED, "age", 0, SPAN_INIT("age-encryption.org/v1\n"), NULL},
    {MAGIC_NAMED, "age", 0, SPAN_INIT("-----BEGIN AGE ENCRYPTED FILE-----"), NULL},
    {MAGIC_NAMED, "openssl enc (Salted__)", 0, SPAN_INIT("Salted__"), NULL},
    {MAGIC_NAMED, "openssl enc (Salted__)", 0, SPAN_INIT("U2FsdGVkX1"), NULL}, /* in base64 */

    {MAGIC_NAMED, "PDF", 0, SPAN_INIT("%PDF-"), digit_also},
    {MAGIC_NAMED, "a PNG image", 0, SPAN_INIT("\x89PNG\x0d\x0a\x1a\x0a"), NULL},
    {MAGIC_NAMED, "a JPEG image", 0, SPAN_INIT("\xff\xd8\xff"), NULL},
    {MAGIC_NAMED, "a GIF image", 0, SPAN_INIT("GIF87a"), no_text},
    {MAGIC_NAMED, "a GIF image", 0, SPAN_INIT("GIF89a"), no_text},
    {MAGIC_NAMED, "a WebP image", 0, SPAN_INIT("RIFF"), webp_also},
    {MAGIC_NAMED, "a TIFF image", 0, SPAN_INIT("II\x2a\x00"), NULL},
    {MAGIC_NAMED, "a TIFF image", 0, SPAN_INIT("MM\x00\x2a"), NULL},
    {MAGIC_NAMED, "a BMP image", 0, SPAN_INIT("BM"), bmp_also},
    {MAGIC_NAMED, "an ELF program", 0,
     SPAN_INIT("\x7f"
               "ELF"),
     NULL},
    {MAGIC_ZLIB, "zlib", 0, SPAN_INIT(""), small_zlib_also}, /* these two last: without magic */
    {MAGIC_NAMED, "raw snappy", 0, SPAN_INIT(""), raw_snappy_also},
};
/* clang-format on */

/* Whether the object ends inside the magic of a compression that is read. */
static bool is_cut(const struct magic *m, struct span head)
{
    bool could_be_text = byte_at(head, 0) >= 0x20 && byte_at(head, 0) < 0x7f;
    return m->what != MAGIC_NAMED && m->at == 0 && head.n < m->bytes.n &&
           head.n >= (could_be_text ? CUT_LEAST_BYTES : 1) && span_starts(m->bytes, head);
}

static bool is_magic(const struct magic *m, struct span head, bool whole)
{
    return head.n > m->at && span_starts(span_from(head, m->at), m->bytes) &&
           (m->also == NULL || m->also(head, whole));
}

const struct magic *magic_find(struct span head, bool whole)
{
    for (size_t i = 0; head.n > 0 && i < sizeof(magics) / sizeof(magics[0]); i++) {
        const struct magic *m = &magics[i];
        if (is_magic(m, head, whole) || (whole && is_cut(m, head))) {
            return m;
        }
    }
    return NULL;
}
