# SPDX-License-Identifier: Apache-2.0
"""Every row of every table of the normalization is tested by a vector (tests/vectors/normalize).

Tables are read from the specification (docs/reference/event-schema.md §2.3, §6, §10.4 and
normalization.md) and, if the program accepts more, from docs/event-files.md, whose tables are the
program's. The test names each row that no vector uses, or that gives another result than its table
says.
"""
import functools
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
CASES = ROOT / "tests" / "vectors" / "normalize"
SPEC = "".join((ROOT / "docs/reference" / page).read_text(encoding="utf-8")
               for page in ("event-schema.md", "normalization.md"))
PAGE = (ROOT / "docs" / "event-files.md").read_text(encoding="utf-8")


@functools.cache
def events():
    """All events of the vectors, each with its source (the record, {} for Beacon's)."""
    out = []
    for path in sorted(CASES.glob("*/want.jsonl")):
        for line in path.read_bytes().decode("utf-8", "surrogateescape").split("\n"):
            event = json.loads(line) if line else {}
            if "ingest" in event:
                raw = event.get("raw") if event["ingest"]["shape"] != "beacon" else None
                out.append((event, (raw or {}).get("record", {})))
    return out


def member(value, path):
    """The value at a dotted path, with its names written as one or nested; else None."""
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    for dot in [found.start() for found in re.finditer(r"\.", path)][::-1]:
        inner = member(value.get(path[:dot]), path[dot + 1:])
        if inner is not None:
            return inner
    return None


def attributes(value):
    """A list of OTLP's attributes as a map."""
    if not isinstance(value, list):
        return value
    return {one["key"]: next(iter(one["value"].values()), None)
            for one in value if isinstance(one, dict) and isinstance(one.get("value"), dict)}


@functools.cache
def scopes_of(number):
    record = events()[number][1]
    names = ("attributes", "Attributes", "LogAttributes", "SpanAttributes", "ResourceAttributes")
    inner = [attributes(record[name]) for name in names if name in record]
    resource = record.get("resource")
    if isinstance(resource, dict):
        inner.append(attributes(resource.get("attributes")))
    return [record, *inner]


def folded(text):
    text = str(text).lower()
    for prefix in ("claude_code.", "codex.", "gemini_cli.", "copilot_chat."):
        text = text.removeprefix(prefix)
    return re.sub(r"[_\-. ]", "", text)


def table(name):
    """Rows of a table of docs/event-files.md: words of the first cell, the rest."""
    text = PAGE.split(f"<!-- table: {name} -->")[1].split("<!-- end")[0]
    rows = [line.strip().strip("|").split(" | ") for line in text.strip().split("\n")]
    return [(re.findall(r"`([^`]+)`", cells[0]), [cell.strip(" `") for cell in cells[1:]])
            for cells in rows if "`" in cells[0]]


def has(path, value):
    return any(member(event, path) == value for event, _ in events())


# ---- normalization.md §4 ----

def test_every_name_of_every_alias_row_is_in_a_vector():
    missing = []
    for (field,), (_, names) in table("fields"):
        for name in re.findall(r"`([^`]+)`", f"`{names}`"):
            # a container's name also stands for others: toolInput is tool_input
            spellings = {name} | {name.replace("tool_input", other) for other in ("toolInput", "toolArgs", "toolCall.args")}
            if not any(member(event, field) is not None and
                       any(member(scope, path) is not None for path in spellings for scope in scopes_of(i))
                       for i, (event, _) in enumerate(events())):
                missing.append((field, name))
    assert not missing


# ---- normalization.md §5 ----

def test_every_known_action_stays_as_it_is():
    known = re.findall(r"`([^`]+)`", PAGE.split("<!-- table: known -->")[1].split("<!-- end")[0])
    assert len(known) > 50
    assert not [word for word in known
                if not any(event["event"]["action"] == word and record and "action" not in event["ingest"]
                           for event, record in events())]


