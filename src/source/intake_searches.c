/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_searches.c - additional receives of a queue of several customers, to find the messages of
 * one behind the backlog of another.
 *
 * A poll requests as many messages as there are slots for, after the end of the one before: behind
 * 5,000 messages of a customer over its share, those of others were received 800 round trips later.
 * So while receives have messages that are returned because of a share, further ones are started.
 * They need no slots, since most of what they receive is returned (inbox_offer). Their number is
 * bounded by the rule of base/share.h among the queues, as are the messages of the queue that wait
 * for their return. What is returned comes back at the rate at which it is processed
 * (source/pace.h), so that a search meets a message once.
 */
#include "intake_priv.h"

#include "base/share.h"
#include "conf/sizes.h"

static bool times_apply(struct intake *i, const struct poll *p)
{
    struct intake_times times = poll_times(i, p);
    return times.visibility_s == p->applied.visibility_s &&
           times.heartbeat_s == p->applied.heartbeat_s;
}

/* Of this worker, or of all: SQS said so when the attributes were read. */
static bool too_many_hidden(struct poll *p, int64_t now_ms)
{
    return pace_is_full(&p->pace, now_ms) || stats_get(&p->stats.in_flight) >= PACE_HIDDEN_MAX;
}

static bool may_search(struct intake *i, struct poll *p)
{
    return p->searching && p->mixed && !atomic_load(&p->removed) &&
           share_allows(SEARCHES_MAX, i->searches, p->searches, 1) &&
           share_allows(MESSAGES_HELD_MAX, acker_held(i->parts.acker),
                        acker_queue_held(i->parts.acker, p->index), SQS_BATCH) &&
           clock_mono_ms(i->parts.clock) >= p->not_before_ms &&
           !too_many_hidden(p, clock_mono_ms(i->parts.clock)) &&
           find_gate(i, p, NULL) == GATE_OPEN && times_apply(i, p);
}

void searches_start(struct intake *i, struct poll *p)
{
    while (may_search(i, p)) {
        int wait_s = p->applied.wait_s < SHORT_WAIT_S ? p->applied.wait_s : SHORT_WAIT_S;
        p->searches++;
        i->searches++;
        sqs_poller_start(i->poller, p->queue->queue, SQS_BATCH, wait_s, p->applied.visibility_s,
                         &p->receivers[1]);
    }
}

void search_ended(struct intake *i, struct poll *p)
{
    p->searches--;
    i->searches--;
}

void searches_after(struct poll *p, enum err_kind kind, size_t returned)
{
    p->searching = kind == FAIL_NONE && returned != 0;
}

int refused_delay_s(struct poll *p, int least_s, int64_t now_ms)
{
    int delay_s = pace_delay_s(&p->pace, now_ms);
    delay_s = delay_s > least_s ? delay_s : least_s;
    delay_s = too_many_hidden(p, now_ms) ? PACE_FULL_DELAY_S : delay_s;
    pace_hid(&p->pace, now_ms, delay_s);
    return delay_s;
}
