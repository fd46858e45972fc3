/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - a few pages over HTTP for those who watch the worker: Prometheus, probes, curl.
 *
 *     static const struct listener_page pages[] = {
 *         {"/healthz", "text/plain", false, write_health},
 *         {"/customers/", "application/json", true, write_customer},
 *     };
 *     OWNED(listener) struct listener *l = listener_new(&(struct listener_settings){
 *         .address = "127.0.0.1:9464", .pages = pages, .page_count = 2, .ctx = me}, &err);
 *
 *     static int write_customer(void *ctx, const struct listener_request *r,
 *                               struct listener_answer *a)
 *     {
 *         struct span id = span_from(r->path, strlen("/customers/"));
 *         ... buf_add(&a->body, ...) ...
 *         return 200;
 *     }
 *
 * GET and HEAD of these paths, 405 and 404 for all else. One thread (libmicrohttpd's own) serves
 * all connections. A page is written to memory as a whole and then sent as fast as its reader
 * takes it, so a slow reader delays no other and holds no lock. Bounds: LISTENER_* below.
 * Plain HTTP without a password: it is for loopback or a private network.
 *
 * Threads: new and free one at a time; pages are asked for on the listener's thread.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum {
    LISTENER_CONNECTIONS = 32,       /* at a time; others wait, or are closed */
    LISTENER_IDLE_S = 10,            /* a connection on which nothing moves for so long ends */
    LISTENER_HEAD_BYTES = 16 * 1024, /* of a request, with what libmicrohttpd keeps of it */
    LISTENER_HEADERS = 8,            /* that a page may set */
};

/* What was asked for. Spans are valid while the page is written, and may hold any byte. */
struct listener_request {
    struct span path; /* decoded, without the query */
    void *connection; /* the listener's: for listener_query */
};

/* The value of a parameter of the query, decoded; "" if it is not there. */
struct span listener_query(const struct listener_request *r, const char *name);

struct listener_header {
    const char *name;
    const char *value; /* valid until the page returns */
};

struct listener_answer {
    struct buf body;  /* bounded by page_bytes */
    const char *type; /* Content-Type: the page's, unless it is changed */
    struct listener_header headers[LISTENER_HEADERS]; /* beside Cache-Control: no-store */
    size_t header_count;
};

/* One more header; ours alone, nothing that came from outside. */
void listener_answer_header(struct listener_answer *a, const char *name, const char *value);

struct listener_page {
    const char *path;
    const char *type; /* Content-Type */
    bool below;       /* also for every path that begins with this one */
    /* Returns the status; quick, never waits. */
    int (*write)(void *ctx, const struct listener_request *r, struct listener_answer *a);
};

struct listener_settings {
    const char *address; /* "HOST:PORT", "[::1]:PORT", ":PORT" for all addresses; port 0: any */
    const struct listener_page *pages; /* borrowed */
    size_t page_count;
    size_t page_bytes; /* most bytes of a page; a longer one is a 500. Not more than twice as many
                          are held at a time: with more on their way the answer is a 503 */
    void *ctx;
};

struct listener;

/* Serves from now on. FAIL_CONFIG: the address is none, is taken, or is not this machine's. */
MUST_USE struct listener *listener_new(const struct listener_settings *s, struct err *e);

/* Ends connections under way; no page is asked for any more. */
void listener_free(struct listener *l);
DEFINE_OWNED(listener);

int listener_port(const struct listener *l);

/* True if text has the form of an address; no look-up is made. */
MUST_USE bool listener_address_ok(const char *text);

#endif
