/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrap.h - what forwarders put around a record (normalization.md §2, rules 1, 1b and 2).
 *
 * Looks at one object and says where the record inside would be; reading a text and going on
 * from there is the driver's.
 */
#ifndef EVENT_RECORD_UNWRAP_H
#define EVENT_RECORD_UNWRAP_H

#include "event/record/record_index.h"

enum {
    UNWRAP_LEVELS = 3, /* wrappers inside each other */
    UNWRAP_TEXTS = 5,  /* most members that may hold a record as a text */
};

struct unwrap {
    struct span texts[UNWRAP_TEXTS]; /* in which a record may stand */
    size_t count;
    bool must;         /* rule 1: texts[0] must be an object, or the line is a reject */
    size_t at;         /* rule 2, when no text is a record: go on with this object, 0 if none */
    size_t time, host; /* beside it, 0 if not there */
};

/* Of an object that rule 4 does not already take by its vendor. */
void unwrap_look(const struct doc *d, const struct record_index *o, struct unwrap *u);

#endif
