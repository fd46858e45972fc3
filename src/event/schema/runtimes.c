/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/runtimes.h"

#include "event/schema/value_text.h"
#include "event/schema/word_match.h"

enum { NAME_BYTES = 128 }; /* longer names are of no runtime */

enum how { HAS, IS };

/* event-schema.md §2.3, in its order: the first rule that matches the trimmed name in lower case.
 */
/* clang-format off: one row a rule */
static const struct {
    enum how how;
    const char *words[8]; /* NULL after the last */
    const char *name;
} runtimes[] = {
    {HAS, {"cowork", "co-work"}, "claude_cowork"},
    {HAS, {"claude_agent_sdk", "claude-agent-sdk", "claude agent sdk"}, "claude_agent_sdk"},
    {HAS, {"claude_web", "claude-web"}, "claude_web"},
    {IS, {"claude.ai"}, "claude_web"},
    {HAS, {"chatgpt", "openai_web"}, "chatgpt_web"},
    {HAS, {"claude"}, "claude_code"},
    {HAS, {"openclaw", "open-claw"}, "openclaw_gateway"},
    {HAS, {"antigravity", "anti-gravity"}, "antigravity_cli"},
    {HAS, {"codex"}, "codex_cli"},
    {HAS, {"gemini"}, "gemini_cli"},
    {HAS, {"copilot-chat", "vscode", "vs code"}, "vscode_copilot"},
    {HAS, {"copilot"}, "copilot_cli"},
    {IS, {"pi", "pi.dev", "pi_cli", "pi-cli", "pi_agent", "pi-agent", "pi agent"}, "pi_cli"},
    {IS, {"cline", "cline_cli", "cline-cli", "cline cli", "cline.bot"}, "cline"},
};

static const char *const newer[] = {
    "codex_desktop", "omp",       "qwen_code", "muse_code", "prime_agent", "omo_senpi",
    "vercel_fx",     "openhands", "grok_bot",  "kiro",      "goose",       "deepseek_harness",
};

static const struct {
    const char *was, *is;
} old_names[] = {
    {"claude", "claude_code"},
    {"codex", "codex_cli"},
    {"vscode", "vscode_copilot"},
    {"antigravity", "antigravity_cli"},
};

/* Canonical names. They are compared first, since most names are canonical. */
static const char settled[] =
    "claude_code cursor codex_cli gemini_cli copilot_cli vscode_copilot opencode antigravity_cli "
    "grok "
    "pi_cli cline devin hermes factory claude_cowork claude_agent_sdk unknown";

static const char shippers[] =
    "filebeat elastic-agent vector fluent-bit fluentd logstash winlogbeat auditbeat opentelemetry";

static const char opencode_types[] =
    "tool.execute.before tool.execute.after chat.message chat.params command.execute.before "
    "session.created session.updated session.deleted session.idle session.status session.error "
    "session.diff session.compacted message.updated message.removed message.part.updated "
    "message.part.removed permission.asked permission.updated permission.replied file.edited "
    "todo.updated";
/* clang-format on */

static struct span lower_name(struct span s, char to[NAME_BYTES])
{
    s = text_trim(s);
    if (s.n > NAME_BYTES) {
        return span_of(to, 0);
    }
    for (size_t i = 0; i < s.n; i++) {
        to[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
    }
    return span_of(to, s.n);
}

static bool rule_hits(size_t rule, struct span name)
{
    for (size_t i = 0; i < 8 && runtimes[rule].words[i] != NULL; i++) {
        struct span word = span_str(runtimes[rule].words[i]);
        if (runtimes[rule].how == HAS ? text_has(name, word) : span_eq(name, word)) {
            return true;
        }
    }
    return false;
}

bool runtime_row(size_t i, bool *has, const char *const **row, const char **name)
{
    if (i >= sizeof(runtimes) / sizeof(runtimes[0])) {
        return false;
    }
    *has = runtimes[i].how == HAS;
    *row = runtimes[i].words;
    *name = runtimes[i].name;
    return true;
}

struct span runtime_name(struct span name)
{
    char buf[NAME_BYTES];
    struct span low = lower_name(name, buf);
    if (low.n == 0) {
        return text_trim(name).n == 0 ? span_of(name.p, 0) : name;
    }
    if (word_in(name, settled)) {
        return name;
    }
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
        if (span_eq(low, span_str(newer[i]))) {
            return span_str(newer[i]);
        }
    }
    for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
        if (rule_hits(i, low)) {
            return span_str(runtimes[i].name);
        }
    }
    return name;
}

struct span runtime_new_name(struct span name)
{
    for (size_t i = 0; i < sizeof(old_names) / sizeof(old_names[0]); i++) {
        if (span_eq(name, span_str(old_names[i].was))) {
            return span_str(old_names[i].is);
        }
    }
    return span_of("", 0);
}

bool runtime_is_shipper(struct span name)
{
    char buf[NAME_BYTES];
    struct span low = lower_name(name, buf);
    return span_starts(low, SPAN("otelcol")) || word_in(low, shippers);
}

bool runtime_opencode_type(struct span type)
{
    return word_in(type, opencode_types);
}
