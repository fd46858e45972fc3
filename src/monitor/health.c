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

bool ready_is(const struct readiness *r)
{
    return r->started && !r->stopping && !r->drained && r->kafka_reached && r->queue_reached;
}

bool ready_write(const struct readiness *r, struct buf *out)
{
    if (ready_is(r)) {
        buf_add(out, SPAN("ready\n"));
        return true;
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
    if (!r->kafka_reached) {
        buf_add(out, SPAN("Kafka: no broker answers\n"));
    }
    if (r->started && !r->queue_reached) {
        buf_add(out, SPAN("SQS: no queue answers now\n"));
    }
    return false;
}
