/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/convert.h"

#include "codec/base64.h"
#include "event/map/lookup.h"
#include "event/schema/word_match.h"

#include <math.h>
#include <stdlib.h>

enum {
    NUMBER_BYTES = 64, /* a longer text is not taken for a number */
    WHOLE_BYTES = 24,
    PER_DIGITS = 6, /* of 1000000 */
    EXPONENT_MAX = 1000,
};

/* ---- numbers ---- */

static size_t digits_end(struct span s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    return i;
}

/* Whether it is a number by RFC 8259. */
static bool number_grammar(struct span s)
{
    size_t from = s.n > 0 && s.p[0] == '-' ? 1 : 0;
    size_t i = digits_end(s, from);
    if (i == from || (i - from > 1 && s.p[from] == '0')) {
        return false;
    }
    if (i < s.n && s.p[i] == '.') {
        from = i + 1;
        i = digits_end(s, from);
        if (i == from) {
            return false;
        }
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        from = i + (i + 1 < s.n && (s.p[i + 1] == '+' || s.p[i + 1] == '-') ? 2 : 1);
        i = digits_end(s, from);
        return i > from && i == s.n;
    }
    return i == s.n;
}

static bool text_double(struct span s, double *v)
{
    char buf[NUMBER_BYTES + 1];
    s = text_trim(s);
    if (s.n > NUMBER_BYTES || !number_grammar(s)) {
        return false;
    }
    memcpy(buf, s.p, s.n);
    buf[s.n] = '\0';
    *v = strtod(buf, NULL); /* the program's locale is always C */
    return isfinite(*v);
}

/* Apply the sign. False: it does not fit 64 bits. */
static bool signed_whole(uint64_t n, bool minus, int64_t *v)
{
    *v = (int64_t)(minus ? 0 - n : n);
    return n <= (uint64_t)INT64_MAX + (minus ? 1 : 0);
}

/* Digits with an optional minus, within 64 bits. */
static bool text_whole(struct span s, int64_t *v)
{
    bool minus = s.n > 0 && *s.p == '-';
    uint64_t n = 0;
    size_t i = minus ? 1 : 0;
    if (i == s.n || s.n > 20) {
        return false;
    }
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || n > (UINT64_MAX - 9) / 10) {
            return false;
        }
        n = n * 10 + (uint64_t)(s.p[i] - '0');
    }
    return signed_whole(n, minus, v);
}

/* The exponent of a number, 0 if it has none; one that is out of any range is cut. */
static int64_t exponent_of(struct span s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != 'e' && s.p[i] != 'E') {
        i++;
    }
    bool minus = i + 1 < s.n && s.p[i + 1] == '-';
    int64_t e = 0;
    for (; i < s.n; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9' && e < EXPONENT_MAX;
        e = digit ? e * 10 + (s.p[i] - '0') : e;
    }
    return minus ? -e : e;
}

/* False: the number is too large for 64 bits with a sign. */
static bool add_digit(uint64_t *n, char digit)
{
    bool fits = *n <= INT64_MAX / 10;
    *n = fits ? *n * 10 + (uint64_t)(digit - '0') : *n;
    return fits;
}

/*
 * Round a number of number_grammar, times 10 to the power of `shift`, half up. All in decimal
 * digits: a double has no integers above 2^53, and what is added to round is rounded itself.
 * False: it does not fit 64 bits.
 */
static bool decimal_whole(struct span s, int64_t shift, int64_t *v)
{
    bool minus = *s.p == '-';
    size_t first = minus;
    int64_t point = (int64_t)(digits_end(s, first) - first) + exponent_of(s) + shift;
    int64_t k = 0; /* the number of digits before this one */
    uint64_t n = 0;
    char tenth = '0';
    bool more = false; /* there is something after the tenths */
    for (size_t i = first; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
        if (s.p[i] == '.') {
            continue;
        }
        if (k < point && !add_digit(&n, s.p[i])) {
            return false;
        }
        tenth = k == point ? s.p[i] : tenth;
        more = more || (k > point && s.p[i] != '0');
        k++;
    }
    for (; n > 0 && k < point; k++) {
        if (!add_digit(&n, '0')) {
            return false;
        }
    }
    bool away = tenth > '5' || (tenth == '5' && (!minus || more));
    return signed_whole(n + away, minus, v);
}

