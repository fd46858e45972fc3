/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_records.c - notification ▸ route ▸ object.
 *
 * The records of a notification are processed in order. Each has an outcome from the table, and the
 * message gets the worst of them. A record without a customer that may be read has its log line and
 * its count here, the others in lane_object.c.
 */
#include "lane_priv.h"

#include "base/log.h"
#include "customers/filter.h"
#include "customers/not_ours.h"
#include "flow/folder.h"
#include "flow/mismatch.h"
#include "flow/returned.h"

#include <stdio.h>

enum { NEXT_BYTES = 256 };

/* A message that is left, or records of it. */
struct left {
    const struct outcome_rule *rule;
    const char *reason, *detail;
    const char *advice; /* for the operator; NULL: that of the rule */
    int delay_s;
};

static bool may_log(const struct lane *l, struct log_rate *lines)
{
    return log_rate_allows(lines, clock_mono_ms(l->parts.clock));
}

static void log_left(struct lane *l, const struct inflight *m, const struct left *left)
{
    char next[NEXT_BYTES];
    if (!may_log(l, customers_no_one_lines(l->parts.customers, m->queue))) {
        return;
    }
    (void)snprintf(next, sizeof(next), "%s%s%s", left->rule->next, left->advice != NULL ? "; " : "",
                   left->advice != NULL ? left->advice : "");
    log_write(LOG_WARN, "notification left", KV_STR("reason", left->reason),
              KV_STR("queue", m->queue_name), KV_STR("message_id", m->id),
              KV_SET_SPAN("object", buf_span(&l->attempt->object)),
              KV_KNOWN("records", m->left_count > 1 ? (int64_t)m->left_count : -1),
              KV_INT("receive_count", m->receive_count), KV_INT("retry_after_s", left->delay_s),
              KV_STR("detail", left->detail), KV_STR("next", next));
}

static void leave_unread(struct lane *l, struct inflight *m)
{
    struct left left = {.rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_DATA),
                        .reason = "unreadable",
                        .detail = m->unread.text};
    left.delay_s = outcome_delay_s(left.rule, m->receive_count, &l->rng);
    stats_add(&l->parts.stats->unreadable, 1);
    inflight_because(m, left.rule);
    inflight_worsen(m, left.rule->outcome, left.delay_s);
    log_left(l, m, &left);
}

/*
 * An object without a customer is never read. The last receive produces a reject with the reason.
 * The message has one log line for all of them (log_not_ours).
 */
static void lane_not_ours(struct lane *l, struct inflight *m, struct span key)
{
    struct buf why = BUF_INIT(NOT_OURS_BYTES);
    struct object_place place = {m->queue, l->attempt->record->bucket, key, m->notification->form};
    enum not_ours reason = customers_not_ours(l->parts.customers, &place, &why);
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_GONE);
    int delay_s = outcome_delay_s(rule, m->receive_count, &l->rng);
    stats_add(&l->parts.stats->not_ours[reason], 1);
    if (inflight_last_delivery(m)) {
        lane_last_reject(l, REJECT_NOT_OURS, why.p);
    }
    inflight_because(m, rule);
    inflight_worsen(m, rule->outcome, delay_s);
    if (m->left_count++ == 0) {
        m->left_first = (size_t)(l->attempt->record - m->notification->records);
        m->left_delay_s = delay_s;
    }
    buf_done(&why);
}

/*
 * The customer of an object; the caller keeps its reference. A message that was received before its
 * customer was removed or changed holds that customer, and ends with it.
 */
static struct customer *find_customer(const struct lane *l, const struct inflight *m,
                                      struct span bucket, struct span key)
{
    struct customer *c =
        customers_find(l->parts.customers, m->queue, bucket, key, m->notification->form);
    for (const struct inflight_customer *held = &m->first; c == NULL && held != NULL;
         held = held->next) {
        if (held->customer != NULL && customer_has(held->customer, m->queue, bucket, key)) {
            c = customer_hold(held->customer);
        }
    }
    return c;
}

static void lane_paused(struct lane *l, struct inflight *m, struct customer *c)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_DENIED);
    int delay = outcome_delay_s(rule, m->receive_count, &l->rng);
    struct err why;
    int64_t not_tried_ms = customer_paused_why(c, &why);
    int64_t probe_ms = customer_probe_in_ms(c);
    inflight_because(m, rule);
    inflight_worsen(m, rule->outcome, delay);
    if (rule->reject && inflight_last_delivery(m)) {
        lane_last_error_reject(l, "the customer is paused: ", &why);
    }
    stats_add(&c->stats->objects_later, 1);
    customer_returned_unread(c, &why);
    returned_object(m, c, l->attempt->record, &why, l->parts.clock);
    if (!may_log(l, c->lines)) {
        return;
    }
    log_write(LOG_INFO, "object later", KV_SPAN("customer", c->id),
              KV_SPAN("object", buf_span(&l->attempt->object)), KV_STR("reason", "paused"),
              KV_ERR(&why), KV_INT("not_tried_s", not_tried_ms / 1000),
              KV_KNOWN("next_probe_s", probe_ms < 0 ? -1 : probe_ms / 1000),
              KV_INT("receive_count", m->receive_count), KV_INT("retry_after_s", delay),
              KV_STR("next", rule->next));
}

