/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip members, compared with zlib. The input is the deflate data of two members, valid or not. The
 * headers have every flag in turn, and the trailers are correct, so that only the data can be
 * wrong. Data that zlib reads are read to the same bytes; data that zlib refuses are refused.
 */
#include "decoding.h"

#define ZLIB_CONST
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20 };

static char text[TEXT_MAX];

/* Raw deflate: true if it is complete and valid. *used: its length; text[0 .. *n): the result. */
static bool inflated(struct span s, size_t *used, size_t *n)
{
    z_stream z = {.next_in = (const Bytef *)s.p,
                  .avail_in = (uInt)s.n,
                  .next_out = (Bytef *)text,
                  .avail_out = TEXT_MAX};
    must(inflateInit2(&z, -15) == Z_OK);
    int rc = inflate(&z, Z_FINISH);
    *used = s.n - z.avail_in;
    *n = TEXT_MAX - z.avail_out;
    (void)inflateEnd(&z);
    return rc == Z_STREAM_END;
}

static void header_add(struct buf *b, unsigned flags)
{
    size_t from = b->n;
    buf_add(b, SPAN("\x1f\x8b\x08"));
    buf_add_byte(b, (char)flags);
    buf_add(b, SPAN("timexs"));
    buf_add(b, (flags & 4) != 0 ? SPAN("\x03\x00"
                                       "abc")
                                : SPAN(""));
    buf_add(b, (flags & 8) != 0 ? SPAN("name\0") : SPAN(""));
    buf_add(b, (flags & 16) != 0 ? SPAN("comment\0") : SPAN(""));
    uLong crc = crc32(0, (const Bytef *)b->p + from, (uInt)(b->n - from));
    if ((flags & 2) != 0) {
        buf_add_byte(b, (char)crc);
        buf_add_byte(b, (char)(crc >> 8));
    }
}

static void trailer_add(struct buf *b, size_t n)
{
    uint64_t trailer = crc32(0, (const Bytef *)text, (uInt)n) | (uint64_t)n << 32;
    for (int i = 0; i < 8; i++) {
        buf_add_byte(b, (char)(trailer >> (8 * i)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct span s = span_of((const char *)data + 2, size - 2);
    struct buf object = BUF_INIT(1 << 26);
    struct buf want = BUF_INIT(1 << 24);
    bool good = true;
    for (int i = 0; i < 2 && good; i++) {
        size_t used = 0;
        size_t n = 0;
        good = inflated(s, &used, &n);
        header_add(&object, data[i] & 31U);
        buf_add(&object, span_of(s.p, good ? used : s.n));
        buf_add(&want, good ? span_of(text, n) : SPAN(""));
        if (good) {
            trailer_add(&object, n);
        }
        s = span_from(s, used);
    }
    buf_add(&want, SPAN(""));
    for (size_t piece = 0; piece < 2; piece++) {
        struct decoded d;
        decoding(buf_span(&object), piece == 0 ? object.n : 0, &d);
        bool packed = strstr(d.words.p, "UTF-8 in gzip") == d.words.p ||
                      strstr(d.words.p, "binary data in gzip") == d.words.p;
        if (good && packed && strcmp(strstr(d.words.p, " in "), " in gzip") == 0) {
            must(d.err.kind == FAIL_NONE);
            must(span_eq(buf_span(&d.text), buf_span(&want)));
        }
        must(good || d.err.kind != FAIL_NONE);
        decoded_done(&d);
    }
    buf_done(&object);
    buf_done(&want);
    return 0;
}
