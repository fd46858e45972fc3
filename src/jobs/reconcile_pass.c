/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_pass.c - the ops topic has the events of all customers, so it is read once for as many
 * of them as the set has room for.
 */
#include "jobs/reconcile_pass.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "jobs/delivered_events.h"
#include "jobs/keys.h"
#include "jobs/pace.h"

#include <stdlib.h>

enum {
    NS_PER_MS = 1000000,
    PAGE_KEYS = 1000, /* of a response of S3 */
    STEP_EVENTS = 1000,
    PREFIX_BYTES = 1024 + 1,
};

/* A customer of the pass. */
struct member {
    struct customer *customer; /* with a reference */
    int64_t visible, in_flight;
};

struct reconcile_pass {
    struct reconcile_pass_settings s;
    struct member *members;
    size_t count, next;
    int64_t *lags_ms;
    struct text_index numbers; /* of the members, by their ids */
    struct delivered *delivered;
    struct delivered_events events;
    struct tail *tail; /* NULL: not begun, or read to its end */
    bool read;
    int64_t recent_ms, wait_ms;
    struct err gave_up; /* FAIL_NONE: it goes on */
    struct {            /* of the member `next` */
        struct buf prefix;
        struct keys *keys; /* NULL: its list is not begun */
        struct reconcile found;
        struct missing_keys missing;
        struct retry retry;
        struct err err;
    } now;
};

struct reconcile_pass *reconcile_pass_new(const struct reconcile_pass_settings *s)
{
    struct reconcile_pass *p = mem_zeros(1, sizeof(*p));
    p->s = *s;
    p->numbers = (struct text_index)TEXT_INDEX_INIT;
    p->delivered = delivered_new(s->max);
    p->now.prefix = (struct buf)BUF_INIT(PREFIX_BYTES);
    p->now.missing = (struct missing_keys)MISSING_KEYS_INIT;
    p->recent_ms = clock_wall_ms(s->clock) - EVENTS_RECENT_MS;
    return p;
}

void reconcile_pass_free(struct reconcile_pass *p)
{
    if (p == NULL) {
        return;
    }
    tail_free(p->tail);
    keys_free(p->now.keys);
    missing_keys_done(&p->now.missing);
    buf_done(&p->now.prefix);
    delivered_free(p->delivered);
    text_index_done(&p->numbers);
    for (size_t i = 0; i < p->count; i++) {
        customer_release(p->members[i].customer);
    }
    free(p->members);
    free(p->lags_ms);
    free(p);
}

void reconcile_pass_add(struct reconcile_pass *p, struct customer *c, int64_t visible,
                        int64_t in_flight)
{
    p->members = mem_grow(p->members, p->count + 1, sizeof(*p->members));
    p->lags_ms = mem_grow(p->lags_ms, p->count + 1, sizeof(*p->lags_ms));
    p->members[p->count] = (struct member){customer_hold(c), visible, in_flight};
    p->lags_ms[p->count] = -1;
    text_index_add(&p->numbers, c->id, p->count++);
}

size_t reconcile_pass_count(const struct reconcile_pass *p)
{
    return p->count;
}

int64_t reconcile_pass_wait_ms(const struct reconcile_pass *p)
{
    return p->wait_ms;
}

int64_t reconcile_pass_since_ms(int64_t from_ns)
{
    return from_ns / NS_PER_MS - RECONCILE_CLOCKS_MS;
}

bool reconcile_part_has(struct span customer, unsigned part, unsigned parts)
{
    return hash_span(HASH_SEED, customer) % parts == part;
}

void reconcile_pass_give_up(struct reconcile_pass *p, const struct err *why)
{
    p->gave_up = *why;
    p->read = true;
}

static enum reconcile_pass_state wait_for(struct reconcile_pass *p, int64_t ms)
{
    p->wait_ms = ms;
    return PASS_WAIT;
}

/* ---- What was delivered ---- */

static enum reconcile_pass_state open_events(struct reconcile_pass *p, struct err *e)
{
    const char *topics[] = {p->s.topic};
    const struct events_wanted wanted = {
        .recent_ms = p->recent_ms, .customers = &p->numbers, .lags_ms = p->lags_ms};
    delivered_events_init(&p->events, &wanted, p->delivered);
    p->tail = tail_new(p->s.kafka, topics, 1, e);
    return p->tail != NULL ? PASS_MORE : PASS_FAILED;
}

