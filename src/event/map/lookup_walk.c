/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk takes one hash of each name. The table has some 350 paths, so a search of the record for
 * each path would take a hundred times as long.
 */
#include "lookup_priv.h"
#include "shipper_priv.h"

/* Whether the value counts: null, "" and empty containers do not. */
static inline bool value_is_there(const struct doc *d, size_t at)
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

/* The state of a walk: what must be known of the objects around a member. */
struct walk {
    const struct doc *doc;
    uint8_t doc_number;
    enum lookup_scope scope;
    char *joined;
    size_t prefix;   /* bytes in joined[]: the names around the member, 0 at the top */
    size_t dots;     /* in the prefix */
    unsigned splits; /* a bit for each dot of the prefix: 1 if it separates nested names */
};

static void walk_object(struct lookup *l, const struct walk *w, size_t at);

/* Literal 0, nested 1, then mixtures, with the longest first name first. */
static inline uint16_t rank_of(unsigned splits, size_t dots)
{
    if (splits == 0) {
        return 0;
    }
    return splits == (1U << dots) - 1 ? RANK_NESTED : (uint16_t)(RANK_MIXED + splits);
}

static inline void found_add(struct found *f, int id, const struct walk *w, size_t at,
                             uint16_t rank)
{
    struct place *p = &f->places[id][w->scope];
    uint8_t bit = (uint8_t)(1U << w->scope);
    if ((f->scopes[id] & bit) == 0 || rank < p->rank || (rank == p->rank && rank != RANK_FOLDED)) {
        *p = (struct place){(uint32_t)at, rank, w->doc_number};
        f->scopes[id] |= bit;
    }
}

static void met_custom(struct lookup *l, int id, const struct walk *w, size_t at, uint16_t rank)
{
    found_add(&l->found[0], id, w, at, rank);
    l->known = true;
    l->custom = true;
}

static inline void met_builtin(struct lookup *l, int id, const struct walk *w, size_t at,
                               uint16_t rank)
{
    uint8_t kind = doc_tag(w->doc, at) == '"' ? KNOWN_TEXT : KNOWN_OTHER;
    found_add(&l->found[1], id, w, at, rank);
    for (int i = l->path_alias[id]; i != ALIAS_NONE; i = l->alias[i].next) {
        const struct compiled *a = &l->alias[i];
        l->known |= (a->known & kind) != 0;
        l->own |= (a->known_own & kind) != 0 ? a->when & ALIAS_OWN_ANY : 0U;
        if (l->marks[a->row] == 0) {
            l->met_rows[l->met_count++] = a->row;
        }
        l->marks[a->row] |= a->mark;
    }
}

/* The first path that a name only folds to. e: the entry of the name, or NULL. */
static inline int similar_path(const struct pathset *p, const struct path_entry *e,
                               struct span name)
{
    return e != NULL ? pathset_alike(p, e) : pathset_folded(p, name);
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
    if (!json_read(l->reader[i], text, doc) &&
        (json_scan(l->reader[i], &text, doc, NULL) != FAIL_NONE || text.n > 0)) {
        return false;
    }
    l->embedded[i] = *doc;
    l->embedded_count++;
    return true;
}

/* A JSON text in place of an object: read it and walk it under the same name. */
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

/* Members that hold attributes are scopes and not paths. */
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

/* Note a member of the record or of a scope by the customer's paths. True: longer paths begin with
 * it. */
static bool walk_custom(struct lookup *l, const struct walk *w, struct span name, size_t at)
{
    const struct pathset *p = l->found[0].paths;
    const struct path_entry *e = pathset_find(p, name);
    int own = e != NULL ? e->id : PATH_NONE;
    if (value_is_there(w->doc, at)) {
        if (own != PATH_NONE) {
            met_custom(l, own, w, at, 0);
        }
        for (int id = similar_path(p, e, name); id != PATH_NONE; id = p->next_folded[id]) {
            if (id != own) {
                met_custom(l, id, w, at, RANK_FOLDED);
            }
        }
    }
    return e != NULL && e->begins;
}

