/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair_state_priv.h - one repair in progress, shared by the files of the repair path.
 *
 * repair.c walks the record and puts the event together; repair_value.c decides what one value
 * becomes; member_rules.c has the rules of single members; repair_defaults.c derives what is
 * missing.
 */
#ifndef EVENT_REPAIR_REPAIR_STATE_PRIV_H
#define EVENT_REPAIR_REPAIR_STATE_PRIV_H

#include "event/record/arena.h"
#include "event/record/edits.h"
#include "event/record/event_facts.h"
#include "event/record/json_minify.h"
#include "event/schema/schema_tree.h"

struct repair_state {
    const struct doc *doc; /* of the record */
    size_t at;             /* the record in it */
    int64_t modified_ns;
    struct span envelope_time; /* as in struct repair_input */

    struct event_facts *facts;
    struct arena *arena;
    struct edits *edits;
    struct buf *replaced;           /* members of raw.replaced: what a repair removed */
    struct json_minify_filter bare; /* of values that go there: no password in a URL */
    struct buf path;                /* of the object being walked, with a dot at its end */
    uint32_t seen;                  /* bit 1 << rule: that required member is written */
    size_t raw;                     /* the member, 0 if there is none */
    size_t own_ingest;              /* the customer's own member of that name, 0 if there is none */
    struct span action;             /* as it will be */
    struct span userinfo[2];        /* removed from repository and run.repository */
};

/* What becomes of a member. */
enum repair_outcome {
    REPAIR_KEEP,
    REPAIR_REPLACE, /* by a text that is JSON */
    REPAIR_DROP,
};

/* Keep a value under raw.replaced, unless it is null or empty. */
void repair_save(struct repair_state *r, struct span name, size_t at);

/* Drop a member and keep its value so. */
enum repair_outcome repair_drop(struct repair_state *r, const struct member *m, size_t at);

/* Characters as a JSON string. */
struct span repair_quote(struct repair_state *r, struct span s);

/* The member object.name of the record, 0 if there is none. */
size_t repair_member(const struct repair_state *r, const char *object, const char *name);

/* The same as a string; "" if it is none. */
struct span repair_member_text(const struct repair_state *r, const char *object, const char *name);

#endif
