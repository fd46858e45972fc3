/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk costs one hash of each name that it passes; the table has some 350 paths and some
 * 40 fields, so asking the record for each path would cost a hundred times as much.
 */
#include "event/lookup.h"

#include "event/pathset.h"
#include "event/rules.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PATHS_MAX = 640,            /* of all rows, each once */
    ALIASES_MAX = 768,          /* paths of all rows, repeated ones too */
    EMBEDDED_MAX = 4,           /* JSON texts taken apart in one record */
    EMBEDDED_BYTES = 64 * 1024, /* longer ones stay texts: a reader's memory is 40 times this */
    RANK_NESTED = 1,
    RANK_MIXED = 2,
    RANK_FOLDED = 0x4000,
    ALIAS_NONE = -1,
};

/* The best value of a path in a scope. */
struct place {
    uint32_t at;
    uint16_t rank;
    uint8_t doc; /* 0 the record, else an embedded text */
};

/* What was found of one set of paths. */
struct found {
    const struct pathset *paths;
    uint8_t scopes[PATHS_MAX]; /* bits; places hold rubbish where none is set */
    struct place places[PATHS_MAX][SCOPES];
};

struct compiled {
    int16_t path;
    uint16_t when;
};

/* The aliases of a row of which a value was met: from the first to the last. */
struct row_range {
    int16_t first; /* ALIAS_NONE: none was */
    int16_t last;
};

struct lookup {
    struct pathset builtin;
    struct compiled alias[ALIASES_MAX];
    struct found found[2]; /* the customer's, the built-in */
    const struct rules *rules;
    const struct doc *record;
    unsigned granted;
    struct json_reader *reader[EMBEDDED_MAX];
    struct doc embedded[EMBEDDED_MAX];
    int embedded_count;
    bool known;                      /* any path met but those of time and message */
    uint8_t says_nothing[PATHS_MAX]; /* built-in paths of time and message only */
    struct row_range rows[FACTS_END];
    int16_t met_rows[FACTS_END]; /* those with a value in this record */
    size_t met_count;
    int16_t row_of_alias[ALIASES_MAX];
    int16_t path_alias[PATHS_MAX];   /* first alias of a path */
    int16_t next_alias[ALIASES_MAX]; /* and the next of the same path */
};

/* ---- the table, taken apart once ---- */

static void compile_row(struct lookup *l, struct alias_row row, size_t *n)
{
    struct span paths = span_str(row.paths);
    struct alias a;
    while (alias_next(&paths, &a)) {
        int id = pathset_add(&l->builtin, a.path);
        assert(id != PATH_NONE && *n < ALIASES_MAX);
        l->row_of_alias[*n] = (int16_t)row.row;
        l->next_alias[*n] = l->path_alias[id];
        l->path_alias[id] = (int16_t)*n;
        l->alias[(*n)++] = (struct compiled){(int16_t)id, (uint16_t)a.when};
        if (row.row < FIELDS && row.row != FIELD_TIMESTAMP && row.row != FIELD_MESSAGE) {
            l->says_nothing[id] = 0;
        }
    }
}

struct lookup *lookup_new(void)
{
    struct lookup *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        abort();
    }
    pathset_init(&l->builtin, PATHS_MAX);
    memset(l->says_nothing, 1, sizeof(l->says_nothing));
    memset(l->path_alias, 0xff, sizeof(l->path_alias)); /* ALIAS_NONE */
    memset(l->rows, 0xff, sizeof(l->rows));
    size_t n = 0;
    for (int row = 0; row < FACTS_END; row++) {
        if (!field_is_ours((enum field)row)) {
            compile_row(l, alias_row_of(row), &n);
        }
    }
    for (size_t i = 0; i < containers_count; i++) {
        pathset_container(&l->builtin, span_str(containers[i].path), containers[i].as);
    }
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

/* ---- the walk ---- */

/* Whether it may be anything at all: null, "" and empty containers are as absent. */
static bool value_is_there(const struct doc *d, size_t at)
{
    switch (doc_tag(d, at)) {
    case 'n':
        return false;
    case '"':
        return text_counts(doc_string(d, at));
    case '{':
    case '[':
        return !doc_at_end(d, doc_first(d, at));
    default:
        return true;
    }
}

