/* SPDX-License-Identifier: Apache-2.0 */
#include "event/repair/repair_state.h"

#include "event/map/convert.h"
#include "event/record/json_minify.h"
#include "event/record/json_write.h"
#include "event/schema/repository.h"

/* ---- texts ---- */

struct span repair_quote(struct repair_state *f, struct span s)
{
    /* Six bytes for one at most. */
    struct buf b = {.p = arena_room(f->arena, s.n * 6 + 3), .max = s.n * 6 + 2};
    b.cap = s.n * 6 + 3;
    json_write_string(&b, s);
    return buf_span(&b);
}

static bool is_nothing(const struct doc *d, size_t at)
{
    switch (doc_tag(d, at)) {
    case 'n':
        return true;
    case '"':
        return doc_string(d, at).n == 0;
    case '{':
    case '[':
        return doc_at_end(d, doc_first(d, at));
    default:
        return false;
    }
}

void repair_save(struct repair_state *f, struct span name, size_t at)
{
    if (is_nothing(f->d, at)) {
        return;
    }
    buf_add(f->replaced, f->replaced->n > 0 ? SPAN(",\"") : SPAN("\""));
    buf_add(f->replaced, buf_span(&f->path));
    buf_add(f->replaced, name);
    buf_add(f->replaced, SPAN("\":"));
    json_minify_filtered(f->d, at, &f->bare, f->replaced);
}

static enum fixed save_and_drop(struct repair_state *f, const struct member *m, size_t at)
{
    repair_save(f, m->name, at);
    return FIX_DROP;
}

/* ---- a text that stands where one must ---- */

/* Nothing to keep of the old value: it was empty, or wrong in a way that tells nothing. */
static enum fixed required(struct repair_state *f, const struct member *m, struct span *text)
{
    struct span s = repair_default(f, m->rule);
    *text = repair_quote(f, s);
    return s.n > 0 ? FIX_REPLACE : FIX_KEEP;
}

static enum fixed constant(struct repair_state *f, const struct member *m, size_t at, struct span s,
                           struct span *text)
{
    struct span must = repair_default(f, m->rule);
    if (span_eq(s, must)) {
        return FIX_KEEP;
    }
    repair_save(f, m->name, at);
    *text = repair_quote(f, must);
    return FIX_REPLACE;
}

static enum fixed timestamp(struct repair_state *f, const struct member *m, size_t at,
                            struct span *text)
{
    bool own = false;
    struct span written = repair_time(f, at, &own);
    if (!own) {
        repair_save(f, m->name, at);
    }
    *text = repair_quote(f, written);
    bool same = doc_tag(f->d, at) == '"' && span_eq(doc_string(f->d, at), written);
    return same ? FIX_KEEP : FIX_REPLACE;
}

static enum fixed harness(struct repair_state *f, const struct member *m, struct span s,
                          struct span *text)
{
    struct span now = beacon_new_harness(s);
    if (s.n == 0) {
        return required(f, m, text);
    }
    f->facts->key.harness = now.n > 0 ? now : s;
    *text = repair_quote(f, f->facts->key.harness);
    return now.n > 0 ? FIX_REPLACE : FIX_KEEP;
}

static enum fixed repository(struct repair_state *f, const struct member *m, struct span s,
                             struct span *text)
{
    struct span user = repository_userinfo(s);
    struct span bare = s;
    if (user.n > 0) {
        size_t head = (size_t)(user.p - s.p);
        struct span parts[] = {span_of(s.p, head), span_from(s, head + user.n)};
        bare = arena_join(f->arena, parts, 2);
        f->userinfo[m->rule == RULE_OWN_REPOSITORY ? 0 : 1] = user;
    }
    if (m->rule == RULE_OWN_REPOSITORY) {
        f->facts->repository = bare;
    }
    *text = repair_quote(f, bare);
    return user.n > 0 ? FIX_REPLACE : FIX_KEEP;
}

static void note_key(struct repair_state *f, enum member_rule rule, struct span s)
{
    struct output_key *key = &f->facts->key;
    struct span *to = rule == RULE_ACTION     ? &key->action
                      : rule == RULE_CATEGORY ? &key->category
                      : rule == RULE_HOSTNAME ? &key->hostname
                      : rule == RULE_USER     ? &key->user
                      : rule == RULE_SESSION  ? &key->session
                                              : NULL;
    if (to != NULL) {
        *to = s;
    }
}

/* s: the value as characters. */
static enum fixed text_rule(struct repair_state *f, const struct member *m, size_t at,
                            struct span s, struct span *text)
{
    note_key(f, m->rule, s);
    switch (m->rule) {
    case RULE_TIMESTAMP:
        return timestamp(f, m, at, text);
    case RULE_VENDOR:
    case RULE_PRODUCT:
        return constant(f, m, at, s, text);
    case RULE_HARNESS:
        return harness(f, m, s, text);
    case RULE_SCHEMA:
    case RULE_KIND:
    case RULE_ACTION:
    case RULE_CATEGORY:
    case RULE_SEVERITY:
    case RULE_OS:
        return s.n > 0 ? FIX_KEEP : required(f, m, text);
    case RULE_ORIGIN:
        return beacon_is_origin(s) ? FIX_KEEP : save_and_drop(f, m, at);
    case RULE_RETENTION:
        return beacon_is_retention(s) ? FIX_KEEP : save_and_drop(f, m, at);
    case RULE_OWN_REPOSITORY:
    case RULE_REPOSITORY:
        return repository(f, m, s, text);
    case RULE_NONE:
    case RULE_REQUIRED:
    case RULE_HOSTNAME:
    case RULE_USER:
    case RULE_SESSION:
    case RULE_COMMAND:
    case RULE_RAW:
    case RULE_INGEST:
        break;
    }
    return FIX_KEEP;
}

