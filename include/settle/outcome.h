/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - what becomes of a notification when something went wrong: one table.
 *
 * A row says, for a subject (what was being done) and a class of error: try again now,
 * how the message is settled, how long it stays hidden, what the customer's breaker hears,
 * whether the last receive writes an `object` reject (kafka-contract.md §5). No other code
 * looks at a class of error to decide; `asymptote-ingest errors` prints these rows.
 *
 *     struct outcome_case c = {.subject = ABOUT_OBJECT, .kind = err.kind, .receive_count = 3, ...};
 *     struct outcome_action a;
 *     outcome_decide(&c, &rng, &a);
 *
 * Pure: time and randomness are arguments. Threads: any.
 */
#ifndef SETTLE_OUTCOME_H
#define SETTLE_OUTCOME_H

#include "base/err.h"
#include "base/rng.h"
#include "customers/breaker.h"
#include "settle/settlement.h"

enum outcome_subject {
    ABOUT_OBJECT,       /* the GET and the bytes it gave */
    ABOUT_ROLE,         /* the customer's credentials: AssumeRole */
    ABOUT_DELIVERY,     /* Kafka: producing, or a delivery report */
    ABOUT_NOTIFICATION, /* the message itself */
    OUTCOME_SUBJECTS
};

enum {
    DELAY_FIRST_S = 10,
    DELAY_MAX_S = 15 * 60,
    RETURN_STARTED_S = 2, /* at shutdown: the delay of what a lane had started */
};

struct outcome_rule {
    enum outcome_subject subject;
    enum err_kind kind;
    enum outcome outcome;
    unsigned tries;    /* more tries within the attempt, if no record was produced yet */
    unsigned pause_ms; /* before the first of them, doubled with each */
    int first_s;       /* delay of the first receive, doubled with each up to max_s */
    int max_s;
    enum breaker_mark mark;
    bool reject;      /* the last receive writes an `object` reject */
    const char *next; /* for people: what happens next */
};

/* The table, for printing. */
const struct outcome_rule *outcome_rules(size_t *count);

/* The row of a subject and class; every class but FAIL_NONE has one. */
const struct outcome_rule *outcome_rule(enum outcome_subject subject, enum err_kind kind);

const char *outcome_name(enum outcome o);                 /* "done", "leave", "later" */
const char *outcome_subject_name(enum outcome_subject s); /* "object", ... */

struct outcome_case {
    enum outcome_subject subject;
    enum err_kind kind;
    unsigned receive_count; /* of the message, from 1 */
    unsigned tries;         /* again_now answers so far in this attempt */
    bool produced;          /* a record left in this attempt */
    bool accept;            /* the customer's policy for gone and archived objects */
    bool last;              /* the source will not deliver the message again */
};

struct outcome_action {
    const struct outcome_rule *rule;
    bool again_now;
    unsigned pause_ms; /* before the next try now */
    enum outcome outcome;
    int delay_s; /* hidden for so long; LATER and LEAVE: at least 1 but for FAIL_STOPPED */
    bool reject; /* write an `object` reject now: nothing more will come of it */
};

void outcome_decide(const struct outcome_case *c, struct rng *rng, struct outcome_action *out);

/* min(max, first · 2^(receive_count-1)), and of that three quarters to the whole, at random. */
int outcome_delay_s(const struct outcome_rule *rule, unsigned receive_count, struct rng *rng);

#endif
