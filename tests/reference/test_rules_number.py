# SPDX-License-Identifier: Apache-2.0
"""ingest.rules is raised with every change of any output (docs/spec/output.md §1).

tests/vectors/rules.json holds the number and, for each case of tests/vectors/normalize, a
digest of its input and of its output. An output that changed while its input did not needs a
higher number in include/event/normalize.h. To record, after raising it or adding lines:

    python3 tests/reference/test_rules_number.py --record

One raise for a release is enough. If the number was raised already since the last release, say so:
`--record --raised`.
"""
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent
CASES = ROOT / "tests" / "vectors" / "normalize"
RECORD = ROOT / "tests" / "vectors" / "rules.json"


def rules_number():
    header = (ROOT / "include" / "event" / "normalize.h").read_text()
    return int(re.search(r"INGEST_RULES = (\d+)", header).group(1))


def digest(path):
    """Of the lines, without the number itself: raising it alone changes no output."""
    text = re.sub(rb'"rules":\d+', b'"rules":N', path.read_bytes())
    return hashlib.sha256(text).hexdigest()[:32]


def now():
    return {case.name: [digest(case / "in.jsonl"), digest(case / "want.jsonl")]
            for case in sorted(CASES.iterdir())}


def changed(recorded):
    """Cases whose output is another although their input is the same."""
    return [name for name, (given, wanted) in now().items()
            if name in recorded and recorded[name][0] == given and recorded[name][1] != wanted]


def test_outputs_change_only_with_the_number_of_the_rules():
    record = json.loads(RECORD.read_text())
    if rules_number() == record["rules"]:
        assert changed(record["cases"]) == [], "raise INGEST_RULES in include/event/normalize.h"


def test_the_record_is_up_to_date():
    assert json.loads(RECORD.read_text()) == {"rules": rules_number(), "cases": now()}, \
        "run: python3 tests/reference/test_rules_number.py --record"


if __name__ == "__main__":
    if sys.argv[1:] not in (["--record"], ["--record", "--raised"]):
        sys.exit(__doc__)
    if RECORD.exists() and "--raised" not in sys.argv:
        test_outputs_change_only_with_the_number_of_the_rules()
    RECORD.write_text(json.dumps({"rules": rules_number(), "cases": now()}, indent=1) + "\n")
