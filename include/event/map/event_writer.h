/* SPDX-License-Identifier: Apache-2.0 */
/* event_writer.h - write a draft as JSON: compact, with members in the order of schema_fields.h. */
#ifndef EVENT_MAP_EVENT_WRITER_H
#define EVENT_MAP_EVENT_WRITER_H

#include "event/map/draft.h"
#include "event/record/duplicate_names.h"

enum { WRITE_GROUPS = 64 }; /* most objects that contain fields */

struct write_part {
    size_t group;      /* number of the object around the field; 0 is the event itself */
    struct span next;  /* ,"name": */
    struct span first; /* the same without the comma */
};

struct event_writer {
    struct write_part parts[FIELDS];
    /* the text that closes one group and opens another: },"tool":{ */
    struct span bridges[WRITE_GROUPS][WRITE_GROUPS];
    struct span constants;         /* the fields that are the same in every event */
    size_t constants_group;        /* the object around the last of them */
    struct arena texts;            /* memory of all these */
    bool redacts;                  /* for the customer of this event */
    struct buf scratch;            /* for one string */
    struct buf json;               /* a text that may be JSON, redacted */
    struct json_reader *reader;    /* of texts that are JSON themselves */
    struct duplicate_names unique; /* of those */
};

void event_writer_init(struct event_writer *w);
void event_writer_done(struct event_writer *w);

/* Append the event without its last brace. An event that does not fit marks *out overflowed. */
void event_writer_write(struct event_writer *w, const struct draft *d, struct buf *out);

#endif
