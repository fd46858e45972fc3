# SPDX-License-Identifier: Apache-2.0
"""/status.json of a running worker: the state of each customer, worst first."""
import json
import re

import boto3

from .parts.aws import KEYS, REGION
from .parts.events import generate
from .parts.places import ROOT
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window


def _status(window, query=""):
    status, text, headers = window.get("/status.json" + query)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/json", "no-store")
    return json.loads(text)


def test_each_customer_has_its_state_and_the_worst_is_first(strict: StrictWorld):
    fine, silent, dead = strict.customer("fine"), strict.customer("silent", cadence="1s"), strict.customer("dead")
    strict.customer("unheard")  # a worker that just began says nothing of it
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": dead.settings["role_arn"]},
                      error="AccessDenied", count=-1)
    fine.put("a", generate(20, 1).text)
    dead.put("a", generate(20, 2).text)
    window = Window(strict.start(metrics=LISTEN))
    window.await_("paused", 1, customer="dead")
    window.await_("delivery_lag_seconds_count", 1, customer="fine")
    window.await_("silent", 1, customer="silent")
    status = _status(window)
    assert [(c["customer"], c["state"]) for c in status["customers"]] == [
        ("dead", "paused"), ("silent", "silent"), ("unheard", "not_yet"), ("fine", "fresh")]
    assert status["counts"] == {"paused": 1, "late": 0, "unreadable": 0, "incomplete": 0, "silent": 1, "far_above": 0,
                                "not_yet": 1, "backfilling": 0, "fresh": 1}
    assert status["found"] == 4
    worst, quiet, _, good = status["customers"]
    assert worst["error"]["class"] == "denied" and worst["error"]["code"] == "AccessDenied"
    assert 0 < worst["next_try_ms"] <= 30000 and worst["cause"] == "the role cannot be assumed"
    assert "last_own_notification" in worst and "last_delivery" not in worst
    assert worst["back_off"] == 1 and status["time"] < worst["back_off_first"] <= worst["back_off_last"]
    assert "last_notification" not in quiet and quiet["since"] >= status["worker"]["started"]
    assert good["objects_done"] == 1 and good["events"] == 20 and good["rejects"] == 0 and good["lag_ms"] >= 0
    assert good["last_notification"] <= good["last_delivery"] <= status["time"]
    assert status["worker"]["ready"] and status["worker"]["kafka_up"] and not status["worker"]["stopping"]

    assert [c["customer"] for c in _status(window, "?state=paused")["customers"]] == ["dead"]
    assert [c["customer"] for c in _status(window, "?customer=fi")["customers"]] == ["fine"]
    page = _status(window, "?limit=1&offset=1")
    assert [c["customer"] for c in page["customers"]] == ["silent"] and page["found"] == 4
    assert window.get("/status.json?state=%3Cb%3E")[0] == 400
    assert window.get("/status.json?limit=1001")[0] == 400
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/status.md").read_text(), re.M))
    members = {m for c in status["customers"] for m in c} | set(status) | set(status["worker"])
    assert members <= documented, members - documented


def test_a_customer_of_which_nothing_arrives_in_kafka_is_late(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("a"), error="InternalError", count=-1)
    acme.put("a", generate(20, 1).text)
    window = Window(strict.start(metrics=LISTEN))
    (acme,) = until(lambda: _status(window, "?state=late")["customers"], lambda: window.worker.tail(), 60)
    assert acme["cause"].startswith("S3 or the KMS key") and "objects_done" in acme and acme["what_to_do"]


def test_a_customer_whose_objects_are_denied_names_the_error_and_the_command(strict: StrictWorld):
    """Three objects of three, too few for a pause; the state ends with the messages' next attempt."""
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", error="AccessDenied", count=3)
    for key in "abc":
        acme.put(key, generate(20, 1).text)
    window = Window(strict.start(metrics=LISTEN))
    window.await_("messages_in_back_off", 3, customer="acme")
    (acme,) = _status(window)["customers"]
    assert acme["state"] == "late" and acme["since"] and acme["back_off"] == 3
    assert acme["error"]["class"] == "denied" and acme["error"]["code"] == "AccessDenied"
    assert acme["cause"].startswith("reading objects was denied") and acme["runbook"].endswith("#denied")
    assert re.search(r"run: asymptote-ingest verify -c \S+\.conf acme --fix-hints;", acme["what_to_do"])


def test_hidden_messages_that_it_does_not_hold_are_no_yes(strict: StrictWorld):
    acme = strict.customer("acme")
    acme.put("hidden", generate(20, 1).text)
    sqs = boto3.client("sqs", endpoint_url=strict.fake.endpoint, region_name=REGION, **KEYS)
    (held,) = sqs.receive_message(QueueUrl=acme.queue.url, VisibilityTimeout=600)["Messages"]  # as a worker before
    window = Window(strict.start(metrics=LISTEN))
    acme.put("good", generate(20, 2).text)
    until(lambda: _status(window)["counts"]["fresh"] == 1, window.worker.tail, 60)
    status = _status(window)
    assert status["worker"]["not_held"] == 1 and status["customers"][0]["queue_not_held"] == 1
    text = window.get("/status.txt")[1]
    assert "fresh? Not known yet: 1 of 1 are.\n1 message is hidden in the queues and not held by this worker" in text
    assert re.search(r"^hidden there, not held +1$", window.get("/status.txt?one=acme")[1], re.M)
    page = window.get("/")[1]
    assert "verdict open" in page and "Not known yet: 1 of 1 are, but 1 message is hidden" in page

    sqs.change_message_visibility(QueueUrl=acme.queue.url, ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0)
    until(lambda: "fresh? Yes: 1 of 1 are.\nWorker" in window.get("/status.txt")[1],
          lambda: window.get("/status.txt")[1] + window.worker.tail(), 60)
    assert "not_held" not in _status(window)["customers"][0]


def test_an_answer_is_bounded_for_many_customers(strict: StrictWorld):
    queue = strict.queue()
    for n in range(300):
        strict.customer(f"c{n:03}", queue=queue, bucket=f"shared-{n}")
    window = Window(strict.start(metrics=LISTEN))
    window.await_("ready", 1)
    first = _status(window)
    assert len(first["customers"]) == 100 and first["found"] == 300 and first["counts"]["not_yet"] == 300
    seen = [c["customer"] for offset in range(0, 300, 100)
            for c in _status(window, f"?offset={offset}")["customers"]]
    assert sorted(seen) == [f"c{n:03}" for n in range(300)]
    assert len(_status(window, "?limit=1000")["customers"]) == 300
