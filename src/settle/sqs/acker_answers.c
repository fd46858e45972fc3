/* SPDX-License-Identifier: Apache-2.0 */
/* acker_answers.c - what the results of calls to SQS say: counters, outages, log lines. */
#include "acker_priv.h"

#include "base/log.h"

static const enum outage_call outage_calls[] = {
    [LEASE_CALL_BEAT] = OUTAGE_HEARTBEAT,
    [LEASE_CALL_DELETE] = OUTAGE_DELETE,
    [LEASE_CALL_CHANGE] = OUTAGE_RETURN,
};

/* Number of failed entries of a batch, without those whose lease is lost. */
static size_t count_failed(const struct lease_batch *batch, enum err_kind whole)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        enum err_kind kind = whole != FAIL_NONE ? whole : batch->kinds[i];
        n += kind != FAIL_NONE && kind != FAIL_LOST && kind != FAIL_LIMIT;
    }
    return n;
}

static const char *const names[] = {"none", "heartbeat", "delete", "return"};

/* Log messages whose lease is lost. A lease lost in a heartbeat is logged elsewhere. */
static void log_lost(const struct acker *a, const struct lease_batch *batch, const struct err *e)
{
    bool lost = false;
    for (size_t i = 0; i < batch->count && batch->call != LEASE_CALL_BEAT; i++) {
        lost = lost || batch->kinds[i] == FAIL_LOST;
    }
    if (lost) {
        log_write(LOG_WARN, "queue call failed", KV_STR("queue", acker_queue_name(a, batch->queue)),
                  KV_STR("call", names[batch->call]), KV_INT("messages", batch->count), KV_ERR(e),
                  KV_STR("next", "the queue delivers the message again, with the same ingest.id; "
                                 "if it happens often, raise 'visibility'"));
    }
}

void acker_judge(struct acker *a, const struct lease_batch *batch, enum err_kind whole,
                 const struct err *e)
{
    struct outage *o = acker_outage(a, batch->queue);
    int64_t now = clock_mono_ms(a->clock);
    size_t failed = count_failed(batch, whole);
    if (batch->call == LEASE_CALL_NONE || whole == FAIL_STOPPED) {
        return;
    }
    if (failed != 0 && failed == batch->count) {
        struct err why = *e;
        struct log_kv messages = KV_INT("messages", failed);
        why.kind = e->kind != FAIL_NONE ? e->kind : batch->kinds[0];
        outage_failed(o,
                      &(struct outage_failure){.err = &why,
                                               .call = outage_calls[batch->call],
                                               .next = "retried while the leases last, then the "
                                                       "queue delivers the messages again",
                                               .about = &messages,
                                               .about_count = 1,
                                               .held = acker_queue_held(a, batch->queue)},
                      now);
        return;
    }
    outage_passed(o, outage_calls[batch->call], now);
    if (failed != 0) {
        log_write(LOG_WARN, "some messages of a queue call failed",
                  KV_STR("queue", acker_queue_name(a, batch->queue)),
                  KV_STR("call", names[batch->call]), KV_INT("messages", batch->count),
                  KV_INT("failed", failed), KV_ERR(e),
                  KV_STR("next", "retried while the leases last, then the queue delivers these "
                                 "messages again; if it lasts, do what the error says"));
    }
    log_lost(a, batch, e);
}

void acker_count_answers(const struct acker *a, const struct lease_batch *batch)
{
    struct lease_stats *s = &acker_queue_of(a, batch->queue)->stats;
    stats_count *done[] = {NULL, &s->extended, &s->deleted, &s->returned};
    stats_count *failed[] = {NULL, &s->extend_failed, &s->delete_failed, &s->return_failed};
    for (size_t i = 0; i < batch->count && batch->call != LEASE_CALL_NONE; i++) {
        if (batch->kinds[i] != FAIL_LOST) {
            stats_add(batch->kinds[i] == FAIL_NONE ? done[batch->call] : failed[batch->call], 1);
        }
    }
}

void acker_count_unfinished_locked(struct acker *a, const struct lease_batch *batch, size_t i)
{
    struct acker_unfinished *u = &acker_queue_of(a, batch->queue)->unfinished;
    enum err_kind kind = batch->kinds[i];
    if (!a->shared.giving_up || !batch->over[i] || kind == FAIL_NONE || kind == FAIL_LOST) {
        return;
    }
    u->deletes += batch->call == LEASE_CALL_DELETE;
    u->returns += batch->call == LEASE_CALL_CHANGE;
}
