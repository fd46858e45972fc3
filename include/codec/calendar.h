/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar.h - days and clock of the proleptic Gregorian calendar in UTC, without libc, whose
 * functions depend on locale and zone. Years 1678 to 2261: whole years whose nanoseconds since
 * the epoch fit 64 bits. Pure.
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
    int digits; /* of the fraction as given */
};

/* A real day of those years, a real time of day; second 60 is one. */
MUST_USE bool civil_ok(const struct civil *c);

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t civil_seconds(const struct civil *c);

/* Whether such seconds lie in the years above. */
MUST_USE bool civil_in_range(int64_t seconds);

/* Everything of *c but the fraction. */
void civil_of(int64_t seconds, struct civil *c);

#endif
