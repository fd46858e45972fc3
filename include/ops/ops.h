/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.h - sends ops events (ops/ops_event.h) to the topic of kafka.ops_topic.
 *
 *     struct ops *o = ops_new(&settings, &err);
 *     ops_object_ended(o, OPS_OBJECT_DONE, &object);
 *     ops_flush(o, 1000);
 *     ops_free(o);
 *
 * Delivery never waits for it: it has a producer and a budget of its own, and an event that does
 * not fit into the budget or into its customer's share of it, or that the brokers refuse, is
 * dropped, counted, and logged at most once a minute. Functions that send accept NULL, and then do
 * nothing.
 *
 * Threads: any, except for new and free.
 */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "base/clock.h"
#include "net/sink.h"
#include "ops/ops_event.h"

struct ops;

struct ops_settings {
    const char *topic;
    const char *const *properties; /* kafka.properties */
    const char *host;              /* name of this worker in the events */
    size_t queue_bytes;            /* of events that are not acknowledged */
    sink_token_fn *token;          /* as in struct sink_config */
    void *token_context;
    const struct clock *clock;
};

/* FAIL_CONFIG, as sink_new. Does not wait for a broker. */
MUST_USE struct ops *ops_new(const struct ops_settings *s, struct err *e);

/* Events that are not acknowledged are dropped. */
void ops_free(struct ops *o);
DEFINE_OWNED(ops);

/* type: OPS_OBJECT_DONE, OPS_OBJECT_LEFT or OPS_OBJECT_LATER. */
void ops_object_ended(struct ops *o, const char *type, const struct ops_object *object);

/* pause_ms: until the first probe; negative: not known, as an operator paused it. */
void ops_customer_paused(struct ops *o, struct span customer, const struct err *why,
                         int64_t pause_ms);
void ops_customer_resumed(struct ops *o, struct span customer, int64_t paused_ms);

void ops_verify_changed(struct ops *o, struct span customer, const struct ops_verify *v);

void ops_reconciled(struct ops *o, struct span customer, const struct ops_reconcile *r);

/* type: OPS_WORKER_STARTED or OPS_WORKER_STOPPED. */
void ops_worker_changed(struct ops *o, const char *type, const struct ops_worker *w);

/* Any other event: its data is a JSON object. */
void ops_send(struct ops *o, const struct ops_event *ev);

/*
 * Whether its topic can be used; waits at most timeout_ms. FAIL_CONFIG, FAIL_DENIED, FAIL_AGAIN as
 * sink_topic_check.
 */
MUST_USE enum err_kind ops_check(struct ops *o, int timeout_ms, struct err *e);

/* Wait at most timeout_ms until every event is acknowledged or dropped. True: all are. */
MUST_USE bool ops_flush(struct ops *o, int timeout_ms);

/* As sink_statistics, of its producer. o NULL: false. */
bool ops_statistics(struct ops *o, struct buf *out);

/* Numbers of events. o NULL: zero. */
struct ops_counts {
    uint64_t acknowledged, dropped;
};
void ops_counts(const struct ops *o, struct ops_counts *out);

#endif
