/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - a client's connection: bytes in until a request is whole, an answer out as the
 * socket takes it. Plain or TLS, never blocking.
 */
#ifndef FAST_CONN_H
#define FAST_CONN_H

#include "base/buf.h"
#include "store.h"

#include <openssl/ssl.h>

struct conn {
    int fd;
    SSL *tls; /* NULL: plain */
    bool accepted;
    struct buf in;
    struct buf out;
    size_t out_at;
    struct {
        const struct object *object; /* what follows `out` */
        uint64_t at, end;
    } body;
    struct {
        struct queue *queue; /* of the long poll under way, or NULL */
        int64_t until_ms, hold_ms;
        int count;
    } poll;
    int64_t not_before_ms; /* the answer is ready, and held back till then; 0: not */
    bool close_after;
    bool dead;
    struct conn *next, **self; /* in the list of those that wait for time */
};

struct conn *conn_new(int fd, SSL_CTX *tls);
void conn_free(struct conn *c);

/* Read what there is. False: the end. */
bool conn_read(struct conn *c);
/* Write what the socket takes. False: the end. conn_written: all of the answer is out. */
bool conn_write(struct conn *c, const struct store *s);
bool conn_written(const struct conn *c);

#endif
