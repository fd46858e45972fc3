/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/category.h"

#include "event/map/draft.h"
#include "event/schema/rules.h"
#include "event/schema/word_match.h"

static const struct span nothing = {"", 0};

/* ---- category ---- */

/* clang-format off: one row a rule */
static const struct {
    struct span prefix;
    struct span category;
} categories[] = {
    {SPAN_INIT("prompt."), SPAN_INIT("prompt")},
    {SPAN_INIT("command."), SPAN_INIT("command")},
    {SPAN_INIT("file."), SPAN_INIT("file")},
    {SPAN_INIT("mcp."), SPAN_INIT("mcp")},
    {SPAN_INIT("approval."), SPAN_INIT("approval")},
    {SPAN_INIT("policy."), SPAN_INIT("approval")},
    {SPAN_INIT("session."), SPAN_INIT("session")},
    {SPAN_INIT("agent."), SPAN_INIT("session")},
    {SPAN_INIT("subagent."), SPAN_INIT("session")},
    {SPAN_INIT("model."), SPAN_INIT("session")},
    {SPAN_INIT("metric."), SPAN_INIT("metric")},
    {SPAN_INIT("token."), SPAN_INIT("metric")},
    {SPAN_INIT("cost."), SPAN_INIT("metric")},
    {SPAN_INIT("tool."), SPAN_INIT("tool")},
    {SPAN_INIT("trace."), SPAN_INIT("trace")},
    {SPAN_INIT("inventory."), SPAN_INIT("inventory")},
    {SPAN_INIT("telemetry."), SPAN_INIT("telemetry")},
    {SPAN_INIT("update."), SPAN_INIT("system")},
};
/* clang-format on */

static const char category_words[] = "prompt command file mcp approval session tool metric trace "
                                     "inventory telemetry validation system ci";

struct span category_infer(struct span action)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (span_starts(action, categories[i].prefix)) {
            return categories[i].category;
        }
    }
    return nothing;
}

bool category_is_known(struct span word)
{
    return word_in(word, category_words);
}

struct span category_of_array(struct arena *a, const struct doc *d, size_t at)
{
    struct span first = nothing;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (doc_tag(d, i) != '"' || !text_counts(doc_string(d, i))) {
            continue;
        }
        struct span word = arena_lower(a, doc_string(d, i));
        if (category_is_known(word)) {
            return word;
        }
        first = first.n > 0 ? first : word;
    }
    return first;
}

struct span category_explicit(struct draft *d)
{
    struct hit hit;
    struct span text = nothing;
    if (!lookup_first(d->lookup, FIELD_EVENT_CATEGORY, &hit)) {
        return nothing;
    }
    if (doc_tag(hit.doc, hit.at) == '[') {
        return category_of_array(d->arena, hit.doc, hit.at);
    }
    return value_text(hit.doc, hit.at, &text) ? arena_lower(d->arena, text) : nothing;
}

static struct span category_of_action(struct draft *d, struct span action)
{
    struct span category;
    if (!text_cache_find(&d->categories, action, &category)) {
        category = category_infer(action);
        text_cache_keep(&d->categories, action, category);
    }
    return category;
}

void draft_decide_category(struct draft *d)
{
    struct span category;
    if (!rules_constant(d->in->rules, FIELD_EVENT_CATEGORY, &category)) {
        /* the category of the action is preferred to an explicit one */
        category = category_of_action(d, draft_text(d, FIELD_EVENT_ACTION));
        if (category.n == 0) {
            category = category_explicit(d);
        }
    }
    draft_set(d, FIELD_EVENT_CATEGORY, category);
}

/* ---- severity ---- */

/* clang-format off: one row a rule */
static const struct {
    const char *words;    /* a whole word */
    const char *prefixes; /* or the beginning of one */
    struct span severity;
} severities[] = {
    {"trace debug notice ok", "info", SPAN_INIT("info")},
    {"low", "", SPAN_INIT("low")},
    {"medium moderate", "warn", SPAN_INIT("medium")},
    {"high severe", "err", SPAN_INIT("high")},
    {"fatal alert panic", "crit emerg", SPAN_INIT("critical")},
};

static const struct {
    enum severity_scale scale;
    int last; /* largest number of the row */
    struct span severity;
} scales[] = {
    {SEVERITY_SYSLOG, 2, SPAN_INIT("critical")},   {SEVERITY_SYSLOG, 3, SPAN_INIT("high")},
    {SEVERITY_SYSLOG, 4, SPAN_INIT("medium")},     {SEVERITY_SYSLOG, 7, SPAN_INIT("info")},
    {SEVERITY_OTEL, 12, SPAN_INIT("info")},        {SEVERITY_OTEL, 16, SPAN_INIT("medium")},
    {SEVERITY_OTEL, 20, SPAN_INIT("high")},        {SEVERITY_OTEL, 24, SPAN_INIT("critical")},
    {SEVERITY_BEACON, 1, SPAN_INIT("info")},       {SEVERITY_BEACON, 2, SPAN_INIT("info")},
    {SEVERITY_BEACON, 3, SPAN_INIT("low")},        {SEVERITY_BEACON, 4, SPAN_INIT("medium")},
    {SEVERITY_BEACON, 5, SPAN_INIT("high")},       {SEVERITY_BEACON, 6, SPAN_INIT("critical")},
    {SEVERITY_ECS, 20, SPAN_INIT("info")},         {SEVERITY_ECS, 46, SPAN_INIT("low")},
    {SEVERITY_ECS, 72, SPAN_INIT("medium")},       {SEVERITY_ECS, 98, SPAN_INIT("high")},
    {SEVERITY_ECS, 999999, SPAN_INIT("critical")},
};
/* clang-format on */

