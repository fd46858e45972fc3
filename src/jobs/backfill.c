/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is gathered, then sent until each of its messages is confirmed. A page ends with a batch
 * that may be smaller; then the checkpoint is written.
 */
#include "jobs/backfill.h"

#include "base/alloc.h"
#include "codec/notification_write.h"
#include "jobs/pace.h"

#include <stdlib.h>

enum { OUTSIDE_BYTES = 1024, CROWDED_MS = 5000 };

struct backfill {
    struct backfill_settings s;
    struct keys *keys;
    struct pace pace;
    struct retry retry;
    struct err trouble;
    int64_t wait_ms;
    struct buf bodies[SQS_BATCH];
    struct sqs_outgoing batch[SQS_BATCH]; /* .body: of `bodies` */
    struct tally gathered;                /* entries since the last confirmed batch */
    size_t count;                         /* messages of the batch that are not confirmed yet */
    size_t in_page;                       /* entries of the source since the last checkpoint */
    bool complete;                        /* the batch is gathered, and not counted yet */
    bool ended;                           /* the source has no more */
    uint64_t room;                        /* messages that may be sent before the queue is asked */
    int64_t ask_ms;                       /* ... again, not before then */
    int64_t full_ms;                      /* since when it has no room; 0: it has */
    int64_t period_ms;                    /* when the period began in which ... */
    int64_t blocked_ms;                   /* ... it waited for room for so long */
    int64_t asked_ms;                     /* when the queue was asked last */
    uint64_t crowd;
    struct {
        uint64_t position;
        size_t last_bytes;
        char last[CHECKPOINT_KEY_BYTES];
    } counted; /* of s.at, when what was gathered was counted last */
    struct buf outside;
};

static void note_counted(struct backfill *b)
{
    const struct checkpoint *at = b->s.at;
    b->counted.position = at->position;
    b->counted.last_bytes = at->last_bytes;
    memcpy(b->counted.last, at->last, at->last_bytes);
}

struct backfill *backfill_new(const struct backfill_settings *s, struct keys *keys)
{
    struct backfill *b = mem_zeros(1, sizeof(*b));
    b->s = *s;
    b->keys = keys;
    b->outside = (struct buf)BUF_INIT(OUTSIDE_BYTES);
    for (size_t i = 0; i < SQS_BATCH; i++) {
        b->bodies[i] = (struct buf)BUF_INIT(NOTIFICATION_DRAFT_BYTES);
    }
    pace_init(&b->pace, s->per_s);
    retry_init(&b->retry);
    note_counted(b);
    return b;
}

void backfill_free(struct backfill *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < SQS_BATCH; i++) {
        buf_done(&b->bodies[i]);
    }
    buf_done(&b->outside);
    free(b);
}

int64_t backfill_wait_ms(const struct backfill *b)
{
    return b->wait_ms;
}

const struct err *backfill_trouble(const struct backfill *b)
{
    return &b->trouble;
}

uint64_t backfill_crowd(const struct backfill *b)
{
    return b->crowd;
}

const struct tally *backfill_done(const struct backfill *b)
{
    return &b->s.at->done;
}

struct span backfill_outside(const struct backfill *b)
{
    return buf_span(&b->outside);
}

/* ---- Waiting ---- */

static enum backfill_state wait_for(struct backfill *b, int64_t ms)
{
    b->wait_ms = ms;
    return BACKFILL_WAIT;
}

/* After an error: a pause, or the end. */
static enum backfill_state retry_or_fail(struct backfill *b, const struct err *e, int64_t now_ms)
{
    int64_t pause = retry_pause_ms(&b->retry, e, now_ms);
    b->trouble = *e;
    return pause > 0 ? wait_for(b, pause) : BACKFILL_FAILED;
}

/* ---- Gathering a batch ---- */

static void add_message(struct backfill *b, const struct s3_entry *entry)
{
    const struct customer_conf *c = b->s.customer;
    struct buf *body = &b->bodies[b->count];
    if (b->s.queue != NULL) {
        buf_clear(body);
        notification_write(body, &(struct notification_draft){.bucket = span_str(c->bucket),
                                                              .key = entry->key,
                                                              .etag = entry->etag,
                                                              .region = span_str(c->region),
                                                              .job = span_str(b->s.at->job),
                                                              .size = entry->size,
                                                              .modified_ns = entry->modified_ns});
    }
    b->batch[b->count++] = (struct sqs_outgoing){.body = buf_span(body), .kind = FAIL_AGAIN};
}

static void note_last(struct checkpoint *at, struct span key)
{
    at->position++;
    at->last_bytes = key.n <= CHECKPOINT_KEY_BYTES ? key.n : 0;
    memcpy(at->last, key.p, at->last_bytes);
}

static void gather_one(struct backfill *b, const struct s3_entry *entry)
{
    enum choice c = choose(b->s.customer, &b->s.range, entry);
    tally_add(&b->gathered, c, entry);
    if (c == CHOICE_TAKEN) {
        add_message(b, entry);
    } else if (c == CHOICE_OUTSIDE && b->outside.n == 0) {
        buf_add(&b->outside,
                span_of(entry->key.p, entry->key.n < OUTSIDE_BYTES ? entry->key.n : OUTSIDE_BYTES));
    }
    note_last(b->s.at, entry->key);
    b->in_page++;
}

