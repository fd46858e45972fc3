/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_fetcher.h - a thread that waits for credentials, for threads that must not wait.
 *
 *     if (!creds_at_hand(source, &c, &kind, &due, &e)) {
 *         creds_fetcher_ask(fetcher);            // continue with other work until done() is called
 *
 * Threads: the owner calls new, ask, busy and free; the fetcher's thread calls `done`.
 */
#ifndef NET_CREDS_FETCHER_H
#define NET_CREDS_FETCHER_H

#include "net/creds.h"

struct creds_fetcher;

/* The source is borrowed. done(ctx): creds_at_hand returns true now; it must not block. */
struct creds_fetcher *creds_fetcher_new(struct creds_source *s, void (*done)(void *ctx), void *ctx);

/* Waits for a fetch in progress; creds_source_stop ends it immediately. */
void creds_fetcher_free(struct creds_fetcher *a);
DEFINE_OWNED(creds_fetcher);

/* Call creds_get on the fetcher's thread. Without effect while a call is in progress. */
void creds_fetcher_ask(struct creds_fetcher *a);

/*
 * Whether a fetch is in progress: from creds_fetcher_ask until immediately before the call of
 * done().
 */
MUST_USE bool creds_fetcher_busy(struct creds_fetcher *a);

#endif
