/* SPDX-License-Identifier: Apache-2.0 */
#include "member_rules_priv.h"

#include "codec/timestamp.h"
#include "event/schema/repository.h"
#include "event/schema/runtimes.h"
#include "repair_defaults_priv.h"

#include <stddef.h>

/* ---- words ---- */

static bool is_one_of(struct span word, const struct span *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(word, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_origin(struct span word)
{
    static const struct span words[] = {SPAN_INIT(""), SPAN_INIT("local"), SPAN_INIT("cloud"),
                                        SPAN_INIT("ci")};
    return is_one_of(word, words, sizeof(words) / sizeof(words[0]));
}

static bool is_retention(struct span word)
{
    static const struct span words[] = {SPAN_INIT(""), SPAN_INIT("metadata"), SPAN_INIT("redacted"),
                                        SPAN_INIT("full")};
    return is_one_of(word, words, sizeof(words) / sizeof(words[0]));
}

/* ---- checks ---- */

static bool check_time(const struct member_rule_row *row UNUSED, struct span text,
                       int64_t modified_ns, struct event_facts *facts)
{
    return timestamp_plain(text, &facts->key.time_ns) &&
           timestamp_plausible(facts->key.time_ns, modified_ns);
}

static bool check_constant(const struct member_rule_row *row, struct span text,
                           int64_t modified_ns UNUSED, struct event_facts *facts UNUSED)
{
    return span_eq(text, row->constant);
}

static bool check_harness(const struct member_rule_row *row UNUSED, struct span text,
                          int64_t modified_ns UNUSED, struct event_facts *facts UNUSED)
{
    return text.n > 0 && runtime_new_name(text).n == 0;
}

static bool check_origin(const struct member_rule_row *row UNUSED, struct span text,
                         int64_t modified_ns UNUSED, struct event_facts *facts UNUSED)
{
    return is_origin(text);
}

static bool check_retention(const struct member_rule_row *row UNUSED, struct span text,
                            int64_t modified_ns UNUSED, struct event_facts *facts UNUSED)
{
    return is_retention(text);
}

static bool check_repository(const struct member_rule_row *row UNUSED, struct span text,
                             int64_t modified_ns UNUSED, struct event_facts *facts UNUSED)
{
    return repository_userinfo(text).n == 0;
}

/* ---- repairs ---- */

static enum repair_outcome repair_timestamp(struct repair_state *r, const struct member *m,
                                            size_t at, struct span text UNUSED, struct span *json)
{
    bool own = false;
    struct span written = repair_time(r, at, &own);
    if (!own) {
        repair_save(r, m->name, at);
    }
    *json = repair_quote(r, written);
    bool same = doc_tag(r->doc, at) == '"' && span_eq(doc_string(r->doc, at), written);
    return same ? REPAIR_KEEP : REPAIR_REPLACE;
}

static enum repair_outcome repair_constant(struct repair_state *r, const struct member *m,
                                           size_t at, struct span text, struct span *json)
{
    struct span constant = member_rules[m->rule].constant;
    if (span_eq(text, constant)) {
        return REPAIR_KEEP;
    }
    repair_save(r, m->name, at);
    *json = repair_quote(r, constant);
    return REPAIR_REPLACE;
}

static enum repair_outcome repair_harness(struct repair_state *r, const struct member *m,
                                          size_t at UNUSED, struct span text, struct span *json)
{
    struct span new_name = runtime_new_name(text);
    if (text.n == 0) {
        return member_rule_replace_missing(r, m->rule, json);
    }
    if (new_name.n == 0) {
        return REPAIR_KEEP;
    }
    member_rule_note(&member_rules[m->rule], new_name, r->facts);
    *json = repair_quote(r, new_name);
    return REPAIR_REPLACE;
}

static enum repair_outcome repair_origin(struct repair_state *r, const struct member *m, size_t at,
                                         struct span text, struct span *json UNUSED)
{
    return is_origin(text) ? REPAIR_KEEP : repair_drop(r, m, at);
}

static enum repair_outcome repair_retention(struct repair_state *r, const struct member *m,
                                            size_t at, struct span text, struct span *json UNUSED)
{
    return is_retention(text) ? REPAIR_KEEP : repair_drop(r, m, at);
}

/* Credentials of a URL are never produced, whatever redaction is set to (event/README.md, rule 10).
 */
static enum repair_outcome repair_repository(struct repair_state *r, const struct member *m,
                                             size_t at UNUSED, struct span text, struct span *json)
{
    struct span user = repository_userinfo(text);
    if (user.n == 0) {
        return REPAIR_KEEP;
    }
    size_t head = (size_t)(user.p - text.p);
    struct span parts[] = {span_of(text.p, head), span_from(text, head + user.n)};
    struct span bare = arena_join(r->arena, parts, 2);
    r->userinfo[m->rule == RULE_OWN_REPOSITORY ? 0 : 1] = user;
    member_rule_note(&member_rules[m->rule], bare, r->facts);
    *json = repair_quote(r, bare);
    return REPAIR_REPLACE;
}

/* ---- missing members ---- */

static struct span missing_action(struct repair_state *r)
{
    return r->action;
}

static struct span missing_category(struct repair_state *r)
{
    return repair_category(r);
}

static struct span missing_severity(struct repair_state *r)
{
    return repair_severity(r);
}

static struct span missing_time(struct repair_state *r)
{
    bool own = false;
    return repair_time(r, 0, &own);
}

/* ---- the table ---- */

#define NOTED(member) ((int)offsetof(struct event_facts, member))

/* clang-format off: one row a rule */
const struct member_rule_row member_rules[RULES] = {
    [RULE_TIMESTAMP] = {GROUP_EVENT_OBJECT, SPAN_INIT("timestamp"), NOT_NOTED, .check = check_time,
                        .repair = repair_timestamp, .missing = missing_time, .any_type = true},
    [RULE_VENDOR] = {GROUP_EVENT_OBJECT, SPAN_INIT("vendor"), NOT_NOTED, .check = check_constant,
                     .repair = repair_constant, .constant = SPAN_INIT("beacon")},
    [RULE_PRODUCT] = {GROUP_EVENT_OBJECT, SPAN_INIT("product"), NOT_NOTED, .check = check_constant,
                      .repair = repair_constant, .constant = SPAN_INIT("endpoint-agent")},
    [RULE_SCHEMA] = {GROUP_EVENT_OBJECT, SPAN_INIT("schema_version"), NOT_NOTED,
                     .constant = SPAN_INIT("1.0")},
    [RULE_KIND] = {GROUP_EVENT, SPAN_INIT("kind"), NOT_NOTED,
                   .constant = SPAN_INIT("agent_runtime")},
    [RULE_ACTION] = {GROUP_EVENT, SPAN_INIT("action"), NOTED(key.action),
                     .missing = missing_action},
    [RULE_CATEGORY] = {GROUP_EVENT, SPAN_INIT("category"), NOTED(key.category),
                       .missing = missing_category},
    [RULE_SEVERITY] = {GROUP_EVENT_OBJECT, SPAN_INIT("severity"), NOT_NOTED,
                       .missing = missing_severity},
    [RULE_OS] = {GROUP_ENDPOINT, SPAN_INIT("os"), NOT_NOTED, .constant = SPAN_INIT("unknown")},
    [RULE_HARNESS] = {GROUP_HARNESS, SPAN_INIT("name"), NOTED(key.harness), .check = check_harness,
                      .repair = repair_harness, .constant = SPAN_INIT("unknown")},

    /* members that may be missing */
    [RULE_NONE] = {.noted = NOT_NOTED},
    [RULE_REQUIRED] = {.noted = NOT_NOTED}, /* no rule: ends those above */
    [RULE_HOSTNAME] = {.noted = NOTED(key.hostname)},
    [RULE_USER] = {.noted = NOTED(key.user)},
    [RULE_SESSION] = {.noted = NOTED(key.session)},
    [RULE_ORIGIN] = {.noted = NOT_NOTED, .check = check_origin, .repair = repair_origin},
    [RULE_RETENTION] = {.noted = NOT_NOTED, .check = check_retention, .repair = repair_retention},
    [RULE_COMMAND] = {.noted = NOT_NOTED, .list_joins = true},
    [RULE_REPOSITORY] = {.noted = NOT_NOTED,
                         .check = check_repository,
                         .repair = repair_repository},
    [RULE_OWN_REPOSITORY] = {.noted = NOTED(repository),
                             .check = check_repository,
                             .repair = repair_repository},

    /* objects: the walks know them */
    [RULE_RAW] = {.noted = NOT_NOTED},
    [RULE_INGEST] = {.noted = NOT_NOTED},
};
/* clang-format on */

struct span member_rule_missing(struct repair_state *r, enum member_rule rule)
{
    const struct member_rule_row *row = &member_rules[rule];
    struct span text = row->missing != NULL ? row->missing(r) : row->constant;
    member_rule_note(row, text, r->facts);
    return text;
}

enum repair_outcome member_rule_replace_missing(struct repair_state *r, enum member_rule rule,
                                                struct span *json)
{
    struct span text = member_rule_missing(r, rule);
    *json = repair_quote(r, text);
    return text.n > 0 ? REPAIR_REPLACE : REPAIR_KEEP;
}
