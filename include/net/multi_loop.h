/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multi_loop.h - many transfers on one thread: a curl_multi driven by epoll.
 *
 * curl_multi_perform and curl_multi_poll go through all transfers at each call. With hundreds of
 * long polls, of which one ends, that is nearly all of the time; here it grows with what happens.
 *
 *     struct multi_loop *l = multi_loop_new();
 *     multi_loop_add(l, easy);
 *     multi_loop_step(l, timeout_ms);
 *     while ((easy = multi_loop_done(l, &code)) != NULL) ... removed from the loop ...
 *
 * Threads: one at a time; multi_loop_wake any. Never fails: out of memory or descriptors aborts.
 */
#ifndef NET_MULTI_LOOP_H
#define NET_MULTI_LOOP_H

#include "base/own.h"

struct multi_loop;

/* curl_global_init was called before. */
struct multi_loop *multi_loop_new(void);
void multi_loop_free(struct multi_loop *l); /* when all transfers are removed */

/* Start a transfer: a CURL *. Remove one, whether it has ended or not. */
void multi_loop_add(struct multi_loop *l, void *easy);
void multi_loop_remove(struct multi_loop *l, void *easy);

/* Do what is due. If nothing is, wait for at most timeout_ms, for a transfer or multi_loop_wake. */
void multi_loop_step(struct multi_loop *l, int timeout_ms);

/* The next transfer that ended, removed from the loop, and its CURLcode. NULL: there is none. */
MUST_USE void *multi_loop_done(struct multi_loop *l, int *code);

/* End the wait in progress, or the next one. */
void multi_loop_wake(struct multi_loop *l);

#endif
