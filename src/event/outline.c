/* SPDX-License-Identifier: Apache-2.0 */
#include "event/outline.h"

enum {
    LONGEST = 17, /* of the names */
    MOST = 6,     /* names of one length */
};

/* A name, and what it is: a member that is remembered, or a sign if its value is of these tags. */
struct mark {
    const char *name;
    const char *tags; /* of a sign */
    int what;         /* an outline_member or an outline_sign */
};

static const char any[] = "{[\"ludtf#"; /* all but null */

/* clang-format off: one row a name, by its length */
static const struct mark marks[LONGEST + 1][MOST] = {
    [3] = {{"ecs", any, SIGN_ECS}, {"log", NULL, OUTLINE_LOG}},
    [4] = {{"body", NULL, OUTLINE_BODY},
           {"file", NULL, OUTLINE_FILE},
           {"host", NULL, OUTLINE_HOST},
           {"time", NULL, OUTLINE_TIME},
           {"type", NULL, OUTLINE_TYPE}},
    [5] = {{"event", NULL, OUTLINE_EVENT}},
    [6] = {{"output", any, SIGN_BESIDE}, {"vendor", NULL, OUTLINE_VENDOR}},
    [7] = {{"harness", NULL, OUTLINE_HARNESS}, {"message", NULL, OUTLINE_MESSAGE}},
    [9] = {{"sessionID", any, SIGN_BESIDE}, {"sessionId", any, SIGN_BESIDE}},
    [10] = {{"@timestamp", any, SIGN_ECS},
            {"Attributes", "{[", SIGN_OTEL},
            {"attributes", "{[", SIGN_OTEL},
            {"properties", any, SIGN_BESIDE},
            {"session_id", any, SIGN_BESIDE}},
    [11] = {{"ecs.version", any, SIGN_ECS}, {"source_type", NULL, OUTLINE_SOURCE_TYPE}},
    [12] = {{"resourceLogs", "[", SIGN_OTLP}, {"timeUnixNano", any, SIGN_OTEL}},
    [13] = {{"LogAttributes", "{[", SIGN_OTEL},
            {"hookEventName", "\"", SIGN_HOOK},
            {"resourceSpans", "[", SIGN_OTLP}},
    [14] = {{"SpanAttributes", "{[", SIGN_OTEL},
            {"event.original", NULL, OUTLINE_EVENT_ORIGINAL},
            {"schema_version", NULL, OUTLINE_SCHEMA_VERSION}},
    [15] = {{"hook_event_name", "\"", SIGN_HOOK}, {"resourceMetrics", "[", SIGN_OTLP}},
    [17] = {{"agent_action_name", "\"", SIGN_HOOK}},
};

/* Names that begin so are a sign of OTel whatever they hold. */
static const struct span otel_prefixes[] = {
    SPAN_INIT("gen_ai."),
    SPAN_INIT("mcp."),
    SPAN_INIT("beacon."),
    SPAN_INIT("vcs."),
};
/* clang-format on */

static const struct mark *mark_of(struct span name)
{
    if (name.n == 0 || name.n > LONGEST) {
        return NULL;
    }
    for (const struct mark *m = marks[name.n]; m < marks[name.n] + MOST && m->name != NULL; m++) {
        if (m->name[0] == *name.p && memcmp(m->name, name.p, name.n) == 0) {
            return m;
        }
    }
    return NULL;
}

static bool starts_as_otel(struct span name)
{
    if (name.n <= 4 || (*name.p != 'g' && *name.p != 'm' && *name.p != 'b' && *name.p != 'v')) {
        return false;
    }
    for (size_t i = 0; i < sizeof(otel_prefixes) / sizeof(otel_prefixes[0]); i++) {
        if (span_starts(name, otel_prefixes[i])) {
            return true;
        }
    }
    return false;
}

void outline_of(const struct doc *d, size_t at, struct outline *o)
{
    *o = (struct outline){.signs = 0};
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        const struct mark *m = mark_of(name);
        if (m == NULL) {
            o->signs |= starts_as_otel(name) ? SIGN_OTEL : 0U;
        } else if (m->tags == NULL) {
            o->at[m->what] = i + 1;
        } else if (strchr(m->tags, doc_tag(d, i + 1)) != NULL) {
            o->signs |= (unsigned)m->what;
        }
    }
}
