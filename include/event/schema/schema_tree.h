/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_tree.h - the members of a schema 1.0 event with their types and rules (event-schema.md
 * §1 and §1.1): one row a member, grouped by the object that contains it.
 *
 *     const struct member *m = member_find(GROUP_EVENT, SPAN("action"));
 *
 * For a walk of an event, object by object. schema_fields.h lists the same fields by their dotted
 * paths, for writing one. A test compares the two.
 */
#ifndef EVENT_SCHEMA_SCHEMA_TREE_H
#define EVENT_SCHEMA_SCHEMA_TREE_H

#include "base/span.h"

enum member_type {
    MEMBER_TEXT,
    MEMBER_BOOL,
    MEMBER_INT,   /* a number without fraction, of any size */
    MEMBER_FLOAT, /* any number */
    MEMBER_TEXTS, /* array of strings */
    MEMBER_OBJECT,
    MEMBER_ANY,
};

/* What must hold for a member besides its type (kafka-contract.md §1): see member_rules_priv.h. */
enum member_rule {
    RULE_NONE,
    RULE_TIMESTAMP,
    RULE_VENDOR,
    RULE_PRODUCT,
    RULE_SCHEMA,
    RULE_KIND,
    RULE_ACTION,
    RULE_CATEGORY,
    RULE_SEVERITY,
    RULE_OS,
    RULE_HARNESS,
    RULE_REQUIRED, /* not a rule: members with a rule before it are required */
    RULE_HOSTNAME,
    RULE_USER,
    RULE_SESSION,
    RULE_ORIGIN,
    RULE_RETENTION,
    RULE_COMMAND,
    RULE_REPOSITORY,
    RULE_OWN_REPOSITORY, /* the one that ingest.repository is derived from */
    RULE_RAW,
    RULE_INGEST,
    RULES
};

enum member_group {
    GROUP_EVENT_OBJECT,
    GROUP_EVENT,
    GROUP_ENDPOINT,
    GROUP_USER,
    GROUP_HARNESS,
    GROUP_ERROR,
    GROUP_RUN,
    GROUP_SESSION,
    GROUP_TRACE,
    GROUP_JSONRPC,
    GROUP_JSONRPC_REQUEST,
    GROUP_JSONRPC_PROTOCOL,
    GROUP_NETWORK,
    GROUP_NETWORK_PROTOCOL,
    GROUP_RPC,
    GROUP_RPC_RESPONSE,
    GROUP_SERVER,
    GROUP_TOOL,
    GROUP_FILE,
    GROUP_COMMAND,
    GROUP_MCP,
    GROUP_MCP_METHOD,
    GROUP_MCP_PROTOCOL,
    GROUP_MCP_RESOURCE,
    GROUP_MCP_SESSION,
    GROUP_APPROVAL,
    GROUP_POLICY,
    GROUP_PROMPT,
    GROUP_CONTENT,
    GROUP_DESTINATION,
    GROUP_HEALTH,
    GROUP_GEN_AI,
    GROUP_GEN_AI_AGENT,
    GROUP_GEN_AI_CONVERSATION,
    GROUP_GEN_AI_DATA_SOURCE,
    GROUP_GEN_AI_OPERATION,
    GROUP_GEN_AI_PROMPT,
    GROUP_GEN_AI_PROVIDER,
    GROUP_GEN_AI_TOKEN,
    GROUP_GEN_AI_WORKFLOW,
    GROUP_GEN_AI_EVALUATION,
    GROUP_GEN_AI_EVALUATION_SCORE,
    GROUP_GEN_AI_OUTPUT,
    GROUP_GEN_AI_RETRIEVAL,
    GROUP_GEN_AI_TOOL,
    GROUP_GEN_AI_TOOL_CALL,
    GROUP_GEN_AI_REQUEST,
    GROUP_GEN_AI_RESPONSE,
    GROUP_GEN_AI_EMBEDDINGS,
    GROUP_GEN_AI_USAGE,
    GROUP_GEN_AI_USAGE_CACHE_CREATION,
    GROUP_GEN_AI_USAGE_CACHE_READ,
    GROUP_GEN_AI_USAGE_REASONING,
    GROUP_GEN_AI_INPUT,
    GROUP_RAW,
    GROUPS,
    GROUP_NONE = GROUPS
};

struct member {
    struct span name;
    enum member_type type;
    enum member_rule rule;
    enum member_group group; /* its members, if it is an object */
};

/* The row of a name in an object, NULL if the schema has none. */
const struct member *member_find(enum member_group group, struct span name);

/* All rows of an object, ordered by length of name. */
const struct member *member_rows(enum member_group group, size_t *count);

#endif
