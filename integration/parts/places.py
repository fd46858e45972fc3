# SPDX-License-Identifier: Apache-2.0
"""Paths and ports."""
import os
import pathlib
import random
import socket

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "asymptote-ingest"


def checkers():
    """The folder with promtool and the schemas of KEDA's objects: scripts/install-deps checkers."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return cache / "asymptote-ingest/checkers"


def binary():
    """The worker: $INGEST_BINARY, else the release build."""
    path = pathlib.Path(os.environ.get("INGEST_BINARY") or ROOT / "build/release/asymptote-ingest")
    if not path.exists():
        raise FileNotFoundError(f"{path}: build it (cmake --build --preset release) or set INGEST_BINARY")
    return path


def kafka_lib(version=None):
    """The folder of Kafka's jars, of $KAFKA_VERSION if none is given, as scripts/install-deps kafka has it."""
    version = version or os.environ.get("KAFKA_VERSION") or "4.4.0"
    lib = CACHE / f"kafka-{version}" / "lib"
    if not (lib / ".complete").exists():
        raise FileNotFoundError(f"{lib}: run scripts/install-deps kafka")
    return lib


def _outgoing_from():
    """The lowest port that the system uses for outgoing connections."""
    try:
        return int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return 32768


def _bind_any(s):
    """Below the ports of outgoing connections, which could take the port of a server that is being restarted."""
    low, high = 10_000, _outgoing_from()
    for _ in range(1000 if high > low + 1000 else 0):
        try:
            return s.bind(("127.0.0.1", random.SystemRandom().randrange(low, high)))
        except OSError:
            pass
    return s.bind(("127.0.0.1", 0))


def free_ports(count):
    """Ports that are free now. All are held until all are known, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            _bind_any(s)
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()
