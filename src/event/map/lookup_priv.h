/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup_priv.h - what the two files behind lookup.h share: lookup.c asks, lookup_walk.c finds.
 * No other file includes it.
 */
#ifndef EVENT_MAP_LOOKUP_PRIV_H
#define EVENT_MAP_LOOKUP_PRIV_H

#include "event/map/lookup.h"
#include "event/schema/pathset.h"

enum {
    PATHS_MAX = 640,            /* of all rows, each once */
    ALIASES_MAX = 768,          /* paths of all rows, repeated ones too */
    ROW_MAX = 32,               /* paths of one row: bits of a mark */
    EMBEDDED_MAX = 4,           /* JSON texts taken apart in one record */
    EMBEDDED_BYTES = 64 * 1024, /* longer ones stay texts: a reader's memory is 40 times this */
    RANK_NESTED = 1,
    RANK_MIXED = 2,
    RANK_FOLDED = 0x4000,
    ALIAS_NONE = -1,
};

/* The best value of a path in a scope. */
struct place {
    uint32_t at;
    uint16_t rank;
    uint8_t doc; /* 0 the record, else an embedded text */
};

/* What was found of one set of paths. */
struct found {
    const struct pathset *paths;
    uint8_t scopes[PATHS_MAX]; /* bits; places hold rubbish where none is set */
    struct place places[PATHS_MAX][SCOPES];
};

/* A path of the set in a row. */
struct compiled {
    int16_t path;
    uint16_t when;
    int16_t row;
    int16_t next;  /* alias of the same path, ALIAS_NONE: no more */
    bool tells;    /* of more than time and message */
    uint32_t mark; /* a bit: its place in the row */
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
    bool known;                    /* any path met but those of time and message */
    int16_t path_alias[PATHS_MAX]; /* first alias of a path */
    int16_t row_alias[FACTS_END];  /* first alias of a row, the others behind it */
    uint32_t marks[FACTS_END];     /* of the row's aliases, those that a value was met of */
    int16_t met_rows[FACTS_END];   /* rows with a mark */
    size_t met_count;
};

/* Find all values of the object at `at` of l->record that may be asked for. */
void lookup_walk(struct lookup *l, size_t at, const struct record_index *o);

#endif
