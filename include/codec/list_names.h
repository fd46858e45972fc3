/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list_names.h - the names of the members whose lists hold records (event-files.md, "Envelopes").
 *
 * The framing reads the elements of such a list if its object is above the limit of a line, the
 * normalizer if it is not. Both use this table, so that the result does not depend on the size.
 *
 *     if (list_names_have(&list_names[LIST_NAMES_ENVELOPE], name)) ...
 */
#ifndef CODEC_LIST_NAMES_H
#define CODEC_LIST_NAMES_H

#include "base/span.h"

#include <stdbool.h>

enum list_names_of {
    LIST_NAMES_REQUEST,  /* in an OTLP request: its resources */
    LIST_NAMES_RESOURCE, /* in one of those: its scopes */
    LIST_NAMES_SCOPE,    /* in one of those: its records, or metrics */
    LIST_NAMES_ENVELOPE, /* in any other envelope, in the order in which they are looked for */
    LIST_NAMES_ALL,
    LIST_NAMES_OTLP_LEVELS = LIST_NAMES_ENVELOPE,
};

struct list_names {
    const struct span *names;
    size_t count;
};

extern const struct list_names list_names[LIST_NAMES_ALL];

/* The number of the name; of->count: it is none of them. */
static inline size_t list_names_find(const struct list_names *of, struct span name)
{
    size_t i = 0;
    while (i < of->count && !span_eq(name, of->names[i])) {
        i++;
    }
    return i;
}

static inline bool list_names_have(const struct list_names *of, struct span name)
{
    return list_names_find(of, name) < of->count;
}

#endif
