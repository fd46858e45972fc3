/* SPDX-License-Identifier: Apache-2.0 */
/* From hits to values: each field by its type, then the fields that have a rule of their own. */
#include "event/draft.h"

#include "event/actions.h"
#include "event/convert.h"
#include "event/repository.h"
#include "event/rules.h"
#include "event/runtimes.h"
#include "event/words.h"

static const struct span nothing = {"", 0};

/* ---- types ---- */

/* An array of strings as it is; a text of JSON or with commas becomes one. */
static bool texts_value(const struct hit *hit, struct field_value *v)
{
    const struct doc *doc = hit->doc;
    *v = (struct field_value){VALUE_DOC, nothing, doc, hit->at, hit->name};
    if (doc_tag(doc, hit->at) == '"') {
        v->kind = VALUE_LIST;
        v->text = doc_string(doc, hit->at);
        return true;
    }
    if (doc_tag(doc, hit->at) != '[') {
        return false;
    }
    for (size_t i = doc_first(doc, hit->at); !doc_at_end(doc, i); i = doc_next(doc, i)) {
        if (doc_tag(doc, i) != '"') {
            return false;
        }
    }
    return true;
}

static bool any_value(const struct hit *hit, struct field_value *v)
{
    *v = (struct field_value){VALUE_DOC, nothing, hit->doc, hit->at, hit->name};
    if (doc_tag(hit->doc, hit->at) == '"') {
        v->kind = VALUE_JSON;
        v->text = doc_string(hit->doc, hit->at);
    }
    return true;
}

static bool text_of(struct draft *d, enum field f, const struct hit *hit, struct span *text)
{
    if (f == FIELD_COMMAND_COMMAND && doc_tag(hit->doc, hit->at) == '[') {
        return convert_command(d->arena, hit->doc, hit->at, text);
    }
    return value_text(hit->doc, hit->at, text);
}

/* The hit as a value of this field; false: it can not be one. */
static bool typed_value(struct draft *d, enum field f, const struct hit *hit, struct field_value *v)
{
    if (fields[f].type == TYPE_ANY) {
        return any_value(hit, v);
    }
    if (fields[f].type == TYPE_TEXTS) {
        return texts_value(hit, v);
    }
    struct span text;
    if (!text_of(d, f, hit, &text)) {
        return false;
    }
    *v = (struct field_value){VALUE_LITERAL, text, NULL, 0, hit->name};
    switch ((int)fields[f].type) {
    case TYPE_INT:
        return convert_whole(d->arena, text, (hit->when & ALIAS_NS) != 0 ? 1000000 : 1, &v->text);
    case TYPE_FLOAT:
        return convert_number(text, &v->text);
    case TYPE_BOOL:
        return convert_bool(text, &v->text);
    default:
        v->kind = VALUE_TEXT;
        return true;
    }
}

/* ---- values that only some fields take ---- */

static bool agent_is_shipper(const struct draft *d)
{
    struct span type;
    return lookup_text(d->lookup, FACT_AGENT_TYPE, &type) && runtime_is_shipper(type);
}

static bool accept_harness(struct draft *d, const struct hit *hit, struct field_value *v)
{
    if (runtime_is_shipper(v->text) ||
        ((hit->when & ALIAS_NO_SHIPPER) != 0 && agent_is_shipper(d))) {
        return false;
    }
    v->text = runtime_name(v->text);
    return v->text.n > 0;
}

/* schema.md §14.4, endpoint.os */
static struct span os_name(struct draft *d, struct span s)
{
    static const char distributions[] = "ubuntu debian fedora centos rhel redhat alpine arch "
                                        "manjaro suse opensuse sles amzn amazon rocky alma oracle "
                                        "gentoo nixos mint linuxmint kali raspbian pop slackware";
    struct span low = arena_lower(d->arena, text_trim(s));
    if (span_eq(low, SPAN("linux")) || span_eq(low, SPAN("windows"))) {
        return low;
    }
    if (text_starts_with_word_of(low, "mac osx darwin") || span_eq(low, SPAN("os x"))) {
        return SPAN("darwin");
    }
    if (span_starts(low, SPAN("win"))) {
        return SPAN("windows");
    }
    bool linux_like = text_has(low, SPAN("linux")) || span_starts(low, SPAN("red hat")) ||
                      text_starts_with_word_of(low, distributions);
    return linux_like ? SPAN("linux") : low;
}