@pytest.mark.parametrize("words,action", [(words, rest[0]) for words, rest in table("actions")])
def test_every_word_for_an_action_is_read(words, action):
    for word in words:
        made = {event["event"]["action"] for event, _ in events() if folded(event["ingest"].get("action", "")) == word}
        fixed = "." in action and word not in ("toolcall", "tooluse") and " " not in action
        assert made, word
        assert not fixed or action in made, (word, made)


def test_every_family_of_actions_survives():
    families = re.search(r"`\^\(([a-z|]+)\)", SPEC).group(1).split("|")
    known = PAGE.split("<!-- table: known -->")[1].split("<!-- end")[0]
    assert len(families) == 18
    assert not [family for family in families
                if not any(event["event"]["action"].startswith(family + ".") and record and
                           f"`{event['event']['action']}`" not in known and "action" not in event["ingest"]
                           for event, record in events())]


def tools():
    """§10.4: (tool, action) of the lists of names."""
    block = SPEC.split("\nactionForTool(tool)")[1].split("then for all")[0].split("\n", 1)[1]
    for names, action in re.findall(r"([\w*][\w, *]*?) -> ([a-z_.]+)", block.replace("grok:", ";").replace(
            "devin, devin-cli:", ";").replace("antigravity:", ";")):
        for name in names.split(","):
            yield name.strip(), action


def test_every_tool_is_known_by_its_name():
    assert len(list(tools())) > 15
    for name, action in tools():
        wanted = name.replace("*", "x__y")
        assert any(str(member(event, "tool.name")).lower() == wanted and event["event"]["action"] == action
                   for event, _ in events()), (name, action)


# ---- normalization.md §6 ----

CATEGORIES = {
    "prompt": "prompt", "command": "command", "file": "file", "mcp": "mcp", "approval": "approval",
    "policy": "approval", "session": "session", "agent": "session", "subagent": "session", "model": "session",
    "metric": "metric", "token": "metric", "cost": "metric", "tool": "tool", "trace": "trace",
    "inventory": "inventory", "telemetry": "telemetry", "update": "system"}


@pytest.mark.parametrize("prefix", CATEGORIES)
def test_every_first_word_of_an_action_has_its_category(prefix):
    made = {event["event"].get("category") for event, record in events()
            if record and event["event"]["action"].startswith(prefix + ".")}
    assert made == {CATEGORIES[prefix]}


@pytest.mark.parametrize("word", ["prompt", "command", "file", "mcp", "approval", "session", "tool", "metric", "trace",
                                  "inventory", "telemetry", "validation", "system", "ci"])
def test_every_category_is_taken_if_it_is_said(word):
    assert any(event["event"].get("category") == word and record and
               event["event"]["action"].split(".")[0] not in CATEGORIES and
               word in str(member(record, "event.category") or member(record, "category") or
                           member(record, "event_category")).lower()
               for event, record in events())


LEVELS = ("severity", "event.severity", "log.level", "level", "severityText", "severity_text", "log_level")


@pytest.mark.parametrize("words,severity", [(words, rest[0]) for words, rest in table("severities")])
def test_every_word_of_severity_is_read(words, severity):
    for word in words:
        begins = word.endswith("…")
        stem = word.rstrip("…")
        assert any(folded(said).startswith(stem) if begins else folded(said) == stem
                   for i, (event, _) in enumerate(events()) if event["severity"] == severity
                   for scope in scopes_of(i) for path in LEVELS
                   for said in [member(scope, path)] if isinstance(said, str)), word


SCALES = [("severityNumber", 1, "info"), ("severityNumber", 12, "info"), ("severityNumber", 13, "medium"),
          ("severityNumber", 16, "medium"), ("severityNumber", 17, "high"), ("severityNumber", 20, "high"),
          ("severityNumber", 21, "critical"), ("severityNumber", 24, "critical"),
          ("event.severity", 0, "info"), ("event.severity", 20, "info"), ("event.severity", 21, "low"),
          ("event.severity", 46, "low"), ("event.severity", 47, "medium"), ("event.severity", 72, "medium"),
          ("event.severity", 73, "high"), ("event.severity", 98, "high"), ("event.severity", 99, "critical"),
          ("event.severity", 2, "info"), ("event.severity", 3, "low"), ("event.severity", 4, "medium"),
          ("event.severity", 5, "high"), ("event.severity", 6, "critical"),
          ("priority", 0, "critical"), ("priority", 2, "critical"), ("priority", 3, "high"), ("priority", 4, "medium"),
          ("priority", 5, "info"), ("priority", 7, "info")]


