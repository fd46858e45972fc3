/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs.h - one SQS queue: long polls, batches of deletes and visibility changes
 * (AWS JSON 1.0, research/aws.md §2; struct sqs_message, sqs_entry and sqs_attributes are in
 * codec/sqs_json.h). Wire only: what to do about a message is flow/'s business.
 */
#ifndef NET_SQS_H
#define NET_SQS_H

#include "base/err.h"
#include "base/own.h"
#include "codec/sqs_json.h"
#include "net/creds.h"
#include "net/http_pool.h"

struct sqs_settings {     /* borrowed for the life of queues and pollers */
    const char *endpoint; /* NULL: AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, else see below */
    unsigned variant;     /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
    bool allow_http;
    struct creds_source *creds;
    const struct clock *clock;
    struct http_pool *pool; /* connections for all but polls; NULL: each queue its own */
};

struct sqs_queue;

/*
 * url: the queue's, region: of the configuration. FAIL_CONFIG if they cannot be, or if the URL
 * says another region. Asked is the endpoint above; without one AWS's for the region, of the
 * family that the URL names (FIPS, dual-stack) or the settings ask for, unless the URL is of
 * another host than AWS's public ones (an emulator, a VPC endpoint): then that.
 */
MUST_USE struct sqs_queue *sqs_queue_new(const struct sqs_settings *s, const char *url,
                                         const char *region, struct err *e);
void sqs_queue_free(struct sqs_queue *q);
DEFINE_OWNED(sqs_queue);

/* As given to sqs_queue_new. */
const char *sqs_queue_url(const struct sqs_queue *q);

/* Where it is asked: "https://sqs.eu-west-1.amazonaws.com". */
const char *sqs_queue_endpoint(const struct sqs_queue *q);

/* Wall clock in the opinion of the queue's service: what SentTimestamp is compared with. */
int64_t sqs_clock_ms(const struct sqs_queue *q);

/* True once after the clock of the queue's service was found to differ: worth a warning. */
MUST_USE bool sqs_clock_news(struct sqs_queue *q, int64_t *offset_ms);

/* End blocking calls under way, and all later ones, with FAIL_STOPPED. Threads: any. */
void sqs_queue_stop(struct sqs_queue *q);

MUST_USE enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out,
                                          struct err *e);

/*
 * DeleteMessageBatch, ChangeMessageVisibilityBatch of 1..SQS_BATCH entries. FAIL_NONE: each
 * entry has its answer. Else the whole call failed and no entry was answered. Blocks for 30 s
 * at most. Threads: any, one connection each.
 */
MUST_USE enum err_kind sqs_delete(struct sqs_queue *q, struct sqs_entry *entries, size_t count,
                                  struct err *e);
MUST_USE enum err_kind sqs_change_visibility(struct sqs_queue *q, struct sqs_entry *entries,
                                             size_t count, struct err *e);

/* SendMessageBatch of 1..SQS_BATCH messages, 1 MiB in all. As above. */
MUST_USE enum err_kind sqs_send(struct sqs_queue *q, struct sqs_outgoing *messages, size_t count,
                                struct err *e);

/*
 * The long polls of many queues, driven by one thread:
 *
 *     sqs_poller_start(p, queue, 10, 20, 120, tag);
 *     while (sqs_poller_next(p, timeout_ms, &polled)) {   // a poll that has ended
 *
 * A start that fails is told by sqs_poller_next, too. A poll lasts its wait and 15 s at most,
 * once there are credentials for it: those are fetched by other threads, and sqs_poller_free
 * waits for one that does so just then (creds_source_stop ends it).
 *
 * Threads: one at a time; sqs_poller_wake any. Queues live longer than their poller.
 */
struct sqs_poller;

struct sqs_poller *sqs_poller_new(void);
void sqs_poller_free(struct sqs_poller *p); /* cuts polls under way */
DEFINE_OWNED(sqs_poller);

/* At most one poll per queue at a time; tag is given back. */
void sqs_poller_start(struct sqs_poller *p, struct sqs_queue *q, int max_messages, int wait_s,
                      int visibility_s, void *tag);

struct sqs_polled {
    struct sqs_queue *queue;
    void *tag;
    struct sqs_message *messages[SQS_BATCH]; /* the caller's from now on */
    size_t count;
    unsigned damaged; /* messages left out (codec/sqs_json.h) */
    struct err err;   /* kind FAIL_NONE: the answer was good, maybe without messages */
};

/* The next poll that has ended. False: none within timeout_ms, or sqs_poller_wake. */
MUST_USE bool sqs_poller_next(struct sqs_poller *p, int timeout_ms, struct sqs_polled *out);

void sqs_poller_wake(struct sqs_poller *p);

#endif
