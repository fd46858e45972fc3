/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_index.h - what stands in an object: one pass over its members answers all questions of
 * unwrap.h and shape.h, tells whether a name may stand twice, and finds what the alias tables
 * know of each name, so that no later step needs to look at the names again.
 *
 *     record_index_names(&names);                          // once, beside the paths of the tables
 *     struct record_index o;
 *     record_index_of(&names, &doc, at, &o);
 *     if (o.at[OUTLINE_VENDOR] != 0 && ...
 */
#ifndef EVENT_RECORD_RECORD_INDEX_H
#define EVENT_RECORD_RECORD_INDEX_H

#include "codec/json.h"
#include "event/schema/pathset.h"

/* Members that are asked for one by one. */
enum record_index_member {
    OUTLINE_OTHER, /* any that is not asked for */
    OUTLINE_VENDOR,
    OUTLINE_SCHEMA_VERSION,
    OUTLINE_EVENT,
    OUTLINE_HARNESS,
    OUTLINE_TYPE,
    OUTLINE_MESSAGE,
    OUTLINE_SOURCE_TYPE,
    OUTLINE_FILE,
    OUTLINE_LOG,
    OUTLINE_EVENT_ORIGINAL,
    OUTLINE_BODY,
    OUTLINE_TIME,
    OUTLINE_HOST,
    OUTLINE_MEMBERS
};

/* Signs of a shape: any member of several names will do. Bits. */
enum record_index_sign {
    SIGN_OTLP = 1,   /* normalization.md §2 rule 3, an array */
    SIGN_ECS = 2,    /* rule 5 */
    SIGN_OTEL = 4,   /* rule 6 */
    SIGN_HOOK = 8,   /* rule 7, a string */
    SIGN_BESIDE = 16 /* rule 7, what stands beside one of opencode's types */
};

/* Kinds of value. Bits. */
enum record_index_kind {
    KIND_OBJECT = 1,
    KIND_ARRAY = 2,
    KIND_STRING = 4,
    KIND_SCALAR = 8, /* another but null */
    KIND_NULL = 16
};

enum { OUTLINE_ROWS = 96 };

struct record_index_row {
    uint32_t at;   /* the value; its name stands before it */
    int32_t entry; /* of the name in the path set, WORD_NONE: it is no path nor begins one */
};

struct record_index {
    uint32_t at[OUTLINE_MEMBERS]; /* the value, of several the last; 0 if there is none */
    uint32_t count;               /* of members; the first OUTLINE_ROWS of them have a row */
    unsigned signs;
    bool twice;    /* two of the names may be the same */
    uint8_t kinds; /* of its values, bits of record_index_kind */
    struct record_index_row rows[OUTLINE_ROWS];
};

/* Let a set tell the names that an record_index is about. */
void record_index_names(struct pathset *names);

/* Of the object at `at`. Names that are new to the set are learned. */
void record_index_of(struct pathset *names, const struct doc *d, size_t at, struct record_index *o);

#endif