@pytest.mark.parametrize("path,number,severity", SCALES)
def test_both_ends_of_every_scale_are_read(path, number, severity):
    made = {event["severity"] for i, (event, _) in enumerate(events())
            for scope in scopes_of(i) if str(member(scope, path)) == str(number)}
    assert severity in made, made


# ---- §2.3, normalization.md §4, §7 ----

@pytest.mark.parametrize("words,name", [(words, rest[0]) for words, rest in table("runtimes")])
def test_every_name_of_a_runtime_is_read(words, name):
    for word in words:
        assert any(event["harness"]["name"] == name and record and f'{word}' in json.dumps(record).lower()
                   for event, record in events()), word


def test_newer_names_stay():
    newer = re.findall(r"`([a-z_]+)`", SPEC.split("[newer] `codex_desktop`")[1].split("\n")[0]) + ["codex_desktop"]
    assert len(newer) >= 12
    assert not [name for name in newer if not any(event["harness"]["name"] == name and record
                                                  for event, record in events())]


@pytest.mark.parametrize("shipper", "filebeat elastic-agent vector fluent-bit fluentd logstash otelcol-contrib winlogbeat "
                                    "auditbeat opentelemetry".split())
def test_a_shipper_is_no_runtime(shipper):
    made = [event["harness"]["name"] for event, record in events() if f'"{shipper}"' in json.dumps(record)]
    assert made and shipper not in made


HOOKS = {  # normalization.md §7, in its order
    "cursor: cursor_version": ("cursor", lambda r: "cursor_version" in r),
    "cursor: generation_id": ("cursor", lambda r: "generation_id" in r and "cursor_version" not in r),
    "cursor: workspace_roots": ("cursor", lambda r: "workspace_roots" in r and "generation_id" not in r),
    "cursor: camelCase": ("cursor", lambda r: re.match(r"[a-z]+[A-Z]", str(r.get("hook_event_name"))) and
                          "workspace_roots" not in r),
    "codex: turn_id": ("codex_cli", lambda r: "turn_id" in r and str(r.get("hook_event_name"))[:1].isupper()),
    "devin: agent_action_name": ("devin-desktop", lambda r: "agent_action_name" in r),
    "devin: trajectory_id": ("devin-desktop", lambda r: "trajectory_id" in r and "agent_action_name" not in r),
    "gemini": ("gemini_cli", lambda r: r.get("hook_event_name") in ("BeforeTool", "AfterTool", "BeforeAgent", "AfterAgent")),
    "claude": ("claude_code", lambda r: "transcript_path" in r and "turn_id" not in r and
               str(r.get("hook_event_name"))[:1].isupper()),
    "camel key": ("unknown", lambda r: "hookEventName" in r and "sessionId" in r),
    "camel key, named": ("grok", lambda r: "hookEventName" in r and "sessionId" in r and "harness" in r),
    "opencode": ("opencode", lambda r: str(r.get("type")).startswith("tool.execute.")),
    "opencode session": ("opencode", lambda r: str(r.get("type")).startswith("session.")),
    "opencode message": ("opencode", lambda r: str(r.get("type")).startswith("message.")),
}


@pytest.mark.parametrize("rule", HOOKS)
def test_every_sign_of_a_hooks_origin_is_seen(rule):
    name, sign = HOOKS[rule]
    assert any(event["harness"]["name"] == name and event["ingest"]["shape"] == "hook" and sign(record)
               for event, record in events() if isinstance(record, dict))


