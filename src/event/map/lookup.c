/* SPDX-License-Identifier: Apache-2.0 */
#include "lookup_priv.h"

#include "base/alloc.h"
#include "event/schema/rules.h"
#include "shipper_priv.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the alias table, compiled once ---- */

/* The kinds of a value by which an object is one that the table knows. */
static uint8_t known_kinds(int row, unsigned when)
{
    bool counts = row < FIELDS && row != FIELD_TIMESTAMP && row != FIELD_MESSAGE &&
                  (when & ALIAS_TOOL_DECISION) == 0;
    return !counts ? 0 : (when & ALIAS_STRING) != 0 ? KNOWN_TEXT : KNOWN_TEXT | KNOWN_OTHER;
}

static void compile_row(struct lookup *l, struct alias_row row, size_t *n)
{
    struct span paths = span_str(row.paths);
    struct alias a;
    l->row_alias[row.row] = (int16_t)*n;
    for (int place = 0; alias_next(&paths, &a); place++) {
        int id = pathset_add(&l->builtin, a.path);
        bool own = (a.when & ALIAS_OWN_ANY) != 0;
        uint8_t known = known_kinds(row.row, a.when);
        assert(id != PATH_NONE && *n < ALIASES_MAX && place < ROW_MAX);
        l->alias[*n] = (struct compiled){.path = (int16_t)id,
                                         .when = (uint16_t)a.when,
                                         .row = (int16_t)row.row,
                                         .next = l->path_alias[id],
                                         .known = own ? 0 : known,
                                         .known_own = own ? known : 0,
                                         .mark = (uint32_t)1 << place};
        l->path_alias[id] = (int16_t)(*n)++;
    }
}

struct lookup *lookup_new(void)
{
    struct lookup *l = mem_zeros(1, sizeof(*l));
    pathset_init(&l->builtin, PATHS_MAX);
    memset(l->path_alias, 0xff, sizeof(l->path_alias)); /* ALIAS_NONE */
    size_t n = 0;
    for (int row = 0; row < FACTS_END; row++) {
        if (!field_is_reserved((enum field)row)) {
            compile_row(l, alias_row_of(row), &n);
        }
    }
    for (size_t i = 0; i < containers_count; i++) {
        pathset_container(&l->builtin, span_str(containers[i].path), containers[i].as);
    }
    record_index_names(&l->builtin);
    l->found[1].paths = &l->builtin;
    return l;
}

void lookup_free(struct lookup *l)
{
    if (l == NULL) {
        return;
    }
    for (int i = 0; i < EMBEDDED_MAX; i++) {
        json_reader_free(l->reader[i]);
    }
    pathset_done(&l->builtin);
    free(l);
}

static unsigned shape_grants(enum shape s)
{
    return (s == SHAPE_FLAT ? ALIAS_FLAT : 0U) | (s == SHAPE_ECS ? ALIAS_ECS : 0U) |
           (s == SHAPE_HOOK ? ALIAS_HOOK : ALIAS_NOT_HOOK) | ALIAS_STRING | ALIAS_NS |
           ALIAS_NO_SHIPPER | ALIAS_NUMBERED;
}

struct pathset *lookup_names(struct lookup *l)
{
    return &l->builtin;
}

/* Grant the paths whose values the shipper may have written, but has not (normalization.md §4). */
static void grant_own(struct lookup *l, size_t at)
{
    bool who = l->marks[FIELD_USER_NAME] != 0 || l->marks[FIELD_USER_UID] != 0 ||
               l->marks[FIELD_SESSION_ID] != 0 || l->marks[FIELD_TOOL_NAME] != 0;
    unsigned own = l->own & ~shipper_wrote(l->record, at, l->own, who);
    l->granted |= own;
    l->known |= own != 0;
}

bool lookup_record(struct lookup *l, const struct doc *doc, size_t at,
                   const struct record_index *index, enum shape shape, const struct rules *rules)
{
    l->record = doc;
    l->rules = rules_paths(rules) != NULL ? rules : NULL;
    l->found[0].paths = rules_paths(rules);
    l->granted = shape_grants(shape);
    l->embedded_count = 0;
    l->known = false;
    l->own = 0;
    l->custom = false;
    while (l->met_count > 0) {
        l->marks[l->met_rows[--l->met_count]] = 0;
    }
    for (int set = l->rules != NULL ? 0 : 1; set < 2; set++) {
        memset(l->found[set].scopes, 0, l->found[set].paths->count);
    }
    if (index == NULL) {
        record_index_of(&l->builtin, doc, at, &l->index);
        index = &l->index;
    }
    l->journal = (index->signs & SIGN_JOURNAL) != 0;
    lookup_walk(l, at, index);
    if (l->own != 0) {
        grant_own(l, at);
    }
    return l->known;
}

