/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - notification ▸ route ▸ attempt ▸ outcome.
 *
 * The records of a notification are processed in order. Each has an outcome from the table, and the
 * message gets the worst of them. Each outcome is one log line and one count.
 */
#include "flow/lane.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "customers/filter.h"
#include "customers/not_ours.h"
#include "flow/attempt.h"
#include "flow/folder.h"
#include "flow/mismatch.h"

#include <stdio.h>
#include <stdlib.h>

enum { NEXT_BYTES = 256 };

struct lane {
    struct lane_parts parts;
    struct attempt_parts attempt_parts;
    struct attempt *attempt;
    struct rng rng;
    struct pulse pulse;
    struct turn turn;
    pthread_t thread;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t ended; /* stopped or done */
        bool stopped;
        bool done;                 /* the thread has finished its work */
        struct customer *customer; /* of the current object, with a reference; NULL: none */
    } shared;
};

struct lane *lane_new(const struct lane_parts *parts)
{
    struct lane *l = mem_zeros(1, sizeof(*l));
    l->parts = *parts;
    l->attempt_parts = (struct attempt_parts){
        .produce = {.conf = parts->conf,
                    .customers = parts->customers,
                    .sink = parts->sink,
                    .rejects = parts->rejects,
                    .stats = parts->stats,
                    .clock = parts->clock,
                    .pulse = &l->pulse},
        .turns = parts->turns,
        .turn = &l->turn,
        .s3 = parts->s3,
        .normalize = parts->normalize,
    };
    turn_init(&l->turn, &l->pulse);
    l->attempt = attempt_new(&l->attempt_parts);
    rng_init_random(&l->rng);
    mutex_init(&l->shared.lock);
    cond_init(&l->shared.ended);
    return l;
}

void lane_free(struct lane *l)
{
    if (l == NULL) {
        return;
    }
    attempt_free(l->attempt);
    turn_done(&l->turn);
    mutex_done(&l->shared.lock);
    cond_done(&l->shared.ended);
    free(l);
}

/* ---- Outcomes ---- */

static void end_delivery(struct lane *l, const struct outcome_action *action, const struct err *e)
{
    const struct attempt *a = l->attempt;
    delivery_read(a->delivery, &(struct delivery_end){
                                   .action = action,
                                   .err = e,
                                   .damage = a->damage.kind != FAIL_NONE ? a->damage.text : "",
                                   .version = a->meta.version,
                                   .notified = attempt_notified_version(a),
                                   .lines = a->lines,
                                   .events = a->events,
                                   .rejects = a->rejects,
                                   .bytes = a->object_bytes,
                                   .text_bytes = attempt_text_bytes(a),
                               });
}

static void judge_customer(struct lane *l, const struct err *e)
{
    static const enum customer_party parties[OUTCOME_SUBJECTS] = {[ABOUT_OBJECT] = CUSTOMER_S3,
                                                                  [ABOUT_ROLE] = CUSTOMER_ROLE,
                                                                  [ABOUT_DELIVERY] =
                                                                      CUSTOMER_TOPIC};
    struct attempt *a = l->attempt;
    if (e->kind == FAIL_NONE || (a->started && a->subject == ABOUT_OBJECT)) {
        customer_went_well(a->customer);
        return;
    }
    const struct outcome_rule *rule = outcome_rule(a->subject, e->kind);
    customer_refused(a->customer,
                     &(struct customer_refusal){.party = parties[a->subject],
                                                .mark = rule->mark,
                                                .about = a->record->key,
                                                .next = rule->next},
                     e);
}

/* Wait for `ms`, or until the lane is stopped. */
static void lane_pause(struct lane *l, unsigned ms)
{
    int64_t end = clock_mono_ms(&clock_system) + (int64_t)ms;
    mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.stopped && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    mutex_unlock(&l->shared.lock);
}

