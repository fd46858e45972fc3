# SPDX-License-Identifier: Apache-2.0
"""Event files with known content: tests/tools/gen_events.py, and the expected results of its lines."""
import functools
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from .places import ROOT

GENERATOR = ROOT / "tests/tools/gen_events.py"

# (events, rejects) of a damaged record, by the generator's kind. Written from the contract:
# values on one line are separate records; a byte order mark and invalid UTF-8 are repaired; lines
# of NULs are blank; a string broken by a newline is two lines that are not JSON.
DAMAGED = {
    "cut": (0, 1), "open_string": (0, 1), "glued": (2, 0), "garbage": (0, 1), "bad_utf8": (1, 0),
    "trailing_comma": (0, 1), "single_quotes": (0, 1), "nan": (0, 1), "plain_log": (0, 1), "array": (2, 0),
    "scalar": (0, 1), "empty_object": (0, 1), "wrapper:json": (1, 0), "wrapper:text": (0, 1),
    "raw_newline": (0, 2), "raw_control": (0, 1), "nul_block": (0, 0), "html": (0, 1), "long_garbage": (0, 1),
    "bom": (1, 0),
}


@dataclass
class File:
    text: bytes  # decompressed
    lines: int
    events: int
    rejects: int
    truth: list

    def gzip(self, members=1):
        """Compressed into this number of gzip members, which end at line ends."""
        lines = self.text.splitlines(keepends=True)
        step = -(-len(lines) // members) or 1
        return b"".join(gzip.compress(b"".join(lines[i:i + step]), 6, mtime=0)
                        for i in range(0, max(len(lines), 1), step))


def rejected(rejects):
    """Number of records that these reject values stand for."""
    return sum(reject.get("count", 1) for reject in rejects)


def _expected(truth):
    if truth["shape"] == "malformed":
        return DAMAGED[truth["kind"]]
    return truth["events"], 0


@functools.lru_cache(maxsize=64)  # one process for each set of arguments
def generate(count, seed, *options):
    """options: as on the generator's command line, such as "--malformed", ".02"."""
    with tempfile.TemporaryDirectory() as folder:
        truth = pathlib.Path(folder) / "truth"
        text = subprocess.run(
            [sys.executable, str(GENERATOR), "-n", str(count), "--seed", str(seed), "--truth", str(truth), *options],
            check=True, stdout=subprocess.PIPE).stdout
        rows = [json.loads(line) for line in truth.read_bytes().splitlines()]
    expected = [_expected(row) for row in rows]
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    return File(text, lines, sum(e for e, _ in expected), sum(r for _, r in expected), rows)
