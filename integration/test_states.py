# SPDX-License-Identifier: Apache-2.0
"""The page of all states of the log, docs/states.md, and what compares logs with it."""
import pytest

from .parts import states
from .parts.worker import logfmt

GOOD = ('level=warn msg="object later" customer=acme object=s3://b/k error=denied retry_after_s=800 '
        'next="read again after the delay; correct the policy of the bucket or of the role"')


def test_a_line_of_the_page_is_none_to_complain_of():
    assert states.complaints([logfmt(GOOD), logfmt("level=info msg=anything"), {}]) == []


@pytest.mark.parametrize("line", [
    GOOD.replace("object later", "object late"),
    GOOD.replace("level=warn", "level=error"),
    GOOD.replace("error=denied", "error=refused"),
    GOOD[:GOOD.index(" next=")] + ' next="again"',
    'level=error msg="customer paused" customer=acme error=denied',
], ids=["another text", "another level", "an unknown class", "another next", "no next"])
def test_a_line_that_is_not_in_the_page_is_found(line):
    assert len(states.complaints([logfmt(line)])) == 1


def test_the_page_has_a_state_for_each_outcome():
    texts, classes = states.outcomes()
    assert {"again", "throttled", "denied", "kms", "gone", "archived", "data", "format", "limit", "config", "skew",
            "lost", "stopped", "superseded"} <= classes
    assert all(len(text) > 10 for text in texts)
    assert {"object done", "object later", "object left", "notification left", "customer paused"} <= set(states.states())