static enum reconcile_pass_state read_events(struct reconcile_pass *p, struct err *e)
{
    uint64_t before = p->events.read;
    switch (delivered_events_next(&p->events, p->tail, clock_mono_ms(p->s.clock), e)) {
    case EVENTS_MORE:
        return p->events.read - before < STEP_EVENTS
                   ? PASS_MORE
                   : wait_for(p, 1000 * STEP_EVENTS / PASS_EVENTS_PER_S);
    case EVENTS_FULL:
        return PASS_FULL;
    case EVENTS_FAILED:
        return PASS_FAILED;
    case EVENTS_END:
        break;
    }
    tail_free(p->tail); /* with its memory for records that were read ahead */
    p->tail = NULL;
    p->read = true;
    return PASS_MORE;
}

/* ---- The objects of a customer ---- */

static void begin_list(struct reconcile_pass *p)
{
    const struct member *m = &p->members[p->next];
    const struct customer_conf *conf = m->customer->conf;
    struct creds_source *creds = NULL;
    p->now.err = p->gave_up;
    retry_init(&p->now.retry);
    missing_keys_clear(&p->now.missing);
    buf_clear(&p->now.prefix);
    buf_addf(&p->now.prefix, "%s/", conf->prefix);
    p->now.found = (struct reconcile){
        .customer = conf,
        .range = {buf_span(&p->now.prefix), p->s.from_ns, p->s.to_ns},
        .delivered = p->delivered,
        .queue = reconcile_judge_queue(&(struct reconcile_waiting){.visible = m->visible,
                                                                   .in_flight = m->in_flight,
                                                                   .lag_ms = p->lags_ms[p->next],
                                                                   .recent_ms = p->recent_ms})};
    if (p->gave_up.kind != FAIL_NONE) {
        return;
    }
    (void)reconcile_limit(&p->now.found.range, p->events.begin_ms);
    if (customer_creds(m->customer, &creds, &p->now.err) == FAIL_NONE) {
        p->now.keys = keys_of_list(p->s.s3, conf, buf_span(&p->now.prefix), creds, SPAN(""));
    }
}

static enum reconcile_pass_state give_result(struct reconcile_pass *p, struct reconcile_result *out)
{
    *out = (struct reconcile_result){p->members[p->next].customer, &p->now.found, &p->now.missing,
                                     &p->now.err};
    keys_free(p->now.keys);
    p->now.keys = NULL;
    p->next++;
    return PASS_RESULT;
}

/* Up to a page: the next call to keys_next makes the next request. */
static enum reconcile_pass_state compare_page(struct reconcile_pass *p,
                                              struct reconcile_result *out)
{
    struct s3_entry entry;
    for (int i = 0; i < PAGE_KEYS; i++) {
        if (!keys_next(p->now.keys, &entry, &p->now.err)) {
            int64_t pause_ms =
                p->now.err.kind != FAIL_NONE && p->now.retry.count < PASS_RETRIES
                    ? retry_pause_ms(&p->now.retry, &p->now.err, clock_mono_ms(p->s.clock))
                    : 0;
            return pause_ms > 0 ? wait_for(p, pause_ms) : give_result(p, out);
        }
        if (reconcile_wants(&p->now.found, &entry)) {
            missing_keys_add(&p->now.missing, entry.key);
        }
    }
    retry_clear(&p->now.retry);
    return wait_for(p, 1000 / PASS_PAGES_PER_S);
}

enum reconcile_pass_state reconcile_pass_next(struct reconcile_pass *p,
                                              struct reconcile_result *out, struct err *e)
{
    if (p->next == p->count) {
        return PASS_DONE;
    }
    if (!p->read) {
        return p->tail == NULL ? open_events(p, e) : read_events(p, e);
    }
    if (p->now.keys != NULL) {
        return compare_page(p, out);
    }
    begin_list(p);
    return p->now.keys != NULL ? wait_for(p, 1000 / PASS_PAGES_PER_S) : give_result(p, out);
}
