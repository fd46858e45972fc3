# SPDX-License-Identifier: Apache-2.0
"""Independent implementation of OTLP requests, written from normalization.md §2, rule 3.

    found = expand(request)     # a JSON object as identity.py reads it
    found.records               # what is hashed for each event, in document order
    found.others                # elements without a record
    found.unread                # whether there are members that may have records
"""
import pathlib
import re
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from envelopes import LISTS, Number, states  # noqa: E402

KINDS = ("Logs", "Spans", "Metrics")
VALUES = {f"{kind}Value" for kind in ("string", "int", "double", "bool", "array", "kvlist", "bytes")}
TYPES = {"gauge": "gauge", "sum": "sum", "histogram": "histogram", "summary": "summary",
         "exponentialHistogram": "exponentialHistogram", "exponential_histogram": "exponentialHistogram"}


def _snake(name):
    return re.sub("[A-Z]", lambda c: "_" + c[0].lower(), name)


def _both(*names):
    return {spelling for name in names for spelling in (name, _snake(name))}


RESOURCES = _both(*(f"resource{kind}" for kind in KINDS))
SCOPES = _both(*(prefix + kind for kind in KINDS for prefix in ("scope", "instrumentationLibrary")))
RECORDS = {"logRecords", "log_records", "logs", "spans", "metrics"}
POINTS = {"dataPoints", "data_points"}
SCOPE = ("scope", "instrumentationLibrary", "instrumentation_library")
CAMEL = {_snake(name): name for name in VALUES}


class Expanded(typing.NamedTuple):
    records: list
    others: int
    unread: bool


def _empty(value):
    return value is None or (not isinstance(value, bool) and len(value) == 0)


def _content(value):
    if isinstance(value, (dict, list)):
        return any(map(_content, value.values() if isinstance(value, dict) else value))
    return not _empty(value)


def _plain(value):
    """The value of an AnyValue."""
    kind = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
    kind = CAMEL.get(kind, kind)
    if kind not in VALUES:
        return None if value == {} else value
    inner = next(iter(value.values()))
    if kind in ("arrayValue", "kvlistValue"):
        if not _empty(inner) and not (isinstance(inner, dict) and set(inner) == {"values"} and
                                      (inner["values"] is None or isinstance(inner["values"], list))):
            return value
        values = inner["values"] or [] if isinstance(inner, dict) and inner else []
        return _map(values) if kind == "kvlistValue" else [_plain(v) for v in values]
    if kind == "intValue" and isinstance(inner, str) and re.fullmatch("-?(0|[1-9][0-9]*)", inner, re.A):
        return Number(inner)
    return inner


def _is_text(key):
    return isinstance(key, str) and not isinstance(key, Number)


def _map(attributes):
    if not isinstance(attributes, list):
        return attributes
    found = {}
    keys = [entry.get("key") if isinstance(entry, dict) else None for entry in attributes]
    taken = {len(key) - len(key.lstrip("#")) for key in keys if _is_text(key) and re.fullmatch("#+[0-9]+", key, re.A)}
    signs = "#" * next(n for n in range(1, 17) if n not in taken or n == 16)
    for n, (entry, key) in enumerate(zip(attributes, keys)):
        named = _is_text(key)
        if named:
            found[key] = _plain(entry.get("value"))
        if not named or any(not _empty(v) for name, v in entry.items() if name not in ("key", "value")):
            found[f"{signs}{n}"] = entry
    return found


class _Walk:
    def __init__(self):
        self.records, self.others, self.unread = [], 0, False

    def lists(self, value, names, parts=(), dropped=()):
        """The elements of the lists of an object; notes what else it has."""
        found, told = [], False
        for name, member in value.items():
            if name in names:
                if isinstance(member, list) and member:
                    found += member
                elif not _empty(member):
                    self.unread = told = True
            elif isinstance(member, (dict, list)) and member and name not in dropped and \
                    not any(member is part for part in parts):
                self.unread = told = True
        if not found and not told:
            self.others += 1
        self.others += sum(not isinstance(e, dict) for e in found)
        return [e for e in found if isinstance(e, dict)]

    def record(self, around, record):
        if not _content(record):
            self.others += 1
            return
        plain = {name: _map(member) if name in ("attributes", "Attributes", "LogAttributes", "SpanAttributes",
                                                "ResourceAttributes")
                 else _plain(member) if name in ("body", "Body") else member for name, member in record.items()}
        self.records.append({**around, **plain})

    def metric(self, around, metric):
        told = self.unread
        data = [(TYPES[name], member) for name, member in metric.items() if name in TYPES and isinstance(member, dict)]
        unknown = [name for name, member in metric.items()
                   if (name in TYPES and not isinstance(member, dict) and not _empty(member)) or
                   (name not in TYPES and name not in ("metadata", "name", "description", "unit")
                    and isinstance(member, (dict, list)) and member)]
        self.unread = told or bool(unknown)
        if not data and not unknown:
            self.others += 1
        for kind, one in data:
            own = {name: metric[name] for name in ("name", "description", "unit") if name in metric}
            own["type"], parts = kind, []
            for name in ("aggregationTemporality", "isMonotonic"):
                spelling = name if name in one else _snake(name)
                if spelling in one:
                    own[name] = one[spelling]
                    parts.append(one[spelling])
            for point in self.lists(one, POINTS, parts):
                self.record({**around, "metric": own}, point)

    def scope(self, around, scope):
        part = next((scope[name] for name in SCOPE if name in scope), None)
        around = {**around, "scope": part} if part is not None else around
        of_metrics = set(map(id, scope["metrics"])) if isinstance(scope.get("metrics"), list) else set()
        for element in self.lists(scope, RECORDS, [part]):
            (self.metric if id(element) in of_metrics else self.record)(around, element)

    def resource(self, value):
        resource = value.get("resource")
        attributes = resource.get("attributes", {}) if isinstance(resource, dict) else {}
        around = {"resource": {"attributes": _map(attributes)}}
        for scope in self.lists(value, SCOPES, [resource] if isinstance(resource, dict) else []):
            self.scope(around, scope)


def expand(request):
    walk = _Walk()
    elements = []
    for name, member in request.items():
        if name in RESOURCES and isinstance(member, list):
            elements += member
        elif name in RESOURCES or name.startswith("resource") or name in SCOPES | POINTS | RECORDS:
            walk.unread = walk.unread or (not _empty(member) and
                                          (name in RESOURCES or isinstance(member, (dict, list))))
    walk.others += sum(not isinstance(e, dict) for e in elements)
    for element in elements:
        if isinstance(element, dict):
            walk.resource(element)
    beside = {name: member for name, member in request.items() if name not in RESOURCES}
    records = any(isinstance(beside.get(n), list) and beside[n] and isinstance(beside[n][0], dict) for n in LISTS)
    return Expanded(walk.records, walk.others, walk.unread or records or states(beside) == "event")
