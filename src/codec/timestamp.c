/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms are tried one after the other on a copy of the span; each reader moves its span and
 * fails without a trace. Sources: RFC 3339, RFC 5322 §3.3 and §4.3, RFC 9110 §5.6.7 (all three
 * HTTP dates), Apache's common log format.
 */
#include "codec/timestamp.h"

#include "codec/calendar.h"

static const int64_t NS_PER_S = 1000000000;
static const int64_t S_2000 = 946684800;
static const int64_t S_48H = 172800;

const char *time_quality_name(enum time_quality q)
{
    static const char *const names[] = {"", "assumed_utc", "from_object"};
    return names[q];
}

/* A leap second is the last nanosecond of its minute: our scale has none. */
static void civil_clamp(struct civil *c)
{
    if (c->second == 60) {
        c->second = 59;
        c->frac_ns = NS_PER_S - 1;
        c->digits = TIMESTAMP_DIGITS;
    }
}

static bool civil_ns(struct civil *c, int offset_s, struct timestamp *t)
{
    if (!civil_ok(c)) {
        return false;
    }
    civil_clamp(c);
    int64_t s = civil_seconds(c) - offset_s;
    if (!civil_in_range(s)) {
        return false;
    }
    t->ns = s * NS_PER_S + c->frac_ns;
    t->digits = c->digits;
    return true;
}

/* ---- pieces of text ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_char(struct span *s, char c)
{
    if (s->n == 0 || *s->p != c) {
        return false;
    }
    (void)span_take(s, 1);
    return true;
}

static bool take_any(struct span *s, const char *set)
{
    while (*set != '\0' && !take_char(s, *set)) {
        set++;
    }
    return *set != '\0';
}

static void skip_blanks(struct span *s)
{
    while (take_any(s, " \t")) {
    }
}

/* Exactly two digits, as all of a time are but the year and the fraction. */
static inline bool take_two(struct span *s, int *v)
{
    if (s->n < 2 || !is_digit(s->p[0]) || !is_digit(s->p[1])) {
        return false;
    }
    *v = (s->p[0] - '0') * 10 + (s->p[1] - '0');
    *s = span_from(*s, 2);
    return true;
}

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

/* The day of a month, which some write with one digit. */
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

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The word in any case; what follows must not be a letter. */
static bool take_word(struct span *s, const char *word)
{
    size_t n = strlen(word);
    if (s->n < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(s->p[i]) != word[i]) {
            return false;
        }
    }
    if (s->n > n && lower(s->p[n]) >= 'a' && lower(s->p[n]) <= 'z') {
        return false;
    }
    *s = span_from(*s, n);
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

/* Digits of a fraction behind its point; those past the ninth count for nothing. */
static bool take_fraction(struct span *s, struct civil *c)
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

/* The two digits at p; *wrong becomes 1 if they are none. */
static inline int two_at(const char *p, unsigned *wrong)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';
    *wrong |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return (int)(tens * 10 + ones);
}

/*
 * YYYY-MM-DDThh:mm:ss at once: nearly every time begins so, be the T a small one or a blank.
 * False, and nothing is taken: this one does not.
 */
static bool take_usual(struct span *s, struct civil *c)
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

/* hh:mm[:ss[.f]] */
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

