/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/actions.h"

#include "base/alloc.h"
#include "event/map/draft.h"
#include "event/schema/rules.h"
#include "event/schema/string_map.h"
#include "event/schema/word_match.h"

#include <stdlib.h>

enum {
    WORD_BYTES = 96, /* folded; longer words are nobody's */
    KNOWN_MAX = 64,
    WORDS_MAX = 160,
};

/* ---- schema.md §6: all that Beacon emits, and names that it knows ---- */

static const char known[] =
    "prompt.submitted command.executed command.invoked file.read file.modified file.created "
    "mcp.tool_invoked mcp.connection approval.requested approval.allowed approval.denied "
    "tool.invoked tool.completed tool.failed session.started session.ended session.activity "
    "session.error session.status session.compacting session.event subagent.started "
    "subagent.stopped agent.reasoning agent.response agent.response.completed agent.message "
    "model.retry metric.observed token.usage cost.usage trace.unclassified agent.detected "
    "telemetry.enabled inventory.heartbeat inventory.snapshot update.available update.current "
    "update.unsupported update.check_failed update.applied update.failed policy.blocked "
    "telemetry.disabled telemetry.misconfigured installation.updated endpoint.health_failed "
    "endpoint.tamper_detected endpoint.validation session.created session.deleted session.idle "
    "session.compacted session.handoff";

/* ---- §14.5 step 2: words, folded ---- */

enum {
    BY_TOOL = 1, /* action_of_tool of the tool's name */
    BY_DECISION, /* action_of_decision */
    BY_PART,     /* action_of_part */
    UNLESS_MORE, /* step 5 if a command or MCP field says more */
};

/* clang-format off: one row as in the spec */
static const struct {
    const char *words;
    const char *action;
    int how;
} words[] = {
    {"userpromptsubmit beforesubmitprompt userprompt promptsubmit prompt preuserprompt chatmessage "
     "userinput beforeagent",
     "prompt.submitted", 0},
    {"aftershellexecution postruncommand exec execute runshell runcommand shell bash command "
     "commandrun shellcommand",
     "command.executed", 0},
    {"beforeshellexecution beforemcpexecution", "approval.allowed", 0},
    {"beforereadfile postreadcode read readfile fileread view", "file.read", 0},
    {"afterfileedit postwritecode edit write multiedit fileedit filewrite filemodified applypatch",
     "file.modified", 0},
    {"filecreate createfile", "file.created", 0},
    {"aftermcpexecution postmcptooluse mcp mcpcall mcptoolcall", "mcp.tool_invoked", 0},
    {"pretooluse beforetool toolexecutebefore", "tool.invoked", 0},
    {"toolcall tooluse", "tool.invoked", UNLESS_MORE},
    {"posttooluse toolresult aftertool toolexecuteafter", "", BY_TOOL},
    {"posttoolusefailure toolerror toolfailed", "tool.failed", 0},
    {"stop agentstop afteragent", "tool.completed", 0},
    {"sessionstart conversationstarts conversationstart", "session.started", 0},
    {"sessionend", "session.ended", 0},
    {"precompact", "session.compacting", 0},
    {"subagentstart", "subagent.started", 0},
    {"subagentstop", "subagent.stopped", 0},
    {"afteragentthought", "agent.reasoning", 0},
    {"afteragentresponse assistantresponse", "agent.response", 0},
    {"notification", "session.event", 0},
    {"apirequest", "session.activity", 0},
    {"apierror", "session.error", 0},
    {"permissionasked", "approval.requested", 0},
    {"sessioncreated", "session.started", 0},
    {"sessiondeleted", "session.ended", 0},
    {"sessionidle", "session.status", 0},
    {"messageupdated", "agent.response.completed", 0},
    {"messagepartupdated", "", BY_PART},
    {"permissionrequest tooldecision permissionreplied", "", BY_DECISION},
};

static const struct span prefixes[] = {SPAN_INIT("claude_code."), SPAN_INIT("codex."),
                                       SPAN_INIT("gemini_cli."), SPAN_INIT("copilot_chat.")};

/* §14.5 step 3: what a well-formed action begins with */
static const char families[] =
    "prompt command file mcp approval policy session subagent agent tool model metric token cost "
    "trace inventory telemetry update";