/* Where a walk stands: everything a member needs to know of what is around it. */
struct walk {
    const struct doc *doc;
    uint8_t doc_number;
    enum lookup_scope scope;
    char *joined;
    size_t prefix;   /* bytes of joined[] used: the names around the member, 0 at the top */
    size_t dots;     /* in them */
    unsigned splits; /* a bit for each dot of the prefix: 1 if it is a step down */
};

static void walk_object(struct lookup *l, const struct walk *w, size_t at);

/* Literal 0, nested 1, then the mixtures, longest first name first. */
static uint16_t rank_of(unsigned splits, size_t dots)
{
    if (splits == 0) {
        return 0;
    }
    return splits == (1U << dots) - 1 ? RANK_NESTED : (uint16_t)(RANK_MIXED + splits);
}

static void found_add(struct found *f, int id, const struct walk *w, size_t at, uint16_t rank)
{
    struct place *p = &f->places[id][w->scope];
    uint8_t bit = (uint8_t)(1U << w->scope);
    if ((f->scopes[id] & bit) == 0 || rank < p->rank || (rank == p->rank && rank != RANK_FOLDED)) {
        *p = (struct place){(uint32_t)at, rank, w->doc_number};
        f->scopes[id] |= bit;
    }
}

/* Remember that the row has a value, and between which of its aliases. */
static void row_met(struct lookup *l, int row, int16_t alias)
{
    struct row_range *r = &l->rows[row];
    if (r->first == ALIAS_NONE) {
        *r = (struct row_range){alias, alias};
        l->met_rows[l->met_count++] = (int16_t)row;
        return;
    }
    r->first = alias < r->first ? alias : r->first;
    r->last = alias > r->last ? alias : r->last;
}

static void met(struct lookup *l, int set, int id, const struct walk *w, size_t at, uint16_t rank)
{
    found_add(&l->found[set], id, w, at, rank);
    l->known = l->known || set == 0 || !l->says_nothing[id];
    for (int a = set == 0 ? ALIAS_NONE : l->path_alias[id]; a != ALIAS_NONE; a = l->next_alias[a]) {
        row_met(l, l->row_of_alias[a], (int16_t)a);
    }
}

static void walk_folded(struct lookup *l, int set, const struct walk *w, struct span name,
                        size_t at)
{
    const struct pathset *p = l->found[set].paths;
    for (int id = pathset_folded(p, name); id != PATH_NONE; id = p->next_folded[id]) {
        met(l, set, id, w, at, RANK_FOLDED);
    }
}

bool lookup_embedded(struct lookup *l, struct span text, struct doc *doc)
{
    int i = l->embedded_count;
    text = text_trim(text);
    if (text.n < 2 || text.n > EMBEDDED_BYTES || (*text.p != '{' && *text.p != '[') ||
        i == EMBEDDED_MAX) {
        return false;
    }
    if (l->reader[i] == NULL) {
        l->reader[i] = json_reader_new(EMBEDDED_BYTES);
    }
    if (json_scan(l->reader[i], &text, doc, NULL) != FAIL_NONE || text.n > 0) {
        return false;
    }
    l->embedded[i] = *doc;
    l->embedded_count++;
    return true;
}

/* A JSON text where an object is expected: read it, walk it under the same name. */
static void walk_embedded(struct lookup *l, struct walk w, size_t at)
{
    struct doc doc;
    if (lookup_embedded(l, doc_string(w.doc, at), &doc) && doc_tag(&doc, DOC_ROOT) == '{') {
        w.doc = &doc;
        w.doc_number = (uint8_t)l->embedded_count;
        walk_object(l, &w, DOC_ROOT);
    }
}

static void walk_container(struct lookup *l, struct walk w, const char *as, size_t at)
{
    char joined[PATH_MAX_BYTES];
    w.joined = joined;
    w.prefix = strlen(as);
    w.dots = 0;
    w.splits = 0;
    memcpy(joined, as, w.prefix);
    if (doc_tag(w.doc, at) == '{') {
        walk_object(l, &w, at);
    } else if (doc_tag(w.doc, at) == '"') {
        walk_embedded(l, w, at);
    }
}

