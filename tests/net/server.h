/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - a small HTTP server within the test that answers what the script says.
 *
 *     struct server *s = server_new();
 *     server_add(s, (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length:
 * 2\r\n\r\nhi")});
 *     ... speak to http://127.0.0.1:server_port(s) ...
 *     assert_true(server_got(s, 0, "GET / HTTP/1.1\r\n"));
 *     server_free(s);
 *
 * Each request takes the next reply, whatever connection it comes on; when the script is used
 * up the connection is closed. Any number of connections at once.
 */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include "base/buf.h"

/* What happens after the text was sent. */
enum reply_end {
    REPLY_KEEP,  /* the connection takes the next request */
    REPLY_CLOSE, /* ends in good order */
    REPLY_RESET, /* is broken by RST */
    REPLY_STALL, /* stays open and silent until the client closes it */
};

struct reply {
    struct span text; /* the answer, or as much of it as there shall be; copied */
    size_t repeat;    /* its last `tail` bytes so many times more: answers without end */
    size_t tail;
    int pause_ms; /* before each of these */
    enum reply_end end;
};

struct server;

struct server *server_new(void);
void server_free(struct server *s); /* ends connections under way */

int server_port(const struct server *s);
void server_add(struct server *s, struct reply r);

/* An answer in one piece: status line, these headers ("A: b\r\n..."), Content-Length, body. */
void server_add_answer(struct server *s, const char *status, const char *headers, struct span body);

/* Requests seen so far. */
size_t server_requests(struct server *s);

/* Wait until there are n. */
void server_await(struct server *s, size_t n);

/* True if request `at` (from 0, head and body) holds the text. */
bool server_got(struct server *s, size_t at, const char *text);

/* A copy of request `at` into *out, as it came. */
void server_copy(struct server *s, size_t at, struct buf *out);

/* Connections accepted so far. */
size_t server_connections(struct server *s);

#endif
