/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/redactor.h"

enum {
    IS_SECRET = 1, /* a string, a number, the member "value" of an object, all elements of a list */
    MAY_COUNT = 2, /* ... except a short number */
    ALL_BELOW = 4, /* ... at any depth */
    KIND_BIT = 8,  /* from this bit on: the enum secret_name of the name */
    NUMBER_BYTES = 3,
    COUNT_BYTES = 8, /* a number of tokens has fewer digits */
    NAME_BYTES = 12, /* shorter names are not searched: most names are shorter, and keys are not */
};

static const char by_name[] = "a member of that name";
static const char by_option[] = "an argument of that name";

void redactor_start(struct redactor *r, const struct doc *doc, size_t at)
{
    r->doc = doc;
    r->at = at;
    r->name_done = false;
    r->depth = 0;
}

/* ---- names ---- */

static unsigned how_by_name(struct span name)
{
    enum secret_name is = secret_name(name);
    return is == SECRET_NAME_NONE
               ? 0U
               : IS_SECRET | (is == SECRET_NAME_VALUE ? 0U : MAY_COUNT) | (unsigned)is << KIND_BIT;
}

static bool is_value_name(struct span name)
{
    return span_eq(name, SPAN("value")) || span_eq(name, SPAN("Value"));
}

static bool is_name_name(struct span name)
{
    return span_eq(name, SPAN("name")) || span_eq(name, SPAN("key")) ||
           span_eq(name, SPAN("Name")) || span_eq(name, SPAN("Key"));
}

/* The value of {"name":"PASSWORD","value":..}; 0: the object is not such a pair. *how: its flags.
 */
static size_t pair_value(const struct doc *d, size_t object, unsigned *how)
{
    size_t value = 0;
    *how = 0;
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (is_value_name(name)) {
            value = i + 1;
        } else if (is_name_name(name) && doc_tag(d, i + 1) == '"') {
            unsigned is = how_by_name(doc_string(d, i + 1));
            bool counts = is >> KIND_BIT == SECRET_NAME_COUNTS; /* of tokens: not in a pair */
            *how = counts ? IS_SECRET : is & ~(unsigned)MAY_COUNT;
        }
    }
    return *how != 0 ? value : 0;
}

static void enter(struct redactor *r, size_t at, unsigned how)
{
    bool object = doc_tag(r->doc, at) == '{';
    unsigned pair_how = 0;
    size_t pair = object ? pair_value(r->doc, at, &pair_how) : 0;
    r->levels[r->depth++] =
        (struct redactor_level){.object = object, .how = how, .pair = pair, .pair_how = pair_how};
    r->at = doc_first(r->doc, at);
}

/* The flags for a member's value. */
static unsigned how_member(const struct redactor_level *l, struct span name, size_t value)
{
    if ((l->how & ALL_BELOW) != 0) {
        return l->how;
    }
    if (value == l->pair) {
        return l->pair_how | ALL_BELOW;
    }
    return (l->how & IS_SECRET) != 0 && is_value_name(name) ? l->how : how_by_name(name);
}

/* ---- values ---- */

static bool hit_from(struct redaction *hit, size_t at, size_t from, const char *kind)
{
    *hit = (struct redaction){.at = at, .from = from, .kind = kind};
    return true;
}

static bool search_text(size_t at, struct span text, struct redaction *hit)
{
    struct secret s;
    bool found = secret_find(text, &s);
    *hit = (struct redaction){.at = at, .in_text = true, .kind = found ? s.kind : ""};
    return found;
}

static bool check_string(struct redactor_level *l, const struct doc *d, size_t at, unsigned how,
                         struct redaction *hit)
{
    struct span text = doc_string(d, at);
    size_t from = 0;
    if ((how & IS_SECRET) != 0) {
        return secret_value_of((enum secret_name)(how >> KIND_BIT), text) &&
               hit_from(hit, at, 0, by_name);
    }
    if (l != NULL && !l->object && secret_args_next(&l->args, text, &from)) {
        return hit_from(hit, at, from, by_option);
    }
    return search_text(at, text, hit);
}

static bool check_number(const struct doc *d, size_t at, unsigned how, struct redaction *hit)
{
    bool integer = doc_tag(d, at) != 'd';
    bool count = (how & MAY_COUNT) != 0;
    return (how & IS_SECRET) != 0 && (integer || !count) &&
           doc_source(d, at).n >= (count ? COUNT_BYTES : NUMBER_BYTES) &&
           hit_from(hit, at, 0, by_name);
}

/* Check the value at `at` and continue with the next one, which may be inside it. */
static bool check_value(struct redactor *r, size_t at, unsigned how, struct redaction *hit)
{
    const struct doc *d = r->doc;
    struct redactor_level *l = r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
    char tag = doc_tag(d, at);
    if (l != NULL && tag != '"') {
        l->args.next_is = false;
    }
    if (doc_is_container(d, at)) {
        enter(r, at, how);
        return false;
    }
    r->at = doc_next(d, at);
    if (tag == '"') {
        return check_string(l, d, at, how, hit);
    }
    return tag != 't' && tag != 'f' && tag != 'n' && check_number(d, at, how, hit);
}

/* ---- the walk ---- */

static bool check_member(struct redactor *r, struct redaction *hit)
{
    struct redactor_level *l = &r->levels[r->depth - 1];
    struct span name = doc_string(r->doc, r->at);
    if (!r->name_done) {
        r->name_done = true;
        if (name.n >= NAME_BYTES && search_text(r->at, name, hit)) {
            hit->name = ++l->names;
            return true;
        }
    }
    r->name_done = false;
    return check_value(r, r->at + 1, how_member(l, name, r->at + 1), hit);
}

bool redactor_next(struct redactor *r, struct redaction *hit)
{
    if (r->depth == 0) { /* before the first value, or after the last: at is 0 */
        size_t at = r->at;
        bool found = at != 0 && check_value(r, at, 0, hit);
        r->at = r->depth > 0 ? r->at : 0;
        if (found) {
            return true;
        }
    }
    while (r->depth > 0) {
        const struct redactor_level *l = &r->levels[r->depth - 1];
        if (doc_at_end(r->doc, r->at)) {
            r->depth--;
            r->at = r->depth > 0 ? r->at + 1 : 0;
        } else if (l->object ? check_member(r, hit) : check_value(r, r->at, l->how, hit)) {
            return true;
        }
    }
    return false;
}

void redaction_write(const struct doc *doc, const struct redaction *hit, struct buf *out)
{
    struct span text = doc_tag(doc, hit->at) == '"' ? doc_string(doc, hit->at) : SPAN("");
    if (!hit->in_text || !secret_redact(text, out)) {
        buf_add(out, span_of(text.p, hit->from));
        buf_add(out, SPAN("[REDACTED]"));
    }
    if (hit->name > 1) { /* two names of an object must stay different */
        buf_addf(out, " %zu", hit->name);
    }
}
