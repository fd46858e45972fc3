/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_query.h - the names of the states, and the parameters of a request for the status
 * (docs/status.md).
 *
 *     const char *wrong = status_query_read(list, count, STATUS_VIEW_JSON, &q);
 *     if (wrong != NULL) ... 400 ...
 *
 * Threads: no state.
 */
#ifndef MONITOR_STATUS_QUERY_H
#define MONITOR_STATUS_QUERY_H

#include "net/listener.h"

enum {
    STATUS_LIMIT = 100, /* customers of an answer, if not given */
    STATUS_LIMIT_MAX = 1000,
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

struct status_query {
    struct span state; /* only customers with this state; "": all */
    struct span id;    /* only customers whose id begins so; "": all */
    size_t offset, limit;
    bool plain;      /* /status.json without the texts of errors, which may have keys of objects */
    struct span one; /* /status.txt: everything about this customer; "": all customers */
    size_t columns;  /* /status.txt: the width of the terminal; 0: any */
};

/* The views, which have different parameters. */
enum status_view { STATUS_VIEW_PAGE, STATUS_VIEW_JSON, STATUS_VIEW_TEXT };

/*
 * Read the parameters of a request: each at most once, and none that the view does not know. NULL:
 * they are valid; else what is wrong, for people.
 */
const char *status_query_read(const struct listener_parameter *list, size_t count,
                              enum status_view view, struct status_query *out);

#endif