static struct span without_heads(struct span branch)
{
    return span_starts(branch, SPAN("refs/heads/")) ? span_from(branch, 11) : branch;
}

/* Credentials of a URL never leave, whatever redaction is set to. */
static struct span without_userinfo(struct draft *d, struct span url)
{
    struct span info = repository_userinfo(url);
    if (info.n == 0) {
        return url;
    }
    size_t before = (size_t)(info.p - url.p);
    const struct span parts[] = {span_of(url.p, before), span_from(url, before + info.n)};
    return arena_join(d->arena, parts, 2);
}

/* What a field's text becomes; false: another place is to be tried. */
static bool accept(struct draft *d, enum field f, const struct hit *hit, struct field_value *v)
{
    switch ((int)f) {
    case FIELD_ORIGIN:
        v->text = arena_lower(d->arena, text_trim(v->text));
        return word_in(v->text, "local cloud ci");
    case FIELD_HARNESS_NAME:
        return accept_harness(d, hit, v);
    case FIELD_ENDPOINT_AGENT_VERSION:
        return (hit->when & ALIAS_NO_SHIPPER) == 0 || !agent_is_shipper(d);
    case FIELD_ENDPOINT_OS:
        v->text = os_name(d, v->text);
        return true;
    case FIELD_TRACE_ID:
        return convert_hex(d->arena, v->text, 32, &v->text);
    case FIELD_TRACE_SPAN_ID:
    case FIELD_TRACE_PARENT_SPAN_ID:
        return convert_hex(d->arena, v->text, 16, &v->text);
    case FIELD_CONTENT_RETENTION:
        return word_in(v->text, "metadata redacted full");
    case FIELD_BRANCH:
    case FIELD_RUN_BRANCH:
        v->text = without_heads(v->text);
        return v->text.n > 0;
    case FIELD_NETWORK_PROTOCOL_NAME:
    case FIELD_NETWORK_TRANSPORT:
        v->text = arena_lower(d->arena, v->text);
        return true;
    default:
        return true;
    }
}

void draft_collect(struct draft *d, enum field f)
{
    struct field_value *v = &d->values[f];
    struct search s = lookup_search((int)f);
    struct hit hit;
    struct span constant;
    if (d->in->rules != NULL && rules_constant(d->in->rules, f, &constant)) {
        *v = (struct field_value){VALUE_TEXT, constant, NULL, 0, nothing};
        return;
    }
    while (lookup_next(d->lookup, &s, &hit)) {
        if (typed_value(d, f, &hit, v) && accept(d, f, &hit, v)) {
            return;
        }
    }
    *v = (struct field_value){0};
}

/* ---- what is found by a rule, not a path ---- */

