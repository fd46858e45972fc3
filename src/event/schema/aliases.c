/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in the order of normalization.md §4, then those of event-schema.md §10.1 and §10.4. */
#include "event/schema/aliases.h"

#include <assert.h>

/* clang-format off: one row a field */
const struct alias_row aliases[] = {
    {FIELD_TIMESTAMP,
     "timestamp, @timestamp, timeUnixNano (ns), time_unix_nano (ns), event.timestamp, time, ts, "
     "event_time, "
     "event.time, datetime, date_time, created_at, occurred_at, logged_at, TimeGenerated, "
     "startTimeUnixNano (ns), start_time, event.start, observedTimeUnixNano (ns), event.created, "
     "event.ingested, date"},
    {FIELD_USER_NAME, "user.name, user (string), username, user_name, login, actor.login, "
                      "actor.name, actor (string), "
                      "user.full_name, user.email, user_email, email, enduser.id, developer, "
                      "initiated_by, run.actor"},
    {FIELD_USER_UID, "user.uid, user.id (own user), uid, user_id, user.account_uuid, "
                     "user.account_id, user.hash, account_uuid, actor.id"},
    {FIELD_ENDPOINT_HOSTNAME,
     "endpoint.hostname, host.name, host.hostname, host (string), hostname, host_name, "
     "computer_name, "
     "computer, device_name, device.hostname, machine_name, machine, node_name, k8s.node.name"},
    {FIELD_ENDPOINT_OS,
     "endpoint.os, host.os.type, os.type, host.os.family, host.os.platform, os (string), os.name, "
     "host.os.name, os_type, platform"},
    {FIELD_ENDPOINT_AGENT_VERSION,
     "endpoint.agent_version, beacon.version, agent_version (flat), agent.version (no shipper)"},
    {FIELD_HARNESS_NAME, "beacon.harness.name, harness.name, harness (string), agent_runtime, "
                         "runtime (string), runtime.name, "
                         "agent (string), agent.name (no shipper), harness_name, agent_name, "
                         "coding_agent, client_name, "
                         "client (string), app_name, app (string), service.name, ServiceName, "
                         "service (string), product, "
                         "source (string, not hook, own), telemetry.sdk.name, gen_ai.agent.name"},
    {FIELD_HARNESS_VERSION,
     "harness.version, service.version, app.version, client_version, cursor_version, app_version"},
    {FIELD_EVENT_ACTION,
     "beacon.event.action, event.action, event_action, gen_ai.agent.action, ai.agent.action, "
     "action, "
     "event (string), event.name, event_name, event_type, hook_event_name, hookEventName, "
     "agent_action_name, type"},
    {FIELD_EVENT_CATEGORY, "beacon.event.category, event.category, event_category, category"},
    {FIELD_SEVERITY, "severity, beacon.severity, event.severity, log.level, level, severityText, "
                     "severity_text, log_level, "
                     "severityNumber, severity_number, priority"},
    {FIELD_MESSAGE, "message, msg, body, Body, log.message, description, text, summary"},
    {FIELD_SESSION_ID,
     "session.id (ecs), gen_ai.conversation.id, beacon.session.id, copilot_chat.session_id, "
     "copilot_chat.chat_session_id, conversation.id, conversation_id, session.id, session_id, "
     "session (string), thread_id, trajectory_id, chat_id, session_key, task_id, "
     "properties.sessionID (hook), part.sessionID (hook), properties.part.sessionID (hook)"},
    {FIELD_SESSION_WORKING_DIRECTORY,
     "session.working_directory, cwd, working_directory, beacon.session.working_directory, "
     "process.working_directory, workdir, workspace_roots, workspaceFolders, workspacePaths, "
     "workspace_root, workspace_path, workspace, project_dir, project_path, directory, worktree"},
    {FIELD_REPOSITORY, "vcs.repository.url, vcs.repository.url.full, repository (string), "
                       "repository.url, repository.html_url, "
                       "repository.clone_url, repository.full_name, repository.name, repo "
                       "(string), repo.url, repo.full_name, "
                       "repo.name, repo_url, repository_url, git.repository, git.repository_url, "
                       "git.remote.url, git_remote, "
                       "repo_name, github.repository, repo.path, workspace.repository, "
                       "vcs.repository.name, run.repository, "
                       "project (string)"},
    {FIELD_BRANCH, "vcs.ref.head.name, vcs.branch.name, git.branch, branch (string), branch.name, "
                   "git_branch, ref_name, "
                   "vcs.repository.ref.name, github.ref_name, head_branch, ref, run.branch"},
    {FIELD_MODEL, "gen_ai.request.model, gen_ai.response.model, model (string), model.id, "
                  "model.name, ai.model, model_name, "
                  "model_id, llm.request.model, llm.model"},
    {FIELD_ORIGIN, "beacon.origin, origin"},
    {FIELD_RUN_PROVIDER, "beacon.run.provider, run.provider, ci.provider"},
    {FIELD_RUN_RUN_ID,
     "beacon.run.run_id, run.run_id, github.run_id, run_id, pipeline_id, cicd.pipeline.run.id"},
    {FIELD_RUN_RUN_ATTEMPT, "beacon.run.run_attempt, run.run_attempt"},
    {FIELD_RUN_WORKFLOW, "beacon.run.workflow, run.workflow, cicd.pipeline.name, workflow"},
    {FIELD_RUN_JOB, "beacon.run.job, run.job, cicd.pipeline.task.name, job"},
    {FIELD_RUN_EVENT_NAME, "beacon.run.event_name, run.event_name"},
    {FIELD_RUN_COMMIT,
     "beacon.run.commit, run.commit, vcs.ref.head.revision, git.commit.sha, commit, sha"},
    {FIELD_RUN_REPOSITORY, "beacon.run.repository, run.repository"},
    {FIELD_RUN_BRANCH, "beacon.run.branch, run.branch"},
    {FIELD_RUN_PR, "beacon.run.pr, run.pr"},
    {FIELD_RUN_PR_NUMBER, "beacon.run.pr_number, run.pr_number"},
    {FIELD_RUN_ACTOR, "beacon.run.actor, run.actor"},
    {FIELD_RUN_EPHEMERAL, "beacon.run.ephemeral, run.ephemeral"},
    {FIELD_TRACE_ID, "trace.id, traceId, trace_id"},
    {FIELD_TRACE_SPAN_ID, "span.id, spanId, span_id, trace.span_id"},
    {FIELD_TRACE_PARENT_SPAN_ID, "parent.id, parentSpanId, parent_span_id, trace.parent_span_id"},
    {FIELD_TOOL_NAME, "tool.name, gen_ai.tool.name, beacon.tool.name, tool_name, tool (string), "
                      "toolCall.name, function_name, "
                      "mcp.tool.name, part.tool (hook), properties.part.tool (hook)"},
    {FIELD_TOOL_COMMAND, "tool.command, beacon.tool.command"},
    {FIELD_TOOL_PATH, "tool.path, beacon.tool.path"},
    {FIELD_FILE_PATH,
     "file.path, beacon.file.path, file_path, file (string, own), code.file.path, code.filepath, "
     "tool_input.file_path, tool_input.notebook_path, tool_input.path, filename (own), "
     "target_file, path (own), "
     "tool_input.filePath (hook), tool_input.Path (hook), tool_input.AbsolutePath (hook), "
     "tool_input.DirectoryPath (hook), tool_input.SearchPath (hook), tool_input.searchPath (hook)"},
    {FIELD_FILE_OPERATION, "file.operation, beacon.file.operation, operation (file)"},
    {FIELD_FILE_LANGUAGE,
     "file.language, beacon.file.language, code.language, language, file.extension"},
    {FIELD_COMMAND_COMMAND,
     "command.command, command (own command), beacon.command, process.command_line (own command), "
     "process.args (own command), cmd, "
     "shell.command, "
     "shell_command, command_line, tool_input.command, tool_input.cmd, tool_input.CommandLine, "
     "tool_parameters.full_command, tool_parameters.bash_command, tool_input.shell_command (hook), "
     "tool_input.commandLine (hook)"},
    {FIELD_COMMAND_EXIT_CODE,
     "command.exit_code, process.exit.code (own command), process.exit_code (own command), "
     "exit_code, exit_status, "
     "tool_response.exit_code, beacon.command.exit_code"},
    {FIELD_COMMAND_DURATION_MS, "command.duration_ms, beacon.command.duration_ms, duration_ms, "
                                "tool.duration_ms, duration (hook), "
                                "event.duration (ns), elapsed_ms, latency_ms"},
    {FIELD_MCP_SERVER, "mcp.server, beacon.mcp.server, mcp.server.name, gen_ai.mcp.server, "
                       "mcp_server_name, mcp_server, "
                       "server_name (mcp)"},
    {FIELD_MCP_TOOL, "mcp.tool, beacon.mcp.tool, mcp.tool.name"},
    {FIELD_APPROVAL_DECISION,
     "approval.decision, beacon.approval.decision, policy.decision, permission_decision, decision, "
     "properties.reply"},
    {FIELD_APPROVAL_REASON, "approval.reason, beacon.approval.reason, policy.reason, "
                            "decision_reason, source (tool decision)"},
    {FIELD_PROMPT_TEXT, "prompt.text, beacon.prompt.text, gen_ai.prompt, prompt (string), "
                        "user_prompt, input.prompt, prompt_text, "
                        "user_message, copilot_chat.user_request"},
    {FIELD_GEN_AI_USAGE_INPUT_TOKENS, "gen_ai.usage.input_tokens, llm.usage.prompt_tokens, "
                                      "gen_ai.usage.prompt_tokens, input_tokens, "
                                      "usage.input_tokens, prompt_tokens, tokens_in"},
    {FIELD_GEN_AI_USAGE_OUTPUT_TOKENS, "gen_ai.usage.output_tokens, llm.usage.completion_tokens, "
                                       "gen_ai.usage.completion_tokens, output_tokens, "
                                       "usage.output_tokens, completion_tokens, tokens_out"},
    {FIELD_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
     "gen_ai.usage.cache_creation.input_tokens, gen_ai.usage.cache_creation_input_tokens, "
     "cache_creation_tokens, cache_creation_input_tokens, usage.cache_creation_input_tokens"},
    {FIELD_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
     "gen_ai.usage.cache_read.input_tokens, gen_ai.usage.cache_read_input_tokens, "
     "cache_read_tokens, "
     "cache_read_input_tokens, usage.cache_read_input_tokens"},
    {FIELD_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
     "gen_ai.usage.reasoning.output_tokens, reasoning_output_tokens, "
     "usage.reasoning_output_tokens"},
    {FIELD_GEN_AI_USAGE_COST_USD,
     "gen_ai.usage.cost_usd, gen_ai.usage.cost, cost_usd, total_cost_usd, cost"},
    {FIELD_GEN_AI_TOOL_CALL_ID,
     "gen_ai.tool.call.id, beacon.gen_ai.tool.call.id, tool_use_id, "
     "toolUseId, tool_call_id, toolCallId, "
     "call_id, callId, part.callID (hook), properties.part.callID (hook)"},
    {FIELD_GEN_AI_TOOL_CALL_ARGUMENTS,
     "gen_ai.tool.call.arguments, beacon.gen_ai.tool.call.arguments, tool_input, toolInput, "
     "toolArgs, "
     "function_args, arguments, toolCall.args, part.state.input (hook), "
     "properties.part.state.input (hook)"},
    {FIELD_GEN_AI_TOOL_CALL_RESULT,
     "gen_ai.tool.call.result, beacon.gen_ai.tool.call.result, "
     "tool_response, toolResponse, toolResult, part.state.output (hook), "
     "properties.part.state.output (hook)"},
    {FIELD_ERROR_TYPE, "error.type (own error), error_type, error.code, exception.type"},

    /* event-schema.md §10.1 */
    {FIELD_APPROVAL_REQUIRED, "approval.required, beacon.approval.required"},
    {FIELD_CONTENT_RETENTION, "content.retention, beacon.content.retention"},
    {FIELD_GEN_AI_OPERATION_NAME, "gen_ai.operation.name, beacon.gen_ai.operation.name"},
    {FIELD_GEN_AI_PROVIDER_NAME, "gen_ai.provider.name, gen_ai.system"},
    {FIELD_GEN_AI_TOOL_NAME, "gen_ai.tool.name, beacon.gen_ai.tool.name"},
    {FIELD_GEN_AI_REQUEST_MODEL, "gen_ai.request.model, llm.request.model"},
    {FIELD_GEN_AI_REQUEST_MAX_TOKENS, "gen_ai.request.max_tokens, llm.request.max_tokens"},
    {FIELD_GEN_AI_REQUEST_TEMPERATURE, "gen_ai.request.temperature, llm.request.temperature"},
    {FIELD_GEN_AI_REQUEST_CHOICE_COUNT, "gen_ai.request.choice_count, gen_ai.request.choice.count"},
    {FIELD_GEN_AI_RESPONSE_MODEL, "gen_ai.response.model, llm.response.model"},
    {FIELD_GEN_AI_INPUT_MESSAGES,
     "gen_ai.input.messages, gen_ai.prompt.0.content (numbered), llm.prompts, gen_ai.prompts"},
    {FIELD_GEN_AI_OUTPUT_MESSAGES, "gen_ai.output.messages, gen_ai.completion.0.content "
                                   "(numbered), llm.completions, gen_ai.completions"},
    {FIELD_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
     "gen_ai.embeddings.dimension_count, gen_ai.embeddings.dimension.count"},
    {FIELD_GEN_AI_RETRIEVAL_QUERY_TEXT, "gen_ai.retrieval.query_text, gen_ai.retrieval.query.text"},

    /* facts */
    {FACT_EXPLICIT_ACTION,
     "beacon.event.action, event.action, gen_ai.agent.action, ai.agent.action"},
    {FACT_EVENT_NAME, "event.name"},
    {FACT_INFER_NAME, "event.name, codex.op, rpc.method"},
    {FACT_BODY, "body, Body"},
    {FACT_SPAN_NAME, "name"},
    {FACT_EVENT_TYPE, "event.type"},
    {FACT_HOOK_NAME, "hook_event_name, hookEventName"},
    {FACT_TYPE, "type"},
    {FACT_CURSOR, "cursor_version, generation_id, workspace_roots"},
    {FACT_TURN, "turn_id"},
    {FACT_CASCADE, "agent_action_name, trajectory_id"},
    {FACT_TRANSCRIPT, "transcript_path"},
    {FACT_AGENT_TYPE, "agent.type"},
    {FACT_ERROR, "error"},
    {FACT_TOOL_TYPE, "tool_type"},
    {FACT_TOOL_ARGUMENTS, "gen_ai.tool.call.arguments, function_args, arguments"},
    {FACT_CODEX_CMD, "arguments.cmd"},
    {FACT_PROMPT, "gen_ai.prompt, prompt, user_prompt, input.prompt, copilot_chat.user_request"},
    {FACT_PROMPT_PARTS, "output.parts"},
    {FACT_PART_TYPE, "part.type, properties.part.type"},
    {FACT_PART_STATUS, "part.state.status, properties.part.state.status"},
    {FACT_CI, "run_id, github.run_id, ci"},
    {FACT_METRIC_NAME, "metric.name"},
    {FACT_METRIC_VALUE, "asInt, asDouble, sum"},
    {FACT_METRIC_TYPE, "type, token_type, gen_ai.token.type"},
};

