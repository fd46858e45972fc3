/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair_state.h - one repair in progress, shared by the files of the repair path: repair.c walks
 * and puts together, repair_state.c says what one value becomes, repair_defaults.c what a required
 * one is when it is missing. No other file includes it.
 */
#ifndef EVENT_REPAIR_REPAIR_STATE_H
#define EVENT_REPAIR_REPAIR_STATE_H

#include "event/record/arena.h"
#include "event/record/edits.h"
#include "event/record/json_minify.h"
#include "event/repair/repair.h"

struct repair_state {
    const struct repair_input *in;
    const struct doc *d;
    struct event_facts *facts;
    struct arena *arena;
    struct edits *edits;
    struct buf *replaced;           /* members of raw.replaced: what a repair took away */
    struct json_minify_filter bare; /* of values that go there: no password in a URL */
    struct buf path;                /* of the object we are in, with a dot behind it */
    uint32_t seen;                  /* bit 1 << rule: that required member is written */
    size_t raw;                     /* the member, 0 if there is none */
    size_t own_ingest;              /* the customer's own member */
    struct span action;             /* as it will be */
    struct span userinfo[2];        /* taken out of the repositories */
};

enum fixed { FIX_KEEP, FIX_REPLACE, FIX_DROP };

/*
 * What becomes of the value at `at`, a member `m`. FIX_REPLACE: *text is the new value, as JSON.
 * What is lost by it is put into f->replaced.
 */
enum fixed repair_value(struct repair_state *f, const struct member *m, size_t at,
                        struct span *text);

/* Keep a value under raw.replaced, unless there is nothing in it. */
void repair_save(struct repair_state *f, struct span name, size_t at);

/* The characters of a required member that is missing or empty; "" if it has none to give. */
struct span repair_default(struct repair_state *f, enum member_rule rule);

/* The time of the record: its own if there is a usable one at `at` (0: none), in RFC 3339. */
struct span repair_time(struct repair_state *f, size_t at, bool *own);

/* The action, from the member or from what else the record holds (normalization.md §5, 5). */
struct span repair_action(const struct repair_state *f);

/* Characters as a JSON string. */
struct span repair_quote(struct repair_state *f, struct span s);

#endif
