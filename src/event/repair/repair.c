/* SPDX-License-Identifier: Apache-2.0 */
#include "event/repair/repair.h"

#include "base/alloc.h"
#include "event/record/json_write.h"
#include "event/repair/repair_state.h"
#include "event/schema/repository.h"

#include <stdio.h>
#include <stdlib.h>

enum { GROWTH = 8, PATH_BYTES = 256 };

struct repair {
    struct edits edits;
    struct arena arena;
    struct buf replaced;
    struct buf path;
    struct buf tail;     /* members that are added to the event */
    struct buf texts[2]; /* one string at a time, see struct json_minify_filter */
};

struct repair *repair_new(size_t max_bytes)
{
    struct repair *r = mem_alloc(sizeof(*r));
    *r = (struct repair){.arena = ARENA_INIT,
                         .replaced = BUF_INIT(max_bytes * GROWTH),
                         .path = BUF_INIT(PATH_BYTES),
                         .tail = BUF_INIT(max_bytes * GROWTH),
                         .texts = {BUF_INIT(max_bytes * GROWTH), BUF_INIT(max_bytes * GROWTH)}};
    edits_init(&r->edits, max_bytes * GROWTH);
    return r;
}

void repair_free(struct repair *r)
{
    if (r == NULL) {
        return;
    }
    edits_done(&r->edits);
    arena_done(&r->arena);
    buf_done(&r->replaced);
    buf_done(&r->path);
    buf_done(&r->tail);
    buf_done(&r->texts[0]);
    buf_done(&r->texts[1]);
    free(r);
}

/* ---- the required members of an object ---- */

/* They stand behind each other; which stand in which object. */
static const struct {
    enum member_group group;
    struct span name;
} required[RULE_REQUIRED] = {
    [RULE_NONE] = {GROUP_NONE, SPAN_INIT("")},
    [RULE_TIMESTAMP] = {GROUP_EVENT_OBJECT, SPAN_INIT("timestamp")},
    [RULE_VENDOR] = {GROUP_EVENT_OBJECT, SPAN_INIT("vendor")},
    [RULE_PRODUCT] = {GROUP_EVENT_OBJECT, SPAN_INIT("product")},
    [RULE_SCHEMA] = {GROUP_EVENT_OBJECT, SPAN_INIT("schema_version")},
    [RULE_KIND] = {GROUP_EVENT, SPAN_INIT("kind")},
    [RULE_ACTION] = {GROUP_EVENT, SPAN_INIT("action")},
    [RULE_CATEGORY] = {GROUP_EVENT, SPAN_INIT("category")},
    [RULE_SEVERITY] = {GROUP_EVENT_OBJECT, SPAN_INIT("severity")},
    [RULE_OS] = {GROUP_ENDPOINT, SPAN_INIT("os")},
    [RULE_HARNESS] = {GROUP_HARNESS, SPAN_INIT("name")},
};

static void add_name(struct buf *out, bool *first, struct span name)
{
    buf_add(out, *first ? SPAN("\"") : SPAN(",\""));
    buf_add(out, name);
    buf_add(out, SPAN("\":"));
    *first = false;
}

/* Write the required members of a group that are not there yet. */
static void add_missing(struct repair_state *f, struct buf *out, enum member_group group,
                        bool first)
{
    for (enum member_rule rule = RULE_TIMESTAMP; rule < RULE_REQUIRED; rule++) {
        bool own = false;
        if (required[rule].group != group || (f->seen >> rule & 1) != 0) {
            continue;
        }
        f->seen |= 1U << rule;
        struct span s = rule == RULE_TIMESTAMP ? repair_time(f, 0, &own) : repair_default(f, rule);
        if (s.n > 0) {
            add_name(out, &first, required[rule].name);
            json_write_string(out, s);
        }
    }
}

/* ---- the walk ---- */

static void fix_object(struct repair_state *f, size_t at, enum member_group group);

/* Something else stands where an object must. */
static enum fixed not_an_object(struct repair_state *f, const struct member *m, size_t at)
{
    repair_save(f, m->name, at);
    bool has_required =
        m->group == GROUP_EVENT || m->group == GROUP_ENDPOINT || m->group == GROUP_HARNESS;
    if (!has_required) {
        return doc_tag(f->d, at) == 'n' ? FIX_KEEP : FIX_DROP;
    }
    size_t begun = edits_begin(f->edits);
    buf_add_byte(&f->edits->texts, '{');
    add_missing(f, &f->edits->texts, m->group, true);
    buf_add_byte(&f->edits->texts, '}');
    edits_end(f->edits, doc_extent(f->d, at), begun);
    return FIX_KEEP;
}

