/* SPDX-License-Identifier: Apache-2.0 */
#include "net/patience.h"

void patience_init(struct patience *p, int64_t idle_ms, int64_t now)
{
    *p = (struct patience){.idle_ms = idle_ms, .since = now};
}

void patience_busy(struct patience *p, int64_t now)
{
    p->waited = 0;
    p->in_window += now - p->since;
    p->since = now;
}

void patience_idle(struct patience *p, size_t n, int64_t now)
{
    p->bytes += n;
    p->since = now;
}

enum patience_verdict patience_check(struct patience *p, int64_t now)
{
    if (p->idle_ms == 0) {
        return PATIENCE_GOES_ON;
    }
    int64_t waiting = now - p->since;
    if (p->waited + waiting >= p->idle_ms) {
        return PATIENCE_SILENT;
    }
    if (p->in_window + waiting < PATIENCE_WINDOW_MS) {
        return PATIENCE_GOES_ON;
    }
    if (p->bytes < PATIENCE_BYTES) {
        return PATIENCE_DRIPS;
    }
    p->waited += waiting; /* another window begins */
    p->since = now;
    p->in_window = 0;
    p->bytes = 0;
    return PATIENCE_GOES_ON;
}
