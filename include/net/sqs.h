/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs.h - one SQS queue: long polls, batches of deletes and visibility changes
 * (AWS JSON 1.0, spec aws.md §2; struct sqs_message, sqs_entry and sqs_attributes are in
 * codec/sqs_json.h). Wire only: what to do about a message is flow/'s business.
 */
#ifndef NET_SQS_H
#define NET_SQS_H

#include "base/err.h"
#include "base/own.h"
#include "codec/sqs_json.h"
#include "net/creds.h"

struct sqs_settings {     /* borrowed for the life of queues and pollers */
    const char *endpoint; /* NULL: AWS's own by region */
    bool allow_http;
    struct creds_source *creds;
    const struct clock *clock;
};

struct sqs_queue;

/* url: the queue's, region: of the configuration. FAIL_CONFIG if they cannot be. */
MUST_USE struct sqs_queue *sqs_queue_new(const struct sqs_settings *s, const char *url,
                                         const char *region, struct err *e);
void sqs_queue_free(struct sqs_queue *q);
DEFINE_OWNED(sqs_queue);

MUST_USE enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out,
                                          struct err *e);

/*
 * DeleteMessageBatch, ChangeMessageVisibilityBatch of 1..SQS_BATCH entries. FAIL_NONE: each
 * entry has its answer. Else the whole call failed and no entry was answered. Blocks for at most
 * 30 s. Threads: any, one connection each.
 */
MUST_USE enum err_kind sqs_delete(struct sqs_queue *q, struct sqs_entry *entries, size_t count,
                                  struct err *e);
MUST_USE enum err_kind sqs_change_visibility(struct sqs_queue *q, struct sqs_entry *entries,
                                             size_t count, struct err *e);

/*
 * The long polls of many queues, driven by one thread:
 *
 *     sqs_poller_start(p, queue, 10, 20, 120, tag);       // at most one per queue
 *     while (sqs_poller_next(p, timeout_ms, &polled)) {   // a poll that has ended
 *
 * Threads: one at a time; sqs_poller_wake any.
 */
struct sqs_poller;

struct sqs_poller *sqs_poller_new(void);
void sqs_poller_free(struct sqs_poller *p); /* cuts polls under way */
DEFINE_OWNED(sqs_poller);

void sqs_poller_start(struct sqs_poller *p, struct sqs_queue *q, int max_messages, int wait_s,
                      int visibility_s, void *tag);

struct sqs_polled {
    struct sqs_queue *queue;
    void *tag;
    struct sqs_message *messages[SQS_BATCH]; /* the caller's from now on */
    size_t count;
    struct err err; /* kind FAIL_NONE: the answer was good, maybe without messages */
};

/* The next poll that has ended. False: none within timeout_ms, or sqs_poller_wake. */
MUST_USE bool sqs_poller_next(struct sqs_poller *p, int timeout_ms, struct sqs_polled *out);

void sqs_poller_wake(struct sqs_poller *p);

#endif
