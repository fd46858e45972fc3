/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - how long we wait for a body's next bytes.
 *
 * A clock that runs only while we wait: not while the consumer of the bytes blocks, since
 * then it is we who are slow (libcurl's own low-speed and total limits would cut such a
 * transfer). Two bounds: no byte at all for idle_ms, and fewer than PATIENCE_BYTES within
 * PATIENCE_WINDOW_MS, so that a server that drips cannot hold a lane for days.
 *
 *     patience_init(&p, 30000, now);
 *     patience_busy(&p, now); ...consume... patience_idle(&p, n, now);
 *     if (patience_check(&p, now) != PATIENCE_GOES_ON) ...
 *
 * Pure: time is an argument, monotonic milliseconds. Threads: one at a time.
 */
#ifndef NET_PATIENCE_H
#define NET_PATIENCE_H

#include "base/base.h"

enum {
    PATIENCE_WINDOW_MS = 120 * 1000,
    PATIENCE_BYTES = 64 * 1024, /* least within a window: about 0.5 KiB/s */
};

struct patience {
    int64_t idle_ms;
    int64_t since;     /* when we began to wait */
    int64_t waited;    /* ms waited since the last byte, before `since` */
    int64_t in_window; /* ms waited in this window, before `since` */
    uint64_t bytes;    /* arrived in this window */
};

/* idle_ms 0: wait indefinitely. */
void patience_init(struct patience *p, int64_t idle_ms, int64_t now);

void patience_busy(struct patience *p, int64_t now);           /* bytes came: we consume them */
void patience_idle(struct patience *p, size_t n, int64_t now); /* n bytes consumed: we wait */

enum patience_verdict { PATIENCE_GOES_ON, PATIENCE_SILENT, PATIENCE_DRIPS };

/* To be asked while waiting. */
MUST_USE enum patience_verdict patience_check(struct patience *p, int64_t now);

#endif