/* The value's characters, if it has any. *plain: it is a string already. */
static bool as_text(struct repair_state *f, const struct member *m, size_t at, struct span *s,
                    bool *plain)
{
    char tag = doc_tag(f->d, at);
    *plain = tag == '"';
    if (*plain) {
        *s = doc_string(f->d, at);
        return true;
    }
    if (tag == '[' && m->rule == RULE_COMMAND) {
        return convert_command(f->arena, f->d, at, s);
    }
    if (tag == '{' || tag == '[') {
        return false;
    }
    *s = tag == 'n' ? SPAN("") : doc_source(f->d, at);
    return true;
}

static enum fixed fix_text(struct repair_state *f, const struct member *m, size_t at,
                           struct span *text)
{
    struct span s;
    bool plain = false;
    bool is_required = m->rule != RULE_NONE && m->rule < RULE_REQUIRED;
    if (m->rule == RULE_TIMESTAMP) {
        return timestamp(f, m, at, text); /* a number or an object may be a time too */
    }
    if (doc_tag(f->d, at) == 'n') {
        return is_required ? required(f, m, text) : FIX_KEEP;
    }
    if (!as_text(f, m, at, &s, &plain)) {
        repair_save(f, m->name, at);
        return is_required && required(f, m, text) == FIX_REPLACE ? FIX_REPLACE : FIX_DROP;
    }
    enum fixed done = text_rule(f, m, at, s, text);
    if (done == FIX_KEEP && !plain) {
        *text = repair_quote(f, s);
        return FIX_REPLACE;
    }
    return done;
}

/* ---- numbers, booleans, lists ---- */

/* A number's or a string's characters, "" for anything else. */
static struct span scalar(const struct doc *d, size_t at)
{
    char tag = doc_tag(d, at);
    if (tag == '"') {
        return doc_string(d, at);
    }
    return tag == 'l' || tag == 'u' || tag == 'd' || tag == '#' ? doc_source(d, at) : SPAN("");
}

static bool convert(struct repair_state *f, const struct member *m, size_t at, struct span *text)
{
    struct span s = scalar(f->d, at);
    if (s.n == 0) {
        return false;
    }
    switch (m->type) {
    case MEMBER_INT:
        return convert_whole(f->arena, s, 1, text);
    case MEMBER_FLOAT:
        return convert_number(s, text);
    case MEMBER_BOOL:
        return convert_bool(s, text);
    case MEMBER_TEXTS:
    case MEMBER_TEXT:
    case MEMBER_OBJECT:
    case MEMBER_ANY:
        break;
    }
    return false;
}

/* An element as a JSON string: what is none becomes its text. */
static struct span element_text(struct repair_state *f, size_t at)
{
    char tag = doc_tag(f->d, at);
    struct span source = doc_source(f->d, at);
    if (tag == '"' || tag == 'n') {
        return source;
    }
    struct buf compact = {.p = arena_room(f->arena, source.n + 1), .max = source.n};
    compact.cap = source.n + 1;
    json_minify_text(source, &compact);
    return repair_quote(f, buf_span(&compact));
}

static enum fixed fix_texts(struct repair_state *f, const struct member *m, size_t at,
                            struct span *text)
{
    if (doc_tag(f->d, at) != '"' && doc_tag(f->d, at) != '[') {
        return save_and_drop(f, m, at);
    }
    size_t begun = edits_begin(f->edits);
    struct buf *out = &f->edits->texts;
    size_t end = doc_next(f->d, at);
    size_t i = doc_tag(f->d, at) == '[' ? doc_first(f->d, at) : at;
    for (buf_add_byte(out, '['); i < end && !doc_at_end(f->d, i); i = doc_next(f->d, i)) {
        if (out->n > begun + 1) {
            buf_add_byte(out, ',');
        }
        buf_add(out, element_text(f, i));
    }
    buf_add_byte(out, ']');
    *text = SPAN(""); /* stands at the end of the edits' texts */
    edits_end(f->edits, doc_extent(f->d, at), begun);
    return FIX_KEEP;
}

enum fixed repair_value(struct repair_state *f, const struct member *m, size_t at,
                        struct span *text)
{
    if (m->type == MEMBER_TEXT) {
        return fix_text(f, m, at, text);
    }
    if (beacon_type_fits(f->d, at, m->type)) {
        return FIX_KEEP;
    }
    if (m->type == MEMBER_TEXTS) {
        return fix_texts(f, m, at, text);
    }
    return convert(f, m, at, text) ? FIX_REPLACE : save_and_drop(f, m, at);
}
