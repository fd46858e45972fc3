# SPDX-License-Identifier: Apache-2.0
"""ingest.rules is raised with every change of any output (docs/kafka-contract.md §1).

tests/vectors/rules.json has the number and, for each case of tests/vectors/normalize, digests of
its input and of its output. An output that changed while its input did not requires a higher number
in include/event/record/origin.h. To record, after raising it or adding lines:

    python3 tests/reference/test_rules_number.py --record

One raise per release is enough. If the number was raised already since the last release: `--record
--raised`.
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
    header = (ROOT / "include" / "event" / "record" / "origin.h").read_text()
    return int(re.search(r"INGEST_RULES = (\d+)", header).group(1))


def digest(lines):
    """Without the number itself, since raising it changes no output."""
    text = re.sub(rb'"rules":\d+', b'"rules":N', b"\n".join(lines))
    return hashlib.sha256(text).hexdigest()[:32]


def number_of(record):
    """The number of the input line of a record."""
    value = json.loads(record.decode("utf-8", "surrogateescape"))
    return value.get("ingest", value)["line"]


def state(case, lines=None):
    """The first `lines` lines of a case (default: all): their number, a digest of them, and a digest of their
    output."""
    given = (case / "in.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")
    given = given[:lines] if lines else given
    wanted = [record for record in (case / "want.jsonl").read_bytes().split(b"\n")
              if record and number_of(record) <= len(given)]
    return [len(given), digest(given), digest(wanted)]


def now():
    return {case.name: state(case) for case in sorted(CASES.iterdir())}


def changed(recorded):
    """Cases whose output changed although their input is the same or only got longer."""
    return [name for name, (lines, given, wanted) in recorded.items()
            for _, given_now, wanted_now in [state(CASES / name, lines)]
            if given == given_now and wanted != wanted_now]


def test_outputs_change_only_with_the_number_of_the_rules():
    record = json.loads(RECORD.read_text())
    if rules_number() == record["rules"]:
        assert changed(record["cases"]) == [], "raise INGEST_RULES in include/event/record/origin.h"


def test_the_record_is_up_to_date():
    assert json.loads(RECORD.read_text()) == {"rules": rules_number(), "cases": now()}, \
        "run: python3 tests/reference/test_rules_number.py --record"


if __name__ == "__main__":
    if sys.argv[1:] not in (["--record"], ["--record", "--raised"]):
        sys.exit(__doc__)
    if RECORD.exists() and "--raised" not in sys.argv:
        test_outputs_change_only_with_the_number_of_the_rules()
    RECORD.write_text(json.dumps({"rules": rules_number(), "cases": now()}, indent=1) + "\n")
