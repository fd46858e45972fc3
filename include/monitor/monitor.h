/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - serves the pages and the control socket, from before the start to the end of the
 * shutdown.
 *
 *     m = monitor_new(&parts, &err);       listens; /readyz reports that the worker is starting
 *     monitor_started(m, lanes, count);    all parts run
 *     monitor_reloaded(m, conf);           another configuration was applied
 *     monitor_stopping(m);                 not ready, but still healthy
 *     monitor_free(m);                     before the parts are freed
 *
 * Threads: one at a time; the pages are written on the listeners' threads.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "monitor/snapshot.h"

struct monitor;

/* Call only if metrics.listen or control.socket is set. FAIL_CONFIG: it cannot listen there. */
MUST_USE struct monitor *monitor_new(const struct snapshot_parts *parts, struct err *e);
void monitor_free(struct monitor *m);
DEFINE_OWNED(monitor);

/* All accept NULL and then do nothing. */
void monitor_started(struct monitor *m, struct lane *const *lanes, size_t count);
void monitor_stopping(struct monitor *m);

/* Another configuration was applied, or one was refused, and why: for the control socket. */
void monitor_reloaded(struct monitor *m, const struct conf *conf);
void monitor_reload_failed(struct monitor *m, const char *why);

#endif
