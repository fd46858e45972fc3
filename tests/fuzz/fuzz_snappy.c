/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snappy framing format, compared with another reader of it, with libsnappy for the blocks. The
 * first byte determines the rest: chunks as they are, or a text that is put into chunks.
 */
#include "decoding.h"

#include <snappy-c.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 22, CHUNK_TEXT = 1 << 16, KINDS = 6 };

static const struct span stream = SPAN_INIT("\xff\x06\x00\x00sNaPpY");

/* CRC-32C bit by bit, masked. */
static uint32_t sum_of(struct span s)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (uint8_t)s.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (UINT32_C(0x82f63b78) & (0U - (crc & 1U)));
        }
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static void number_add(struct buf *b, uint32_t n, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        buf_add_byte(b, (char)(n >> (8 * i)));
    }
}

static uint32_t number_at(const char *p, int bytes)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++) {
        n |= (uint32_t)(uint8_t)p[i] << (8 * i);
    }
    return n;
}

static void chunk_add(struct buf *b, uint8_t type, const uint32_t *sum, struct span s)
{
    buf_add_byte(b, (char)type);
    number_add(b, (uint32_t)s.n + (sum != NULL ? 4 : 0), 3);
    if (sum != NULL) {
        number_add(b, *sum, 4);
    }
    buf_add(b, s);
}

static void text_add(struct buf *b, bool compressed, struct span s)
{
    static char packed[CHUNK_TEXT * 2];
    size_t n = sizeof(packed);
    uint32_t sum = sum_of(s);
    must(snappy_compress(s.p, s.n, packed, &n) == SNAPPY_OK);
    chunk_add(b, compressed ? 0x00 : 0x01, &sum, compressed ? span_of(packed, n) : s);
}

/* A chunk for each 16 bytes; the first of them determines its kind. */
static void chunks_add(struct buf *object, struct buf *want, struct span s)
{
    buf_add(object, stream);
    while (s.n > 0) {
        struct span part = span_take(&s, s.n < 16 ? s.n : 16);
        switch ((uint8_t)part.p[0] % KINDS) {
        case 0:
            chunk_add(object, 0x80 + (uint8_t)part.p[0] % 0x7f, NULL, part);
            break;
        case 1:
            buf_add(object, stream);
            break;
        default:
            text_add(object, (uint8_t)part.p[0] % 2 == 0, part);
            buf_add(want, part);
        }
    }
}

/* One chunk of text at s, without its head. False: it is damaged. */
static bool theirs_text(uint8_t type, struct span s, struct buf *to)
{
    static char text[CHUNK_TEXT];
    size_t n = CHUNK_TEXT;
    uint32_t sum = s.n < 4 ? 0 : number_at(s.p, 4);
    struct span data = s.n < 4 ? SPAN("") : span_from(s, 4);
    if (s.n < 4 || (type == 0x01 && data.n > CHUNK_TEXT)) {
        return false;
    }
    if (type == 0x00) {
        if (snappy_uncompress(data.p, data.n, text, &n) != SNAPPY_OK) {
            return false;
        }
        data = span_of(text, n);
    }
    buf_add(to, data);
    return sum_of(data) == sum;
}

/* True: the whole input is chunks, without padding between them. */
static bool theirs(struct span s, struct buf *to)
{
    buf_clear(to);
    if (!span_starts(s, stream)) {
        return false;
    }
    while (s.n > 0) {
        struct span head = span_take(&s, s.n < 4 ? s.n : 4);
        uint32_t n = head.n < 4 ? UINT32_MAX : number_at(head.p + 1, 3);
        if (n > s.n) {
            return false;
        }
        struct span data = span_take(&s, n);
        uint8_t type = (uint8_t)head.p[0];
        bool good = type == 0xff ? n == 6 && span_eq(data, SPAN("sNaPpY")) : type >= 0x80;
        if (!(type <= 0x01 ? theirs_text(type, data, to) : good)) {
            return false;
        }
    }
    return true;
}

/* A zero before a stream's chunk is padding here and a chunk for the other reader. */
static bool is_ambiguous(struct span s)
{
    for (size_t i = 1; i + stream.n <= s.n; i++) {
        if (s.p[i - 1] == 0 && memcmp(s.p + i, stream.p, stream.n) == 0) {
            return true;
        }
    }
    return false;
}

static void compare(struct span object, size_t piece, const struct buf *want)
{
    struct decoded d;
    decoding(object, piece, &d);
    if (decoded_only(&d, " in snappy") && d.err.kind != FAIL_LIMIT) {
        must(d.err.kind == FAIL_NONE);
        must(span_eq(buf_span(&d.text), buf_span(want)));
    }
    decoded_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    bool made = data[0] % 2 != 0;
    struct span s = span_of((const char *)data + 1, size - 1);
    struct buf object = BUF_INIT(1 << 26);
    struct buf want = BUF_INIT(TEXT_MAX);
    struct buf text = BUF_INIT(TEXT_MAX);
    if (made) {
        chunks_add(&object, &want, s);
    } else {
        buf_add(&object, s);
    }
    bool good = theirs(buf_span(&object), &text);
    must(!made || (good && span_eq(buf_span(&text), buf_span(&want))));
    if (good && !is_ambiguous(buf_span(&object))) {
        compare(buf_span(&object), 0, &text);
        compare(buf_span(&object), 1, &text);
    }
    buf_done(&object);
    buf_done(&want);
    buf_done(&text);
    return 0;
}
