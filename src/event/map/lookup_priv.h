/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup_priv.h - the state of a look-up, shared by lookup.c (tables and searches) and
 * lookup_walk.c (the walk of a record).
 */
#ifndef EVENT_MAP_LOOKUP_PRIV_H
#define EVENT_MAP_LOOKUP_PRIV_H

#include "event/map/lookup.h"
#include "event/schema/pathset.h"

enum {
    PATHS_MAX = 640,            /* of all rows, without duplicates */
    ALIASES_MAX = 768,          /* paths of all rows */
    ROW_MAX = 32,               /* paths of one row: bits of a mark */
    EMBEDDED_MAX = 4,           /* JSON texts that are read in one record */
    EMBEDDED_BYTES = 64 * 1024, /* a longer text is not read: a reader takes 40 times this */
    RANK_NESTED = 1,
    RANK_MIXED = 2,
    RANK_FOLDED = 0x4000,
    ALIAS_NONE = -1,
    KNOWN_TEXT = 1, /* kinds of a value */
    KNOWN_OTHER = 2,
};

/* The best value of a path in a scope. */
struct place {
    uint32_t at;
    uint16_t rank;
    uint8_t doc; /* 0: the record, else number of an embedded text */
};

/* The values found for one path set. */
struct found {
    const struct pathset *paths;
    uint8_t scopes[PATHS_MAX]; /* a bit for each scope with a place */
    struct place places[PATHS_MAX][SCOPES];
};

/* A path in a row. */
struct compiled {
    int16_t path;
    uint16_t when;
    int16_t row;
    int16_t next;      /* next alias of the same path, ALIAS_NONE: no more */
    uint8_t known;     /* of a row other than time and message: kinds of a value that is one */
    uint8_t known_own; /* ... if no shipper has written it; `when` has an ALIAS_OWN_ bit */
    uint32_t mark;     /* the bit of its place in the row */
};

struct lookup {
    struct pathset builtin;
    struct compiled alias[ALIASES_MAX];
    struct found found[2]; /* the customer's, the built-in */
    const struct rules *rules;
    const struct doc *record;
    unsigned granted;
    struct json_reader *reader[EMBEDDED_MAX];
    struct doc embedded[EMBEDDED_MAX];
    int embedded_count;
    struct record_index index;     /* of the record, if no caller made it */
    bool known;                    /* a path was met, of a row other than time and message */
    unsigned own;                  /* ALIAS_OWN_ bits of paths that were met */
    bool journal;                  /* it is a record of journald */
    bool custom;                   /* ... one of the customer's */
    int16_t path_alias[PATHS_MAX]; /* first alias of a path */
    int16_t row_alias[FACTS_END];  /* first alias of a row; the others follow it */
    uint32_t marks[FACTS_END];     /* bits of the aliases of a row that were met */
    int16_t met_rows[FACTS_END];   /* the rows with a mark */
    size_t met_count;
};

/* Note all values of the object at `at` of l->record that have a path. */
void lookup_walk(struct lookup *l, size_t at, const struct record_index *index);

#endif
