/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backfill.h - a backfill: each object of a source that is taken becomes a message in the
 * customer's queue (codec/notification_write.h), and a checkpoint is written after each page.
 *
 *     OWNED(backfill) struct backfill *b = backfill_new(&settings, keys);
 *     while ((state = backfill_next(b, now_ms, &e)) != BACKFILL_DONE) {
 *         if (state == BACKFILL_FAILED) ...
 *         if (state == BACKFILL_WAIT) ... sleep for backfill_wait_ms(b) ...
 *         ... backfill_done(b) is the progress ...
 *     }
 *
 * A process that is killed repeats at most the page that it was sending. Messages are sent one
 * after another: each of them is confirmed by SQS, or sent again. Nothing else is written in AWS.
 *
 * SQS gives messages about in the order in which they came, so a live notification waits behind
 * those of the backfill in the queue. So these are kept few: every PACE_ROOM_CHECK_MS at most,
 * queue_room messages less those that wait are sent. While SQS's count is late, still no more.
 *
 * Without a queue nothing is sent: the objects are counted. Threads: one at a time.
 */
#ifndef JOBS_BACKFILL_H
#define JOBS_BACKFILL_H

#include "jobs/checkpoint.h"
#include "jobs/keys.h"
#include "net/sqs.h"

enum { BACKFILL_PAGE = 1000 /* entries of the source between two checkpoints */ };

enum backfill_state { BACKFILL_MORE, BACKFILL_WAIT, BACKFILL_DONE, BACKFILL_FAILED };

struct backfill_settings { /* borrowed as long as the backfill */
    const struct customer_conf *customer;
    struct range range;
    struct sqs_queue *queue; /* NULL: only count */
    uint64_t per_s;          /* most messages a second; 0: no limit */
    uint64_t queue_room; /* no more are sent than keeps those in the queue below it; 0: no limit */
    const char *path;    /* of the checkpoint; NULL: none is kept */
    struct checkpoint *at; /* where the source begins; advanced */
};

struct backfill;

struct backfill *backfill_new(const struct backfill_settings *s, struct keys *keys);
void backfill_free(struct backfill *b);
DEFINE_OWNED(backfill);

/* Work for a short time. BACKFILL_FAILED: *e; the checkpoint is that of the last page. */
MUST_USE enum backfill_state backfill_next(struct backfill *b, int64_t now_ms, struct err *e);

/* After BACKFILL_WAIT: how long, and why: an error that may pass, the rate, or the queue. */
int64_t backfill_wait_ms(const struct backfill *b);

/*
 * End it before its end: the checkpoint is that of the last message that SQS confirmed with those
 * before it. A message of the batch that was being sent may be sent a second time. Nothing may
 * follow but backfill_free. False: the checkpoint is not written, *e.
 */
MUST_USE bool backfill_stop(struct backfill *b, struct err *e);

/* The error that is waited for; FAIL_NONE: none. */
const struct err *backfill_trouble(const struct backfill *b);

/*
 * Messages in the queue, if there was no room for one of this job for five seconds, or for most of
 * a period of five seconds; else 0.
 */
uint64_t backfill_crowd(const struct backfill *b);

/* What is done so far. A message is counted when SQS has confirmed it. */
const struct tally *backfill_done(const struct backfill *b);

/* The first key that was not below the prefix; "": none. */
struct span backfill_outside(const struct backfill *b);

#endif
