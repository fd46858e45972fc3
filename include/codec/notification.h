/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notification.h - the body of an SQS message becomes the S3 objects it names (research/aws.md §3).
 *
 * Understands S3's own records, the same wrapped by SNS or delivered raw, EventBridge's
 * events, and s3:TestEvent in each. Everything in it is hostile; nothing is believed but
 * bucket, key, version id, size, ETag, sequencer as texts.
 *
 *     OWNED(notification) struct notification *n = notification_read(message->body, &e);
 *     for (size_t i = 0; n != NULL && i < n->count; i++) {
 *         if (n->records[i].what == NOTIFICATION_CREATED) ...
 *
 * Strict about what decides which bytes are read (bucket, key, version id), tolerant about
 * the rest: a size or time that cannot be read is "not told", unknown members are ignored.
 * Understands the dialects of MinIO, Ceph, LocalStack and moto (§3.7).
 *
 * Limits: NOTIFICATION_BODY_BYTES, NOTIFICATION_CONTAINERS. Threads: any, one at a time per
 * notification.
 */
#ifndef CODEC_NOTIFICATION_H
#define CODEC_NOTIFICATION_H

#include "base/err.h"
#include "base/own.h"

enum {
    NOTIFICATION_BODY_BYTES = 2 * 1024 * 1024, /* SQS takes 1 MiB today */
    NOTIFICATION_CONTAINERS = 50 * 1000, /* objects and lists: 10,000 of the shortest records */
    NOTIFICATION_KEY_BYTES = 1024,
    NOTIFICATION_TEXT_BYTES = 1024, /* longest version id; other texts are "" if longer */
};

enum notification_form { NOTIFICATION_S3, NOTIFICATION_SNS, NOTIFICATION_EVENTBRIDGE };

enum notification_what {
    NOTIFICATION_CREATED, /* ObjectCreated:* : read it */
    NOTIFICATION_OTHER,   /* another event (removed, tagged, ...): nothing to do */
    NOTIFICATION_TEST,    /* s3:TestEvent: nothing to do */
};

struct notification_record {
    enum notification_what what;
    struct span bucket;     /* not empty if CREATED; may be "" otherwise */
    struct span key;        /* decoded once, by the form's rule; any valid UTF-8, 1..1024 bytes;
                               "" if it is not CREATED and has none */
    struct span version_id; /* "" if none */
    struct span etag;       /* without quotes, "" if none */
    struct span region;     /* as the message says; compared and logged only */
    struct span sequencer;  /* hex, "" if none */
    struct span account;    /* EventBridge: the bucket owner's; "" otherwise */
    int64_t size;           /* bytes, -1 if not told */
    int64_t event_ms;       /* eventTime, wall clock, 0 if not told */
};

struct notification {
    enum notification_form form;         /* SNS raw delivery looks like S3's own */
    size_t count;                        /* records; 1 or more */
    struct notification_record *records; /* their spans live as long as the notification */
    size_t stray_percents;               /* keys with a '%' that is no escape, kept as it is */
    char *text;                          /* private: the bytes of the spans */
};

/*
 * Read a body. NULL and FAIL_DATA, with the reason, if it is none of the known forms or one of
 * its records cannot be read (then nothing of it is used: the message is left as a whole).
 */
MUST_USE struct notification *notification_read(struct span body, struct err *e);
void notification_free(struct notification *n);
DEFINE_OWNED(notification);

#endif
