/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.c - a delay that depends on the receive count alone brings a backlog back in waves: all of
 * it is returned within seconds, the lanes have nothing to do until it is visible, and a wave
 * serves no more than the lanes take while it passes.
 */
#include "source/pace.h"

#include "settle/outcome.h"

enum {
    US_PER_MS = 1000,
    US_PER_S = 1000 * 1000,
    MS_PER_SLOT = PACE_SLOT_S * 1000,
    OVERBOOK_OF = 5, /* one more than 4 */
};

_Static_assert(PACE_SLOTS *PACE_SLOT_S > DELAY_MAX_S + PACE_SLOT_S, "any delay has a slot");

void pace_took(struct pace *p)
{
    p->taken++;
}

/* The newer half of the measurement counts; a measurement that is over begins again. */
static void move_window(struct pace *p, int64_t now_ms)
{
    if (p->returned_ms == 0 || now_ms - p->returned_ms > PACE_WINDOW_MS) {
        p->since_ms = now_ms;
        p->taken = 0;
    } else if (now_ms - p->since_ms > PACE_WINDOW_MS) {
        p->since_ms = now_ms - (now_ms - p->since_ms) / 2;
        p->taken /= 2;
    }
    p->returned_ms = now_ms;
}

int pace_delay_s(struct pace *p, int64_t now_ms)
{
    move_window(p, now_ms);
    int64_t now_us = now_ms * US_PER_MS;
    int64_t last_us = now_us + (int64_t)DELAY_MAX_S * US_PER_S;
    int64_t time_us = (now_ms - p->since_ms + PACE_PRIOR_MS) * US_PER_MS;
    int64_t each_us = time_us / (int64_t)(p->taken + PACE_PRIOR_COUNT);
    p->next_us = p->next_us > now_us ? p->next_us : now_us;
    p->next_us += each_us - each_us / OVERBOOK_OF;
    p->next_us = p->next_us < last_us ? p->next_us : last_us;
    return (int)((p->next_us - now_us) / US_PER_S);
}

/* Forget those that are visible again. */
static void move_slots(struct pace *p, int64_t now_ms)
{
    int64_t slot = now_ms / MS_PER_SLOT;
    for (; p->slot < slot && p->hidden > 0; p->slot++) {
        p->hidden -= p->hidden_until[p->slot % PACE_SLOTS];
        p->hidden_until[p->slot % PACE_SLOTS] = 0;
    }
    p->slot = slot;
}

void pace_hid(struct pace *p, int64_t now_ms, int delay_s)
{
    move_slots(p, now_ms);
    delay_s = delay_s < DELAY_MAX_S ? delay_s : DELAY_MAX_S;
    int64_t slot = (now_ms + (int64_t)delay_s * US_PER_MS) / MS_PER_SLOT;
    p->hidden_until[slot % PACE_SLOTS]++;
    p->hidden++;
}

bool pace_is_full(struct pace *p, int64_t now_ms)
{
    move_slots(p, now_ms);
    return p->hidden >= PACE_HIDDEN_MAX;
}

size_t pace_hidden(struct pace *p, int64_t now_ms)
{
    move_slots(p, now_ms);
    return p->hidden;
}
