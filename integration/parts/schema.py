# SPDX-License-Identifier: Apache-2.0
"""Validates every event that a test reads (cluster.read, normalize) with docs/event.schema.json.

A validation takes half a millisecond, and tests read hundreds of thousands of events that differ
only in texts and numbers. So one event of each form is validated. A form is the event's text with a
sign in place of each text, time, id and whole number.
"""
import functools
import json
import re

import jsonschema

from tests.reference.test_vectors import exactly

from .places import ROOT

# Words that the schema names are kept, and so are member names, which precede a colon.
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
    """An event that does not conform to the published schema."""


@functools.cache
def _validator():
    schema = json.loads((ROOT / "docs" / "event.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


_forms = set()


def check(text):
    """Raises Invalid if `text` is an event that does not conform. Other texts (rejects) pass."""
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
