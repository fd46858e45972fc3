# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of bench/overhead, with constructed runs."""
import pytest

from bench.overhead import compared, table
from bench.data import Dataset


def test_a_difference_is_that_of_two_runs_of_one_round():
    rows = compared({"off": [1.0, 2.0, 4.0], "on": [1.1, 2.0, 4.8]}, gigabytes=2)
    assert rows["off"] == (1.0, 0, 0, 0)
    assert rows["on"][0] == 1.0 and rows["on"][1:] == pytest.approx((10, 0, 20))
    text = table("big", 3, Dataset("", "", 1, 1, 2 * 10**9, []), rows)
    assert "2.00 GB, 3 rounds" in text and "| on | 1.000 | +10.0 % | +0.0 % | +20.0 % |" in text
