# SPDX-License-Identifier: Apache-2.0
"""The autoscaling rule of deploy/kubernetes/overlays/keda, on numbers that a worker served and SQS answered.

A second of these runs is a minute of the load: bench/loads has such recordings, written with
INGEST_RECORD_LOADS=bench/loads, and bench/tests/test_autoscale.py simulates more of them."""
import json
import os
import pathlib
import time

import pytest
from bench.autoscale import read_rule, simulate

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.window import LISTEN, Window

SECONDS, LANES, DELAY_S = 60, 2, .2


def record(strict, name, fine, refused):
    """fine(second), refused(second): objects to put. The samples, and the load that was measured."""
    acme = strict.customer("acme")
    globex = strict.customer("globex", queue=acme.queue)
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": globex.settings["role_arn"]},
                      error="AccessDenied", count=-1)
    strict.fake.fault(service="s3", action="GetObject", delay_s=DELAY_S, count=-1)
    window = Window(strict.start(metrics=LISTEN, limits={"lanes": LANES}))
    samples, arrived, body = [], [], generate(1, 1).text
    begin = time.monotonic()
    for second in range(SECONDS):
        for n in range(fine(second)):
            acme.put(f"{second}-{n}", body)
        for n in range(refused(second)):
            globex.put(f"{second}-{n}", body)
        arrived.append((fine(second) + refused(second), refused(second)))
        time.sleep(max(0, begin + second + 1 - time.monotonic()))
        worker = json.loads(window.get("/status.json")[1])["worker"]
        worker |= {"hidden": window.value("queue_messages", queue=acme.queue.name, state="in_flight") or 0,
                   "done": window.value("objects_total", customer="acme", outcome="done") or 0}
        samples.append(worker)
    busy = sum(s["lanes_busy"] for s in samples)
    object_ms = max(1000 * DELAY_S, 1000 * busy / max(1, samples[-1]["done"]))  # few objects may miss all samples
    rows = [{"arrived": a, "refused": r, "object_ms": round(object_ms * 60)} for a, r in arrived]
    if os.environ.get("INGEST_RECORD_LOADS"):
        text = "arrived,refused,object_ms\n" + "".join(f"{r['arrived']},{r['refused']},{r['object_ms']}\n" for r in rows)
        (pathlib.Path(os.environ["INGEST_RECORD_LOADS"]) / f"{name}.csv").write_text(text)
    return samples, rows


def wanted(rule, worker, replicas=1):
    """What the triggers ask for, with the values of a worker."""
    seen = {**worker, "visible": worker["backlog_visible"], "visible and hidden": worker["backlog_visible"] + worker["hidden"]}
    return max(-(-seen[t.value] // t.target) for t in rule.triggers)


def test_the_rule_sees_a_burst_and_its_end(strict: StrictWorld):
    rule = read_rule(backlog_target=500)
    samples, rows = record(strict, "burst", lambda s: 60 if 5 <= s < 15 else 2 if s < 15 else 0, lambda s: 0)
    for trigger in rule.triggers:
        trigger.target /= 10  # of pods with 600 messages instead of 6,000
    most = max(wanted(rule, s) for s in samples)
    assert most >= 10, [(s["backlog"], s["backlog_visible"], s["inbox_messages"], s["lanes_busy"], s["done"], s["hidden"]) for s in samples]
    assert any(s["backlog_age_ms"] > 2000 for s in samples)
    result = [r["replicas"] for r in simulate(rows + [{"arrived": 0, "refused": 0, "object_ms": 1}] * 60, rule)]
    assert max(result) >= 8 and result[-1] == 0


def test_the_rule_is_not_held_up_by_messages_in_back_off(strict: StrictWorld):
    samples, rows = record(strict, "refused", lambda s: 1 if s < 20 else 0, lambda s: 20 if s < 20 else 0)
    last = next((s for s in samples[:-20:-1] if s["lanes_busy"] == 0), samples[-1])  # between two probes
    assert last["hidden"] >= 300 and last["backlog"] == last["lanes_busy"] == 0, last
    assert wanted(read_rule(), last) == 0
    assert wanted(read_rule(scale_on_in_flight=True), last) >= 1  # a pod that can do nothing, as long as it lasts
