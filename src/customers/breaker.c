/* SPDX-License-Identifier: Apache-2.0 */
/*
 * breaker.c - the level of the pause decreases only after some time without refusals. With a topic
 * that refuses every record, the GET succeeds, and the next refusal follows within seconds; such a
 * success must not reset the pause to 30 s.
 */
#include "customers/breaker.h"

static int64_t pause_ms(unsigned level)
{
    int64_t ms = BREAKER_FIRST_MS;
    for (unsigned n = 0; n < level && ms < BREAKER_MAX_MS; n++) {
        ms *= 2;
    }
    return ms < BREAKER_MAX_MS ? ms : BREAKER_MAX_MS;
}

bool breaker_would_allow(const struct breaker *b, int64_t now)
{
    if (!b->open) {
        return true;
    }
    if (b->probing) {
        return now - b->probe_ms > BREAKER_PROBE_MS;
    }
    return now >= b->until_ms;
}

bool breaker_allow(struct breaker *b, int64_t now)
{
    if (!breaker_would_allow(b, now)) {
        return false;
    }
    if (b->open) {
        b->probing = true;
        b->probe_ms = now;
    }
    return true;
}

bool breaker_ok(struct breaker *b, int64_t now)
{
    b->in_a_row = 0;
    if (b->open && !b->probing) {
        return false; /* an attempt that started before the pause */
    }
    bool closed = b->open;
    b->open = false;
    b->probing = false;
    if (!closed && b->level != 0 && now - b->until_ms > pause_ms(b->level)) {
        b->level = 0;
    }
    return closed;
}

/* Whether `key` is one of the consecutive refusals. */
static bool is_counted(const struct breaker *b, uint64_t key)
{
    for (unsigned i = 0; i < b->in_a_row; i++) {
        if (b->keys[i] == key) {
            return true;
        }
    }
    return false;
}

bool breaker_refused(struct breaker *b, enum breaker_mark mark, uint64_t key, int64_t now,
                     struct rng *rng)
{
    if (mark == BREAKER_NONE) {
        breaker_unsure(b);
        return false;
    }
    if (b->open && !b->probing) {
        return false; /* an attempt that started before the pause */
    }
    if (mark == BREAKER_COUNT && !b->open && !is_counted(b, key)) {
        b->keys[b->in_a_row++] = key;
    }
    if (mark == BREAKER_COUNT && !b->open && b->in_a_row < BREAKER_IN_A_ROW) {
        return false;
    }
    bool opened = !b->open;
    int64_t pause = pause_ms(b->level);
    b->level++;
    b->open = true;
    b->probing = false;
    b->in_a_row = 0;
    b->until_ms = now + pause - (int64_t)rng_below(rng, (uint64_t)pause / 4 + 1);
    return opened;
}

void breaker_unsure(struct breaker *b)
{
    b->probing = false;
}
