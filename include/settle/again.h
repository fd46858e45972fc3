/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again.h - why a message is received again, as far as this process knows. For the log: the line of
 * an object at a later receive has it.
 *
 *     again_write(&m->again, text);      "records not delivered, error=again"; "" if it is not
 * known
 *
 * Pure.
 */
#ifndef SETTLE_AGAIN_H
#define SETTLE_AGAIN_H

#include "settle/outcome.h"

enum again_cause {
    AGAIN_UNKNOWN,     /* or it is the first receive */
    AGAIN_ELSEWHERE,   /* this process did not have it: another worker, or before the start */
    AGAIN_SETTLED,     /* returned, because of a row of the outcome table */
    AGAIN_LOST,        /* the lease was lost */
    AGAIN_NOT_DELETED, /* everything was delivered, but the deletion is not confirmed */
    AGAIN_IN_PROGRESS, /* this process still has it */
};

struct again {
    enum again_cause cause;
    const struct outcome_rule *rule; /* AGAIN_SETTLED; NULL: not known */
    int64_t first_ms;                /* its first receive by this process, monotonic; 0: this one */
};

enum { AGAIN_BYTES = 96 };

void again_write(const struct again *a, char out[AGAIN_BYTES]);

#endif
