/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_messages.c - what becomes of received messages: each gets its customer and a lease, and
 * waits in the inbox or is returned.
 */
#include "intake_priv.h"

#include "base/log.h"
#include "base/share.h"
#include "conf/sizes.h"
#include "flow/returned.h"

#include <stdlib.h>

enum { CLOCK_WARN_AGAIN_MS = 60 * 1000 /* minimum change of the skew for another warning */ };

/* Set the scheduling class to the customer of the first record. */
static void assign_class(struct intake *i, struct inflight *m)
{
    struct customer *c = NULL;
    if (m->notification != NULL) {
        const struct notification_record *first = &m->notification->records[0];
        c = customers_find(i->parts.customers, m->queue, first->bucket, first->key,
                           m->notification->form);
    }
    m->first.customer = c;
    m->sched_class =
        c != NULL ? c->sched_class : customers_queue_class(i->parts.customers, m->queue);
}

/*
 * Messages are sent before they are received: a later time is another clock's. Differences that SQS
 * does not refuse are seen in this way alone, and those of older messages seem smaller.
 */
static void warn_of_sent_time(struct intake *i, const struct poll *p, const struct inflight *m)
{
    int64_t ahead_ms = m->sent_ms - clock_wall_ms(i->parts.clock);
    bool news = i->clock_warned_ms == 0 || ahead_ms > i->clock_warned_ms + CLOCK_WARN_AGAIN_MS;
    if (m->sent_ms != 0 && ahead_ms > LAG_CLOCK_TOLERANCE_MS && news) {
        i->clock_warned_ms = ahead_ms;
        log_write(LOG_WARN, "clock differs", KV_STR("queue", p->queue->name),
                  KV_INT("ahead_ms", ahead_ms),
                  KV_STR("next", "messages have a later time than this host: their delivery lag is "
                                 "not known and not counted; fix the system clock"));
    }
}

void messages_warn_of_clock(struct intake *i, const struct poll *p)
{
    int64_t offset_ms = 0;
    if (sqs_clock_news(p->queue->queue, &offset_ms) &&
        llabs(offset_ms - i->clock_warned_ms) > CLOCK_WARN_AGAIN_MS) {
        i->clock_warned_ms = offset_ms;
        log_write(LOG_WARN, "clock differs", KV_STR("queue", p->queue->name),
                  KV_INT("ahead_ms", offset_ms),
                  KV_STR("next", "compensated; fix the system clock"));
    }
}

/* Of a message that is held already, and counted for its customer. */
static bool may_hold_on(const struct intake *i, struct customer *c)
{
    return share_keeps(MESSAGES_HELD_MAX, acker_held(i->parts.acker),
                       stats_get(&c->stats->messages_in_flight));
}

/*
 * A message waits in the inbox, unless its customer has its share of the messages in flight or of
 * the inbox. At its last receive it is taken nevertheless.
 */
static bool keep(struct intake *i, const struct receiver *r, struct inflight *m)
{
    bool last = inflight_last_delivery(m);
    bool may = last || m->first.customer == NULL || may_hold_on(i, m->first.customer);
    if (r->search) {
        return may && inbox_offer(i->parts.inbox, m, last);
    }
    if (may) {
        return inbox_put(i->parts.inbox, m, last);
    }
    inbox_unreserve(i->parts.inbox, m->queue, 1);
    return false;
}

/*
 * None at the first receive: a customer may be over its share for a moment only, with the objects
 * of one second that came in one receive. Each further return has the delay of the table, so a
 * message has one more receive at most. It has none if that would be its last.
 */
static int least_delay_s(const struct outcome_rule *rule, struct poll *p, const struct inflight *m)
{
    bool at_once = m->receive_count == 1 && !redrive_last(&p->queue->redrive, 2, 0);
    return at_once ? 0 : outcome_delay_s(rule, m->receive_count, &p->rng);
}

/* Its customer has its share of the worker: the message is received again after a delay, so that
 * those of other customers behind it are received now. */
static void return_refused(const struct intake *i, struct poll *p, struct inflight *m)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_THROTTLED);
    struct err why;
    (void)err_set(&why, FAIL_THROTTLED, "the customer has its share of this worker");
    returned_message(m, i->parts.customers, &why, i->parts.clock);
    inflight_because(m, rule);
    inflight_worsen(m, rule->outcome,
                    refused_delay_s(p, least_delay_s(rule, p, m), clock_mono_ms(i->parts.clock)));
    inflight_slim(m);
    stats_add(&p->stats.over_share, 1);
    if (inflight_release(m, NULL)) {
        inflight_settle(m);
    }
}

/*
 * A message of a removed queue goes back. The queue is marked as removed before the registry has
 * the new customers: if the customer is not found for that reason, the mark is seen. False: it was
 * returned because its customer has its share.
 */
static bool accept_message(struct intake *i, const struct receiver *r, struct inflight *m)
{
    assign_class(i, m);
    inflight_begin(m, acker_settler(i->parts.acker));
    if (atomic_load(&r->poll->removed)) {
        if (!r->search) {
            inbox_unreserve(i->parts.inbox, m->queue, 1);
        }
        inflight_return(m);
        return true;
    }
    if (!keep(i, r, m)) {
        return_refused(i, r->poll, m);
        return false;
    }
    pace_took(&r->poll->pace);
    return true;
}

/* The older one of two sent times. A message that was received before was in back-off meanwhile. */
static int64_t older_head(int64_t head_ms, const struct inflight *m)
{
    bool counts = m->receive_count == 1 && m->sent_ms > 0;
    return counts && (head_ms == 0 || m->sent_ms < head_ms) ? m->sent_ms : head_ms;
}

size_t messages_accept(struct intake *i, const struct receiver *r, const struct sqs_polled *polled)
{
    size_t returned = 0;
    int64_t head_ms = 0;
    struct poll *p = r->poll;
    for (size_t k = 0; k < polled->count; k++) {
        int64_t now = clock_mono_ms(i->parts.clock);
        struct inflight *m =
            &sqs_inflight_new(polled->messages[k], p->queue, p->index, now)->inflight;
        warn_of_sent_time(i, p, m);
        head_ms = older_head(head_ms, m);
        returned += !accept_message(i, r, m);
    }
    if (head_ms != 0) {
        poll_stats_head(&p->stats, head_ms);
    }
    return returned;
}
