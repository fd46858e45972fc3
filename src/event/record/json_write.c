/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/json_write.h"

#include "codec/calendar.h"

#include "codec/utf8.h"

#include <endian.h>

enum {
    MOST_ESCAPE = 6, /* most bytes for one byte: \u0000 has six, U+FFFD three */
    MOST_STEP = 16 + MOST_ESCAPE,
    PIECE_BYTES = 256,
};

/* Write an ASCII byte, escaped if it must be. Returns the end. */
static char *put_escaped(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    if (c < sizeof(letters) && letters[c] != 0) {
        *to++ = '\\';
        *to++ = letters[c];
    } else if (c < 0x20) {
        memcpy(to, "\\u00", 4);
        to[4] = hex[c >> 4];
        to[5] = hex[c & 0x0f];
        to += MOST_ESCAPE;
    } else {
        *to++ = (char)c;
    }
    return to;
}

/* Whether any of eight bytes is a control byte, '"', '\\' or not ASCII, without a branch. */
static bool any_special(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t tops = 0x8080808080808080U;
    uint64_t quote = v ^ ones * '"';
    uint64_t slash = v ^ ones * '\\';
    uint64_t below = (v - ones * 0x20) | (quote - ones) | (slash - ones);
    return ((below | v) & tops) != 0;
}

static bool is_special(char c)
{
    return (unsigned char)c < 0x20 || (unsigned char)c >= 0x80 || c == '"' || c == '\\';
}

/* Write the first character of *s, which moves past it. Returns the end. */
static char *put_character(char *to, struct span *s)
{
    bool good = false;
    if ((unsigned char)*s->p < 0x80) {
        to = put_escaped(to, (unsigned char)*s->p);
        *s = span_from(*s, 1);
        return to;
    }
    struct span piece = span_take(s, utf8_step(*s, &good));
    piece = good ? piece : UTF8_REPLACEMENT;
    memcpy(to, piece.p, piece.n);
    return to + piece.n;
}

/* Sixteen signed bytes: those that are not ASCII are below a blank, as control bytes are. */
typedef signed char sixteen __attribute__((vector_size(16)));

static sixteen find_specials(sixteen v)
{
    return (v < ' ') | (v == '"') | (v == '\\');
}

/* The index of the first of eight bytes that is not 0; 8 if all are 0. */
static size_t first_nonzero(uint64_t v)
{
    v = le64toh(v);
    return v != 0 ? (size_t)__builtin_ctzll(v) / 8 : 8;
}

/* Copy bytes at the head of s that need no escape, sixteen at most. Returns their number. */
static size_t copy_head(char *to, struct span s)
{
    sixteen v;
    uint64_t halves[2];
    size_t n = 0;
    if (s.n >= sizeof(v)) {
        memcpy(&v, s.p, sizeof(v));
        memcpy(to, &v, sizeof(v));
        v = find_specials(v);
        memcpy(halves, &v, sizeof(v));
        return first_nonzero(halves[0]) < 8 ? first_nonzero(halves[0])
                                            : 8 + first_nonzero(halves[1]);
    }
    for (; n < s.n && !is_special(s.p[n]); n++) {
        to[n] = s.p[n];
    }
    return n;
}

void json_write_escaped(struct buf *out, struct span s)
{
    while (s.n > 0) {
        char piece[PIECE_BYTES];
        char *end = piece;
        while (s.n > 0 && end <= piece + sizeof(piece) - MOST_STEP) {
            size_t n = copy_head(end, s);
            end += n;
            s = span_from(s, n);
            if (s.n > 0 && is_special(*s.p)) {
                end = put_character(end, &s);
            }
        }
        buf_add(out, span_of(piece, (size_t)(end - piece)));
    }
}

