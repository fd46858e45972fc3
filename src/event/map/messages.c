/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/messages.h"

#include "base/ascii.h"
#include "event/schema/word_match.h"

enum {
    NUMBERED_MAX = 256,  /* further ones are only in raw.record */
    MESSAGE_BYTES = 128, /* of a message, without its role and content */
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

enum said { ROLE, CONTENT, SAID };

struct numbered {
    const struct doc *doc;
    size_t scope;       /* the object that has them */
    struct span prefix; /* "gen_ai.prompt" */
    struct span role;   /* of a message without one, as JSON */
    struct {
        size_t at[SAID]; /* 0: absent */
        unsigned rank[SAID];
    } messages[NUMBERED_MAX];
};

/*
 * Of several spellings of a path the one that at_path would find counts. Its rank has a bit for
 * each dot, the highest for the first dot, set where the path descends into an object.
 */
static void note(struct numbered *m, unsigned i, enum said what, size_t at, unsigned rank)
{
    if (at != 0 && (m->messages[i].at[what] == 0 || rank <= m->messages[i].rank[what])) {
        m->messages[i].at[what] = at;
        m->messages[i].rank[what] = rank;
    }
}

/* The number of a message; *name becomes the rest after it. False: not such a number. */
static bool take_number(struct span *name, unsigned *i)
{
    size_t n = 0;
    for (*i = 0; n < name->n && ascii_is_digit(name->p[n]) && *i < NUMBERED_MAX; n++) {
        *i = *i * 10 + (unsigned)(name->p[n] - '0');
    }
    bool as_written = n == 1 || (n > 1 && *name->p != '0');
    *name = span_from(*name, n);
    return as_written && *i < NUMBERED_MAX;
}

/* A member 0.content, or an object 0 with a member content. */
static void note_number(struct numbered *m, struct span name, size_t at, unsigned rank)
{
    unsigned i = 0;
    if (!take_number(&name, &i)) {
        return;
    }
    if (name.n == 0 && doc_tag(m->doc, at) == '{') {
        note(m, i, ROLE, doc_member(m->doc, at, SPAN("role")), rank | 1);
        note(m, i, CONTENT, doc_member(m->doc, at, SPAN("content")), rank | 1);
    } else if (span_eq(name, SPAN(".role"))) {
        note(m, i, ROLE, at, rank);
    } else if (span_eq(name, SPAN(".content"))) {
        note(m, i, CONTENT, at, rank);
    }
}

static void note_numbers(struct numbered *m, size_t object, unsigned rank)
{
    const struct doc *d = m->doc;
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        note_number(m, doc_string(d, i), i + 1, rank);
    }
}

static unsigned dots_in(struct span s)
{
    unsigned dots = 0;
    for (size_t i = 0; i < s.n; i++) {
        dots += s.p[i] == '.';
    }
    return dots;
}

/* The members of the object under a path that begins with `rest`: each is checked once. */
static void note_members(struct numbered *m, size_t object, struct span rest, unsigned rank)
{
    enum { NUMBER_DOTS = 2 }; /* one before the number, one after it */
    const struct doc *d = m->doc;
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        bool down = doc_tag(d, i + 1) == '{';
        if (span_eq(name, rest) && down) {
            note_numbers(m, i + 1, rank | 1U << (NUMBER_DOTS - 1));
        } else if (name.n > rest.n && name.p[rest.n] == '.' && span_starts(name, rest)) {
            note_number(m, span_from(name, rest.n + 1), i + 1, rank);
        } else if (name.n < rest.n && down && rest.p[name.n] == '.' && span_starts(rest, name)) {
            struct span below = span_from(rest, name.n + 1);
            note_members(m, i + 1, below, rank | 1U << (NUMBER_DOTS + dots_in(below)));
        }
    }
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
        if (m->scope != 0 && doc_tag(m->doc, m->scope) == '{') {
            memset(m->messages, 0, sizeof(m->messages));
            note_members(m, m->scope, m->prefix, 0);
            if (m->messages[0].at[CONTENT] != 0) {
                return true;
            }
        }
    }
    return false;
}

/* Roles and contents as they are spelled: the document is sanitized. */
static void add_message(const struct numbered *m, int i, struct buf *out)
{
    size_t at = m->messages[i].at[ROLE];
    size_t content = m->messages[i].at[CONTENT];
    bool said = at != 0 && doc_tag(m->doc, at) == '"' && text_counts(doc_string(m->doc, at));
    bool text = doc_tag(m->doc, content) == '"';
    buf_add(out, i > 0 ? SPAN(",{\"role\":") : SPAN("[{\"role\":"));
    buf_add(out, said ? doc_source(m->doc, at) : m->role);
    buf_add(out,
            text ? SPAN(",\"parts\":[{\"type\":\"text\",\"content\":") : SPAN(",\"content\":"));
    buf_add(out, doc_source(m->doc, content));
    buf_add(out, text ? SPAN("}]}") : SPAN("}"));
}

static void list_numbered(struct draft *d, enum field f, struct span prefix, struct span role)
{
    struct hit hit;
    if (!lookup_first(d->lookup, (int)f, &hit) || (hit.when & ALIAS_NUMBERED) == 0) {
        return;
    }
    struct numbered m;
    m.doc = hit.doc;
    m.prefix = prefix;
    m.role = role;
    if (!find_numbered(d, &m)) {
        return;
    }
    size_t room = doc_source(m.doc, m.scope).n + (size_t)NUMBERED_MAX * MESSAGE_BYTES;
    struct buf out = {.p = arena_room(d->arena, room + 1), .cap = room + 1, .max = room};
    for (int i = 0; i < NUMBERED_MAX && m.messages[i].at[CONTENT] != 0; i++) {
        add_message(&m, i, &out);
    }
    buf_add_byte(&out, ']');
    d->values[f].kind = VALUE_JSON;
    d->values[f].text = buf_span(&out);
}

void draft_list_messages(struct draft *d)
{
    list_numbered(d, FIELD_GEN_AI_INPUT_MESSAGES, SPAN("gen_ai.prompt"), SPAN("\"user\""));
    list_numbered(d, FIELD_GEN_AI_OUTPUT_MESSAGES, SPAN("gen_ai.completion"),
                  SPAN("\"assistant\""));
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
