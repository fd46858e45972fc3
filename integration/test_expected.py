# SPDX-License-Identifier: Apache-2.0
"""A customer that does not send as often and as much as its entry says, and the shipped alerts about it."""
import json

from .parts.commands import Command
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window


def _status(window):
    return {c["customer"]: c for c in json.loads(window.get("/status.json")[1])["customers"]}


def test_a_customer_that_stops_writing_is_silent_until_it_writes_again(strict: StrictWorld):
    acme, weekly = strict.customer("acme", cadence="2s"), strict.customer("weekly", cadence="7d")
    acme.put("a", generate(5, 1).text)
    weekly.put("a", generate(5, 2).text)
    window = Window(strict.start(metrics=LISTEN))
    worker = window.worker
    until(lambda: worker.lines(msg="customer silent", customer="acme"), worker.tail, 40)
    told = _status(window)
    assert told["acme"]["state"] == "silent" and told["weekly"]["state"] == "fresh"
    assert window.value("silent", customer="acme") == 1 and window.value("silent", customer="weekly") == 0
    backfill = Command(strict.folder, "backfill", strict.settings(), "acme")
    assert backfill.status == 0, backfill.stderr
    until(lambda: strict.count() == 15, worker.tail, 40)  # the object once more
    assert _status(window)["acme"]["state"] == "silent"  # that was no notification
    acme.put("b", generate(5, 3).text)
    until(lambda: worker.lines(msg="customer not silent any more", customer="acme"), worker.tail, 40)


def test_a_volume_far_above_is_said(strict: StrictWorld):
    text = generate(50, 1).text
    acme = strict.customer("acme", daily_volume=f"{len(text)}B")
    fine = strict.customer("fine", daily_volume=f"{len(text)}B")
    for n in range(3):
        acme.put(f"{n}", text)
        fine.put(f"{n}", text)
    window = Window(strict.start(metrics=LISTEN))
    worker = window.worker
    until(lambda: strict.count() == 300, worker.tail, 40)
    done = Command(strict.folder, "backfill", strict.settings(), "acme")
    assert done.status == 0, done.stderr
    until(lambda: strict.count() == 450, worker.tail, 40)
    acme.put("3", text[:-1])
    until(lambda: worker.lines(msg="volume far above what is expected", customer="acme"), worker.tail, 40)
    (line,) = worker.logged(msg="volume far above what is expected")
    assert int(line["day_bytes"]) == 4 * len(text) - 1  # not those of the backfill
    assert window.value("far_above", customer="acme") == 1 and window.value("far_above", customer="fine") == 0
    told = _status(window)
    assert told["acme"]["state"] == "far_above" and told["acme"]["what_to_do"].startswith("ask the customer")
    assert told["fine"]["state"] == "silent" or told["fine"]["state"] == "fresh"
