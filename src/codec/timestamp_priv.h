/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp_priv.h - parts of a time's text. Each take_ function moves its span after what it read.
 * It may also have moved when the function fails, so callers work on a copy.
 */
#ifndef CODEC_TIMESTAMP_PRIV_H
#define CODEC_TIMESTAMP_PRIV_H

#include "codec/calendar.h"
#include "codec/timestamp.h"

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static inline bool take_char(struct span *s, char c)
{
    if (s->n == 0 || *s->p != c) {
        return false;
    }
    (void)span_take(s, 1);
    return true;
}

static inline bool take_any(struct span *s, const char *set)
{
    while (*set != '\0' && !take_char(s, *set)) {
        set++;
    }
    return *set != '\0';
}

static inline void skip_blanks(struct span *s)
{
    while (take_any(s, " \t")) {
    }
}

/* Exactly two digits: all parts of a time except the year and the fraction. */
static inline bool take_two(struct span *s, int *v)
{
    if (s->n < 2 || !is_digit(s->p[0]) || !is_digit(s->p[1])) {
        return false;
    }
    *v = (s->p[0] - '0') * 10 + (s->p[1] - '0');
    *s = span_from(*s, 2);
    return true;
}

/* The word, given in lower case, in any case in the text. No letter may follow. */
bool take_word(struct span *s, const char *word);

/* YYYY-MM-DDThh:mm:ss, with T, t or a blank. False: the span is unchanged. */
bool take_usual(struct span *s, struct civil *c);

/* Digits of a fraction, after its point. Digits after the ninth are ignored. */
bool take_fraction(struct span *s, struct civil *c);

/* ±hh:mm, ±hhmm, ±hh */
bool take_offset(struct span *s, int *offset_s);

/*
 * The zone after the clock, or nothing (assumed UTC), and what some writers add after the zone.
 * `mail`: only the abbreviations of RFC 5322, with its meanings.
 */
bool take_zone(struct span *s, bool mail, int *offset_s, enum time_quality *q);

/* A zone in letters, as date(1) prints it. False: unknown. */
bool take_zone_name(struct span *s, bool mail, int *offset_s, enum time_quality *q);

/* Convert the local time *c with the zone offset_s to *t. False: there is no such time. */
bool civil_time(struct civil *c, int offset_s, struct timestamp *t);

#endif
