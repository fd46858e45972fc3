/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares_seen.h - what the simulator of shares checks about lanes: no message waits longer than the
 * bound of shares.h while its class is below its share of the lanes.
 *
 *     seen_init(lanes, classes, bound_us, fail);
 *     seen_waits(c);                           it is put into the inbox
 *     seen_begins(c); ... seen_ends(c);        a lane has it
 */
#ifndef TESTS_SHARES_SEEN_H
#define TESTS_SHARES_SEEN_H

#include "base/base.h"

enum { SEEN_CLASSES = 8 };

/* The longest wait of all schedules so far, as a part of the bound of its schedule. */
extern double seen_most_of_bound;

void seen_init(size_t lanes, size_t classes, int64_t bound_us, void (*fail)(const char *what));
void seen_waits(size_t sched_class);
void seen_refused(size_t sched_class); /* it does not wait after all */
void seen_begins(size_t sched_class);
void seen_ends(size_t sched_class);

#endif
