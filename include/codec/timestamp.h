/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp.h - reads every form of time in event files (normalization.md §8).
 *
 * The result is UTC in nanoseconds since the epoch, with what is needed to write it again: the
 * number of digits of the fraction, and whether the time zone was given or assumed. Years 1678 to
 * 2261 (the range of 64 bits); anything else is not a time.
 *
 *     struct timestamp t;
 *     char text[TIMESTAMP_BYTES];
 *     if (timestamp_parse(span, &t) && timestamp_plausible(t.ns, modified_ns)) {
 *         struct span s = timestamp_write(&t, text);         // 2026-05-11T22:20:00.123Z
 *     }
 *
 * Calendar arithmetic is in codec/calendar.h, since libc's depends on locale and time zone.
 * Threads: pure functions.
 */
#ifndef CODEC_TIMESTAMP_H
#define CODEC_TIMESTAMP_H

#include "base/span.h"

enum {
    TIMESTAMP_BYTES = 32, /* longest written form and a NUL */
    TIMESTAMP_DIGITS = 9, /* of the fraction of a second; further ones are ignored */
};

enum time_quality {
    TIME_EXACT,
    TIME_ASSUMED_UTC,  /* the text has no time zone */
    TIME_ASSUMED_ZONE, /* the text has an abbreviation of several time zones; the most usual one was
                          assumed */
    TIME_FROM_OBJECT,  /* the record has no usable time; LastModified of the object was taken */
};

/*
 * The value of ingest.time: "assumed_utc", "assumed", "from_object", or "" for TIME_EXACT. Never
 * NULL.
 */
const char *time_quality_name(enum time_quality q);

struct timestamp {
    int64_t ns;
    int digits; /* number of digits of the fraction when written, 0 to 9 */
    enum time_quality quality;
};

/* The unit of a number. BY_SIZE: an integer part below 1e11 is in seconds, below 1e14 in ms, ... */
enum time_unit { TIME_BY_SIZE, TIME_SECONDS, TIME_MILLIS, TIME_NANOS };

/*
 * Read exactly YYYY-MM-DDThh:mm:ss[.1-9 digits]Z with a valid day and a second below 60: the form
 * that the pass-through path accepts. False for all other texts.
 */
MUST_USE bool timestamp_plain(struct span s, int64_t *ns);

/*
 * Read any text form of normalization.md §8, also a number. Blanks and line ends around it are
 * allowed.
 */
MUST_USE bool timestamp_parse(struct span s, struct timestamp *t);

/*
 * Read a number from its text, since a double would lose nanoseconds: digits with an optional
 * fraction and exponent. False for zero, negative numbers and other texts.
 */
MUST_USE bool timestamp_number(struct span s, enum time_unit unit, struct timestamp *t);

/* As timestamp_number of the decimal digits of v. */
MUST_USE bool timestamp_integer(uint64_t v, enum time_unit unit, struct timestamp *t);

/* Read the nanoseconds of a second from their text. False: they are not 0 to 999999999. */
MUST_USE bool timestamp_nanos(struct span s, int64_t *nanos);

/* Separate seconds and nanoseconds, as protobuf writes them. nanos: 0 to 999999999. */
MUST_USE bool timestamp_pair(int64_t seconds, int64_t nanos, struct timestamp *t);

/*
 * Whether the year is 2000 or later, and the time at most 48 hours after modified_ns, the time at
 * which the object was written.
 */
MUST_USE bool timestamp_plausible(int64_t ns, int64_t modified_ns);

/*
 * LastModified as the time of an event: quality TIME_FROM_OBJECT, with 0, 3, 6 or 9 digits as
 * needed.
 */
struct timestamp timestamp_from_object(int64_t modified_ns);

/* Write RFC 3339 in UTC into `to`; the result points into it. The fraction has t->digits digits. */
struct span timestamp_write(const struct timestamp *t, char to[TIMESTAMP_BYTES]);

#endif
