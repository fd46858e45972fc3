/* SPDX-License-Identifier: Apache-2.0 */
/*
 * back_off.h - the messages of a customer that were returned after an error and are hidden until
 * their next attempt: how many, and when the first and the last of them come back.
 *
 *     back_off_add(&b, now_ms, 900);
 *     back_off_get(&b, now_ms, &view);
 *
 * A message leaves it by the time alone. They are counted in slots of BACK_OFF_SLOT_S by the time
 * at which they come back, so the memory does not depend on their number.
 *
 * struct back_off is pure: the time is an argument, one thread at a time. struct back_off_book: any
 * thread.
 */
#ifndef CUSTOMERS_BACK_OFF_H
#define CUSTOMERS_BACK_OFF_H

#include "base/clock.h"

#include <pthread.h>

/* Together longer than the longest delay (DELAY_MAX_S). */
enum { BACK_OFF_SLOTS = 32, BACK_OFF_SLOT_S = 32 };

struct back_off {     /* zeroed at first */
    int64_t begun_ms; /* when the first message came after there was none */
    struct back_off_slot {
        int64_t number; /* time / BACK_OFF_SLOT_S of its messages */
        int64_t first_ms, last_ms;
        uint64_t count;
    } slots[BACK_OFF_SLOTS];
};

void back_off_add(struct back_off *b, int64_t now_ms, int delay_s);

struct back_off_view {
    uint64_t count;
    int64_t first_in_ms, last_in_ms; /* from now on; 0 without messages */
    int64_t lasts_ms;                /* for how long there has been one without a break */
};
void back_off_get(const struct back_off *b, int64_t now_ms, struct back_off_view *out);

/* The same with a lock, for messages that any thread returns. */
struct back_off_book {
    const struct clock *clock;
    struct {
        pthread_mutex_t lock;
        struct back_off messages;
    } shared;
};

void back_off_book_init(struct back_off_book *b, const struct clock *clock);
void back_off_book_done(struct back_off_book *b);
void back_off_book_add(struct back_off_book *b, int delay_s);
void back_off_book_get(struct back_off_book *b, struct back_off_view *out);

#endif
