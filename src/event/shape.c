/* SPDX-License-Identifier: Apache-2.0 */
#include "event/shape.h"

#include "event/runtimes.h"

const char *shape_name(enum shape s)
{
    static const char *const names[] = {"", "beacon", "ecs", "otel", "otlp", "hook", "flat", ""};
    return names[s];
}

enum sign {
    SIGN_NONE,
    SIGN_OTLP,       /* rule 3, as an array */
    SIGN_VENDOR,     /* rule 4, "beacon" */
    SIGN_VERSION,    /* rule 4, with the two that follow */
    SIGN_EVENT,      /* an object */
    SIGN_HARNESS,    /* an object */
    SIGN_ECS,        /* rule 5 */
    SIGN_ATTRIBUTES, /* rule 6, an object or array */
    SIGN_OTEL,       /* rule 6 */
    SIGN_HOOK,       /* rule 7, a string */
    SIGN_TYPE,       /* rule 7, one of opencode's names */
    SIGN_BESIDE,     /* rule 7, what stands beside such a type */
};

/* clang-format off: one row a name */
static const struct {
    struct span name;
    enum sign sign;
} signs[] = {
    {SPAN_INIT("resourceLogs"), SIGN_OTLP},
    {SPAN_INIT("resourceSpans"), SIGN_OTLP},
    {SPAN_INIT("resourceMetrics"), SIGN_OTLP},
    {SPAN_INIT("vendor"), SIGN_VENDOR},
    {SPAN_INIT("schema_version"), SIGN_VERSION},
    {SPAN_INIT("event"), SIGN_EVENT},
    {SPAN_INIT("harness"), SIGN_HARNESS},
    {SPAN_INIT("@timestamp"), SIGN_ECS},
    {SPAN_INIT("ecs"), SIGN_ECS},
    {SPAN_INIT("ecs.version"), SIGN_ECS},
    {SPAN_INIT("attributes"), SIGN_ATTRIBUTES},
    {SPAN_INIT("Attributes"), SIGN_ATTRIBUTES},
    {SPAN_INIT("LogAttributes"), SIGN_ATTRIBUTES},
    {SPAN_INIT("SpanAttributes"), SIGN_ATTRIBUTES},
    {SPAN_INIT("timeUnixNano"), SIGN_OTEL},
    {SPAN_INIT("hook_event_name"), SIGN_HOOK},
    {SPAN_INIT("hookEventName"), SIGN_HOOK},
    {SPAN_INIT("agent_action_name"), SIGN_HOOK},
    {SPAN_INIT("type"), SIGN_TYPE},
    {SPAN_INIT("properties"), SIGN_BESIDE},
    {SPAN_INIT("output"), SIGN_BESIDE},
    {SPAN_INIT("sessionID"), SIGN_BESIDE},
    {SPAN_INIT("session_id"), SIGN_BESIDE},
    {SPAN_INIT("sessionId"), SIGN_BESIDE},
};

static const struct span otel_prefixes[] = {
    SPAN_INIT("gen_ai."),
    SPAN_INIT("mcp."),
    SPAN_INIT("beacon."),
    SPAN_INIT("vcs."),
};
/* clang-format on */

static enum sign sign_of_name(struct span name)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (span_eq(name, signs[i].name)) {
            return signs[i].sign;
        }
    }
    bool may_start = name.n > 4 && strchr("gmbv", *name.p) != NULL;
    for (size_t i = 0; may_start && i < sizeof(otel_prefixes) / sizeof(otel_prefixes[0]); i++) {
        if (span_starts(name, otel_prefixes[i])) {
            return SIGN_OTEL;
        }
    }
    return SIGN_NONE;
}

/* Whether the value of the member at `at` is what its sign asks for. */
static bool sign_holds(const struct doc *d, size_t at, enum sign sign)
{
    char tag = doc_tag(d, at + 1);
    bool ok = tag != 'n';
    switch (sign) {
    case SIGN_OTLP:
        ok = tag == '[';
        break;
    case SIGN_VENDOR:
        ok = tag == '"' && span_eq(doc_string(d, at + 1), SPAN("beacon"));
        break;
    case SIGN_EVENT:
    case SIGN_HARNESS:
        ok = tag == '{';
        break;
    case SIGN_ATTRIBUTES:
        ok = tag == '{' || tag == '[';
        break;
    case SIGN_HOOK:
        ok = tag == '"';
        break;
    case SIGN_TYPE:
        ok = tag == '"' && runtime_opencode_type(doc_string(d, at + 1));
        break;
    case SIGN_OTEL:
        ok = ok || !span_eq(doc_string(d, at),
                            SPAN("timeUnixNano")); /* for the others the name is enough */
        break;
    case SIGN_NONE:
    case SIGN_VERSION:
    case SIGN_ECS:
    case SIGN_BESIDE:
    default:
        break;
    }
    return ok;
}

/* Signs of one name only: a later member of that name takes it back. */
static bool sign_is_single(enum sign s)
{
    return (s >= SIGN_VENDOR && s <= SIGN_HARNESS) || s == SIGN_TYPE;
}

enum shape shape_of(const struct doc *d, size_t at)
{
    unsigned seen = 0; /* a bit per sign */
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        enum sign sign = sign_of_name(doc_string(d, i));
        if (sign_holds(d, i, sign)) {
            seen |= 1U << sign;
        } else if (sign_is_single(sign)) {
            seen &= ~(1U << sign);
        }
    }
    const unsigned versioned = 1U << SIGN_VERSION | 1U << SIGN_EVENT | 1U << SIGN_HARNESS;
    const unsigned opencode = 1U << SIGN_TYPE | 1U << SIGN_BESIDE;
    if ((seen & 1U << SIGN_OTLP) != 0) {
        return SHAPE_OTLP;
    }
    if ((seen & 1U << SIGN_VENDOR) != 0 || (seen & versioned) == versioned) {
        return SHAPE_BEACON;
    }
    if ((seen & 1U << SIGN_ECS) != 0) {
        return SHAPE_ECS;
    }
    if ((seen & (1U << SIGN_ATTRIBUTES | 1U << SIGN_OTEL)) != 0) {
        return SHAPE_OTEL;
    }
    bool hook = (seen & 1U << SIGN_HOOK) != 0 || (seen & opencode) == opencode;
    return hook ? SHAPE_HOOK : SHAPE_FLAT;
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
