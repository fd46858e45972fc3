/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft.h - an event that is being built: the value of each field, and what the rules on action,
 * category and severity need. Nothing is written before all fields are decided; the order of the
 * steps is in build.c.
 */
#ifndef EVENT_MAP_DRAFT_H
#define EVENT_MAP_DRAFT_H

#include "codec/timestamp.h"
#include "event/map/build_input.h"
#include "event/map/lookup.h"
#include "event/record/arena.h"
#include "event/schema/schema_fields.h"
#include "event/schema/text_cache.h"

enum value_kind {
    VALUE_NONE,
    VALUE_TEXT,    /* characters, to be escaped */
    VALUE_LITERAL, /* JSON: a number, true, false */
    VALUE_DOC,     /* a value of a document, to be copied without blanks */
    VALUE_JSON,    /* a text that is JSON if it can be read, else a string */
    VALUE_LIST,    /* words between commas, an array of strings */
};

struct field_value {
    enum value_kind kind;
    struct span text;      /* all but VALUE_DOC */
    const struct doc *doc; /* where it was found; NULL: it was not found in a document */
    size_t at;
    const struct span *path; /* of the alias row; NULL: derived */
    bool folded;             /* the name in the document only folds to the path */
};

struct draft {
    const struct build_input *in;
    struct lookup *lookup;
    struct arena *arena;
    const struct action_words *words;
    struct field_value values[FIELDS]; /* set through draft_slot; others have no kind and no path */
    uint64_t touched[FIELDS / 64 + 1]; /* a bit for each draft_slot of this record */
    struct text_cache harnesses, systems, severities, categories, tools, words_seen, inferred;
    struct timestamp time;
    bool time_from_envelope;
    struct span time_unread; /* as in struct event_facts */
    struct span word;        /* the source's own word for its action, "" if none */
    bool metric;             /* a data point */
    bool action_by_default;  /* nothing of the record says what happened */
    bool tool_decision;      /* Claude Code's record of that name */
};

/* Where the value was found: a path, or the name of the member. "" if it is derived or constant. */
static inline struct span value_source(const struct field_value *v)
{
    if (v->path == NULL) {
        return span_of("", 0);
    }
    return v->folded ? doc_string(v->doc, v->at - 1) : *v->path;
}

/* The value of a field, to be set. */
static inline struct field_value *draft_slot(struct draft *d, enum field f)
{
    d->touched[f / 64] |= (uint64_t)1 << f % 64;
    return &d->values[f];
}

/* The first field from `f` on that may have a value; FIELDS if there is none. */
static inline int draft_next(const struct draft *d, int f)
{
    uint64_t bits = d->touched[f / 64] >> f % 64;
    if (bits != 0) {
        return f + __builtin_ctzll(bits);
    }
    for (int i = f / 64 + 1; i <= FIELDS / 64; i++) {
        if (d->touched[i] != 0) {
            return i * 64 + __builtin_ctzll(d->touched[i]);
        }
    }
    return FIELDS;
}

static inline bool draft_has(const struct draft *d, enum field f)
{
    return d->values[f].kind != VALUE_NONE;
}

/* The text of a field; empty if it is absent or not a text. */
static inline struct span draft_text(const struct draft *d, enum field f)
{
    return d->values[f].kind == VALUE_TEXT || d->values[f].kind == VALUE_JSON ? d->values[f].text
                                                                              : span_of("", 0);
}

/* Set a derived text; an empty one clears the field. Where it was found is kept. */
static inline void draft_set(struct draft *d, enum field f, struct span text)
{
    struct field_value *v = draft_slot(d, f);
    v->kind = text.n > 0 ? VALUE_TEXT : VALUE_NONE;
    v->text = text;
}

/* Clear the values of the previous record: only those that were set, some thirty. */
void draft_clear(struct draft *d);

#endif
