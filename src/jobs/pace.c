/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/pace.h"

enum {
    BURST_MS = 100, /* a rate is kept over this time, also after a pause */
    PAUSE_FIRST_MS = 500,
    PAUSE_MAX_MS = 30 * 1000,
    US_PER_S = 1000 * 1000,
};

void pace_init(struct pace *p, uint64_t per_s)
{
    *p = (struct pace){.per_s = per_s};
}

static int64_t elapsed_us(const struct pace *p, int64_t now_ms)
{
    return p->started ? (now_ms - p->start_ms) * 1000 : 0;
}

int64_t pace_wait_ms(const struct pace *p, int64_t now_ms)
{
    int64_t early_us = p->due_us - elapsed_us(p, now_ms);
    return p->per_s == 0 || early_us <= 0 ? 0 : (early_us + 999) / 1000;
}

void pace_spent(struct pace *p, size_t n, int64_t now_ms)
{
    if (!p->started) {
        p->started = true;
        p->start_ms = now_ms;
    }
    int64_t least_us = elapsed_us(p, now_ms) - BURST_MS * 1000;
    if (p->due_us < least_us) {
        p->due_us = least_us; /* time in which nothing was sent is not made up for */
    }
    if (p->per_s != 0) {
        p->due_us += (int64_t)((uint64_t)n * US_PER_S / p->per_s);
    }
}

/* ---- Retries ---- */

void retry_init(struct retry *r)
{
    *r = (struct retry){.count = 0};
    rng_init_random(&r->rng);
}

void retry_clear(struct retry *r)
{
    r->count = 0;
}

int64_t retry_pause_ms(struct retry *r, const struct err *e, int64_t now_ms)
{
    if (e->kind != FAIL_AGAIN && e->kind != FAIL_THROTTLED && e->kind != FAIL_SKEW) {
        return 0;
    }
    if (r->count == 0) {
        r->since_ms = now_ms;
    } else if (now_ms - r->since_ms >= RETRY_GIVE_UP_MS) {
        return 0;
    }
    int64_t most = PAUSE_FIRST_MS;
    for (unsigned i = 0; i < r->count && most < PAUSE_MAX_MS; i++) {
        most *= 2;
    }
    most = most < PAUSE_MAX_MS ? most : PAUSE_MAX_MS;
    r->count++;
    return most / 2 + (int64_t)rng_below(&r->rng, (uint64_t)(most / 2) + 1);
}
