/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one HTTP request and its response, on libcurl, with limits for everything.
 *
 *     OWNED(http) struct http *h = http_new(NULL);
 *     struct http_answer a;
 *     http_answer_init(&a, 64 * 1024);
 *     struct http_request r = {.method = "GET", .url = SPAN("https://..."), ...};
 *     if (http_call(h, &r, &a, &e) != FAIL_NONE) ...        no response: e has the reason
 *     if (a.status == 200) ... http_field(&a, "etag") ... a.body
 *
 * A response of any status is FAIL_NONE; the caller interprets it. Not supported on purpose:
 * redirects, content decoding, HTTP/2, other protocols, TLS below 1.2, and plain http to other
 * hosts than loopback unless allow_http is set. Proxies of the environment are used, except for
 * loopback and metadata addresses (169.254/16, fd00:ec2::/32). Connections are kept and reused.
 *
 * A poller with many requests at the same time prepares each with http_begin, drives the handles
 * with its own curl_multi, and takes each result with http_finish.
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
    HTTP_HEAD_BYTES = 64 * 1024, /* maximum of the headers, all 1xx responses included */
    HTTP_URL_BYTES = 16 * 1024,
};

struct http_answer {
    int status;
    struct buf head; /* lines "Name: value", for codec/http_fields.h */
    struct buf body; /* up to its maximum; see http_request.sink */
    bool sized;      /* the end of the body is known: by Content-Length or chunked encoding */
};

void http_answer_init(struct http_answer *a, size_t max_body_bytes);
void http_answer_init_secret(struct http_answer *a, size_t max_body_bytes); /* body is wiped */
void http_answer_clear(struct http_answer *a); /* for the next call; the memory is kept */
void http_answer_done(struct http_answer *a);

/* A header of the response; "": absent. Valid until the answer is used again. */
struct span http_field(const struct http_answer *a, const char *name);

/*
 * Receives the body of a 2xx response as it arrives; may block. Status and headers in *a are
 * complete. A kind other than FAIL_NONE, with *e set, ends the transfer.
 */
struct http_sink {
    void *ctx;
    enum err_kind (*body)(void *ctx, const struct http_answer *a, struct span bytes, struct err *e);
};

/*
 * Bounds the memory of many responses at the same time: asked before a body becomes larger than
 * `bytes`, and again after http_resume. False: the transfer is paused until then. Its total timeout
 * goes on. Only with http_begin.
 */
struct http_hold {
    void *ctx;
    size_t bytes;
    bool (*may_be_large)(void *ctx);
};

/*
 * Asked ten times a second or more while http_call waits for the server. A kind other than
 * FAIL_NONE, with *e set, ends the transfer.
 */
struct http_watch {
    void *ctx;
    enum err_kind (*look)(void *ctx, struct err *e);
};

struct http_request {
    const char *method;
    struct span url;                   /* a URL that url_split accepts (codec/url.h) */
    const struct http_header *headers; /* without Host, which is derived from the URL */
    size_t header_count;
    struct span body; /* borrowed until the call ends */
    int connect_timeout_ms;
    int total_timeout_ms; /* 0: none. Not in combination with sink */
    int idle_timeout_ms;  /* with a sink: maximum time without a byte while curl waits for one */
    bool allow_http;
    bool no_proxy;
    const char *unix_socket;        /* path of a unix socket to connect to; NULL: the URL's host */
    const struct http_sink *sink;   /* NULL: every body is appended to answer.body */
    const struct http_hold *hold;   /* NULL: none */
    const struct http_watch *watch; /* NULL: none */
};

struct http;

/*
 * Initialise libcurl, once per process. Call it before any other user of libcurl, such as newer
 * versions of librdkafka: from then on libcurl's memory is wiped when it is released. http_new
 * calls it too.
 */
void http_init(void);

/* ca_bundle: PEM file. NULL: AWS_CA_BUNDLE of the environment, else the system's. */
struct http *http_new(const char *ca_bundle);

/*
 * For http_begin and http_finish only: without the parts that http_call needs, which saves two file
 * descriptors.
 */
struct http *http_new_for_multi(const char *ca_bundle);

void http_free(struct http *h);
DEFINE_OWNED(http);

/*
 * Send the request and wait for the response. FAIL_NONE: there is a response of any status with a
 * complete body. A body beyond the maximum of answer.body is truncated, its rest is not read, and
 * body.overflowed is set. FAIL_AGAIN: the connection or the transfer failed or timed out
 * (answer.status is set if the headers had arrived). FAIL_CONFIG: the URL or the certificate is
 * invalid. FAIL_STOPPED: http_stop. Other kinds come from the sink or the watch.
 */
MUST_USE enum err_kind http_call(struct http *h, const struct http_request *r,
                                 struct http_answer *a, struct err *e);

/* End a call in progress, and all later ones, immediately with FAIL_STOPPED. */
void http_stop(struct http *h);
MUST_USE bool http_stopped(const struct http *h);

/* Wait for `ms`. False: stopped. */
MUST_USE bool http_wait(struct http *h, int64_t ms);

/*
 * For a caller with its own curl_multi: a handle to be added to it, owned by h. NULL: FAIL_CONFIG.
 * The body of *r and *a must be valid until http_finish. idle_timeout_ms has no effect here: set
 * total_timeout_ms.
 */
MUST_USE void *http_begin(struct http *h, const struct http_request *r, struct http_answer *a,
                          struct err *e);

/* Continue a transfer that is paused (http_hold), from within the loop of the caller's curl_multi.
 */
void http_resume(struct http *h);

/* Result of the transfer, as from http_call. curl_code is its CURLcode. */
MUST_USE enum err_kind http_finish(struct http *h, int curl_code, struct err *e);

#endif
