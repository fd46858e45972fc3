/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_splitter.h - the JSON values of a line that may become records (normalization.md §1).
 *
 *     record_splitter_start(&v, readers, text);
 *     while ((kind = record_splitter_next(&v, &value)) != VALUES_END) { ... }
 *
 * Usually one. Several may stand one behind the other, or as elements of an array; what
 * is no object, or an empty one, is told once for itself, and once for a whole run of such
 * when a line has many.
 */
#ifndef EVENT_RECORD_RECORD_SPLITTER_H
#define EVENT_RECORD_RECORD_SPLITTER_H

#include "codec/json.h"

/* A value, and what it was read from. Valid until its reader is used again. */
struct value {
    struct doc doc;
    size_t at;
    struct span text; /* what doc was read from, without blanks around it */
    unsigned reader;  /* which of the readers holds doc */
    bool whole;       /* nothing else stands in the line, or in the text it was unwrapped from */
};

enum values_kind {
    VALUES_END,
    VALUES_OBJECT,    /* not an empty one */
    VALUES_NOT_EVENT, /* something else; detail says what */
    VALUES_DAMAGED,   /* no JSON from here on; detail says why; the last one of the line */
};

struct record_splitter {
    struct json_reader *const *readers;
    const char *start; /* of the line */
    struct span rest;  /* not yet read */
    struct span array; /* not yet read of the array we are in */
    bool fresh;
    bool in_array;
    bool several;    /* there is, or was, more than one: set before the first is given */
    unsigned others; /* values that were no events */
    char detail[128];
};

void record_splitter_start(struct record_splitter *v, struct json_reader *const *readers,
                           struct span text);
MUST_USE enum values_kind record_splitter_next(struct record_splitter *v, struct value *out);

/*
 * One text that is one value, a BOM and blanks around it allowed: simdjson's reading if it can.
 * JSON_SLACK bytes behind it must be readable. False: it is not; json_scan_wrong tells.
 */
MUST_USE bool value_read(struct json_reader *const *readers, unsigned reader, struct span text,
                         struct value *out);

/* An object with something in it. */
MUST_USE bool value_is_event(const struct doc *d, size_t at);

#endif
