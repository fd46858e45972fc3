# SPDX-License-Identifier: Apache-2.0
"""docs/event.schema.json against every event that a test reads (cluster.read, normalize).

A validation costs half a millisecond, and tests read hundred thousands of events that differ in
texts and numbers only. So one event of each form is validated; a form is the event's text with a
sign in the place of each text, time, id and whole number.
"""
import functools
import json
import re

import jsonschema

from tests.reference.test_vectors import exactly

from .places import ROOT

# The words that the schema names stay, and names, which are followed by a colon.
WORDS = (rb"beacon|endpoint-agent|local|cloud|ci|metadata|redacted|full|ecs|otel|otlp|hook|flat|"
         rb"assumed_utc|assumed|from_object|T|I|C")
SIGNS = [
    (re.compile(rb'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"'), b'"T"'),
    (re.compile(rb'"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'), b'"I"'),
    (re.compile(rb'"customer":"[a-z0-9][a-z0-9-]{0,39}"'), b'"customer":"C"'),
    (re.compile(rb'"(?!(?:' + WORDS + rb')")(?:[^"\\]|\\.)+"(?=\s*[,}\]])'), b'"~"'),
    (re.compile(rb'(?<![\w."-])\d+\.\d*[1-9](?![\w."])'), b"0.5"),
    (re.compile(rb'(?<![\w."-])[1-9]\d*(?![\w."])'), b"1"),
]


class Invalid(AssertionError):
    """An event that the published schema does not accept."""


@functools.cache
def _validator():
    schema = json.loads((ROOT / "docs" / "event.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


_forms = set()


def check(text):
    """The event in `text`; raises Invalid. Anything that is no event (a reject) passes."""
    if b'"ingest":{"id":' not in text:
        return
    form = text
    for pattern, sign in SIGNS:
        form = pattern.sub(sign, form)
    if form in _forms:
        return
    error = next(_validator().iter_errors(json.loads(text, parse_float=exactly)), None)
    if error is not None:
        raise Invalid(f"{list(error.absolute_path)}: {error.message[:200]} in {text[:400]!r}")
    _forms.add(form)
