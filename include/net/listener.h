/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - serves a few pages over HTTP, for Prometheus, health checks and curl.
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
 * Answers GET and HEAD of these paths, of those marked `post` POST without a body; everything else
 * is 405 or 404. A request with the name of another host (net/host.h) is 421 on a loopback address,
 * and everywhere if the settings have names. One thread serves all connections. A page is first
 * written to memory completely and then sent, so a slow client neither delays the others nor holds
 * a lock. Limits: LISTENER_* below; net/clients.h has the deadlines, and which connections end if
 * there are too many. Plain HTTP without authentication: for loopback or a private network.
 *
 * Threads: new and free one at a time. Pages are written on the listener's thread.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum {
    LISTENER_CONNECTIONS = 32,       /* at the same time, as CLIENTS_MAX */
    LISTENER_IDLE_S = 10,            /* a connection without traffic for this time is closed */
    LISTENER_HEAD_BYTES = 16 * 1024, /* of a request, including what libmicrohttpd stores of it */
    LISTENER_HEADERS = 8,            /* maximum number of headers that a page may set */
};

/* A request for a page. Spans are valid while the page is written, and may contain any byte. */
struct listener_request {
    struct span path; /* decoded, without the query */
    void *connection; /* private, for listener_query */
};

/* The user at the other end of a unix socket. -1: not known. */
long listener_peer_uid(const struct listener_request *r);

/* The decoded value of a query parameter. "": absent. */
struct span listener_query(const struct listener_request *r, const char *name);

/*
 * All query parameters, decoded, in the order of the request: up to `room` of them. Returns how
 * many there are, which may be more.
 */
struct listener_parameter {
    struct span name, value; /* a parameter without '=' has the value "" */
};
size_t listener_parameters(const struct listener_request *r, struct listener_parameter *out,
                           size_t room);

struct listener_header {
    const char *name;
    const char *value; /* valid until the page function returns */
};

struct listener_answer {
    struct buf body;                                  /* maximum: page_bytes */
    const char *type;                                 /* Content-Type; preset to the page's */
    struct listener_header headers[LISTENER_HEADERS]; /* in addition to Cache-Control: no-store */
    size_t header_count;
};

/* Add a header. Name and value are the worker's own texts, never from outside. */
void listener_answer_header(struct listener_answer *a, const char *name, const char *value);

struct listener_page {
    const char *path;
    const char *type; /* Content-Type */
    bool below;       /* also for every path that begins with this one */
    /* Writes the page and returns the HTTP status. Must not wait. */
    int (*write)(void *ctx, const struct listener_request *r, struct listener_answer *a);
    bool post; /* it changes something: only POST */
};

struct listener_settings {
    const char *address; /* "HOST:PORT", "[::1]:PORT", ":PORT" (all addresses); port 0: any. With a
                            slash at its begin: path of a unix socket (net/unix_socket.h) */
    bool group;          /* a unix socket: the group may use it, too */
    const char *const *hosts; /* names in Host besides addresses, localhost and the machine's;
                                 NULL-terminated, borrowed; NULL: none */
    const struct listener_page *pages; /* borrowed */
    size_t page_count;
    size_t page_bytes; /* maximum of a page; a longer one is a 500. At most twice this is in memory
                          for all connections: beyond it a request is answered with 503 */
    void *ctx;
    /* Called about once a second, on the listener's thread; must not wait. NULL: not wanted. */
    void (*tick)(void *ctx);
};

struct listener;

/* Start to serve. FAIL_CONFIG: the address is invalid, in use, or not of this host. */
MUST_USE struct listener *listener_new(const struct listener_settings *s, struct err *e);

/* Close all connections. No page function is called afterwards. */
void listener_free(struct listener *l);

/* From now on pages may be so long. Threads: any. */
void listener_set_page_bytes(struct listener *l, size_t page_bytes);

DEFINE_OWNED(listener);

int listener_port(const struct listener *l);

/* Whether `text` has the form of an address. Host names are not resolved. */
MUST_USE bool listener_address_ok(const char *text);

#endif
