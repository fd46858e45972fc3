# SPDX-License-Identifier: Apache-2.0
"""Independent implementation of wrappers and envelopes, written from normalization.md §2.

    for record in records_of(value): ...     # None: a wrapper without a record
    for record in records_of(value, unwrap=("jsonPayload", "payload.after")): ...     # a customer's own paths

Not covered: OTLP requests, which are not changed.
"""
import base64
import binascii
import json
import pathlib
import re

PAGE = pathlib.Path(__file__).parent.parent.parent / "docs" / "event-files.md"
LEVELS = 3
LISTS = ("Records", "records", "events", "logs", "items", "data", "value", "entries", "logEvents")
TEXTS = ("message", "log", "_raw", "MESSAGE", "event.original", "event", "detail", "data", "body", "Body", "Message",
         "short_message", "full_message")
OBJECTS = ("event", "detail", "data")
ECS_EVENT = set("""action agent_id_status category code created dataset duration end hash id ingested kind module original
    outcome provider reason reference risk_score risk_score_norm sequence severity start timezone type url""".split())
HEC = {"event", "time", "host", "source", "sourcetype", "index", "fields"}
FILEBEAT = set("""@timestamp json agent ecs host input log message tags fields @metadata @version cloud container docker
    kubernetes orchestrator data_stream elastic_agent error event fileset service stream beat offset prospector source
    labels process""".split())
FILEBEAT_EVENT = {"dataset", "module", "original", "created", "ingested", "timezone", "agent_id_status"}
CONTEXT = {"timestamp", "message", "endpoint.hostname", "endpoint.os", "endpoint.agent_version", "harness.name",
           "harness.version", "severity", "file.path"}
LINK = {"event.category", "trace.id", "trace.span_id", "trace.parent_span_id"}
SUBJECT = {"user.name", "user.uid", "session.id", "session.working_directory", "repository", "branch", "origin"}
METADATA = ("fields", "kubernetes", "labels", "tags", "process", "before", "journald")
LEVELS_OF_FIELDS = ("", "context", "link", "subject", "event")
OTLP = ("resourceLogs", "resourceSpans", "resourceMetrics", "resource_logs", "resource_spans", "resource_metrics")
OTEL = ("attributes", "Attributes", "LogAttributes", "SpanAttributes")
HOOKS = ("hook_event_name", "hookEventName", "agent_action_name")
JOURNAL = set("""__REALTIME_TIMESTAMP __MONOTONIC_TIMESTAMP __CURSOR _SOURCE_REALTIME_TIMESTAMP _BOOT_ID _MACHINE_ID _TRANSPORT
    _SYSTEMD_UNIT _SYSTEMD_CGROUP _UID _GID _PID _COMM _EXE _CMDLINE _boot_id _machine_id _transport _systemd_unit BOOT_ID
    MACHINE_ID SYSTEMD_UNIT _container_id SourceModuleName SourceModuleType""".split())
SYSTEMD = ("USER_ID", "SESSION_ID", "UID", "COMMAND", "EXIT_CODE", "EXIT_STATUS", "EventType", "UserID", "Category")
SKIPPED = ()  # in place of a record: neither an event nor a reject
NO_VALUE = ("", "<nil>", "null", "undefined", "-")


class Number(str):
    """A JSON number as written."""


class Members(dict):
    """A JSON object: of a name that it has twice the last value, and `twice` has the name."""

    def __init__(self, pairs):
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = {name for name in names if names.count(name) > 1} if len(self) < len(names) else set()


def _twice(value, name):
    return name in getattr(value, "twice", ())


def _fold(name):
    return re.sub("[_-]", "", name).lower()


def _table():
    """Path to [(field, words in brackets)], from the table of field names in docs/event-files.md."""
    text = PAGE.read_text().split("<!-- table: fields -->")[1]
    found = {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) != 5 or not cells[1].startswith("`"):
            if found and not line.startswith("|"):
                break
            continue
        for path, words in re.findall(r"`([^`]+)`(?: \(([^)]*)\))?", cells[3]):
            found.setdefault(path, []).append((cells[1].strip("`"), words))
    assert len(found) > 300
    return found


TABLE = _table()
FOLDED = {_fold(path): rows for path, rows in reversed(TABLE.items()) if "." not in path}