# ---- normalization.md §8 ----

TIMES = {  # the text in a record, and its quality (None: exact)
    "RFC 3339": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", None),
    "RFC 3339, t and z": (r"\d{4}-\d\d-\d\dt\d\d:\d\d:\d\dz", None),
    "RFC 3339, blank": (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", None),
    "fraction with a comma": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d+Z", None),
    "digits beyond 9": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{10,}Z", None),
    "zone with a colon": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", None),
    "zone without a colon": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", None),
    "zone of hours": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d", None),
    "-00:00": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00", None),
    "blank before the zone": (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d [+-]\d\d:?\d\d", None),
    "UTC": (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d ?UTC", None),
    "GMT": (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d ?GMT", None),
    "without a zone": (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", "assumed_utc"),
    "compact": (r"\d{8}T\d{6}Z", None),
    "compact with a fraction": (r"\d{8}T\d{6}\.\d+Z", None),
    "slashes": (r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "assumed_utc"),
    "a day": (r"\d{4}-\d\d-\d\d", "assumed_utc"),
    "without seconds": (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", "assumed_utc"),
    "RFC 2822": (r"\w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", None),
    "HTTP": (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", None),
    "Go": (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} [A-Z]+", None),
    "Go, monotonic": (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4} [A-Z]+ m=[+-]\d+\.\d+", None),
    "Java": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\[\w+/\w+\]", None),
    "Java, Z": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\[\w+\]", None),
    "24:00:00": (r"\d{4}-\d\d-\d\dT24:00:00Z", None),
    "date(1)": (r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d [A-Z]+ \d{4}", None),
    "an abbreviation with several meanings": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d PST", "assumed"),
    "/Date(ms)/": (r"/Date\(\d+\)/", None),
    "points": (r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", "assumed_utc"),
    "a line end behind it": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\\n", None),
    "access log": (r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", None),
    "seconds": (r"\d{10}", None), "milliseconds": (r"\d{13}", None), "microseconds": (r"\d{16}", None),
    "nanoseconds": (r"\d{19}", None), "seconds with a fraction": (r"\d{10}\.\d+", None),
    "milliseconds with a fraction": (r"\d{13}\.\d+", None),
    "exponent": (r"\d(\.\d+)?[eE]\+?\d+", None),
    "second 60": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:60(\.\d+)?Z", None),
    "zero": (r"0", "from_object"), "negative": (r"-\d+", "from_object"), "empty": (r"", "from_object"),
    "words": (r"[a-z ]+", "from_object"), "before 2000": (r"19\d\d-.*Z", "from_object"),
    "after the object": (r"20[3-9]\d-.*Z", "from_object"),
}


@functools.cache
def lines():
    """(the first time in the text of a line, ingest.time)."""
    found = []
    for path in sorted(CASES.glob("*/want.jsonl")):
        given = (path.parent / "in.jsonl").read_bytes().decode("utf-8", "surrogateescape").split("\n")
        for line in path.read_bytes().decode("utf-8", "surrogateescape").split("\n"):
            ingest = json.loads(line).get("ingest") if line else None
            said = re.search(r'"(?:timestamp|@timestamp|time|ts|event_time)" ?: ?("[^"]*"|[^",}{ ]+)',
                             given[ingest["line"] - 1]) if ingest else None
            if said:
                found.append((said.group(1).strip('"'), ingest.get("time")))
    return found


@pytest.mark.parametrize("form", TIMES)
def test_every_form_of_a_time_is_read(form):
    pattern, quality = TIMES[form]
    assert any(re.fullmatch(pattern, said) and how == quality for said, how in lines())


def test_protobufs_and_mongodbs_times_are_read():
    exact = [json.dumps(record) for event, record in events() if "time" not in event["ingest"]]
    assert any('{"seconds":' in text for text in exact) and any('{"$date":' in text for text in exact)


# ---- §10.2 and §10.3, where normalization.md §5 points to them ----

def otel(harness, name):
    return lambda e, r: (e["harness"]["name"].startswith(harness) and e["ingest"]["shape"] in ("otel", "otlp") and
                         e["ingest"].get("action") == name)


def tool(harness, name, tool_name, **more):
    return lambda e, r: (otel(harness, name)(e, r) and str(member(e, "tool.name")).lower() == tool_name and
                         all(member(e, path.replace("__", ".")) == value for path, value in more.items()))


def silent(test):
    """Of a record that has no action word of its own."""
    return lambda e, r: "action" not in e["ingest"] and bool(r) and test(e, r)


def text_of(r):
    return json.dumps(r).lower()


RUNTIMES = {
    "codex conversation_starts": (otel("codex", "codex.conversation_starts"), "session.started"),
    "codex user_prompt": (otel("codex", "codex.user_prompt"), "prompt.submitted"),
    "codex decision denied": (otel("codex", "codex.tool_decision"), "approval.denied"),
    "codex decision approved": (otel("codex", "codex.tool_decision"), "approval.allowed"),
    "codex decision else": (otel("codex", "codex.tool_decision"), "approval.requested"),
    "codex tool": (otel("codex", "codex.tool_result"), "tool.invoked"),
    "codex shell": (tool("codex", "codex.tool_result", "shell"), "command.executed"),
    "codex cmd": (lambda e, r: otel("codex", "codex.tool_result")(e, r) and "cmd" in text_of(r) and
                  member(e, "tool.name") != "shell", "command.executed"),
    **{f"claude {name}": (otel("claude", name), action) for name, action in {
        "user_prompt": "prompt.submitted", "api_error": "session.error", "internal_error": "session.error",
        "api_retries_exhausted": "session.error", "api_refusal": "session.status",
        "permission_mode_changed": "session.status", "mcp_server_connection": "mcp.connection",
        "claude_code.user_prompt": "prompt.submitted", "claude_code.some_new_thing": "session.activity"}.items()},
    **{f"claude decision {decision}": (
        lambda e, r, decision=decision: otel("claude", "tool_decision")(e, r) and
        member(e, "approval.decision") == decision, action) for decision, action in {
            "accept": "approval.allowed", "approved": "approval.allowed", "allow": "approval.allowed",
            "reject": "approval.denied", "deny": "approval.denied", "denied": "approval.denied",
            "unknown": "approval.requested"}.items()},
    **{f"claude {name}": (tool("claude", "tool_result", name), action) for name, action in {
        "bash": "command.executed", "powershell": "command.executed", "pwsh": "command.executed",
        "read": "file.read", "write": "file.modified", "edit": "file.modified", "notebookedit": "file.modified"}.items()},
    "claude write creates": (tool("claude", "tool_result", "write", file__operation="create"), "file.modified"),
    "claude edit modifies": (tool("claude", "tool_result", "edit", file__operation="modify"), "file.modified"),
    "token usage": (lambda e, r: str(member(r, "metric.name")).endswith(".token.usage"), "token.usage"),
    "codex turn": (lambda e, r: member(r, "metric.name") == "codex.turn.token_usage", "token.usage"),
    "cost": (lambda e, r: str(member(r, "metric.name")).endswith(".cost.usage"), "cost.usage"),
    "other metric": (lambda e, r: member(r, "metric.name") is not None, "metric.observed"),
    **{f"metric type {kind}": (
        lambda e, r, kind=kind, path=path: member(e, "gen_ai.token.type") == kind and member(e, path) is not None,
        "token.usage") for kind, path in {
            "input": "gen_ai.usage.input_tokens", "prompt": "gen_ai.usage.input_tokens",
            "output": "gen_ai.usage.output_tokens", "completion": "gen_ai.usage.output_tokens",
            "cacheRead": "gen_ai.usage.cache_read.input_tokens", "cached_input": "gen_ai.usage.cache_read.input_tokens",
            "cacheCreation": "gen_ai.usage.cache_creation.input_tokens",
            "reasoning": "gen_ai.usage.reasoning.output_tokens",
            "reasoning_output": "gen_ai.usage.reasoning.output_tokens"}.items()},
    "metric type total": (lambda e, r: member(e, "gen_ai.token.type") == "total" and
                          "usage" not in e.get("gen_ai", {}), "token.usage"),
    "10.3 step 2": (silent(lambda e, r: member(e, "mcp.method.name") == "tools/call" and "server" not in e["mcp"] and
                           "tool" not in e["mcp"]), "mcp.tool_invoked"),
    "10.3 step 3": (silent(lambda e, r: member(e, "mcp.method.name") == "resources/read"), "file.read"),
    "10.3 step 5": (silent(lambda e, r: member(e, "gen_ai.operation.name") == "execute_tool"), "tool.invoked"),
    **{f"10.3 step 6 {op}": (silent(lambda e, r, op=op: member(e, "gen_ai.operation.name") == op), "prompt.submitted")
       for op in ("chat", "generate_content", "text_completion")},
    "10.3 step 7 id": (silent(lambda e, r: member(e, "gen_ai.tool.call.id") is not None and "tool" not in e and
                              member(e, "gen_ai.tool.call.arguments") is None), "tool.invoked"),
    "10.3 step 7 arguments": (silent(lambda e, r: member(e, "gen_ai.tool.call.arguments") is not None and
                                     member(e, "gen_ai.tool.call.id") is None), "tool.invoked"),
    **{f"10.3 {words}": (lambda e, r, words=words: words in text_of(r) and bool(r), action) for words, action in {
        "gemini_cli.user_prompt": "prompt.submitted", "gemini_cli.tool_call": "tool.invoked",
        "gemini_cli.file_operation": "file.created", "approval_mode_switch": "approval.requested",
        "approval_mode_duration": "approval.requested", "plan_execution": "approval.requested",
        "user_input": "prompt.submitted"}.items()},
    "10.3 step 9 mcp": (lambda e, r: "gemini_cli.tool_call" in text_of(r), "mcp.tool_invoked"),
    "10.3 step 10 read": (lambda e, r: "gemini_cli.file_operation" in text_of(r), "file.read"),
    "10.3 step 10 else": (lambda e, r: "gemini_cli.file_operation" in text_of(r), "file.modified"),
    **{f"10.3 body {body}": (lambda e, r, body=body: str(member(r, "body")).lower() == body, action)
       for body, action in {"a prompt came": "prompt.submitted", "over mcp": "mcp.tool_invoked",
                            "a command": "command.executed", "in a shell": "command.executed",
                            "exec it": "command.executed", "one file": "file.modified", "write it": "file.modified",
                            "edit it": "file.modified", "an approval": "approval.requested",
                            "nothing of these": "tool.invoked"}.items()},
    "10.3 a long body": (lambda e, r: len(str(member(r, "body"))) > 64 and "prompt" in str(member(r, "body")),
                         "tool.invoked"),
}


@pytest.mark.parametrize("rule", RUNTIMES)
def test_every_rule_of_runtimes_and_inference_is_touched(rule):
    test, action = RUNTIMES[rule]
    assert any(event["event"]["action"] == action and test(event, record) for event, record in events())


STEPS = {  # normalization.md §5 steps 4 and 5, of records without an action word
    "ecs file access": ("file.read", lambda e, r: "access" in str(member(r, "event.type"))),
    "ecs file creation": ("file.created", lambda e, r: "creation" in str(member(r, "event.type"))),
    "ecs file": ("file.modified", lambda e, r: "file" in str(member(r, "event.category")) and
                 member(r, "event.type") is None),
    "ecs process": ("command.executed", lambda e, r: "process" in str(member(r, "event.category"))),
    "ecs authentication": ("session.event", lambda e, r: "authentication" in str(member(r, "event.category"))),
    "ecs session": ("session.event", lambda e, r: "session" in str(member(r, "event.category"))),
    "mcp server": ("mcp.tool_invoked", lambda e, r: "server" in e.get("mcp", {}) and "tool" not in e["mcp"]),
    "mcp tool": ("mcp.tool_invoked", lambda e, r: "tool" in e.get("mcp", {}) and "server" not in e["mcp"]),
    "mcp__": ("mcp.tool_invoked", lambda e, r: str(member(e, "tool.name")).startswith("mcp__")),
    "MCP:": ("mcp.tool_invoked", lambda e, r: str(member(e, "tool.name")).startswith("MCP:")),
    "error and tool": ("tool.failed", lambda e, r: "tool" in e),
    "command": ("command.executed", lambda e, r: "command" in e.get("command", {})),
    "file read": ("file.read", lambda e, r: member(e, "file.operation") == "read"),
    "file create": ("file.created", lambda e, r: member(e, "file.operation") == "create"),
    "file else": ("file.modified", lambda e, r: "path" in e.get("file", {}) and "operation" not in e["file"]),
    "decision allowed": ("approval.allowed", lambda e, r: "decision" in e.get("approval", {})),
    "decision denied": ("approval.denied", lambda e, r: "decision" in e.get("approval", {})),
    "decision else": ("approval.requested", lambda e, r: "decision" in e.get("approval", {})),
    "prompt": ("prompt.submitted", lambda e, r: "text" in e.get("prompt", {})),
    "usage": ("session.activity", lambda e, r: "usage" in e.get("gen_ai", {})),
}


@pytest.mark.parametrize("rule", STEPS)
def test_every_kind_of_evidence_is_touched(rule):
    action, test = STEPS[rule]
    assert any(event["event"]["action"] == action and silent(test)(event, record) and
               (event["ingest"]["shape"] == "ecs" or not rule.startswith("ecs"))
               for event, record in events())


# ---- normalization.md §3 and §9 ----

REPAIRS = {
    "a number for a text": lambda e, r: isinstance(r.get("user"), int) or isinstance(r.get("username"), int),
    "a text for an integer": lambda e, r: isinstance(r.get("exit_code"), str) and
    isinstance(member(e, "command.exit_code"), int),
    "a fraction for an integer": lambda e, r: isinstance(r.get("duration_ms"), float) and
    isinstance(member(e, "command.duration_ms"), int),
    "a half is rounded up": lambda e, r: isinstance(r.get("duration_ms"), float) and r["duration_ms"] % 1 == .5 and
    member(e, "command.duration_ms") == int(r["duration_ms"]) + 1,
    "an array for a command": lambda e, r: isinstance(r.get("command"), list) and len(r["command"]) > 1 and
    member(e, "command.command") == " ".join(map(str, r["command"])),
    "an array elsewhere: its first": lambda e, r: isinstance(r.get("workspace_roots"), list) and
    len(r["workspace_roots"]) > 1 and member(e, "session.working_directory") in r["workspace_roots"],
    "an object for a text": lambda e, r: isinstance(r.get("message"), dict) and "message" not in e,
    "credentials of a URL": lambda e, r: "https://h" in str(e.get("repository")) and "@" not in json.dumps(r),
    "words for nothing": lambda e, r: {"<nil>", "null", "undefined", "-"} & {str(v) for v in r.values()},
    "alike names": lambda e, r: {"userName", "UserName", "user-name", "User-Name"} & set(r) and
    member(e, "user.name") is not None,
    "a mixed path": lambda e, r: isinstance(r.get("a.b"), dict) or isinstance(r.get("vcs.repository"), dict) or
    isinstance(r.get("git"), dict) and any("." in name for name in r["git"]),
    "0 counts": lambda e, r: r.get("exit_code") == 0 and member(e, "command.exit_code") == 0,
    "defaults": lambda e, r: e["endpoint"]["os"] == "unknown" and e["harness"]["name"] == "unknown" and
    e["severity"] == "info",
}


@pytest.mark.parametrize("rule", REPAIRS)
def test_every_repair_is_touched(rule):
    assert any(REPAIRS[rule](event, record) for event, record in events() if record)
