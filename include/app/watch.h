/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - a watch on customers.d: a change of its files sends SIGHUP to a thread, which reloads
 * the configuration as an operator's SIGHUP does.
 *
 *     struct watch *w = watch_start("/etc/asymptote-ingest.conf", pthread_self(), &err);
 *     ...
 *     watch_stop(w);
 *
 * A file counts when it was closed after writing, or was renamed into or out of the folder, or
 * removed; not while it is written. Several changes become one reload, WATCH_QUIET_MS after the
 * last one, but WATCH_MOST_MS after the first one at the latest.
 */
#ifndef APP_WATCH_H
#define APP_WATCH_H

#include "base/err.h"

#include <pthread.h>

enum { WATCH_QUIET_MS = 1000, WATCH_MOST_MS = 10 * 1000 };

/*
 * Start it before the configuration is read, so that no change is missed, and with SIGHUP blocked.
 * NULL and FAIL_CONFIG: the system refuses it.
 */
MUST_USE struct watch *watch_start(const char *conf_path, pthread_t receiver, struct err *e);
void watch_stop(struct watch *w); /* takes NULL */

/* When changes become due. All 0: none is waiting. */
struct watch_changes {
    int64_t first_ms, last_ms;
    size_t count;
};

void watch_changed(struct watch_changes *c, int64_t now_ms);

/* The time until they are due: 0: now; -1: there are none. */
int watch_wait_ms(const struct watch_changes *c, int64_t now_ms);

/* Whether a change of a file with this name in customers.d matters. */
MUST_USE bool watch_is_entry(const char *name);

#endif