def _counts(value):
    if isinstance(value, str):
        return value.strip() not in NO_VALUE
    return value is not None and value not in ({}, [])


def _members(value, prefix=""):
    for name, inner in value.items():
        yield prefix + name, inner
        if isinstance(inner, dict):
            yield from _members(inner, prefix + name + ".")


def _says(field, path):
    if field in CONTEXT or (field, _fold(path)) == ("event.action", "type"):
        return 1
    return 2 if field in LINK else 3 if field in SUBJECT or field.startswith("run.") else 4


def _is_journal_field(name):
    return name in SYSTEMD or (name.startswith("_") and name.lower() != "_hostname")


def _own(record, fields):
    """The words `own …` of the paths that a shipper has written. fields: those of paths without such a word."""
    def at(*path):
        inside = record.get(path[0])
        found = inside.get(path[1]) if isinstance(inside, dict) else None
        return record.get(".".join(path)) if found is None else found
    wrote = set()
    if isinstance(record.get("journald"), dict) or at("input", "type") == "journald":
        wrote |= {"own command", "own user"}
    if record.get("source_type") == "exec" and _is_text(record["source_type"]):
        wrote |= {"own command"} if isinstance(record.get("command"), list) else set()
    elif "@version" in record and _is_text(record.get("message")) and "exit_code" not in record and \
            not fields & {"user.name", "user.uid", "session.id", "tool.name"}:
        wrote.add("own command")
    if at("error", "type") == "json" and _is_text(at("error", "message")) and \
            at("error", "message").startswith(("Error decoding JSON", "Key '", "Value of key '")):
        wrote.add("own error")
    return wrote


def _statement(record):
    """What the object says of an event by the names of its members, as a number in LEVELS_OF_FIELDS, and whether it has a time."""
    met, time = [], False
    journal = any(record.get(n) is not None for n in JOURNAL)
    scopes = [record] + [record[a] for a in OTEL if isinstance(record.get(a), dict)]
    for scope in scopes:
        for path, value in _members(scope):
            folds = "." not in path and not (journal and _is_journal_field(path))
            rows = TABLE.get(path) or (FOLDED.get(_fold(path), []) if folds else [])
            for field, words in rows:
                fits = "string" not in words or isinstance(value, str)
                if _counts(value) and fits and not re.search("hook|ecs|mcp|file|tool decision", words.replace("not hook", "")):
                    met.append((field, path, words))
                    time = time or field == "timestamp"
    wrote = _own(record, {field for field, _, _ in met})
    found = {0} | {_says(field, path) for field, path, words in met if words not in wrote}
    if is_beacon(record) or any(isinstance(record.get(n), list) for n in OTLP) or \
            any(isinstance(record.get(n), str) for n in HOOKS):
        return 4, True
    return max(found), time


def states(record):
    """'event', 'context' (where it was written) or '' by the names of its members."""
    return ("", "context", "event")[min(_statement(record)[0], 2)]


def _states(value, unwrap, least=3, timed=False):
    """Whether a member that no rule opens is a record, or a list of some: they state who or what."""
    if isinstance(value, list):
        return any(_states(e, unwrap, least, timed) for e in value)
    if not isinstance(value, dict) or not value:
        return False
    kind, inside = _look(value, unwrap)[:2]
    if is_beacon(value) or kind != "record" or _filebeat(value) or _beacons_envelope(value) or _hec(value) or \
            (_list(value) and _states(_list(value), unwrap, 2, timed)):
        return True
    what, time = _statement(value)
    return (what >= least or bool(_texts(value))) and (not timed or time)


def _unlisted(name, value, opened, unwrap):
    if name in METADATA + OTLP:
        return False
    if _is_text(value):
        inside = _parse(value) if name not in TEXTS + ("data_base64",) and value.strip() != opened else None
        return isinstance(inside, dict) and inside != opened and _states(inside, unwrap)
    if isinstance(value, list):
        return name not in LISTS and _states(value, unwrap)
    return name not in OBJECTS + ("user", "actor") and value != opened and _states(value, unwrap)


def _event_beside(record, opened, least):
    """Whether the members but the opened one state an event together."""
    beside = {n: v for n, v in record.items() if n != opened and n not in OTLP and not (n in METADATA and isinstance(v, dict))}
    return not is_beacon(record) and _statement(beside)[0] >= least


