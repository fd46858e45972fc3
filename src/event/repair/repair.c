/* SPDX-License-Identifier: Apache-2.0 */
#include "event/repair/repair.h"

#include "base/alloc.h"
#include "event/record/json_write.h"
#include "event/repair/beacon.h"
#include "event/schema/repository.h"
#include "member_rules_priv.h"
#include "repair_defaults_priv.h"
#include "repair_value_priv.h"

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

static void add_name(struct buf *out, bool *first, struct span name)
{
    buf_add(out, *first ? SPAN("\"") : SPAN(",\""));
    buf_add(out, name);
    buf_add(out, SPAN("\":"));
    *first = false;
}

/* Write the required members of a group that are not there yet. */
static void add_missing(struct repair_state *r, struct buf *out, enum member_group group,
                        bool first)
{
    for (enum member_rule rule = RULE_NONE + 1; rule < RULE_REQUIRED; rule++) {
        if (member_rules[rule].group != group || (r->seen >> rule & 1) != 0) {
            continue;
        }
        r->seen |= 1U << rule;
        struct span text = member_rule_missing(r, rule);
        if (text.n > 0) {
            add_name(out, &first, member_rules[rule].name);
            json_write_string(out, text);
        }
    }
}

static bool has_required(enum member_group group)
{
    enum member_rule rule = RULE_NONE + 1;
    while (rule < RULE_REQUIRED && member_rules[rule].group != group) {
        rule++;
    }
    return rule < RULE_REQUIRED;
}

/* ---- the walk ---- */

static void repair_object(struct repair_state *r, size_t at, enum member_group group);

/* A value in place of an object. */
static enum repair_outcome not_an_object(struct repair_state *r, const struct member *m, size_t at)
{
    repair_save(r, m->name, at);
    if (!has_required(m->group)) {
        return doc_tag(r->doc, at) == 'n' ? REPAIR_KEEP : REPAIR_DROP;
    }
    size_t begun = edits_begin(r->edits);
    buf_add_byte(&r->edits->texts, '{');
    add_missing(r, &r->edits->texts, m->group, true);
    buf_add_byte(&r->edits->texts, '}');
    edits_end(r->edits, doc_extent(r->doc, at), begun);
    return REPAIR_KEEP;
}

static enum repair_outcome object_member(struct repair_state *r, const struct member *m, size_t at)
{
    if (m->rule == RULE_RAW) {
        r->raw = at;
        return REPAIR_KEEP;
    }
    if (doc_tag(r->doc, at) != '{') {
        return not_an_object(r, m, at);
    }
    size_t path = r->path.n;
    buf_add(&r->path, m->name);
    buf_add_byte(&r->path, '.');
    repair_object(r, at, m->group);
    r->path.n = path;
    return REPAIR_KEEP;
}

static enum repair_outcome repair_member_value(struct repair_state *r, const struct member *m,
                                               size_t at)
{
    struct span json = SPAN("");
    if (m->rule == RULE_INGEST) {
        r->own_ingest = at;
        return REPAIR_DROP;
    }
    if (m->type == MEMBER_OBJECT) {
        return object_member(r, m, at);
    }
    r->seen |= member_rule_is_required(m->rule) ? 1U << m->rule : 0;
    enum repair_outcome outcome = repair_value(r, m, at, &json);
    if (outcome == REPAIR_REPLACE) {
        edits_replace(r->edits, doc_extent(r->doc, at), json);
    }
    return outcome;
}

static void repair_object(struct repair_state *r, size_t at, enum member_group group)
{
    uint32_t kept_end = 0;
    bool kept = false;
    for (size_t i = doc_first(r->doc, at); !doc_at_end(r->doc, i); i = doc_next(r->doc, i + 1)) {
        const struct member *m = member_find(group, doc_string(r->doc, i));
        bool drop = m != NULL && repair_member_value(r, m, i + 1) == REPAIR_DROP;
        if (drop) {
            edits_drop_member(r->edits, r->doc, i, kept_end);
        }
        kept = kept || !drop;
        kept_end = kept ? doc_extent(r->doc, i + 1).to : 0;
    }
    if (group != GROUP_EVENT_OBJECT) {
        uint32_t end = doc_extent(r->doc, at).to - 1;
        size_t begun = edits_begin(r->edits);
        add_missing(r, &r->edits->texts, group, !kept);
        edits_end(r->edits, (struct extent){end, end}, begun);
    }
}

/* Remove the credentials from copies of the repository's URL that a forwarder made. */
static void strip_userinfo(struct repair_state *r, size_t at)
{
    size_t end = doc_next(r->doc, at);
    for (size_t i = at; i < end;) {
        char tag = doc_tag(r->doc, i);
        if (tag == '"') {
            struct span s = doc_string(r->doc, i);
            struct span user = repository_userinfo(s);
            if (user.n > 0 && (span_eq(user, r->userinfo[0]) || span_eq(user, r->userinfo[1]))) {
                size_t head = (size_t)(user.p - s.p);
                struct span parts[] = {span_of(s.p, head), span_from(s, head + user.n)};
                edits_replace(r->edits, doc_extent(r->doc, i),
                              repair_quote(r, arena_join(r->arena, parts, 2)));
            }
        }
        i += tag == 'l' || tag == 'u' || tag == 'd' ? 2 : 1;
    }
}

