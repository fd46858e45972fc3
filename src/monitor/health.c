/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/health.h"

#include <inttypes.h>

int64_t health_still_ms(const struct health *h, int64_t now)
{
    int64_t most = 0;
    for (size_t i = 0; i < h->count; i++) {
        int64_t still = pulse_still_ms(h->threads[i].pulse, now);
        most = still > most ? still : most;
    }
    return most;
}

size_t health_stalled(const struct health *h, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) {
        n += pulse_still_ms(h->threads[i].pulse, now) >= h->stalled_after_ms;
    }
    return n;
}

bool health_write(const struct health *h, int64_t now, struct buf *out)
{
    bool well = true;
    for (size_t i = 0; i < h->count; i++) {
        const struct health_thread *t = &h->threads[i];
        int64_t still = pulse_still_ms(t->pulse, now);
        if (still < h->stalled_after_ms) {
            continue;
        }
        well = false;
        buf_addf(out, "%s %zu: no progress for %" PRId64 " s", t->kind, t->number, still / 1000);
        if (t->whose != NULL) {
            buf_addf(out, ", customer %s", t->whose);
        }
        buf_add_byte(out, '\n');
    }
    if (well) {
        buf_add(out, SPAN("ok\n"));
    }
    return well;
}

/* ---- Readiness ---- */

enum { BACK_PART = 6 }; /* it answers again for this part of hold_ms */

void reachable_sample(struct reachable *r, bool answers, int64_t now)
{
    if (answers != r->now) {
        r->now = answers;
        r->since_ms = now;
    }
    if (answers && !r->ever) {
        r->ever = true;
        r->counts = true;
    }
    if (now - r->since_ms >= (r->now ? r->hold_ms / BACK_PART : r->hold_ms)) {
        r->counts = r->now;
    }
    r->sampled_ms = now;
}

bool ready_is(const struct readiness *r)
{
    return r->started && !r->stopping && !r->drained && r->kafka.counts && r->queue.counts;
}

static void add_reach(const struct reachable *r, const char *party, const char *who,
                      struct buf *out)
{
    int64_t seconds = (r->sampled_ms - r->since_ms) / 1000;
    if (!r->ever) {
        buf_addf(out, "%s: no %s has answered yet\n", party, who);
    } else if (!r->now) {
        buf_addf(out, "%s: no %s answers for %" PRId64 " s\n", party, who, seconds);
    } else if (!r->counts) {
        buf_addf(out, "%s: a %s answers again for %" PRId64 " s\n", party, who, seconds);
    }
}

bool ready_write(const struct readiness *r, struct buf *out)
{
    bool ready = ready_is(r);
    if (ready) {
        buf_add(out, SPAN("ready\n"));
    }
    if (!r->started) {
        buf_add(out, SPAN("it is starting\n"));
    }
    if (r->stopping) {
        buf_add(out, SPAN("it is stopping\n"));
    }
    if (r->drained) {
        buf_add(out, SPAN("it receives nothing: drained by an operator\n"));
    }
    add_reach(&r->kafka, "Kafka", "broker", out);
    if (r->started) {
        add_reach(&r->queue, "SQS", "queue", out);
    }
    return ready;
}