def is_beacon(record):
    return record.get("vendor") == "beacon" or (
        record.get("schema_version") is not None and isinstance(record.get("event"), dict)
        and isinstance(record.get("harness"), dict))


def _parse(text):
    try:
        return json.loads(text.strip(" \t\r\n\0").removeprefix("\ufeff").strip(" \t\r\n\0"), parse_float=_number,
                          parse_int=_number, object_pairs_hook=Members)
    except (ValueError, RecursionError):
        return None


def _number(text):
    return Number(text)


def _is_text(value):
    return isinstance(value, str) and not isinstance(value, Number)


def _must(value):
    """The object that an envelope must have, itself or as a text."""
    if _is_text(value):
        value = _parse(value)
    return ("one", value) if isinstance(value, dict) else ("nothing", None)


def _must_base64(value):
    """The same, as a text in base64, with or without its padding."""
    try:
        text = base64.b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4), validate=True)
        return _must(text.decode("utf-8", "replace"))
    except (AttributeError, binascii.Error):
        return "nothing", None


def _hec(record):
    event = record.get("event")
    if event is None and "event" not in record or "@timestamp" in record or "ecs" in record or "ecs.version" in record:
        return False
    named = _is_text(record.get("sourcetype")) or _is_text(record.get("index"))
    if not set(record) <= HEC:
        return named and isinstance(event, dict) and not set(event) <= ECS_EVENT
    beside = _is_text(record.get("source")) or isinstance(record.get("fields"), dict)
    text = _is_text(event) and event.removeprefix("\ufeff").lstrip(" \t\r\n").startswith("{")
    return named or (beside and (isinstance(event, dict) or text))


def _at_path(record, path):
    """The value at a path of names joined by dots: of that name, or of the rest of the path in an object."""
    if path in record:
        return record[path]
    for n in reversed([i for i, c in enumerate(path) if c == "."]):
        inside = record.get(path[:n])
        found = _at_path(inside, path[n + 1:]) if isinstance(inside, dict) else None
        if found is not None:
            return found
    return None


def _leads(value, unwrap):
    if not isinstance(value, dict):
        return False
    return is_beacon(value) or _look(value, unwrap)[0] != "record" or bool(_texts(value)) or bool(_list(value)) or states(value) != ""


def _texts(record):
    event = record.get("event")
    names = [(n, record.get(n)) for n in ("message", "log", "_raw", "MESSAGE", "event.original")]
    names.append(("original", event.get("original") if isinstance(event, dict) else None))
    names += [(n, record.get(n)) for n in ("body", "Body", "Message", "short_message", "full_message")]
    return [(name, text) for name, text in names
            if _is_text(text) and text.removeprefix("\ufeff").lstrip(" \t\r\n").startswith("{")]


def _list(record):
    name = _list_name(record)
    return record[name] if name else None


def flat(items):
    """The elements of a list, and of the lists in it; a list without elements is an element."""
    for item in items:
        if isinstance(item, list) and item:
            yield from flat(item)
        else:
            yield item


def _has_object(value):
    return isinstance(value, list) and any(isinstance(item, dict) for item in flat(value))


def _list_name(record):
    return next((n for n in LISTS if _has_object(record.get(n))), None)


def _text_leads(value, opened, unwrap):
    inside = _parse(value) if _is_text(value) and value.strip() != opened else None
    return isinstance(inside, dict) and inside != opened and _leads(inside, unwrap)


def _member_leads(name, value, opened, unwrap, list_opened):
    if name == "data_base64" and _is_text(value):
        kind, inside = _must_base64(value)
        return kind == "one" and inside != opened and _leads(inside, unwrap)
    if isinstance(value, list):
        objects = list_opened or name in OTLP
        return name in LISTS + OTLP and (_has_object(value) if objects else any(_leads(e, unwrap) for e in flat(value)))
    if name == "event" and isinstance(value, dict) and set(value) <= ECS_EVENT:
        return _text_leads(value.get("original"), opened, unwrap)
    if isinstance(value, dict):
        return name in OBJECTS and value != opened and _leads(value, unwrap)
    return name in TEXTS and _text_leads(value, opened, unwrap)