/* Produce the reject that reports why no further event of this object follows. */
static void last_reject(struct lane *l, enum reject_reason reason, const char *detail)
{
    struct err e = {.kind = FAIL_NONE};
    if (attempt_reject(l->attempt, reason, span_str(detail), 0, &e) == FAIL_NONE) {
        return;
    }
    log_write(LOG_WARN, "reject not produced", KV_SPAN("object", buf_span(&l->attempt->object)),
              KV_ERR(&e), KV_STR("next", "no reject states why the object was not read"));
}

/* Produce the rejects of an unreadable object that waited for an event. */
static void last_rejects(struct lane *l)
{
    struct err e = {.kind = FAIL_NONE};
    if (attempt_release(l->attempt, &e) != FAIL_NONE) {
        log_write(LOG_WARN, "rejects not produced",
                  KV_SPAN("object", buf_span(&l->attempt->object)), KV_ERR(&e),
                  KV_STR("next", "no rejects state why the object was not read"));
    }
}

/* before: text before the error. */
static void last_error_reject(struct lane *l, const char *before, const struct err *why)
{
    char detail[sizeof(why->code) + sizeof(why->text) + 64];
    (void)snprintf(detail, sizeof(detail), "%s%s%s%s: %s", before, err_kind_name(why->kind),
                   why->code[0] != '\0' ? " " : "", why->code, why->text);
    last_reject(l, REJECT_OBJECT, detail);
}

static enum err_kind reject_bomb(struct lane *l, struct err *e)
{
    struct err why = *e;
    enum err_kind kind = attempt_reject(l->attempt, REJECT_BOMB, span_str(why.text),
                                        attempt_text_bytes(l->attempt), e);
    if (kind == FAIL_NONE) {
        *e = why;
    }
    return e->kind;
}

/* The customer accepts unreadable objects: produce the one reject of it. */
static enum err_kind reject_unreadable(struct lane *l, struct err *e)
{
    char detail[sizeof(e->text) + 16];
    struct err why = *e;
    (void)snprintf(detail, sizeof(detail), "%s: %s", err_kind_name(why.kind), why.text);
    if (attempt_reject(l->attempt, REJECT_OBJECT, span_str(detail), 0, e) == FAIL_NONE) {
        *e = why;
    }
    return e->kind;
}

/* Whether the customer accepts that the object has no events. */
static bool is_accepted(const struct customer_conf *conf, enum err_kind kind)
{
    return (kind == FAIL_GONE && conf->gone == ABSENT_ACCEPT) ||
           (kind == FAIL_ARCHIVED && conf->archived == ABSENT_ACCEPT) ||
           (kind == FAIL_FORMAT && conf->unreadable == ABSENT_ACCEPT);
}

/* Make attempts at an object until the outcome table requires no further one in this receive. */
static void lane_try(struct lane *l, struct outcome_action *action, struct err *e)
{
    struct attempt *a = l->attempt;
    struct outcome_case c = {.receive_count = a->inflight->receive_count,
                             .last = inflight_last_delivery(a->inflight)};
    turns_start(l->parts.turns, &l->turn, a->inflight->sched_class);
    do {
        c.kind = attempt_run(a, e);
        if (c.kind == FAIL_LIMIT && a->subject == ABOUT_OBJECT) {
            c.kind = reject_bomb(l, e);
            c.last = false; /* the object already has another reject */
        }
        c.accept = a->subject == ABOUT_OBJECT && is_accepted(a->customer->conf, c.kind);
        if (c.accept && c.kind == FAIL_FORMAT) {
            c.kind = reject_unreadable(l, e);
        }
        c.subject = a->subject;
        c.produced = a->events + a->rejects != 0;
        outcome_decide(&c, &l->rng, action);
        c.tries++;
        if (action->again_now) {
            lane_pause(l, action->pause_ms);
        }
    } while (action->again_now);
    turns_end(l->parts.turns, &l->turn);
}

