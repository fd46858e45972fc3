/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/redrive.h"

#include "base/alloc.h"
#include "codec/notification.h"
#include "customers/route.h"
#include "jobs/pace.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    POLL_WAIT_S = 1,
    POLL_TIMEOUT_MS = 60 * 1000,
    EMPTY_POLLS = 3,
    HELD_MAX = 100 * 1000,
    SEND_BYTES = 1024 * 1024, /* SQS's limit of a batch */
};

/* A message that goes back: to be sent, or sent and to be deleted. */
struct outbound {
    struct sqs_message *message;
    struct sqs_queue *to;
    struct redrive_group *group; /* to count it; it may be of another customer if there are many */
    bool sent;                   /* SQS has confirmed it */
    int64_t until_ms;            /* it is visible again soon after that */
};

struct redrive {
    struct redrive_settings s;
    struct routes *routes; /* of all customers, by the index of their queue */
    struct sqs_poller *poller;
    struct redrive_group *groups;
    size_t group_count;
    char **held; /* receipt handles of messages that stay */
    size_t held_count;
    struct outbound batch[SQS_BATCH];
    size_t count;
    struct pace pace;
    struct retry retry;
    int64_t wait_ms, start_ms;
    int empty_polls;
    bool cut;
};

const char *redrive_class(enum err_kind kind)
{
    return kind == FAIL_NONE ? "readable" : err_kind_name(kind);
}

/* ---- Life cycle ---- */

static size_t queue_index(const struct conf *conf, const struct queue_conf *queue)
{
    return (size_t)(queue - conf->queues);
}

struct redrive *redrive_new(const struct redrive_settings *s)
{
    struct redrive *r = mem_zeros(1, sizeof(*r));
    r->s = *s;
    r->routes = routes_new();
    for (size_t i = 0; i < s->conf->customer_count; i++) {
        const struct customer_conf *c = &s->conf->customers[i];
        routes_add(r->routes, queue_index(s->conf, c->queue), span_str(c->bucket),
                   span_str(c->prefix), i);
    }
    routes_seal(r->routes);
    r->poller = sqs_poller_new();
    r->groups = mem_zeros(REDRIVE_GROUPS, sizeof(*r->groups));
    r->start_ms = -1;
    pace_init(&r->pace, s->per_s);
    retry_init(&r->retry);
    return r;
}

static void free_batch(struct redrive *r)
{
    for (size_t i = 0; i < r->count; i++) {
        sqs_message_free(r->batch[i].message);
    }
    r->count = 0;
}

void redrive_free(struct redrive *r)
{
    if (r == NULL) {
        return;
    }
    free_batch(r);
    for (size_t i = 0; i < r->held_count; i++) {
        free(r->held[i]);
    }
    free((void *)r->held);
    sqs_poller_free(r->poller);
    routes_free(r->routes);
    free(r->groups);
    free(r);
}

int64_t redrive_wait_ms(const struct redrive *r)
{
    return r->wait_ms;
}

const struct redrive_group *redrive_groups(const struct redrive *r, size_t *count)
{
    *count = r->group_count;
    return r->groups;
}

uint64_t redrive_lost(const struct redrive *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->group_count; i++) {
        n += r->groups[i].lost;
    }
    return n;
}

bool redrive_cut(const struct redrive *r)
{
    return r->cut;
}

/* ---- Groups ---- */

static struct redrive_group *find_group(struct redrive *r, const struct redrive_group *like)
{
    for (size_t i = 0; i < r->group_count; i++) {
        struct redrive_group *g = &r->groups[i];
        if (g->customer == like->customer && g->kind == like->kind &&
            strcmp(g->code, like->code) == 0) {
            return g;
        }
    }
    if (r->group_count < REDRIVE_GROUPS) {
        r->groups[r->group_count] = *like;
        return &r->groups[r->group_count++];
    }
    return &r->groups[REDRIVE_GROUPS - 1];
}

/* The customer of a record, among those whose queue has this dead-letter queue. */
static const struct customer_conf *customer_of(const struct redrive *r,
                                               const struct notification_record *record)
{
    const struct conf *conf = r->s.conf;
    for (size_t q = 0; q < conf->queue_count; q++) {
        size_t at = r->s.queues[q] != NULL ? routes_find(r->routes, q, record->bucket, record->key)
                                           : ROUTE_NONE;
        if (at != ROUTE_NONE) {
            return &conf->customers[at];
        }
    }
    return NULL;
}

/* The first record that names an object to read; NULL: there is none. */
static const struct notification_record *first_object(const struct notification *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->records[i].what == NOTIFICATION_CREATED) {
            return &n->records[i];
        }
    }
    return NULL;
}

