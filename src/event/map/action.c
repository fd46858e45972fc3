/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/action.h"

#include "event/map/infer_action.h"
#include "event/schema/action_words.h"
#include "event/schema/rules.h"
#include "event/schema/word_match.h"

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

/* A hook with an error is a failed tool use, whatever the hook's name (event-schema.md §10.4). */
static bool hook_failed(const struct draft *d)
{
    struct hit hit;
    return d->in->shape == SHAPE_HOOK && lookup_first(d->lookup, FACT_ERROR, &hit) &&
           doc_tag(hit.doc, hit.at) != 'f';
}

/* opencode's message.part.updated: by the type of the part and the status of a tool. */
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

static struct span action_of_row(struct draft *d, const struct action_row *row)
{
    switch (row->rule) {
    case ACTION_BY_TOOL:
        return hook_failed(d) ? SPAN("tool.failed") : action_of_its_tool(d);
    case ACTION_BY_DECISION:
        return action_of_decision(draft_text(d, FIELD_APPROVAL_DECISION));
    case ACTION_BY_PART:
        return action_of_part(d);
    case ACTION_UNLESS_INFERRED:
        if (draft_has(d, FIELD_COMMAND_COMMAND) || draft_has(d, FIELD_MCP_SERVER) ||
            draft_has(d, FIELD_MCP_TOOL)) {
            return draft_action_by_fields(d);
        }
        break;
    case ACTION_OF_ROW:
        break;
    }
    return span_str(row->action);
}

static struct span action_of_word(struct draft *d, struct span value)
{
    int row = WORD_NONE;
    if (!text_cache_find_number(&d->words_seen, value, &row)) {
        row = action_words_row(d->words, value);
        text_cache_keep_number(&d->words_seen, value, row);
    }
    return row != WORD_NONE ? action_of_row(d, action_row((size_t)row)) : span_of("", 0);
}

/*
 * Steps 1 to 3 for the source's word. Empty: the word is unknown. A hook's words come first:
 * opencode's session.created is session.started, although session.created is a known action.
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
    if (action_words_known(d->words, low)) {
        return low;
    }
    struct span action = action_of_word(d, value);
    return action.n == 0 && action_in_family(low) ? low : action;
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

void draft_decide_action(struct draft *d)
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
        action = draft_action_by_runtime(d);
        value = d->word;
    }
    if (action.n == 0 && value.n > 0) {
        action = action_of_value(d, value);
    }
    if (action.n == 0) {
        action = draft_action_by_fields(d);
    }
    d->word = span_eq(action, value) ? span_of("", 0) : value;
    v->kind = VALUE_TEXT;
    v->text = action;
}
