/* SPDX-License-Identifier: Apache-2.0 */
#include "event/emit.h"

#include "codec/utf8.h"

/* What an ASCII byte becomes: NULL stands for itself. */
static const char *escape_of(unsigned char c, char hex[7])
{
    static const char digits[] = "0123456789abcdef";
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    default:
        break;
    }
    if (c >= 0x20) {
        return NULL;
    }
    memcpy(hex, "\\u0000", 7);
    hex[4] = digits[c >> 4];
    hex[5] = digits[c & 0x0f];
    return hex;
}

/* Whether any of eight bytes is a control byte, '"', '\\' or not ASCII: a bit trick per test. */
static bool any_special(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t tops = 0x8080808080808080U;
    uint64_t quote = v ^ ones * '"';
    uint64_t slash = v ^ ones * '\\';
    uint64_t below = (v - ones * 0x20) | (quote - ones) | (slash - ones);
    return ((below | v) & tops) != 0;
}

/* Bytes at the head of s that stand for themselves. */
static size_t plain_bytes(struct span s)
{
    size_t n = 0;
    uint64_t eight = 0;
    for (; n + sizeof(eight) <= s.n; n += sizeof(eight)) {
        memcpy(&eight, s.p + n, sizeof(eight));
        if (any_special(eight)) {
            break;
        }
    }
    while (n < s.n) {
        unsigned char c = (unsigned char)s.p[n];
        if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) {
            break;
        }
        n++;
    }
    return n;
}

void emit_escaped(struct buf *out, struct span s)
{
    while (s.n > 0) {
        buf_add(out, span_take(&s, plain_bytes(s)));
        if (s.n == 0) {
            return;
        }
        char hex[7];
        const char *escape = NULL;
        bool good = false;
        struct span piece = span_take(&s, utf8_step(s, &good));
        if (good && piece.n == 1) {
            escape = escape_of((unsigned char)*piece.p, hex);
        }
        buf_add(out, escape != NULL ? span_str(escape) : good ? piece : UTF8_REPLACEMENT);
    }
}

void emit_string(struct buf *out, struct span s)
{
    buf_add_byte(out, '"');
    emit_escaped(out, s);
    buf_add_byte(out, '"');
}

/* ,"name":"s" unless s is empty. The name is ours: plain. */
static void member(struct buf *out, struct span name, struct span s)
{
    if (s.n > 0) {
        buf_add(out, name);
        emit_string(out, s);
    }
}

void emit_source(struct buf *out, const struct source *s)
{
    member(out, SPAN(",\"customer\":"), s->customer);
    member(out, SPAN(",\"object\":"), s->object);
    member(out, SPAN(",\"version\":"), s->version);
}

void emit_ingest(struct buf *out, struct span source, const struct ingest *i)
{
    buf_add(out, SPAN(",\"ingest\":{\"id\":\""));
    buf_add(out, span_str(i->id));
    buf_add_byte(out, '"');
    buf_add(out, source);
    buf_add(out, SPAN(",\"line\":"));
    emit_number(out, i->line);
    if (i->item > 0) {
        buf_add(out, SPAN(",\"item\":"));
        emit_number(out, i->item);
    }
    member(out, SPAN(",\"shape\":"), span_str(shape_name(i->shape)));
    buf_add(out, SPAN(",\"rules\":"));
    emit_number(out, INGEST_RULES);
    member(out, SPAN(",\"time\":"), span_str(time_quality_name(i->time)));
    member(out, SPAN(",\"action\":"), i->action);
    member(out, SPAN(",\"repository\":"), i->repository);
    member(out, SPAN(",\"actor\":"), i->actor);
    buf_add(out, SPAN("}}"));
}

void emit_number(struct buf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_add(out, span_of(digits + at, sizeof(digits) - at));
}
