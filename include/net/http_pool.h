/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_pool.h - connections to one service, for any number of threads.
 *
 *     struct http_seat *seat = http_pool_take(pool);
 *     kind = http_pool_call(seat, &(struct signer){...}, &request, e);      seat->answer
 *     http_pool_give(pool, seat);
 *
 * A seat is one connection with its buffers and its signing key. The pool has as many seats as were
 * in use at the same time. Threads: any for the pool, one at a time per seat.
 */
#ifndef NET_HTTP_POOL_H
#define NET_HTTP_POOL_H

#include "net/signed.h"

struct http_pool;

struct http_seat {
    struct http *http;
    struct http_answer answer;
    struct signer signer;  /* keeps the signing key from call to call */
    struct http_seat *all; /* for the pool: next in the list of all seats, and of free ones */
    struct http_seat *free;
};

struct http_pool *http_pool_new(size_t max_body_bytes);
void http_pool_free(struct http_pool *p); /* all seats have been given to the pool before */
DEFINE_OWNED(http_pool);

struct http_seat *http_pool_take(struct http_pool *p);
void http_pool_give(struct http_pool *p, struct http_seat *seat); /* wipes its answer */

/* signed_call with the connection of the seat. *how is copied except for its cache. */
MUST_USE enum err_kind http_pool_call(struct http_seat *seat, const struct signer *how,
                                      const struct http_request *r, struct err *e);

/* End calls in progress, and all later ones, with FAIL_STOPPED. */
void http_pool_stop(struct http_pool *p);

#endif
