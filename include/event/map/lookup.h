/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h - the values of a record that may be a field (normalization.md §3).
 *
 * A record is walked once. Every member with a path of the alias table, or of the customer's
 * rules, is noted. A search for a field then goes through the paths of its row:
 *
 *     lookup_record(l, &doc, at, ...);
 *     struct search s = lookup_search(FIELD_USER_NAME);
 *     while (lookup_next(l, &s, &hit)) {      // best first
 *         struct span text;
 *         if (value_text(hit.doc, hit.at, &text)) ...
 *
 * Scopes are searched in order: the attributes of the record, the record itself, the attributes of
 * the resource. In a scope a literal name is preferred to a nested one, a nested one to a mixture
 * (the longest first name first), and all of them to a name that only folds to the path.
 * JSON texts in members that aliases.h lists as containers are read and walked too
 * (event/README.md, rule 12).
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
    const struct doc *doc; /* of the record, or of a JSON text in it */
    size_t at;
    const struct span *path; /* as in the alias table */
    unsigned when;           /* ALIAS_ flags of that path */
    enum lookup_scope scope;
    bool folded; /* the member's name only folds to the path */
};

/* The state of a search. Its members are private to lookup.c. */
struct search {
    int row;
    int path;        /* the current path of the row */
    unsigned when;   /* its ALIAS_ flags */
    unsigned scopes; /* of it, a bit for each that is still to be searched */
    unsigned marks;  /* a bit for each built-in path of the row that is still to be searched */
    size_t custom;   /* the customer's next path */
    bool builtin;    /* the customer's paths are done */
};

/* The path of the value, or the member's name if it only folds to the path. */
static inline struct span hit_name(const struct hit *h)
{
    return h->folded ? doc_string(h->doc, h->at - 1) : *h->path;
}

struct lookup;
struct rules;

struct lookup *lookup_new(void);
void lookup_free(struct lookup *l);
DEFINE_OWNED(lookup);

/* The path set of all rows, for record indexes. */
struct pathset *lookup_names(struct lookup *l);

/*
 * Walk the object at `at`. index: of it, made with lookup_names; NULL: lookup makes one. Doc and
 * rules (NULL: none) are borrowed until the next call.
 * False: it has no path of any row but time and message (normalization.md §2, rule 8).
 */
MUST_USE bool lookup_record(struct lookup *l, const struct doc *doc, size_t at,
                            const struct record_index *index, enum shape shape,
                            const struct rules *rules);

/* Search paths with these ALIAS_ words too from now on (ALIAS_MCP, _FILE, _TOOL_DECISION). */
void lookup_grant(struct lookup *l, unsigned when);

static inline struct search lookup_search(int row)
{
    return (struct search){.row = row};
}

MUST_USE bool lookup_next(const struct lookup *l, struct search *s, struct hit *hit);

/* The rows with a built-in path in the record. Without rules no other row has a value. */
const int16_t *lookup_rows(const struct lookup *l, size_t *count);

/* Whether the record has a path of the customer's rules. */
MUST_USE bool lookup_met_custom(const struct lookup *l);

/* The first hit of a row. */
MUST_USE bool lookup_first(const struct lookup *l, int row, struct hit *hit);

/* The first hit of a row with a text that counts. */
MUST_USE bool lookup_text(const struct lookup *l, int row, struct span *text);

/* Read a text that is one JSON object or array. The document is valid as long as the record. False:
 * it is none. */
MUST_USE bool lookup_embedded(struct lookup *l, struct span text, struct doc *doc);

/* The document of a text that lookup_embedded has read, without blanks around it; NULL: not read.
 */
const struct doc *lookup_read(const struct lookup *l, struct span text);

#endif
