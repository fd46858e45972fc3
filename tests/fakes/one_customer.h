/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one_customer.h - the registry of a configuration with one customer, or two, on a manual clock,
 * for tests of the room customers.
 *
 *     static struct one_customer w;
 *     one_customer_init(&w);           customer "a": change w.customers[0] and w.conf
 *     one_customer_start(&w);          w.all, w.c
 *     one_customer_done(&w);
 *
 * With a second customer, "b": one_customer_add_second(&w) before the start; then w.second.
 */
#ifndef FAKES_ONE_CUSTOMER_H
#define FAKES_ONE_CUSTOMER_H

#include "base/clock.h"
#include "customers/customers.h"
#include "fakes/fake_world.h"

enum { ONE_CUSTOMER_MONO_MS = 1000, ONE_CUSTOMER_WALL_MS = 1000000 };

struct one_customer {
    struct conf conf;
    struct queue_conf queue;
    struct customer_conf customers[2];
    struct clock_manual clock;
    struct ops ops;
    struct customers *all;
    struct customer *c, *second; /* with a reference; NULL: there is none */
};

static inline char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static inline void one_customer_init(struct one_customer *w)
{
    memset(w, 0, sizeof(*w));
    fake_world_reset();
    clock_manual_init(&w->clock, ONE_CUSTOMER_MONO_MS, ONE_CUSTOMER_WALL_MS);
    w->queue = (struct queue_conf){.name = text("q"), .customer_count = 1};
    w->customers[0] = (struct customer_conf){.id = text("a"),
                                             .queue = &w->queue,
                                             .bucket = text("bucket"),
                                             .prefix = text("p"),
                                             .region = text("eu-west-1"),
                                             .topic = text("events")};
    w->conf.kafka.key = text("{customer}");
    w->conf.kafka.queue_bytes = 1 << 20;
    w->conf.queues = &w->queue;
    w->conf.queue_count = 1;
    w->conf.customers = w->customers;
    w->conf.customer_count = 1;
}

static inline void one_customer_add_second(struct one_customer *w)
{
    w->customers[1] = w->customers[0];
    w->customers[1].id = text("b");
    w->customers[1].prefix = text("pb");
    w->conf.customer_count = 2;
    w->queue.customer_count = 2;
}

static inline void one_customer_start(struct one_customer *w)
{
    struct err e = {.kind = FAIL_NONE};
    struct customers_parts parts = {.conf = &w->conf, .ops = &w->ops, .clock = &w->clock.clock};
    w->all = customers_new(&parts, &e);
    assert_non_null(w->all);
    w->c = customers_next(w->all, NULL);
    w->second = customers_next(w->all, customer_hold(w->c));
}

static inline void one_customer_done(struct one_customer *w)
{
    customer_release(w->c);
    customer_release(w->second);
    customers_free(w->all);
}

#endif
