/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_asker.h - a thread that waits for a source of credentials, for whom must not.
 *
 *     if (!creds_at_hand(source, &c, &kind, &due, &e)) {
 *         creds_asker_ask(asker);            // and go on with other things, until done() is called
 *
 * Threads: new, ask, busy and free by its owner; `done` is called by the thread itself.
 */
#ifndef NET_CREDS_ASKER_H
#define NET_CREDS_ASKER_H

#include "net/creds.h"

struct creds_asker;

/* The source is borrowed for its life. done(ctx): an answer is at hand; it must not block. */
struct creds_asker *creds_asker_new(struct creds_source *s, void (*done)(void *ctx), void *ctx);

/* Waits for the source's answer if it is being asked: creds_source_stop ends that at once. */
void creds_asker_free(struct creds_asker *a);
DEFINE_OWNED(creds_asker);

/* creds_get, on the asker's thread. Without effect while it does so already. */
void creds_asker_ask(struct creds_asker *a);

/* True from creds_asker_ask until just before done() is called. */
MUST_USE bool creds_asker_busy(struct creds_asker *a);

#endif
