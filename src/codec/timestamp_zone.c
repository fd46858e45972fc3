/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones: offsets, the abbreviations that the tz database has in use, and what Go, Java and mail add
 * after an offset. If there is an offset, it alone counts. Names of zones (Europe/Berlin) are not
 * looked up.
 */
#include "timestamp_priv.h"

enum { SUFFIX_NAME_MAX = 64, HOUR = 60 };

bool take_word(struct span *s, const char *word)
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
    if (s->n > n && is_letter(s->p[n])) {
        return false;
    }
    *s = span_from(*s, n);
    return true;
}

/* ±hh:mm, ±hhmm, ±hh */
bool take_offset(struct span *s, int *offset_s)
{
    int sign = s->n > 0 && *s->p == '-' ? -1 : 1;
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

enum zone_sense {
    ONE,     /* one offset in use has this name */
    SEVERAL, /* several have it: the usual one is taken, with quality TIME_ASSUMED_ZONE */
    MAIL,    /* several have it, but RFC 5322 §4.3 defines one */
};

/* clang-format off: one row an abbreviation */
static const struct {
    const char *word;
    int minutes;
    enum zone_sense sense;
} zones[] = {
    {"utc", 0, ONE},
    {"gmt", 0, ONE},
    {"ut", 0, ONE},
    {"est", -5 * HOUR, MAIL},
    {"edt", -4 * HOUR, ONE},
    {"cst", -6 * HOUR, MAIL},
    {"cdt", -5 * HOUR, MAIL},
    {"mst", -7 * HOUR, MAIL},
    {"mdt", -6 * HOUR, ONE},
    {"pst", -8 * HOUR, MAIL},
    {"pdt", -7 * HOUR, ONE},
    {"ast", -4 * HOUR, SEVERAL},
    {"adt", -3 * HOUR, ONE},
    {"nst", -(3 * HOUR + 30), ONE},
    {"ndt", -(2 * HOUR + 30), ONE},
    {"akst", -9 * HOUR, ONE},
    {"akdt", -8 * HOUR, ONE},
    {"hst", -10 * HOUR, ONE},
    {"wet", 0, ONE},
    {"west", 1 * HOUR, ONE},
    {"bst", 1 * HOUR, SEVERAL},
    {"ist", 5 * HOUR + 30, SEVERAL},
    {"cet", 1 * HOUR, ONE},
    {"cest", 2 * HOUR, ONE},
    {"eet", 2 * HOUR, ONE},
    {"eest", 3 * HOUR, ONE},
    {"msk", 3 * HOUR, ONE},
    {"sast", 2 * HOUR, ONE},
    {"wat", 1 * HOUR, ONE},
    {"cat", 2 * HOUR, ONE},
    {"eat", 3 * HOUR, ONE},
    {"pkt", 5 * HOUR, ONE},
    {"wib", 7 * HOUR, ONE},
    {"wita", 8 * HOUR, ONE},
    {"wit", 9 * HOUR, ONE},
    {"hkt", 8 * HOUR, ONE},
    {"jst", 9 * HOUR, ONE},
    {"kst", 9 * HOUR, ONE},
    {"awst", 8 * HOUR, ONE},
    {"acst", 9 * HOUR + 30, ONE},
    {"acdt", 10 * HOUR + 30, ONE},
    {"aest", 10 * HOUR, ONE},
    {"aedt", 11 * HOUR, ONE},
    {"nzst", 12 * HOUR, ONE},
    {"nzdt", 13 * HOUR, ONE},
};
/* clang-format on */

bool take_zone_name(struct span *s, bool mail, int *offset_s, enum time_quality *q)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (take_word(s, zones[i].word)) {
            bool certain = zones[i].sense == ONE || (mail && zones[i].sense == MAIL);
            *offset_s = zones[i].minutes * 60;
            *q = certain ? TIME_EXACT : TIME_ASSUMED_ZONE;
            return true;
        }
    }
    return false;
}

/* ---- After the offset ---- */

static size_t run_of(struct span s, bool (*is)(char))
{
    size_t n = 0;
    while (n < s.n && is(s.p[n])) {
        n++;
    }
    return n;
}

static bool in_zone_id(char c)
{
    return is_letter(c) || is_digit(c) || c == '/' || c == '_' || c == '+' || c == '-';
}

/* Read Java's zone id: [Europe/Berlin]. */
static bool take_zone_id(struct span *s)
{
    if (!take_char(s, '[')) {
        return false;
    }
    size_t n = run_of(*s, in_zone_id);
    *s = span_from(*s, n);
    return n > 0 && n <= SUFFIX_NAME_MAX && take_char(s, ']');
}

static bool in_comment(char c)
{
    return is_letter(c) || is_digit(c) || c == ' ' || c == '+' || c == '-' || c == ':' ||
           (unsigned char)c >= 0x80;
}

/* Read a comment of mail or JavaScript: (CEST), or a name in the language of the writer. */
static bool take_comment(struct span *s)
{
    if (!take_char(s, '(')) {
        return false;
    }
    size_t n = run_of(*s, in_comment);
    *s = span_from(*s, n);
    return n <= SUFFIX_NAME_MAX && take_char(s, ')');
}

/* Go's monotonic clock: m=+0.000012 */
static bool take_monotonic(struct span *s)
{
    if (!take_char(s, 'm') || !take_char(s, '=') || !take_any(s, "+-")) {
        return false;
    }
    size_t whole = run_of(*s, is_digit);
    *s = span_from(*s, whole);
    if (whole == 0 || !take_char(s, '.')) {
        return false;
    }
    size_t fraction = run_of(*s, is_digit);
    *s = span_from(*s, fraction);
    return fraction > 0;
}

/*
 * Go: an abbreviation, or the offset a second time if the zone has no abbreviation; then the
 * monotonic clock.
 */
static bool take_go_name(struct span *s)
{
    enum { LETTERS_MIN = 2, LETTERS_MAX = 6 };
    int ignored_s = 0;
    size_t n = run_of(*s, is_letter);
    bool name = n >= LETTERS_MIN && n <= LETTERS_MAX;
    *s = span_from(*s, n);
    if (!name && (n > 0 || !take_offset(s, &ignored_s))) {
        return false;
    }
    return s->n == 0 || (take_char(s, ' ') && take_monotonic(s));
}

/* Nothing, or one of these, up to the end of the text. */
static bool take_suffix(struct span *s)
{
    if (s->n > 0 && *s->p == '[') {
        return take_zone_id(s) && s->n == 0;
    }
    bool blank = s->n > 0 && (*s->p == ' ' || *s->p == '\t');
    skip_blanks(s);
    if (s->n > 0 && *s->p == '(') {
        return take_comment(s) && s->n == 0;
    }
    return s->n == 0 || (blank && take_go_name(s) && s->n == 0);
}

bool take_zone(struct span *s, bool mail, int *offset_s, enum time_quality *q)
{
    skip_blanks(s);
    *offset_s = 0;
    *q = TIME_EXACT;
    if (s->n == 0) {
        *q = TIME_ASSUMED_UTC;
        return true;
    }
    if (*s->p == '+' || *s->p == '-') {
        return take_offset(s, offset_s) && take_suffix(s);
    }
    if (*s->p == '[') {
        *q = TIME_ASSUMED_UTC;
    } else if (!take_any(s, "Zz") && !take_zone_name(s, mail, offset_s, q)) {
        return false;
    }
    return s->n == 0 || (take_zone_id(s) && s->n == 0);
}
