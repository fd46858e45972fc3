/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp.h - every form of time that an event file may hold (normalization.md §8).
 *
 * The result is UTC, nanoseconds since the epoch, with what is needed to write it again: how
 * many digits of fraction were given, and whether the zone was stated or assumed. Years 1678
 * to 2261 (what fits 64 bits); anything else is not a time.
 *
 *     struct timestamp t;
 *     char text[TIMESTAMP_BYTES];
 *     if (timestamp_parse(span, &t) && timestamp_plausible(t.ns, modified_ns)) {
 *         struct span s = timestamp_write(&t, text);         // 2026-05-11T22:20:00.123Z
 *     }
 *
 * Own calendar arithmetic: libc's depends on locale and zone. Threads: pure functions.
 */
#ifndef CODEC_TIMESTAMP_H
#define CODEC_TIMESTAMP_H

#include "base/span.h"

enum {
    TIMESTAMP_BYTES = 32, /* room for the longest written form and a NUL */
    TIMESTAMP_DIGITS = 9, /* of a second; more are cut */
};

enum time_quality {
    TIME_EXACT,
    TIME_ASSUMED_UTC,  /* written without a zone */
    TIME_ASSUMED_ZONE, /* an abbreviation that several zones have: the usual one of them */
    TIME_FROM_OBJECT,  /* nothing usable in the record: the object's LastModified */
};

/* The word of ingest.time: "assumed_utc", "assumed", "from_object"; "" for exact. Never NULL. */
const char *time_quality_name(enum time_quality q);

struct timestamp {
    int64_t ns;
    int digits; /* of the fraction when written, 0 to 9 */
    enum time_quality quality;
};

/* What a number counts. By size: of its integer part, below 1e11 seconds, below 1e14 ms, ... */
enum time_unit { TIME_BY_SIZE, TIME_SECONDS, TIME_MILLIS, TIME_NANOS };

/*
 * Exactly YYYY-MM-DDThh:mm:ss[.1-9 digits]Z, a real day, second below 60: what the pass-through
 * path lets through. False for all else.
 */
MUST_USE bool timestamp_plain(struct span s, int64_t *ns);

/* Any form of text of normalization.md §8, numbers in it too; blanks and line ends around it are
 * allowed. */
MUST_USE bool timestamp_parse(struct span s, struct timestamp *t);

/*
 * A number from its text (a double would lose nanoseconds): digits with optional fraction and
 * exponent. False for zero, negative, anything else.
 */
MUST_USE bool timestamp_number(struct span s, enum time_unit unit, struct timestamp *t);

/* The same of an integer: as of its decimal digits. */
MUST_USE bool timestamp_integer(uint64_t v, enum time_unit unit, struct timestamp *t);

/* Seconds and nanoseconds apart, as protobuf writes them. nanos: 0 to 999999999. */
MUST_USE bool timestamp_pair(int64_t seconds, int64_t nanos, struct timestamp *t);

/* Year 2000 or later, and at most 48 hours after the object was written. */
MUST_USE bool timestamp_plausible(int64_t ns, int64_t modified_ns);

/* A time for lack of a better one: quality from_object, 0, 3, 6 or 9 digits as needed. */
struct timestamp timestamp_from_object(int64_t modified_ns);

/* RFC 3339 in UTC into `to`; the result points into it. The fraction is as long as given. */
struct span timestamp_write(const struct timestamp *t, char to[TIMESTAMP_BYTES]);

#endif
