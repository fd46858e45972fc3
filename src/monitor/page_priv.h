/* SPDX-License-Identifier: Apache-2.0 */
/* page_priv.h - shared by the files of the page: page.c (the frame) and page_table.c (customers).
 */
#ifndef MONITOR_PAGE_PRIV_H
#define MONITOR_PAGE_PRIV_H

#include "monitor/page.h"

/* Append a text of the program. */
void page_add(struct buf *out, const char *text);

/* Append the address of the page with these parameters, for an attribute. state: "": all. */
void page_query(struct buf *out, const struct status_query *q, struct span state, size_t offset);

void page_add_table(const struct snapshot *s, const struct history *h, const struct status_query *q,
                    const struct status_list *l, struct buf *out);

/* Append a picture of the points, with a text that says the same. */
void page_add_sparkline(struct buf *out, const struct history_line *line);

/* Append a <time> with the time of day in UTC. */
void page_add_clock(struct buf *out, int64_t wall_ms);

#endif
