/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - a finished draft as JSON text, compact, members in the order of fields.h. */
#ifndef EVENT_WRITE_H
#define EVENT_WRITE_H

#include "event/draft.h"
#include "event/names.h"

enum { WRITE_GROUPS = 64 }; /* objects that fields stand in */

/* Fields that say the same in every event, and what. */
struct write_constant {
    enum field field;
    const char *text;
};

extern const struct write_constant write_constants[];
extern const size_t write_constants_count;

struct write_part {
    size_t group;      /* number of the object around the field; 0 is the event itself */
    struct span next;  /* ,"name": and the value if it is a constant */
    struct span first; /* the same without the comma */
};

struct write {
    struct write_part parts[FIELDS];
    /* what closes one group and opens another: },"tool":{ */
    struct span bridges[WRITE_GROUPS][WRITE_GROUPS];
    struct arena texts;         /* of both */
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
