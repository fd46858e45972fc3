/* SPDX-License-Identifier: Apache-2.0 */
/* The form that the pass-through path accepts, plausibility, and the written form. */
#include "timestamp_priv.h"

static const int64_t NS_PER_S = 1000000000;
static const int64_t S_2000 = 946684800;
static const int64_t S_48H = 172800;

const char *time_quality_name(enum time_quality q)
{
    static const char *const names[] = {"", "assumed_utc", "assumed", "from_object"};
    return names[q];
}

/* A leap second becomes the last nanosecond of its minute, since the scale has no leap seconds. */
static void civil_clamp(struct civil *c)
{
    if (c->second == 60) {
        c->second = 59;
        c->frac_ns = NS_PER_S - 1;
        c->digits = TIMESTAMP_DIGITS;
    }
}

/* 24:00:00 is the midnight at the end of the day (ISO 8601). */
static bool is_end_of_day(const struct civil *c)
{
    return c->hour == 24 && c->minute == 0 && c->second == 0 && c->frac_ns == 0;
}

bool civil_time(struct civil *c, int offset_s, struct timestamp *t)
{
    int64_t day_s = 0;
    if (is_end_of_day(c)) {
        c->hour = 0;
        day_s = 86400;
    }
    if (!civil_ok(c)) {
        return false;
    }
    civil_clamp(c);
    int64_t s = civil_seconds(c) + day_s - offset_s;
    if (!civil_in_range(s)) {
        return false;
    }
    t->ns = s * NS_PER_S + c->frac_ns;
    t->digits = c->digits;
    return true;
}

/* ---- The usual form ---- */

bool take_fraction(struct span *s, struct civil *c)
{
    int64_t v = 0;
    size_t n = 0;
    for (; n < s->n && is_digit(s->p[n]); n++) {
        v = n < TIMESTAMP_DIGITS ? v * 10 + (s->p[n] - '0') : v;
    }
    *s = span_from(*s, n);
    c->digits = n < TIMESTAMP_DIGITS ? (int)n : TIMESTAMP_DIGITS;
    for (int i = c->digits; i < TIMESTAMP_DIGITS; i++) {
        v *= 10;
    }
    c->frac_ns = v;
    return n > 0;
}

/* The number of the two digits at p. *wrong is set to 1 if they are not digits. */
static inline int two_at(const char *p, unsigned *wrong)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';
    *wrong |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return (int)(tens * 10 + ones);
}

/* Reads all fields in one step, since nearly every time begins so. */
bool take_usual(struct span *s, struct civil *c)
{
    const char *p = s->p;
    unsigned wrong = 0;
    if (s->n < 19 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':' ||
        (p[10] != 'T' && p[10] != ' ' && p[10] != 't')) {
        return false;
    }
    struct civil usual = {.year = two_at(p, &wrong) * 100 + two_at(p + 2, &wrong),
                          .month = two_at(p + 5, &wrong),
                          .day = two_at(p + 8, &wrong),
                          .hour = two_at(p + 11, &wrong),
                          .minute = two_at(p + 14, &wrong),
                          .second = two_at(p + 17, &wrong)};
    if (wrong != 0) {
        return false;
    }
    *c = usual;
    *s = span_from(*s, 19);
    return true;
}

bool timestamp_plain(struct span s, int64_t *ns)
{
    struct civil c = {0};
    struct timestamp t = {0};
    if (s.n < 20 || s.n > 30 || s.p[10] != 'T' || s.p[s.n - 1] != 'Z') {
        return false;
    }
    s.n--;
    if (!take_usual(&s, &c)) {
        return false;
    }
    if (s.n > 0 && (!take_char(&s, '.') || !take_fraction(&s, &c) || s.n > 0)) {
        return false;
    }
    bool ok = c.hour < 24 && c.second < 60 && civil_time(&c, 0, &t);
    *ns = t.ns;
    return ok;
}

/* The smallest number of digits, of 0, 3, 6 and 9, that represents ns exactly. */
static int digits_needed(int64_t ns)
{
    return ns % NS_PER_S == 0 ? 0 : ns % 1000000 == 0 ? 3 : ns % 1000 == 0 ? 6 : 9;
}

bool timestamp_pair(int64_t seconds, int64_t nanos, struct timestamp *t)
{
    if (seconds <= 0 || !civil_in_range(seconds) || nanos < 0 || nanos >= NS_PER_S) {
        return false;
    }
    t->ns = seconds * NS_PER_S + nanos;
    t->digits = digits_needed(nanos);
    t->quality = TIME_EXACT;
    return true;
}

/* ---- Plausibility, writing ---- */

bool timestamp_plausible(int64_t ns, int64_t modified_ns)
{
    int64_t slack = S_48H * NS_PER_S;
    int64_t latest = modified_ns > INT64_MAX - slack ? INT64_MAX : modified_ns + slack;
    return ns >= S_2000 * NS_PER_S && ns <= latest;
}

struct timestamp timestamp_from_object(int64_t modified_ns)
{
    return (struct timestamp){modified_ns, digits_needed(modified_ns), TIME_FROM_OBJECT};
}

/* Write two digits. Returns the position after them. */
static char *put_two(char *to, int v)
{
    to[0] = (char)('0' + v / 10);
    to[1] = (char)('0' + v % 10);
    return to + 2;
}

/* Write nine digits of a fraction. For fewer digits the caller overwrites the last ones. */
static void put_nine(char *p, uint32_t ns)
{
    int tenth = (int)(ns % 10);
    ns /= 10;
    p = put_two(p, (int)(ns / 1000000));
    p = put_two(p, (int)(ns / 10000 % 100));
    p = put_two(p, (int)(ns / 100 % 100));
    p = put_two(p, (int)(ns % 100));
    *p = (char)('0' + tenth);
}

struct span timestamp_write(const struct timestamp *t, char to[TIMESTAMP_BYTES])
{
    struct civil c = {0};
    int64_t s = t->ns / NS_PER_S;
    int64_t frac = t->ns % NS_PER_S;
    if (frac < 0) {
        frac += NS_PER_S;
        s--;
    }
    civil_of(s, &c);
    char *p = put_two(to, c.year / 100);
    p = put_two(p, c.year % 100);
    *p++ = '-';
    p = put_two(p, c.month);
    *p++ = '-';
    p = put_two(p, c.day);
    *p++ = 'T';
    p = put_two(p, c.hour);
    *p++ = ':';
    p = put_two(p, c.minute);
    *p++ = ':';
    p = put_two(p, c.second);
    if (t->digits > 0) {
        *p++ = '.';
        put_nine(p, (uint32_t)frac);
        p += t->digits;
    }
    *p++ = 'Z';
    *p = '\0';
    return span_of(to, (size_t)(p - to));
}
