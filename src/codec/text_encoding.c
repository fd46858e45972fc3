/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text_encoding.h"

#define NOT_UTF8 '\xff'

/* ---- detection ---- */

static const struct {
    struct span mark;
    enum text_encoding encoding;
} marks[] = {
    {SPAN_INIT("\xef\xbb\xbf"), TEXT_UTF8},
    {SPAN_INIT("\xff\xfe\x00\x00"), TEXT_UTF32LE}, /* before that of UTF-16, with which it begins */
    {SPAN_INIT("\x00\x00\xfe\xff"), TEXT_UTF32BE},
    {SPAN_INIT("\xff\xfe"), TEXT_UTF16LE},
    {SPAN_INIT("\xfe\xff"), TEXT_UTF16BE},
};

/* The character or half of a pair in the unit of `bytes` bytes at i. */
static uint32_t unit_at(struct span head, size_t i, size_t bytes, bool big_endian)
{
    uint32_t c = 0;
    for (size_t k = 0; k < bytes; k++) {
        c = c << 8 | (uint8_t)head.p[i + (big_endian ? k : bytes - 1 - k)];
    }
    return c;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x1e;
}

static bool is_control(uint32_t c)
{
    return c < ' ' && !is_blank(c) && c != 0x1b;
}

/*
 * Whether the head is text in units of `bytes` bytes: of characters below U+0100 only, or any
 * characters but NULs and controls behind two of ASCII, with which each JSON text begins. As UTF-8
 * these two would be text with NULs between its characters.
 */
static bool is_wide(struct span head, size_t bytes, bool big_endian)
{
    size_t n = (head.n < TEXT_HEAD_BYTES ? head.n : TEXT_HEAD_BYTES) / bytes * bytes;
    size_t begin = 0;
    while (begin < n && is_blank(unit_at(head, begin, bytes, big_endian))) {
        begin += bytes;
    }
    bool narrow = n >= 4;
    bool any = n >= 4;
    for (size_t i = 0; i < n && (narrow || any); i += bytes) {
        uint32_t c = unit_at(head, i, bytes, big_endian);
        narrow = narrow && c != 0 && c < 0x100;
        any = any && !is_control(c) && c <= 0x10ffff && (c < 0x80 || i >= begin + 2 * bytes);
    }
    return narrow || any;
}

enum text_encoding text_encoding_find(struct span head, size_t *bom_bytes)
{
    *bom_bytes = 0;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (span_starts(head, marks[i].mark)) {
            *bom_bytes = marks[i].mark.n;
            return marks[i].encoding;
        }
    }
    if (is_wide(head, 2, false)) {
        return TEXT_UTF16LE;
    }
    if (is_wide(head, 2, true)) {
        return TEXT_UTF16BE;
    }
    if (is_wide(head, 4, false)) {
        return TEXT_UTF32LE;
    }
    return is_wide(head, 4, true) ? TEXT_UTF32BE : TEXT_UTF8;
}

const char *text_encoding_name(enum text_encoding encoding)
{
    static const char *const names[] = {"UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"};
    return (size_t)encoding < sizeof(names) / sizeof(names[0]) ? names[encoding] : "unknown";
}

/* ---- UTF-16 ---- */

void utf16_init(struct utf16 *u, bool big_endian)
{
    *u = (struct utf16){.big_endian = big_endian};
}

static size_t put_character(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Write at most 4 bytes: a pair, or 1 + 3 after a lone high surrogate. */
static size_t put_unit(struct utf16 *u, uint16_t unit, char *out)
{
    size_t n = 0;
    bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (u->high != 0 && low) {
        uint32_t c = 0x10000 + ((uint32_t)(u->high - 0xd800) << 10) + (unit - 0xdc00U);
        u->high = 0;
        return put_character(c, out);
    }
    if (u->high != 0) {
        out[n++] = NOT_UTF8;
        u->high = 0;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        u->high = unit;
    } else if (low) {
        out[n++] = NOT_UTF8;
    } else {
        n += put_character(unit, out + n);
    }
    return n;
}

static uint16_t unit_of(const struct utf16 *u, uint8_t first, uint8_t second)
{
    return (uint16_t)(u->big_endian ? first << 8 | second : second << 8 | first);
}

size_t utf16_next(struct utf16 *u, struct span *in, char *out, size_t cap)
{
    size_t n = 0;
    if (u->half && in->n > 0) {
        n += put_unit(u, unit_of(u, u->first, (uint8_t)span_take(in, 1).p[0]), out);
        u->half = false;
    }
    while (in->n >= 2 && cap - n >= UTF16_OUT_BYTES) {
        struct span unit = span_take(in, 2);
        n += put_unit(u, unit_of(u, (uint8_t)unit.p[0], (uint8_t)unit.p[1]), out + n);
    }
    if (in->n == 1) {
        u->first = (uint8_t)span_take(in, 1).p[0];
        u->half = true;
    }
    return n;
}

size_t utf16_last(struct utf16 *u, char *out, bool *whole)
{
    *whole = !u->half;
    if (u->high == 0) {
        return 0;
    }
    u->high = 0;
    out[0] = NOT_UTF8;
    return 1;
}