const struct alias_container containers[] = {
    {"tool_input", "tool_input"},
    {"toolInput", "tool_input"},
    {"toolArgs", "tool_input"},
    {"toolCall.args", "tool_input"},
    {"part.state.input", "tool_input"},
    {"properties.part.state.input", "tool_input"},
    {"tool_parameters", "tool_parameters"},
    {"tool_response", "tool_response"},
    {"toolResponse", "tool_response"},
    {"toolResult", "tool_response"},
    {"arguments", "arguments"},
};
/* clang-format on */

const size_t aliases_count = sizeof(aliases) / sizeof(aliases[0]);
const size_t containers_count = sizeof(containers) / sizeof(containers[0]);

static const struct {
    const char *word;
    unsigned flag;
} words[] = {
    {"string", ALIAS_STRING},
    {"flat", ALIAS_FLAT},
    {"ecs", ALIAS_ECS},
    {"hook", ALIAS_HOOK},
    {"not hook", ALIAS_NOT_HOOK},
    {"ns", ALIAS_NS},
    {"no shipper", ALIAS_NO_SHIPPER},
    {"mcp", ALIAS_MCP},
    {"file", ALIAS_FILE},
    {"tool decision", ALIAS_TOOL_DECISION},
    {"numbered", ALIAS_NUMBERED},
    {"own", ALIAS_OWN},
    {"own command", ALIAS_OWN_COMMAND},
    {"own user", ALIAS_OWN_USER},
    {"own error", ALIAS_OWN_ERROR},
};

