# SPDX-License-Identifier: Apache-2.0
"""Kafka, moto and the strict fake are started once for all tests; each test has its own world."""
import pytest

from .fakeaws import FakeAws
from .parts.aws import Moto
from .parts.kafka import Kafka, one_controller
from .parts.secured import Secured
from .parts.strict import StrictWorld
from .parts.world import World


def pytest_addoption(parser):
    parser.addoption("--object-mib", type=int, default=2048,
                     help="decompressed size of the one large object (default: 2048)")
    parser.addoption("--drill-s", type=float, default=15,
                     help="how long each fault of the outage drill lasts, Kafka's twice (default: 15)")
    parser.addoption("--reloads", type=int, default=25,
                     help="number of random reloads under load (default: 25)")
    parser.addoption("--backfill-keys", type=int, default=100_000,
                     help="number of keys of the large backfill (default: 100000)")
    parser.addoption("--drill-traffic-s", type=float, default=0,
                     help="each customer of the outage drill gets an object this often (default: only one a fault)")
    parser.addoption("--drill-dir", help="where the drill's log and the metrics before and after each fault are kept")
    parser.addoption("--attacks", choices=("short", "all"), default="all",
                     help="which attacks test_hostile makes (default: all)")
    parser.addoption("--screens", action="store_true",
                     help="make the README's picture and the screens of docs/status.md again, after two minutes under load")
    parser.addoption("--figures", help="file to which test_hostile appends its figures, a JSON object a line")
    parser.addoption("--away-s", type=float, default=14, help="how long Kafka is unreachable in its test (default: 14)")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    with Kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def secured(tmp_path_factory):
    with Secured(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    """Two nodes: pair.kill_node(1) keeps the quorum, pair.start_node(1) starts the second one again."""
    with Kafka(tmp_path_factory.mktemp("pair"), nodes=2, extra=one_controller) as running:
        yield running


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    with Moto(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture
def world(kafka, moto, tmp_path):
    made = World(kafka, moto, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def fakeaws():
    with FakeAws(use_tls=True) as running:
        yield running


@pytest.fixture
def strict(kafka, fakeaws, tmp_path):
    """As `world`, with the strict fake of AWS."""
    made = StrictWorld(kafka, fakeaws, tmp_path)
    try:
        yield made
    finally:
        made.close()
