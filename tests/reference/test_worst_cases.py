# SPDX-License-Identifier: Apache-2.0
"""The lines of tests/worst are JSON, have the requested size, and are always the same."""
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "worst"))
import cases  # noqa: E402


@pytest.mark.parametrize("case", [c for c in cases.all_cases() if not c.lines], ids=lambda case: case.name)
@pytest.mark.parametrize("size", [65536, 262144])
def test_a_case_is_one_line_of_json_and_always_the_same(case, size):
    line = case.line(size)
    assert line == case.line(size)
    decoder, text = json.JSONDecoder(), line.decode()
    while text:
        _, end = decoder.raw_decode(text)
        text = text[end:].lstrip()