static size_t bytes_until(struct span s, const char *set)
{
    size_t i = 0;
    while (i < s.n && strchr(set, s.p[i]) == NULL) {
        i++;
    }
    return i;
}

static void skip_any_of(struct span *s, const char *set)
{
    while (s->n > 0 && strchr(set, *s->p) != NULL) {
        *s = span_from(*s, 1);
    }
}

static unsigned word_flag(struct span word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_eq(word, span_str(words[i].word))) {
            return words[i].flag;
        }
    }
    assert(false); /* an unknown word in the alias table */
    return 0;
}

bool alias_next(struct span *row, struct alias *out)
{
    skip_any_of(row, ", ");
    if (row->n == 0) {
        return false;
    }
    out->path = span_take(row, bytes_until(*row, ", "));
    out->when = 0;
    if (row->n > 1 && row->p[1] == '(') {
        struct span inside = span_from(*row, 2);
        struct span notes = span_take(&inside, bytes_until(inside, ")"));
        *row = span_from(inside, 1);
        while (notes.n > 0) {
            out->when |= word_flag(span_take(&notes, bytes_until(notes, ",")));
            skip_any_of(&notes, ", ");
        }
    }
    return true;
}

static const struct alias_row *find_row(int row)
{
    for (size_t i = 0; i < aliases_count; i++) {
        if (aliases[i].row == row) {
            return &aliases[i];
        }
    }
    return NULL;
}

struct alias_row alias_row_of(int row)
{
    const struct alias_row *r = find_row(row);
    return r != NULL ? *r : (struct alias_row){row, row < FIELDS ? fields[row].path : ""};
}
