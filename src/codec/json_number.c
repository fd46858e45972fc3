/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number of the strict reader (RFC 8259 §6). As in simdjson, integers of 64 bits are exact, and
 * all other numbers are the nearest double. A number that overflows a double is the tag '#' with
 * its text.
 */
#include "codec/json_simd.h"
#include "json_priv.h"

enum { SAFE_DIGITS = 19 }; /* this many decimal digits always fit 64 bits */

static bool is_digit(const struct json_scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool skip_digits(struct json_scan *s)
{
    if (!is_digit(s)) {
        s->wrong = "a digit is missing in a number";
        return false;
    }
    while (is_digit(s)) {
        s->p++;
    }
    return true;
}

/* The integer part. A leading 0 is its only digit. */
static bool integer_part(struct json_scan *s)
{
    if (s->p < s->end && *s->p == '0') {
        s->p++;
        if (is_digit(s)) {
            s->wrong = "a number begins with 0";
            return false;
        }
        return true;
    }
    return skip_digits(s);
}

/* Fraction and exponent. *real: there is one of them. */
static bool real_part(struct json_scan *s, bool *real)
{
    if (s->p < s->end && *s->p == '.') {
        *real = true;
        s->p++;
        if (!skip_digits(s)) {
            return false;
        }
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        *real = true;
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) {
            s->p++;
        }
        return skip_digits(s);
    }
    return true;
}

/* The absolute value of an integer. False: it exceeds 64 bits. */
static bool read_magnitude(struct span digits_only, uint64_t *out)
{
    uint64_t v = 0;
    if (digits_only.n > SAFE_DIGITS + 1) {
        return false;
    }
    for (size_t i = 0; i < digits_only.n; i++) {
        uint64_t digit = (uint64_t)(digits_only.p[i] - '0');
        if (i == SAFE_DIGITS && v > (UINT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

static void put_number(struct json_scan *s, char tag, uint64_t value, const char *from)
{
    uint32_t a = (uint32_t)(from - s->text);
    uint32_t b = (uint32_t)(s->p - s->text);
    json_store_word(s->store, json_word(tag, 0), a, b);
    json_store_word(s->store, value, a, b);
}

/* Write the number as an integer. False: it does not fit 64 bits. */
static bool put_integer(struct json_scan *s, struct span text)
{
    const uint64_t most = (uint64_t)INT64_MAX;
    bool negative = *text.p == '-';
    uint64_t v = 0;
    if (!read_magnitude(span_from(text, negative), &v) || (negative && v > most + 1)) {
        return false;
    }
    put_number(s, !negative && v > most ? 'u' : 'l', negative ? ~v + 1 : v, text.p);
    return true;
}

static void put_text(struct json_scan *s, struct span text)
{
    uint32_t n = (uint32_t)text.n;
    json_store_word(s->store, json_word('#', s->store->bytes), (uint32_t)(text.p - s->text),
                    (uint32_t)(s->p - s->text));
    uint8_t *to = json_store_room(s->store, sizeof(n) + text.n + 1);
    memcpy(to, &n, sizeof(n));
    memcpy(to + sizeof(n), text.p, text.n);
    to[sizeof(n) + text.n] = 0;
    s->store->bytes += sizeof(n) + text.n + 1;
}

bool json_scan_number(struct json_scan *s)
{
    const char *from = s->p;
    bool real = false;
    s->p += *s->p == '-';
    if (!integer_part(s) || !real_part(s, &real)) {
        return false;
    }
    struct span text = span_of(from, (size_t)(s->p - from));
    if (!real && put_integer(s, text)) {
        return true;
    }
    double v = 0;
    if (!json_simd_double(text.p, text.n, &v)) {
        put_text(s, text);
        return true;
    }
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    put_number(s, 'd', bits, from);
    return true;
}
