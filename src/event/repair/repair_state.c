/* SPDX-License-Identifier: Apache-2.0 */
#include "repair_state_priv.h"

#include "event/record/json_write.h"

struct span repair_quote(struct repair_state *r, struct span s)
{
    /* A byte becomes six at most. */
    struct buf b = {.p = arena_room(r->arena, s.n * 6 + 3), .max = s.n * 6 + 2};
    b.cap = s.n * 6 + 3;
    json_write_string(&b, s);
    return buf_span(&b);
}

static bool is_empty(const struct doc *d, size_t at)
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

void repair_save(struct repair_state *r, struct span name, size_t at)
{
    if (is_empty(r->doc, at)) {
        return;
    }
    buf_add(r->replaced, r->replaced->n > 0 ? SPAN(",\"") : SPAN("\""));
    buf_add(r->replaced, buf_span(&r->path));
    buf_add(r->replaced, name);
    buf_add(r->replaced, SPAN("\":"));
    json_minify_filtered(r->doc, at, &r->bare, r->replaced);
}

enum repair_outcome repair_drop(struct repair_state *r, const struct member *m, size_t at)
{
    repair_save(r, m->name, at);
    return REPAIR_DROP;
}

size_t repair_member(const struct repair_state *r, const char *object, const char *name)
{
    size_t at = doc_member(r->doc, r->at, span_str(object));
    return at != 0 && doc_tag(r->doc, at) == '{' ? doc_member(r->doc, at, span_str(name)) : 0;
}

struct span repair_member_text(const struct repair_state *r, const char *object, const char *name)
{
    size_t at = repair_member(r, object, name);
    return at != 0 && doc_tag(r->doc, at) == '"' ? doc_string(r->doc, at) : SPAN("");
}