/* mcp__server__tool, MCP:tool; else the tool's name if the record speaks of MCP at all. */
static void split_mcp(struct draft *d)
{
    struct span tool = draft_text(d, FIELD_TOOL_NAME);
    struct span type;
    if (span_starts(tool, SPAN("mcp__"))) {
        struct span rest = span_from(tool, 5);
        const char *cut = memmem(rest.p, rest.n, "__", 2);
        if (cut != NULL && cut + 2 < rest.p + rest.n) {
            size_t n = (size_t)(cut - rest.p);
            if (!draft_has(d, FIELD_MCP_SERVER)) {
                draft_set(d, FIELD_MCP_SERVER, span_of(rest.p, n));
            }
            if (!draft_has(d, FIELD_MCP_TOOL)) {
                draft_set(d, FIELD_MCP_TOOL, span_from(rest, n + 2));
            }
            return;
        }
    }
    if (draft_has(d, FIELD_MCP_TOOL)) {
        return;
    }
    if (span_starts(tool, SPAN("MCP:"))) {
        draft_set(d, FIELD_MCP_TOOL, span_from(tool, 4));
    } else if (draft_has(d, FIELD_MCP_SERVER) || draft_has(d, FIELD_MCP_METHOD_NAME) ||
               draft_has(d, FIELD_MCP_RESOURCE_URI) ||
               (lookup_text(d->lookup, FACT_TOOL_TYPE, &type) && span_eq(type, SPAN("mcp")))) {
        draft_set(d, FIELD_MCP_TOOL, tool);
    }
}

/* The path of a file:// resource, if no path is named. */
static void file_of_resource(struct draft *d)
{
    struct span uri = draft_text(d, FIELD_MCP_RESOURCE_URI);
    if (!draft_has(d, FIELD_FILE_PATH) && span_starts(uri, SPAN("file://"))) {
        struct span rest = span_from(uri, 7);
        const char *slash = memchr(rest.p, '/', rest.n);
        if (slash != NULL) {
            draft_set(d, FIELD_FILE_PATH, span_from(rest, (size_t)(slash - rest.p)));
        }
    }
}

/* Hook payloads: what §10.4 takes from elsewhere. */
static void hook_fallbacks(struct draft *d)
{
    struct span path;
    if (d->in->shape != SHAPE_HOOK) {
        return;
    }
    if (!draft_has(d, FIELD_SESSION_ID) && lookup_text(d->lookup, FACT_TRANSCRIPT, &path)) {
        const char *slash = memrchr(path.p, '/', path.n);
        struct span file = slash != NULL ? span_from(path, (size_t)(slash - path.p) + 1) : path;
        const char *dot = memrchr(file.p, '.', file.n);
        draft_set(d, FIELD_SESSION_ID,
                  dot != NULL && dot > file.p ? span_of(file.p, (size_t)(dot - file.p)) : file);
    }
    if (!draft_has(d, FIELD_REPOSITORY)) {
        d->values[FIELD_REPOSITORY] = d->values[FIELD_SESSION_WORKING_DIRECTORY];
    }
    if (!draft_has(d, FIELD_HARNESS_NAME)) {
        draft_set(d, FIELD_HARNESS_NAME, runtime_of_hook(d->lookup));
    }
}

static void repository_urls(struct draft *d)
{
    static const enum field urls[] = {FIELD_REPOSITORY, FIELD_RUN_REPOSITORY};
    for (size_t i = 0; i < 2; i++) {
        struct field_value *v = &d->values[urls[i]];
        if (v->kind == VALUE_TEXT) {
            v->text = without_userinfo(d, v->text);
        }
    }
}

/* A run without a stated origin is CI; a stated one that is no word of ours stays in raw. */
static void infer_origin(struct draft *d)
{
    struct hit hit;
    if (draft_has(d, FIELD_ORIGIN) || lookup_first(d->lookup, FIELD_ORIGIN, &hit)) {
        return;
    }
    bool run = lookup_first(d->lookup, FACT_CI, &hit) && doc_tag(hit.doc, hit.at) != 'f';
    for (int f = FIELD_RUN_PROVIDER; !run && f <= FIELD_RUN_EPHEMERAL; f++) {
        run = draft_has(d, (enum field)f) &&
              text_starts_with_word_of(d->values[f].source, "run. beacon.run.");
    }
    if (run) {
        draft_set(d, FIELD_ORIGIN, SPAN("ci"));
    }
}

static void default_text(struct draft *d, enum field f, struct span text)
{
    if (!draft_has(d, f)) {
        draft_set(d, f, text);
    }
}

