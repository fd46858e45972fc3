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
#include "monitor/status_query.h"

enum {
    STATUS_LATE_MS = 5 * 60 * 1000, /* the objective of freshness */
    STATUS_SILENT_MS =
        24 * 60 * 60 * 1000,  /* without a notification of a customer without cadence */
    STATUS_TODO_BYTES = 8192, /* of what to do */
};

/* What it means, a sentence. */
const char *status_state_text(enum status_state s);

/* The state of a customer, and since when (wall clock; 0: not known). */
enum status_state status_of(const struct snapshot *s, const struct snapshot_customer *c,
                            int64_t *since_ms);

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

/* Of hidden messages that this worker does not hold: why they are hidden. */
#define STATUS_NOT_HELD_TEXT                                                                       \
    "another worker has them, or they wait for another attempt since before this one began"

/* What can be said: all are fresh; none is known not to be; or some are not. */
enum status_answer { STATUS_YES, STATUS_OPEN, STATUS_NO };
enum status_answer status_answer(const struct snapshot *s, const struct status_list *l);

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
