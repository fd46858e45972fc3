/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/infer_action.h"

#include "event/map/messages.h"
#include "event/schema/action_words.h"
#include "event/schema/word_match.h"

enum { BODY_BYTES = 64 }; /* a longer body is prose, which is no sign of the action */

static const struct span nothing = {"", 0};

static struct span low_text(struct draft *d, int row)
{
    struct span s;
    return lookup_text(d->lookup, row, &s) ? arena_lower(d->arena, text_trim(s)) : nothing;
}

static struct span low_tool(struct draft *d)
{
    return arena_lower(d->arena, draft_text(d, FIELD_TOOL_NAME));
}

/* ---- step 0: event-schema.md §10.2 ---- */

/* clang-format off: one row as in the spec */
static const struct {
    const char *names;
    const char *action;
} claude_logs[] = {
    {"user_prompt", "prompt.submitted"},
    {"api_error internal_error api_retries_exhausted", "session.error"},
    {"api_refusal permission_mode_changed", "session.status"},
    {"mcp_server_connection", "mcp.connection"},
};

static const struct {
    const char *tools;
    const char *action;
    const char *operation;
} claude_tools[] = {
    {"bash powershell pwsh", "command.executed", ""},
    {"read", "file.read", "read"},
    {"write", "file.modified", "create"},
    {"edit notebookedit", "file.modified", "modify"},
};
/* clang-format on */

/* The result of a tool that is not in the table: the tool's name decides (mcp__x__y, ...). */
static struct span claude_tool_result(struct draft *d)
{
    struct span tool = low_tool(d);
    for (size_t i = 0; i < sizeof(claude_tools) / sizeof(claude_tools[0]); i++) {
        if (word_in(tool, claude_tools[i].tools)) {
            if (draft_has(d, FIELD_FILE_PATH) && !draft_has(d, FIELD_FILE_OPERATION)) {
                draft_set(d, FIELD_FILE_OPERATION, span_str(claude_tools[i].operation));
            }
            return span_str(claude_tools[i].action);
        }
    }
    return action_of_tool(tool);
}

static struct span claude_action(struct draft *d, struct span name)
{
    if (span_eq(name, SPAN("tool_decision"))) {
        d->tool_decision = true;
        return action_of_decision(draft_text(d, FIELD_APPROVAL_DECISION));
    }
    if (span_eq(name, SPAN("tool_result"))) {
        return claude_tool_result(d);
    }
    for (size_t i = 0; i < sizeof(claude_logs) / sizeof(claude_logs[0]); i++) {
        if (word_in(name, claude_logs[i].names)) {
            return span_str(claude_logs[i].action);
        }
    }
    return SPAN("session.activity");
}

static struct span codex_action(struct draft *d, struct span name)
{
    struct span cmd;
    if (span_eq(name, SPAN("codex.conversation_starts"))) {
        return SPAN("session.started");
    }
    if (span_eq(name, SPAN("codex.user_prompt"))) {
        return SPAN("prompt.submitted");
    }
    if (span_eq(name, SPAN("codex.tool_decision"))) {
        return action_of_decision(draft_text(d, FIELD_APPROVAL_DECISION));
    }
    if (span_eq(name, SPAN("codex.tool_result"))) {
        bool shell =
            span_eq(low_tool(d), SPAN("shell")) || lookup_text(d->lookup, FACT_CODEX_CMD, &cmd);
        return shell ? SPAN("command.executed") : SPAN("tool.invoked");
    }
    return nothing;
}

static struct span metric_action(struct span name)
{
    struct span end = name.n >= 12 ? span_from(name, name.n - 12) : nothing;
    if (span_eq(end, SPAN(".token.usage")) || span_eq(name, SPAN("codex.turn.token_usage"))) {
        return SPAN("token.usage");
    }
    end = name.n >= 11 ? span_from(name, name.n - 11) : nothing;
    return span_eq(end, SPAN(".cost.usage")) ? SPAN("cost.usage") : SPAN("metric.observed");
}

/* The name of the record: event.name, else a short body. */
static struct span record_name(struct draft *d, struct span *word)
{
    if (!lookup_text(d->lookup, FACT_EVENT_NAME, word) &&
        (!lookup_text(d->lookup, FACT_BODY, word) || word->n > BODY_BYTES)) {
        *word = nothing;
    }
    return arena_lower(d->arena, text_trim(*word));
}

