/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queues.c - the queues by number. A queue that is removed from the configuration stays: messages
 * of it may be in flight, and it may be added again. Without messages it is a few hundred bytes and
 * no connection.
 */
#include "worker_priv.h"

#include "base/alloc.h"

#include <stdlib.h>

struct worker_queue *worker_queue_new(struct worker *w, const struct queue_conf *conf,
                                      struct err *e)
{
    struct worker_queue *q = mem_zeros(1, sizeof(*q));
    struct buf identity = BUF_INIT(QUEUE_IDENTITY_BYTES);
    queue_conf_identity(conf, &identity);
    q->identity = mem_text_of(buf_span(&identity));
    buf_done(&identity);
    q->name = mem_text(conf->name);
    q->queue = sqs_queue_new(&w->sqs, conf->url, conf->region, e);
    q->polled = q->queue != NULL ? sqs_queue_new(&w->polls_sqs, conf->url, conf->region, e) : NULL;
    if (q->polled == NULL) {
        worker_queue_free(q);
        (void)err_wrap(e, "queue %s", conf->name);
        return NULL;
    }
    q->origin = (struct sqs_origin){.queue = q->polled, .name = q->name};
    return q;
}

void worker_queue_free(struct worker_queue *q)
{
    if (q == NULL) {
        return;
    }
    sqs_queue_free(q->queue);
    sqs_queue_free(q->polled);
    free(q->name);
    free(q->identity);
    free(q);
}

size_t worker_queue_number(const struct worker *w, const struct queue_conf *conf)
{
    struct buf identity = BUF_INIT(QUEUE_IDENTITY_BYTES);
    queue_conf_identity(conf, &identity);
    size_t number = text_index_find(&w->queue_numbers, buf_span(&identity));
    buf_done(&identity);
    return number;
}

void worker_queue_keep(struct worker *w, struct worker_queue *q)
{
    w->queues = mem_grow(w->queues, w->queue_count + 1, sizeof(struct worker_queue *));
    text_index_add(&w->queue_numbers, span_str(q->identity), w->queue_count);
    w->queues[w->queue_count++] = q;
}

struct acker_queue worker_acker_queue(const struct worker_queue *q, const struct queue_conf *conf)
{
    return (struct acker_queue){
        .queue = q->queue,
        .name = q->name,
        .visibility_s = conf->visibility_s,
        .heartbeat_s = conf->heartbeat_s,
    };
}

struct intake_times worker_queue_times(const struct queue_conf *conf)
{
    return (struct intake_times){.visibility_s = conf->visibility_s,
                                 .heartbeat_s = conf->heartbeat_s,
                                 .wait_s = conf->wait_s};
}

void worker_set_lane_limits(struct worker *w)
{
    for (struct customer *c = NULL; (c = customers_next(w->customers, c)) != NULL;) {
        inbox_set_limit(w->inbox, c->sched_class, (unsigned)c->conf->max_lanes);
    }
}
