/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile_print.h - what `reconcile` found, for people or as JSON. */
#ifndef APP_RECONCILE_PRINT_H
#define APP_RECONCILE_PRINT_H

#include "base/buf.h"
#include "jobs/reconcile.h"

struct reconcile_report {
    const struct reconcile *found;
    int64_t covered_ms; /* the ops topic has everything since then */
    uint64_t events;    /* of the customer, read */
    bool enqueue;
    uint64_t enqueued;
    const char *job;            /* of what was sent */
    const struct span *missing; /* some of the keys */
    size_t missing_count;
    bool listed;   /* all of them were printed */
    bool to_usual; /* the end of the range is the usual one: the last minutes are left out */
};

void reconcile_text(const struct reconcile_report *r, bool json, struct buf *out);

#endif
