/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/back_off.h"

#include "base/lock.h"

enum { SLOT_MS = BACK_OFF_SLOT_S * 1000 };

void back_off_add(struct back_off *b, int64_t now_ms, int delay_s)
{
    int64_t back_ms = now_ms + (int64_t)delay_s * 1000;
    int64_t number = back_ms / SLOT_MS;
    struct back_off_slot *s = &b->slots[number % BACK_OFF_SLOTS];
    struct back_off_view before;
    back_off_get(b, now_ms, &before);
    b->begun_ms = before.count == 0 ? now_ms : b->begun_ms;
    if (s->number != number || s->count == 0) {
        *s = (struct back_off_slot){.number = number, .first_ms = back_ms, .last_ms = back_ms};
    }
    s->count++;
    s->first_ms = back_ms < s->first_ms ? back_ms : s->first_ms;
    s->last_ms = back_ms > s->last_ms ? back_ms : s->last_ms;
}

/* Of a slot that is partly over, all messages count until the last one is visible. */
void back_off_get(const struct back_off *b, int64_t now_ms, struct back_off_view *out)
{
    *out = (struct back_off_view){.count = 0};
    for (size_t i = 0; i < BACK_OFF_SLOTS; i++) {
        const struct back_off_slot *s = &b->slots[i];
        if (s->count == 0 || s->last_ms <= now_ms) {
            continue;
        }
        int64_t first_in = s->first_ms > now_ms ? s->first_ms - now_ms : 0;
        int64_t last_in = s->last_ms - now_ms;
        out->first_in_ms =
            out->count == 0 || first_in < out->first_in_ms ? first_in : out->first_in_ms;
        out->last_in_ms = last_in > out->last_in_ms ? last_in : out->last_in_ms;
        out->count += s->count;
    }
    out->lasts_ms = out->count != 0 ? now_ms - b->begun_ms : 0;
}

/* ---- With a lock ---- */

void back_off_book_init(struct back_off_book *b, const struct clock *clock)
{
    *b = (struct back_off_book){.clock = clock};
    mutex_init(&b->shared.lock);
}

void back_off_book_done(struct back_off_book *b)
{
    mutex_done(&b->shared.lock);
}

void back_off_book_add(struct back_off_book *b, int delay_s)
{
    mutex_lock(&b->shared.lock);
    back_off_add(&b->shared.messages, clock_mono_ms(b->clock), delay_s);
    mutex_unlock(&b->shared.lock);
}

void back_off_book_get(struct back_off_book *b, struct back_off_view *out)
{
    mutex_lock(&b->shared.lock);
    back_off_get(&b->shared.messages, clock_mono_ms(b->clock), out);
    mutex_unlock(&b->shared.lock);
}
