/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/action_words.h"

#include "base/alloc.h"
#include "event/schema/string_map.h"
#include "event/schema/word_match.h"

#include <stdlib.h>

enum {
    WORD_BYTES = 96, /* folded; a longer word is not looked up */
    KNOWN_MAX = 64,
    WORDS_MAX = 160,
};

/* ---- actions that Beacon emits or knows (event-schema.md §6) ---- */

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

/* ---- folded words of sources (normalization.md §5, step 2) ---- */

/* clang-format off: one row a line */
static const struct action_row rows[] = {
    {"userpromptsubmit beforesubmitprompt userprompt promptsubmit prompt preuserprompt chatmessage "
     "userinput beforeagent",
     "prompt.submitted", ACTION_OF_ROW},
    {"aftershellexecution postruncommand exec execute runshell runcommand shell bash command "
     "commandrun shellcommand",
     "command.executed", ACTION_OF_ROW},
    {"beforeshellexecution beforemcpexecution", "approval.allowed", ACTION_OF_ROW},
    {"beforereadfile postreadcode read readfile fileread view", "file.read", ACTION_OF_ROW},
    {"afterfileedit postwritecode edit write multiedit fileedit filewrite filemodified applypatch",
     "file.modified", ACTION_OF_ROW},
    {"filecreate createfile", "file.created", ACTION_OF_ROW},
    {"aftermcpexecution postmcptooluse mcp mcpcall mcptoolcall", "mcp.tool_invoked", ACTION_OF_ROW},
    {"pretooluse beforetool toolexecutebefore", "tool.invoked", ACTION_OF_ROW},
    {"toolcall tooluse", "tool.invoked", ACTION_UNLESS_INFERRED},
    {"posttooluse toolresult aftertool toolexecuteafter", "", ACTION_BY_TOOL},
    {"posttoolusefailure toolerror toolfailed", "tool.failed", ACTION_OF_ROW},
    {"stop agentstop afteragent", "tool.completed", ACTION_OF_ROW},
    {"sessionstart conversationstarts conversationstart", "session.started", ACTION_OF_ROW},
    {"sessionend", "session.ended", ACTION_OF_ROW},
    {"precompact", "session.compacting", ACTION_OF_ROW},
    {"subagentstart", "subagent.started", ACTION_OF_ROW},
    {"subagentstop", "subagent.stopped", ACTION_OF_ROW},
    {"afteragentthought", "agent.reasoning", ACTION_OF_ROW},
    {"afteragentresponse assistantresponse", "agent.response", ACTION_OF_ROW},
    {"notification", "session.event", ACTION_OF_ROW},
    {"apirequest", "session.activity", ACTION_OF_ROW},
    {"apierror", "session.error", ACTION_OF_ROW},
    {"permissionasked", "approval.requested", ACTION_OF_ROW},
    {"sessioncreated", "session.started", ACTION_OF_ROW},
    {"sessiondeleted", "session.ended", ACTION_OF_ROW},
    {"sessionidle", "session.status", ACTION_OF_ROW},
    {"messageupdated", "agent.response.completed", ACTION_OF_ROW},
    {"messagepartupdated", "", ACTION_BY_PART},
    {"permissionrequest tooldecision permissionreplied", "", ACTION_BY_DECISION},
};

static const struct span prefixes[] = {SPAN_INIT("claude_code."), SPAN_INIT("codex."),
                                       SPAN_INIT("gemini_cli."), SPAN_INIT("copilot_chat.")};

/* The first words of actions (normalization.md §5, step 3). */
static const char families[] =
    "prompt command file mcp approval policy session subagent agent tool model metric token cost "
    "trace inventory telemetry update";

/* event-schema.md §10.4, and tools of Claude Code, Grok, Devin and Antigravity; for all runtimes.
 */
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

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

struct action_words {
    struct string_map known;
    struct string_map rows; /* folded word to its row of rows[] */
};

struct action_words *action_words_new(void)
{
    struct action_words *w = mem_alloc(sizeof(*w));
    string_map_init(&w->known, KNOWN_MAX);
    string_map_init(&w->rows, WORDS_MAX);
    string_map_add_list(&w->known, known, 1);
    for (size_t i = 0; i < ROWS; i++) {
        string_map_add_list(&w->rows, rows[i].words, (int)i);
    }
    return w;
}

void action_words_free(struct action_words *w)
{
    if (w != NULL) {
        string_map_done(&w->known);
        string_map_done(&w->rows);
        free(w);
    }
}

const struct action_row *action_row(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

const char *action_known_list(void)
{
    return known;
}

bool action_words_known(const struct action_words *w, struct span action)
{
    return string_map_find(&w->known, action) != WORD_NONE;
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

int action_words_row(const struct action_words *w, struct span word_of_source)
{
    char folded[WORD_BYTES];
    struct span word = word_fold(without_prefix(word_of_source), folded, sizeof(folded));
    return word.n > 0 ? string_map_find(&w->rows, word) : WORD_NONE;
}

bool action_in_family(struct span low)
{
    const char *dot = memchr(low.p, '.', low.n);
    if (dot == NULL || dot + 1 == low.p + low.n) {
        return false;
    }
    struct span family = span_of(low.p, (size_t)(dot - low.p));
    for (size_t i = family.n + 1; i < low.n; i++) {
        if (!is_action_char(low.p[i]) && low.p[i] != '.') {
            return false;
        }
    }
    return word_in(family, families);
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

bool tool_is_mcp(struct span tool)
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
