/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notification.h - reads the body of an SQS message into the records that name S3 objects
 * (research/aws.md §3).
 *
 * Reads S3's own notifications, the same wrapped by SNS or delivered raw, EventBridge's events, and
 * s3:TestEvent in each form. All input may be hostile; bucket, key, version id, size, ETag and
 * sequencer are used only as texts and numbers.
 *
 *     OWNED(notification) struct notification *n = notification_read(message->body, &e);
 *     for (size_t i = 0; n != NULL && i < n->count; i++) {
 *         if (n->records[i].what == NOTIFICATION_CREATED) ...
 *
 * Strict about the members that determine which bytes are read (bucket, key, version id), tolerant
 * about the others: a size or time that cannot be read counts as absent, and unknown members are
 * ignored. Reads the dialects of MinIO, Ceph, LocalStack and moto (§3.7).
 *
 * A record of a created object that names the same bucket, key and version (the same ETag, if it
 * has no version) as one before it is left out: the object is read once.
 *
 * Limits: NOTIFICATION_BODY_BYTES, NOTIFICATION_CONTAINERS, NOTIFICATION_RECORDS. Threads: any, one
 * at a time per notification.
 */
#ifndef CODEC_NOTIFICATION_H
#define CODEC_NOTIFICATION_H

#include "base/err.h"
#include "base/own.h"

enum {
    NOTIFICATION_BODY_BYTES = 2 * 1024 * 1024, /* the maximum of SQS is 1 MiB */
    NOTIFICATION_CONTAINERS = 50 * 1000, /* objects plus lists: 10,000 of the shortest records */
    NOTIFICATION_RECORDS = 12500,        /* a record with an object has four containers or more */
    NOTIFICATION_KEY_BYTES = 1024,
    NOTIFICATION_TEXT_BYTES = 1024, /* of a version id; longer other texts become "" */
};

enum notification_form { NOTIFICATION_S3, NOTIFICATION_SNS, NOTIFICATION_EVENTBRIDGE };

enum notification_what {
    NOTIFICATION_CREATED, /* ObjectCreated:*: the object is read */
    NOTIFICATION_OTHER,   /* another event (removed, tagged, ...): ignored */
    NOTIFICATION_TEST,    /* s3:TestEvent: ignored */
};

struct notification_record {
    enum notification_what what;
    struct span bucket; /* not empty if CREATED; may be "" otherwise */
    struct span key; /* decoded once, by the rule of the form; valid UTF-8 of 1 to 1024 bytes; may
                        be "" if not CREATED */
    struct span version_id; /* "" if none */
    struct span etag;       /* without quotes, "" if none */
    struct span region;     /* as in the message; only compared and logged */
    struct span sequencer;  /* hex digits, "" if there is none */
    struct span account;    /* EventBridge: account id of the bucket owner; "" in other forms */
    int64_t size;           /* bytes, -1 if absent */
    int64_t event_ms;       /* eventTime, wall clock in ms, 0 if absent */
};

struct notification {
    enum notification_form form;         /* SNS raw delivery is NOTIFICATION_S3 */
    size_t count;                        /* number of records, at least 1 */
    size_t repeats;                      /* records left out, since an equal one is before them */
    struct notification_record *records; /* their spans are valid as long as the notification */
    size_t stray_percents; /* number of keys with a '%' that begins no escape; it is kept */
    bool backfill;         /* marked by codec/notification_write.h: less urgent than others */
    size_t text_cap;       /* private: size of text */
    char *text;            /* private: the bytes of the spans */
};

enum {
    /* Maximum of notification_bytes for a body of SQS. */
    NOTIFICATION_MAX_BYTES =
        1024 * 1024 + NOTIFICATION_RECORDS * (int)sizeof(struct notification_record) + 1024,
};

/*
 * Read a body. NULL and FAIL_DATA with the reason: the body has no known form, or one of its
 * records cannot be read. Then none of its records is used, and the whole message is left for the
 * dead-letter queue.
 */
MUST_USE struct notification *notification_read(struct span body, struct err *e);
void notification_free(struct notification *n);

/* The memory of the notification. */
size_t notification_bytes(const struct notification *n);
DEFINE_OWNED(notification);

#endif
