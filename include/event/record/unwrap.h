/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrap.h - where the record is in what a forwarder wrote (normalization.md §2, rules 1, 1b and
 * 2).
 *
 * One object is examined at a time. The normalizer reads the texts and continues inside.
 */
#ifndef EVENT_RECORD_UNWRAP_H
#define EVENT_RECORD_UNWRAP_H

#include "event/record/record_index.h"

enum {
    UNWRAP_LEVELS = 3, /* most wrappers around each other */
    UNWRAP_TEXTS = 5,  /* members that may hold a record as a text */
};

struct unwrap {
    struct span texts[UNWRAP_TEXTS]; /* that may be a record */
    size_t count;
    /* normalization.md §2, rule 1: texts[0] must be an object, else the record is a reject. */
    bool must;
    /* normalization.md §2, rule 2, if no text is a record: the object to continue with; 0: none. */
    size_t at;
    size_t time, host; /* beside that object, 0 if there is none */
};

/* Examine an object whose vendor is not Beacon. */
void unwrap_look(const struct doc *d, const struct record_index *index, struct unwrap *u);

#endif