/* ±hh:mm, ±hhmm, ±hh */
static bool take_offset(struct span *s, int *offset_s)
{
    int sign = *s->p == '-' ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    if (!take_any(s, "+-") || !take_two(s, &hours)) {
        return false;
    }
    if (take_char(s, ':')) {
        if (!take_two(s, &minutes)) {
            return false;
        }
    } else if (s->n > 0 && is_digit(*s->p) && !take_two(s, &minutes)) {
        return false;
    }
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

/* The North American zones of RFC 5322 §4.3; everything else there means "unknown". */
static bool take_old_zone(struct span *s, int *offset_s)
{
    static const struct {
        const char *word;
        int hours;
    } zones[] = {{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                 {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (take_word(s, zones[i].word)) {
            *offset_s = zones[i].hours * 3600;
            return true;
        }
    }
    return false;
}

/* What follows the clock: a zone, or nothing (assumed UTC). Must end the text. */
static bool take_zone(struct span *s, int *offset_s, enum time_quality *q)
{
    skip_blanks(s);
    *offset_s = 0;
    *q = TIME_EXACT;
    if (s->n == 0) {
        *q = TIME_ASSUMED_UTC;
        return true;
    }
    if (*s->p == '+' || *s->p == '-') {
        return take_offset(s, offset_s) && s->n == 0;
    }
    bool utc =
        take_any(s, "Zz") || take_word(s, "utc") || take_word(s, "gmt") || take_word(s, "ut");
    return (utc || take_old_zone(s, offset_s)) && s->n == 0;
}

static bool take_end(struct span *s, struct civil *c, struct timestamp *t)
{
    int offset_s = 0;
    return take_zone(s, &offset_s, &t->quality) && civil_ns(c, offset_s, t);
}

/* ---- forms ---- */

/* YYYY-MM-DD or YYYY/MM/DD, then (T, t or a blank) clock and zone. */
static bool form_iso(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (take_usual(&s, &c)) {
        return (!take_any(&s, ".,") || take_fraction(&s, &c)) && take_end(&s, &c, t);
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
    return take_end(&s, &c, t);
}

/* YYYYMMDDThhmmss[.f]Z */
static bool form_basic(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (!take_four(&s, &c.year) || !take_two(&s, &c.month) || !take_two(&s, &c.day) ||
        !take_any(&s, "Tt") || !take_two(&s, &c.hour) || !take_two(&s, &c.minute) ||
        !take_two(&s, &c.second)) {
        return false;
    }
    if (take_any(&s, ".,") && !take_fraction(&s, &c)) {
        return false;
    }
    return take_end(&s, &c, t);
}

/* dd/Mon/yyyy:hh:mm:ss +hhmm */
static bool form_log(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    return take_two(&s, &c.day) && take_char(&s, '/') && take_month(&s, &c.month) &&
           take_char(&s, '/') && take_four(&s, &c.year) && take_char(&s, ':') &&
           take_clock(&s, &c) && take_end(&s, &c, t);
}

/* Four digits, or two of this century or the last (RFC 5322 §4.3). */
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
    return take_clock(&s, &c) && take_end(&s, &c, t);
}

/* Sun Nov  6 08:49:37 1994: asctime, without a zone */
static bool form_asctime(struct span s, struct timestamp *t)
{
    struct civil c = {0};
    if (!take_weekday(&s) || !take_char(&s, ' ') || !take_month(&s, &c.month)) {
        return false;
    }
    skip_blanks(&s);
    if (!take_day(&s, &c.day)) {
        return false;
    }
    return take_char(&s, ' ') && take_clock(&s, &c) && take_char(&s, ' ') &&
           take_four(&s, &c.year) && s.n == 0 && take_end(&s, &c, t);
}

static bool form_number(struct span s, struct timestamp *t)
{
    return timestamp_number(s, TIME_BY_SIZE, t);
}

static struct span trimmed(struct span s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

bool timestamp_parse(struct span s, struct timestamp *t)
{
    static bool (*const forms[])(struct span, struct timestamp *) = {
        form_iso, form_number, form_basic, form_log, form_mail, form_asctime};
    s = trimmed(s);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i](s, t)) {
            return true;
        }
    }
    return false;
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
    bool ok = c.second < 60 && civil_ns(&c, 0, &t);
    *ns = t.ns;
    return ok;
}

/* 0, 3, 6 or 9: the fewest digits that show the whole of ns. */
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

/* ---- judging, writing ---- */

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

/* Two digits; what is behind them. */
static char *put_two(char *to, int v)
{
    to[0] = (char)('0' + v / 10);
    to[1] = (char)('0' + v % 10);
    return to + 2;
}

/* All nine digits of a fraction; who wants fewer writes over the others. */
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
