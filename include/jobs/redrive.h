/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redrive.h - reads a dead-letter queue, groups its messages by customer, class and AWS's code, and
 * sends the chosen ones back to their queues.
 *
 *     OWNED(redrive) struct redrive *r = redrive_new(&settings);
 *     while ((state = redrive_next(r, now_ms, &e)) == REDRIVE_MORE || state == REDRIVE_WAIT) ...
 *     ... redrive_groups(r, &count) ...
 *
 * A message is deleted only after SQS has confirmed that it was sent. A process that is killed
 * loses nothing: what it had received is visible again after REDRIVE_HIDDEN_S, and what it had sent
 * and not yet deleted is sent twice. Messages that are not chosen are made visible again at the
 * end.
 *
 * Threads: one at a time.
 */
#ifndef JOBS_REDRIVE_H
#define JOBS_REDRIVE_H

#include "conf/conf.h"
#include "net/sqs.h"

enum {
    REDRIVE_HIDDEN_S = 600,         /* visibility timeout of a message that was received */
    REDRIVE_MARGIN_MS = 10 * 1000,  /* a message is not sent if it is visible again so soon */
    REDRIVE_RUN_MS = 8 * 60 * 1000, /* it ends before the first ones are visible again */
    REDRIVE_EXAMPLE_BYTES = 200,
    REDRIVE_GROUPS = 1000, /* most groups; further messages are counted in the last one */
};

enum redrive_state { REDRIVE_MORE, REDRIVE_WAIT, REDRIVE_DONE, REDRIVE_FAILED };

/* The messages of one customer that fail for the same reason. */
struct redrive_group {
    const struct customer_conf *customer; /* NULL: of none */
    enum err_kind kind;                   /* FAIL_NONE: its object can be read now */
    char code[64];                        /* AWS's, of the first one; "" if none */
    char example[REDRIVE_EXAMPLE_BYTES];  /* "s3://bucket/key", or why it cannot be read */
    uint64_t messages, sent;
    uint64_t lost; /* of messages: visible again before they were deleted, so they are still in the
                      dead-letter queue. One that was sent by then is in `sent`, too */
};

struct redrive_settings { /* borrowed as long as the job */
    const struct conf *conf;
    struct sqs_queue *dead;    /* the dead-letter queue */
    struct sqs_queue **queues; /* by index of conf->queues; NULL: its dead letters are elsewhere */
    const char *only_customer; /* id; NULL: all */
    const char *only_class;    /* err_kind_name, "readable"; NULL: all */
    bool dry_run;
    uint64_t per_s;
    /* Whether the object can be read now. */
    enum err_kind (*probe)(void *ctx, const struct customer_conf *customer,
                           const struct notification_record *record, struct err *e);
    void *ctx;
};

struct redrive;

struct redrive *redrive_new(const struct redrive_settings *s);
void redrive_free(struct redrive *r);
DEFINE_OWNED(redrive);

/* Receive and process up to ten messages. REDRIVE_DONE: the queue is empty, or the time is over. */
MUST_USE enum redrive_state redrive_next(struct redrive *r, int64_t now_ms, struct err *e);
int64_t redrive_wait_ms(const struct redrive *r);

/* Make what was not sent visible again. Errors are ignored: it becomes visible by itself. */
void redrive_end(struct redrive *r);

/* In the order of their first message. */
const struct redrive_group *redrive_groups(const struct redrive *r, size_t *count);

/* Messages of all groups that are `lost`: whose receipt handle, or time of being hidden, ended. */
uint64_t redrive_lost(const struct redrive *r);

/* Whether the time was over before the queue was empty. */
bool redrive_cut(const struct redrive *r);

/* "readable" for FAIL_NONE, else err_kind_name. */
const char *redrive_class(enum err_kind kind);

#endif