/* The same by the built-in paths. The name may also only fold to one. */
static inline void walk_name(struct lookup *l, const struct walk *w, const struct path_entry *e,
                             struct span name, size_t at)
{
    const struct pathset *p = &l->builtin;
    int own = e != NULL ? e->id : PATH_NONE;
    bool there = value_is_there(w->doc, at);
    if (there && own != PATH_NONE) {
        met_builtin(l, own, w, at, 0);
    }
    if (e != NULL && e->container != NULL) {
        walk_container(l, *w, e->container, at);
    }
    bool may_fold = there && (!l->journal || !shipper_is_journal_field(name));
    for (int id = may_fold ? similar_path(p, e, name) : PATH_NONE; id != PATH_NONE;
         id = p->next_folded[id]) {
        if (id != own) {
            met_builtin(l, id, w, at, RANK_FOLDED);
        }
    }
}

/* Walk an object that paths begin with. */
static void walk_down(struct lookup *l, const struct walk *w, struct span name, size_t at)
{
    struct walk in = *w;
    in.prefix = name.n;
    for (size_t i = 0; i < name.n; i++) {
        in.dots += name.p[i] == '.';
    }
    memcpy(in.joined, name.p, name.n);
    walk_object(l, &in, at);
}

/* A member of the record itself or of a scope. e: the entry of its name among the built-in paths.
 */
static void walk_top(struct lookup *l, const struct walk *w, const struct path_entry *e,
                     struct span name, size_t at)
{
    bool object = doc_tag(w->doc, at) == '{';
    if ((object && w->scope == SCOPE_RECORD && walk_scope(l, *w, name, at)) || name.n == 0 ||
        name.n >= PATH_MAX_BYTES) {
        return;
    }
    bool begins = l->rules != NULL && walk_custom(l, w, name, at);
    walk_name(l, w, e, name, at);
    if (object && (begins || (e != NULL && e->begins))) {
        walk_down(l, w, name, at);
    }
    if (object && w->scope == SCOPE_RECORD && span_eq(name, SPAN("resource"))) {
        walk_resource(l, *w, at);
    }
}

/* A member of an object that paths begin with. */
static void walk_below(struct lookup *l, const struct walk *w, struct span name, size_t at)
{
    struct walk in = *w;
    in.prefix += 1 + name.n;
    if (name.n == 0 || in.prefix > PATH_MAX_BYTES) {
        return;
    }
    w->joined[w->prefix] = '.';
    memcpy(w->joined + w->prefix + 1, name.p, name.n);
    struct span path = span_of(w->joined, in.prefix);
    const struct path_entry *e = pathset_find(&l->builtin, path);
    const struct path_entry *own = l->rules != NULL ? pathset_find(l->found[0].paths, path) : NULL;
    if (e == NULL && own == NULL) {
        return;
    }
    in.dots = e != NULL ? e->dots : own->dots;
    in.splits = (w->splits << 1 | 1U) << (in.dots - w->dots - 1);
    bool there = value_is_there(w->doc, at);
    if (there && own != NULL && own->id != PATH_NONE) {
        met_custom(l, own->id, w, at, rank_of(in.splits, in.dots));
    }
    if (there && e != NULL && e->id != PATH_NONE) {
        met_builtin(l, e->id, w, at, rank_of(in.splits, in.dots));
    }
    if (e != NULL && e->container != NULL) {
        walk_container(l, *w, e->container, at);
    }
    bool begins = (e != NULL && e->begins) || (own != NULL && own->begins);
    if (begins && doc_tag(w->doc, at) == '{') {
        walk_object(l, &in, at);
    }
}

static void walk_object(struct lookup *l, const struct walk *w, size_t at)
{
    const struct doc *d = w->doc;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (w->prefix == 0) {
            walk_top(l, w, pathset_find(&l->builtin, name), name, i + 1);
        } else {
            walk_below(l, w, name, i + 1);
        }
    }
}

void lookup_walk(struct lookup *l, size_t at, const struct record_index *index)
{
    char joined[PATH_MAX_BYTES];
    struct walk w = {.doc = l->record, .scope = SCOPE_RECORD, .joined = joined};
    if (index->count > INDEX_ROWS) {
        walk_object(l, &w, at);
        return;
    }
    for (size_t i = 0; i < index->count; i++) {
        const struct record_index_row *r = &index->rows[i];
        const struct path_entry *e = r->entry != WORD_NONE ? &l->builtin.entries[r->entry] : NULL;
        walk_top(l, &w, e, doc_string(l->record, r->at - 1), r->at);
    }
}
