/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - a few pages over HTTP for those who watch the worker: Prometheus, probes, curl.
 *
 *     static const struct listener_page pages[] = {{"/healthz", "text/plain", write_health}};
 *     OWNED(listener) struct listener *l = listener_new(&(struct listener_settings){
 *         .address = "127.0.0.1:9464", .pages = pages, .page_count = 1, .ctx = me}, &err);
 *
 * GET and HEAD of these paths, 405 and 404 for all else. One thread (libmicrohttpd's own) serves
 * all connections; a page is written to memory as a whole and then sent as fast as its
 * reader takes it, so whoever reads slowly holds up nobody and no lock. Bounds: LISTENER_* below.
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
};

struct listener_page {
    const char *path;
    const char *type;                          /* Content-Type */
    int (*write)(void *ctx, struct buf *body); /* returns the status; quick, never waits */
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

/* True if text has the form of an address; asks nobody. */
MUST_USE bool listener_address_ok(const char *text);

#endif
