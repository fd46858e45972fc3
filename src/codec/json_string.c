/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string of the strict reader (RFC 8259 §7), unescaped into the store. Invalid UTF-8 and escapes
 * of lone surrogates are replaced, so that one invalid byte does not cost the line.
 */
#include "codec/utf8.h"
#include "json_priv.h"

/* Value of a hex digit. -1: it is none. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The code unit of `\uXXXX` at p. -1: it is not such an escape. */
static int32_t code_unit(const char *p, const char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    int32_t v = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0) {
            return -1;
        }
        v = v * 16 + digit;
    }
    return v;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

static size_t utf8_put(uint8_t *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | (c >> 6));
        to[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | (c >> 12));
        to[1] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
        to[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | (c >> 18));
    to[1] = (uint8_t)(0x80 | ((c >> 12) & 0x3f));
    to[2] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
    to[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

static void append_bytes(struct json_scan *s, struct span bytes)
{
    memcpy(json_store_room(s->store, bytes.n), bytes.p, bytes.n);
    s->store->bytes += bytes.n;
}

static bool unicode_escape(struct json_scan *s)
{
    int32_t unit = code_unit(s->p, s->end);
    if (unit < 0) {
        s->wrong = "an escape \\u without four hex digits";
        return false;
    }
    s->p += 6;
    uint32_t c = (uint32_t)unit;
    if (is_high(unit)) {
        int32_t low = code_unit(s->p, s->end);
        if (is_low(low)) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            s->p += 6;
        }
    }
    if (c >= 0xd800 && c <= 0xdfff) {
        c = 0xfffd;
        s->repaired = true;
    }
    s->store->bytes += utf8_put(json_store_room(s->store, 4), c);
    return true;
}

static bool scan_escape(struct json_scan *s)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    if (s->end - s->p < 2) {
        s->wrong = "a string without end";
        return false;
    }
    if (s->p[1] == 'u') {
        return unicode_escape(s);
    }
    const char *at = memchr(names, s->p[1], sizeof(names) - 1);
    if (at == NULL) {
        s->wrong = "an unknown escape";
        return false;
    }
    append_bytes(s, span_of(&bytes[at - names], 1));
    s->p += 2;
    return true;
}

/* Copy one character that is not ASCII, or write one U+FFFD for invalid bytes. */
static void beyond_ascii(struct json_scan *s)
{
    bool good = false;
    size_t n = utf8_step(span_of(s->p, (size_t)(s->end - s->p)), &good);
    append_bytes(s, good ? span_of(s->p, n) : UTF8_REPLACEMENT);
    s->repaired = s->repaired || !good;
    s->p += n;
}

/* Nonzero if one of the eight bytes is a quote, a backslash, a control byte or not ASCII. */
static uint64_t special(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t tops = 0x8080808080808080U;
    uint64_t quote = v ^ (ones * '"');
    uint64_t slash = v ^ (ones * '\\');
    return (v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops;
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Copy the bytes before the next special one. */
static void copy_plain(struct json_scan *s)
{
    const char *from = s->p;
    uint64_t eight = 0;
    while (s->end - s->p >= (ptrdiff_t)sizeof(eight)) {
        memcpy(&eight, s->p, sizeof(eight));
        if (special(eight) != 0) {
            break;
        }
        s->p += sizeof(eight);
    }
    while (s->p < s->end && is_plain((uint8_t)*s->p)) {
        s->p++;
    }
    append_bytes(s, span_of(from, (size_t)(s->p - from)));
}

/* Read from after the opening quote up to the closing one. */
static bool scan_contents(struct json_scan *s)
{
    for (;;) {
        copy_plain(s);
        if (s->p == s->end) {
            s->wrong = "a string without end";
            return false;
        }
        uint8_t c = (uint8_t)*s->p;
        if (c == '"') {
            return true;
        }
        if (c == '\\') {
            if (!scan_escape(s)) {
                return false;
            }
        } else if (c >= 0x80) {
            beyond_ascii(s);
        } else if (c < 0x20) {
            s->wrong = "a control character in a string";
            return false;
        }
    }
}

bool json_scan_string(struct json_scan *s)
{
    struct json_store *store = s->store;
    size_t at = store->bytes;
    size_t word = store->words;
    uint32_t n = 0;
    json_store_word(store, json_word('"', at), (uint32_t)(s->p - s->text), 0);
    (void)json_store_room(store, sizeof(n));
    store->bytes += sizeof(n);
    s->p++;
    if (!scan_contents(s)) {
        return false;
    }
    s->p++;
    n = (uint32_t)(store->bytes - at - sizeof(n));
    append_bytes(s, span_of("", 1));
    memcpy(store->strings + at, &n, sizeof(n));
    store->extents[word].to = (uint32_t)(s->p - s->text);
    return true;
}

/* Length of the well-formed escape at p. *lone: it is a surrogate without its other half. */
static size_t escape_bytes(const char *p, const char *end, bool *lone)
{
    int32_t unit = code_unit(p, end);
    if (unit < 0) {
        return 2;
    }
    if (is_high(unit) && is_low(code_unit(p + 6, end))) {
        return 12;
    }
    *lone = is_high(unit) || is_low(unit);
    return 6;
}

void json_clean(struct span text, struct buf *out)
{
    const char *end = text.p + text.n;
    while (text.n > 0) {
        bool good = true;
        bool lone = false;
        size_t n = *text.p == '\\' ? escape_bytes(text.p, end, &lone) : utf8_step(text, &good);
        struct span piece = span_take(&text, n < text.n ? n : text.n);
        buf_add(out, lone ? SPAN("\\ufffd") : good ? piece : UTF8_REPLACEMENT);
    }
}
