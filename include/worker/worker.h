/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - creates, starts and stops all parts of a running worker, in order.
 *
 *     OWNED(worker) struct worker *w = worker_new(conf, &err);
 *     worker_precheck(w);
 *     worker_start(w);
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

/*
 * Receive no more messages, finish within grace_ms, and return the other messages to the queues. No
 * message is deleted before everything of it is acknowledged. False: a thread did not stop; end the
 * process without worker_free.
 */
MUST_USE bool worker_stop(struct worker *w, int grace_ms);

#endif