void lookup_grant(struct lookup *l, unsigned when)
{
    l->granted |= when;
}

/* ---- searches ---- */

/* The value of a path in a scope. False: the path accepts only another type. */
static inline bool place_hit(const struct lookup *l, int set, int path, unsigned when, int scope,
                             struct hit *hit)
{
    const struct found *f = &l->found[set];
    const struct place *p = &f->places[path][scope];
    hit->doc = p->doc == 0 ? l->record : &l->embedded[p->doc - 1];
    hit->at = p->at;
    hit->path = &f->paths->text[path];
    hit->when = when;
    hit->scope = (enum lookup_scope)scope;
    hit->folded = p->rank == RANK_FOLDED;
    return ((when & ALIAS_STRING) == 0) | (doc_tag(hit->doc, hit->at) == '"');
}

/* Remove the lowest of a set of bits and return its number. */
static inline int take_bit(unsigned *bits)
{
    int first = __builtin_ctz(*bits);
    *bits &= *bits - 1;
    return first;
}

/* Go to the customer's next path of the row. False: no more. */
static bool next_path(const struct lookup *l, struct search *s)
{
    s->path = s->row < FIELDS ? rules_path(l->rules, s->row, s->custom++) : PATH_NONE;
    s->scopes = s->path != PATH_NONE ? l->found[0].scopes[s->path] : 0;
    return s->path != PATH_NONE;
}

static bool next_custom(const struct lookup *l, struct search *s, struct hit *hit)
{
    while (s->scopes != 0 || next_path(l, s)) {
        if (s->scopes != 0) {
            return place_hit(l, 0, s->path, 0, take_bit(&s->scopes), hit);
        }
    }
    return false;
}

/* Go to the next built-in path of the row that was met and is granted. False: no more. */
static inline bool next_alias(const struct lookup *l, struct search *s)
{
    const struct compiled *row = &l->alias[l->row_alias[s->row]];
    while (s->marks != 0) {
        const struct compiled *a = &row[take_bit(&s->marks)];
        if ((a->when & ~l->granted) == 0) {
            s->path = a->path;
            s->when = a->when;
            s->scopes = l->found[1].scopes[a->path];
            return true;
        }
    }
    return false;
}

bool lookup_next(const struct lookup *l, struct search *s, struct hit *hit)
{
    if (!s->builtin) {
        if (l->rules != NULL && next_custom(l, s, hit)) {
            return true;
        }
        s->builtin = true;
        s->marks = l->marks[s->row];
    }
    while (s->scopes != 0 || next_alias(l, s)) {
        if (place_hit(l, 1, s->path, s->when, take_bit(&s->scopes), hit)) {
            return true;
        }
    }
    return false;
}

const int16_t *lookup_rows(const struct lookup *l, size_t *count)
{
    *count = l->met_count;
    return l->met_rows;
}

bool lookup_met_custom(const struct lookup *l)
{
    return l->custom;
}

const struct doc *lookup_read(const struct lookup *l, struct span text)
{
    for (int i = 0; i < l->embedded_count; i++) {
        if (l->embedded[i].text == text.p) {
            return &l->embedded[i];
        }
    }
    return NULL;
}

/* Most rows that are searched one by one have no value. */
static bool row_is_empty(const struct lookup *l, int row)
{
    return l->marks[row] == 0 && l->rules == NULL;
}

/* A search without state: most rows have one place, which is accepted. */
static inline bool first_builtin(const struct lookup *l, int row, struct hit *hit)
{
    const struct compiled *first = &l->alias[l->row_alias[row]];
    for (unsigned marks = l->marks[row]; marks != 0;) {
        const struct compiled *a = &first[take_bit(&marks)];
        unsigned scopes = (a->when & ~l->granted) == 0 ? l->found[1].scopes[a->path] : 0;
        while (scopes != 0) {
            if (place_hit(l, 1, a->path, a->when, take_bit(&scopes), hit)) {
                return true;
            }
        }
    }
    return false;
}

bool lookup_first(const struct lookup *l, int row, struct hit *hit)
{
    struct search s = lookup_search(row);
    return l->rules == NULL ? first_builtin(l, row, hit) : lookup_next(l, &s, hit);
}

bool lookup_text(const struct lookup *l, int row, struct span *text)
{
    struct search s = lookup_search(row);
    struct hit hit;
    while (!row_is_empty(l, row) && lookup_next(l, &s, &hit)) {
        if (value_text(hit.doc, hit.at, text)) {
            return true;
        }
    }
    return false;
}