static void finish_object(struct lane *l, const struct outcome_action *action, struct err *e)
{
    mismatch_explain(l->attempt->record, l->attempt->customer, l->attempt->subject, e);
    judge_customer(l, e);
    if (action->reject && e->kind == FAIL_FORMAT) {
        last_rejects(l);
    }
    if (action->reject) {
        last_error_reject(l, "", e);
    }
    inflight_worsen(l->attempt->inflight, action->outcome, action->delay_s);
    end_delivery(l, action, e);
}

static void lane_object(struct lane *l)
{
    struct outcome_action action;
    struct err e = {.kind = FAIL_NONE};
    lane_try(l, &action, &e);
    finish_object(l, &action, &e);
}

/* ---- Records of a notification ---- */

/* advice: for the operator; NULL: that of the table's row. */
static void leave_message(struct lane *l, struct inflight *m, enum err_kind kind,
                          const struct log_kv *reason, const char *detail, const char *advice)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTIFICATION, kind);
    int delay = outcome_delay_s(rule, m->receive_count, &l->rng);
    char next[NEXT_BYTES];
    (void)snprintf(next, sizeof(next), "%s%s%s", rule->next, advice != NULL ? "; " : "",
                   advice != NULL ? advice : "");
    inflight_worsen(m, rule->outcome, delay);
    log_write(LOG_WARN, "notification left", *reason,
              KV_STR("queue", l->parts.conf->queues[m->queue].name), KV_STR("message_id", m->id),
              KV_SET_SPAN("object", buf_span(&l->attempt->object)),
              KV_INT("receive_count", m->receive_count), KV_INT("retry_after_s", delay),
              KV_STR("detail", detail), KV_STR("next", next));
}

/*
 * An object without a customer is never read. The last receive produces a reject with the reason.
 */
static void lane_not_ours(struct lane *l, struct inflight *m, struct span key)
{
    struct buf why = BUF_INIT(NOT_OURS_BYTES);
    struct object_place place = {m->queue, l->attempt->record->bucket, key, m->notification->form};
    enum not_ours reason = customers_not_ours(l->parts.customers, &place, &why);
    stats_add(&l->parts.stats->not_ours[reason], 1);
    if (inflight_last_delivery(m)) {
        last_reject(l, REJECT_NOT_OURS, why.p);
    }
    leave_message(l, m, FAIL_GONE, &KV_STR("reason", not_ours_name(reason)), why.p,
                  not_ours_advice(reason));
    buf_done(&why);
}

/* Set the customer of the current object; takes ownership of the reference. */
static void set_customer(struct lane *l, struct customer *c)
{
    mutex_lock(&l->shared.lock);
    struct customer *before = l->shared.customer;
    l->shared.customer = c;
    mutex_unlock(&l->shared.lock);
    customer_release(before);
}

/* The caller keeps its reference. */
static struct customer *find_customer(const struct lane *l, const struct inflight *m,
                                      struct span bucket, struct span key)
{
    return customers_find(l->parts.customers, m->queue, bucket, key, m->notification->form);
}

static void lane_paused(struct lane *l, struct inflight *m, struct customer *c)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_DENIED);
    int delay = outcome_delay_s(rule, m->receive_count, &l->rng);
    struct err why;
    customer_paused_why(c, &why);
    inflight_worsen(m, rule->outcome, delay);
    if (rule->reject && inflight_last_delivery(m)) {
        last_error_reject(l, "the customer is paused: ", &why);
    }
    stats_add(&c->stats->objects_later, 1);
    log_write(LOG_INFO, "object later", KV_SPAN("customer", c->id),
              KV_SPAN("object", buf_span(&l->attempt->object)), KV_STR("reason", "paused"),
              KV_ERR(&why), KV_INT("receive_count", m->receive_count),
              KV_INT("retry_after_s", delay), KV_STR("next", rule->next));
}

