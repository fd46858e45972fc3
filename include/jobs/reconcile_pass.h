/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_pass.h - compares the objects of some customers with what was delivered: reads the ops
 * topic once for all of them, then lists one customer's bucket after the other, with bounded
 * requests.
 *
 *     OWNED(reconcile_pass) struct reconcile_pass *p = reconcile_pass_new(&settings);
 *     reconcile_pass_add(p, customer, visible, in_flight);
 *     while ((s = reconcile_pass_next(p, &result, &e)) != PASS_DONE) {
 *         switch (s) {
 *         case PASS_WAIT: ... sleep for reconcile_pass_wait_ms(p) ...
 *         case PASS_RESULT: ... result.found->objects[FATE_MISSING] ...
 *         case PASS_FULL, PASS_FAILED: ... the end, or reconcile_pass_give_up ...
 *
 * A call makes at most one request to S3, or reads at most a thousand events. Threads: one at a
 * time per object.
 */
#ifndef JOBS_RECONCILE_PASS_H
#define JOBS_RECONCILE_PASS_H

#include "customers/customers.h"
#include "jobs/reconcile.h"
#include "net/tail.h"

enum {
    PASS_PAGES_PER_S = 10,     /* requests to S3 */
    PASS_EVENTS_PER_S = 20000, /* of the ops topic */
    PASS_RETRIES = 4,          /* of a page that cannot be listed */
};

struct reconcile_pass_settings {     /* borrowed as long as the pass */
    const struct tail_config *kafka; /* with since_ms of reconcile_pass_since_ms */
    const char *topic;               /* of the ops events */
    struct s3 *s3;
    const struct clock *clock;
    size_t max; /* entries of the set of what was delivered */
    int64_t from_ns, to_ns;
};

enum reconcile_pass_state {
    PASS_MORE,
    PASS_WAIT,
    PASS_RESULT, /* of one customer */
    PASS_DONE,
    PASS_FULL,   /* the set has no room for what these customers had delivered: fewer of them */
    PASS_FAILED, /* the ops topic cannot be read: *e */
};

struct reconcile_result { /* valid until the next call */
    struct customer *customer;
    const struct reconcile *found; /* range.from_ns: what was compared, if the events begin later */
    const struct missing_keys *keys;
    const struct err *err; /* FAIL_NONE: it was compared */
};

struct reconcile_pass;

struct reconcile_pass *reconcile_pass_new(const struct reconcile_pass_settings *s);
void reconcile_pass_free(struct reconcile_pass *p);
DEFINE_OWNED(reconcile_pass);

/* Takes a reference. The attributes of its queue are of now or before; -1: not known. */
void reconcile_pass_add(struct reconcile_pass *p, struct customer *c, int64_t visible,
                        int64_t in_flight);
size_t reconcile_pass_count(const struct reconcile_pass *p);

MUST_USE enum reconcile_pass_state reconcile_pass_next(struct reconcile_pass *p,
                                                       struct reconcile_result *out, struct err *e);
int64_t reconcile_pass_wait_ms(const struct reconcile_pass *p);

/* After PASS_FULL or PASS_FAILED: each customer gets this error as its result. */
void reconcile_pass_give_up(struct reconcile_pass *p, const struct err *why);

/* From when on the events are read. */
int64_t reconcile_pass_since_ms(int64_t from_ns);

/* Whether a customer is in part `part` of `parts`, by its id: the same at each call. */
bool reconcile_part_has(struct span customer, unsigned part, unsigned parts);

#endif
