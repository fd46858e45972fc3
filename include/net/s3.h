/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3.h - read one object (spec aws.md §6). GET only: there is no code that could write.
 *
 * The body is handed over as it arrives, from within curl's write callback, so that
 * whoever consumes it slowly closes TCP's window; nothing is buffered. The transfer is
 * pinned (version id, else ETag by If-Match on resumption) and resumed at the exact byte
 * after a cut connection, so the consumer sees one unbroken stream or an error.
 */
#ifndef NET_S3_H
#define NET_S3_H

#include "base/err.h"
#include "base/own.h"
#include "net/creds.h"

struct s3_settings {      /* for all of a worker's clients; borrowed for their life */
    const char *endpoint; /* "http://127.0.0.1:5557", NULL: AWS's own by region */
    bool path_style;      /* always, else only for buckets with dots and for `endpoint` */
    bool allow_http;      /* plain http to others than loopback */
    int connect_timeout_ms;
    int idle_timeout_ms; /* no byte arrived for so long, while we wanted some */
    const struct clock *clock;
};

struct s3_object {
    struct span bucket;
    struct span key;        /* decoded bytes, 1..1024 */
    struct span version_id; /* "" if the notification had none */
    struct span region;     /* of the configuration */
    struct span owner;      /* expected bucket owner, 12 digits; "" only if configured off */
    bool request_payer;
};

/* What is known once the headers of the answer are there. */
struct s3_meta {
    char version[1025];  /* ingest.version: x-amz-version-id, else ETag without quotes */
    int64_t modified_ns; /* Last-Modified */
    int64_t length;      /* Content-Length, -1 if not told */
};

/*
 * The consumer. `begin` is called before the first byte of a body that starts at 0 (again, if
 * the pin failed and the current version is read instead: forget all that came before);
 * `body` with the next bytes, valid during the call; it may block. A kind other than
 * FAIL_NONE ends the transfer, and s3_get returns it with the *e that was filled.
 */
struct s3_consumer {
    void *ctx;
    enum err_kind (*begin)(void *ctx, const struct s3_meta *meta, struct err *e);
    enum err_kind (*body)(void *ctx, struct span bytes, struct err *e);
};

struct s3; /* one connection's worth: a curl handle. One per lane. */

struct s3 *s3_new(const struct s3_settings *settings);
void s3_free(struct s3 *s);
DEFINE_OWNED(s3);

/*
 * GET the whole object with these credentials, resuming broken transfers. FAIL_NONE: every
 * byte was handed over (and the checksum was right, where S3 gave one). Errors: the class of
 * aws.md §6.4 with code, status, request ids. FAIL_STOPPED once s3_stop was called.
 *
 * Threads: one at a time per struct s3; s3_stop any.
 */
MUST_USE enum err_kind s3_get(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                              const struct s3_consumer *to, struct err *e);

/* End a transfer under way, and all later ones. */
void s3_stop(struct s3 *s);

#endif
