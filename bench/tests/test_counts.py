# SPDX-License-Identifier: Apache-2.0
"""A loss or a duplicate that is injected ends the benchmark: with a real worker and a real Kafka."""
import gzip
import subprocess
import sys
from dataclasses import replace

import pytest

from bench import measure
from bench.data import BUCKET, PREFIX, Dataset
from bench.figures import WrongCount
from integration.parts.places import ROOT

OBJECTS, LINES = 6, 20


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    for program in ("bench/bench_count", "bench/bench_limit", "integration/fakeaws/fast/fakeaws-fast"):
        if not (measure.BUILD / program).exists():
            pytest.skip(f"{program} is not built (cmake --preset release -DINGEST_BENCH=ON)")
    with measure.World(tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture
def data(tmp_path):
    text = subprocess.run([sys.executable, ROOT / "tests/tools/gen_events.py", "-n", str(OBJECTS * LINES), "--seed", "5"],
                          check=True, stdout=subprocess.PIPE).stdout
    lines = text.splitlines(keepends=True)
    rows, files, body = [], [], b""
    for i in range(OBJECTS):
        part = gzip.compress(b"".join(lines[i * LINES:(i + 1) * LINES]))
        path = tmp_path / f"{i}.gz"
        path.write_bytes(part)
        files.append(str(path))
        rows.append(f"bench-0\t{BUCKET}\t{PREFIX}/{i}.jsonl.gz\t{len(body)}\t{len(part)}\n")
        body += part
    (tmp_path / "data").write_bytes(body)
    made = Dataset(str(tmp_path / "index"), str(tmp_path / "data"), OBJECTS, OBJECTS * LINES, len(text), files)
    return made, lambda chosen: (tmp_path / "index").write_text("".join(rows[i] for i in chosen))


@pytest.mark.parametrize("served, told", [
    ([0, 1, 2, 3, 4], f"{LINES} lost"),
    ([0, 1, 2, 3, 4, 5, 5], f"{LINES} too many"),
    ([0, 1, 2, 3, 4, 4], f"{LINES} doubled, {LINES} origins missing"),
], ids=["lost", "doubled", "as many lost as doubled"])
def test_a_planted_loss_or_double_is_no_result(world, data, served, told):
    """The fake serves other objects than were counted."""
    counted, index = data
    index(served)
    with pytest.raises(WrongCount, match=told):
        measure.run_worker(world, replace(counted, objects=len(served)), lanes=2)


def test_what_arrives_once_is_a_result_also_over_tls(world, data):
    counted, index = data
    index(range(OBJECTS))
    for tls in (False, True):
        got = measure.run_worker(world, counted, lanes=2, replicas=2, tls=tls)
        assert got["records"] == OBJECTS * LINES and got["wall_s"] > 0 and got["received_again"] == 0


def test_the_lag_is_known_from_both_sides(world, data):
    counted, index = data
    index(range(OBJECTS))
    got = measure.run_worker(world, counted, lanes=2, rate=50)
    assert 0 <= got["lag_p50_ms"] <= got["lag_deleted_p99_ms"] < 30000
    assert got["wall_s"] >= (OBJECTS - 1) / 50


def test_programs_that_drop_a_line_are_found_out(world, data):
    counted, _ = data
    assert measure.run_program(world, counted, "bench_limit", exact=True)["records"] == OBJECTS * LINES
    with pytest.raises(WrongCount, match="20 lost"):
        measure.run_program(world, replace(counted, files=counted.files[1:]), "bench_limit")
