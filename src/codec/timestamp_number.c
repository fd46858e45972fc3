/* SPDX-License-Identifier: Apache-2.0 */
/* Times that are numbers, read from their text (normalization.md §8). */
#include "timestamp_priv.h"

enum {
    DIGITS_MAX = 19, /* this many decimal digits always fit uint64_t */
    NANOS_PER_S = 1000000000,
    CALENDAR_DIGITS = 14,
};

/* A decimal number 0.d1d2d3... times 10 to the power of `point`. */
struct decimal {
    uint64_t digits; /* the first significant digits */
    int count;       /* their number */
    int64_t point;
    int64_t places; /* number of digits after the point, less the exponent */
};

/* Read one or more digits into the number, before or after its point. */
static inline bool take_digits(struct span *s, struct decimal *d, bool behind_point)
{
    size_t n = 0;
    for (; n < s->n && is_digit(s->p[n]); n++) {
        if (d->count == 0 && s->p[n] == '0') {
            d->point -= behind_point ? 1 : 0;
            continue;
        }
        d->point += behind_point ? 0 : 1;
        if (d->count < DIGITS_MAX) {
            d->digits = d->digits * 10 + (uint64_t)(s->p[n] - '0');
            d->count++;
        }
    }
    d->places += behind_point ? (int64_t)n : 0;
    *s = span_from(*s, n);
    return n > 0;
}

static bool take_exponent(struct span *s, int64_t *e)
{
    bool minus = s->n > 0 && *s->p == '-';
    (void)take_any(s, "+-");
    int64_t v = 0;
    bool any = false;
    for (; s->n > 0 && is_digit(*s->p); (void)span_take(s, 1)) {
        any = true;
        v = v < 1000000 ? v * 10 + (*s->p - '0') : v;
    }
    *e = minus ? -v : v;
    return any;
}

static bool take_decimal(struct span *s, struct decimal *d)
{
    if (!take_digits(s, d, false) || (take_any(s, ".") && !take_digits(s, d, true))) {
        return false;
    }
    int64_t e = 0;
    if (take_any(s, "eE") && !take_exponent(s, &e)) {
        return false;
    }
    d->point += e;
    d->places = d->places > e ? d->places - e : 0;
    return s->n == 0;
}

/* Number of decimal places between the unit and a nanosecond. */
static int unit_scale(enum time_unit unit, int64_t int_digits)
{
    switch (unit) {
    case TIME_SECONDS:
        return 9;
    case TIME_MILLIS:
        return 6;
    case TIME_NANOS:
        return 0;
    case TIME_BY_SIZE:
    default:
        return int_digits <= 11 ? 9 : int_digits <= 14 ? 6 : int_digits <= 17 ? 3 : 0;
    }
}

/* Take the last two decimal digits of *v away. */
static int last_two(uint64_t *v)
{
    int two = (int)(*v % 100);
    *v /= 100;
    return two;
}

/*
 * YYYYMMDDhhmmss, which as milliseconds would be after the year 2286; also with milliseconds, which
 * would be microseconds, and with a fraction.
 */
static bool of_calendar(struct decimal d, struct timestamp *t)
{
    struct civil c = {0};
    uint64_t unit = 1;
    if (d.point != CALENDAR_DIGITS && d.point != CALENDAR_DIGITS + 3) {
        return false;
    }
    for (; d.count < d.point; d.count++) {
        d.digits *= 10;
    }
    c.digits = d.count - CALENDAR_DIGITS;
    for (int i = 0; i < c.digits; i++) {
        unit *= 10;
    }
    c.frac_ns = (int64_t)(d.digits % unit * (NANOS_PER_S / unit));
    uint64_t v = d.digits / unit;
    c.second = last_two(&v);
    c.minute = last_two(&v);
    c.hour = last_two(&v);
    c.day = last_two(&v);
    c.month = last_two(&v);
    c.year = (int)v;
    t->quality = TIME_ASSUMED_UTC;
    return civil_time(&c, 0, t);
}

static bool of_decimal(struct decimal d, enum time_unit unit, struct timestamp *t)
{
    if (d.point < 1 || d.point > DIGITS_MAX) {
        return false;
    }
    int scale = unit_scale(unit, d.point);
    int64_t want = d.point + scale;
    if (want > DIGITS_MAX) {
        return unit == TIME_BY_SIZE && of_calendar(d, t);
    }
    uint64_t v = d.digits;
    for (; d.count < want; d.count++) {
        v *= 10;
    }
    for (; d.count > want; d.count--) {
        v /= 10;
    }
    if (v > (uint64_t)INT64_MAX || !civil_in_range((int64_t)v / 1000000000)) {
        return false;
    }
    int64_t digits = TIMESTAMP_DIGITS - scale + d.places;
    t->ns = (int64_t)v;
    t->digits = digits < TIMESTAMP_DIGITS ? (int)digits : TIMESTAMP_DIGITS;
    t->quality = TIME_EXACT;
    return true;
}

bool timestamp_number(struct span s, enum time_unit unit, struct timestamp *t)
{
    struct decimal d = {0};
    return take_decimal(&s, &d) && d.count > 0 && of_decimal(d, unit, t);
}

bool timestamp_nanos(struct span s, int64_t *nanos)
{
    struct decimal d = {0};
    struct timestamp t = {.ns = 0};
    if (!take_decimal(&s, &d) || (d.count > 0 && !of_decimal(d, TIME_NANOS, &t))) {
        return false;
    }
    *nanos = t.ns;
    return t.ns < NANOS_PER_S;
}

bool timestamp_integer(uint64_t v, enum time_unit unit, struct timestamp *t)
{
    struct decimal d = {.digits = v};
    for (; v > 0; v /= 10) {
        d.count++;
    }
    d.point = d.count;
    return of_decimal(d, unit, t);
}
