/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_rate.h - limits the log lines that one party can cause.
 *
 *     if (log_rate_allows(&r, now_ms)) {
 *         log_write(LOG_WARN, "object left", ...);
 *     }
 *     log_rate_report(&r, &KV_STR("customer", id));    // every few seconds, and at the end
 *
 * LOG_RATE_BURST lines are written at once, then LOG_RATE_PER_S in a second. Further ones are
 * counted, and the next report has their number. For lines of single objects and messages; not for
 * what concerns the whole worker.
 *
 * A zeroed structure is ready. Threads: any. No lock, no allocation.
 */
#ifndef BASE_LOG_RATE_H
#define BASE_LOG_RATE_H

#include "base/log.h"

#include <stdatomic.h>

enum { LOG_RATE_BURST = 200, LOG_RATE_PER_S = 20 };

struct log_rate {
    atomic_int_least64_t paid_ms;  /* the time until which lines are accounted for */
    atomic_uint_fast64_t left_out; /* since the last report */
};

/* Whether a line may be written now (monotonic, ms). If not, it is counted. */
MUST_USE bool log_rate_allows(struct log_rate *r, int64_t now_ms);

/* Log the number of lines that were left out since the last report, if any. of: whose they are. */
void log_rate_report(struct log_rate *r, const struct log_kv *of);

#endif
