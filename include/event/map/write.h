/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - a finished draft as JSON text, compact, members in the order of http_fields.h. */
#ifndef EVENT_MAP_WRITE_H
#define EVENT_MAP_WRITE_H

#include "event/map/draft.h"
#include "event/record/names.h"

enum { WRITE_GROUPS = 64 }; /* objects that fields stand in */

struct write_part {
    size_t group;      /* number of the object around the field; 0 is the event itself */
    struct span next;  /* ,"name": */
    struct span first; /* the same without the comma */
};

struct write {
    struct write_part parts[FIELDS];
    /* what closes one group and opens another: },"tool":{ */
    struct span bridges[WRITE_GROUPS][WRITE_GROUPS];
    struct span constants;      /* the fields that say the same in every event */
    size_t constants_group;     /* the object that the last of them stands in */
    struct arena texts;         /* of all these */
    bool redacts;               /* for the customer of this event */
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