def _others(record, path, unwrap, opened=None, by_path=False, least=4):
    """Whether records are beside what is opened at `path`, names from the record on. opened: an object, the stripped
    text of one, or a list. (A copy counts as one here if its value is the same, in the program if its text is.)"""
    if _is_text(record.get("source_type")) and path == ["message"] and is_beacon(record) and "file" in record:
        return True
    here, found = record, False
    for name in path:
        found = found or _twice(here, name) or any(
            _member_leads(n, v, opened, unwrap, isinstance(opened, list)) or _unlisted(n, v, opened, unwrap)
            for n, v in here.items() if n != name)
        found = found or ((here is record or by_path) and _event_beside(here, name, least))
        here = here[name]
    inside = None if by_path else next((v for v in (_at_path(record, p) for p in unwrap) if isinstance(v, dict)), None)
    return found or (inside is not None and inside is not opened and _leads(inside, unwrap))


def _names_of_path(record, path):
    """The names of the objects on a path of the customer's."""
    if path in record:
        return [path]
    for n in reversed([i for i, c in enumerate(path) if c == "."]):
        inside = record.get(path[:n])
        if isinstance(inside, dict) and _at_path(inside, path[n + 1:]) is not None:
            return [path[:n]] + _names_of_path(inside, path[n + 1:])
    return []


def _stripped(value):
    return value.strip() if _is_text(value) else value


def is_control_message(record):
    """What CloudWatch Logs itself writes, which holds no record."""
    def may_hold(name, value):
        return name not in ("logEvents", "subscriptionFilters") and (
            isinstance(value, (dict, list)) or (_is_text(value) and value.lstrip("\ufeff")[:1] != "" and (
                value.removeprefix("\ufeff").lstrip(" \t\r\n")[:1] == "{" or value[:1] == "[")))
    return (isinstance(record.get("logEvents"), list)
            and not any(may_hold(n, v) for n, v in record.items())
            and all(isinstance(e, dict) and _is_text(e.get("message"))
                    and e["message"].startswith("CWL CONTROL MESSAGE") for e in record["logEvents"]))


def _look(record, unwrap):
    """('one' | 'log events' | 'nothing' | 'record', the content, name of the envelope's time, whether others are beside)"""
    def of(name, must=_must):
        kind, inside = must(record[name])
        opened = inside if must is _must_base64 else _stripped(record[name])
        return kind, inside, kind == "one" and _others(record, [name], unwrap, opened)
    if "vendor" not in record and all(_is_text(record.get(n)) for n in ("message", "source_type")) and "file" in record:
        kind, inside, others = of("message")
        return kind, inside, "", others
    if is_beacon(record):
        return "record", record, "", False
    for path in unwrap:
        inside = _at_path(record, path)
        if isinstance(inside, dict):
            others = _others(record, _names_of_path(record, path), unwrap, inside, by_path=True)
            return "one", inside, "time" if "time" in record else "timestamp", others
    if _is_text(record.get("messageType")) and "logEvents" in record and "logGroup" in record:
        if record["messageType"] == "CONTROL_MESSAGE" and is_control_message(record):
            return "skipped", None, "", False
        if record["messageType"] == "CONTROL_MESSAGE" or not isinstance(record["logEvents"], list):
            return "nothing", None, "", False
        return "log events", record["logEvents"], "", _others(record, ["logEvents"], unwrap, record["logEvents"])
    for beside, name, must in (("detail-type", "detail", _must), ("specversion", "data", _must),
                               ("specversion", "data_base64", _must_base64)):
        if _is_text(record.get(beside)) and name in record:
            kind, inside, others = of(name, must)
            return kind, inside, "time", others
    payload = "jsonPayload" if isinstance(record.get("jsonPayload"), dict) else "textPayload"
    if _is_text(record.get("logName")) and (payload == "jsonPayload" or _is_text(record.get("textPayload"))):
        kind, inside, others = of(payload)
        return kind, inside, "timestamp", others
    if _is_text(record.get("TopicArn")) and "Message" in record and any(_is_text(record.get(n)) for n in ("Type", "MessageId")):
        kind, inside, others = of("Message")
        return kind, inside, "Timestamp", others
    line = _filebeat(record)
    if line and (not _texts(record) or _leads(record[line], unwrap)):
        return "one", record[line], "@timestamp", _others(record, [line], unwrap, record[line])
    return "record", record, "", False