static enum fixed object_member(struct repair_state *f, const struct member *m, size_t at)
{
    if (m->rule == RULE_RAW) {
        f->raw = at;
        return FIX_KEEP;
    }
    if (doc_tag(f->d, at) != '{') {
        return not_an_object(f, m, at);
    }
    size_t path = f->path.n;
    buf_add(&f->path, m->name);
    buf_add_byte(&f->path, '.');
    fix_object(f, at, m->group);
    f->path.n = path;
    return FIX_KEEP;
}

static enum fixed fix_member(struct repair_state *f, const struct member *m, size_t at)
{
    struct span text = SPAN("");
    if (m->rule == RULE_INGEST) {
        f->own_ingest = at;
        return FIX_DROP;
    }
    if (m->type == MEMBER_OBJECT) {
        return object_member(f, m, at);
    }
    if (m->rule != RULE_NONE && m->rule < RULE_REQUIRED) {
        f->seen |= 1U << m->rule;
    }
    enum fixed done = repair_value(f, m, at, &text);
    if (done == FIX_REPLACE) {
        edits_replace(f->edits, doc_extent(f->d, at), text);
    }
    return done;
}

static void fix_object(struct repair_state *f, size_t at, enum member_group group)
{
    uint32_t kept_end = 0;
    bool kept = false;
    for (size_t i = doc_first(f->d, at); !doc_at_end(f->d, i); i = doc_next(f->d, i + 1)) {
        const struct member *m = member_find(group, doc_string(f->d, i));
        bool drop = m != NULL && fix_member(f, m, i + 1) == FIX_DROP;
        if (drop) {
            edits_drop_member(f->edits, f->d, i, kept_end);
        }
        kept = kept || !drop;
        kept_end = kept ? doc_extent(f->d, i + 1).to : 0;
    }
    if (group != GROUP_EVENT_OBJECT) {
        uint32_t end = doc_extent(f->d, at).to - 1;
        size_t begun = edits_begin(f->edits);
        add_missing(f, &f->edits->texts, group, !kept);
        edits_end(f->edits, (struct extent){end, end}, begun);
    }
}

/* A forwarder's copies of a repository's URL hold the same credentials. */
static void strip_userinfo(struct repair_state *f, size_t at)
{
    size_t end = doc_next(f->d, at);
    for (size_t i = at; i < end;) {
        char tag = doc_tag(f->d, i);
        if (tag == '"') {
            struct span s = doc_string(f->d, i);
            struct span user = repository_userinfo(s);
            if (user.n > 0 && (span_eq(user, f->userinfo[0]) || span_eq(user, f->userinfo[1]))) {
                size_t head = (size_t)(user.p - s.p);
                struct span parts[] = {span_of(s.p, head), span_from(s, head + user.n)};
                edits_replace(f->edits, doc_extent(f->d, i),
                              repair_quote(f, arena_join(f->arena, parts, 2)));
            }
        }
        i += tag == 'l' || tag == 'u' || tag == 'd' ? 2 : 1;
    }
}

/* ---- raw: where goes what was taken away ---- */

/* 1 if the name is `want`, N if it is want_N as free_name writes it, else 0. */
static size_t name_number(struct span name, struct span want)
{
    struct span rest = span_starts(name, want) ? span_from(name, want.n) : SPAN("?");
    size_t number = 0;
    if (rest.n == 0) {
        return 1;
    }
    if (rest.n < 2 || rest.n > 9 || rest.p[0] != '_' || rest.p[1] == '0') {
        return 0;
    }
    for (size_t i = 1; i < rest.n; i++) {
        if (rest.p[i] < '0' || rest.p[i] > '9') {
            return 0;
        }
        number = number * 10 + (size_t)(rest.p[i] - '0');
    }
    return number != 1 ? number : 0;
}

/* `want`, or the first of want_2, want_3 and so on that raw does not have. */
static struct span free_name(struct repair_state *f, struct span want)
{
    enum { ROOM = 40 };
    const struct doc *d = f->d;
    size_t first = f->raw != 0 && doc_tag(d, f->raw) == '{' ? doc_first(d, f->raw) : 0;
    size_t most = 1; /* one of so many is free, whatever the members are called */
    for (size_t i = first; i != 0 && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        most++;
    }
    char *taken = arena_room(f->arena, most + 1);
    memset(taken, 0, most + 1);
    for (size_t i = first; i != 0 && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        size_t number = name_number(doc_string(d, i), want);
        taken[number <= most ? number : 0] = 1;
    }
    size_t number = 1;
    while (taken[number] != 0) {
        number++;
    }
    char *name = arena_room(f->arena, ROOM);
    int n = number == 1 ? snprintf(name, ROOM, "%.*s", SPAN_FMT(want))
                        : snprintf(name, ROOM, "%.*s_%zu", SPAN_FMT(want), number);
    return span_of(name, (size_t)n);
}

