# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told (sd_notify), as units of Type=notify use it."""
import socket

import pytest

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import TooLate, until


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []

    def told(self):
        """All messages so far, each a dict of its assignments."""
        while True:
            try:
                text = self.socket.recv(4096, socket.MSG_DONTWAIT).decode()
            except BlockingIOError:
                return self.messages
            self.messages.append(dict(line.split("=", 1) for line in text.split("\n")))

    def has(self, name, count=1):
        return sum(name in m for m in self.told()) >= count

    def fed(self):
        return sum("WATCHDOG" in m for m in self.told())


@pytest.fixture
def manager(tmp_path):
    found = Manager(tmp_path)
    yield found
    found.socket.close()


def test_start_reload_and_stop_are_told(strict: StrictWorld, manager):
    strict.customer("acme")
    worker = strict.start({"NOTIFY_SOCKET": manager.path})
    until(lambda: manager.has("READY"), "the worker is ready", 30, alive=worker)
    first, ready = manager.told()
    assert first == {"STATUS": "starting: asks AWS and Kafka"}
    assert ready == {"READY": "1", "STATUS": "running: 1 customers, 1 queues"}
    assert worker.reload(worker.conf.read_text())["msg"] == "reloaded"
    until(lambda: manager.has("READY", 2), "the reload has ended", 10, alive=worker)
    reloading, ready_again = manager.told()[2:]
    assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) > 0
    assert ready_again == ready
    assert worker.reload("nonsense")["msg"] == "configuration not reloaded"
    until(lambda: manager.has("READY", 3), "a refused configuration ends the reload, too", 10, alive=worker)
    worker.terminate()
    assert worker.wait(30) == 0
    assert manager.told()[-1] == {"STOPPING": "1", "STATUS": "stopping"}
    assert manager.fed() == 0  # the unit has no watchdog


def test_the_watchdog_is_fed_unless_a_thread_is_stalled(strict: StrictWorld, manager):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("a"), stall={"at": 1000, "s": 600})
    worker = strict.start({"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"},
                          metrics={"stalled_after": "1s"}, limits={"idle_timeout": "8s", "lanes": 2})
    until(lambda: manager.fed() >= 3, "the watchdog is fed while there is no work", 30, alive=worker)
    acme.put("a", generate(200, 5).text)

    def starves():
        before = manager.fed()
        try:
            until(lambda: manager.fed() > before, "fed", 1, alive=worker)  # ten times its interval
        except TooLate:
            return True
        return False

    until(starves, "the watchdog is not fed while the read is stalled", 15, alive=worker)
    count = manager.fed()
    until(lambda: manager.fed() > count, "it is fed again", 60, alive=worker)
    strict.settled(60)
