/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_splitter.h - the JSON values of a line that may become records (normalization.md §1).
 *
 *     record_splitter_start(&s, readers, text);
 *     while ((kind = record_splitter_next(&s, &value)) != VALUES_END) { ... }
 *
 * Usually there is one. Several may follow each other, with commas before, between and after
 * objects and arrays, or be elements of an array, or of an array in it. A line of an array without
 * elements gives nothing, as in the other framings. A value that is not an object, or an empty
 * object, is returned as VALUES_NOT_EVENT; of many such values in one line, a run of them is
 * returned once.
 */
#ifndef EVENT_RECORD_RECORD_SPLITTER_H
#define EVENT_RECORD_RECORD_SPLITTER_H

#include "codec/json.h"

/* A value, and what it was read from. Valid until its reader is used again. */
struct value {
    struct doc doc;
    size_t at;
    struct span text; /* the text of doc, without blanks around it */
    unsigned reader;  /* number of the reader that holds doc */
    bool replaced;    /* a text around it had invalid UTF-8, which became U+FFFD */
    bool whole;       /* it is all of the line, or of the text that it was unwrapped from */
};

enum values_kind {
    VALUES_END,
    VALUES_OBJECT,    /* not an empty one */
    VALUES_NOT_EVENT, /* see detail */
    VALUES_DAMAGED,   /* the rest of the line is not JSON, see wrong and wrong_at; the last one */
};

struct record_splitter {
    struct json_reader *const *readers;
    const char *start; /* of the line */
    struct span rest;  /* not yet read */
    struct span array; /* of the current array, not yet read */
    bool fresh;        /* nothing was read yet */
    bool required;     /* an array without elements is VALUES_NOT_EVENT; set it after the start */
    bool in_array;
    size_t inner_arrays; /* open arrays in it */
    bool loose;          /* the array could not be read as a whole */
    bool several;        /* the line has more than one; set before the first is returned */
    unsigned others;     /* values that are not events so far; those of a run count once */
    size_t count;        /* of the last ones, which `detail` is about */
    char detail[128];
    const char *wrong;   /* a few words */
    size_t wrong_at;     /* byte of the line */
    size_t damaged_from; /* ... of the value with the damage */
    bool too_deep;       /* JSON perhaps, but nested deeper than JSON_MAX_DEPTH */
};

void record_splitter_start(struct record_splitter *s, struct json_reader *const *readers,
                           struct span text);
MUST_USE enum values_kind record_splitter_next(struct record_splitter *s, struct value *out);

/*
 * Read a text that is one value; a BOM and blanks around it are allowed. JSON_SLACK bytes after
 * it must be readable. False: it is not JSON; json_scan_wrong has the place.
 */
MUST_USE bool value_read(struct json_reader *const *readers, unsigned reader, struct span text,
                         struct value *out);

/* Whether it is an object with members. */
MUST_USE bool value_is_event(const struct doc *d, size_t at);

#endif
