/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - the thread: it takes a message from the inbox and processes it (lane_records.c). If the
 * message's next record belongs to another class, it puts the message back into the inbox.
 */
#include "lane_priv.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>

enum { LOOK_MS = 100 };

/* Waits of all objects so far, which are none of their own: for cores and readers of long lines. */
static int64_t waited_us(const struct lane *l)
{
    return turn_waited_us(&l->turn) + l->attempt->readers_us;
}

static void begin_message(struct lane *l, int64_t now_ms)
{
    l->taken.began_ms = l->taken.looked_ms = now_ms;
    l->taken.waited_us = waited_us(l);
    l->taken.kafka_us = l->attempt->kafka_us;
}

/* The time of the message's class: the time since it was taken, without waits. */
static int64_t own_ms(struct lane *l, int64_t now_ms)
{
    int64_t kafka_us = l->attempt->kafka_us - l->taken.kafka_us;
    int64_t waits_us = waited_us(l) - l->taken.waited_us + kafka_us;
    int64_t ms = now_ms - l->taken.began_ms - waits_us / 1000;
    l->taken.use.kafka_ms = kafka_us / 1000;
    return ms > 0 ? ms : 0; /* the clocks of both have different units */
}

/* The attempt asks whether to go on. */
static bool wants_back(void *ctx)
{
    struct lane *l = ctx;
    int64_t now = clock_mono_ms(l->parts.clock);
    if (l->taken.began_ms == 0 || now - l->taken.looked_ms < LOOK_MS) {
        return false;
    }
    l->taken.looked_ms = now;
    return inbox_wants_back(l->parts.inbox, &l->taken.use, own_ms(l, now));
}

struct lane *lane_new(const struct lane_parts *parts)
{
    struct lane *l = mem_zeros(1, sizeof(*l));
    l->parts = *parts;
    l->attempt_parts = (struct attempt_parts){
        .produce = {.conf = parts->conf,
                    .customers = parts->customers,
                    .sink = parts->sink,
                    .rejects = parts->rejects,
                    .tap = parts->tap,
                    .stats = parts->stats,
                    .clock = parts->clock,
                    .pulse = &l->pulse},
        .turns = parts->turns,
        .turn = &l->turn,
        .places = parts->places,
        .place = &l->place,
        .s3 = parts->s3,
        .normalize = parts->normalize,
        .converters = parts->converters,
        .wants_back = wants_back,
        .ctx = l,
    };
    turn_init(&l->turn, &l->pulse);
    place_init(&l->place);
    l->attempt = attempt_new(&l->attempt_parts);
    rng_init_random(&l->rng);
    mutex_init(&l->shared.lock);
    cond_init(&l->shared.ended);
    return l;
}

void lane_free(struct lane *l)
{
    if (l == NULL) {
        return;
    }
    attempt_free(l->attempt);
    turn_done(&l->turn);
    place_done(&l->place);
    mutex_done(&l->shared.lock);
    cond_done(&l->shared.ended);
    free(l);
}

/* ---- For the other files of the lane ---- */

void lane_pause(struct lane *l, unsigned ms)
{
    int64_t end = clock_mono_ms(&clock_system) + (int64_t)ms;
    mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.stopped && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    mutex_unlock(&l->shared.lock);
}

void lane_set_customer(struct lane *l, struct customer *c)
{
    mutex_lock(&l->shared.lock);
    struct customer *before = l->shared.customer;
    l->shared.customer = c;
    mutex_unlock(&l->shared.lock);
    customer_release(before);
}

void lane_delivered(const struct sink_report *r)
{
    struct delivery *d = r->tag;
    produce_delivered(d->customer, r->bytes, r->err);
    delivery_reported(d, r);
}

/* ---- The thread ---- */

static void *lane_run(void *arg)
{
    struct lane *l = arg;
    struct inflight *m = NULL;
    struct inbox_use *use = &l->taken.use;
    while ((m = inbox_take(l->parts.inbox, use)) != NULL) {
        int64_t began = clock_mono_ms(l->parts.clock);
        begin_message(l, began);
        pulse_set(&l->pulse, PULSE_WORK, began);
        bool over = lane_process(l, m); /* if true, m may be freed already */
        while (!over &&
               !inbox_put_back(l->parts.inbox, m, use, own_ms(l, clock_mono_ms(l->parts.clock)))) {
            over = lane_process(l, m); /* the worker stops: no further turns */
        }
        pulse_set(&l->pulse, PULSE_IDLE, clock_mono_ms(l->parts.clock));
        if (over) {
            inbox_finished(l->parts.inbox, use, own_ms(l, clock_mono_ms(l->parts.clock)));
        }
    }
    mutex_lock(&l->shared.lock);
    l->shared.done = true;
    cond_broadcast(&l->shared.ended);
    mutex_unlock(&l->shared.lock);
    return NULL;
}

void lane_start(struct lane *l)
{
    thread_start(&l->thread, "lane", lane_run, l);
}

const struct pulse *lane_pulse(const struct lane *l)
{
    return &l->pulse;
}

struct customer *lane_customer(struct lane *l)
{
    mutex_lock(&l->shared.lock);
    struct customer *c = customer_hold(l->shared.customer);
    mutex_unlock(&l->shared.lock);
    return c;
}

void lane_stop(struct lane *l)
{
    mutex_lock(&l->shared.lock);
    l->shared.stopped = true;
    cond_broadcast(&l->shared.ended);
    mutex_unlock(&l->shared.lock);
    attempt_stop(l->attempt);
}

bool lane_wait(struct lane *l, int timeout_ms)
{
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.done && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    bool done = l->shared.done;
    mutex_unlock(&l->shared.lock);
    return done;
}

void lane_join(struct lane *l)
{
    thread_join(l->thread);
}
