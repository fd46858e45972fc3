/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write.h - JSON texts are written here for all of event/ and for pages and events about the
 * worker: no other module knows how a string is escaped.
 *
 *     buf_add_byte(out, '{');
 *     json_member_text(out, "customer", id);
 *     json_member_number(out, "lines", lines);
 *     buf_add_byte(out, '}');
 */
#ifndef EVENT_RECORD_JSON_WRITE_H
#define EVENT_RECORD_JSON_WRITE_H

#include "base/buf.h"

/* Append `"s"`, escaped. Bytes that are not UTF-8 become U+FFFD, one per maximal subpart. */
void json_write_string(struct buf *out, struct span s);

/* The same without the quotes. */
void json_write_escaped(struct buf *out, struct span s);

/* Append decimal digits. */
void json_write_number(struct buf *out, uint64_t n);

/* Append `"name":`, after a comma unless an object begins. name: a literal without escapes. */
void json_member(struct buf *out, const char *name);

/* Append a member. One with an empty text is left out. */
void json_member_text(struct buf *out, const char *name, struct span text);
void json_member_number(struct buf *out, const char *name, uint64_t n);
void json_member_bool(struct buf *out, const char *name, bool yes);

/* A time in ms since the epoch, as RFC 3339 in UTC with milliseconds. 0: the member is left out. */
void json_member_time(struct buf *out, const char *name, int64_t wall_ms);

#endif
