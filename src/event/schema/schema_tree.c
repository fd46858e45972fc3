/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a group are ordered by length of name. Each group has the first row of each length,
 * so that a look-up compares one or two names.
 */
#include "event/schema/schema_tree.h"

enum { LONGEST = 22 };

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* clang-format off */
#define ROW(name, type, rule, group) {SPAN_INIT(name), type, rule, group}

/* the event */
static const struct member in_event_object[] = {
    ROW("mcp", MEMBER_OBJECT, RULE_NONE, GROUP_MCP),
    ROW("raw", MEMBER_OBJECT, RULE_RAW, GROUP_RAW),
    ROW("rpc", MEMBER_OBJECT, RULE_NONE, GROUP_RPC),
    ROW("run", MEMBER_OBJECT, RULE_NONE, GROUP_RUN),
    ROW("file", MEMBER_OBJECT, RULE_NONE, GROUP_FILE),
    ROW("tool", MEMBER_OBJECT, RULE_NONE, GROUP_TOOL),
    ROW("user", MEMBER_OBJECT, RULE_NONE, GROUP_USER),
    ROW("error", MEMBER_OBJECT, RULE_NONE, GROUP_ERROR),
    ROW("event", MEMBER_OBJECT, RULE_NONE, GROUP_EVENT),
    ROW("model", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("trace", MEMBER_OBJECT, RULE_NONE, GROUP_TRACE),
    ROW("branch", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("gen_ai", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI),
    ROW("health", MEMBER_OBJECT, RULE_NONE, GROUP_HEALTH),
    ROW("ingest", MEMBER_ANY, RULE_INGEST, GROUP_NONE),
    ROW("origin", MEMBER_TEXT, RULE_ORIGIN, GROUP_NONE),
    ROW("policy", MEMBER_OBJECT, RULE_NONE, GROUP_POLICY),
    ROW("prompt", MEMBER_OBJECT, RULE_NONE, GROUP_PROMPT),
    ROW("server", MEMBER_OBJECT, RULE_NONE, GROUP_SERVER),
    ROW("vendor", MEMBER_TEXT, RULE_VENDOR, GROUP_NONE),
    ROW("command", MEMBER_OBJECT, RULE_NONE, GROUP_COMMAND),
    ROW("content", MEMBER_OBJECT, RULE_NONE, GROUP_CONTENT),
    ROW("harness", MEMBER_OBJECT, RULE_NONE, GROUP_HARNESS),
    ROW("jsonrpc", MEMBER_OBJECT, RULE_NONE, GROUP_JSONRPC),
    ROW("message", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("network", MEMBER_OBJECT, RULE_NONE, GROUP_NETWORK),
    ROW("product", MEMBER_TEXT, RULE_PRODUCT, GROUP_NONE),
    ROW("session", MEMBER_OBJECT, RULE_NONE, GROUP_SESSION),
    ROW("approval", MEMBER_OBJECT, RULE_NONE, GROUP_APPROVAL),
    ROW("endpoint", MEMBER_OBJECT, RULE_NONE, GROUP_ENDPOINT),
    ROW("severity", MEMBER_TEXT, RULE_SEVERITY, GROUP_NONE),
    ROW("timestamp", MEMBER_TEXT, RULE_TIMESTAMP, GROUP_NONE),
    ROW("repository", MEMBER_TEXT, RULE_OWN_REPOSITORY, GROUP_NONE),
    ROW("destination", MEMBER_OBJECT, RULE_NONE, GROUP_DESTINATION),
    ROW("schema_version", MEMBER_TEXT, RULE_SCHEMA, GROUP_NONE),
    ROW("field_truncated", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
};

/* event */
static const struct member in_event[] = {
    ROW("kind", MEMBER_TEXT, RULE_KIND, GROUP_NONE),
    ROW("action", MEMBER_TEXT, RULE_ACTION, GROUP_NONE),
    ROW("category", MEMBER_TEXT, RULE_CATEGORY, GROUP_NONE),
};

/* endpoint */
static const struct member in_endpoint[] = {
    ROW("os", MEMBER_TEXT, RULE_OS, GROUP_NONE),
    ROW("hostname", MEMBER_TEXT, RULE_HOSTNAME, GROUP_NONE),
    ROW("agent_version", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* user */
static const struct member in_user[] = {
    ROW("uid", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("name", MEMBER_TEXT, RULE_USER, GROUP_NONE),
};

/* harness */
static const struct member in_harness[] = {
    ROW("name", MEMBER_TEXT, RULE_HARNESS, GROUP_NONE),
    ROW("version", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("config_path", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("executable_path", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};
static const struct member in_error[] = {ROW("type", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* run */
static const struct member in_run[] = {
    ROW("pr", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("job", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("actor", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("branch", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("commit", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("run_id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("provider", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("workflow", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("ephemeral", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
    ROW("pr_number", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("event_name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("repository", MEMBER_TEXT, RULE_REPOSITORY, GROUP_NONE),
    ROW("run_attempt", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* session */
static const struct member in_session[] = {
    ROW("id", MEMBER_TEXT, RULE_SESSION, GROUP_NONE),
    ROW("working_directory", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* trace */
static const struct member in_trace[] = {
    ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("span_id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("parent_span_id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* jsonrpc */
static const struct member in_jsonrpc[] = {
    ROW("request", MEMBER_OBJECT, RULE_NONE, GROUP_JSONRPC_REQUEST),
    ROW("protocol", MEMBER_OBJECT, RULE_NONE, GROUP_JSONRPC_PROTOCOL),
};
static const struct member in_jsonrpc_request[] = {ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_jsonrpc_protocol[] = {ROW("version", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* network */
static const struct member in_network[] = {
    ROW("protocol", MEMBER_OBJECT, RULE_NONE, GROUP_NETWORK_PROTOCOL),
    ROW("transport", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* network.protocol */
static const struct member in_network_protocol[] = {
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("version", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};
static const struct member in_rpc[] = {ROW("response", MEMBER_OBJECT, RULE_NONE, GROUP_RPC_RESPONSE)};
static const struct member in_rpc_response[] = {ROW("status_code", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* server */
static const struct member in_server[] = {
    ROW("port", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("address", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* tool */
static const struct member in_tool[] = {
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("path", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("command", MEMBER_TEXT, RULE_COMMAND, GROUP_NONE),
};

/* file */
static const struct member in_file[] = {
    ROW("path", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("language", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("diff_hash", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("operation", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("diff_bytes", MEMBER_INT, RULE_NONE, GROUP_NONE),
};

/* command */
static const struct member in_command[] = {
    ROW("command", MEMBER_TEXT, RULE_COMMAND, GROUP_NONE),
    ROW("exit_code", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("duration_ms", MEMBER_INT, RULE_NONE, GROUP_NONE),
};

/* mcp */
static const struct member in_mcp[] = {
    ROW("tool", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("method", MEMBER_OBJECT, RULE_NONE, GROUP_MCP_METHOD),
    ROW("server", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("session", MEMBER_OBJECT, RULE_NONE, GROUP_MCP_SESSION),
    ROW("protocol", MEMBER_OBJECT, RULE_NONE, GROUP_MCP_PROTOCOL),
    ROW("resource", MEMBER_OBJECT, RULE_NONE, GROUP_MCP_RESOURCE),
};
static const struct member in_mcp_method[] = {ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_mcp_protocol[] = {ROW("version", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_mcp_resource[] = {ROW("uri", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_mcp_session[] = {ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* approval */
static const struct member in_approval[] = {
    ROW("reason", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("decision", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("required", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
};

/* policy */
static const struct member in_policy[] = {
    ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("reason", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("decision", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("enforcement", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};
static const struct member in_prompt[] = {ROW("text", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* content */
static const struct member in_content[] = {
    ROW("hash", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("bytes", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("included", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
    ROW("redacted", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
    ROW("retention", MEMBER_TEXT, RULE_RETENTION, GROUP_NONE),
    ROW("truncated", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
};

/* destination */
static const struct member in_destination[] = {
    ROW("mode", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("type", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("status", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* health */
static const struct member in_health[] = {
    ROW("reason", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("status", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("component", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* gen_ai */
static const struct member in_gen_ai[] = {
    ROW("tool", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_TOOL),
    ROW("agent", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_AGENT),
    ROW("input", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_INPUT),
    ROW("token", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_TOKEN),
    ROW("usage", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_USAGE),
    ROW("output", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_OUTPUT),
    ROW("prompt", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_PROMPT),
    ROW("request", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_REQUEST),
    ROW("provider", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_PROVIDER),
    ROW("response", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_RESPONSE),
    ROW("workflow", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_WORKFLOW),
    ROW("operation", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_OPERATION),
    ROW("retrieval", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_RETRIEVAL),
    ROW("embeddings", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_EMBEDDINGS),
    ROW("evaluation", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_EVALUATION),
    ROW("data_source", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_DATA_SOURCE),
    ROW("conversation", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_CONVERSATION),
    ROW("system_instructions", MEMBER_ANY, RULE_NONE, GROUP_NONE),
};

/* gen_ai.agent */
static const struct member in_gen_ai_agent[] = {
    ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("version", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("description", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};
static const struct member in_gen_ai_conversation[] = {ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_data_source[] = {ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_operation[] = {ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_prompt[] = {ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_provider[] = {ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_token[] = {ROW("type", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_workflow[] = {ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE)};

/* gen_ai.evaluation */
static const struct member in_gen_ai_evaluation[] = {
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("score", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_EVALUATION_SCORE),
    ROW("explanation", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* gen_ai.evaluation.score */
static const struct member in_gen_ai_evaluation_score[] = {
    ROW("label", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("value", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
};

/* gen_ai.output */
static const struct member in_gen_ai_output[] = {
    ROW("type", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("messages", MEMBER_ANY, RULE_NONE, GROUP_NONE),
};

/* gen_ai.retrieval */
static const struct member in_gen_ai_retrieval[] = {
    ROW("documents", MEMBER_ANY, RULE_NONE, GROUP_NONE),
    ROW("query_text", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* gen_ai.tool */
static const struct member in_gen_ai_tool[] = {
    ROW("call", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_TOOL_CALL),
    ROW("name", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("type", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("definitions", MEMBER_ANY, RULE_NONE, GROUP_NONE),
    ROW("description", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
};

/* gen_ai.tool.call */
static const struct member in_gen_ai_tool_call[] = {
    ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("result", MEMBER_ANY, RULE_NONE, GROUP_NONE),
    ROW("arguments", MEMBER_ANY, RULE_NONE, GROUP_NONE),
};

/* gen_ai.request */
static const struct member in_gen_ai_request[] = {
    ROW("seed", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("model", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("top_k", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
    ROW("top_p", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
    ROW("stream", MEMBER_BOOL, RULE_NONE, GROUP_NONE),
    ROW("max_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("temperature", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
    ROW("choice_count", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("stop_sequences", MEMBER_TEXTS, RULE_NONE, GROUP_NONE),
    ROW("encoding_formats", MEMBER_TEXTS, RULE_NONE, GROUP_NONE),
    ROW("presence_penalty", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
    ROW("frequency_penalty", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
};

/* gen_ai.response */
static const struct member in_gen_ai_response[] = {
    ROW("id", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("model", MEMBER_TEXT, RULE_NONE, GROUP_NONE),
    ROW("finish_reasons", MEMBER_TEXTS, RULE_NONE, GROUP_NONE),
    ROW("time_to_first_chunk", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
};
static const struct member in_gen_ai_embeddings[] = {ROW("dimension_count", MEMBER_INT, RULE_NONE, GROUP_NONE)};

/* gen_ai.usage */
static const struct member in_gen_ai_usage[] = {
    ROW("cost_usd", MEMBER_FLOAT, RULE_NONE, GROUP_NONE),
    ROW("reasoning", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_USAGE_REASONING),
    ROW("cache_read", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_USAGE_CACHE_READ),
    ROW("input_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("output_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE),
    ROW("cache_creation", MEMBER_OBJECT, RULE_NONE, GROUP_GEN_AI_USAGE_CACHE_CREATION),
};
static const struct member in_gen_ai_usage_cache_creation[] = {ROW("input_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_usage_cache_read[] = {ROW("input_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_usage_reasoning[] = {ROW("output_tokens", MEMBER_INT, RULE_NONE, GROUP_NONE)};
static const struct member in_gen_ai_input[] = {ROW("messages", MEMBER_ANY, RULE_NONE, GROUP_NONE)};

struct group {
    const struct member *rows;
    size_t count;
    uint8_t start[LONGEST + 2]; /* by length of name: the first row of at least that length */
};

static const struct group groups[GROUPS] = {
    [GROUP_EVENT_OBJECT] = {in_event_object, COUNT(in_event_object), {0, 0, 0, 0, 4, 7, 11, 20, 28, 31, 32, 33, 34, 34, 34, 35, 36, 36, 36, 36, 36, 36, 36, 36}},
    [GROUP_EVENT] = {in_event, COUNT(in_event), {0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_ENDPOINT] = {in_endpoint, COUNT(in_endpoint), {0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_USER] = {in_user, COUNT(in_user), {0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_HARNESS] = {in_harness, COUNT(in_harness), {0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4}},
    [GROUP_ERROR] = {in_error, COUNT(in_error), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_RUN] = {in_run, COUNT(in_run), {0, 0, 0, 1, 2, 2, 3, 6, 6, 8, 10, 12, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13}},
    [GROUP_SESSION] = {in_session, COUNT(in_session), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}},
    [GROUP_TRACE] = {in_trace, COUNT(in_trace), {0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_JSONRPC] = {in_jsonrpc, COUNT(in_jsonrpc), {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_JSONRPC_REQUEST] = {in_jsonrpc_request, COUNT(in_jsonrpc_request), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_JSONRPC_PROTOCOL] = {in_jsonrpc_protocol, COUNT(in_jsonrpc_protocol), {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_NETWORK] = {in_network, COUNT(in_network), {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_NETWORK_PROTOCOL] = {in_network_protocol, COUNT(in_network_protocol), {0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_RPC] = {in_rpc, COUNT(in_rpc), {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_RPC_RESPONSE] = {in_rpc_response, COUNT(in_rpc_response), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_SERVER] = {in_server, COUNT(in_server), {0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_TOOL] = {in_tool, COUNT(in_tool), {0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_FILE] = {in_file, COUNT(in_file), {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}},
    [GROUP_COMMAND] = {in_command, COUNT(in_command), {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_MCP] = {in_mcp, COUNT(in_mcp), {0, 0, 0, 0, 0, 1, 1, 3, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6}},
    [GROUP_MCP_METHOD] = {in_mcp_method, COUNT(in_mcp_method), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_MCP_PROTOCOL] = {in_mcp_protocol, COUNT(in_mcp_protocol), {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_MCP_RESOURCE] = {in_mcp_resource, COUNT(in_mcp_resource), {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_MCP_SESSION] = {in_mcp_session, COUNT(in_mcp_session), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_APPROVAL] = {in_approval, COUNT(in_approval), {0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_POLICY] = {in_policy, COUNT(in_policy), {0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}},
    [GROUP_PROMPT] = {in_prompt, COUNT(in_prompt), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_CONTENT] = {in_content, COUNT(in_content), {0, 0, 0, 0, 0, 1, 2, 2, 2, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6}},
    [GROUP_DESTINATION] = {in_destination, COUNT(in_destination), {0, 0, 0, 0, 0, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_HEALTH] = {in_health, COUNT(in_health), {0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_GEN_AI] = {in_gen_ai, COUNT(in_gen_ai), {0, 0, 0, 0, 0, 1, 5, 7, 8, 11, 13, 15, 16, 17, 17, 17, 17, 17, 17, 17, 18, 18, 18, 18}},
    [GROUP_GEN_AI_AGENT] = {in_gen_ai_agent, COUNT(in_gen_ai_agent), {0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}},
    [GROUP_GEN_AI_CONVERSATION] = {in_gen_ai_conversation, COUNT(in_gen_ai_conversation), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_DATA_SOURCE] = {in_gen_ai_data_source, COUNT(in_gen_ai_data_source), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_OPERATION] = {in_gen_ai_operation, COUNT(in_gen_ai_operation), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_PROMPT] = {in_gen_ai_prompt, COUNT(in_gen_ai_prompt), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_PROVIDER] = {in_gen_ai_provider, COUNT(in_gen_ai_provider), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_TOKEN] = {in_gen_ai_token, COUNT(in_gen_ai_token), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_WORKFLOW] = {in_gen_ai_workflow, COUNT(in_gen_ai_workflow), {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_EVALUATION] = {in_gen_ai_evaluation, COUNT(in_gen_ai_evaluation), {0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_GEN_AI_EVALUATION_SCORE] = {in_gen_ai_evaluation_score, COUNT(in_gen_ai_evaluation_score), {0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_GEN_AI_OUTPUT] = {in_gen_ai_output, COUNT(in_gen_ai_output), {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_GEN_AI_RETRIEVAL] = {in_gen_ai_retrieval, COUNT(in_gen_ai_retrieval), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
    [GROUP_GEN_AI_TOOL] = {in_gen_ai_tool, COUNT(in_gen_ai_tool), {0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}},
    [GROUP_GEN_AI_TOOL_CALL] = {in_gen_ai_tool_call, COUNT(in_gen_ai_tool_call), {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
    [GROUP_GEN_AI_REQUEST] = {in_gen_ai_request, COUNT(in_gen_ai_request), {0, 0, 0, 0, 0, 1, 4, 5, 5, 5, 5, 6, 7, 8, 8, 9, 9, 11, 12, 12, 12, 12, 12, 12}},
    [GROUP_GEN_AI_RESPONSE] = {in_gen_ai_response, COUNT(in_gen_ai_response), {0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4}},
    [GROUP_GEN_AI_EMBEDDINGS] = {in_gen_ai_embeddings, COUNT(in_gen_ai_embeddings), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_USAGE] = {in_gen_ai_usage, COUNT(in_gen_ai_usage), {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6}},
    [GROUP_GEN_AI_USAGE_CACHE_CREATION] = {in_gen_ai_usage_cache_creation, COUNT(in_gen_ai_usage_cache_creation), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_USAGE_CACHE_READ] = {in_gen_ai_usage_cache_read, COUNT(in_gen_ai_usage_cache_read), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_USAGE_REASONING] = {in_gen_ai_usage_reasoning, COUNT(in_gen_ai_usage_reasoning), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_GEN_AI_INPUT] = {in_gen_ai_input, COUNT(in_gen_ai_input), {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [GROUP_RAW] = {NULL, 0, {0}},
};
/* clang-format on */

const struct member *member_find(enum member_group group, struct span name)
{
    if (name.n > LONGEST) {
        return NULL;
    }
    const struct group *g = &groups[group];
    for (size_t i = g->start[name.n]; i < g->start[name.n + 1]; i++) {
        if (span_eq(g->rows[i].name, name)) {
            return &g->rows[i];
        }
    }
    return NULL;
}

const struct member *member_rows(enum member_group group, size_t *count)
{
    *count = groups[group].count;
    return groups[group].rows;
}