/* Decided later, or not by look-up at all. */
static bool collected_elsewhere(enum field f)
{
    switch ((int)f) {
    case FIELD_TIMESTAMP:
    case FIELD_EVENT_CATEGORY:
    case FIELD_SEVERITY:
    case FIELD_PROMPT_TEXT:
    case FIELD_APPROVAL_REASON:
    case FIELD_FILE_OPERATION:
        return true;
    default:
        return field_is_ours(f);
    }
}

/* Every field that has a place in this record, or a rule of the customer's. */
static void collect_all(struct draft *d)
{
    memset(d->values, 0, sizeof(d->values)); /* VALUE_NONE, empty texts */
    size_t count = 0;
    const int16_t *rows = lookup_rows(d->lookup, &count);
    if (d->in->rules != NULL) {
        for (int f = 0; f < FIELDS; f++) {
            if (!collected_elsewhere((enum field)f)) {
                draft_collect(d, (enum field)f);
            }
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i] < FIELDS && !collected_elsewhere((enum field)rows[i])) {
            draft_collect(d, (enum field)rows[i]);
        }
    }
}

void draft_collect_first(struct draft *d)
{
    collect_all(d);
    default_text(d, FIELD_ENDPOINT_HOSTNAME, d->in->envelope_host);
    default_text(d, FIELD_ENDPOINT_OS, SPAN("unknown"));
    split_mcp(d);
    file_of_resource(d);
    hook_fallbacks(d);
    repository_urls(d);
    infer_origin(d);
    default_text(d, FIELD_HARNESS_NAME, SPAN("unknown"));
    if (draft_has(d, FIELD_FILE_PATH)) {
        lookup_grant(d->lookup, ALIAS_FILE);
    }
    draft_collect(d, FIELD_FILE_OPERATION);
}

/* ---- what depends on the action ---- */

static void prompt_text(struct draft *d)
{
    if (!span_starts(draft_text(d, FIELD_EVENT_ACTION), SPAN("prompt."))) {
        return;
    }
    draft_collect(d, FIELD_PROMPT_TEXT);
    default_text(d, FIELD_PROMPT_TEXT, draft_messages_text(d, FIELD_GEN_AI_INPUT_MESSAGES));
    if (d->in->shape == SHAPE_HOOK) {
        default_text(d, FIELD_PROMPT_TEXT, draft_messages_text(d, FACT_PROMPT_PARTS));
    }
}

static void tool_command(struct draft *d)
{
    if (draft_has(d, FIELD_TOOL_COMMAND) || !draft_has(d, FIELD_TOOL_NAME)) {
        return;
    }
    struct span command = draft_text(d, FIELD_COMMAND_COMMAND);
    const struct field_value *arguments = &d->values[FIELD_GEN_AI_TOOL_CALL_ARGUMENTS];
    draft_set(d, FIELD_TOOL_COMMAND,
              command.n > 0                   ? command
              : arguments->kind == VALUE_JSON ? arguments->text
                                              : nothing);
}

/* Codex says its command only in the arguments of the tool. */
static void codex_command(struct draft *d)
{
    struct span cmd;
    if (!draft_has(d, FIELD_COMMAND_COMMAND) &&
        span_eq(draft_text(d, FIELD_HARNESS_NAME), SPAN("codex_cli")) &&
        lookup_text(d->lookup, FACT_CODEX_CMD, &cmd)) {
        draft_set(d, FIELD_COMMAND_COMMAND, cmd);
    }
}

/* How long a session or a model took is no duration of a command (§10.1: only with one). */
static void command_numbers(struct draft *d)
{
    bool about =
        draft_has(d, FIELD_COMMAND_COMMAND) || draft_has(d, FIELD_TOOL_NAME) ||
        text_starts_with_word_of(draft_text(d, FIELD_EVENT_ACTION), "command. tool. file. mcp.");
    if (!about) {
        d->values[FIELD_COMMAND_EXIT_CODE].kind = VALUE_NONE;
        d->values[FIELD_COMMAND_DURATION_MS].kind = VALUE_NONE;
    }
}

