/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms are tried one after another, each on a copy of the span. Sources: RFC 3339; RFC 5322 §3.3
 * and §4.3; RFC 9110 §5.6.7 (all three HTTP dates); Apache's common log format; date(1) in the
 * locales C, en_US and en_GB; ASP.NET's JSON dates.
 */
#include "timestamp_priv.h"

/* ---- Parts ---- */

static bool take_four(struct span *s, int *v)
{
    struct span rest = *s;
    int centuries = 0;
    if (!take_two(&rest, &centuries) || !take_two(&rest, v)) {
        return false;
    }
    *v += centuries * 100;
    *s = rest;
    return true;
}

/* The day of the month, with one or two digits. */
static bool take_day(struct span *s, int *v)
{
    if (take_two(s, v)) {
        return true;
    }
    if (s->n == 0 || !is_digit(*s->p)) {
        return false;
    }
    *v = *span_take(s, 1).p - '0';
    return true;
}

static bool take_month(struct span *s, int *month)
{
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12; i++) {
        if (take_word(s, names[i])) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_weekday(struct span *s)
{
    static const char *const names[] = {"mon",      "tue",    "wed",      "thu",     "fri",
                                        "sat",      "sun",    "monday",   "tuesday", "wednesday",
                                        "thursday", "friday", "saturday", "sunday"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (take_word(s, names[i])) {
            return true;
        }
    }
    return false;
}

/* Read a time of day: hh:mm[:ss[.f]]. */
static bool take_clock(struct span *s, struct civil *c)
{
    if (!take_two(s, &c->hour) || !take_char(s, ':') || !take_two(s, &c->minute)) {
        return false;
    }
    if (!take_char(s, ':')) {
        return true;
    }
    if (!take_two(s, &c->second)) {
        return false;
    }
    return !take_any(s, ".,") || take_fraction(s, c);
}

/* AM or PM after a clock of twelve hours, if present. False: no such hour. */
static bool take_half(struct span *s, struct civil *c)
{
    struct span rest = *s;
    skip_blanks(&rest);
    bool pm = take_word(&rest, "pm");
    if (!pm && !take_word(&rest, "am")) {
        return true;
    }
    *s = rest;
    bool ok = c->hour >= 1 && c->hour <= 12;
    c->hour = c->hour % 12 + (pm ? 12 : 0);
    return ok;
}

/* GMT before an offset, which counts. */
static bool take_javascript_zone(struct span *s)
{
    bool gmt = take_word(s, "gmt");
    return gmt && s->n > 0 && (*s->p == '+' || *s->p == '-');
}

static bool take_end(struct span *s, struct civil *c, bool mail, struct timestamp *t)
{
    int offset_s = 0;
    return take_zone(s, mail, &offset_s, &t->quality) && civil_time(c, offset_s, t);
}

/* ---- Forms ---- */

/* YYYY-MM-DD or YYYY/MM/DD, then (T, t or a blank) clock and zone. */
static bool form_iso(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (take_usual(&s, &c)) {
        return (!take_any(&s, ".,") || take_fraction(&s, &c)) && take_end(&s, &c, false, t);
    }
    if (!take_four(&s, &c.year) || s.n == 0) {
        return false;
    }
    char sep = *s.p;
    if ((sep != '-' && sep != '/') || !take_char(&s, sep) || !take_two(&s, &c.month) ||
        !take_char(&s, sep) || !take_two(&s, &c.day)) {
        return false;
    }
    if (s.n > 0 && (!take_any(&s, "Tt ") || !take_clock(&s, &c))) {
        return false;
    }
    return take_end(&s, &c, false, t);
}

/* The seconds and their fraction: ss[.f], or ssmmm. */
static bool take_seconds(struct span *s, struct civil *c)
{
    if (!take_two(s, &c->second)) {
        return false;
    }
    bool millis = s->n >= 3 && is_digit(s->p[0]) && is_digit(s->p[1]) && is_digit(s->p[2]) &&
                  (s->n == 3 || !is_digit(s->p[3]));
    return !(millis || take_any(s, ".,")) || take_fraction(s, c);
}

/*
 * YYYYMMDDThhmm[ss[.f]], the basic form of ISO 8601, also with a blank for the T. Without either it
 * has a zone: LDAP's GeneralizedTime. Digits alone are a number (timestamp_number.c).
 */
static bool form_basic(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (!take_four(&s, &c.year) || !take_two(&s, &c.month) || !take_two(&s, &c.day)) {
        return false;
    }
    bool divided = take_any(&s, "Tt ");
    if (!take_two(&s, &c.hour) || !take_two(&s, &c.minute)) {
        return false;
    }
    if (s.n > 0 && is_digit(*s.p) && !take_seconds(&s, &c)) {
        return false;
    }
    return (divided || s.n > 0) && take_end(&s, &c, false, t);
}

/* The form dd/Mon/yyyy:hh:mm:ss +hhmm. */
static bool form_log(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    return take_two(&s, &c.day) && take_char(&s, '/') && take_month(&s, &c.month) &&
           take_char(&s, '/') && take_four(&s, &c.year) && take_char(&s, ':') &&
           take_clock(&s, &c) && take_end(&s, &c, false, t);
}

/* Four digits, or two digits of this century or the last (RFC 5322 §4.3). */
static bool take_year(struct span *s, int *year)
{
    if (take_four(s, year)) {
        return true;
    }
    if (!take_two(s, year)) {
        return false;
    }
    *year += *year < 50 ? 2000 : 1900;
    return true;
}

/* [Day,] d Mon yyyy hh:mm[:ss] zone, and RFC 850's Weekday, dd-Mon-yy hh:mm:ss GMT */
static bool form_mail(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (take_weekday(&s)) {
        (void)take_char(&s, ',');
        skip_blanks(&s);
    }
    if (!take_day(&s, &c.day)) {
        return false;
    }
    if (!take_any(&s, " -") || !take_month(&s, &c.month) || !take_any(&s, " -") ||
        !take_year(&s, &c.year) || !take_char(&s, ' ')) {
        return false;
    }
    skip_blanks(&s);
    return take_clock(&s, &c) && take_half(&s, &c) && take_end(&s, &c, true, t);
}

/* Nov 6, or 6 Nov */
static bool take_month_and_day(struct span *s, struct civil *c)
{
    if (take_month(s, &c->month)) {
        skip_blanks(s);
        return take_day(s, &c->day);
    }
    return take_day(s, &c->day) && take_char(s, ' ') && take_month(s, &c->month);
}

/*
 * The zone that date(1) writes before the year: letters, or a number if the zone has no
 * abbreviation.
 */
static bool take_inner_zone(struct span *s, int *offset_s, enum time_quality *q)
{
    if (s->n > 0 && is_digit(*s->p)) {
        *q = TIME_ASSUMED_UTC;
        return true;
    }
    *q = TIME_EXACT;
    return (take_offset(s, offset_s) || take_zone_name(s, false, offset_s, q)) && take_char(s, ' ');
}

/* 1994, or git's 1994 +0100 */
static bool take_last_year(struct span *s, struct civil *c, int *offset_s, enum time_quality *q)
{
    if (!take_four(s, &c->year)) {
        return false;
    }
    if (*q == TIME_ASSUMED_UTC && s->n > 2 && *s->p == ' ' && (s->p[1] == '+' || s->p[1] == '-')) {
        *q = TIME_EXACT;
        *s = span_from(*s, 1);
        return take_offset(s, offset_s);
    }
    return true;
}

/* Sun Nov 06 1994 08:49:37 GMT+0100 (Central European Standard Time): JavaScript's Date */
static bool form_javascript(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    return take_weekday(&s) && take_char(&s, ' ') && take_month(&s, &c.month) &&
           take_char(&s, ' ') && take_two(&s, &c.day) && take_char(&s, ' ') &&
           take_four(&s, &c.year) && take_char(&s, ' ') && take_clock(&s, &c) &&
           take_char(&s, ' ') && take_javascript_zone(&s) && take_end(&s, &c, false, t);
}

/* Sun Nov  6 08:49:37 1994 [+0100]: asctime, git. Sun Nov  6 08:49:37 [PM] CET 1994: date(1), Java
 */
static bool form_asctime(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    int offset_s = 0;
    if (!take_weekday(&s) || !take_char(&s, ' ')) {
        return false;
    }
    skip_blanks(&s);
    return take_month_and_day(&s, &c) && take_char(&s, ' ') && take_clock(&s, &c) &&
           take_half(&s, &c) && take_char(&s, ' ') && take_inner_zone(&s, &offset_s, &t->quality) &&
           take_last_year(&s, &c, &offset_s, &t->quality) && s.n == 0 &&
           civil_time(&c, offset_s, t);
}

/* dd.mm.yyyy hh:mm:ss. Dates with points always have this order. */
static bool form_points(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (!take_day(&s, &c.day) || !take_char(&s, '.') || !take_day(&s, &c.month) ||
        !take_char(&s, '.') || !take_four(&s, &c.year)) {
        return false;
    }
    (void)take_char(&s, ',');
    if (!take_char(&s, ' ')) {
        return false;
    }
    skip_blanks(&s);
    return take_clock(&s, &c) && take_end(&s, &c, false, t);
}

/* Clock of twelve hours and AM or PM, before which JavaScript writes a narrow space (U+202F). */
static bool take_half_day(struct span *s, struct civil *c, bool *capitals)
{
    if (!take_day(s, &c->hour) || !take_char(s, ':') || !take_two(s, &c->minute)) {
        return false;
    }
    if (take_char(s, ':') &&
        (!take_two(s, &c->second) || (take_char(s, '.') && !take_fraction(s, c)))) {
        return false;
    }
    if (span_starts(*s, SPAN("\xe2\x80\xaf"))) {
        *s = span_from(*s, 3);
    }
    skip_blanks(s);
    *capitals = s->n > 0 && *s->p < 'a';
    struct span half = *s;
    return take_half(s, c) && s->n < half.n;
}

/*
 * m/d/yyyy[,] h:mm[:ss] AM, as JavaScript, .NET and Excel write in the locale en_US. Other locales
 * write the day first, with the same signs. So the order must be evident: AM and PM in capitals, or
 * a number above 12.
 */
static bool form_american(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    bool capitals = false;
    if (!take_day(&s, &c.month) || !take_char(&s, '/') || !take_day(&s, &c.day) ||
        !take_char(&s, '/') || !take_four(&s, &c.year)) {
        return false;
    }
    (void)take_char(&s, ',');
    if (!take_char(&s, ' ')) {
        return false;
    }
    struct span clock = s;
    bool half = take_half_day(&s, &c, &capitals);
    if (!half) {
        c.hour = 0;
        c.minute = 0;
        c.second = 0;
        s = clock;
        capitals = false;
        if (!take_clock(&s, &c)) {
            return false;
        }
    }
    bool day_first = c.month > 12 && !capitals;
    if (!day_first && !capitals && c.day <= 12) {
        return false;
    }
    if (day_first) {
        int day = c.month;
        c.month = c.day;
        c.day = day;
    }
    return take_end(&s, &c, false, t);
}

static struct span take_digits(struct span *s)
{
    size_t n = 0;
    while (n < s->n && is_digit(s->p[n])) {
        n++;
    }
    return span_take(s, n);
}

/*
 * /Date(ms)/ or /Date(ms+hhmm)/. The offset is only the writer's zone and does not change the time.
 */
static bool form_asp(struct span s, struct timestamp *t)
{
    static const struct span head = SPAN_INIT("/Date(");
    int offset_s = 0;
    if (!span_starts(s, head)) {
        return false;
    }
    s = span_from(s, head.n);
    struct span ms = take_digits(&s);
    bool zone = s.n > 0 && (*s.p == '+' || *s.p == '-');
    return (!zone || take_offset(&s, &offset_s)) && span_eq(s, SPAN(")/")) &&
           timestamp_number(ms, TIME_MILLIS, t);
}

static bool form_number(struct span s, struct timestamp *t)
{
    return timestamp_number(s, TIME_BY_SIZE, t);
}

bool timestamp_parse(struct span s, struct timestamp *t)
{
    static bool (*const forms[])(struct span, struct timestamp *) = {
        form_iso,     form_number,     form_basic,  form_log,      form_mail,
        form_asctime, form_javascript, form_points, form_american, form_asp};
    s = span_trim(s, SPAN(" \t\n\v\f\r"));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i](s, t)) {
            return true;
        }
    }
    return false;
}
