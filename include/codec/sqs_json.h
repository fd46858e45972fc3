/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs_json.h - requests and answers of SQS in AWS JSON 1.0 (research/aws.md §2).
 *
 *     sqs_write_receive(&body, url, &(struct sqs_receive){10, 20, 120});
 *     ...
 *     if (sqs_read_receive(answer, &got, e) != FAIL_NONE) ...       garbage: FAIL_AGAIN
 *
 * Tolerant as real services and emulators need it: `{}`, a list that is null or missing and an
 * empty answer all mean "nothing". An answer that is no JSON at all is FAIL_AGAIN, since a
 * proxy may have written it.
 *
 * Errors of other statuses are read by codec/fault.h with sqs_rules. Threads: no state.
 */
#ifndef CODEC_SQS_JSON_H
#define CODEC_SQS_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/fault.h"

enum {
    SQS_BATCH = 10,      /* most entries of a batch, most messages of a receive */
    SQS_WAIT_MAX_S = 20, /* longest long poll */
    SQS_VISIBILITY_MAX_S = 43200,
    SQS_HANDLE_BYTES = 8 * 1024,         /* longest receipt handle; AWS's have some hundred */
    SQS_REQUEST_BYTES = 2 * 1024 * 1024, /* most bytes of a request */
    SQS_ANSWER_BYTES = 16 * 1024 * 1024, /* ten messages of 1 MiB, escaped */
};

/* A received message. Owns its bytes; free with sqs_message_free. */
struct sqs_message {
    char *id; /* MessageId */
    char *receipt_handle;
    struct span body;       /* unescaped, any byte */
    unsigned receive_count; /* ApproximateReceiveCount, 1 if not told */
    int64_t sent_ms;        /* SentTimestamp, wall clock, 0 if not told */
    int64_t first_receive_ms;
};
void sqs_message_free(struct sqs_message *m);
DEFINE_OWNED(sqs_message);

/* The queue's own settings. 0 where there is none. */
struct sqs_attributes {
    int visibility_s;
    int retention_s;
    unsigned max_receive_count; /* 0: no dead-letter queue */
    char dead_letter_arn[256];
    uint64_t visible, in_flight;
};

/*
 * One entry of a batch call. In: receipt_handle, visibility_s (change only). Out: kind, what
 * became of this entry: FAIL_NONE, FAIL_LOST (no longer ours), or the class of its error.
 */
struct sqs_entry {
    const char *receipt_handle;
    int visibility_s;
    enum err_kind kind;
};

/* One message to send. Out: kind, as above. */
struct sqs_outgoing {
    struct span body;
    enum err_kind kind;
};

/* ---- Requests: append the body; out->overflowed if it would be too long ---- */

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

/* ---- Answers with status 200 ---- */

struct sqs_received {
    struct sqs_message *messages[SQS_BATCH]; /* the caller's */
    size_t count;
    unsigned damaged; /* left out: MD5 wrong, no body or handle. They come back by themselves */
};
MUST_USE enum err_kind sqs_read_receive(struct span answer, struct sqs_received *out,
                                        struct err *e);

/*
 * The entry at index i was sent with Id "i". An entry that the answer does not name gets
 * FAIL_AGAIN. *e gets the code and text of the first failed entry, with its kind, even when the
 * result is FAIL_NONE.
 */
MUST_USE enum err_kind sqs_read_batch(struct span answer, struct sqs_entry *entries, size_t count,
                                      struct err *e);
MUST_USE enum err_kind sqs_read_send(struct span answer, struct sqs_outgoing *messages,
                                     size_t count, struct err *e);

MUST_USE enum err_kind sqs_read_attributes(struct span answer, struct sqs_attributes *out,
                                           struct err *e);

/* ---- Errors ---- */

/* SQS's own codes, in either spelling, for codec/fault.h (research/aws.md §2.3). */
extern const struct fault_rule sqs_rules[];
extern const size_t sqs_rule_count;

/*
 * InvalidParameterValue says three things, and which one stands only in its text: the handle
 * has expired (FAIL_LOST), 12 hours since the receive are over (FAIL_LIMIT: still ours, but not
 * for longer), or a mistake of ours (`kind` as it was). All other codes: `kind`.
 */
enum err_kind sqs_refine(enum err_kind kind, const char *code, const char *text);

/* Class of a failed entry of a batch. What is unknown is FAIL_AGAIN. */
enum err_kind sqs_classify_entry(struct span code, struct span message);

#endif
