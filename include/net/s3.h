/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3.h - reads and lists objects (research/aws.md §6). There are only GET and HEAD requests, so
 * nothing can be written.
 *
 * The body is passed to the consumer as it arrives, from within curl's write callback. Nothing is
 * buffered, and a slow consumer closes TCP's window. The transfer is pinned to one version (by
 * version id, else by If-Match with the ETag when it is resumed). After a broken connection it is
 * resumed at the exact byte, so the consumer sees one continuous stream or an error.
 *
 *     OWNED(s3) struct s3 *s = s3_new(&settings);
 *     kind = s3_get(s, &object, creds, &consumer, &e);
 */
#ifndef NET_S3_H
#define NET_S3_H

#include "base/err.h"
#include "base/own.h"
#include "codec/s3_answer.h"
#include "codec/s3_page.h"
#include "net/creds.h"

/*
 * Facts that all clients of a worker share: regions of buckets that differ from the configured one,
 * and the clock skew. Threads: any.
 */
struct s3_shared;

struct s3_shared *s3_shared_new(void);
void s3_shared_free(struct s3_shared *s);
DEFINE_OWNED(s3_shared);

/*
 * Whether the clock was corrected since the last call: the caller logs a warning with the offset.
 */
MUST_USE bool s3_shared_skew_news(struct s3_shared *s, int64_t *offset_ms);

struct s3_settings { /* for all clients of a worker; borrowed as long as they exist */
    /*
     * "http://127.0.0.1:5557": the bucket is part of the path. "http://{bucket}.s3.localhost:5557":
     * of the host name. NULL: AWS's endpoint by region.
     */
    const char *endpoint;
    bool path_style;       /* also with AWS's endpoint; else only for buckets with dots */
    bool allow_http;       /* allow plain http to other hosts than loopback */
    unsigned variant;      /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK of codec/endpoint.h */
    const char *ca_bundle; /* NULL: AWS_CA_BUNDLE, else the system's */
    int connect_timeout_ms;
    int idle_timeout_ms; /* maximum time without a byte while the consumer waits for one */
    const struct clock *clock;
    struct s3_shared *shared; /* NULL: the client shares nothing */
};

struct s3_object {
    struct span bucket;
    struct span key;          /* decoded, 1 to 1024 bytes */
    struct span version_id;   /* "" if the notification has none */
    struct span region;       /* the configured one */
    struct span access_point; /* ARN of the one that is read through; "": the bucket itself */
    struct span owner;        /* expected bucket owner, 12 digits; "" only if configured */
    bool request_payer;
};

/* Known when the headers of the response have arrived. */
struct s3_meta {
    char version[1025];   /* for ingest.version: x-amz-version-id, else the ETag without quotes */
    bool version_is_etag; /* there is no version id */
    char etag[S3_ETAG_BYTES]; /* without quotes; "" if absent or weak */
    int64_t modified_ns;      /* Last-Modified, ns since the epoch, 0 if absent */
    int64_t length;           /* Content-Length, -1 if absent */
    bool replaced; /* the current version, because the pinned one does not exist any more */
};

/*
 * The consumer of a body. `begin` is called before the first byte of a body that starts at 0. It is
 * called again if the pinned version was replaced and the current one is read instead: everything
 * received before must be discarded. `body` gets the next bytes, valid during the call; it may
 * block. A kind other than FAIL_NONE ends the transfer, and s3_get returns it with *e as set there.
 */
struct s3_consumer {
    void *ctx;
    enum err_kind (*begin)(void *ctx, const struct s3_meta *meta, struct err *e);
    enum err_kind (*body)(void *ctx, struct span bytes, struct err *e);
    int64_t *failed_ms; /* NULL, or set to when the first request since the last progress failed */
    /* Asked ten times a second or more while it waits for S3; as body. NULL: not wanted. */
    enum err_kind (*look)(void *ctx, struct err *e);
};

struct s3; /* A client: one curl handle with its connection. Each lane has one. */

struct s3 *s3_new(const struct s3_settings *settings);
void s3_free(struct s3 *s);
DEFINE_OWNED(s3);

/*
 * GET the whole object with these credentials. FAIL_NONE: every byte was passed on and, if S3
 * returned a checksum of the full object, it was correct.
 *
 * Retried here: broken transfers (a few times without progress, with increasing delays); a wrong
 * region, clock skew and expired credentials (once each); a replaced version (the current one is
 * read from the start). If a denial may hide a missing key, the key is listed once: FAIL_GONE if it
 * does not exist. All other errors are returned immediately with the class of research/aws.md §6.4,
 * code, status and request ids. A wrong checksum is FAIL_AGAIN with code "ChecksumMismatch": the
 * transfer was damaged, and a second read can succeed. FAIL_STOPPED: s3_stop. e must not be NULL.
 *
 * Threads: one at a time per struct s3; s3_stop any.
 */
MUST_USE enum err_kind s3_get(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                              const struct s3_consumer *to, struct err *e);

/* As s3_get, with HEAD instead of the body: of the consumer only `look` is called. */
MUST_USE enum err_kind s3_head(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                               const struct s3_consumer *to, struct s3_meta *out, struct err *e);

/* What a read of the first bytes shows. */
struct s3_peek {
    struct s3_meta meta;
    char encryption[32]; /* "AES256", "aws:kms", "aws:kms:dsse"; "" if the response does not say */
    char kms_key[256];   /* ARN of the key of the last two; "" if there is none */
    char denied[64];     /* of an error: the permission that S3 names as missing; "" if none */
    struct span body;    /* valid until the next call of the client */
};

enum { S3_PEEK_BYTES = 64 * 1024 };

/*
 * GET the first `bytes` bytes (1 to S3_PEEK_BYTES). One request, without the retries of s3_get and
 * without its list after a denial. creds NULL: not signed, as any party on the Internet would send
 * it. *out is set also on failure.
 */
MUST_USE enum err_kind s3_peek(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                               size_t bytes, struct s3_peek *out, struct err *e);

/* End a transfer in progress, and all later ones. */
void s3_stop(struct s3 *s);

/* ---- Listing ---- */

/*
 * The keys of a bucket by ListObjectsV2, in the order of their bytes:
 *
 *     OWNED(s3_list) struct s3_list *l = s3_list_new(s, &where, creds, SPAN(""));
 *     while (s3_list_next(l, &entry, &e)) ...
 *     if (e.kind != FAIL_NONE) ...
 *
 * where->key is the prefix ("" for all). Spans of `where` and creds must be valid as long as the
 * list. To continue a list later, pass the last processed key as start_after.
 */
struct s3_list;

struct s3_list *s3_list_new(struct s3 *s, const struct s3_object *where, struct creds_source *creds,
                            struct span start_after);
void s3_list_free(struct s3_list *l);
DEFINE_OWNED(s3_list);

/*
 * *out is valid until the next call. False: the end of the list (e->kind is FAIL_NONE) or an error.
 */
MUST_USE bool s3_list_next(struct s3_list *l, struct s3_entry *out, struct err *e);

#endif
