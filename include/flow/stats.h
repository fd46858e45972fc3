/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - counters: one set per customer, one for what belongs to nobody.
 *
 * Only ever counted up; whoever shows them (log at the end, /metrics) reads them at any time.
 *
 *     stats_add(&customer->stats.lines, 1);
 *
 * Threads: any.
 */
#ifndef FLOW_STATS_H
#define FLOW_STATS_H

#include "base/err.h"
#include "event/normalize.h"

#include <stdatomic.h>

typedef atomic_uint_fast64_t stats_count;

struct stats {
    stats_count objects_done; /* everything delivered, rejects included */
    stats_count objects_later;
    stats_count objects_left;
    stats_count objects_empty;      /* of those done: without a line */
    stats_count errors[FAIL_KINDS]; /* objects by the class of what went wrong, accepted ones too */
    stats_count lines;
    stats_count events; /* given to the sink */
    stats_count rejects[REJECT_REASONS];
    stats_count object_bytes; /* as stored */
    stats_count text_bytes;   /* decompressed */
    stats_count records_acked;
    stats_count records_failed; /* delivery reports that were bad */
    stats_count leases_lost;
    stats_count ordinals_forgotten;
    stats_count paused;  /* times the breaker opened */
    stats_count skipped; /* other events, test events, folder markers */
    stats_count not_ours;
    stats_count unreadable; /* bodies nobody understands */
};

static inline void stats_add(stats_count *c, uint64_t n)
{
    (void)atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static inline uint64_t stats_get(const stats_count *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
