/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multi_loop.h - many transfers in one thread: a curl_multi driven by epoll.
 *
 * curl_multi_perform and curl_multi_poll iterate over all transfers in each call. With hundreds of
 * long polls, of which one ends, that takes almost all of the time. Here the time of a call grows
 * only with the number of its events.
 *
 *     struct multi_loop *l = multi_loop_new();
 *     multi_loop_add(l, easy);
 *     multi_loop_step(l, timeout_ms);
 *     while ((easy = multi_loop_done(l, &code)) != NULL) ... removed from the loop ...
 *
 * Threads: one at a time; multi_loop_wake any. Never fails: aborts when out of memory or
 * descriptors.
 */
#ifndef NET_MULTI_LOOP_H
#define NET_MULTI_LOOP_H

#include "base/own.h"

struct multi_loop;

/* curl_global_init must have been called before. */
struct multi_loop *multi_loop_new(void);
void multi_loop_free(struct multi_loop *l); /* all transfers must have been removed */

/* Start a transfer: a CURL *. Remove one, whether it has ended or not. */
void multi_loop_add(struct multi_loop *l, void *easy);
void multi_loop_remove(struct multi_loop *l, void *easy);

/*
 * Process all due events. If there are none, wait at most timeout_ms for one or for
 * multi_loop_wake.
 */
void multi_loop_step(struct multi_loop *l, int timeout_ms);

/* The next transfer that ended, removed from the loop, and its CURLcode. NULL: there is none. */
MUST_USE void *multi_loop_done(struct multi_loop *l, int *code);

/* End the wait in progress, or the next one. */
void multi_loop_wake(struct multi_loop *l);

#endif
