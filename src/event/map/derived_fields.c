/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/derived_fields.h"

#include "event/map/convert.h"
#include "event/map/hooks.h"
#include "event/map/map_fields.h"
#include "event/map/messages.h"
#include "event/schema/action_words.h"
#include "event/schema/repository.h"
#include "event/schema/runtimes.h"
#include "event/schema/word_match.h"

static const struct span nothing = {"", 0};

static void set_default_text(struct draft *d, enum field f, struct span text)
{
    if (!draft_has(d, f)) {
        draft_set(d, f, text);
    }
}

/* mcp__server__tool or MCP:tool; else the tool's name, if any field is about MCP. */
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

/* The path of a file:// resource, if the record has no path. */
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

/* Fields of hook payloads that come from other members (event-schema.md §10.4). */
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
        *draft_slot(d, FIELD_REPOSITORY) = d->values[FIELD_SESSION_WORKING_DIRECTORY];
    }
    if (!draft_has(d, FIELD_HARNESS_NAME)) {
        draft_set(d, FIELD_HARNESS_NAME, runtime_of_hook(d->lookup));
    }
}

/* Credentials of a URL are never produced, whatever redaction is set to (event/README.md, rule 10).
 */
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

/* A record about a run is from CI unless it states an origin. An unknown origin stays in raw. */
static void infer_origin(struct draft *d)
{
    struct hit hit;
    if (draft_has(d, FIELD_ORIGIN) || lookup_first(d->lookup, FIELD_ORIGIN, &hit)) {
        return;
    }
    bool run = lookup_first(d->lookup, FACT_CI, &hit) && doc_tag(hit.doc, hit.at) != 'f';
    for (int f = draft_next(d, FIELD_RUN_PROVIDER); !run && f <= FIELD_RUN_EPHEMERAL;
         f = draft_next(d, f + 1)) {
        run = draft_has(d, (enum field)f) &&
              text_starts_with_word_of(value_source(&d->values[f]), "run. beacon.run.");
    }
    if (run) {
        draft_set(d, FIELD_ORIGIN, SPAN("ci"));
    }
}

/* file.operation is looked for in more places once the record has a path. */
static void map_file_operation(struct draft *d)
{
    if (draft_has(d, FIELD_FILE_PATH)) {
        lookup_grant(d->lookup, ALIAS_FILE);
    }
    draft_map_field(d, FIELD_FILE_OPERATION);
}

void draft_derive(struct draft *d)
{
    set_default_text(d, FIELD_ENDPOINT_HOSTNAME, d->in->envelope_host);
    set_default_text(d, FIELD_ENDPOINT_OS, SPAN("unknown"));
    split_mcp(d);
    file_of_resource(d);
    hook_fallbacks(d);
    repository_urls(d);
    infer_origin(d);
    set_default_text(d, FIELD_HARNESS_NAME, SPAN("unknown"));
    map_file_operation(d);
}

/* ---- what depends on the action ---- */

static void prompt_text(struct draft *d)
{
    if (!span_starts(draft_text(d, FIELD_EVENT_ACTION), SPAN("prompt."))) {
        return;
    }
    draft_map_field(d, FIELD_PROMPT_TEXT);
    set_default_text(d, FIELD_PROMPT_TEXT, draft_messages_text(d, FIELD_GEN_AI_INPUT_MESSAGES));
    if (d->in->shape == SHAPE_HOOK) {
        set_default_text(d, FIELD_PROMPT_TEXT, draft_messages_text(d, FACT_PROMPT_PARTS));
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

/* Codex has the command only in the arguments of the tool. */
static void codex_command(struct draft *d)
{
    struct span cmd;
    if (!draft_has(d, FIELD_COMMAND_COMMAND) &&
        span_eq(draft_text(d, FIELD_HARNESS_NAME), SPAN("codex_cli")) &&
        lookup_text(d->lookup, FACT_CODEX_CMD, &cmd)) {
        draft_set(d, FIELD_COMMAND_COMMAND, cmd);
    }
}

/* Without a command or a tool, exit code and duration belong to a session or a model
 * (event-schema.md §10.1). */
static void command_numbers(struct draft *d)
{
    if (!draft_has(d, FIELD_COMMAND_EXIT_CODE) && !draft_has(d, FIELD_COMMAND_DURATION_MS)) {
        return;
    }
    bool about =
        draft_has(d, FIELD_COMMAND_COMMAND) || draft_has(d, FIELD_TOOL_NAME) ||
        text_starts_with_word_of(draft_text(d, FIELD_EVENT_ACTION), "command. tool. file. mcp.");
    if (!about) {
        draft_slot(d, FIELD_COMMAND_EXIT_CODE)->kind = VALUE_NONE;
        draft_slot(d, FIELD_COMMAND_DURATION_MS)->kind = VALUE_NONE;
    }
}

static void file_operation(struct draft *d)
{
    bool file = span_starts(draft_text(d, FIELD_EVENT_ACTION), SPAN("file."));
    if (d->in->shape == SHAPE_HOOK && file && draft_has(d, FIELD_FILE_PATH)) {
        struct span tool = arena_lower(d->arena, draft_text(d, FIELD_TOOL_NAME));
        set_default_text(d, FIELD_FILE_OPERATION, operation_of_tool(tool));
    }
}

static void approval_fields(struct draft *d)
{
    draft_map_field(d, FIELD_APPROVAL_REASON);
    if (draft_has(d, FIELD_APPROVAL_DECISION) && !draft_has(d, FIELD_APPROVAL_REQUIRED)) {
        *draft_slot(d, FIELD_APPROVAL_REQUIRED) =
            (struct field_value){VALUE_LITERAL, SPAN("true"), NULL, 0, NULL, false};
    }
}

/* A data point of usage: its type decides which field gets the value (event-schema.md §10.2). */
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
        struct field_value *v = draft_slot(d, FIELD_GEN_AI_USAGE_COST_USD);
        v->kind = convert_number(number, &v->text) ? VALUE_LITERAL : v->kind;
        return;
    }
    if (!span_eq(action, SPAN("token.usage")) || !lookup_text(d->lookup, FACT_METRIC_TYPE, &type)) {
        return;
    }
    set_default_text(d, FIELD_GEN_AI_TOKEN_TYPE, type);
    for (size_t i = 0; i < sizeof(usage) / sizeof(usage[0]); i++) {
        struct field_value *v = draft_slot(d, usage[i].field);
        if (word_in(word_fold(type, buf, sizeof(buf)), usage[i].types)) {
            v->kind = convert_whole(d->arena, number, 1, &v->text) ? VALUE_LITERAL : v->kind;
        }
    }
}

/* The message of a data point or a span is its name. */
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
        set_default_text(d, FIELD_MESSAGE, name);
    }
}

void draft_derive_by_action(struct draft *d)
{
    struct span action = draft_text(d, FIELD_EVENT_ACTION);
    lookup_grant(d->lookup, d->tool_decision ? ALIAS_TOOL_DECISION : 0U);
    if (span_starts(action, SPAN("mcp."))) {
        lookup_grant(d->lookup, ALIAS_MCP);
        if (!draft_has(d, FIELD_MCP_SERVER)) {
            draft_map_field(d, FIELD_MCP_SERVER);
        }
    }
    prompt_text(d);
    codex_command(d);
    tool_command(d);
    command_numbers(d);
    file_operation(d);
    approval_fields(d);
    otlp_message(d);
}
