/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aliases.h - where a field of an event may stand in a foreign record (normalization.md §4).
 *
 * A row holds the accepted paths of one field, best first: "user.name, user (string), username".
 * The words in parentheses say when a path counts:
 *
 *   string        only a string, not an object of that name
 *   flat, ecs, hook, not hook   only for (or not for) records of that shape
 *   ns            a number is always nanoseconds
 *   ms, hook      milliseconds, and only in a hook payload
 *   no shipper    not if `agent.type` or the value itself names a log shipper
 *   own           not in a record with members of a log shipper: it names the file of the line
 *   own command   not with which a log shipper collected the record, or that the journal has
 *   own user      not of a record with the members of Filebeat's journald
 *   own error     not of a log shipper that could not decode the record
 *   numbered      message 0 of a list; messages 1, 2, ... have such names too
 *   mcp, file, tool decision   only if the action, or a field found before, is of that kind
 *
 * Rows from FIELDS on are not fields. They hold facts that the rules of normalization need.
 */
#ifndef EVENT_SCHEMA_ALIASES_H
#define EVENT_SCHEMA_ALIASES_H

#include "event/schema/schema_fields.h"

enum {
    ALIAS_STRING = 1 << 0,
    ALIAS_FLAT = 1 << 1,
    ALIAS_ECS = 1 << 2,
    ALIAS_HOOK = 1 << 3,
    ALIAS_NOT_HOOK = 1 << 4,
    ALIAS_NS = 1 << 6,
    ALIAS_NO_SHIPPER = 1 << 7,
    ALIAS_MCP = 1 << 8,
    ALIAS_FILE = 1 << 9,
    ALIAS_TOOL_DECISION = 1 << 10,
    ALIAS_NUMBERED = 1 << 11,
    ALIAS_OWN = 1 << 12,
    ALIAS_OWN_COMMAND = 1 << 13,
    ALIAS_OWN_USER = 1 << 14,
    ALIAS_OWN_ERROR = 1 << 5,
    ALIAS_OWN_ANY = ALIAS_OWN | ALIAS_OWN_COMMAND | ALIAS_OWN_USER | ALIAS_OWN_ERROR,
};

enum fact {
    FACT_EXPLICIT_ACTION = FIELDS, /* members that hold an action and nothing else */
    FACT_EVENT_NAME,
    FACT_INFER_NAME,
    FACT_BODY,
    FACT_SPAN_NAME,
    FACT_EVENT_TYPE,
    FACT_HOOK_NAME,
    FACT_TYPE,
    FACT_CURSOR,
    FACT_TURN,
    FACT_CASCADE,
    FACT_TRANSCRIPT,
    FACT_AGENT_TYPE,
    FACT_ERROR,
    FACT_TOOL_TYPE,
    FACT_TOOL_ARGUMENTS,
    FACT_CODEX_CMD,
    FACT_PROMPT,
    FACT_PROMPT_PARTS,
    FACT_PART_TYPE,
    FACT_PART_STATUS,
    FACT_CI,
    FACT_METRIC_NAME,
    FACT_METRIC_VALUE,
    FACT_METRIC_TYPE,
    FACTS_END
};

struct alias_row {
    int row; /* enum field or enum fact */
    const char *paths;
};

extern const struct alias_row aliases[];
extern const size_t aliases_count;

/* The row of a field or fact. A field without one is found under its own path. */
struct alias_row alias_row_of(int row);

/* Members that hold a tool's arguments or result, as an object or as JSON text. */
struct alias_container {
    const char *path;
    const char *as; /* the name that stands for them in rows */
};

extern const struct alias_container containers[];
extern const size_t containers_count;

/* One path of a row. */
struct alias {
    struct span path;
    unsigned when; /* ALIAS_ flags */
};

/* The next path of *row, which moves past it. False: no more. */
MUST_USE bool alias_next(struct span *row, struct alias *out);

#endif