bool severity_row(size_t i, const char **words, const char **prefixes, struct span *severity)
{
    if (i >= sizeof(severities) / sizeof(severities[0])) {
        return false;
    }
    *words = severities[i].words;
    *prefixes = severities[i].prefixes;
    *severity = severities[i].severity;
    return true;
}

struct span severity_of_word(struct span word)
{
    char buf[64];
    struct span low = word_fold(text_trim(word), buf, sizeof(buf));
    if (span_starts(low, SPAN("severitynumber"))) {
        low = span_from(low, 14); /* OTLP's enum names */
    }
    for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
        if (word_in(low, severities[i].words) ||
            text_starts_with_word_of(low, severities[i].prefixes)) {
            return severities[i].severity;
        }
    }
    return text_starts_with_word_of(low, "trace debug fatal") && low.n == 6
               ? severity_of_word(span_of(low.p, 5))
               : nothing;
}

/* Digits; a fraction is cut off. -1: not a number. */
static int small_number(struct span s)
{
    s = text_trim(s);
    int v = 0;
    size_t i = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        v = v < 100000 ? v * 10 + (s.p[i] - '0') : v;
    }
    return i > 0 && (i == s.n || s.p[i] == '.') ? v : -1;
}

struct span severity_of_number(struct span number, enum severity_scale scale)
{
    int v = small_number(number);
    if (scale == SEVERITY_BEACON && (v < 2 || v > 6)) {
        scale = SEVERITY_ECS;
    }
    for (size_t i = 0; v >= 0 && i < sizeof(scales) / sizeof(scales[0]); i++) {
        if (scales[i].scale == scale && v <= scales[i].last) {
            return scales[i].severity;
        }
    }
    return nothing;
}

/* The scale of a number depends on its path. */
static enum severity_scale scale_of(const struct draft *d, const struct hit *hit)
{
    if (span_eq(*hit->path, SPAN("severityNumber")) ||
        span_eq(*hit->path, SPAN("severity_number"))) {
        return SEVERITY_OTEL;
    }
    if (span_eq(*hit->path, SPAN("event.severity"))) {
        bool ours = !span_eq(draft_text(d, FIELD_HARNESS_NAME), SPAN("unknown"));
        return ours ? SEVERITY_BEACON : SEVERITY_ECS;
    }
    return SEVERITY_SYSLOG;
}

static bool is_number(struct span s)
{
    return small_number(s) >= 0;
}

static struct span severity_of_text(struct draft *d, const struct hit *hit, struct span text)
{
    struct span severity;
    if (is_number(text)) {
        return severity_of_number(text, scale_of(d, hit));
    }
    if (!text_cache_find(&d->severities, text, &severity)) {
        severity = severity_of_word(text);
        text_cache_keep(&d->severities, text, severity);
    }
    return severity;
}

struct span severity_default(struct span action, struct span policy_decision)
{
    bool bad = span_eq(action, SPAN("tool.failed")) || span_eq(action, SPAN("session.error")) ||
               span_eq(action, SPAN("policy.blocked")) ||
               word_in(policy_decision, "deny denied block blocked");
    return bad ? SPAN("high") : SPAN("info");
}

/* The severity that the record states, info if its word is unknown. Empty: it states none. */
static struct span severity_stated(struct draft *d)
{
    struct search s = lookup_search(FIELD_SEVERITY);
    struct hit hit;
    struct span text;
    while (lookup_next(d->lookup, &s, &hit)) {
        if (value_text(hit.doc, hit.at, &text)) {
            struct span severity = severity_of_text(d, &hit, text);
            severity = severity.n > 0 ? severity : SPAN("info");
            *draft_slot(d, FIELD_SEVERITY) =
                (struct field_value){VALUE_TEXT, severity, hit.doc, hit.at, hit.path, hit.folded};
            return severity;
        }
    }
    return nothing;
}

void draft_decide_severity(struct draft *d)
{
    struct span severity = nothing;
    if (!rules_constant(d->in->rules, FIELD_SEVERITY, &severity)) {
        severity = severity_stated(d);
        if (severity.n == 0) {
            severity = severity_default(draft_text(d, FIELD_EVENT_ACTION),
                                        draft_text(d, FIELD_POLICY_DECISION));
        }
    }
    draft_set(d, FIELD_SEVERITY, severity);
}
