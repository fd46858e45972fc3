/* SPDX-License-Identifier: Apache-2.0 */
#include "repair_defaults_priv.h"

#include "codec/timestamp.h"
#include "event/map/category.h"
#include "event/map/event_time.h"
#include "event/schema/action_words.h"

static bool is_given(const struct repair_state *r, const char *a, const char *b)
{
    size_t at = repair_member(r, a, b);
    return at != 0 && doc_tag(r->doc, at) != 'n' && repair_member_text(r, a, b).n > 0;
}

static struct span lower_member_text(const struct repair_state *r, const char *a, const char *b)
{
    return arena_lower(r->arena, repair_member_text(r, a, b));
}

/* A record with none of these members is taken for a tool's. */
static struct span action_by_members(const struct repair_state *r)
{
    bool tool = is_given(r, "tool", "name");
    if (is_given(r, "mcp", "server") || is_given(r, "mcp", "tool") ||
        tool_is_mcp(repair_member_text(r, "tool", "name"))) {
        return SPAN("mcp.tool_invoked");
    }
    if (tool && is_given(r, "error", "type")) {
        return SPAN("tool.failed");
    }
    if (is_given(r, "command", "command")) {
        return SPAN("command.executed");
    }
    if (is_given(r, "file", "path")) {
        return action_of_operation(lower_member_text(r, "file", "operation"),
                                   lower_member_text(r, "tool", "name"));
    }
    if (is_given(r, "approval", "decision")) {
        return action_of_decision(repair_member_text(r, "approval", "decision"));
    }
    if (is_given(r, "prompt", "text")) {
        return SPAN("prompt.submitted");
    }
    size_t usage = repair_member(r, "gen_ai", "usage");
    if (usage != 0 && doc_tag(r->doc, usage) == '{') {
        return SPAN("session.activity");
    }
    return SPAN("tool.invoked");
}

struct span repair_action(const struct repair_state *r)
{
    size_t at = repair_member(r, "event", "action");
    char tag = at != 0 ? doc_tag(r->doc, at) : 'n';
    if (tag == '"' && doc_string(r->doc, at).n > 0) {
        return doc_string(r->doc, at);
    }
    bool other = tag == 'l' || tag == 'u' || tag == 'd' || tag == '#' || tag == 't' || tag == 'f';
    return other ? doc_source(r->doc, at) : action_by_members(r);
}

struct span repair_category(const struct repair_state *r)
{
    size_t at = repair_member(r, "event", "category");
    bool list = at != 0 && doc_tag(r->doc, at) == '[';
    struct span said = list ? category_of_array(r->arena, r->doc, at) : SPAN("");
    struct span inferred = category_infer(r->action);
    return inferred.n == 0 || category_is_known(said) ? said : inferred;
}

struct span repair_severity(const struct repair_state *r)
{
    return severity_default(r->action, repair_member_text(r, "policy", "decision"));
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
    if (seconds != 0) {
        return event_time_of_pair(d, seconds, nanos, t);
    }
    return date != 0 && scalar_time(d, date, t);
}

/* The value in place of a time. */
static struct span unread(struct repair_state *r, size_t at)
{
    struct span s = SPAN("");
    if (at != 0) {
        s = doc_tag(r->doc, at) == '"' ? doc_string(r->doc, at) : doc_source(r->doc, at);
    }
    return arena_cut(r->arena, s, TIME_UNREAD_BYTES);
}

struct span repair_time(struct repair_state *r, size_t at, bool *own)
{
    struct timestamp t;
    const int64_t modified = r->modified_ns;
    *own =
        at != 0 &&
        (doc_tag(r->doc, at) == '{' ? object_time(r->doc, at, &t) : scalar_time(r->doc, at, &t)) &&
        timestamp_plausible(t.ns, modified);
    bool from_envelope = !*own && r->envelope_time.n > 0 && timestamp_parse(r->envelope_time, &t) &&
                         timestamp_plausible(t.ns, modified);
    if (!*own && !from_envelope) {
        t = timestamp_from_object(modified);
        r->facts->time_unread = unread(r, at);
    }
    r->facts->time = t.quality;
    r->facts->time_from_envelope = from_envelope;
    r->facts->key.time_ns = t.ns;
    return timestamp_write(&t, arena_room(r->arena, TIMESTAMP_BYTES));
}