/* §10.4, extended with the names of Claude Code, Grok, Devin and Antigravity for all runtimes */
static const struct {
    const char *names;
    const char *action;
} tools[] = {
    {"run_terminal_command exec run_command bash powershell pwsh", "command.executed"},
    {"read_file read view_file list_dir grep_search find_by_name", "file.read"},
    {"search_replace write_file edit write notebookedit edit_file apply_patch multiedit",
     "file.modified"},
};
/* clang-format on */

struct action_words {
    struct string_map known;
    struct string_map rows; /* folded word to its row of words[] */
};

struct action_words *action_words_new(void)
{
    struct action_words *w = mem_alloc(sizeof(*w));
    string_map_init(&w->known, KNOWN_MAX);
    string_map_init(&w->rows, WORDS_MAX);
    string_map_add_list(&w->known, known, 1);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        string_map_add_list(&w->rows, words[i].words, (int)i);
    }
    return w;
}

bool action_row(size_t i, const char **word_list, const char **action)
{
    static const char *const how[] = {"", "what the tool did", "by the decision",
                                      "by the part's type", ""};
    if (i >= sizeof(words) / sizeof(words[0])) {
        return false;
    }
    *word_list = words[i].words;
    *action = *words[i].action != '\0' ? words[i].action : how[words[i].how];
    return true;
}

const char *action_known_list(void)
{
    return known;
}

void action_words_free(struct action_words *w)
{
    if (w != NULL) {
        string_map_done(&w->known);
        string_map_done(&w->rows);
        free(w);
    }
}

struct span action_of_tool(struct span tool)
{
    if (span_starts(tool, SPAN("mcp__"))) {
        return SPAN("mcp.tool_invoked");
    }
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        if (word_in(tool, tools[i].names)) {
            return span_str(tools[i].action);
        }
    }
    if (text_has(tool, SPAN("mcp"))) {
        return SPAN("mcp.tool_invoked");
    }
    if (text_has_word_of(tool, "shell terminal command")) {
        return SPAN("command.executed");
    }
    if (text_has(tool, SPAN("read"))) {
        return SPAN("file.read");
    }
    return SPAN("tool.invoked");
}

struct span operation_of_tool(struct span tool)
{
    if (text_has_word_of(tool, "read view list grep search")) {
        return SPAN("read");
    }
    if (text_has_word_of(tool, "write create")) {
        return SPAN("create");
    }
    return text_has_word_of(tool, "edit patch") ? SPAN("modify") : span_of("", 0);
}

struct span action_of_operation(struct span operation, struct span tool)
{
    struct span op = operation.n > 0 ? operation : operation_of_tool(tool);
    return span_eq(op, SPAN("read"))                ? SPAN("file.read")
           : word_in(op, "create created creation") ? SPAN("file.created")
                                                    : SPAN("file.modified");
}

bool action_is_mcp_tool(struct span tool)
{
    return span_starts(tool, SPAN("mcp__")) || span_starts(tool, SPAN("MCP:"));
}

struct span action_of_decision(struct span decision)
{
    char low[WORD_BYTES];
    struct span word = word_fold(decision, low, sizeof(low));
    if (text_starts_with_word_of(word, "accept allow approve") ||
        word_in(word, "once always yes")) {
        return SPAN("approval.allowed");
    }
    if (text_starts_with_word_of(word, "reject block") || word_in(word, "deny denied no")) {
        return SPAN("approval.denied");
    }
    return SPAN("approval.requested");
}

/* Without a runtime's prefix: claude_code.user_prompt is user_prompt. */
static struct span without_prefix(struct span word)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (text_starts_low(word, prefixes[i])) {
            return span_from(word, prefixes[i].n);
        }
    }
    return word;
}

/* What the record's tool did. */
static struct span action_of_its_tool(struct draft *d)
{
    struct span tool = draft_text(d, FIELD_TOOL_NAME);
    struct span action;
    if (!text_cache_find(&d->tools, tool, &action)) {
        action = action_of_tool(arena_lower(d->arena, tool));
        text_cache_keep(&d->tools, tool, action);
    }
    return action;
}

/* A tool use that failed says so whatever its hook is called (§10.4). */
static bool hook_failed(const struct draft *d)
{
    struct hit hit;
    return d->in->shape == SHAPE_HOOK && lookup_first(d->lookup, FACT_ERROR, &hit) &&
           doc_tag(hit.doc, hit.at) != 'f';
}

