/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - decides whether a transfer that waits for bytes is dead.
 *
 * The time counts only while curl waits for the server. It does not count while the consumer of the
 * bytes blocks, since then the worker is the slow side; libcurl's own low-speed and total limits
 * would end such a transfer. Two limits: no byte for idle_ms, and fewer than PATIENCE_BYTES within
 * PATIENCE_WINDOW_MS, so that a server that sends single bytes cannot occupy a lane for days.
 *
 *     patience_init(&p, 30000, now);
 *     patience_busy(&p, now); ...consume... patience_idle(&p, n, now);
 *     if (patience_check(&p, now) != PATIENCE_GOES_ON) ...
 *
 * Time is an argument, in monotonic milliseconds. Threads: one at a time.
 */
#ifndef NET_PATIENCE_H
#define NET_PATIENCE_H

#include "base/base.h"

enum {
    PATIENCE_WINDOW_MS = 120 * 1000,
    PATIENCE_BYTES = 64 * 1024, /* minimum within a window: about 0.5 KiB/s */
};

struct patience {
    int64_t idle_ms;
    int64_t since;     /* when the current wait began */
    int64_t waited;    /* ms without a byte, up to `since` */
    int64_t in_window; /* ms waited in this window, up to `since` */
    uint64_t bytes;    /* arrived in this window */
};

/* idle_ms 0: no limits. */
void patience_init(struct patience *p, int64_t idle_ms, int64_t now);

void patience_busy(struct patience *p, int64_t now); /* bytes arrived: the consumer starts */
void patience_idle(struct patience *p, size_t n, int64_t now); /* n bytes were taken: wait */

enum patience_verdict { PATIENCE_GOES_ON, PATIENCE_SILENT, PATIENCE_DRIPS };

/* Call this regularly while waiting. */
MUST_USE enum patience_verdict patience_check(struct patience *p, int64_t now);

#endif
