/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - divides the conversion of a long line into steps, after each of which the caller of the
 * converter is called.
 *
 * The conversion of a line of a megabyte takes up to a tenth of a second, and so long the caller
 * has a core for which others may wait:
 *
 *     steps_start(&s, on_step, ctx);
 *     steps_count(&s, bytes);              after some work: calls on_step after STEP_BYTES of it
 *     if (s.stopped) { ... }               on_step returned false: no output is wanted any more
 *
 * Threads: one at a time.
 */
#ifndef EVENT_RECORD_STEPS_H
#define EVENT_RECORD_STEPS_H

#include "base/base.h"

enum {
    STEP_BYTES = 32 * 1024,
    STEP_RECORD = 256, /* a record of a few bytes costs as much as a text of so many */
};

typedef bool step_fn(void *ctx);

struct steps {
    size_t bytes;     /* since the last call */
    step_fn *on_step; /* NULL: none */
    void *ctx;
    bool stopped;
};

static inline void steps_start(struct steps *s, step_fn *on_step, void *ctx)
{
    *s = (struct steps){.on_step = on_step, .ctx = ctx};
}

static inline void steps_count(struct steps *s, size_t bytes)
{
    s->bytes += bytes;
    if (s->bytes >= STEP_BYTES && s->on_step != NULL) {
        s->bytes = 0;
        s->stopped = !s->on_step(s->ctx) || s->stopped;
    }
}

#endif
