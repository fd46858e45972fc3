/* SPDX-License-Identifier: Apache-2.0 */
/*
 * not_ours.h - why an object belongs to no customer, for the log, the metric and the reject.
 *
 *     struct customer *c = customers_find(all, queue, bucket, key, form);
 *     if (c == NULL) {
 *         struct buf why = BUF_INIT(NOT_OURS_BYTES);
 *         enum not_ours reason = customers_not_ours(all, &place, &why);
 *     }
 */
#ifndef CUSTOMERS_NOT_OURS_H
#define CUSTOMERS_NOT_OURS_H

#include "base/buf.h"
#include "codec/notification.h"
#include "customers/stats.h"

struct customers;

enum { NOT_OURS_BYTES = 4096 };

/* The word of the reason in the log and the metric's label: "unknown_bucket", ... */
const char *not_ours_name(enum not_ours reason);

/* What the operator can do about it. */
const char *not_ours_advice(enum not_ours reason);

struct object_place {
    size_t queue; /* its number, as in customers_find */
    struct span bucket;
    struct span key;
    enum notification_form form;
};

/*
 * The reason why customers_find returned NULL for this object. Appends to *why a sentence with the
 * customers, prefixes and queues concerned, truncated at its limit. If a customer was added
 * meanwhile, the result is that of the previous or of the current configuration.
 *
 * The time grows with the number of customers. Threads: any.
 */
enum not_ours customers_not_ours(struct customers *all, const struct object_place *o,
                                 struct buf *why);

#endif
