/* SPDX-License-Identifier: Apache-2.0 */
/*
 * actions.h - what happened: event.action from a source's own word, or from what the record
 * holds (spec schema.md §14.5).
 */
#ifndef EVENT_MAP_ACTIONS_H
#define EVENT_MAP_ACTIONS_H

#include "base/span.h"

struct draft;

/* The index over the tables of known actions and of words. */
struct action_words;
struct action_words *action_words_new(void);
void action_words_free(struct action_words *w);

/* For documents: the rows of words (folded, between blanks), and the actions kept as they are. */
MUST_USE bool action_row(size_t i, const char **word_list, const char **action);
const char *action_known_list(void);

/* The action that a finished use of this tool was (§10.4, for all runtimes). Lower-cased name. */
struct span action_of_tool(struct span tool);

/* read, create, modify or "" for a lower-cased tool name (§10.4). */
struct span operation_of_tool(struct span tool);

/* What was done to a file: by the operation, else by the tool. Both lower-cased, "" if unknown. */
struct span action_of_operation(struct span operation, struct span tool);

/* mcp__server__tool or MCP:tool. */
MUST_USE bool action_is_mcp_tool(struct span tool);

/* approval.allowed, .denied or .requested for the word of a decision. */
struct span action_of_decision(struct span decision);

/* Decide on event.action and the source's word, once the fields of the first half are there. */
void draft_action(struct draft *d);

/* §14.5 step 0: the tables of §10.2 for Claude Code, Codex and metrics. Empty: not theirs. */
struct span action_of_runtime(struct draft *d);

/* §14.5 steps 4 to 6: from the fields that are there. Never empty. */
struct span action_of_evidence(struct draft *d);

#endif