static struct span print_whole(struct arena *a, int64_t v)
{
    char *end = arena_room(a, WHOLE_BYTES) + WHOLE_BYTES;
    char *p = end;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (v < 0) {
        *--p = '-';
    }
    return span_of(p, (size_t)(end - p));
}

/* Round half up, in integers. */
static int64_t divide_rounded(int64_t v, int64_t per)
{
    int64_t q = v / per;
    int64_t rest = v % per;
    if (rest < 0) {
        rest += per;
        q--;
    }
    return q + (per > 1 && rest >= per / 2 ? 1 : 0);
}

struct span convert_integer(struct arena *a, int64_t v, int64_t per)
{
    return print_whole(a, divide_rounded(v, per));
}

bool convert_whole(struct arena *a, struct span text, int64_t per, struct span *out)
{
    int64_t v = 0;
    text = text_trim(text);
    if (text_whole(text, &v)) {
        *out = print_whole(a, divide_rounded(v, per));
        return true;
    }
    if (text.n > NUMBER_BYTES || !number_grammar(text) ||
        !decimal_whole(text, per == 1 ? 0 : -PER_DIGITS, &v)) {
        return false;
    }
    *out = print_whole(a, v);
    return true;
}

bool convert_number(struct span text, struct span *out)
{
    double x = 0;
    if (!text_double(text, &x)) {
        return false;
    }
    *out = text_trim(text);
    return true;
}

bool convert_bool(struct span text, struct span *out)
{
    char buf[8];
    struct span low = word_fold(text_trim(text), buf, sizeof(buf));
    bool yes = word_in(low, "true 1 yes");
    *out = yes ? SPAN("true") : SPAN("false");
    return yes || word_in(low, "false 0 no");
}

/* ---- commands ---- */

bool convert_command(struct arena *a, const struct doc *d, size_t at, struct span *out)
{
    size_t bytes = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        bytes += doc_tag(d, i) == '"' ? doc_string(d, i).n + 1 : 0;
    }
    char *p = arena_room(a, bytes);
    size_t n = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (doc_tag(d, i) == '"') {
            struct span word = doc_string(d, i);
            memcpy(p + n, word.p, word.n);
            n += word.n;
            p[n++] = ' ';
        }
    }
    *out = span_of(p, n > 0 ? n - 1 : 0);
    return text_counts(*out);
}

/* ---- hex ---- */

static const char hex[] = "0123456789abcdef";

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '0') {
            return false;
        }
    }
    return true;
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!digit && (s.p[i] < 'a' || s.p[i] > 'f')) {
            return false;
        }
    }
    return true;
}

/* Exactly `digits` hex digits from base64, with or without padding. */
static bool base64_hex(struct arena *a, struct span s, size_t digits, struct span *out)
{
    while (s.n > 0 && s.p[s.n - 1] == '=') {
        s.n--;
    }
    if (s.n != (digits * 4 + 5) / 6) {
        return false;
    }
    char *p = arena_room(a, digits + 4);
    unsigned bits = 0;
    int have = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int v = base64_digit(s.p[i]);
        if (v < 0) {
            return false;
        }
        bits = (bits << 6 | (unsigned)v) & 0xfff;
        for (have += 6; have >= 4 && n < digits; have -= 4) {
            p[n++] = hex[bits >> (have - 4) & 15U];
        }
    }
    *out = span_of(p, n);
    return n == digits;
}

bool convert_hex(struct arena *a, struct span text, size_t digits, struct span *out)
{
    text = text_trim(text);
    bool ok = false;
    if (text.n == digits) {
        *out = arena_lower(a, text);
        ok = is_hex(*out);
    } else {
        ok = base64_hex(a, text, digits, out);
    }
    return ok && !all_zero(*out);
}
