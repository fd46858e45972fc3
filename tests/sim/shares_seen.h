/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares_seen.h - what the simulator of shares checks about lanes: no message waits longer than the
 * bounds of shares.h while its class is below its share of the lanes.
 *
 *     seen_init(lanes, classes, &bounds, fail);
 *     seen_waits(c);                           it is put into the inbox
 *     seen_begins(c); ... seen_ends(c, ms);    a lane has it
 */
#ifndef TESTS_SHARES_SEEN_H
#define TESTS_SHARES_SEEN_H

#include "base/base.h"

enum { SEEN_CLASSES = 8 };

/* The longest waits of all schedules so far, as a part of the bound of their schedules. */
extern double seen_most_of_bound, seen_most_of_quick;

struct seen_bounds {
    int64_t any_us;
    int64_t quick_us; /* of a class without lanes of which no object was long so far */
};

void seen_init(size_t lanes, size_t classes, const struct seen_bounds *bounds,
               void (*fail)(const char *what));
void seen_waits(size_t sched_class);
void seen_refused(size_t sched_class); /* it does not wait after all */
void seen_begins(size_t sched_class);
void seen_ends(size_t sched_class, int64_t ms); /* after so many ms */
void seen_put_back(size_t sched_class);         /* ... or its lane was taken back: it waits */

#endif
