# SPDX-License-Identifier: Apache-2.0
"""docs/event.schema.json against every event that a test reads (cluster.read, normalize).

A validation costs half a millisecond, and tests read hundred thousands of events that differ in
texts only. So one event of each form is validated in full; of the others only what the schema asks
of long texts: the time and the id. A form is the event with its long texts and its numbers left out.
"""
import functools
import json
import re

import jsonschema

from tests.reference.test_vectors import exactly

from .places import ROOT

SHORT = 16  # texts up to here are part of a form: all words that the schema names are


class Invalid(AssertionError):
    """An event that the published schema does not accept."""


@functools.cache
def _validator():
    schema = json.loads((ROOT / "docs" / "event.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


@functools.cache
def _patterns():
    properties = _validator().schema["properties"]
    return (re.compile(properties["timestamp"]["pattern"]),
            re.compile(properties["ingest"]["properties"]["id"]["pattern"]))


def _form(value):
    if isinstance(value, dict):
        return tuple((name, _form(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return frozenset(map(_form, value))
    if isinstance(value, str):
        return value if len(value) <= SHORT else "..."
    return value if value is None or isinstance(value, bool) else (type(value), value >= 1)


_forms = set()


def check(text):
    """The event in `text`; raises Invalid. Anything that is no event (a reject) passes."""
    if b'"ingest":{"id":' not in text:
        return
    event = json.loads(text, parse_float=exactly)
    raw = event.get("raw")
    outer = {**event, "raw": {"source_shape": raw.get("source_shape")} if isinstance(raw, dict) else raw}
    form = _form(outer)
    time, id = _patterns()
    if form not in _forms:
        error = next(_validator().iter_errors(event), None)
        if error is not None:
            raise Invalid(f"{list(error.absolute_path)}: {error.message[:200]} in {text[:400]!r}")
        _forms.add(form)
    if not time.search(event["timestamp"]) or not id.search(event["ingest"]["id"]):
        raise Invalid(f"timestamp or id: {text[:400]!r}")
