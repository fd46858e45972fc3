/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - a client's connection: reads bytes until a request is complete, and writes a response as
 * the socket accepts it. Plain or TLS, never blocking.
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
        const struct object *object; /* sent after `out` */
        uint64_t at, end;
    } body;
    struct {
        struct queue *queue; /* of the current long poll, or NULL */
        int64_t until_ms, hold_ms;
        int count;
    } poll;
    int64_t not_before_ms; /* the response is ready and is sent at this time; 0: none */
    bool close_after;
    bool dead;
    struct conn *next, **self; /* in the list of those that wait for a time */
};

struct conn *conn_new(int fd, SSL_CTX *tls);
void conn_free(struct conn *c);

/* Read what is available. False: the connection has ended. */
bool conn_read(struct conn *c);
/*
 * Write what the socket accepts. False: the connection has ended. conn_written: the whole response
 * is written.
 */
bool conn_write(struct conn *c, const struct store *s);
bool conn_written(const struct conn *c);

#endif