static void add_to_raw(struct repair_state *f, struct buf *out, bool first)
{
    if (f->own_ingest != 0) {
        add_name(out, &first, free_name(f, SPAN("ingest")));
        buf_add(out, doc_source(f->d, f->own_ingest));
    }
    if (f->replaced->n > 0) {
        add_name(out, &first, free_name(f, SPAN("replaced")));
        buf_add_byte(out, '{');
        buf_add(out, buf_span(f->replaced));
        buf_add_byte(out, '}');
    }
}

/* True: raw is written; else it is to be added to the event. */
static bool edit_raw(struct repair_state *f)
{
    if (f->raw == 0) {
        return false;
    }
    size_t begun = edits_begin(f->edits);
    struct extent place = doc_extent(f->d, f->raw);
    bool object = doc_tag(f->d, f->raw) == '{';
    if (object) {
        place.to--;
        place.from = place.to;
        add_to_raw(f, &f->edits->texts, doc_at_end(f->d, doc_first(f->d, f->raw)));
    } else {
        buf_add_byte(&f->edits->texts, '{');
        add_to_raw(f, &f->edits->texts, true);
        buf_add_byte(&f->edits->texts, '}');
    }
    edits_end(f->edits, place, begun);
    return true;
}

static void finish_raw(struct repair_state *f, struct buf *tail)
{
    bool first = false;
    bool wrong = f->raw != 0 && !beacon_type_fits(f->d, f->raw, MEMBER_OBJECT);
    if (wrong) {
        repair_save(f, SPAN("raw"), f->raw);
    }
    if ((f->own_ingest == 0 && f->replaced->n == 0 && !wrong) || edit_raw(f)) {
        return;
    }
    add_name(tail, &first, SPAN("raw"));
    buf_add_byte(tail, '{');
    add_to_raw(f, tail, true);
    buf_add_byte(tail, '}');
}

/* ---- the event ---- */

static void add_missing_objects(struct repair_state *f, struct buf *out)
{
    static const struct {
        enum member_group group;
        struct span name;
    } objects[] = {
        {GROUP_EVENT, SPAN_INIT("event")},
        {GROUP_ENDPOINT, SPAN_INIT("endpoint")},
        {GROUP_HARNESS, SPAN_INIT("harness")},
    };
    bool first = false;
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (doc_member(f->d, f->in->at, objects[i].name) == 0) {
            add_name(out, &first, objects[i].name);
            buf_add_byte(out, '{');
            add_missing(f, out, objects[i].group, true);
            buf_add_byte(out, '}');
        }
    }
}

void repair_event(struct repair *r, const struct repair_input *in, struct buf *out,
                  struct event_facts *facts)
{
    struct beacon b;
    *facts = (struct event_facts){.time = TIME_EXACT};
    arena_clear(&r->arena);
    edits_clear(&r->edits);
    buf_clear(&r->replaced);
    buf_clear(&r->path);
    buf_clear(&r->tail);
    struct repair_state f = {.in = in,
                             .d = in->doc,
                             .facts = facts,
                             .arena = &r->arena,
                             .edits = &r->edits,
                             .replaced = &r->replaced,
                             .bare = {.bare = &r->texts[0], .scratch = &r->texts[1]},
                             .path = r->path};
    f.action = repair_action(&f);
    fix_object(&f, in->at, GROUP_EVENT_OBJECT);
    if (f.userinfo[0].n + f.userinfo[1].n > 0 && f.raw != 0 && doc_tag(f.d, f.raw) == '{') {
        strip_userinfo(&f, f.raw); /* any other raw is replaced as a whole */
    }
    add_missing(&f, &r->tail, GROUP_EVENT_OBJECT, false);
    add_missing_objects(&f, &r->tail);
    finish_raw(&f, &r->tail);
    r->path = f.path;

    struct extent part = doc_extent(in->doc, in->at);
    part.to--; /* the last brace is behind `ingest` */
    edits_apply(&r->edits, in->doc->text, part, out);
    buf_add(out, buf_span(&r->tail));
    out->overflowed = out->overflowed || r->tail.overflowed || r->replaced.overflowed;
    beacon_check(in->doc, in->at, in->modified_ns, &b);
    facts->actor = b.actor;
}
