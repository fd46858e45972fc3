/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_priv.h - what a check works with, and how it sets its line. Shared by the files of the
 * room.
 */
#ifndef VERIFY_VERIFY_PRIV_H
#define VERIFY_VERIFY_PRIV_H

#include "net/sts.h"
#include "verify/policy.h"
#include "verify/verify.h"

#include <stdatomic.h>

struct json_object; /* of json-c */

enum { KEY_BYTES = 1024 + 1, LIST_KEYS = 10000 /* maximum of keys that are listed */ };

enum { VERIFY_TOPICS = STREAMS + 1, TOPIC_NAME_BYTES = 250 };

/* The worker, as check worker.identity found it; constant afterwards. */
struct verify_worker {
    bool has_creds;
    bool known;
    struct sts_identity identity;
    atomic_int_fast64_t silent_ms; /* monotonic: when no broker answered a check; 0: never */
    struct status *status;         /* of the running worker; NULL ... */
    struct err status_err;         /* ... and why it is not known */
};

/* A customer, or the worker (customer NULL), and what its checks found so far. One thread. */
struct verify_subject {
    const struct verify_parts *parts;
    struct verify_worker *worker;
    const struct customer_conf *customer;
    struct s3 *s3;
    const struct verify_line *silent[VERIFY_SERVICES]; /* of the check that it did not answer */
    struct creds_source *reader; /* restricted as the worker reads; valid if `assumed` */
    struct creds_source *role;   /* all that the role allows; as reader */
    bool assumed;
    struct {
        bool known;
        struct sqs_attributes attributes;
    } queue;
    struct {
        char names[VERIFY_TOPICS][TOPIC_NAME_BYTES]; /* of events, then of rejects */
        size_t count;
        bool exist;
        bool described[VERIFY_TOPICS];
        struct sink_topic_facts facts[VERIFY_TOPICS];
    } topics;
    bool listed; /* prefix.list could list */
    struct {
        bool found;
        char key[KEY_BYTES];
        size_t key_bytes;
        int64_t size, modified_ns;
        bool read;           /* object.read could read it */
        bool key_denied;     /* S3 lets it be read, but KMS does not decrypt it */
        struct err err;      /* the denial of KMS */
        struct s3_peek peek; /* if read; without a body */
    } newest;
};

/* role.c */
void check_worker_identity(struct verify_subject *s, struct verify_line *out);
void check_role_assume(struct verify_subject *s, struct verify_line *out);
void check_role_no_id(struct verify_subject *s, struct verify_line *out);
void check_role_wrong_id(struct verify_subject *s, struct verify_line *out);
void check_role_other_id(struct verify_subject *s, struct verify_line *out);
void check_role_account(struct verify_subject *s, struct verify_line *out);

/* object.c */
void check_prefix_list(struct verify_subject *s, struct verify_line *out);
void check_object_read(struct verify_subject *s, struct verify_line *out);
void check_object_kms(struct verify_subject *s, struct verify_line *out);
void check_object_version(struct verify_subject *s, struct verify_line *out);

/* Whether an object is known. If not, the line has its state: if_none if the prefix has none. */
MUST_USE bool line_needs_object(const struct verify_subject *s, struct verify_line *out,
                                enum verify_state if_none);

/* topic.c */
void check_topic_exists(struct verify_subject *s, struct verify_line *out);
void check_topic_leader(struct verify_subject *s, struct verify_line *out);
void check_topic_size(struct verify_subject *s, struct verify_line *out);
void check_topic_policy(struct verify_subject *s, struct verify_line *out);

/* sample.c */
void check_format_sample(struct verify_subject *s, struct verify_line *out);

/* notified.c */
void check_notification_seen(struct verify_subject *s, struct verify_line *out);

/* canary.c */
void check_canary(struct verify_subject *s, struct verify_line *out);

/* status.c */

/* What the running worker says of a customer. Wall clock in ms; 0: never, since it started. */
struct status_customer {
    bool paused;
    int64_t received_ms;  /* the last message of its queue */
    int64_t notified_ms;  /* the last one of the customer's */
    int64_t delivered_ms; /* the last delivery */
    int64_t started_ms;   /* the worker's process */
};

/* Read the worker's metrics. NULL: it does not answer. */
MUST_USE struct status *status_new(const char *url, struct err *e);
void status_free(struct status *s);

/* Whether the worker runs with as many customers as the configuration has; if not, it is older. */
MUST_USE bool status_is_current(const struct status *s, const struct conf *c);

DEFINE_OWNED(status);
struct status_customer status_find(const struct status *s, const struct customer_conf *c);

/* Append "5 s ago" or "3 hours ago". */
void add_age(struct buf *out, int64_t ms);

/* outside.c */
void check_outside_list(struct verify_subject *s, struct verify_line *out);
void check_outside_read(struct verify_subject *s, struct verify_line *out);
void check_object_public(struct verify_subject *s, struct verify_line *out);

/* queue.c */
void check_queue_exists(struct verify_subject *s, struct verify_line *out);
void check_queue_redrive(struct verify_subject *s, struct verify_line *out);
void check_queue_retention(struct verify_subject *s, struct verify_line *out);

void check_queue_visibility(struct verify_subject *s, struct verify_line *out);

/* queue_policy.c */
void check_queue_policy(struct verify_subject *s, struct verify_line *out);

/* line.c */

/* Set what is tried. */
void line_tried(struct verify_line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Set the state, with what was found. */
void line_set(struct verify_line *l, enum verify_state state, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* A request that must succeed did not: FAIL with its error. */
void line_failed(struct verify_line *l, const struct err *e);

/* A request that must be denied failed for another reason, which proves nothing. */
void line_unproved(struct verify_line *l, const struct err *e);

/* skip, unless the role was assumed. False: skipped. */
MUST_USE bool line_needs_role(const struct verify_subject *s, struct verify_line *l);

/* Of the customer's queue, as its attributes say; "": not known. */
struct verify_arns {
    const char *queue, *dead; /* dead: its dead-letter queue */
};

/* Append a statement with the values of a customer, in one line (verify_statement). */
void statement_write(const struct verify_statement *st, const struct customer_conf *c,
                     const struct verify_worker *worker, const struct verify_arns *arns,
                     struct buf *out);

/* An object of the customer's bucket. */
struct s3_object subject_object(const struct verify_subject *s, struct span key);

#endif
