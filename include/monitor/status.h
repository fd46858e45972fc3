/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - the state of each customer in a word, worst first, as rows and as JSON
 * (docs/status.md).
 *
 *     struct status_query q = {.limit = 100};
 *     status_write(snapshot, &q, &out);
 *
 *     struct status_list list;
 *     status_select(snapshot, &q, &list);
 *     for (size_t i = q.offset; i < list.found; i++) ... list.rows[i] ...
 *     status_list_done(&list);
 *
 * Pure: it reads the snapshot alone. Threads: any, one at a time per snapshot.
 */
#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

#include "monitor/snapshot.h"

enum {
    STATUS_LATE_MS = 5 * 60 * 1000, /* the objective of freshness */
    STATUS_SILENT_MS =
        24 * 60 * 60 * 1000, /* without a notification of a customer without cadence */
    STATUS_LIMIT = 100,      /* customers of an answer, if not given */
    STATUS_LIMIT_MAX = 1000,
    STATUS_TODO_BYTES = 8192, /* of what to do */
};

/* In the order of an answer: the worst first. */
enum status_state {
    STATUS_PAUSED,
    STATUS_LATE,
    STATUS_UNREADABLE,
    STATUS_INCOMPLETE,
    STATUS_SILENT,
    STATUS_FAR_ABOVE,
    STATUS_NOT_YET, /* nothing is known of it: nothing came, and nothing is wrong so far */
    STATUS_BACKFILLING,
    STATUS_FRESH,
    STATUS_STATES
};

/* "paused", "late", ..., as docs/status.md lists them. */
const char *status_state_name(enum status_state s);

/* What it means, a sentence. */
const char *status_state_text(enum status_state s);

/* The state of a customer, and since when (wall clock; 0: not known). */
enum status_state status_of(const struct snapshot *s, const struct snapshot_customer *c,
                            int64_t *since_ms);

struct status_query {
    struct span state; /* only customers with this state; "": all */
    struct span id;    /* only customers whose id begins so; "": all */
    size_t offset, limit;
    bool plain; /* JSON without the texts of errors, which may have keys of objects */
};

/* Read the parameters of a request. NULL: they are valid; else what is wrong, for people. */
const char *status_query_read(struct span state, struct span id, struct span offset,
                              struct span limit, struct status_query *out);

struct status_row {
    const struct snapshot_customer *customer;
    enum status_state state;
    int64_t since_ms; /* wall clock; 0: not known */
};

struct status_list {
    struct status_row *rows;      /* those that the query selects, worst first */
    size_t found;                 /* their number; offset and limit are not applied */
    size_t counts[STATUS_STATES]; /* of all customers */
};

void status_select(const struct snapshot *s, const struct status_query *q, struct status_list *out);
void status_list_done(struct status_list *l);

/* The number of customers that are fresh, also while a backfill is read. */
size_t status_fresh(const struct status_list *l);

/* The number of customers with a state that needs a look: neither fresh nor not yet known. */
size_t status_bad(const struct status_list *l);

/* A backlog is being read: what was delivered last had waited for long. */
bool status_is_catching_up(const struct snapshot *s, const struct snapshot_customer *c);

/* The error that makes it paused, late or unreadable. NULL: none does. */
const struct err *status_error(const struct status_row *r);

/* The section of docs/runbook.md about its error, else about its state; "": it is fresh. */
const char *status_section(const struct status_row *r);

/* Append the address of the section, by metrics.runbook: "docs/runbook.md#kms". */
void status_add_runbook(const struct snapshot *s, const struct status_row *r, struct buf *out);

/*
 * Why a customer is not fresh, and the first step; "" if it is. Texts of the program. In what_to_do
 * FILE and CUSTOMER stand for the configuration's file and the customer's id.
 */
struct status_advice {
    const char *cause, *what_to_do;
};
struct status_advice status_advise(const struct snapshot *s, const struct status_row *r);

/* Append the first step, with FILE and CUSTOMER replaced: a command can be copied. */
void status_add_what_to_do(const struct snapshot *s, const struct status_row *r, struct buf *out);

/* The number of all rejects. */
uint64_t status_rejects(const struct snapshot_customer *c);

/* Append the answer. */
void status_write(const struct snapshot *s, const struct status_query *q, struct buf *out);

#endif
