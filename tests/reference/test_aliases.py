# SPDX-License-Identifier: Apache-2.0
"""Every path of the specification's alias table (docs/reference/normalization.md §4) is read.

The table comes from the specification, not from the program. For each path there is a record with
no other value for that field, once with the path as one literal name and once nested. The program
must find the value.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
BINARY = os.environ.get("INGEST_BINARY", str(ROOT / "build" / "release" / "asymptote-ingest"))
PATH = re.compile(r"^[@A-Za-z][\w.@-]*$")

# Rows of a line of the table for several fields, and what their paths mean.
SPLIT = {
    "`trace.id` `.span_id` `.parent_span_id`": ["trace.id", "trace.span_id", "trace.parent_span_id"],
    "`tool.path` / `file.path`": ["tool.path", "file.path"],
    "`file.operation` `.language`": ["file.operation", "file.language"],
    "`gen_ai.tool.call.arguments` / `.result`": ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"],
    "`approval.decision` `.reason`": ["approval.decision", "approval.reason"],
}
# Rows that are prose; the vectors of lookup_and_types and runtime_tables test them.
PROSE = {"`run.*`", "`mcp.server` `.tool`", "`gen_ai.usage.*`", "`raw`", "`origin`", "`tool.command`"}

VALUES = {
    "timestamp": (1778538000123456789, "2026-05-11T22:20:00.123456789Z"),
    "trace.id": ("0af7651916cd43dd8448eb211c80319c",) * 2,
    "trace.span_id": ("b7ad6b7169203331",) * 2,
    "trace.parent_span_id": ("b7ad6b7169203331",) * 2,
    "event.action": ("tool.completed",) * 2,
    "event.category": ("validation",) * 2,
    "severity": ("critical",) * 2,
    "command.exit_code": (3, 3),
    "command.duration_ms": (5, 5),
    "endpoint.os": ("Ubuntu", "linux"),
    "gen_ai.tool.call.arguments": ({"a": 1}, {"a": 1}),
    "gen_ai.tool.call.result": ({"a": 1}, {"a": 1}),
}
# Other members that a record needs for the path to count.
BESIDE = {
    "event.action": {"model_name": "m"},
    "prompt.text": {"event_action": "prompt.submitted"},
    "event.category": {"event_action": "endpoint.validation"},
    "command.exit_code": {"event_action": "command.executed"},
    "command.duration_ms": {"event_action": "command.executed"},
    "gen_ai.tool.call.arguments": {"event_action": "tool.invoked"},
    "gen_ai.tool.call.result": {"event_action": "tool.invoked"},
}
# Paths with a special meaning, which are tested by the named vectors.
BY_HAND = {
    ("session.id", "session.id"): "lookup_and_types: second place outside of ECS",
    ("severity", "severityNumber"): "severity",
    ("severity", "severity_number"): "severity",
    ("severity", "event.severity"): "severity",
    ("approval.reason", "source"): "runtime_tables: only Claude Code's tool_decision",
    ("file.operation", "operation"): "lookup_and_types: only beside a path",
    ("command.duration_ms", "event.duration"): "lookup_and_types: nanoseconds",
    ("command.duration_ms", "duration"): "hooks: only there",
}


def rows():
    """(field, paths) of the table."""
    text = (ROOT / "docs/reference/normalization.md").read_text(encoding="utf-8")
    table = text.split("\n## 4. ")[1].split("\n## 5. ")[0]
    for line in table.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) < 2 or not cells[0].startswith("`"):
            continue
        parts = [part for part in cells[1].split(" / ")]
        for field, part in zip(SPLIT.get(cells[0], [cells[0].strip("`")]), parts):
            if cells[0] not in PROSE:
                yield field, list(paths_of(part))


def paths_of(text):
    text = text.split("→")[0]
    for word in re.split(r"[,;]", text):
        word = re.sub(r"\(.*?\)|\(.*", "", word).replace("`", "").strip()
        word = re.sub(r" unless .*", "", word)
        if PATH.match(word):
            yield word


def nested(path, value):
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def merged(a, b):
    out = dict(a)
    for name, value in b.items():
        both = isinstance(out.get(name), dict) and isinstance(value, dict)
        out[name] = merged(out[name], value) if both else value
    return out


def cases():
    for field, paths in rows():
        given, wanted = VALUES.get(field, ("zz-value", "zz-value"))
        for path in paths:
            if (field, path) in BY_HAND:
                continue
            value = [given] if path in ("workspace_roots", "workspaceFolders", "workspacePaths") else given
            beside = BESIDE.get(field, {"event_action": "tool.invoked"})
            yield field, path, wanted, merged(beside, {path: value})
            if "." in path:
                yield field, path, wanted, merged(beside, nested(path, value))


def member(event, path):
    for name in path.split("."):
        if not isinstance(event, dict) or name not in event:
            return None
        event = event[name]
    return event


@pytest.mark.skipif(not os.path.exists(BINARY), reason="the program is not built")
def test_every_path_of_every_row_is_read():
    wanted = list(cases())
    assert len(wanted) > 300
    text = "".join(json.dumps(case[3]) + "\n" for case in wanted)
    run = subprocess.run([BINARY, "normalize", "--time", "2026-06-01T00:00:00Z", "-"],
                         input=text.encode(), capture_output=True, check=True)
    events = run.stdout.decode().split("\n")[:-1]
    assert len(events) == len(wanted), run.stderr.decode()
    wrong = [(field, path, json.dumps(given), member(json.loads(event), field))
             for (field, path, want, given), event in zip(wanted, events)
             if member(json.loads(event), field) != want]
    assert not wrong, "\n".join(map(str, wrong))


def published():
    """Field to its accepted names, as in docs/event-files.md, from the program's table."""
    text = (ROOT / "docs" / "event-files.md").read_text(encoding="utf-8")
    table = text.split("<!-- table: fields -->")[1].split("<!-- end")[0]
    cells = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table.split("\n")]
    return {row[0].strip("`"): re.findall(r"`([^`]+)`", row[2])
            for row in cells if len(row) == 3 and row[0].startswith("`")}


def test_paths_stand_in_the_order_of_the_specification():
    names = published()
    wrong = {}
    for field, paths in rows():
        ours = [path for path in dict.fromkeys(names.get(field, [])) if path in paths]  # one occurs twice
        if paths and ours and ours != paths:
            wrong[field] = (ours, paths)
    assert not wrong, wrong
    assert sum(field in names for field, _ in rows()) > 30