def _filebeat(record):
    """The name of the member that is a line that Filebeat has decoded."""
    event = record.get("event", {})
    if not (_is_text(record.get("@timestamp")) and not _is_text(record.get("log")) and set(record) <= FILEBEAT and
            isinstance(event, dict) and set(event) <= FILEBEAT_EVENT) or is_beacon(record) or _beacons_envelope(record):
        return None
    return next((n for n in ("json", "message") if isinstance(record.get(n), dict) and record[n]), None)


def _beacons_envelope(record):
    event = record.get("event")
    return isinstance(event, dict) and "vendor" not in record and (
        "vendor" in event or "schema_version" in event or isinstance(event.get("event"), dict))


def _text_inside(record, unwrap):
    """The name of the text, and the object in it."""
    any_record = states(record) != "event"
    values = [(name, _parse(text)) for name, text in _texts(record)]
    beacons = [(name, v) for name, v in values if isinstance(v, dict) and is_beacon(v)]
    others = [(name, v) for name, v in values if any_record and _leads(v, unwrap)]
    return (beacons or others or [(None, None)])[0]


def _time(outer, name, time):
    """The time of the envelope itself, or else of the envelope around it."""
    return outer[name] if isinstance(outer.get(name), str) else time


def records_of(value, level=0, log_event=False, time=None, unwrap=()):
    """(record, time of its envelope or None) in document order; None for each reject in their place."""
    more = []  # a reject of what is not read, after a record or before a list
    while True:
        if not isinstance(value, dict) or (not value and level == 0):
            return [None]
        if log_event:
            kind, inside = _must(value.get("message"))
            name, others = "timestamp", kind == "one" and _others(value, ["message"], unwrap, _stripped(value["message"]))
        else:
            kind, inside, name, others = _look(value, unwrap)
        log_event = False
        if kind == "record" and not is_beacon(value) and not _beacons_envelope(value) and _hec(value):
            kind, inside = _must(value["event"])
            name, others = "time", kind == "one" and _others(value, ["event"], unwrap, _stripped(value["event"]))
        if kind == "record" and not is_beacon(value) and level < LEVELS:
            member, text = _text_inside(value, unwrap)
            if text is not None:
                path = ["event", "original"] if member == "original" else [member]
                written = value["event"]["original"] if member == "original" else value[member]
                more = [None] if more or _others(value, path, unwrap, written.strip()) else []
                value, level = text, level + 1
                continue
            if _beacons_envelope(value):
                more = [None] if more or _others(value, ["event"], unwrap, value["event"]) else []
                value, level, time = value["event"], level + 1, _time(value, "time", time)
                continue
        if kind == "skipped":
            return [SKIPPED] + more
        if kind == "nothing" or (kind != "record" and level == LEVELS):
            return [None] + more
        more = [None] if more or others else []
        if kind == "one":
            value, level, time = inside, level + 1, _time(value, name, time)
            continue
        if kind == "log events":
            return more + _elements(inside, level, True, time, unwrap)
        expand = _list(value) if level < LEVELS and not is_beacon(value) and _shape_may_have_list(value) else None
        own = _statement(value)[0]
        if expand and (_states(expand, unwrap, 2, own == 4) if own > 1 else any(_leads(e, unwrap) for e in flat(expand))):
            list_name = _list_name(value)
            more = [None] if more or _others(value, [list_name], unwrap, expand, least=3) else []
            if list_name == "logEvents":
                return more + _elements(expand, level, True, time, unwrap)
            return more + _elements(expand, level, False, _time(value, "time", time), unwrap)
        return [(value, time) if value else None] + more


def _shape_may_have_list(record):
    if any(isinstance(record.get(n), list) for n in OTLP):
        return False
    if any(record.get(n) is not None for n in ("@timestamp", "ecs", "ecs.version")):
        return True
    return not any(isinstance(record.get(n), (dict, list)) for n in OTEL) and "timeUnixNano" not in record and \
        not any(n.startswith(("gen_ai.", "mcp.", "beacon.", "vcs.")) for n in record) and \
        not any(_is_text(record.get(n)) for n in HOOKS)


def _elements(items, level, log_events, time, unwrap):
    if not any(isinstance(e, dict) and e for e in flat(items)):
        return [None]
    found = []
    for element in flat(items):
        record = isinstance(element, dict) and element
        found += records_of(element, level + (not log_events), log_events, time, unwrap) if record else [None]
    return found
