/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write.h - JSON texts are written here for all of event/: no other module knows how a string
 * is escaped.
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

#endif
