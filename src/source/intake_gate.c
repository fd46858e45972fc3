/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_gate.c - conditions that stop the polls of a queue, and their lines. They last: a poll
 * that only waits for a slot or for a back-off is not stopped.
 */
#include "intake_priv.h"

#include "base/log.h"
#include "base/share.h"
#include "conf/sizes.h"

enum { GATE_HELD_MS = 5000 };

static const struct {
    const char *reason, *next;
    int64_t after_ms; /* logged if it lasts this long */
} gates[] = {
    [GATE_CALLS_FAIL] = {"calls for held messages fail", "resumed when they succeed, or to try", 0},
    [GATE_PAUSED] = {"all customers of the queue are paused, or it has none",
                     "resumed after each pause: the next visible message is read as a probe; after "
                     "'control pause' no earlier than 'control resume'",
                     0},
    [GATE_HELD] = {"too many unsettled messages", "resumed when some are settled", GATE_HELD_MS},
};

/*
 * Messages in flight are bounded, and shared by customers. A queue of several customers has those
 * messages that are on their way back to it: what is over a share counts until SQS has it, and must
 * not take what is free for customers without any.
 */
size_t may_receive(const struct intake *i, const struct poll *p, struct customer *only)
{
    uint64_t has = only != NULL ? stats_get(&only->stats->messages_in_flight)
                                : acker_queue_returning(i->parts.acker, p->index);
    return (size_t)share_room(MESSAGES_HELD_MAX, acker_held(i->parts.acker), has, p->want);
}

enum gate find_gate(const struct intake *i, const struct poll *p, struct customer *only)
{
    if (!acker_queue_well(i->parts.acker, p->index)) {
        return GATE_CALLS_FAIL;
    }
    if (may_receive(i, p, only) == 0) {
        return GATE_HELD;
    }
    return customers_queue_paused(i->parts.customers, p->index) ? GATE_PAUSED : GATE_OPEN;
}

/* What the polls are resumed for: the cause may be gone, or only its time is over. */
static const char *resumed_to(const struct intake *i, const struct poll *p, enum gate was)
{
    if (was == GATE_CALLS_FAIL && outage_is_failing(acker_outage(i->parts.acker, p->index))) {
        return "try, as no call succeeded yet";
    }
    if (was == GATE_PAUSED && !customers_queue_any_open(i->parts.customers, p->index)) {
        return "try one object, when a message is visible";
    }
    return "work, as the cause is over";
}

static void log_resumed(const struct intake *i, const struct poll *p, enum gate was, int64_t now)
{
    log_write(LOG_INFO, "polling resumed", KV_STR("queue", p->queue->name),
              KV_STR("stopped_because", gates[was].reason),
              KV_STR("resumed_to", resumed_to(i, p, was)),
              KV_INT("stopped_s", (now - p->gate_ms) / 1000));
}

static void log_stopped(const struct intake *i, const struct poll *p)
{
    char calls[OUTAGE_CALLS_BYTES] = "";
    char ids[CUSTOMERS_IDS_BYTES];
    size_t customers = customers_queue_ids(i->parts.customers, p->index, ids);
    if (p->gate == GATE_CALLS_FAIL) {
        outage_failing_calls(acker_outage(i->parts.acker, p->index), calls);
    }
    log_write(LOG_WARN, "polling stopped", KV_STR("queue", p->queue->name),
              KV_INT("customers", customers), KV_SET("customer_ids", ids),
              KV_STR("reason", gates[p->gate].reason), KV_SET("calls", calls),
              KV_STR("next", gates[p->gate].next));
}

static void log_gate(const struct intake *i, struct poll *p, enum gate was, int64_t now)
{
    if (p->gate_logged && p->gate != was) {
        log_resumed(i, p, was, now);
        p->gate_logged = false;
    }
    if (p->gate != was) {
        p->gate_ms = now;
    }
    if (p->gate != GATE_OPEN && !p->gate_logged && now - p->gate_ms >= gates[p->gate].after_ms) {
        log_stopped(i, p);
        p->gate_logged = true;
    }
}

bool gate_is_open(struct intake *i, struct poll *p, struct customer *only, int64_t now)
{
    enum gate was = p->gate;
    p->gate = find_gate(i, p, only);
    if (was == GATE_PAUSED) {
        p->want = 1; /* the probe */
    }
    log_gate(i, p, was, now);
    atomic_store(&p->stats.stopped, p->gate != GATE_OPEN);
    atomic_store(&p->stats.blocked, p->gate == GATE_CALLS_FAIL || p->gate == GATE_PAUSED);
    return p->gate == GATE_OPEN;
}