/* A message is judged by its first object. */
static void judge(const struct redrive *r, struct span body, struct redrive_group *out)
{
    struct err e = {0};
    *out = (struct redrive_group){.kind = FAIL_DATA};
    OWNED(notification) struct notification *n = notification_read(body, &e);
    const struct notification_record *record = n != NULL ? first_object(n) : NULL;
    if (record == NULL) {
        err_copy(out->example, sizeof(out->example),
                 n == NULL ? span_str(e.text) : SPAN("no object to read"));
        return;
    }
    char place[2 * REDRIVE_EXAMPLE_BYTES];
    (void)snprintf(
        place, sizeof(place), "s3://%.*s/%.*s",
        (int)(record->bucket.n < 63 ? record->bucket.n : 63), record->bucket.p,
        (int)(record->key.n < REDRIVE_EXAMPLE_BYTES ? record->key.n : REDRIVE_EXAMPLE_BYTES),
        record->key.p);
    err_copy(out->example, sizeof(out->example), span_str(place));
    out->customer = customer_of(r, record);
    out->kind = out->customer == NULL ? FAIL_GONE : r->s.probe(r->s.ctx, out->customer, record, &e);
    err_copy(out->code, sizeof(out->code), span_str(e.code));
}

static bool is_chosen(const struct redrive *r, const struct redrive_group *g)
{
    const char *id = r->s.only_customer;
    const char *class = r->s.only_class;
    return !r->s.dry_run && g->customer != NULL &&
           (id == NULL || strcmp(g->customer->id, id) == 0) &&
           (class == NULL || strcmp(redrive_class(g->kind), class) == 0);
}

/* ---- Receiving ---- */

static void hold(struct redrive *r, struct sqs_message *m)
{
    if (r->held_count < HELD_MAX) {
        r->held = (char **)mem_grow((void *)r->held, r->held_count + 1, sizeof(*r->held));
        r->held[r->held_count++] = mem_text(m->receipt_handle);
    }
    sqs_message_free(m);
}

/* now_ms: from before the receive. */
static void take_message(struct redrive *r, struct sqs_message *m, int64_t now_ms)
{
    struct redrive_group judged;
    judge(r, m->body, &judged);
    struct redrive_group *g = find_group(r, &judged);
    g->messages++;
    if (!is_chosen(r, &judged)) {
        hold(r, m);
        return;
    }
    size_t queue = queue_index(r->s.conf, judged.customer->queue);
    r->batch[r->count++] =
        (struct outbound){.message = m,
                          .to = r->s.queues[queue],
                          .group = g,
                          .until_ms = now_ms + REDRIVE_HIDDEN_S * 1000 - REDRIVE_MARGIN_MS};
}

static enum redrive_state fail_or_wait(struct redrive *r, const struct err *e, int64_t now_ms)
{
    r->wait_ms = retry_pause_ms(&r->retry, e, now_ms);
    return r->wait_ms > 0 ? REDRIVE_WAIT : REDRIVE_FAILED;
}

static enum redrive_state receive(struct redrive *r, int64_t now_ms, struct err *e)
{
    struct sqs_polled polled;
    sqs_poller_start(r->poller, r->s.dead, SQS_BATCH, POLL_WAIT_S, REDRIVE_HIDDEN_S, NULL);
    if (!sqs_poller_next(r->poller, POLL_TIMEOUT_MS, &polled)) {
        (void)err_set(e, FAIL_AGAIN, "sqs: no answer");
        return REDRIVE_FAILED;
    }
    if (polled.err.kind != FAIL_NONE) {
        *e = polled.err;
        return fail_or_wait(r, e, now_ms);
    }
    retry_clear(&r->retry);
    for (size_t i = 0; i < polled.count; i++) {
        take_message(r, polled.messages[i], now_ms);
    }
    r->empty_polls = polled.count == 0 ? r->empty_polls + 1 : 0;
    return r->empty_polls >= EMPTY_POLLS ? REDRIVE_DONE : REDRIVE_MORE;
}

/* ---- Sending back ---- */

/* What is visible again is received again by another command, or a later one: it is not sent here.
 */
static void drop_visible(struct redrive *r, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct outbound *b = &r->batch[i];
        if (b->sent || now_ms < b->until_ms) {
            r->batch[kept++] = *b;
        } else {
            b->group->lost++;
            sqs_message_free(b->message);
        }
    }
    r->count = kept;
}

