/* SPDX-License-Identifier: Apache-2.0 */
#include "repair_value_priv.h"

#include "event/map/convert.h"
#include "event/repair/beacon.h"
#include "member_rules_priv.h"

/* ---- texts ---- */

/* The characters of a value. *is_string: the value is a string. False: it has none. */
static bool text_of_value(struct repair_state *r, const struct member *m, size_t at, struct span *s,
                          bool *is_string)
{
    char tag = doc_tag(r->doc, at);
    *is_string = tag == '"';
    if (*is_string) {
        *s = doc_string(r->doc, at);
        return true;
    }
    if (tag == '[' && member_rules[m->rule].list_joins) {
        return convert_command(r->arena, r->doc, at, s);
    }
    if (tag == '{' || tag == '[') {
        return false;
    }
    *s = tag == 'n' ? SPAN("") : doc_source(r->doc, at);
    return true;
}

/* A text by the rule of its member. */
static enum repair_outcome repair_by_rule(struct repair_state *r, const struct member *m, size_t at,
                                          struct span s, struct span *json)
{
    const struct member_rule_row *row = &member_rules[m->rule];
    member_rule_note(row, s, r->facts);
    if (row->repair != NULL) {
        return row->repair(r, m, at, s, json);
    }
    return member_rule_is_required(m->rule) && s.n == 0
               ? member_rule_replace_missing(r, m->rule, json)
               : REPAIR_KEEP;
}

static enum repair_outcome repair_text(struct repair_state *r, const struct member *m, size_t at,
                                       struct span *json)
{
    struct span s;
    bool is_string = false;
    bool required = member_rule_is_required(m->rule);
    if (member_rules[m->rule].any_type) {
        return member_rules[m->rule].repair(r, m, at, SPAN(""), json);
    }
    if (doc_tag(r->doc, at) == 'n') {
        return required ? member_rule_replace_missing(r, m->rule, json) : REPAIR_KEEP;
    }
    if (!text_of_value(r, m, at, &s, &is_string)) {
        repair_save(r, m->name, at);
        bool replaced = required && member_rule_replace_missing(r, m->rule, json) == REPAIR_REPLACE;
        return replaced ? REPAIR_REPLACE : REPAIR_DROP;
    }
    enum repair_outcome outcome = repair_by_rule(r, m, at, s, json);
    if (outcome == REPAIR_KEEP && !is_string) {
        *json = repair_quote(r, s);
        return REPAIR_REPLACE;
    }
    return outcome;
}

/* ---- numbers, booleans, lists ---- */

/* A number's or a string's characters, "" for anything else. */
static struct span scalar_text(const struct doc *d, size_t at)
{
    char tag = doc_tag(d, at);
    if (tag == '"') {
        return doc_string(d, at);
    }
    return tag == 'l' || tag == 'u' || tag == 'd' || tag == '#' ? doc_source(d, at) : SPAN("");
}

static bool convert_scalar(struct repair_state *r, const struct member *m, size_t at,
                           struct span *json)
{
    struct span s = scalar_text(r->doc, at);
    if (s.n == 0) {
        return false;
    }
    switch (m->type) {
    case MEMBER_INT:
        return convert_whole(r->arena, s, 1, json);
    case MEMBER_FLOAT:
        return convert_number(s, json);
    case MEMBER_BOOL:
        return convert_bool(s, json);
    case MEMBER_TEXTS:
    case MEMBER_TEXT:
    case MEMBER_OBJECT:
    case MEMBER_ANY:
        break;
    }
    return false;
}

/* An element as a JSON string; another value becomes its text. */
static struct span element_text(struct repair_state *r, size_t at)
{
    char tag = doc_tag(r->doc, at);
    struct span source = doc_source(r->doc, at);
    if (tag == '"' || tag == 'n') {
        return source;
    }
    struct buf compact = {.p = arena_room(r->arena, source.n + 1), .max = source.n};
    compact.cap = source.n + 1;
    json_minify_text(source, &compact);
    return repair_quote(r, buf_span(&compact));
}

static enum repair_outcome repair_texts(struct repair_state *r, const struct member *m, size_t at,
                                        struct span *json)
{
    if (doc_tag(r->doc, at) != '"' && doc_tag(r->doc, at) != '[') {
        return repair_drop(r, m, at);
    }
    size_t begun = edits_begin(r->edits);
    struct buf *out = &r->edits->texts;
    size_t end = doc_next(r->doc, at);
    size_t i = doc_tag(r->doc, at) == '[' ? doc_first(r->doc, at) : at;
    for (buf_add_byte(out, '['); i < end && !doc_at_end(r->doc, i); i = doc_next(r->doc, i)) {
        if (out->n > begun + 1) {
            buf_add_byte(out, ',');
        }
        buf_add(out, element_text(r, i));
    }
    buf_add_byte(out, ']');
    *json = SPAN(""); /* the new value is in the edits' texts */
    edits_end(r->edits, doc_extent(r->doc, at), begun);
    return REPAIR_KEEP;
}

enum repair_outcome repair_value(struct repair_state *r, const struct member *m, size_t at,
                                 struct span *json)
{
    if (m->type == MEMBER_TEXT) {
        return repair_text(r, m, at, json);
    }
    if (beacon_type_fits(r->doc, at, m->type)) {
        return REPAIR_KEEP;
    }
    if (m->type == MEMBER_TEXTS) {
        return repair_texts(r, m, at, json);
    }
    return convert_scalar(r, m, at, json) ? REPAIR_REPLACE : repair_drop(r, m, at);
}
