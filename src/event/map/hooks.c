/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/hooks.h"

#include "base/ascii.h"
#include "event/map/lookup.h"
#include "event/schema/runtimes.h"
#include "event/schema/word_match.h"

static bool is_pascal(struct span s)
{
    return s.n > 0 && ascii_is_upper(*s.p);
}

static bool is_camel(struct span s)
{
    if (s.n == 0 || *s.p < 'a' || *s.p > 'z') {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        if (ascii_is_upper(s.p[i])) {
            return true;
        }
    }
    return false;
}

static bool has_fact(const struct lookup *l, int row)
{
    struct hit hit;
    return lookup_first(l, row, &hit);
}

/* The name of the hook. *snake: its member is called hook_event_name. */
static struct span hook_name(const struct lookup *l, bool *snake)
{
    struct hit hit;
    struct span name = {"", 0};
    *snake = false;
    if (lookup_first(l, FACT_HOOK_NAME, &hit) && doc_tag(hit.doc, hit.at) == '"') {
        name = doc_string(hit.doc, hit.at);
        *snake = !hit.folded && span_eq(*hit.path, SPAN("hook_event_name"));
    }
    return name;
}

struct span runtime_of_hook(const struct lookup *l)
{
    bool snake = false;
    struct span name = hook_name(l, &snake);
    struct span type = {"", 0};
    if (has_fact(l, FACT_CURSOR) || is_camel(name)) {
        return SPAN("cursor");
    }
    if (has_fact(l, FACT_TURN) && is_pascal(name)) {
        return SPAN("codex_cli");
    }
    if (has_fact(l, FACT_CASCADE)) {
        return SPAN("devin-desktop");
    }
    if (word_in(name, "BeforeTool AfterTool BeforeAgent AfterAgent")) {
        return SPAN("gemini_cli");
    }
    if (has_fact(l, FACT_TRANSCRIPT) && is_pascal(name) && snake) {
        return SPAN("claude_code");
    }
    bool opencode = lookup_text(l, FACT_TYPE, &type) && runtime_opencode_type(type);
    return opencode ? SPAN("opencode") : span_of("", 0);
}
