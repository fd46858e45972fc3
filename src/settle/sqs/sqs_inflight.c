/* SPDX-License-Identifier: Apache-2.0 */
/* sqs_inflight.c - executes outcomes with SQS, and decides when a message is freed (rule 17). */
#include "settle/sqs/sqs_inflight.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

bool redrive_last(const struct redrive *r, unsigned receive_count, int64_t age_ms)
{
    unsigned max = atomic_load_explicit(&r->max_receive_count, memory_order_relaxed);
    int64_t retention_ms = atomic_load_explicit(&r->retention_ms, memory_order_relaxed);
    if (max != 0 && receive_count >= max) {
        return true;
    }
    return retention_ms != 0 && age_ms > retention_ms - LAST_RECEIVE_MARGIN_MS;
}

struct sqs_inflight *sqs_inflight_new(struct sqs_message *m, const struct sqs_origin *origin,
                                      size_t queue, int64_t now_ms)
{
    struct sqs_inflight *s = mem_zeros(1, sizeof(*s));
    s->origin = origin;
    s->message_id = mem_text(m->id);
    s->receipt_handle = mem_text(m->receipt_handle);
    s->inflight.id = s->message_id;
    s->inflight.queue = queue;
    s->inflight.queue_name = origin->name;
    s->inflight.receive_count = m->receive_count;
    s->inflight.sent_ms = m->sent_ms;
    inflight_init(&s->inflight, m->body, now_ms);
    sqs_message_free(m);
    return s;
}

void sqs_inflight_free(struct sqs_inflight *m)
{
    if (m == NULL) {
        return;
    }
    inflight_done(&m->inflight);
    free(m->message_id);
    free(m->receipt_handle);
    free(m);
}

static struct sqs_inflight *struct_around(const void *member, size_t offset)
{
    return (struct sqs_inflight *)((uintptr_t)member - offset);
}

struct sqs_inflight *sqs_inflight_of(const struct inflight *m)
{
    return struct_around(m, offsetof(struct sqs_inflight, inflight));
}

struct sqs_inflight *sqs_inflight_of_lease(const struct lease *l)
{
    return struct_around(l, offsetof(struct sqs_inflight, lease));
}

uint64_t sqs_inflight_hash(const struct sqs_inflight *m)
{
    uint64_t h = hash_span(HASH_SEED ^ m->inflight.queue, span_str(m->message_id));
    return h ^ h >> 32;
}

bool sqs_inflight_last(const struct sqs_inflight *m)
{
    const struct inflight *i = &m->inflight;
    int64_t age_ms = i->sent_ms != 0 ? sqs_clock_ms(m->origin->queue) - i->sent_ms : 0;
    return redrive_last(&m->origin->redrive, i->receive_count, age_ms);
}

struct again sqs_inflight_again(const struct sqs_inflight *m, enum err_kind kind)
{
    if (m->lease.how == LEASE_DELETE) {
        return (struct again){.cause = kind == FAIL_NONE ? AGAIN_UNKNOWN : AGAIN_NOT_DELETED};
    }
    if (m->lease.loss != LEASE_OURS || kind == FAIL_LOST) {
        return (struct again){.cause = AGAIN_LOST};
    }
    return (struct again){.cause = AGAIN_SETTLED, .rule = m->inflight.because};
}

void sqs_inflight_begin(struct leases *b, struct sqs_inflight *m, int64_t now_ms)
{
    leases_add(b, &m->lease, m->inflight.queue, m->receipt_handle, now_ms);
}

bool sqs_inflight_lease_over(struct sqs_inflight *m)
{
    m->lease_over = true;
    return m->settled;
}

bool sqs_inflight_settle(struct leases *b, struct sqs_inflight *m, const struct settlement *s,
                         int64_t now_ms)
{
    assert(!m->settled);
    m->settled = true;
    if (s->failed != FAIL_NONE) {
        m->inflight.because = outcome_rule(ABOUT_DELIVERY, s->failed);
    }
    if (m->lease_over) {
        return true;
    }
    if (m->lease.ending) {
        return false; /* abandoned before; its end is in progress */
    }
    enum lease_end how = s->outcome == OUTCOME_DONE ? LEASE_DELETE : LEASE_CHANGE;
    return leases_end(b, &m->lease, how, s->delay_s, now_ms) && sqs_inflight_lease_over(m);
}

void sqs_inflight_give_up(struct leases *b, struct sqs_inflight *m, int delay_s, int64_t now_ms)
{
    assert(!m->settled);
    if (leases_end(b, &m->lease, LEASE_CHANGE, delay_s, now_ms)) {
        bool settled = sqs_inflight_lease_over(m);
        assert(!settled);
        (void)settled;
    }
}