static void file_operation(struct draft *d)
{
    bool file = span_starts(draft_text(d, FIELD_EVENT_ACTION), SPAN("file."));
    if (d->in->shape == SHAPE_HOOK && file && draft_has(d, FIELD_FILE_PATH)) {
        struct span tool = arena_lower(d->arena, draft_text(d, FIELD_TOOL_NAME));
        default_text(d, FIELD_FILE_OPERATION, operation_of_tool(tool));
    }
}

static void approval(struct draft *d)
{
    draft_collect(d, FIELD_APPROVAL_REASON);
    if (draft_has(d, FIELD_APPROVAL_DECISION) && !draft_has(d, FIELD_APPROVAL_REQUIRED)) {
        d->values[FIELD_APPROVAL_REQUIRED] =
            (struct field_value){VALUE_LITERAL, SPAN("true"), NULL, 0, nothing};
    }
}

/* A data point of usage: its value goes where its type says (§10.2). */
static void metric_usage(struct draft *d)
{
    static const struct {
        const char *types; /* folded */
        enum field field;
    } usage[] = {
        {"input prompt", FIELD_GEN_AI_USAGE_INPUT_TOKENS},
        {"output completion", FIELD_GEN_AI_USAGE_OUTPUT_TOKENS},
        {"cacheread cachedinput", FIELD_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS},
        {"cachecreation", FIELD_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS},
        {"reasoning reasoningoutput", FIELD_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS},
    };
    struct span action = draft_text(d, FIELD_EVENT_ACTION);
    struct span number;
    struct span type = nothing;
    char buf[32];
    if (!lookup_text(d->lookup, FACT_METRIC_VALUE, &number)) {
        return;
    }
    if (span_eq(action, SPAN("cost.usage"))) {
        struct field_value *v = &d->values[FIELD_GEN_AI_USAGE_COST_USD];
        v->kind = convert_number(number, &v->text) ? VALUE_LITERAL : v->kind;
        return;
    }
    if (!span_eq(action, SPAN("token.usage")) || !lookup_text(d->lookup, FACT_METRIC_TYPE, &type)) {
        return;
    }
    default_text(d, FIELD_GEN_AI_TOKEN_TYPE, type);
    for (size_t i = 0; i < sizeof(usage) / sizeof(usage[0]); i++) {
        struct field_value *v = &d->values[usage[i].field];
        if (word_in(word_fold(type, buf, sizeof(buf)), usage[i].types)) {
            v->kind = convert_whole(d->arena, number, 1, &v->text) ? VALUE_LITERAL : v->kind;
        }
    }
}

/* A data point and a span say what they are by their name. */
static void otlp_message(struct draft *d)
{
    struct span name;
    if (d->in->shape != SHAPE_OTLP) {
        return;
    }
    if (lookup_text(d->lookup, FACT_METRIC_NAME, &name)) {
        draft_set(d, FIELD_MESSAGE, name);
        metric_usage(d);
    } else if (lookup_text(d->lookup, FACT_SPAN_NAME, &name)) {
        default_text(d, FIELD_MESSAGE, name);
    }
}

void draft_collect_second(struct draft *d)
{
    struct span action = draft_text(d, FIELD_EVENT_ACTION);
    lookup_grant(d->lookup, d->tool_decision ? ALIAS_TOOL_DECISION : 0U);
    if (span_starts(action, SPAN("mcp."))) {
        lookup_grant(d->lookup, ALIAS_MCP);
        if (!draft_has(d, FIELD_MCP_SERVER)) {
            draft_collect(d, FIELD_MCP_SERVER);
        }
    }
    prompt_text(d);
    codex_command(d);
    tool_command(d);
    command_numbers(d);
    file_operation(d);
    approval(d);
    otlp_message(d);
}

/* ---- texts inside messages ---- */

/* Depth first through content, parts, messages and text. The tape's depth bounds it. */
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
