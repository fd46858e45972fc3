# SPDX-License-Identifier: Apache-2.0
"""The time of check-config is in proportion to the numbers of customers and queues. Instructions are counted, so
the test does not depend on the machine or its load."""
import re
import subprocess

import pytest

from bench.scale import main_text, requests_a_day, write_customers
from integration.parts.places import binary
from integration.parts.process import clean_env

FIRST, TIMES, QUEUES = 500, 4, 5  # customers; how many times as many; customers of a queue
MOST = 1.1 * TIMES                # sorting has a logarithm; comparing each pair is above


def instructions(folder, customers):
    folder.mkdir()
    queues = customers // QUEUES
    (folder / "worker.conf").write_text(main_text(queues, "http://127.0.0.1:9", "127.0.0.1:9", "127.0.0.1:0"))
    write_customers(folder / "customers.d", customers, queues)
    out = folder / "callgrind"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", binary(), "check-config", "-c",
                    folder / "worker.conf"], check=True, capture_output=True, env=clean_env(), timeout=300)
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1])


def test_check_config_has_no_quadratic_step(tmp_path):
    base = instructions(tmp_path / "few", QUEUES)
    first = instructions(tmp_path / "first", FIRST) - base
    more = instructions(tmp_path / "more", FIRST * TIMES) - base
    assert more <= MOST * first, f"{TIMES} times as many customers and queues cost {more / first:.2f} times as much"


def test_requests_of_idle_queues():
    assert requests_a_day(1) == pytest.approx(4320 + 1440 + 288)
    assert requests_a_day(200, attributes_s=0) == pytest.approx(200 * 4320)