static void skip_folder(struct lane *l, struct customer *c)
{
    stats_add(&c->stats->skipped[SKIP_FOLDER], 1);
    log_write(LOG_INFO, "folder marker skipped", KV_SPAN("customer", c->id),
              KV_SPAN("object", buf_span(&l->attempt->object)));
}

/* The object matched a customer, but does not belong to it: its reject has no customer. */
static void disown_object(struct lane *l, struct inflight *m)
{
    struct attempt *a = l->attempt;
    struct delivery *before = a->delivery;
    attempt_set_delivery(a, delivery_new(m, NULL, buf_span(&a->object), l->parts.clock));
    delivery_release(before);
}

/* At level debug only: a customer's patterns may exclude most of the bucket. */
static void skip_ignored(struct lane *l, struct customer *c)
{
    stats_add(&c->stats->skipped[SKIP_IGNORED], 1);
    log_write(LOG_DEBUG, "object ignored", KV_SPAN("customer", c->id),
              KV_SPAN("object", buf_span(&l->attempt->object)));
}

/*
 * An object with the name of a folder marker and of unknown size. If it is empty, it is skipped.
 * Else it is processed as any other object, and its key must be below the prefix.
 */
static void lane_folder(struct lane *l, struct inflight *m)
{
    struct attempt *a = l->attempt;
    struct outcome_action action;
    struct err e = {.kind = FAIL_NONE};
    struct customer *below = find_customer(l, m, a->record->bucket, a->record->key);
    a->empty_only = below == NULL;
    customer_release(below);
    lane_try(l, &action, &e);
    if (a->not_empty) {
        customer_went_well(a->customer);
        disown_object(l, m);
        lane_not_ours(l, m, a->record->key);
    } else if (e.kind == FAIL_NONE && a->object_bytes == 0) {
        customer_went_well(a->customer);
        skip_folder(l, a->customer);
    } else {
        finish_object(l, &action, &e);
    }
}

static bool maybe_folder(const struct notification_record *record)
{
    return record->size <= 0 && folder_named(record->key);
}

/*
 * The key by which the record's customer is found. The key of a prefix's folder marker is not below
 * that prefix.
 */
static struct span owner_key(const struct notification_record *record, struct folder_room *room)
{
    return maybe_folder(record) ? folder_inside(record->key, room) : record->key;
}

/* Process a record whose customer is known. key: as in the search for the customer. */
static void lane_named(struct lane *l, struct inflight *m, struct customer *c, struct span key,
                       bool folder)
{
    const struct notification_record *record = l->attempt->record;
    if (c == NULL) {
        lane_not_ours(l, m, key);
        return;
    }
    if (folder && record->size == 0) {
        skip_folder(l, c);
        return;
    }
    if (filter_ignores(c->conf, record->key)) {
        skip_ignored(l, c);
        return;
    }
    mismatch_warn(record, c);
    if (!customer_allowed(c)) {
        lane_paused(l, m, c);
        return;
    }
    if (folder) {
        lane_folder(l, m);
    } else {
        lane_object(l);
    }
}

static void lane_record(struct lane *l, struct inflight *m,
                        const struct notification_record *record)
{
    struct folder_room room;
    struct attempt *a = l->attempt;
    if (record->what != NOTIFICATION_CREATED) {
        stats_add(&l->parts.stats->skipped[SKIP_EVENT], 1);
        log_write(LOG_DEBUG, "event skipped", KV_STR("message_id", m->id),
                  KV_STR("event", record->what == NOTIFICATION_TEST ? "s3:TestEvent" : "other"));
        return;
    }
    attempt_set_object(a, m, record);
    bool folder = maybe_folder(record);
    struct span key = owner_key(record, &room);
    struct customer *c = find_customer(l, m, record->bucket, key);
    attempt_set_delivery(a, delivery_new(m, c, buf_span(&a->object), l->parts.clock));
    set_customer(l, c);
    lane_named(l, m, c, key, folder);
    delivery_release(a->delivery);
}

