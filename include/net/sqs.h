/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs.h - one SQS queue: long polls, batches of deletes and visibility changes (AWS JSON 1.0,
 * research/aws.md §2). struct sqs_message, sqs_entry and sqs_attributes are in codec/sqs_json.h.
 * Only the protocol: source/ and settle/ decide about messages.
 */
#ifndef NET_SQS_H
#define NET_SQS_H

#include "base/err.h"
#include "base/own.h"
#include "codec/sqs_json.h"
#include "net/creds.h"
#include "net/http_pool.h"

struct sqs_settings {     /* borrowed as long as queues and pollers made with it exist */
    const char *endpoint; /* NULL: AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, else see sqs_queue_new */
    unsigned variant;     /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
    bool allow_http;
    struct creds_source *creds;
    const struct clock *clock;
    struct http_pool *pool; /* for all requests except polls; NULL: each queue has its own */
};

struct sqs_queue;

/*
 * url: the queue's URL; region: the configured one. NULL and FAIL_CONFIG: one of them is invalid,
 * or the URL names another region. Requests go to the configured endpoint. If there is none, they
 * go to AWS's endpoint for the region, with FIPS and dual-stack as in the URL or the settings. If
 * the URL's host is not a public host of AWS (an emulator, a VPC endpoint), they go to that host.
 */
MUST_USE struct sqs_queue *sqs_queue_new(const struct sqs_settings *s, const char *url,
                                         const char *region, struct err *e);
void sqs_queue_free(struct sqs_queue *q);
DEFINE_OWNED(sqs_queue);

/* The URL as passed to sqs_queue_new. */
const char *sqs_queue_url(const struct sqs_queue *q);

/* The URL that requests go to: "https://sqs.eu-west-1.amazonaws.com". */
const char *sqs_queue_endpoint(const struct sqs_queue *q);

/* Wall clock of the queue's service in ms, to compare with SentTimestamp. */
int64_t sqs_clock_ms(const struct sqs_queue *q);

/*
 * Whether the clock was corrected since the last call: the caller logs a warning with the offset.
 */
MUST_USE bool sqs_clock_news(struct sqs_queue *q, int64_t *offset_ms);

/* End blocking calls in progress, and all later ones, with FAIL_STOPPED. Threads: any. */
void sqs_queue_stop(struct sqs_queue *q);

/*
 * The queue with this ARN, whose URL differs from that of `q` by its name: a dead-letter queue is
 * in the account and region of its source. NULL and FAIL_CONFIG: it is no ARN of a queue.
 */
MUST_USE struct sqs_queue *sqs_queue_beside(const struct sqs_queue *q, const char *arn,
                                            struct err *e);

MUST_USE enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out,
                                          struct err *e);

/*
 * DeleteMessageBatch and ChangeMessageVisibilityBatch with 1 to SQS_BATCH entries. FAIL_NONE: each
 * entry has its result. Else the whole call failed, and no entry has one. Blocks for at most 30 s.
 * Threads: any; concurrent calls use separate connections.
 */
MUST_USE enum err_kind sqs_delete(struct sqs_queue *q, struct sqs_entry *entries, size_t count,
                                  struct err *e);
MUST_USE enum err_kind sqs_change_visibility(struct sqs_queue *q, struct sqs_entry *entries,
                                             size_t count, struct err *e);

/*
 * SendMessageBatch with 1 to SQS_BATCH messages of together at most 1 MiB. Otherwise as sqs_delete.
 */
MUST_USE enum err_kind sqs_send(struct sqs_queue *q, struct sqs_outgoing *messages, size_t count,
                                struct err *e);

/*
 * The long polls of many queues, driven by one thread:
 *
 *     sqs_poller_start(p, queue, 10, 20, 120, tag);
 *     while (sqs_poller_next(p, timeout_ms, &polled)) {   // a poll that has ended
 *
 * Of responses above SQS_USUAL_ANSWER_BYTES one is received at a time, and others are paused; the
 * messages of the one before are the caller's by then.
 *
 * sqs_poller_next also returns a poll that could not be started. A poll takes at most its wait and
 * 15 s, once its credentials are available. Other threads fetch these, and sqs_poller_free waits
 * for a fetch in progress (creds_source_stop ends it).
 *
 * Threads: one at a time; sqs_poller_wake any. Queues must outlive the poller.
 */
struct sqs_poller;

struct sqs_poller *sqs_poller_new(void);
void sqs_poller_free(struct sqs_poller *p); /* aborts polls in progress */
DEFINE_OWNED(sqs_poller);

/*
 * Start a poll. `tag` is returned with its result. A queue has a connection of its own; further
 * polls of it at the same time use others, which all queues share and which are kept.
 */
void sqs_poller_start(struct sqs_poller *p, struct sqs_queue *q, int max_messages, int wait_s,
                      int visibility_s, void *tag);

struct sqs_polled {
    struct sqs_queue *queue;
    void *tag;
    struct sqs_message *messages[SQS_BATCH]; /* owned by the caller */
    size_t count;
    unsigned damaged; /* messages left out (codec/sqs_json.h) */
    struct err err;   /* FAIL_NONE: a valid response, possibly without messages */
};

/* The next poll that has ended. False: none within timeout_ms, or sqs_poller_wake. */
MUST_USE bool sqs_poller_next(struct sqs_poller *p, int timeout_ms, struct sqs_polled *out);

void sqs_poller_wake(struct sqs_poller *p);

#endif