struct span draft_action_by_runtime(struct draft *d)
{
    struct span word;
    struct span action = nothing;
    if ((d->in->shape != SHAPE_OTEL && d->in->shape != SHAPE_OTLP) ||
        lookup_text(d->lookup, FACT_EXPLICIT_ACTION, &word)) {
        return nothing;
    }
    if (lookup_text(d->lookup, FACT_METRIC_NAME, &word)) {
        d->word = nothing; /* a metric's `type` is not a word for its action */
        return metric_action(word);
    }
    struct span harness = draft_text(d, FIELD_HARNESS_NAME);
    struct span name = record_name(d, &word);
    bool prefixed = span_starts(name, SPAN("claude_code."));
    struct hit hit;
    if (span_starts(harness, SPAN("claude_")) &&
        (prefixed || lookup_first(d->lookup, FACT_EVENT_NAME, &hit))) {
        action = claude_action(d, prefixed ? span_from(name, 12) : name);
    } else if (span_eq(harness, SPAN("codex_cli"))) {
        action = codex_action(d, name);
    }
    d->word = action.n > 0 ? word : d->word;
    return action;
}

/* ---- step 4: ECS has categories ---- */

/* Whether a string, or a string of an array, is one of the words. */
static bool hit_says(const struct draft *d, int row, const char *list)
{
    struct hit hit;
    if (!lookup_first(d->lookup, row, &hit)) {
        return false;
    }
    if (doc_tag(hit.doc, hit.at) == '"') {
        return word_in(doc_string(hit.doc, hit.at), list);
    }
    if (doc_tag(hit.doc, hit.at) != '[') {
        return false;
    }
    for (size_t i = doc_first(hit.doc, hit.at); !doc_at_end(hit.doc, i); i = doc_next(hit.doc, i)) {
        if (doc_tag(hit.doc, i) == '"' && word_in(doc_string(hit.doc, i), list)) {
            return true;
        }
    }
    return false;
}

static struct span ecs_action(const struct draft *d)
{
    if (hit_says(d, FIELD_EVENT_CATEGORY, "file")) {
        return hit_says(d, FACT_EVENT_TYPE, "access")     ? SPAN("file.read")
               : hit_says(d, FACT_EVENT_TYPE, "creation") ? SPAN("file.created")
                                                          : SPAN("file.modified");
    }
    if (hit_says(d, FIELD_EVENT_CATEGORY, "process")) {
        return SPAN("command.executed");
    }
    return hit_says(d, FIELD_EVENT_CATEGORY, "authentication session") ? SPAN("session.event")
                                                                       : nothing;
}

/* ---- step 5: fields of the record ---- */

static struct span file_action(struct draft *d)
{
    struct span op = arena_lower(d->arena, draft_text(d, FIELD_FILE_OPERATION));
    bool resource = span_eq(draft_text(d, FIELD_MCP_METHOD_NAME), SPAN("resources/read"));
    return action_of_operation(op.n == 0 && resource ? SPAN("read") : op, low_tool(d));
}

static bool has_usage(const struct draft *d)
{
    for (int f = FIELD_GEN_AI_USAGE_INPUT_TOKENS; f <= FIELD_GEN_AI_USAGE_COST_USD; f++) {
        if (draft_has(d, (enum field)f)) {
            return true;
        }
    }
    return false;
}

static bool has_prompt_text(struct draft *d)
{
    struct span prompt;
    return lookup_text(d->lookup, FIELD_PROMPT_TEXT, &prompt) ||
           draft_messages_text(d, FIELD_GEN_AI_INPUT_MESSAGES).n > 0;
}

/* A path says that something was done to the file, but not beside a prompt, which may be about it.
 */
static bool is_about_file(struct draft *d)
{
    return draft_has(d, FIELD_FILE_PATH) && (draft_has(d, FIELD_FILE_OPERATION) ||
                                             draft_has(d, FIELD_TOOL_NAME) || !has_prompt_text(d));
}

static struct span action_of_fields(struct draft *d)
{
    struct hit hit;
    if (draft_has(d, FIELD_MCP_SERVER) || draft_has(d, FIELD_MCP_TOOL) ||
        tool_is_mcp(draft_text(d, FIELD_TOOL_NAME))) {
        return SPAN("mcp.tool_invoked");
    }
    bool error = draft_has(d, FIELD_ERROR_TYPE) || lookup_first(d->lookup, FACT_ERROR, &hit);
    if (error && draft_has(d, FIELD_TOOL_NAME)) {
        return SPAN("tool.failed");
    }
    if (draft_has(d, FIELD_COMMAND_COMMAND)) {
        return SPAN("command.executed");
    }
    if (is_about_file(d)) {
        return file_action(d);
    }
    if (draft_has(d, FIELD_APPROVAL_DECISION)) {
        return action_of_decision(draft_text(d, FIELD_APPROVAL_DECISION));
    }
    if (has_prompt_text(d)) {
        return SPAN("prompt.submitted");
    }
    return has_usage(d) ? SPAN("session.activity") : nothing;
}

