/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft.h - an event while it is being built: what each field will be, and what the rules
 * that decide on action, category and severity need to know.
 *
 * The path (build.c): look up -> collect -> action -> what depends on it -> category, severity
 * -> write. Nothing is written before all is decided.
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
    VALUE_LITERAL, /* JSON as it is: a number, true, false */
    VALUE_DOC,     /* a value of a document, copied without blanks */
    VALUE_JSON,    /* text that is JSON itself if it parses; else a string */
    VALUE_LIST,    /* words between commas: an array of strings */
};

struct field_value {
    enum value_kind kind;
    struct span text;      /* all but VALUE_DOC */
    const struct doc *doc; /* where it stands, if it does */
    size_t at;
    const struct span *path; /* it was taken from, or one that the name is like; NULL: derived */
    bool folded;             /* the name, which stands before the value, is only alike */
};

struct draft {
    const struct build_input *in;
    struct lookup *lookup;
    struct arena *arena;
    const struct action_words *words;
    struct field_value values[FIELDS]; /* written by draft_slot; else neither kind nor path */
    uint64_t touched[FIELDS / 64 + 1]; /* a bit for each that draft_slot gave for this record */
    struct text_cache harnesses, systems, severities, categories, tools, words_seen, inferred;
    struct timestamp time;
    struct span time_unread; /* as in struct built */
    struct span word;        /* the source's own word for its action, "" if none */
    bool metric;             /* a data point */
    bool tool_decision;      /* Claude Code's record of that name */
};

/* Where it was taken from: a path, or a member's name; "" if derived or constant. */
static inline struct span value_source(const struct field_value *v)
{
    if (v->path == NULL) {
        return span_of("", 0);
    }
    return v->folded ? doc_string(v->doc, v->at - 1) : *v->path;
}

/* The value of a field, to be written. */
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

/* Text of a field that is one; empty if it is absent. */
static inline struct span draft_text(const struct draft *d, enum field f)
{
    return d->values[f].kind == VALUE_TEXT || d->values[f].kind == VALUE_JSON ? d->values[f].text
                                                                              : span_of("", 0);
}

/* Set a derived text; an empty one clears the field. Keeps the source. */
static inline void draft_set(struct draft *d, enum field f, struct span text)
{
    struct field_value *v = draft_slot(d, f);
    v->kind = text.n > 0 ? VALUE_TEXT : VALUE_NONE;
    v->text = text;
}

/* Forget the values of the record before. A record has some thirty out of all the fields. */
void draft_clear(struct draft *d);

#endif
