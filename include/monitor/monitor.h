/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - the operator's window: /metrics, /healthz and /readyz, from before the start to
 * the end of the stop.
 *
 *     m = monitor_new(&parts, &err);       listens: /readyz says that it is starting
 *     monitor_started(m, lanes, count);    everything runs
 *     monitor_stopping(m);                 not ready any more, healthy still
 *     monitor_free(m);                     before what the parts lead to
 *
 * Threads: one at a time; the pages are made on the listener's thread.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "monitor/snapshot.h"

struct monitor;

/* Only if metrics.listen is set. FAIL_CONFIG: it cannot listen there. */
MUST_USE struct monitor *monitor_new(const struct snapshot_parts *parts, struct err *e);
void monitor_free(struct monitor *m);
DEFINE_OWNED(monitor);

/* These do nothing without a monitor (NULL). */
void monitor_started(struct monitor *m, struct lane *const *lanes, size_t count);
void monitor_stopping(struct monitor *m);

#endif