static void skip_folder(struct lane *l, struct customer *c)
{
    stats_add(&c->stats->skipped[SKIP_FOLDER], 1);
    if (may_log(l, c->lines)) {
        log_write(LOG_INFO, "folder marker skipped", KV_SPAN("customer", c->id),
                  KV_SPAN("object", buf_span(&l->attempt->object)));
    }
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
    if (!lane_try(l, &action, &e)) {
        return;
    }
    if (a->not_empty) {
        customer_went_well(a->customer);
        disown_object(l, m);
        lane_not_ours(l, m, a->record->key);
    } else if (e.kind == FAIL_NONE && a->object_bytes == 0) {
        customer_went_well(a->customer);
        skip_folder(l, a->customer);
    } else {
        lane_finish(l, &action, &e);
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
    uint64_t now = (uint64_t)clock_wall_ms(l->parts.clock);
    if (!m->lower) { /* a message of a backfill does not say that the bucket notifies */
        stats_set(&c->stats->notified_ms, now);
    } else {
        stats_backfill(c->stats, (int64_t)now);
    }
    if (stats_get(&c->stats->undelivered_ms) == 0) {
        stats_set(&c->stats->undelivered_ms, now);
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
    l->attempt->probe = customer_paused(c);
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
    lane_set_customer(l, c);
    log_thread_all(c != NULL && customer_is_debugged(c));
    lane_named(l, m, c, key, folder);
    delivery_release(a->delivery);
}

/* The one line about the message's records without a customer: the first of them, and how many. */
static void log_not_ours(struct lane *l, struct inflight *m)
{
    struct folder_room room;
    struct buf why = BUF_INIT(NOT_OURS_BYTES);
    const struct notification_record *record = &m->notification->records[m->left_first];
    struct object_place place = {m->queue, record->bucket, owner_key(record, &room),
                                 m->notification->form};
    struct customer *c = find_customer(l, m, place.bucket, place.key);
    place.key =
        c != NULL ? record->key : place.key; /* its name is that of a folder, but it is none */
    customer_release(c);
    enum not_ours reason = customers_not_ours(l->parts.customers, &place, &why);
    attempt_set_object(l->attempt, m, record);
    log_left(l, m,
             &(struct left){.rule = outcome_rule(ABOUT_NOTIFICATION, FAIL_GONE),
                            .reason = not_ours_name(reason),
                            .detail = why.p,
                            .advice = not_ours_advice(reason),
                            .delay_s = m->left_delay_s});
    buf_done(&why);
}

/* The class of the customer that the record belongs to; that of the queue if there is none. */
static size_t class_of(const struct lane *l, const struct inflight *m,
                       const struct notification_record *record)
{
    struct folder_room room;
    struct customer *c = find_customer(l, m, record->bucket, owner_key(record, &room));
    size_t sched_class =
        c != NULL ? c->sched_class : customers_queue_class(l->parts.customers, m->queue);
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

/* Return to the record that is read again when the message is taken again. */
static void put_record_back(struct lane *l, struct inflight *m)
{
    struct customer *c = l->attempt->customer;
    l->attempt->put_back = false;
    m->next_record--;
    stats_add(&c->stats->objects_put_back, 1);
    if (may_log(l, c->lines)) {
        log_write(LOG_INFO, "object put back", KV_SPAN("customer", c->id),
                  KV_SPAN("object", buf_span(&l->attempt->object)),
                  KV_INT("events", l->attempt->events), KV_INT("bytes", l->attempt->object_bytes),
                  KV_STR("next", "others wait for its lane, and it takes long: it is read again "
                                 "from its beginning in a lane for long objects; its events so "
                                 "far come twice, with the same ids"));
    }
}

bool lane_process(struct lane *l, struct inflight *m)
{
    buf_clear(&l->attempt->object);
    if (m->notification == NULL) {
        leave_unread(l, m);
    }
    if (m->notification != NULL && m->next_record == 0 && !m->heavy) {
        stats_add(&l->parts.stats->skipped[SKIP_REPEATED], m->notification->repeats);
    }
    size_t count = m->notification != NULL ? m->notification->count : 0;
    while (m->next_record < count) {
        if (inflight_lost(m) != NULL) {
            inflight_because(m, outcome_rule(ABOUT_OBJECT, FAIL_LOST));
            inflight_worsen(m, OUTCOME_LATER, DELAY_FIRST_S);
            break;
        }
        lane_record(l, m, &m->notification->records[m->next_record++]);
        if (l->attempt->put_back) {
            put_record_back(l, m);
            lane_set_customer(l, NULL);
            return false;
        }
        if (m->next_record < count && class_changes(l, m)) {
            lane_set_customer(l, NULL);
            return false;
        }
    }
    lane_set_customer(l, NULL);
    if (m->notification != NULL && m->left_count > 0) {
        log_not_ours(l, m);
    }
    inflight_slim(m);
    if (inflight_release(m, NULL)) {
        inflight_settle(m);
    }
    return true;
}
