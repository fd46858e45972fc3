/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fix.h - one repair in progress, shared by the files of the repair road: repair.c walks and
 * puts together, fix.c says what one value becomes, fix_required.c what a required one is when
 * it is missing. Nobody else includes it.
 */
#ifndef EVENT_REPAIR_FIX_H
#define EVENT_REPAIR_FIX_H

#include "event/record/arena.h"
#include "event/record/compact.h"
#include "event/record/edits.h"
#include "event/repair/repair.h"

struct fix {
    const struct repair_input *in;
    const struct doc *d;
    struct built *facts;
    struct arena *arena;
    struct edits *edits;
    struct buf *replaced;       /* members of raw.replaced: what a repair took away */
    struct compact_filter bare; /* of values that go there: no password in a URL */
    struct buf path;            /* of the object we are in, with a dot behind it */
    uint32_t seen;              /* bit 1 << rule: that required member is written */
    size_t raw;                 /* the member, 0 if there is none */
    size_t own_ingest;          /* the customer's own member */
    struct span action;         /* as it will be */
    struct span userinfo[2];    /* taken out of the repositories */
};

enum fixed { FIX_KEEP, FIX_REPLACE, FIX_DROP };

/*
 * What becomes of the value at `at`, a member `m`. FIX_REPLACE: *text is the new value, as JSON.
 * What is lost by it is put into f->replaced.
 */
enum fixed fix_value(struct fix *f, const struct member *m, size_t at, struct span *text);

/* Keep a value under raw.replaced, unless there is nothing in it. */
void fix_save(struct fix *f, struct span name, size_t at);

/* The characters of a required member that is missing or empty; "" if it has none to give. */
struct span fix_default(struct fix *f, enum member_rule rule);

/* The time of the record: its own if there is a usable one at `at` (0: none), in RFC 3339. */
struct span fix_time(struct fix *f, size_t at, bool *own);

/* The action, from the member or from what else the record holds (schema.md §14.5, 5). */
struct span fix_action(const struct fix *f);

/* Characters as a JSON string. */
struct span fix_quote(struct fix *f, struct span s);

#endif
