/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - creates, starts and stops all parts of a running worker, in order.
 *
 *     OWNED(worker) struct worker *w = worker_new(conf, &err);
 *     worker_precheck(w);
 *     worker_start(w);
 *     if (worker_reload(w, other, &changes, &err) != FAIL_NONE) ... nothing was changed ...
 *     ... until a signal ...
 *     worker_stop(w, conf->limits.shutdown_grace_ms);
 *
 * Threads: one at a time.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "conf/conf.h"

struct worker;

/*
 * Create all parts. NULL and FAIL_CONFIG: the configuration cannot work. Connects only to Kafka,
 * without waiting for it. conf is borrowed.
 */
MUST_USE struct worker *worker_new(const struct conf *conf, struct err *e);
void worker_free(struct worker *w); /* after worker_stop, if it was started */
DEFINE_OWNED(worker);

/*
 * Check the worker's AWS identity and the topics, and log the results. May wait many seconds for
 * AWS and Kafka. No message is held yet, so the process may be ended meanwhile.
 */
void worker_precheck(struct worker *w);

void worker_start(struct worker *w); /* does not wait */

/* What a reload changed. */
struct worker_changes {
    struct {
        size_t added, removed, changed;
    } customers, queues;
    size_t keys; /* of other sections */
};

/*
 * Apply another configuration, which is held as long as needed; the caller keeps its reference.
 * Added customers and queues start. Removed ones finish the messages that they hold, and removed
 * queues are not polled any more. Changed ones keep their counters, breaker and leases; what is in
 * flight ends under the configuration that it began with.
 *
 * FAIL_CONFIG: nothing was changed; the error names the keys that need a restart, or says why the
 * configuration cannot work; tell it to worker_reload_failed. Does not wait for work in flight.
 * Queries Kafka for new topics, for a few seconds at most.
 *
 * After worker_start and before worker_stop.
 */
MUST_USE enum err_kind worker_reload(struct worker *w, const struct conf *conf,
                                     struct worker_changes *out, struct err *e);

/* For metrics and status: another configuration was not applied, and why. */
void worker_reload_failed(struct worker *w, const char *why);

/* The configuration in use; valid until the next worker_reload. */
const struct conf *worker_conf(const struct worker *w);

/*
 * Whether a thread works and has made no progress for metrics.stalled_after: the fault of
 * /healthz, for a watchdog. After worker_start and before worker_stop.
 */
MUST_USE bool worker_is_stalled(const struct worker *w);

/*
 * Receive no more messages, finish within grace_ms, and return the other messages to the queues. No
 * message is deleted before everything of it is acknowledged. False: a thread did not stop; end the
 * process without worker_free.
 */
MUST_USE bool worker_stop(struct worker *w, int grace_ms);

#endif
