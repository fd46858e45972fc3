/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.h - whether a customer sends as often and as much as its entry says (`cadence`,
 * `daily_volume`).
 *
 *     struct expect x;
 *     expect_init(&x, now_ms);
 *     changed = expect_look(&x, &facts);              every few seconds
 *     if (changed & EXPECT_SILENT) ... x.silent is another one than before ...
 *
 * Silent: no notification for three times the cadence. Far above: the objects of the last day have
 * more than three times the daily volume; it ends at twice the volume. Both begin with what was
 * seen since expect_init, so a worker says nothing of the time before its start.
 *
 * Pure; the time is an argument. Threads: one at a time.
 */
#ifndef CUSTOMERS_EXPECT_H
#define CUSTOMERS_EXPECT_H

#include "base/base.h"

enum {
    EXPECT_HOURS = 24,
    EXPECT_CADENCES = 3,    /* without a notification: silent */
    EXPECT_VOLUMES = 3,     /* of the daily volume: far above ... */
    EXPECT_VOLUMES_END = 2, /* ... until it is this */
};

enum expect_change { EXPECT_SILENT = 1, EXPECT_FAR_ABOVE = 2 };

struct expect {
    int64_t heard_ms; /* when `notified` changed last, or the customer could not be heard */
    uint64_t notified;
    int64_t begin_ms;
    int64_t hour;                   /* number of the current hour since begin_ms */
    uint64_t at_hour[EXPECT_HOURS]; /* the bytes at the begin of each of the last hours */
    uint64_t day_bytes;             /* of the last 23 to 24 hours */
    bool silent, far_above;
};

struct expect_facts {
    int64_t now_ms;     /* monotonic */
    uint64_t notified;  /* changes with each notification */
    uint64_t bytes;     /* counter: of objects that are done */
    bool unheard;       /* a notification could not be taken now: this time does not count */
    int64_t cadence_ms; /* 0: not known */
    uint64_t volume;    /* bytes of a day; 0: not known */
};

void expect_init(struct expect *x, int64_t now_ms);

/* Returns what has changed: a sum of enum expect_change. */
unsigned expect_look(struct expect *x, const struct expect_facts *f);

#endif
