/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - a finished draft as JSON text, compact, members in the order of fields.h. */
#ifndef EVENT_WRITE_H
#define EVENT_WRITE_H

#include "event/draft.h"
#include "event/names.h"

struct write_part {
    struct span group; /* names of the objects around the field, joined by dots */
    struct span key;   /* ,"name": */
};

struct write {
    struct write_part parts[FIELDS];
    struct arena names;         /* the keys' texts */
    struct buf scratch;         /* one string at a time */
    struct buf json;            /* a text that may be JSON, redacted */
    struct json_reader *reader; /* of texts that are JSON themselves */
    struct names unique;        /* in those */
};

void write_init(struct write *w);
void write_done(struct write *w);

/* Append the event without its last brace. What does not fit marks *out overflowed. */
void write_event(struct write *w, const struct draft *d, struct buf *out);

#endif
