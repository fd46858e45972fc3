/* SPDX-License-Identifier: Apache-2.0 */
/*
 * category.h - event.category from the action (event-schema.md §5, normalization.md
 * §6), severity from words and numbers (normalization.md §6).
 */
#ifndef EVENT_MAP_CATEGORY_H
#define EVENT_MAP_CATEGORY_H

#include "codec/json.h"
#include "event/record/arena.h"

struct draft;

/* The category for the first word of the action; empty if there is none. */
struct span category_infer(struct span action);

/* Whether it is one of the words of normalization.md §6. */
MUST_USE bool category_is_known(struct span word);

/* Of an array: the first such word, else the first string, in lower case. */
struct span category_of_array(struct arena *a, const struct doc *d, size_t at);

/* info, low, medium, high or critical for a word; empty if it is unknown. */
struct span severity_of_word(struct span word);

/* The i-th row, for documents: words and beginnings of words. False: no more rows. */
MUST_USE bool severity_row(size_t i, const char **words, const char **prefixes,
                           struct span *severity);

enum severity_scale {
    SEVERITY_SYSLOG, /* 0 to 7, 0 is the most severe */
    SEVERITY_OTEL,   /* 1 to 24 */
    SEVERITY_ECS,    /* 0 to 100 */
    SEVERITY_BEACON, /* Beacon's own mapping to ECS: 2 to 6, else as ECS */
};

/* For an event that states none: high if something failed or was denied, else info. */
struct span severity_default(struct span action, struct span policy_decision);

/* The severity for a number in its text; empty if it is not on the scale. */
struct span severity_of_number(struct span number, enum severity_scale scale);

/* The record's own category in lower case, of an array as category_of_array; empty: none. */
struct span category_explicit(struct draft *d);

/* Decide on both, after the action. */
void draft_decide_category(struct draft *d);
void draft_decide_severity(struct draft *d);

#endif
