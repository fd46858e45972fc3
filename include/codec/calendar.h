/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar.h - dates and times of the proleptic Gregorian calendar in UTC, for the years 1678 to
 * 2261: the whole years whose nanoseconds since the epoch fit 64 bits. libc is not used, since its
 * functions depend on locale and time zone. Threads: pure functions.
 */
#ifndef CODEC_CALENDAR_H
#define CODEC_CALENDAR_H

#include "base/base.h"

enum {
    CALENDAR_YEAR_MIN = 1678,
    CALENDAR_YEAR_MAX = 2261,
};

struct civil {
    int year, month, day, hour, minute, second;
    int64_t frac_ns;
    int digits; /* number of digits of the fraction, as written in the text */
};

/* Whether *c is a day of those years and a time of day. A leap second (second 60) is accepted. */
MUST_USE bool civil_ok(const struct civil *c);

/* Seconds from 1970-01-01T00:00:00Z to *c. The fraction is ignored. */
int64_t civil_seconds(const struct civil *c);

/* Whether `seconds` since the epoch lies in those years. */
MUST_USE bool civil_in_range(int64_t seconds);

/* Set all members of *c except frac_ns and digits. */
void civil_of(int64_t seconds, struct civil *c);

#endif