/* The members that hold attributes: not paths, but other scopes. */
static bool walk_scope(struct lookup *l, struct walk w, struct span name, size_t at)
{
    static const struct {
        struct span name;
        enum lookup_scope scope;
    } scopes[] = {
        {SPAN_INIT("attributes"), SCOPE_ATTRIBUTES},
        {SPAN_INIT("Attributes"), SCOPE_ATTRIBUTES},
        {SPAN_INIT("LogAttributes"), SCOPE_ATTRIBUTES},
        {SPAN_INIT("SpanAttributes"), SCOPE_ATTRIBUTES},
        {SPAN_INIT("ResourceAttributes"), SCOPE_RESOURCE},
    };
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (span_eq(name, scopes[i].name)) {
            w.scope = scopes[i].scope;
            walk_object(l, &w, at);
            return true;
        }
    }
    return false;
}

/* resource: {attributes: {...}} */
static void walk_resource(struct lookup *l, struct walk w, size_t at)
{
    size_t inner = doc_member(w.doc, at, SPAN("attributes"));
    if (inner != 0 && doc_tag(w.doc, inner) == '{') {
        w.scope = SCOPE_RESOURCE;
        walk_object(l, &w, inner);
    }
}

/*
 * A member whose path is in a set, or the beginning of one: `in` is the walk with the member's
 * name joined to it. True: longer paths begin with it.
 */
static bool walk_entry(struct lookup *l, int set, const struct path_entry *e, const struct walk *in,
                       size_t at, bool there)
{
    if (e->id != PATH_NONE && there) {
        met(l, set, e->id, in, at, rank_of(in->splits, e->dots));
    }
    if (e->container != NULL) {
        walk_container(l, *in, e->container, at);
    }
    return e->begins;
}

/* A member of the record itself or of a scope: its name may also be only alike. */
static void walk_top(struct lookup *l, const struct walk *w, struct span name, size_t at)
{
    struct walk in = *w;
    bool object = doc_tag(w->doc, at) == '{';
    bool there = value_is_there(w->doc, at);
    bool down = false;
    if ((object && w->scope == SCOPE_RECORD && walk_scope(l, *w, name, at)) || name.n == 0 ||
        name.n >= PATH_MAX_BYTES) {
        return;
    }
    for (int set = l->rules != NULL ? 0 : 1; set < 2; set++) {
        const struct path_entry *e = pathset_find(l->found[set].paths, name);
        if (e != NULL) {
            in.dots = e->dots;
            down = walk_entry(l, set, e, &in, at, there) || down;
        }
        if (there && (e == NULL || !e->alone)) {
            walk_folded(l, set, &in, name, at);
        }
    }
    if (down && object) {
        in.prefix = name.n;
        memcpy(in.joined, name.p, name.n);
        walk_object(l, &in, at);
    }
    if (object && w->scope == SCOPE_RECORD && span_eq(name, SPAN("resource"))) {
        walk_resource(l, *w, at);
    }
}

/* A member of an object that paths begin with. */
static void walk_below(struct lookup *l, const struct walk *w, struct span name, size_t at)
{
    struct walk in = *w;
    bool down = false;
    in.prefix += 1 + name.n;
    if (name.n == 0 || in.prefix > PATH_MAX_BYTES) {
        return;
    }
    in.joined[w->prefix] = '.';
    memcpy(in.joined + w->prefix + 1, name.p, name.n);
    for (int set = l->rules != NULL ? 0 : 1; set < 2; set++) {
        const struct path_entry *e =
            pathset_find(l->found[set].paths, span_of(in.joined, in.prefix));
        if (e != NULL) {
            in.dots = e->dots;
            in.splits = (w->splits << 1 | 1U) << (e->dots - w->dots - 1);
            down = walk_entry(l, set, e, &in, at, value_is_there(w->doc, at)) || down;
        }
    }
    if (down && doc_tag(w->doc, at) == '{') {
        walk_object(l, &in, at);
    }
}

static void walk_object(struct lookup *l, const struct walk *w, size_t at)
{
    const struct doc *d = w->doc;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        if (w->prefix == 0) {
            walk_top(l, w, doc_string(d, i), i + 1);
        } else {
            walk_below(l, w, doc_string(d, i), i + 1);
        }
    }
}

static unsigned shape_grants(enum shape s)
{
    return (s == SHAPE_FLAT ? ALIAS_FLAT : 0U) | (s == SHAPE_ECS ? ALIAS_ECS : 0U) |
           (s == SHAPE_HOOK ? ALIAS_HOOK : ALIAS_NOT_HOOK) | ALIAS_STRING | ALIAS_NS |
           ALIAS_NO_SHIPPER | ALIAS_NUMBERED;
}

