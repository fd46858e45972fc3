/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one HTTP request and its answer, on libcurl, with all bounds set.
 *
 *     OWNED(http) struct http *h = http_new(NULL);
 *     struct http_answer a;
 *     http_answer_init(&a, 64 * 1024);
 *     struct http_request r = {.method = "GET", .url = SPAN("https://..."), ...};
 *     if (http_call(h, &r, &a, &e) != FAIL_NONE) ...        no answer: e says why
 *     if (a.status == 200) ... http_field(&a, "etag") ... a.body
 *
 * An answer of any status is FAIL_NONE here; what it means is the caller's business. Never
 * done: following redirects, decoding content, HTTP/2, other protocols, TLS below 1.2, plain
 * http to anything but this machine without allow_http. Proxies of the environment are
 * used, but not for this machine and for metadata addresses (169.254/16, fd00:ec2::/32).
 * Connections are kept and used again.
 *
 * A poller with many requests at once prepares each with http_begin, drives the handles by
 * its own curl_multi, and takes each result with http_finish.
 *
 * Threads: one at a time per struct http; http_stop any.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/sigv4.h"

enum {
    HTTP_HEAD_BYTES = 64 * 1024, /* most bytes of headers of an answer, all 1xx included */
    HTTP_URL_BYTES = 16 * 1024,
};

struct http_answer {
    int status;
    struct buf head; /* "Name: value" lines, for codec/http_fields.h */
    struct buf body; /* up to its ceiling; see http_request.sink and .cut_body */
    bool sized;      /* the end of the body is known: Content-Length or chunked */
};

void http_answer_init(struct http_answer *a, size_t max_body_bytes);
void http_answer_init_secret(struct http_answer *a, size_t max_body_bytes); /* body is wiped */
void http_answer_clear(struct http_answer *a); /* for the next call; memory is kept */
void http_answer_done(struct http_answer *a);

/* A header of the answer, "" if it is not there. Valid until the answer is used again. */
struct span http_field(const struct http_answer *a, const char *name);

/*
 * Takes the body of a 2xx answer as it arrives; may block. Status and headers in *a are
 * whole. A kind other than FAIL_NONE, with *e filled, ends the transfer.
 */
struct http_sink {
    void *ctx;
    enum err_kind (*body)(void *ctx, const struct http_answer *a, struct span bytes, struct err *e);
};

struct http_request {
    const char *method;
    struct span url;                   /* codec/url.h's url_split must take it */
    const struct http_header *headers; /* no Host: it is made from the URL */
    size_t header_count;
    struct span body; /* borrowed until the call is over */
    int connect_timeout_ms;
    int total_timeout_ms; /* 0: none. Not together with sink */
    int idle_timeout_ms;  /* for a sink: longest time without a byte while we wait for one */
    bool allow_http;
    bool no_proxy;
    const struct http_sink *sink; /* NULL: every body goes to answer.body */
};

struct http;

/*
 * Once in a process, before any other user of libcurl (newer librdkafkas do): its memory is
 * wiped from then on. Done by http_new, too.
 */
void http_init(void);

/* ca_bundle: PEM file; NULL: AWS_CA_BUNDLE of the environment, else the system's. */
struct http *http_new(const char *ca_bundle);

/* For http_begin and http_finish only, without what http_call needs: two descriptors less. */
struct http *http_new_for_multi(const char *ca_bundle);

void http_free(struct http *h);
DEFINE_OWNED(http);

/*
 * Send and wait. FAIL_NONE: there is an answer (of any status), and its body is whole. A body
 * above the ceiling of answer.body is cut there, and the rest not read: body.overflowed.
 *
 * FAIL_AGAIN: connection, time or transfer broken (answer.status is set if the headers were
 * there). FAIL_CONFIG: URL, certificate. FAIL_STOPPED. Else: what the sink returned.
 */
MUST_USE enum err_kind http_call(struct http *h, const struct http_request *r,
                                 struct http_answer *a, struct err *e);

/* Let a call under way, and all later ones, end with FAIL_STOPPED, at once. */
void http_stop(struct http *h);
MUST_USE bool http_stopped(const struct http *h);

/* Wait that long. False: stopped. */
MUST_USE bool http_wait(struct http *h, int64_t ms);

/*
 * For a caller with its own curl_multi: a handle ready to be added (owned by h), or NULL and
 * FAIL_CONFIG. *r's body and *a must live until http_finish. A sink's clock of idleness does
 * not run here: give total_timeout_ms.
 */
MUST_USE void *http_begin(struct http *h, const struct http_request *r, struct http_answer *a,
                          struct err *e);

/* curl_code: the CURLcode of the transfer. As http_call's result. */
MUST_USE enum err_kind http_finish(struct http *h, int curl_code, struct err *e);

#endif
