/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/http_fields.h"

#include "base/ascii.h"

/* Whether the line begins with the name, in any case, and a colon. */
static bool is_named(struct span line, const char *name, size_t n)
{
    if (line.n <= n || line.p[n] != ':') {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (ascii_lower(line.p[i]) != ascii_lower(name[i])) {
            return false;
        }
    }
    return true;
}

struct span http_fields_find(struct span head, const char *name)
{
    size_t n = strlen(name);
    while (head.n > 0) {
        const char *end = memchr(head.p, '\n', head.n);
        struct span line = span_take(&head, end != NULL ? (size_t)(end - head.p) : head.n);
        head = head.n > 0 ? span_from(head, 1) : head;
        if (is_named(line, name, n)) {
            return span_trim(span_from(line, n + 1), SPAN(" \t\r"));
        }
    }
    return SPAN("");
}

bool http_fields_number(struct span value, int64_t *out)
{
    if (value.n == 0) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return false;
        }
        int64_t digit = value.p[i] - '0';
        if (*out > (INT64_MAX - digit) / 10) {
            return false;
        }
        *out = *out * 10 + digit;
    }
    return true;
}

/* ---- Dates ---- */

/* Remove n digits from *s and convert them. False: they are not a number in [least, most]. */
static bool take_number(struct span *s, size_t n, int64_t least, int64_t most, int64_t *out)
{
    return s->n >= n && http_fields_number(span_take(s, n), out) && *out >= least && *out <= most;
}

static bool take_text(struct span *s, struct span text)
{
    if (!span_starts(*s, text)) {
        return false;
    }
    (void)span_take(s, text.n);
    return true;
}

/* 1 to 12 for "Jan" to "Dec", else 0. */
static int64_t month_of(struct span name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (size_t i = 0; i < 12; i++) {
        if (span_eq(name, span_of(names + 3 * i, 3))) {
            return (int64_t)i + 1;
        }
    }
    return 0;
}

/*
 * Days from 1970-01-01 to the date (Howard Hinnant, "chrono-compatible low-level date algorithms").
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400; /* year >= 1969 here */
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool http_fields_date(struct span value, int64_t *epoch_s)
{
    int64_t day = 0;
    int64_t year = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (value.n != 29) {
        return false;
    }
    (void)span_take(&value, 3); /* the day of the week is redundant */
    if (!take_text(&value, SPAN(", ")) || !take_number(&value, 2, 1, 31, &day) ||
        !take_text(&value, SPAN(" "))) {
        return false;
    }
    int64_t month = month_of(span_take(&value, 3));
    if (month == 0 || !take_text(&value, SPAN(" ")) || !take_number(&value, 4, 1970, 9999, &year) ||
        !take_text(&value, SPAN(" ")) || !take_number(&value, 2, 0, 23, &hour) ||
        !take_text(&value, SPAN(":")) || !take_number(&value, 2, 0, 59, &minute) ||
        !take_text(&value, SPAN(":")) || !take_number(&value, 2, 0, 60, &second) ||
        !span_eq(value, SPAN(" GMT"))) {
        return false;
    }
    *epoch_s = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

/* ---- Content-Range ---- */

static struct span take_until(struct span *s, char at)
{
    const char *end = s->n > 0 ? memchr(s->p, at, s->n) : NULL;
    struct span part = span_take(s, end != NULL ? (size_t)(end - s->p) : s->n);
    *s = s->n > 0 ? span_from(*s, 1) : *s;
    return part;
}

bool http_fields_content_range(struct span value, struct content_range *out)
{
    *out = (struct content_range){-1, -1, -1};
    if (!take_text(&value, SPAN("bytes "))) {
        return false;
    }
    struct span range = take_until(&value, '/');
    if (!span_eq(value, SPAN("*")) && !http_fields_number(value, &out->total)) {
        return false;
    }
    if (span_eq(range, SPAN("*"))) {
        return true;
    }
    struct span first = take_until(&range, '-');
    return http_fields_number(first, &out->first) && http_fields_number(range, &out->last) &&
           out->first <= out->last && (out->total < 0 || out->last < out->total);
}
