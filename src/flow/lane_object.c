/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_object.c - one object: attempts, until the outcome table requires no further one, then its
 * outcome: the customer's breaker, the rejects of a last receive, one log line and one count.
 */
#include "lane_priv.h"

#include "base/log.h"
#include "flow/mismatch.h"

#include <stdio.h>

/* NULL: it was no probe. */
static const char *probe_text(const struct attempt *a)
{
    if (!a->probe) {
        return NULL;
    }
    return customer_paused(a->customer) ? "failed, the customer stays paused" : "succeeded";
}

/* It was read in part. */
static void put_delivery_back(struct lane *l)
{
    const struct attempt *a = l->attempt;
    delivery_put_back(a->delivery, &(struct delivery_end){.attempts = a->tries + 1,
                                                          .version = a->meta.version,
                                                          .etag = a->meta.etag,
                                                          .lines = a->lines,
                                                          .events = a->events,
                                                          .rejects = a->rejects,
                                                          .skipped = a->reading.skipped,
                                                          .bytes = a->object_bytes});
}

/* said: a line of an outage has all of *e. */
static void end_delivery(struct lane *l, const struct outcome_action *action, const struct err *e,
                         bool said)
{
    struct attempt *a = l->attempt;
    struct failed_read failed;
    struct delivery_end end = {
        .action = action,
        .err = e,
        .said = said,
        .attempts = a->tries,
        .probe = probe_text(a),
        .damage = a->damage.kind != FAIL_NONE ? a->damage.text : "",
        .version = a->meta.version,
        .etag = a->meta.etag,
        .notified = attempt_notified_version(a),
        .lines = a->lines,
        .events = a->events,
        .rejects = a->rejects,
        .skipped = a->reading.skipped,
        .bytes = a->object_bytes,
        .text_bytes = attempt_text_bytes(a),
        .before = a->recalled ? &a->before : NULL,
        .failed = attempt_failed(a, e, &failed) ? &failed : NULL,
    };
    delivery_read(a->delivery, &end);
}

static const enum customer_party parties[OUTCOME_SUBJECTS] = {
    [ABOUT_OBJECT] = CUSTOMER_S3, [ABOUT_ROLE] = CUSTOMER_ROLE, [ABOUT_DELIVERY] = CUSTOMER_TOPIC};

/* True: a line of an outage has all of the error. */
static bool judge_customer(struct lane *l, const struct err *e)
{
    struct attempt *a = l->attempt;
    if (e->kind == FAIL_NONE || (a->started && a->subject == ABOUT_OBJECT)) {
        customer_went_well(a->customer);
        return false;
    }
    const struct outcome_rule *rule = outcome_rule(a->subject, e->kind);
    return customer_refused(a->customer,
                            &(struct customer_refusal){.party = parties[a->subject],
                                                       .mark = rule->mark,
                                                       .about = a->record->key,
                                                       .since_ms = a->failed_ms,
                                                       .next = outcome_next(rule, e)},
                            e);
}

void lane_last_reject(struct lane *l, enum reject_reason reason, const char *detail)
{
    struct err e = {.kind = FAIL_NONE};
    if (attempt_reject(l->attempt, reason, span_str(detail), 0, &e) == FAIL_NONE) {
        return;
    }
    log_write(LOG_WARN, "reject not produced", KV_SPAN("object", buf_span(&l->attempt->object)),
              KV_ERR(&e), KV_STR("next", "no reject states why the object was not read"));
}

/* Produce the rejects that waited for an event, or were only counted. */
static void last_rejects(struct lane *l)
{
    struct err e = {.kind = FAIL_NONE};
    if (attempt_release(l->attempt, &e) != FAIL_NONE) {
        log_write(LOG_WARN, "rejects not produced",
                  KV_SPAN("object", buf_span(&l->attempt->object)), KV_ERR(&e),
                  KV_STR("next", "no rejects state why the object was not read"));
    }
}

void lane_last_error_reject(struct lane *l, const char *before, const struct err *why)
{
    char detail[sizeof(why->code) + sizeof(why->text) + 64];
    (void)snprintf(detail, sizeof(detail), "%s%s%s%s: %s", before, err_kind_name(why->kind),
                   why->code[0] != '\0' ? " " : "", why->code, why->text);
    lane_last_reject(l, REJECT_OBJECT, detail);
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

/*
 * The customer accepts unreadable objects: produce the one reject of it. If the object has events,
 * the rejects that were only counted, too: nothing else would stand for them.
 */
static enum err_kind reject_unreadable(struct lane *l, struct err *e)
{
    char detail[sizeof(e->text) + 16];
    struct err why = *e;
    (void)snprintf(detail, sizeof(detail), "%s: %s", err_kind_name(why.kind), why.text);
    if (attempt_release_rest(l->attempt, e) == FAIL_NONE &&
        attempt_reject(l->attempt, REJECT_OBJECT, span_str(detail), 0, e) == FAIL_NONE) {
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

bool lane_try(struct lane *l, struct outcome_action *action, struct err *e)
{
    struct attempt *a = l->attempt;
    struct outcome_case c = {.receive_count = a->inflight->receive_count,
                             .last = inflight_last_delivery(a->inflight)};
    turns_start(l->parts.turns, &l->turn, a->inflight->sched_class);
    a->failed_ms = 0;
    do {
        c.kind = attempt_run(a, e);
        if (a->put_back) {
            break;
        }
        if (c.kind == FAIL_LIMIT && a->subject == ABOUT_OBJECT && !a->recalled) {
            c.kind = reject_bomb(l, e);
            c.last = false; /* the object already has another reject */
        }
        c.accept = a->subject == ABOUT_OBJECT && is_accepted(a->customer->conf, c.kind);
        if (c.accept && c.kind == FAIL_FORMAT) {
            c.kind = reject_unreadable(l, e);
        }
        if (c.kind != FAIL_NONE && a->failed_ms == 0) {
            a->failed_ms = clock_mono_ms(l->parts.clock);
        }
        c.subject = a->subject;
        c.produced = a->events + a->rejects != 0;
        outcome_decide(&c, &l->rng, action);
        a->tries = ++c.tries;
        if (action->again_now) {
            lane_pause(l, action->pause_ms);
        }
    } while (action->again_now);
    stats_add(&a->customer->stats->cpu_us, turns_end(l->parts.turns, &l->turn));
    if (a->put_back) {
        (void)judge_customer(l, e); /* it may have been the probe of a paused customer */
        put_delivery_back(l);
    }
    return !a->put_back;
}

void lane_finish(struct lane *l, const struct outcome_action *action, struct err *e)
{
    mismatch_explain(l->attempt->record, l->attempt->customer, l->attempt->subject, e);
    bool said = judge_customer(l, e);
    if (action->reject) {
        last_rejects(l);
        lane_last_error_reject(l, "", e);
    }
    if (action->outcome != OUTCOME_DONE) {
        inflight_because(l->attempt->inflight, action->rule);
    }
    if (action->outcome == OUTCOME_LATER) {
        customer_returned(l->attempt->customer, parties[l->attempt->subject], e);
    }
    inflight_worsen(l->attempt->inflight, action->outcome, action->delay_s);
    end_delivery(l, action, e, said);
}

void lane_object(struct lane *l)
{
    struct outcome_action action;
    struct err e = {.kind = FAIL_NONE};
    if (lane_try(l, &action, &e)) {
        lane_finish(l, &action, &e);
    }
}