bool lookup_record(struct lookup *l, const struct doc *doc, size_t at, enum shape shape,
                   const struct rules *rules)
{
    char joined[PATH_MAX_BYTES];
    l->record = doc;
    l->rules = rules_paths(rules) != NULL ? rules : NULL;
    l->found[0].paths = rules_paths(rules);
    l->granted = shape_grants(shape);
    l->embedded_count = 0;
    l->known = false;
    while (l->met_count > 0) {
        l->rows[l->met_rows[--l->met_count]].first = ALIAS_NONE;
    }
    for (int set = l->rules != NULL ? 0 : 1; set < 2; set++) {
        memset(l->found[set].scopes, 0, l->found[set].paths->count);
    }
    walk_object(l, &(struct walk){.doc = doc, .scope = SCOPE_RECORD, .joined = joined}, at);
    return l->known;
}

void lookup_grant(struct lookup *l, unsigned when)
{
    l->granted |= when;
}

/* ---- asking ---- */

struct search lookup_search(int row)
{
    return (struct search){.row = row};
}

/* The value of a path in a scope that has one, unless the path asks for another type. */
static bool place_hit(const struct lookup *l, int set, struct compiled a, int scope,
                      struct hit *hit)
{
    const struct found *f = &l->found[set];
    const struct place *p = &f->places[a.path][scope];
    hit->doc = p->doc == 0 ? l->record : &l->embedded[p->doc - 1];
    hit->at = p->at;
    hit->path = f->paths->text[a.path];
    hit->when = a.when;
    hit->scope = (enum lookup_scope)scope;
    hit->folded = p->rank == RANK_FOLDED;
    hit->name = hit->folded ? doc_string(hit->doc, hit->at - 1) : hit->path;
    return (a.when & ALIAS_STRING) == 0 || doc_tag(hit->doc, hit->at) == '"';
}

/* The next scope from s->scope on that the path has a value in; SCOPES if there is none. */
static int search_scope(const struct found *f, const struct search *s, int path)
{
    unsigned bits = (unsigned)f->scopes[path] >> s->scope;
    return bits == 0 ? SCOPES : s->scope + __builtin_ctz(bits);
}

/* Look at the path in its next scope, and move behind it. */
static bool search_path(const struct lookup *l, struct search *s, int set, struct compiled a,
                        struct hit *hit)
{
    int scope = (a.when & ~l->granted) != 0 ? SCOPES : search_scope(&l->found[set], s, a.path);
    s->scope = scope + 1;
    if (s->scope >= SCOPES) {
        s->scope = 0;
        s->next++;
    }
    return scope < SCOPES && place_hit(l, set, a, scope, hit);
}

static bool next_custom(const struct lookup *l, struct search *s, struct hit *hit)
{
    int path = PATH_NONE;
    while ((path = rules_path(l->rules, s->row, s->next)) != PATH_NONE) {
        if (search_path(l, s, 0, (struct compiled){(int16_t)path, 0}, hit)) {
            return true;
        }
    }
    return false;
}

/* Search the built-in aliases. False: none of them was met. */
static bool search_builtin(const struct lookup *l, struct search *s)
{
    const struct row_range *r = &l->rows[s->row];
    bool any = r->first != ALIAS_NONE;
    *s = (struct search){.row = s->row,
                         .next = any ? (size_t)r->first : 0,
                         .end = any ? (size_t)r->last + 1 : 0,
                         .builtin = true};
    return any;
}

bool lookup_next(const struct lookup *l, struct search *s, struct hit *hit)
{
    if (!s->builtin) {
        if (l->rules != NULL && s->row < FIELDS && next_custom(l, s, hit)) {
            return true;
        }
        if (!search_builtin(l, s)) {
            return false;
        }
    }
    while (s->next < s->end) {
        if (search_path(l, s, 1, l->alias[s->next], hit)) {
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

bool lookup_first(const struct lookup *l, int row, struct hit *hit)
{
    struct search s = lookup_search(row);
    return lookup_next(l, &s, hit);
}

bool lookup_text(const struct lookup *l, int row, struct span *text)
{
    struct search s = lookup_search(row);
    struct hit hit;
    while (lookup_next(l, &s, &hit)) {
        if (value_text(hit.doc, hit.at, text)) {
            return true;
        }
    }
    return false;
}
