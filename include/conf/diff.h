/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.h - the differences between two configurations, for a reload.
 *
 *     OWNED(conf_diff) struct conf_diff *d = conf_diff(running, read);
 *     if (d->fixed_count != 0) ... refuse: these keys need a restart ...
 *     for (size_t i = 0; i < d->count; i++) ... d->list[i] ...
 *
 * Queues are the same if they have the same name, customers if they have the same id, in any order.
 * The effective values are compared, defaults included. The table says which keys a running worker
 * cannot change (conf_row.fixed).
 *
 * Pure. Threads: any.
 */
#ifndef CONF_DIFF_H
#define CONF_DIFF_H

#include "base/own.h"
#include "conf/conf.h"
#include "conf/table.h"

enum conf_change_kind { CONF_ADDED, CONF_REMOVED, CONF_CHANGED };

struct conf_change {
    enum conf_change_kind kind;
    const struct conf_section *section; /* of the row or entry: "limits", "queues", "customers" */
    const char *name;           /* of the queue or customer, borrowed; NULL: another section */
    const struct conf_row *row; /* CONF_CHANGED: the key; else NULL */
    char *before, *after; /* CONF_CHANGED: as written in a file, secrets masked; "" if not set */
};

struct conf_diff {
    struct conf_change *list; /* in the table's order; removed, added, changed entries */
    size_t count;
    size_t fixed_count; /* number of changed rows that a running worker cannot change */
};

/* Never NULL. Both configurations must outlive the result. */
struct conf_diff *conf_diff(const struct conf *before, const struct conf *after);
void conf_diff_free(struct conf_diff *d);
DEFINE_OWNED(conf_diff);

#endif
