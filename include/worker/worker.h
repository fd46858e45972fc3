/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - all the parts of a running worker, made, started and stopped in order.
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

/* FAIL_CONFIG: what the configuration asks for cannot be. Contacts only Kafka, and
 * does not wait for it. conf is borrowed. */
MUST_USE struct worker *worker_new(const struct conf *conf, struct err *e);
void worker_free(struct worker *w); /* after worker_stop, if it was started */
DEFINE_OWNED(worker);

/* Who we are, and whether the topics are there. May wait for AWS and Kafka for many seconds;
 * nothing is held yet, so the process may as well end meanwhile. */
void worker_precheck(struct worker *w);

void worker_start(struct worker *w); /* does not wait */

/*
 * Receive nothing more, finish within grace_ms, give the rest back to the queues. Nothing
 * that was not acknowledged is deleted. False: a thread hangs; end the process, do not free.
 */
MUST_USE bool worker_stop(struct worker *w, int grace_ms);

#endif
