# SPDX-License-Identifier: Apache-2.0
"""The worker repeats the checks of its customers' roles by a timer: idle customers are checked too, delivery does not
wait for it, and neither does a stop."""
import time

import pytest

from integration.fakeaws import policy

from .parts.aws import unique
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
from .test_ops_events import Ops

INTERVAL = {"verify": {"interval": "60s"}}  # the shortest
EVENT = '{"user":"ana","action":"read"}\n'


@pytest.fixture
def ops(kafka):
    name = kafka.create_topic(unique("ops"), partitions=2)
    yield Ops(kafka, name)
    kafka.delete_topic(name)


def _trust_anybody(strict, customer):
    strict.fake.change_role(customer.settings["role_arn"], trust=policy(
        {"Effect": "Allow", "Principal": {"AWS": strict.user["arn"]}, "Action": "sts:AssumeRole"}))


@pytest.mark.slow
def test_idle_customers_are_checked_by_a_timer(strict: StrictWorld, ops: Ops):
    wide, gone = strict.customer("wide"), strict.customer("gone")
    strict.customer("right")
    strict.fake.remove_role(gone.settings["role_arn"])
    worker = strict.start(kafka={"ops_topic": ops.name}, metrics=LISTEN, **INTERVAL)
    window = Window(worker)
    worker.logged(70, count=2, msg="external id probed")
    (line,) = worker.logged(70, msg="external id not checked")
    assert (line["customer"], line["error"]) == ("gone", "denied")
    assert strict.fake.log(service="s3") == []  # there is no object
    _trust_anybody(strict, wide)
    (line,) = worker.logged(70, msg="customer paused")
    assert line["customer"] == "wide" and line["error"] == "config" and "external id" in line["detail"]
    assert worker.logged(msg="external id probed", customer="right")
    assert window.value("role_checks_total", result="disproved") >= 1
    assert window.value("role_checks_total", result="not_checked") >= 1
    changes = ops.await_(4, "verify.changed")
    seen = {(e["customer"], e["result"], e.get("before"), e.get("error", {}).get("class")) for e in changes}
    assert seen == {("wide", "proved", None, None), ("right", "proved", None, None),
                    ("gone", "not_checked", None, "denied"), ("wide", "disproved", "proved", "config")}
    assert {e["check"] for e in changes} == {"external_id"}
    wide.put("a", EVENT)  # is not read
    worker.logged(msg="role not assumed", customer="wide")
    assert strict.count() == 0


@pytest.mark.slow
def test_neither_delivery_nor_a_stop_waits_for_a_check(strict: StrictWorld):
    idle, busy = strict.customer("idle"), strict.customer("busy")
    worker = strict.start(**INTERVAL)
    busy.put("first", EVENT)
    worker.logged(msg="external id probed", customer="busy")
    worker.logged(msg="object done", customer="busy")
    role = idle.settings["role_arn"]  # a lane of the other one may wait for its own check, which is due by its use
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": role}, hang_s=14, count=-1)

    def hangs():
        busy.put(f"{time.monotonic()}", EVENT)
        asked = (e for e in strict.fake.log(service="sts")[before:] if e["action"] == "AssumeRole")
        return any(e["params"]["RoleArn"] == role for e in asked)
    before = len(strict.fake.log(service="sts"))
    until(hangs, "the timer asks STS, which does not answer", 70, every=1, alive=worker)
    done = len(worker.lines(msg="object done"))
    began = time.monotonic()
    busy.put("while it hangs", EVENT)
    worker.logged(msg="object done", count=done + 1)
    assert time.monotonic() - began < 5
    assert idle.queue.depth() == 0
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 5, worker.tail()