/* ---- step 6: event-schema.md §10.3, rules 2 to 17 ---- */

/* The text that event-schema.md §10.3, rules 8 to 17, search for words. */
static struct span searched_text(struct draft *d)
{
    struct span body = low_text(d, FACT_BODY);
    if (body.n == 0) {
        body = low_text(d, FACT_SPAN_NAME);
    }
    const struct span parts[] = {
        body.n <= BODY_BYTES ? body : nothing,
        SPAN(" "),
        low_tool(d),
        SPAN(" "),
        arena_lower(d->arena, draft_text(d, FIELD_GEN_AI_OPERATION_NAME)),
        SPAN(" "),
        arena_lower(d->arena, draft_text(d, FIELD_MCP_METHOD_NAME)),
        SPAN(" "),
        low_text(d, FACT_INFER_NAME),
    };
    return arena_join(d->arena, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool has_prompt(struct draft *d)
{
    struct span s;
    return lookup_text(d->lookup, FACT_PROMPT, &s) ||
           draft_messages_text(d, FIELD_GEN_AI_INPUT_MESSAGES).n > 0;
}

/* Attributes (event-schema.md §10.3, rules 2 to 7). */
static struct span action_of_attributes(struct draft *d)
{
    struct span method = arena_lower(d->arena, draft_text(d, FIELD_MCP_METHOD_NAME));
    struct span op = arena_lower(d->arena, draft_text(d, FIELD_GEN_AI_OPERATION_NAME));
    if (span_eq(method, SPAN("tools/call"))) {
        return SPAN("mcp.tool_invoked");
    }
    if (span_eq(method, SPAN("resources/read")) &&
        span_starts(draft_text(d, FIELD_MCP_RESOURCE_URI), SPAN("file://"))) {
        return SPAN("file.read");
    }
    if (draft_has(d, FIELD_MCP_SERVER) || draft_has(d, FIELD_MCP_TOOL)) {
        return SPAN("mcp.tool_invoked");
    }
    if (span_eq(op, SPAN("execute_tool"))) {
        return SPAN("tool.invoked");
    }
    if (word_in(op, "chat generate_content text_completion") && has_prompt(d)) {
        return SPAN("prompt.submitted");
    }
    bool call =
        draft_has(d, FIELD_GEN_AI_TOOL_CALL_ID) || draft_has(d, FIELD_GEN_AI_TOOL_CALL_ARGUMENTS);
    return call ? SPAN("tool.invoked") : nothing;
}

static struct span gemini_action(struct draft *d, struct span text)
{
    if (!text_has(text, SPAN("gemini_cli."))) {
        return nothing;
    }
    if (text_has(text, SPAN("gemini_cli.user_prompt"))) {
        return SPAN("prompt.submitted");
    }
    if (text_has(text, SPAN("gemini_cli.tool_call"))) {
        bool mcp =
            span_eq(low_text(d, FACT_TOOL_TYPE), SPAN("mcp")) || draft_has(d, FIELD_MCP_SERVER);
        return mcp ? SPAN("mcp.tool_invoked") : SPAN("tool.invoked");
    }
    return text_has(text, SPAN("gemini_cli.file_operation")) ? file_action(d) : nothing;
}

/* event-schema.md §10.3, rules 11 to 17, in their order. */
static struct span action_of_text(struct span text)
{
    static const struct {
        const char *words;
        struct span action;
    } rules[] = {
        {"approval_mode_switch approval_mode_duration plan_execution",
         SPAN_INIT("approval.requested")},
        {"prompt user_input", SPAN_INIT("prompt.submitted")},
        {"mcp", SPAN_INIT("mcp.tool_invoked")},
        {"command shell exec", SPAN_INIT("command.executed")},
        {"file write edit", SPAN_INIT("file.modified")},
        {"approval", SPAN_INIT("approval.requested")},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (text_has_word_of(text, rules[i].words)) {
            return rules[i].action;
        }
    }
    return nothing;
}

struct span draft_action_by_fields(struct draft *d)
{
    struct span action = d->in->shape == SHAPE_ECS ? ecs_action(d) : nothing;
    if (action.n == 0) {
        action = action_of_fields(d);
    }
    if (action.n == 0) {
        action = action_of_attributes(d);
    }
    if (action.n == 0) {
        struct span text = searched_text(d);
        action = gemini_action(d, text);
        if (action.n == 0 && !text_cache_find(&d->inferred, text, &action)) {
            action = action_of_text(text);
            text_cache_keep(&d->inferred, text, action);
        }
    }
    d->action_by_default = action.n == 0;
    return action.n > 0 ? action : SPAN("tool.invoked");
}
