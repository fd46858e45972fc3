/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting.h - the objects of a customer with records that are not acknowledged, in the order of
 * their first record, so that the log can name the oldest.
 *
 *     waiting_add(c, &w, now);          before its first record is produced
 *     atomic_store(&w.read, true);      its last record is produced
 *     waiting_remove(c, &w);            everything of it is reported
 *
 * The objects are the caller's; they are linked through this member. Threads: any.
 */
#ifndef CUSTOMERS_WAITING_H
#define CUSTOMERS_WAITING_H

#include "customers/customers.h"

struct waiting {
    struct waiting *next, *before;
    const char *object;                  /* "s3://bucket/key" */
    const atomic_uint_fast64_t *pending; /* its records, and one more until `read` */
    atomic_bool read;
    bool listed;
    int64_t since_ms; /* monotonic */
};

void waiting_add(struct customer *c, struct waiting *w, int64_t now_ms);

/* Also of an object that was not added. */
void waiting_remove(struct customer *c, struct waiting *w);

enum { WAITING_OBJECT_BYTES = 1200, WAITING_ID_BYTES = 128 };

/* Objects that wait, and the one that waits longest. */
struct waiting_report {
    size_t count;
    int64_t since_ms;
    char customer[WAITING_ID_BYTES];
    char object[WAITING_OBJECT_BYTES]; /* "": none waits */
};

void waiting_of_customer(struct customer *c, struct waiting_report *out);
void waiting_of_all(struct customers *all, struct waiting_report *out);

#endif