/* False: *e, or an interruption that is repeated. */
static bool gather(struct backfill *b, struct err *e)
{
    struct s3_entry entry;
    while (b->count < SQS_BATCH && b->in_page < BACKFILL_PAGE) {
        if (!keys_next(b->keys, &entry, e)) {
            b->ended = e->kind == FAIL_NONE;
            return b->ended;
        }
        gather_one(b, &entry);
    }
    return true;
}

/* ---- Sending it ---- */

/* It may have room from time to time, and be slow because of it. */
static void note_room(struct backfill *b, uint64_t waiting, int64_t now_ms)
{
    b->room = waiting < b->s.queue_room ? b->s.queue_room - waiting : 0;
    b->blocked_ms += b->full_ms != 0 ? now_ms - b->asked_ms : 0;
    b->asked_ms = now_ms;
    b->full_ms = b->room > 0 ? 0 : b->full_ms == 0 ? now_ms : b->full_ms;
    if (now_ms - b->period_ms >= CROWDED_MS) {
        b->crowd = 2 * b->blocked_ms > now_ms - b->period_ms ? waiting : 0;
        b->period_ms = now_ms;
        b->blocked_ms = 0;
    } else if (b->crowd != 0) {
        b->crowd = waiting;
    }
}

/*
 * How many messages of the batch the queue has room for. 0: none now; *wait_ms is when to ask
 * again, or the error is in *e.
 */
static size_t room_for(struct backfill *b, int64_t now_ms, int64_t *wait_ms, struct err *e)
{
    struct sqs_attributes a;
    if (b->s.queue_room == 0) {
        return b->count;
    }
    if (b->room == 0) {
        *wait_ms = b->ask_ms - now_ms;
        if (*wait_ms > 0 || sqs_get_attributes(b->s.queue, &a, e) != FAIL_NONE) {
            return 0;
        }
        note_room(b, a.visible > 0 ? (uint64_t)a.visible : 0, now_ms);
        b->ask_ms = now_ms + PACE_ROOM_CHECK_MS;
        *wait_ms = PACE_ROOM_CHECK_MS;
    }
    return b->room < b->count ? (size_t)b->room : b->count;
}

/* Move the rest of the batch behind those of its first messages that are not confirmed. */
static size_t keep_unconfirmed(struct backfill *b, size_t tried)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (i >= tried || b->batch[i].kind != FAIL_NONE) {
            b->batch[kept++] = b->batch[i];
        }
    }
    size_t confirmed = b->count - kept;
    b->count = kept;
    return confirmed;
}

static enum backfill_state send_batch(struct backfill *b, int64_t now_ms, struct err *e)
{
    int64_t wait_ms = pace_wait_ms(&b->pace, now_ms);
    if (wait_ms > 0) {
        return wait_for(b, wait_ms);
    }
    err_clear(e);
    size_t count = room_for(b, now_ms, &wait_ms, e);
    if (count == 0) {
        return e->kind != FAIL_NONE ? retry_or_fail(b, e, now_ms) : wait_for(b, wait_ms);
    }
    if (sqs_send(b->s.queue, b->batch, count, e) != FAIL_NONE) {
        return retry_or_fail(b, e, now_ms);
    }
    size_t sent = keep_unconfirmed(b, count);
    pace_spent(&b->pace, sent, now_ms);
    b->room -= b->s.queue_room != 0 ? sent : 0;
    if (sent < count) {
        return retry_or_fail(b, e, now_ms);
    }
    return BACKFILL_MORE;
}

/* ---- A page ---- */

static void count_gathered(struct backfill *b)
{
    struct tally *done = &b->s.at->done;
    for (int c = 0; c < CHOICES; c++) {
        done->objects[c] += b->gathered.objects[c];
    }
    done->bytes += b->gathered.bytes;
    b->gathered = (struct tally){.bytes = 0};
    b->count = 0;
    b->complete = false;
    note_counted(b);
}

static bool end_page(struct backfill *b, struct err *e)
{
    b->in_page = 0;
    b->s.at->finished = b->ended;
    return b->s.path == NULL || checkpoint_save(b->s.path, b->s.at, e) == FAIL_NONE;
}

bool backfill_stop(struct backfill *b, struct err *e)
{
    struct checkpoint *at = b->s.at;
    at->position = b->counted.position;
    at->last_bytes = b->counted.last_bytes;
    memcpy(at->last, b->counted.last, b->counted.last_bytes);
    return b->s.path == NULL || checkpoint_save(b->s.path, at, e) == FAIL_NONE;
}

enum backfill_state backfill_next(struct backfill *b, int64_t now_ms, struct err *e)
{
    b->wait_ms = 0;
    if (!b->complete && !gather(b, e)) {
        return retry_or_fail(b, e, now_ms);
    }
    b->complete = true;
    if (b->count > 0 && b->s.queue != NULL) {
        enum backfill_state state = send_batch(b, now_ms, e);
        if (state != BACKFILL_MORE || b->count > 0) {
            return state;
        }
    }
    count_gathered(b);
    retry_clear(&b->retry);
    err_clear(&b->trouble);
    if ((b->in_page >= BACKFILL_PAGE || b->ended) && !end_page(b, e)) {
        return BACKFILL_FAILED;
    }
    return b->ended ? BACKFILL_DONE : BACKFILL_MORE;
}