/* ---- raw: what was removed ---- */

/* 1 for `want`, N for want_N as free_name writes it, 0 for other names. */
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

/* The first of `want`, want_2, want_3, ... that raw does not have. */
static struct span free_name(struct repair_state *r, struct span want)
{
    enum { ROOM = 40 };
    const struct doc *d = r->doc;
    size_t first = r->raw != 0 && doc_tag(d, r->raw) == '{' ? doc_first(d, r->raw) : 0;
    size_t most = 1; /* one of so many names is free */
    for (size_t i = first; i != 0 && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        most++;
    }
    char *taken = arena_room(r->arena, most + 1);
    memset(taken, 0, most + 1);
    for (size_t i = first; i != 0 && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        size_t number = name_number(doc_string(d, i), want);
        taken[number <= most ? number : 0] = 1;
    }
    size_t number = 1;
    while (taken[number] != 0) {
        number++;
    }
    char *name = arena_room(r->arena, ROOM);
    int n = number == 1 ? snprintf(name, ROOM, "%.*s", SPAN_FMT(want))
                        : snprintf(name, ROOM, "%.*s_%zu", SPAN_FMT(want), number);
    return span_of(name, (size_t)n);
}

static void add_to_raw(struct repair_state *r, struct buf *out, bool first)
{
    if (r->own_ingest != 0) {
        add_name(out, &first, free_name(r, SPAN("ingest")));
        buf_add(out, doc_source(r->doc, r->own_ingest));
    }
    if (r->replaced->n > 0) {
        add_name(out, &first, free_name(r, SPAN("replaced")));
        buf_add_byte(out, '{');
        buf_add(out, buf_span(r->replaced));
        buf_add_byte(out, '}');
    }
}

/* Edit the member raw. True: done. False: the record has none; it must be added to the event. */
static bool edit_raw(struct repair_state *r)
{
    if (r->raw == 0) {
        return false;
    }
    size_t begun = edits_begin(r->edits);
    struct extent place = doc_extent(r->doc, r->raw);
    bool object = doc_tag(r->doc, r->raw) == '{';
    if (object) {
        place.to--;
        place.from = place.to;
        add_to_raw(r, &r->edits->texts, doc_at_end(r->doc, doc_first(r->doc, r->raw)));
    } else {
        buf_add_byte(&r->edits->texts, '{');
        add_to_raw(r, &r->edits->texts, true);
        buf_add_byte(&r->edits->texts, '}');
    }
    edits_end(r->edits, place, begun);
    return true;
}

static void finish_raw(struct repair_state *r, struct buf *tail)
{
    bool first = false;
    bool wrong = r->raw != 0 && !beacon_type_fits(r->doc, r->raw, MEMBER_OBJECT);
    if (wrong) {
        repair_save(r, SPAN("raw"), r->raw);
    }
    if ((r->own_ingest == 0 && r->replaced->n == 0 && !wrong) || edit_raw(r)) {
        return;
    }
    add_name(tail, &first, SPAN("raw"));
    buf_add_byte(tail, '{');
    add_to_raw(r, tail, true);
    buf_add_byte(tail, '}');
}

/* ---- the event ---- */

static void add_missing_objects(struct repair_state *r, struct buf *out)
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
        if (doc_member(r->doc, r->at, objects[i].name) == 0) {
            add_name(out, &first, objects[i].name);
            buf_add_byte(out, '{');
            add_missing(r, out, objects[i].group, true);
            buf_add_byte(out, '}');
        }
    }
}

void repair_event(struct repair *repair, const struct repair_input *in, struct buf *out,
                  struct event_facts *facts)
{
    struct beacon b;
    event_facts_clear(facts);
    arena_clear(&repair->arena);
    edits_clear(&repair->edits);
    buf_clear(&repair->replaced);
    buf_clear(&repair->path);
    buf_clear(&repair->tail);
    struct repair_state r = {.doc = in->doc,
                             .at = in->at,
                             .modified_ns = in->modified_ns,
                             .envelope_time = in->envelope_time,
                             .facts = facts,
                             .arena = &repair->arena,
                             .edits = &repair->edits,
                             .replaced = &repair->replaced,
                             .bare = {.bare = &repair->texts[0], .scratch = &repair->texts[1]},
                             .path = repair->path};
    r.action = repair_action(&r);
    repair_object(&r, in->at, GROUP_EVENT_OBJECT);
    if (r.userinfo[0].n + r.userinfo[1].n > 0 && r.raw != 0 && doc_tag(r.doc, r.raw) == '{') {
        strip_userinfo(&r, r.raw); /* any other raw is replaced */
    }
    add_missing(&r, &repair->tail, GROUP_EVENT_OBJECT, false);
    add_missing_objects(&r, &repair->tail);
    finish_raw(&r, &repair->tail);
    repair->path = r.path;

    struct extent part = doc_extent(in->doc, in->at);
    part.to--; /* the last brace comes after `ingest` */
    edits_apply(&repair->edits, in->doc->text, part, out);
    buf_add(out, buf_span(&repair->tail));
    out->overflowed = out->overflowed || repair->tail.overflowed || repair->replaced.overflowed;
    beacon_check(in->doc, in->at, in->modified_ns, &b);
    facts->actor = b.facts.actor;
}
