/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - a small HTTP server in the test process, with scripted replies.
 *
 *     struct server *s = server_new();
 *     server_add(s, (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length:
 * 2\r\n\r\nhi")});
 *     ... connect to http://127.0.0.1:server_port(s) ...
 *     assert_true(server_got(s, 0, "GET / HTTP/1.1\r\n"));
 *     server_free(s);
 *
 * Each request gets the next reply, on any connection. When the script is used up, the connection
 * is closed. Any number of connections at the same time.
 */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include "base/buf.h"

#include <stdatomic.h>

/* What happens after the text is sent. */
enum reply_end {
    REPLY_KEEP,  /* the connection stays open for the next request */
    REPLY_CLOSE, /* the connection is closed in order */
    REPLY_RESET, /* the connection is reset (RST) */
    REPLY_STALL, /* the connection stays open and silent until the client closes it */
};

struct reply {
    struct span text; /* the response, or a part of it; copied */
    size_t repeat;    /* how often its last `tail` bytes are repeated: for endless responses */
    size_t tail;
    int pause_ms;            /* before each repetition */
    const atomic_bool *gate; /* no repetition before this is true; NULL: none is waited for */
    enum reply_end end;
};

struct server;

struct server *server_new(void);
void server_free(struct server *s); /* closes open connections */

int server_port(const struct server *s);
void server_add(struct server *s, struct reply r);

/* Add a response in one piece: status line, these headers ("A: b\r\n..."), Content-Length, body. */
void server_add_answer(struct server *s, const char *status, const char *headers, struct span body);

/* Number of requests so far. */
size_t server_requests(struct server *s);

/* Wait until there are n. */
void server_await(struct server *s, size_t n);

/* Whether request `at` (from 0, head and body) contains the text. */
bool server_got(struct server *s, size_t at, const char *text);

/* Copy request `at` into *out. */
void server_copy(struct server *s, size_t at, struct buf *out);

/* Number of connections accepted so far. */
size_t server_connections(struct server *s);

#endif
