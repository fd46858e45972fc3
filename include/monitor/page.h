/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the status of all customers as a page for people (docs/status.md): HTML made of the
 * snapshot, complete without a script.
 *
 *     page_write(snapshot, history, &query, &out);
 *
 * Its style and script are files of their own, because its policy allows no others. Whatever comes
 * from outside (ids, errors, parameters) is escaped.
 *
 * Pure. Threads: any, one at a time per snapshot.
 */
#ifndef MONITOR_PAGE_H
#define MONITOR_PAGE_H

#include "monitor/history.h"
#include "monitor/status.h"

/* Content-Security-Policy of the page: what it loads is from the worker, and nothing is inline. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src "        \
    "'self'; "                                                                                     \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

void page_write(const struct snapshot *s, const struct history *h, const struct status_query *q,
                struct buf *out);

/* "page.css", "page.js", "icon.svg". */
const char *page_file(const char *name);

#endif
