/* SPDX-License-Identifier: Apache-2.0 */
#include "event/shape.h"

#include "event/runtimes.h"

const char *shape_name(enum shape s)
{
    static const char *const names[] = {"", "beacon", "ecs", "otel", "otlp", "hook", "flat", ""};
    return names[s];
}

/* What the members of the record say, found in one pass. The last of a name counts. */
struct signs {
    bool otlp;      /* rule 3 */
    bool vendor;    /* rule 4: is beacon */
    bool version;   /* schema_version */
    bool event;     /* an object */
    bool harness;   /* an object */
    bool ecs;       /* rule 5 */
    bool otel;      /* rule 6 */
    bool hook_name; /* rule 7 */
    bool opencode;  /* `type` is one of its events */
    bool beside;    /* what stands beside such a type */
};

static bool is_one(struct span name, const struct span *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_eq(name, list[i])) {
            return true;
        }
    }
    return false;
}
#define IS_ONE(name, list) is_one(name, list, sizeof(list) / sizeof((list)[0]))

static const struct span otlp_names[] = {SPAN_INIT("resourceLogs"), SPAN_INIT("resourceSpans"),
                                         SPAN_INIT("resourceMetrics")};
static const struct span ecs_names[] = {SPAN_INIT("@timestamp"), SPAN_INIT("ecs"),
                                        SPAN_INIT("ecs.version")};
static const struct span attribute_names[] = {SPAN_INIT("attributes"), SPAN_INIT("Attributes"),
                                              SPAN_INIT("LogAttributes"),
                                              SPAN_INIT("SpanAttributes")};
static const struct span otel_prefixes[] = {SPAN_INIT("gen_ai."), SPAN_INIT("mcp."),
                                            SPAN_INIT("beacon."), SPAN_INIT("vcs.")};
static const struct span hook_names[] = {SPAN_INIT("hook_event_name"), SPAN_INIT("hookEventName"),
                                         SPAN_INIT("agent_action_name")};
static const struct span beside_names[] = {SPAN_INIT("properties"), SPAN_INIT("output"),
                                           SPAN_INIT("sessionID"), SPAN_INIT("session_id"),
                                           SPAN_INIT("sessionId")};

static bool otel_sign(struct span name, char tag)
{
    if (IS_ONE(name, attribute_names)) {
        return tag == '{' || tag == '[';
    }
    for (size_t i = 0; i < sizeof(otel_prefixes) / sizeof(otel_prefixes[0]); i++) {
        if (span_starts(name, otel_prefixes[i])) {
            return true;
        }
    }
    return span_eq(name, SPAN("timeUnixNano")) && tag != 'n';
}

static void sign_of(const struct doc *d, size_t at, struct signs *s)
{
    struct span name = doc_string(d, at);
    size_t value = at + 1;
    char tag = doc_tag(d, value);
    if (span_eq(name, SPAN("vendor"))) {
        s->vendor = tag == '"' && span_eq(doc_string(d, value), SPAN("beacon"));
    } else if (span_eq(name, SPAN("schema_version"))) {
        s->version = tag != 'n';
    } else if (span_eq(name, SPAN("event"))) {
        s->event = tag == '{';
    } else if (span_eq(name, SPAN("harness"))) {
        s->harness = tag == '{';
    } else if (span_eq(name, SPAN("type"))) {
        s->opencode = tag == '"' && runtime_opencode_type(doc_string(d, value));
    } else {
        s->otlp = s->otlp || (tag == '[' && IS_ONE(name, otlp_names));
        s->ecs = s->ecs || (tag != 'n' && IS_ONE(name, ecs_names));
        s->otel = s->otel || otel_sign(name, tag);
        s->hook_name = s->hook_name || (tag == '"' && IS_ONE(name, hook_names));
        s->beside = s->beside || (tag != 'n' && IS_ONE(name, beside_names));
    }
}

enum shape shape_of(const struct doc *d, size_t at)
{
    struct signs s = {0};
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        sign_of(d, i, &s);
    }
    if (s.otlp) {
        return SHAPE_OTLP;
    }
    if (s.vendor || (s.version && s.event && s.harness)) {
        return SHAPE_BEACON;
    }
    if (s.ecs) {
        return SHAPE_ECS;
    }
    if (s.otel) {
        return SHAPE_OTEL;
    }
    return s.hook_name || (s.opencode && s.beside) ? SHAPE_HOOK : SHAPE_FLAT;
}

bool shape_is_beacon(const struct doc *d, size_t at)
{
    size_t vendor = doc_member(d, at, SPAN("vendor"));
    if (vendor != 0 && doc_tag(d, vendor) == '"' &&
        span_eq(doc_string(d, vendor), SPAN("beacon"))) {
        return true;
    }
    size_t version = doc_member(d, at, SPAN("schema_version"));
    if (version == 0 || doc_tag(d, version) == 'n') {
        return false;
    }
    size_t event = doc_member(d, at, SPAN("event"));
    size_t harness = doc_member(d, at, SPAN("harness"));
    return event != 0 && doc_tag(d, event) == '{' && harness != 0 && doc_tag(d, harness) == '{';
}