/* The class of the customer that the record belongs to; that of the queue if there is none. */
static size_t class_of(const struct lane *l, const struct inflight *m,
                       const struct notification_record *record)
{
    struct folder_room room;
    struct customer *c = find_customer(l, m, record->bucket, owner_key(record, &room));
    size_t sched_class = c != NULL ? l->parts.conf->queue_count + c->slot : m->queue;
    customer_release(c);
    return sched_class;
}

/* True: the next record is of another class than the one that the lane works for. */
static bool class_changes(const struct lane *l, struct inflight *m)
{
    size_t before = m->sched_class;
    m->sched_class = class_of(l, m, &m->notification->records[m->next_record]);
    return m->sched_class != before;
}

bool lane_process(struct lane *l, struct inflight *m)
{
    buf_clear(&l->attempt->object);
    if (m->notification == NULL) {
        stats_add(&l->parts.stats->unreadable, 1);
        leave_message(l, m, FAIL_DATA, &KV_STR("reason", "unreadable"), m->unread.text, NULL);
    }
    size_t count = m->notification != NULL ? m->notification->count : 0;
    while (m->next_record < count) {
        if (inflight_lost(m) != NULL) {
            inflight_worsen(m, OUTCOME_LATER, DELAY_FIRST_S);
            break;
        }
        lane_record(l, m, &m->notification->records[m->next_record++]);
        if (m->next_record < count && class_changes(l, m)) {
            set_customer(l, NULL);
            return false;
        }
    }
    set_customer(l, NULL);
    inflight_slim(m);
    if (inflight_release(m, NULL)) {
        inflight_settle(m);
    }
    return true;
}

void lane_delivered(const struct sink_report *r)
{
    struct delivery *d = r->tag;
    produce_delivered(d->customer, r->bytes, r->err);
    delivery_reported(d, r);
}

/* ---- The thread ---- */

static void *lane_run(void *arg)
{
    struct lane *l = arg;
    struct inflight *m = NULL;
    while ((m = inbox_take(l->parts.inbox)) != NULL) {
        size_t sched_class = m->sched_class;
        int64_t began = clock_mono_ms(l->parts.clock);
        pulse_set(&l->pulse, PULSE_WORK, clock_mono_ms(l->parts.clock));
        bool over = lane_process(l, m); /* if true, m may be freed already */
        while (!over && !inbox_put_back(l->parts.inbox, m, sched_class,
                                        clock_mono_ms(l->parts.clock) - began)) {
            over = lane_process(l, m); /* the worker stops: no further turns */
        }
        pulse_set(&l->pulse, PULSE_IDLE, clock_mono_ms(l->parts.clock));
        if (over) {
            inbox_finished(l->parts.inbox, sched_class, clock_mono_ms(l->parts.clock) - began);
        }
    }
    mutex_lock(&l->shared.lock);
    l->shared.done = true;
    cond_broadcast(&l->shared.ended);
    mutex_unlock(&l->shared.lock);
    return NULL;
}

void lane_start(struct lane *l)
{
    thread_start(&l->thread, "lane", lane_run, l);
}

const struct pulse *lane_pulse(const struct lane *l)
{
    return &l->pulse;
}

struct customer *lane_customer(struct lane *l)
{
    mutex_lock(&l->shared.lock);
    struct customer *c = customer_hold(l->shared.customer);
    mutex_unlock(&l->shared.lock);
    return c;
}

void lane_stop(struct lane *l)
{
    mutex_lock(&l->shared.lock);
    l->shared.stopped = true;
    cond_broadcast(&l->shared.ended);
    mutex_unlock(&l->shared.lock);
    attempt_stop(l->attempt);
}

bool lane_wait(struct lane *l, int timeout_ms)
{
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.done && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    bool done = l->shared.done;
    mutex_unlock(&l->shared.lock);
    return done;
}

void lane_join(struct lane *l)
{
    thread_join(l->thread);
}
