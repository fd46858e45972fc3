# SPDX-License-Identifier: Apache-2.0
"""The worker repeats reconcile (reconcile.interval): it names exactly the objects whose notifications were dropped, by
metric, ops event, state and log, and says when they are there. Neither delivery nor a stop waits for it."""
import json
import time

import pytest

from .parts.commands import Command
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
from .test_ops_events import Ops, ops  # noqa: F401
from .test_reconcile import EVENT, put

INTERVAL_S = 10  # the shortest
OFTEN = {"reconcile": {"interval": f"{INTERVAL_S}s", "range": "1h", "delay": "1s"}, "metrics": LISTEN}


def start(strict, ops, **more):
    """A worker whose ops topic has begun before the objects of the test."""
    worker = strict.start(kafka={"ops_topic": ops.name}, **OFTEN | more)
    worker.logged(msg="started")
    time.sleep(2)  # S3 has seconds
    return worker, Window(worker)


def found(window, customer):
    return window.value("reconcile_missing", customer=customer)


def state(window, customer):
    (told,) = [c for c in json.loads(window.get("/status.json")[1])["customers"] if c["customer"] == customer]
    return told


def await_missing(window, customer, count, seconds=4 * INTERVAL_S):
    until(lambda: found(window, customer) == count, lambda: f"{found(window, customer)}; {window.worker.tail()}", seconds,
          every=0.2, alive=window.worker)


@pytest.mark.slow
def test_it_names_exactly_what_was_dropped_and_says_when_it_is_there(strict: StrictWorld, ops: Ops):  # noqa: F811
    acme, bolt = strict.customer("acme"), strict.customer("bolt")
    worker, window = start(strict, ops)
    for n in range(10):
        put(strict, acme, f"{n}", EVENT % n, age_s=0)
        put(strict, bolt, f"{n}", EVENT % n, age_s=0)
    dropped = ["lost-0", 'q"\\uote', "ключ"]
    for name in dropped:
        put(strict, acme, name, dropped=True, age_s=0)
    until(lambda: strict.count() == 20, worker.tail, 60)
    await_missing(window, "acme", len(dropped))
    await_missing(window, "bolt", 0)
    keys = sorted(acme.key(name) for name in dropped)
    told = ops.await_(1, "reconcile.result", customer="acme", result="missing")[-1]
    assert (told["missing"], sorted(told["keys"]), told.get("more_keys")) == (3, keys, None)
    assert not ops.data("reconcile.result", customer="bolt", result="missing")
    (line,) = worker.lines(msg="objects are missing")
    assert (line["customer"], line["missing"]) == ("acme", "3") and line["first"] in keys
    shown = state(window, "acme")
    assert (shown["state"], shown["missing"]) == ("incomplete", 3) and "reconcile" in shown["what_to_do"]
    assert state(window, "bolt")["missing"] == 0
    before = {a: sum(e["action"] == a for e in strict.fake.log(service="s3")) for a in ("ListObjectsV2", "GetObject")}
    assert before["GetObject"] == 20 and before["ListObjectsV2"] <= 12
    now = int(strict.fake.clock()["wall"])
    sent = Command(strict.folder, "reconcile", strict.settings(kafka={"ops_topic": ops.name}), "acme", "--enqueue", "--json",
                   "--to", str(now))
    assert sent.json()[0]["enqueued"] == 3, sent.stderr
    until(lambda: strict.count() == 23, worker.tail, 60)
    await_missing(window, "acme", 0)
    (line,) = worker.lines(msg="no object is missing")
    assert (line["customer"], line["missing_before"]) == ("acme", "3")
    ops.await_(1, "reconcile.result", customer="acme", result="complete", missing_before=3)
    assert state(window, "acme")["state"] in ("fresh", "backfilling")  # --enqueue sends as a backfill does
    assert strict.count() == 23


@pytest.mark.slow
def test_a_reload_turns_it_on_and_off_and_a_denied_list_is_told(strict: StrictWorld, ops: Ops):  # noqa: F811
    acme = strict.customer("acme")
    worker, window = start(strict, ops, reconcile={})
    put(strict, acme, "there", EVENT % 1, age_s=0)
    put(strict, acme, "lost", dropped=True, age_s=0)
    until(lambda: strict.count() == 1, worker.tail, 60)
    assert found(window, "acme") is None
    worker.reload(strict.settings(kafka={"ops_topic": ops.name}, **OFTEN))
    await_missing(window, "acme", 1)
    strict.fake.fault(service="s3", action="ListObjectsV2", error="AccessDenied", count=-1)
    until(lambda: window.value("reconcile_failing", customer="acme") == 1, worker.tail, 40, alive=worker)
    (line,) = worker.logged(msg="objects not compared")
    assert (line["customer"], line["error"]) == ("acme", "denied")
    assert found(window, "acme") == 1  # as it was found before
    ops.await_(1, "reconcile.result", customer="acme", result="not_compared")
    assert state(window, "acme")["not_compared"] is True
    worker.reload(strict.settings(kafka={"ops_topic": ops.name}, **OFTEN | {"reconcile": {}}))
    lists = len([e for e in strict.fake.log(service="s3") if e["action"] == "ListObjectsV2"])
    time.sleep(INTERVAL_S + 2)
    assert len([e for e in strict.fake.log(service="s3") if e["action"] == "ListObjectsV2"]) == lists
    put(strict, acme, "more", EVENT % 2, age_s=0)
    until(lambda: strict.count() == 2, worker.tail, 60)


@pytest.mark.slow
def test_neither_delivery_nor_a_stop_waits_for_it(strict: StrictWorld, ops: Ops):  # noqa: F811
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="ListObjectsV2", hang_s=15, count=-1)
    worker, window = start(strict, ops)

    def hangs():
        return any(e["action"] == "ListObjectsV2" for e in strict.fake.log(service="s3"))
    until(hangs, "S3 did not answer for 15 s, and is asked again", 60, every=0.2, alive=worker)
    time.sleep(3)  # the request is repeated
    began = time.monotonic()
    put(strict, acme, "meanwhile", EVENT % 1, age_s=0)
    worker.logged(msg="object done")
    assert time.monotonic() - began < 5
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 5, worker.tail()


@pytest.mark.slow
def test_an_ops_topic_that_is_gone_is_told_once_for_all_customers(strict: StrictWorld, ops: Ops):  # noqa: F811
    strict.customer("acme"), strict.customer("bolt")
    worker = strict.start(kafka={"ops_topic": ops.name}, **OFTEN)
    ops.kafka.delete_topic(ops.name)
    (line,) = worker.logged(3 * INTERVAL_S, msg="ops topic cannot be read")[:1]
    assert line["customers"] == "2" and ops.name in line["detail"], line
    window = Window(worker)
    until(lambda: window.value("reconcile_failing", customer="bolt") == 1, worker.tail, 10, every=0.2, alive=worker)
    assert worker.lines(msg="objects not compared") == []
    ops.kafka.create_topic(ops.name, partitions=1)
    until(lambda: window.value("reconcile_failing", customer="bolt") != 1, worker.tail, 40, every=0.2, alive=worker)
