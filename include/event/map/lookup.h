/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h - which values of a record may be a field (normalization.md §3).
 *
 * A record is walked once; every member whose path is in the alias table (or in the customer's
 * rules) is remembered. Asking for a field then walks its row:
 *
 *     lookup_record(l, &doc, at, ...);
 *     struct search s = lookup_search(FIELD_USER_NAME);
 *     while (lookup_next(l, &s, &hit)) {      // best first
 *         struct span text;
 *         if (value_text(hit.doc, hit.at, &text)) ...
 *
 * Scopes, in order: the record's attributes, the record itself, the resource's attributes. In
 * a scope the literal name wins over the nested one, this over mixtures (longest first name
 * first), all over a name that is only alike when case, '_' and '-' are ignored.
 * Objects named in `containers` that come as JSON text are parsed and walked as well.
 *
 * Threads: one at a time per lookup.
 */
#ifndef EVENT_MAP_LOOKUP_H
#define EVENT_MAP_LOOKUP_H

#include "codec/json.h"
#include "event/record/shape.h"
#include "event/schema/aliases.h"
#include "event/schema/value_text.h"

enum lookup_scope { SCOPE_ATTRIBUTES, SCOPE_RECORD, SCOPE_RESOURCE, SCOPES };

/* A value that may be the field. Valid until the next lookup_record. */
struct hit {
    const struct doc *doc; /* the record's, or that of a JSON text in it */
    size_t at;
    const struct span *path; /* as in the alias table */
    unsigned when;           /* ALIAS_ flags of that path */
    enum lookup_scope scope;
    bool folded; /* the member's name is only alike */
};

/* Where a search stands. Open so that it lives on the caller's stack. */
struct search {
    int row;
    int path;        /* of the row, at which the search is */
    unsigned when;   /* its ALIAS_ flags */
    unsigned scopes; /* a bit for each of its scopes that is still to be asked */
    unsigned marks;  /* a bit for each built-in path of the row that is */
    size_t custom;   /* the customer's next path */
    bool builtin;    /* the customer's paths are through */
};

/* What the value was found by: the path, or the member's name if that is only alike. */
static inline struct span hit_name(const struct hit *h)
{
    return h->folded ? doc_string(h->doc, h->at - 1) : *h->path;
}

struct lookup;
struct rules;

struct lookup *lookup_new(void);
void lookup_free(struct lookup *l);
DEFINE_OWNED(lookup);

/* The paths of all rows, and the names that an record_index is about. */
struct pathset *lookup_names(struct lookup *l);

/*
 * Walk the object at `at`, whose record_index by lookup_names may be known (NULL: it is not). Doc
 * and rules (NULL: none) are borrowed until the next call. False: no path of any row but time and
 * message was met (normalization.md §2 rule 8).
 */
MUST_USE bool lookup_record(struct lookup *l, const struct doc *doc, size_t at,
                            const struct record_index *o, enum shape shape,
                            const struct rules *rules);

/* Let paths with these ALIAS_ words count from now on (ALIAS_MCP, _FILE, _TOOL_DECISION). */
void lookup_grant(struct lookup *l, unsigned when);

static inline struct search lookup_search(int row)
{
    return (struct search){.row = row};
}

MUST_USE bool lookup_next(const struct lookup *l, struct search *s, struct hit *hit);

/* The rows of which a built-in path was met: only they can have a value, but for rules'. */
const int16_t *lookup_rows(const struct lookup *l, size_t *count);

/* The best value of a row; shorthand for a search and its first hit. */
MUST_USE bool lookup_first(const struct lookup *l, int row, struct hit *hit);

/* As text, if it counts: of an array its first element that does. */
MUST_USE bool lookup_text(const struct lookup *l, int row, struct span *text);

/* Read a text that is one JSON object or array, to the life of the record. False: it is none. */
MUST_USE bool lookup_embedded(struct lookup *l, struct span text, struct doc *doc);

/* What a text of the record, without blanks around it, was read as; NULL if it was not read. */
const struct doc *lookup_read(const struct lookup *l, struct span text);

#endif
