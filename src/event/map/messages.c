/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/messages.h"

#include "event/schema/word_match.h"

#include <stdio.h>

enum {
    NUMBERED_MAX =
        256, /* each takes a search of all attributes; further ones are only in raw.record */
    MESSAGE_BYTES = 128, /* of a message, without its role and content */
    NAME_BYTES = 64,
};

static const struct span nothing = {"", 0};

/* ---- gen_ai.prompt.0.content, ... (event-schema.md §10.1) ---- */

/* The value at a path: literal, nested, or mixed, with the longest first name tried first. 0: none.
 */
static size_t at_path(const struct doc *d, size_t at, struct span path)
{
    size_t found = doc_member(d, at, path);
    for (size_t n = path.n; found == 0 && n-- > 0;) {
        size_t step = path.p[n] == '.' ? doc_member(d, at, span_of(path.p, n)) : 0;
        if (step != 0 && doc_tag(d, step) == '{') {
            found = at_path(d, step, span_from(path, n + 1));
        }
    }
    return found;
}

struct numbered {
    const struct doc *doc;
    size_t scope;       /* the object that has them */
    const char *prefix; /* "gen_ai.prompt" */
    const char *role;   /* of a message without one, as JSON */
};

static size_t numbered_at(const struct numbered *m, int i, const char *what)
{
    char name[NAME_BYTES];
    int n = snprintf(name, sizeof(name), "%s.%d.%s", m->prefix, i, what);
    return at_path(m->doc, m->scope, span_of(name, (size_t)n));
}

/* The first of the places for attributes that has message 0. */
static bool find_numbered(struct draft *d, struct numbered *m)
{
    static const char *const scopes[] = {"attributes",        "Attributes", "LogAttributes",
                                         "SpanAttributes",    "",           "resource.attributes",
                                         "ResourceAttributes"};
    size_t root = m->doc == d->in->doc ? d->in->at : (size_t)DOC_ROOT;
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        m->scope = *scopes[i] == '\0' ? root : at_path(m->doc, root, span_str(scopes[i]));
        if (m->scope != 0 && doc_tag(m->doc, m->scope) == '{' &&
            numbered_at(m, 0, "content") != 0) {
            return true;
        }
    }
    return false;
}

/* Roles and contents as they are spelled: the document is sanitized. */
static void add_message(const struct numbered *m, int i, size_t content, struct buf *out)
{
    size_t at = numbered_at(m, i, "role");
    bool said = at != 0 && doc_tag(m->doc, at) == '"' && text_counts(doc_string(m->doc, at));
    bool text = doc_tag(m->doc, content) == '"';
    buf_add(out, i > 0 ? SPAN(",{\"role\":") : SPAN("[{\"role\":"));
    buf_add(out, said ? doc_source(m->doc, at) : span_str(m->role));
    buf_add(out,
            text ? SPAN(",\"parts\":[{\"type\":\"text\",\"content\":") : SPAN(",\"content\":"));
    buf_add(out, doc_source(m->doc, content));
    buf_add(out, text ? SPAN("}]}") : SPAN("}"));
}

static void list_numbered(struct draft *d, enum field f, const char *prefix, const char *role)
{
    struct hit hit;
    if (!lookup_first(d->lookup, (int)f, &hit) || (hit.when & ALIAS_NUMBERED) == 0) {
        return;
    }
    struct numbered m = {.doc = hit.doc, .prefix = prefix, .role = role};
    if (!find_numbered(d, &m)) {
        return;
    }
    size_t room = doc_source(m.doc, m.scope).n + (size_t)NUMBERED_MAX * MESSAGE_BYTES;
    struct buf out = {.p = arena_room(d->arena, room + 1), .cap = room + 1, .max = room};
    size_t content = 0;
    for (int i = 0; i < NUMBERED_MAX && (content = numbered_at(&m, i, "content")) != 0; i++) {
        add_message(&m, i, content, &out);
    }
    buf_add_byte(&out, ']');
    d->values[f].kind = VALUE_JSON;
    d->values[f].text = buf_span(&out);
}

void draft_list_messages(struct draft *d)
{
    list_numbered(d, FIELD_GEN_AI_INPUT_MESSAGES, "gen_ai.prompt", "\"user\"");
    list_numbered(d, FIELD_GEN_AI_OUTPUT_MESSAGES, "gen_ai.completion", "\"assistant\"");
}

/* ---- texts inside messages ---- */

/* Depth first, through content, parts, messages and text. The reader limits the depth. */
static struct span first_text(const struct doc *d, size_t at)
{
    struct span found = nothing;
    if (doc_tag(d, at) == '[') {
        for (size_t i = doc_first(d, at); found.n == 0 && !doc_at_end(d, i); i = doc_next(d, i)) {
            bool text = doc_tag(d, i) == '"' && text_counts(doc_string(d, i));
            found = text ? doc_string(d, i) : first_text(d, i);
        }
    } else if (doc_tag(d, at) == '{') {
        for (size_t i = doc_first(d, at); found.n == 0 && !doc_at_end(d, i);
             i = doc_next(d, i + 1)) {
            if (!word_in(doc_string(d, i), "content parts messages text")) {
                continue;
            }
            bool text = doc_tag(d, i + 1) == '"' && text_counts(doc_string(d, i + 1));
            found = text ? doc_string(d, i + 1) : first_text(d, i + 1);
        }
    }
    return found;
}

struct span draft_messages_text(struct draft *d, int row)
{
    struct hit hit;
    struct doc doc;
    if (!lookup_first(d->lookup, row, &hit)) {
        return nothing;
    }
    if (doc_tag(hit.doc, hit.at) != '"') {
        return first_text(hit.doc, hit.at);
    }
    struct span text = doc_string(hit.doc, hit.at);
    if (lookup_embedded(d->lookup, text, &doc)) {
        return first_text(&doc, DOC_ROOT);
    }
    return text;
}
