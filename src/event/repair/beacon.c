/* SPDX-License-Identifier: Apache-2.0 */
#include "event/repair/beacon.h"

#include "codec/timestamp.h"
#include "event/schema/repository.h"

enum { ALL_REQUIRED = (1 << RULE_REQUIRED) - 2 }; /* a bit for each rule before, but RULE_NONE */

struct check {
    const struct doc *d;
    int64_t modified_ns;
    struct beacon *b;
    size_t raw;
};

static bool one_of(struct span word, const struct span *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(word, words[i])) {
            return true;
        }
    }
    return false;
}

bool beacon_is_origin(struct span word)
{
    static const struct span words[] = {SPAN_INIT(""), SPAN_INIT("local"), SPAN_INIT("cloud"),
                                        SPAN_INIT("ci")};
    return one_of(word, words, sizeof(words) / sizeof(words[0]));
}

bool beacon_is_retention(struct span word)
{
    static const struct span words[] = {SPAN_INIT(""), SPAN_INIT("metadata"), SPAN_INIT("redacted"),
                                        SPAN_INIT("full")};
    return one_of(word, words, sizeof(words) / sizeof(words[0]));
}

struct span beacon_new_harness(struct span name)
{
    static const struct {
        struct span old, now;
    } names[] = {
        {SPAN_INIT("claude"), SPAN_INIT("claude_code")},
        {SPAN_INIT("codex"), SPAN_INIT("codex_cli")},
        {SPAN_INIT("vscode"), SPAN_INIT("vscode_copilot")},
        {SPAN_INIT("antigravity"), SPAN_INIT("antigravity_cli")},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_eq(name, names[i].old)) {
            return names[i].now;
        }
    }
    return SPAN("");
}

static bool is_integral(double v)
{
    const double exact = 9007199254740992.0; /* 2^53: doubles beyond have no fraction */
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

/* A required text is as it must be. */
static void seen(struct check *c, enum member_rule rule, bool right)
{
    c->b->seen |= right ? 1U << rule : 0;
}

/* What is asked of a text beyond being one. False: it must be repaired. */
static bool check_text(struct check *c, const struct member *m, struct span s)
{
    struct output_key *key = &c->b->key;
    switch (m->rule) {
    case RULE_TIMESTAMP:
        seen(c, m->rule,
             timestamp_plain(s, &key->time_ns) &&
                 timestamp_plausible(key->time_ns, c->modified_ns));
        return true;
    case RULE_VENDOR:
        seen(c, m->rule, span_eq(s, SPAN("beacon")));
        return true;
    case RULE_PRODUCT:
        seen(c, m->rule, span_eq(s, SPAN("endpoint-agent")));
        return true;
    case RULE_ACTION:
        key->action = s;
        break;
    case RULE_CATEGORY:
        key->category = s;
        break;
    case RULE_HARNESS:
        key->harness = s;
        seen(c, m->rule, s.n > 0 && beacon_new_harness(s).n == 0);
        return true;
    case RULE_HOSTNAME:
        key->hostname = s;
        return true;
    case RULE_USER:
        key->user = s;
        return true;
    case RULE_SESSION:
        key->session = s;
        return true;
    case RULE_ORIGIN:
        return beacon_is_origin(s);
    case RULE_RETENTION:
        return beacon_is_retention(s);
    case RULE_OWN_REPOSITORY:
        c->b->repository = s;
        return repository_userinfo(s).n == 0;
    case RULE_REPOSITORY:
        return repository_userinfo(s).n == 0;
    case RULE_SCHEMA:
    case RULE_KIND:
    case RULE_SEVERITY:
    case RULE_OS:
        break;
    case RULE_NONE:
    case RULE_REQUIRED:
    case RULE_COMMAND:
    case RULE_RAW:
    case RULE_INGEST:
        return true;
    }
    seen(c, m->rule, s.n > 0);
    return true;
}

static void check_object(struct check *c, size_t at, enum member_group group);

static bool check_member(struct check *c, const struct member *m, size_t at)
{
    char tag = doc_tag(c->d, at);
    if (!beacon_type_fits(c->d, at, m->type) || m->rule == RULE_INGEST) {
        return false;
    }
    if (m->type == MEMBER_TEXT && tag == '"') {
        return m->rule == RULE_NONE || check_text(c, m, doc_string(c->d, at));
    }
    if (m->rule == RULE_RAW) {
        c->raw = tag == '{' ? at : 0;
    } else if (m->type == MEMBER_OBJECT && tag == '{') {
        check_object(c, at, m->group);
    }
    return true;
}

static void check_object(struct check *c, size_t at, enum member_group group)
{
    for (size_t i = doc_first(c->d, at); !doc_at_end(c->d, i); i = doc_next(c->d, i + 1)) {
        const struct member *m = member_find(group, doc_string(c->d, i));
        if (m != NULL && !check_member(c, m, i + 1)) {
            c->b->right = false;
        }
    }
}

static struct span text_member(const struct doc *d, size_t at, struct span name)
{
    size_t value = doc_member(d, at, name);
    return value != 0 && doc_tag(d, value) == '"' ? doc_string(d, value) : SPAN("");
}

/* A collector runs as a service: then who works is told by the attributes of its record. */
static bool is_service(struct span user)
{
    return user.n == 0 || span_eq(user, SPAN("root")) || span_eq(user, SPAN("SYSTEM")) ||
           user.p[user.n - 1] == '$';
}

static struct span actor(const struct check *c)
{
    static const struct span names[] = {SPAN_INIT("user.email"), SPAN_INIT("user.account_uuid"),
                                        SPAN_INIT("user.id")};
    if (c->raw == 0 || !is_service(c->b->key.user) ||
        doc_member(c->d, c->raw, SPAN("otel_signal")) == 0) {
        return SPAN("");
    }
    size_t attributes = doc_member(c->d, c->raw, SPAN("attributes"));
    if (attributes == 0 || doc_tag(c->d, attributes) != '{') {
        return SPAN("");
    }
    struct span found = SPAN("");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && found.n == 0; i++) {
        found = text_member(c->d, attributes, names[i]);
    }
    return found;
}

void beacon_check(const struct doc *d, size_t at, int64_t modified_ns, struct beacon *b)
{
    b->right = true;
    b->seen = 0;
    output_key_clear(&b->key);
    b->repository = span_of("", 0);
    b->actor = span_of("", 0);
    struct check c = {d, modified_ns, b, 0};
    check_object(&c, at, GROUP_EVENT_OBJECT);
    b->right = b->right && b->seen == ALL_REQUIRED;
    b->actor = actor(&c);
}
