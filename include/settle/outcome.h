/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - the outcome table: what happens to a message after an error.
 *
 * A row has a subject (what failed) and an error class. It says whether to retry now, how the
 * message is settled, how long it stays hidden, the effect on the customer's breaker, and whether
 * the last receive produces an `object` reject (kafka-contract.md §5). No other code decides by
 * error class. `asymptote-ingest errors` prints the table.
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
    ABOUT_OBJECT,       /* the GET request and its bytes */
    ABOUT_ROLE,         /* the customer's credentials: AssumeRole */
    ABOUT_DELIVERY,     /* Kafka: producing or a delivery report */
    ABOUT_NOTIFICATION, /* the message itself */
    OUTCOME_SUBJECTS
};

enum {
    DELAY_FIRST_S = 10,
    DELAY_MAX_S = 15 * 60,
    RETURN_STARTED_S = 2, /* at shutdown: delay of messages that a lane has started */
};

struct outcome_rule {
    enum outcome_subject subject;
    enum err_kind kind;
    enum outcome outcome;
    unsigned tries;    /* maximum of retries within the receive, if no record was produced yet */
    unsigned pause_ms; /* before the first retry; doubled for each further one */
    int first_s;       /* delay after the first receive, doubled for each further one up to max_s */
    int max_s;
    enum breaker_mark mark;
    bool reject;      /* the last receive produces an `object` reject */
    bool back_off;    /* while it is hidden it counts as in back-off: something failed */
    const char *next; /* for people: what happens next */
};

/* The table, for printing. */
const struct outcome_rule *outcome_rules(size_t *count);

/* The row of a subject and an error class. Every class except FAIL_NONE has one. */
const struct outcome_rule *outcome_rule(enum outcome_subject subject, enum err_kind kind);

/* What happens next and what to do: the code of the error may say more than its class. */
const char *outcome_next(const struct outcome_rule *rule, const struct err *e);

/* The codes that have advice of their own. */
struct outcome_code {
    enum outcome_subject subject;
    const char *code, *next;
};
const struct outcome_code *outcome_codes(size_t *count);

const char *outcome_name(enum outcome o);                 /* "done", "leave", "later" */
const char *outcome_subject_name(enum outcome_subject s); /* "object", ... */

struct outcome_case {
    enum outcome_subject subject;
    enum err_kind kind;
    unsigned receive_count; /* of the message, from 1 */
    unsigned tries;         /* number of retries in this receive so far */
    bool produced;          /* the last attempt produced a record */
    bool accept;            /* the customer accepts missing, archived or unreadable objects */
    bool last;              /* the source will not deliver the message again */
};

struct outcome_action {
    const struct outcome_rule *rule;
    bool again_now;
    unsigned pause_ms; /* before the retry */
    enum outcome outcome;
    int delay_s; /* how long the message stays hidden; LATER and LEAVE: at least 1, except for
                    FAIL_STOPPED */
    bool reject; /* produce an `object` reject now: this is the last receive */
};

void outcome_decide(const struct outcome_case *c, struct rng *rng, struct outcome_action *out);

/* A random time from three quarters to the whole of min(max_s, first_s * 2^(receive_count - 1)). */
int outcome_delay_s(const struct outcome_rule *rule, unsigned receive_count, struct rng *rng);

#endif