/* opencode's message.part.updated: what kind of part, and how far a tool has come. */
static struct span action_of_part(struct draft *d)
{
    struct span type = span_of("", 0);
    struct span status = span_of("", 0);
    (void)(lookup_text(d->lookup, FACT_PART_TYPE, &type) &&
           lookup_text(d->lookup, FACT_PART_STATUS, &status));
    if (span_eq(type, SPAN("tool"))) {
        return span_eq(status, SPAN("error"))       ? SPAN("tool.failed")
               : span_eq(status, SPAN("completed")) ? action_of_its_tool(d)
                                                    : SPAN("tool.invoked");
    }
    return span_eq(type, SPAN("reasoning")) ? SPAN("agent.reasoning")
           : span_eq(type, SPAN("text"))    ? SPAN("agent.message")
                                            : SPAN("session.activity");
}

static struct span action_of_row(struct draft *d, size_t row)
{
    switch (words[row].how) {
    case BY_TOOL:
        return hook_failed(d) ? SPAN("tool.failed") : action_of_its_tool(d);
    case BY_DECISION:
        return action_of_decision(draft_text(d, FIELD_APPROVAL_DECISION));
    case BY_PART:
        return action_of_part(d);
    case UNLESS_MORE:
        if (draft_has(d, FIELD_COMMAND_COMMAND) || draft_has(d, FIELD_MCP_SERVER) ||
            draft_has(d, FIELD_MCP_TOOL)) {
            return action_of_evidence(d);
        }
        return span_str(words[row].action);
    default:
        return span_str(words[row].action);
    }
}

static int row_of_word(const struct action_words *w, struct span value)
{
    char folded[WORD_BYTES];
    struct span word = word_fold(without_prefix(value), folded, sizeof(folded));
    return word.n > 0 ? string_map_find(&w->rows, word) : WORD_NONE;
}

static struct span action_of_word(struct draft *d, struct span value)
{
    int row = WORD_NONE;
    if (!text_cache_find_number(&d->words_seen, value, &row)) {
        row = row_of_word(d->words, value);
        text_cache_keep_number(&d->words_seen, value, row);
    }
    return row != WORD_NONE ? action_of_row(d, (size_t)row) : span_of("", 0);
}

/* Unknown, but of a family that we know: a future action survives. */
static bool action_of_family(struct span low)
{
    const char *dot = memchr(low.p, '.', low.n);
    if (dot == NULL || dot + 1 == low.p + low.n) {
        return false;
    }
    struct span family = span_of(low.p, (size_t)(dot - low.p));
    for (size_t i = family.n + 1; i < low.n; i++) {
        if (!action_char(low.p[i]) && low.p[i] != '.') {
            return false;
        }
    }
    return word_in(family, families);
}

/*
 * Steps 1 to 3 on the source's word. Empty: it means nothing to us. A hook's own words come first:
 * opencode's session.created is session.started, though there are events of that name.
 */
static struct span action_of_value(struct draft *d, struct span value)
{
    value = text_trim(value);
    if (d->in->shape == SHAPE_HOOK) {
        struct span own = action_of_word(d, value);
        if (own.n > 0) {
            return own;
        }
    }
    struct span low = arena_lower(d->arena, value);
    if (string_map_find(&d->words->known, low) != WORD_NONE) {
        return low;
    }
    struct span action = action_of_word(d, value);
    return action.n == 0 && action_of_family(low) ? low : action;
}

static bool customers_action(struct draft *d, struct span value, struct span *action)
{
    char folded[256];
    if (d->in->rules == NULL) {
        return false;
    }
    struct span word = word_fold(value, folded, sizeof(folded));
    return word.n > 0 && rules_action(d->in->rules, word, action);
}

void draft_action(struct draft *d)
{
    struct field_value *v = draft_slot(d, FIELD_EVENT_ACTION);
    struct span value = draft_text(d, FIELD_EVENT_ACTION);
    struct span action = {"", 0};
    if (rules_constant(d->in->rules, FIELD_EVENT_ACTION, &action)) {
        draft_set(d, FIELD_EVENT_ACTION, action);
        return;
    }
    if (value.n == 0 || !customers_action(d, value, &action)) {
        d->word = value;
        action = action_of_runtime(d);
        value = d->word;
    }
    if (action.n == 0 && value.n > 0) {
        action = action_of_value(d, value);
    }
    if (action.n == 0) {
        action = action_of_evidence(d);
    }
    d->word = span_eq(action, value) ? span_of("", 0) : value;
    v->kind = VALUE_TEXT;
    v->text = action;
}
