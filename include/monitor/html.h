/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - foreign text in HTML.
 *
 *     buf_add(out, SPAN("<td title=\""));
 *     html_text(out, detail);
 *
 * Threads: no state.
 */
#ifndef MONITOR_HTML_H
#define MONITOR_HTML_H

#include "base/buf.h"

/*
 * Append a text for an element or a quoted attribute: & < > " ' become references, and control
 * characters (base/visible.h) and bytes that are no UTF-8 become U+FFFD.
 */
void html_text(struct buf *out, struct span text);

/* Append a value of a query: all but unreserved characters (RFC 3986) become %XX. */
void html_query(struct buf *out, struct span text);

/* "14 s", "3 min", "2 h 5 min", "4 d 3 h". */
void html_duration(struct buf *out, int64_t ms);

/* "812", "4.1 k", "3.0 M". */
void html_count(struct buf *out, uint64_t n);

/* "812 B", "4.1 KiB", "3.0 MiB". */
void html_bytes(struct buf *out, uint64_t n);

/* A <time> of this moment, with its age as the text. 0: "-". */
void html_age(struct buf *out, int64_t wall_ms, int64_t now_ms);

#endif
