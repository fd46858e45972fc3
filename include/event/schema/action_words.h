/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action_words.h - what a source's own word for an action means (event-schema.md §6, §10.4
 * and normalization.md §5, steps 1 to 3).
 *
 * Tables and pure functions of texts. What the other fields of a record say about the action
 * is in event/map/action.h and infer_action.h.
 *
 * Threads: an index is built once, then read by any number.
 */
#ifndef EVENT_SCHEMA_ACTION_WORDS_H
#define EVENT_SCHEMA_ACTION_WORDS_H

#include "base/span.h"

/* What decides on the action of a word. */
enum action_rule {
    ACTION_OF_ROW,          /* the row alone */
    ACTION_BY_TOOL,         /* action_of_tool of the tool's name */
    ACTION_BY_DECISION,     /* action_of_decision */
    ACTION_BY_PART,         /* the type and the status of a message part */
    ACTION_UNLESS_INFERRED, /* step 5 if the record has a command or MCP fields, else the row */
};

struct action_row {
    const char *words;  /* folded by word_fold, one blank between them */
    const char *action; /* "" if the rule alone decides */
    enum action_rule rule;
};

/* Row i of the table. NULL after the last row. */
const struct action_row *action_row(size_t i);

/* The actions that are kept as they are, one blank between them. */
const char *action_known_list(void);

/* The index over both tables. */
struct action_words;
struct action_words *action_words_new(void); /* never NULL */
void action_words_free(struct action_words *w);

/* Whether it is one of action_known_list. */
MUST_USE bool action_words_known(const struct action_words *w, struct span action);

/* The number of the word's row, with or without a runtime's prefix ("codex."). WORD_NONE: none. */
int action_words_row(const struct action_words *w, struct span word);

/*
 * Whether a text in lower case is a well-formed action of a family that the schema has
 * ("session.paused"). Such an action is kept although it is unknown.
 */
MUST_USE bool action_in_family(struct span low);

/* The action of a finished tool use by the tool's name in lower case (event-schema.md
 * §10.4, for all runtimes). */
struct span action_of_tool(struct span tool);

/* read, create, modify or "" for a tool's name in lower case (event-schema.md §10.4). */
struct span operation_of_tool(struct span tool);

/* What was done to a file: by the operation, else by the tool. Both in lower case, "" if unknown.
 */
struct span action_of_operation(struct span operation, struct span tool);

/* approval.allowed, .denied or .requested for the word of a decision. */
struct span action_of_decision(struct span decision);

/* mcp__server__tool or MCP:tool. */
MUST_USE bool tool_is_mcp(struct span tool);

#endif
