/* SPDX-License-Identifier: Apache-2.0 */
#include "event/repair/beacon.h"

#include "member_rules_priv.h"

enum { ALL_REQUIRED = (1 << RULE_REQUIRED) - 2 }; /* a bit for each rule before, but RULE_NONE */

struct beacon_walk {
    const struct doc *doc;
    int64_t modified_ns;
    struct beacon *beacon;
    size_t raw; /* the member, 0 if it is no object */
};

static bool is_integral(double v)
{
    const double exact = 9007199254740992.0; /* 2^53: larger doubles have no fraction */
    return v >= exact || v <= -exact || v == (double)(int64_t)v;
}

static bool are_texts(const struct doc *d, size_t at)
{
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (doc_tag(d, i) != '"' && doc_tag(d, i) != 'n') {
            return false;
        }
    }
    return true;
}

bool beacon_type_fits(const struct doc *d, size_t at, enum member_type type)
{
    char tag = doc_tag(d, at);
    if (tag == 'n') {
        return true;
    }
    switch (type) {
    case MEMBER_TEXT:
        return tag == '"';
    case MEMBER_BOOL:
        return tag == 't' || tag == 'f';
    case MEMBER_INT:
        return tag == 'l' || tag == 'u' || tag == '#' ||
               (tag == 'd' && is_integral(doc_double(d, at)));
    case MEMBER_FLOAT:
        return tag == 'l' || tag == 'u' || tag == 'd' || tag == '#';
    case MEMBER_TEXTS:
        return tag == '[' && are_texts(d, at);
    case MEMBER_OBJECT:
        return tag == '{';
    case MEMBER_ANY:
        break;
    }
    return true;
}

/* Note the text, and whether it may stay as it is. False: a text that is not required may not. */
static bool check_text(struct beacon_walk *w, const struct member *m, struct span text)
{
    const struct member_rule_row *row = &member_rules[m->rule];
    struct beacon *b = w->beacon;
    bool required = member_rule_is_required(m->rule);
    member_rule_note(row, text, &b->facts);
    bool right = row->check != NULL ? row->check(row, text, w->modified_ns, &b->facts)
                                    : text.n > 0 || !required;
    b->seen |= required && right ? 1U << m->rule : 0;
    return right || required;
}

static void check_object(struct beacon_walk *w, size_t at, enum member_group group);

static bool check_member(struct beacon_walk *w, const struct member *m, size_t at)
{
    char tag = doc_tag(w->doc, at);
    if (!beacon_type_fits(w->doc, at, m->type) || m->rule == RULE_INGEST) {
        return false;
    }
    if (m->type == MEMBER_TEXT && tag == '"') {
        return m->rule == RULE_NONE || check_text(w, m, doc_string(w->doc, at));
    }
    if (m->rule == RULE_RAW) {
        w->raw = tag == '{' ? at : 0;
    } else if (m->type == MEMBER_OBJECT && tag == '{') {
        check_object(w, at, m->group);
    }
    return true;
}

static void check_object(struct beacon_walk *w, size_t at, enum member_group group)
{
    for (size_t i = doc_first(w->doc, at); !doc_at_end(w->doc, i); i = doc_next(w->doc, i + 1)) {
        const struct member *m = member_find(group, doc_string(w->doc, i));
        if (m != NULL && !check_member(w, m, i + 1)) {
            w->beacon->right = false;
        }
    }
}

static struct span text_member(const struct doc *d, size_t at, struct span name)
{
    size_t value = doc_member(d, at, name);
    return value != 0 && doc_tag(d, value) == '"' ? doc_string(d, value) : SPAN("");
}

/* The user that a collector runs as: the person is then in the attributes of the record. */
static bool is_service(struct span user)
{
    return user.n == 0 || span_eq(user, SPAN("root")) || span_eq(user, SPAN("SYSTEM")) ||
           user.p[user.n - 1] == '$';
}

static struct span actor_of_collector(const struct beacon_walk *w)
{
    static const struct span names[] = {SPAN_INIT("user.email"), SPAN_INIT("user.account_uuid"),
                                        SPAN_INIT("user.id")};
    if (w->raw == 0 || !is_service(w->beacon->facts.key.user) ||
        doc_member(w->doc, w->raw, SPAN("otel_signal")) == 0) {
        return SPAN("");
    }
    size_t attributes = doc_member(w->doc, w->raw, SPAN("attributes"));
    if (attributes == 0 || doc_tag(w->doc, attributes) != '{') {
        return SPAN("");
    }
    struct span found = SPAN("");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && found.n == 0; i++) {
        found = text_member(w->doc, attributes, names[i]);
    }
    return found;
}

void beacon_check(const struct doc *d, size_t at, int64_t modified_ns, struct beacon *b)
{
    b->right = true;
    b->seen = 0;
    event_facts_clear(&b->facts);
    struct beacon_walk w = {d, modified_ns, b, 0};
    check_object(&w, at, GROUP_EVENT_OBJECT);
    b->right = b->right && b->seen == ALL_REQUIRED;
    b->facts.actor = actor_of_collector(&w);
}