/* Send the messages that belong to the queue of the first one that is not sent. */
static enum err_kind send_some(struct redrive *r, size_t *accepted, struct err *e)
{
    struct sqs_outgoing out[SQS_BATCH];
    struct outbound *of[SQS_BATCH];
    struct sqs_queue *to = NULL;
    size_t n = 0, bytes = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct outbound *b = &r->batch[i];
        bool fits = to == NULL || (b->to == to && b->message->body.n <= SEND_BYTES - bytes);
        if (!b->sent && fits) {
            to = b->to;
            bytes += b->message->body.n;
            of[n] = b;
            out[n++] = (struct sqs_outgoing){.body = b->message->body, .kind = FAIL_AGAIN};
        }
    }
    enum err_kind kind = n > 0 ? sqs_send(to, out, n, e) : FAIL_NONE;
    for (size_t i = 0; i < n && kind == FAIL_NONE; i++) {
        of[i]->sent = out[i].kind == FAIL_NONE;
        *accepted += of[i]->sent;
    }
    return kind != FAIL_NONE ? kind : e->kind;
}

static size_t count_sent(const struct redrive *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        n += r->batch[i].sent;
    }
    return n;
}

/* Delete the messages that SQS has confirmed, and no other. */
static enum err_kind delete_sent(struct redrive *r, struct err *e)
{
    struct sqs_entry entries[SQS_BATCH] = {{.kind = FAIL_NONE}};
    size_t n = 0, at = 0, kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->batch[i].sent) {
            entries[n++] = (struct sqs_entry){.receipt_handle = r->batch[i].message->receipt_handle,
                                              .kind = FAIL_AGAIN};
        }
    }
    enum err_kind kind = n > 0 ? sqs_delete(r->s.dead, entries, n, e) : FAIL_NONE;
    for (size_t i = 0; i < r->count; i++) {
        struct outbound *b = &r->batch[i];
        enum err_kind one = b->sent ? entries[at++].kind : FAIL_AGAIN;
        if (kind != FAIL_NONE || (one != FAIL_NONE && one != FAIL_LOST)) {
            r->batch[kept++] = *b;
        } else {
            b->group->sent++;
            b->group->lost += one == FAIL_LOST; /* it was visible again: it may be sent twice */
            sqs_message_free(b->message);
        }
    }
    r->count = kept;
    if (kind != FAIL_NONE || count_sent(r) == 0) {
        return kind;
    }
    return e->kind != FAIL_NONE ? e->kind : FAIL_AGAIN;
}

/* What is confirmed is deleted also if the send of others failed, so that it is not sent twice. */
static enum redrive_state work_off(struct redrive *r, int64_t now_ms, struct err *e)
{
    size_t accepted = 0;
    r->wait_ms = pace_wait_ms(&r->pace, now_ms);
    if (r->wait_ms > 0) {
        return REDRIVE_WAIT;
    }
    err_clear(e);
    drop_visible(r, now_ms);
    enum err_kind kind = FAIL_NONE;
    struct err of_delete = {0};
    if (count_sent(r) < r->count) {
        kind = send_some(r, &accepted, e);
        pace_spent(&r->pace, accepted, now_ms);
    }
    enum err_kind deleted = delete_sent(r, &of_delete);
    if (kind == FAIL_NONE && deleted != FAIL_NONE) {
        kind = deleted;
        *e = of_delete;
    }
    if (kind != FAIL_NONE) {
        return fail_or_wait(r, e, now_ms);
    }
    retry_clear(&r->retry);
    return REDRIVE_MORE;
}

enum redrive_state redrive_next(struct redrive *r, int64_t now_ms, struct err *e)
{
    r->wait_ms = 0;
    if (r->start_ms < 0) {
        r->start_ms = now_ms;
    }
    if (r->count > 0) {
        return work_off(r, now_ms, e);
    }
    if (now_ms - r->start_ms >= REDRIVE_RUN_MS) {
        r->cut = true;
        return REDRIVE_DONE;
    }
    return receive(r, now_ms, e);
}

/* Keep the handles of what is left of the batch after a failure. */
static void hold_batch(struct redrive *r)
{
    for (size_t i = 0; i < r->count; i++) {
        hold(r, r->batch[i].message);
    }
    r->count = 0;
}

void redrive_end(struct redrive *r)
{
    struct sqs_entry entries[SQS_BATCH];
    hold_batch(r);
    for (size_t at = 0; at < r->held_count; at += SQS_BATCH) {
        struct err ignored = {0};
        size_t n = r->held_count - at < SQS_BATCH ? r->held_count - at : SQS_BATCH;
        for (size_t i = 0; i < n; i++) {
            entries[i] = (struct sqs_entry){.receipt_handle = r->held[at + i], .visibility_s = 0};
        }
        if (sqs_change_visibility(r->s.dead, entries, n, &ignored) != FAIL_NONE) {
            return;
        }
    }
}
