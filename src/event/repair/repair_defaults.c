/* SPDX-License-Identifier: Apache-2.0 */
/* What a required member is when the record does not say it (normalization.md §6, §8,
 * normalization.md §9). */
#include "event/map/category.h"
#include "event/repair/repair_state.h"
#include "event/schema/action_words.h"

/* The member at a.b, 0 if there is none. */
static size_t below(const struct repair_state *f, const char *a, const char *b)
{
    size_t at = doc_member(f->d, f->in->at, span_str(a));
    return at != 0 && doc_tag(f->d, at) == '{' ? doc_member(f->d, at, span_str(b)) : 0;
}

static struct span text_below(const struct repair_state *f, const char *a, const char *b)
{
    size_t at = below(f, a, b);
    return at != 0 && doc_tag(f->d, at) == '"' ? doc_string(f->d, at) : SPAN("");
}

static bool is_given(const struct repair_state *f, const char *a, const char *b)
{
    size_t at = below(f, a, b);
    return at != 0 && doc_tag(f->d, at) != 'n' && text_below(f, a, b).n > 0;
}

static struct span low_below(const struct repair_state *f, const char *a, const char *b)
{
    return arena_lower(f->arena, text_below(f, a, b));
}

/* By what else there is (normalization.md §5, 5); a record of nothing else is a tool's. */
static struct span evident_action(const struct repair_state *f)
{
    bool tool = is_given(f, "tool", "name");
    if (is_given(f, "mcp", "server") || is_given(f, "mcp", "tool") ||
        tool_is_mcp(text_below(f, "tool", "name"))) {
        return SPAN("mcp.tool_invoked");
    }
    if (tool && is_given(f, "error", "type")) {
        return SPAN("tool.failed");
    }
    if (is_given(f, "command", "command")) {
        return SPAN("command.executed");
    }
    if (is_given(f, "file", "path")) {
        return action_of_operation(low_below(f, "file", "operation"), low_below(f, "tool", "name"));
    }
    if (is_given(f, "approval", "decision")) {
        return action_of_decision(text_below(f, "approval", "decision"));
    }
    if (is_given(f, "prompt", "text")) {
        return SPAN("prompt.submitted");
    }
    size_t usage = below(f, "gen_ai", "usage");
    if (usage != 0 && doc_tag(f->d, usage) == '{') {
        return SPAN("session.activity");
    }
    return SPAN("tool.invoked");
}

struct span repair_action(const struct repair_state *f)
{
    size_t at = below(f, "event", "action");
    char tag = at != 0 ? doc_tag(f->d, at) : 'n';
    if (tag == '"' && doc_string(f->d, at).n > 0) {
        return doc_string(f->d, at);
    }
    bool other = tag == 'l' || tag == 'u' || tag == 'd' || tag == '#' || tag == 't' || tag == 'f';
    return other ? doc_source(f->d, at) : evident_action(f);
}

/* A list of words may hold one of ours; else the action tells. */
static struct span category(const struct repair_state *f)
{
    size_t at = below(f, "event", "category");
    bool list = at != 0 && doc_tag(f->d, at) == '[';
    struct span said = list ? category_of_array(f->arena, f->d, at) : SPAN("");
    struct span inferred = category_infer(f->action);
    return inferred.n == 0 || category_is_known(said) ? said : inferred;
}

struct span repair_default(struct repair_state *f, enum member_rule rule)
{
    struct output_key *key = &f->facts->key;
    switch (rule) {
    case RULE_VENDOR:
        return SPAN("beacon");
    case RULE_PRODUCT:
        return SPAN("endpoint-agent");
    case RULE_SCHEMA:
        return SPAN("1.0");
    case RULE_KIND:
        return SPAN("agent_runtime");
    case RULE_ACTION:
        key->action = f->action;
        return f->action;
    case RULE_CATEGORY:
        key->category = category(f);
        return key->category;
    case RULE_SEVERITY:
        return severity_default(f->action, text_below(f, "policy", "decision"));
    case RULE_OS:
        return SPAN("unknown");
    case RULE_HARNESS:
        key->harness = SPAN("unknown");
        return key->harness;
    case RULE_NONE:
    case RULE_TIMESTAMP:
    case RULE_REQUIRED:
    case RULE_HOSTNAME:
    case RULE_USER:
    case RULE_SESSION:
    case RULE_ORIGIN:
    case RULE_RETENTION:
    case RULE_COMMAND:
    case RULE_REPOSITORY:
    case RULE_OWN_REPOSITORY:
    case RULE_RAW:
    case RULE_INGEST:
        break;
    }
    return SPAN("");
}

/* ---- time ---- */

static bool scalar_time(const struct doc *d, size_t at, struct timestamp *t)
{
    char tag = doc_tag(d, at);
    if (tag == '"') {
        return timestamp_parse(doc_string(d, at), t);
    }
    return (tag == 'l' || tag == 'u' || tag == 'd') &&
           timestamp_number(doc_source(d, at), TIME_BY_SIZE, t);
}

/* protobuf's and MongoDB's forms. */
static bool object_time(const struct doc *d, size_t at, struct timestamp *t)
{
    size_t seconds = doc_member(d, at, SPAN("seconds"));
    size_t nanos = doc_member(d, at, SPAN("nanos"));
    size_t date = doc_member(d, at, SPAN("$date"));
    if (seconds != 0 && doc_tag(d, seconds) == 'l') {
        bool whole = nanos != 0 && doc_tag(d, nanos) == 'l';
        return timestamp_pair(doc_int64(d, seconds), whole ? doc_int64(d, nanos) : 0, t);
    }
    return date != 0 && scalar_time(d, date, t);
}

struct span repair_time(struct repair_state *f, size_t at, bool *own)
{
    struct timestamp t;
    const int64_t modified = f->in->modified_ns;
    *own = at != 0 &&
           (doc_tag(f->d, at) == '{' ? object_time(f->d, at, &t) : scalar_time(f->d, at, &t)) &&
           timestamp_plausible(t.ns, modified);
    bool told = f->in->envelope_time.n > 0;
    if (!*own && !(told && timestamp_parse(f->in->envelope_time, &t) &&
                   timestamp_plausible(t.ns, modified))) {
        t = timestamp_from_object(modified);
        f->facts->time_unread =
            at != 0 ? arena_cut(f->arena, doc_source(f->d, at), TIME_UNREAD_BYTES) : SPAN("");
    }
    f->facts->time = t.quality;
    f->facts->key.time_ns = t.ns;
    return timestamp_write(&t, arena_room(f->arena, TIMESTAMP_BYTES));
}