/* Copy up to seven bytes and return them. */
static uint64_t copy_short(char *to, struct span s)
{
    uint32_t head = 0;
    uint32_t tail = 0;
    if (s.n >= sizeof(head)) {
        memcpy(&head, s.p, sizeof(head));
        memcpy(&tail, s.p + s.n - sizeof(tail), sizeof(tail));
        memcpy(to, &head, sizeof(head));
        memcpy(to + s.n - sizeof(tail), &tail, sizeof(tail));
        return (uint64_t)head << 32 | tail;
    }
    const uint64_t spaces = 0x2020202020202020U;
    uint64_t all = spaces;
    for (size_t i = 0; i < s.n; i++) {
        to[i] = s.p[i];
        all = all << 8 | (unsigned char)s.p[i];
    }
    return all;
}

/* Copy s of 16 bytes or more; the last move overlaps. True: no byte of it needs an escape. */
static bool copy_long(char *to, struct span s)
{
    sixteen v;
    sixteen found = {0};
    for (size_t n = 0; n + sizeof(v) < s.n; n += sizeof(v)) {
        memcpy(&v, s.p + n, sizeof(v));
        memcpy(to + n, &v, sizeof(v));
        found |= find_specials(v);
    }
    memcpy(&v, s.p + s.n - sizeof(v), sizeof(v));
    memcpy(to + s.n - sizeof(v), &v, sizeof(v));
    found |= find_specials(v);
    uint64_t halves[2];
    memcpy(halves, &found, sizeof(found));
    return (halves[0] | halves[1]) == 0;
}

/* Copy s. True: no byte of it needs an escape. False: what was copied is of no use. */
static bool copy_plain(char *to, struct span s)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (s.n >= sizeof(sixteen)) {
        return copy_long(to, s);
    }
    if (s.n < sizeof(head)) {
        return !any_special(copy_short(to, s));
    }
    memcpy(&head, s.p, sizeof(head));
    memcpy(&tail, s.p + s.n - sizeof(tail), sizeof(tail));
    memcpy(to, &head, sizeof(head));
    memcpy(to + s.n - sizeof(tail), &tail, sizeof(tail));
    return !any_special(head) && !any_special(tail);
}

/* A function of its own, so that the usual string does not set up its frame. */
static __attribute__((noinline)) void string_escaped(struct buf *out, struct span s)
{
    buf_add_byte(out, '"');
    json_write_escaped(out, s);
    buf_add_byte(out, '"');
}

/* Most strings need no escape: they are copied and checked in one pass. */
void json_write_string(struct buf *out, struct span s)
{
    const size_t quotes = 2;
    bool room = !out->overflowed && s.n + quotes < out->cap - out->n;
    char *to = room ? out->p + out->n : NULL;
    if (!room || !copy_plain(to + 1, s)) {
        string_escaped(out, s);
        return;
    }
    to[0] = '"';
    to[s.n + 1] = '"';
    to[s.n + quotes] = '\0';
    out->n += s.n + quotes;
}

void json_write_number(struct buf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_add(out, span_of(digits + at, sizeof(digits) - at));
}

void json_member(struct buf *out, const char *name)
{
    buf_add(out, out->n != 0 && out->p[out->n - 1] != '{' ? SPAN(",\"") : SPAN("\""));
    buf_add(out, span_str(name));
    buf_add(out, SPAN("\":"));
}

void json_member_text(struct buf *out, const char *name, struct span text)
{
    if (text.n != 0) {
        json_member(out, name);
        json_write_string(out, text);
    }
}

void json_member_number(struct buf *out, const char *name, uint64_t n)
{
    json_member(out, name);
    json_write_number(out, n);
}

void json_member_bool(struct buf *out, const char *name, bool yes)
{
    json_member(out, name);
    buf_add(out, yes ? SPAN("true") : SPAN("false"));
}

void json_member_time(struct buf *out, const char *name, int64_t wall_ms)
{
    struct civil c;
    if (wall_ms == 0) {
        return;
    }
    civil_of(wall_ms / 1000, &c);
    json_member(out, name);
    buf_addf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", c.year, c.month, c.day, c.hour,
             c.minute, c.second, (int)(wall_ms % 1000));
}
