/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3.h - read objects and list them (research/aws.md §6). GET and HEAD only: there is no code that
 * could write.
 *
 * The body is handed over as it arrives, from within curl's write callback, so that
 * a slow consumer closes TCP's window; nothing is buffered. The transfer is
 * pinned (version id, else ETag by If-Match on resumption) and resumed at the exact byte
 * after a cut connection, so the consumer sees one unbroken stream or an error.
 *
 *     OWNED(s3) struct s3 *s = s3_new(&settings);
 *     kind = s3_get(s, &object, creds, &consumer, &e);
 */
#ifndef NET_S3_H
#define NET_S3_H

#include "base/err.h"
#include "base/own.h"
#include "codec/s3_page.h"
#include "net/creds.h"

/*
 * What all clients of a worker learn and share: regions of buckets that are elsewhere than
 * configured, and how wrong our clock is. Threads: any.
 */
struct s3_shared;

struct s3_shared *s3_shared_new(void);
void s3_shared_free(struct s3_shared *s);
DEFINE_OWNED(s3_shared);

/* True once after each correction of the clock: warn, with the offset. */
MUST_USE bool s3_shared_skew_news(struct s3_shared *s, int64_t *offset_ms);

struct s3_settings { /* for all of a worker's clients; borrowed for their life */
    /*
     * "http://127.0.0.1:5557": buckets in the path. "http://{bucket}.s3.localhost:5557": in the
     * host. NULL: AWS's own by region.
     */
    const char *endpoint;
    bool path_style;       /* with AWS's own too; else only for buckets with dots */
    bool allow_http;       /* plain http to others than loopback */
    unsigned variant;      /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK of codec/endpoint.h */
    const char *ca_bundle; /* NULL: AWS_CA_BUNDLE, else the system's */
    int connect_timeout_ms;
    int idle_timeout_ms; /* no byte arrived for so long, while we wanted some */
    const struct clock *clock;
    struct s3_shared *shared; /* NULL: each client learns alone */
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
    int64_t modified_ns; /* Last-Modified, 0 if not told */
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
 * byte was handed over, and the checksum was right, where S3 gave one of the full object.
 *
 * Retried here: broken transfers (a few times without progress, with back-off), a wrong
 * region, a wrong clock, expired credentials (once each), a version that was replaced (the
 * current one is read whole). A denial that may hide a missing key is looked into, once, by a
 * list of that key: FAIL_GONE if it is not there. All else is an error at once: the class of aws.md
 * §6.4 with code, status, request ids. A wrong checksum is FAIL_AGAIN with code "ChecksumMismatch":
 * what was transferred is damaged, which reading it again fixes. FAIL_STOPPED once s3_stop
 * was called. e must not be NULL.
 *
 * Threads: one at a time per struct s3; s3_stop any.
 */
MUST_USE enum err_kind s3_get(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                              const struct s3_consumer *to, struct err *e);

/* The same without the body: HEAD. */
MUST_USE enum err_kind s3_head(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                               struct s3_meta *out, struct err *e);

/* End a transfer under way, and all later ones. */
void s3_stop(struct s3 *s);

/* ---- Listing ---- */

/*
 * The keys of a bucket from ListObjectsV2, in the order of their bytes:
 *
 *     OWNED(s3_list) struct s3_list *l = s3_list_new(s, &where, creds, SPAN(""));
 *     while (s3_list_next(l, &entry, &e)) ...
 *     if (e.kind != FAIL_NONE) ...
 *
 * where->key is the prefix ("" for all); spans of `where` and creds must live as long as the
 * list. To go on later, give the last key that was done as start_after.
 */
struct s3_list;

struct s3_list *s3_list_new(struct s3 *s, const struct s3_object *where, struct creds_source *creds,
                            struct span start_after);
void s3_list_free(struct s3_list *l);
DEFINE_OWNED(s3_list);

/* *out is valid until the next call. False: no more (e->kind is FAIL_NONE), or an error. */
MUST_USE bool s3_list_next(struct s3_list *l, struct s3_entry *out, struct err *e);

#endif
