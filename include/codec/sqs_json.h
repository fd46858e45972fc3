/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs_json.h - requests and responses of SQS in AWS JSON 1.0 (research/aws.md §2).
 *
 *     sqs_write_receive(&body, url, &(struct sqs_receive){10, 20, 120});
 *     ...
 *     if (sqs_read_receive(answer, &got, e) != FAIL_NONE) ...       unreadable: FAIL_AGAIN
 *
 * As tolerant as real services and emulators require: `{}`, a list that is null or absent, and an
 * empty response all mean that there are no entries. A response that is not JSON is FAIL_AGAIN,
 * since a proxy may have written it. Responses with a status other than 200 are read by
 * codec/fault.h with sqs_rules.
 *
 * Threads: no state.
 */
#ifndef CODEC_SQS_JSON_H
#define CODEC_SQS_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/fault.h"

enum {
    SQS_BATCH = 10,      /* maximum number of entries of a batch, and of messages of a receive */
    SQS_WAIT_MAX_S = 20, /* maximum time of a long poll */
    SQS_VISIBILITY_MAX_S = 43200,
    SQS_HANDLE_BYTES = 8 * 1024, /* maximum of a receipt handle; usually some hundred bytes */
    SQS_REQUEST_BYTES = 2 * 1024 * 1024, /* maximum size of a request */
    SQS_ANSWER_BYTES = 16 * 1024 * 1024, /* ten messages of 1 MiB, escaped */
    SQS_USUAL_ANSWER_BYTES = 64 * 1024,  /* a larger one is received alone (net/sqs.h) */
};

/* A received message. Owns its bytes; release with sqs_message_free. */
struct sqs_message {
    char *id; /* MessageId */
    char *receipt_handle;
    struct span body;       /* unescaped, may contain any byte */
    unsigned receive_count; /* ApproximateReceiveCount, 1 if absent */
    int64_t sent_ms;        /* SentTimestamp, wall clock in ms, 0 if absent */
    int64_t first_receive_ms;
};
void sqs_message_free(struct sqs_message *m);
DEFINE_OWNED(sqs_message);

enum { SQS_POLICY_BYTES = 8192 /* SQS's limit */, SQS_ARN_BYTES = 256 };

/* The attributes of a queue. -1 or "" if the answer does not contain them. */
struct sqs_attributes {
    char arn[SQS_ARN_BYTES];
    int visibility_s; /* the queue's own, for receives that name none */
    int retention_s;
    int max_receive_count; /* of the redrive policy; 0: there is none, no dead-letter queue */
    char dead_letter_arn[SQS_ARN_BYTES];
    char policy[SQS_POLICY_BYTES + 1]; /* JSON; truncated, so no JSON, if it is longer */
    int64_t visible, in_flight;
    int64_t created_s; /* CreatedTimestamp, since the epoch */
};

/*
 * One entry of a batch call. Input: receipt_handle, and visibility_s for ChangeMessageVisibility.
 * Output: kind, the result of this entry: FAIL_NONE, FAIL_LOST (the lease is lost), or the class of
 * its error.
 */
struct sqs_entry {
    const char *receipt_handle;
    int visibility_s;
    enum err_kind kind;
};

/* One message to send. Output: kind, as in struct sqs_entry. */
struct sqs_outgoing {
    struct span body;
    enum err_kind kind;
};

/* ---- Requests: append the body; out->overflowed is set if it is too long ---- */

struct sqs_receive {
    int max_messages; /* 1..SQS_BATCH */
    int wait_s;       /* 0..SQS_WAIT_MAX_S */
    int visibility_s;
};
void sqs_write_receive(struct buf *out, const char *queue_url, const struct sqs_receive *r);
void sqs_write_delete(struct buf *out, const char *queue_url, const struct sqs_entry *entries,
                      size_t count);
void sqs_write_visibility(struct buf *out, const char *queue_url, const struct sqs_entry *entries,
                          size_t count);
void sqs_write_send(struct buf *out, const char *queue_url, const struct sqs_outgoing *messages,
                    size_t count);
void sqs_write_get_attributes(struct buf *out, const char *queue_url);

/* ---- Responses with status 200 ---- */

struct sqs_received {
    struct sqs_message *messages[SQS_BATCH]; /* owned by the caller */
    size_t count;
    unsigned damaged; /* omitted messages: wrong MD5, no body or no handle. They are redelivered */
};
MUST_USE enum err_kind sqs_read_receive(struct span answer, struct sqs_received *out,
                                        struct err *e);

/*
 * Sets the kind of each entry. The entry at index i was sent with Id "i". An entry that the
 * response does not name gets FAIL_AGAIN. *e gets code, text and kind of the first failed entry,
 * even if the result is FAIL_NONE.
 */
MUST_USE enum err_kind sqs_read_batch(struct span answer, struct sqs_entry *entries, size_t count,
                                      struct err *e);
MUST_USE enum err_kind sqs_read_send(struct span answer, struct sqs_outgoing *messages,
                                     size_t count, struct err *e);

MUST_USE enum err_kind sqs_read_attributes(struct span answer, struct sqs_attributes *out,
                                           struct err *e);

/* ---- Errors ---- */

/* SQS's own codes, in both spellings, for codec/fault.h (research/aws.md §2.3). */
extern const struct fault_rule sqs_rules[];
extern const size_t sqs_rule_count;

/*
 * The class of InvalidParameterValue, which has three meanings that only its text distinguishes:
 * the receipt handle has expired (FAIL_LOST); 12 hours have passed since the receive (FAIL_LIMIT:
 * the lease is valid, but cannot be extended); or the request is wrong (`kind`). For all other
 * codes: `kind`.
 */
enum err_kind sqs_refine(enum err_kind kind, const char *code, const char *text);

/* The class of a failed entry of a batch. Unknown codes are FAIL_AGAIN. */
enum err_kind sqs_classify_entry(struct span code, struct span message);

#endif
