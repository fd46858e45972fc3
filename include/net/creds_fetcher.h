/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_fetcher.h - a thread that waits for a source of credentials, for whom must not.
 *
 *     if (!creds_at_hand(source, &c, &kind, &due, &e)) {
 *         creds_fetcher_ask(fetcher);            // and go on with other things, until done() is
 * called
 *
 * Threads: new, ask, busy and free by its owner; `done` is called by the thread itself.
 */
#ifndef NET_CREDS_FETCHER_H
#define NET_CREDS_FETCHER_H

#include "net/creds.h"

struct creds_fetcher;

/* The source is borrowed for its life. done(ctx): an answer is at hand; it must not block. */
struct creds_fetcher *creds_fetcher_new(struct creds_source *s, void (*done)(void *ctx), void *ctx);

/* Waits for the source's answer if it is being asked: creds_source_stop ends that at once. */
void creds_fetcher_free(struct creds_fetcher *a);
DEFINE_OWNED(creds_fetcher);

/* creds_get, on the fetcher's thread. Without effect while it does so already. */
void creds_fetcher_ask(struct creds_fetcher *a);

/* True from creds_fetcher_ask until just before done() is called. */
MUST_USE bool creds_fetcher_busy(struct creds_fetcher *a);

#endif
