# SPDX-License-Identifier: Apache-2.0
"""What `verify` sees of a running worker: how far notifications come, and one object from upload to Kafka."""
import json
import re
import subprocess

import pytest

from .parts.aws import KEYS
from .parts.places import binary
from .parts.process import clean_env
from .parts.strict import StrictWorld
from .parts.window import LISTEN, Window
from .parts.worker import config_text

EVENT = '{"timestamp": "2026-11-30T07:00:00Z", "user": "annabel", "action": "login"}\n'


class Verifying:
    """`verify --canary` while it waits."""

    def __init__(self, strict, *arguments):
        conf = strict.folder / "verify.conf"
        conf.write_text(config_text(strict.settings()))
        conf.chmod(0o600)
        env = {**clean_env(), "HOME": str(strict.folder), "AWS_EC2_METADATA_DISABLED": "true",
               **{k.upper(): v for k, v in KEYS.items()}}
        self.process = subprocess.Popen([str(binary()), "verify", "-c", str(conf), "--json", *arguments], env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)

    def waits(self):
        self.waiting = self.process.stderr.readline()
        assert self.waiting.startswith("canary: waiting "), self.waiting + self.process.communicate()[1]
        return self

    def lines(self):
        """{check: line}, when it has ended."""
        out, self.stderr = self.process.communicate(timeout=120)
        return {line["check"]: line for line in map(json.loads, out.splitlines())}


def _address(window):
    return f"127.0.0.1:{window.port}"


def _canary(strict, window, key, wait=60):
    return Verifying(strict, "acme", "--worker", _address(window), "--canary", key, "--wait", str(wait)).waits()


def test_the_canary_is_followed_from_the_upload_to_kafka(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("other", EVENT)
    strict.settled()
    running = _canary(strict, window, "2026/11/30/canary \"1\".jsonl")
    acme.put("another", EVENT)  # not the one that is waited for
    acme.put('2026/11/30/canary "1".jsonl', EVENT * 3 + "no event\n")
    line = running.lines()["canary"]
    assert running.process.returncode in (0, 1)  # other checks are not the subject here
    assert line["state"] == "ok", line
    found = re.match(r"(\d+\.\d) s from upload to Kafka: (\d+) events, (\d+) rejects, from (\S+)/\d+:\d+ on$", line["found"])
    assert found and float(found[1]) < 30 and found.groups()[1:3] == ("3", "1"), line
    assert found[4] in (strict.events_topic, strict.rejects_topic)
    assert 'canary "1".jsonl' in line["tried"]
    assert {e["method"] for e in strict.fake.log(service="s3")} == {"GET"}  # nothing is written by us


def test_an_earlier_version_of_the_canary_does_not_count(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("canary", EVENT)
    strict.settled()
    running = _canary(strict, window, f"s3://{acme.bucket}/{acme.prefix}/canary", wait=3)
    line = running.lines()["canary"]
    assert line["state"] == "FAIL" and line["found"].startswith("no upload was seen in 3 s"), line
    running = _canary(strict, window, f"{acme.prefix}/canary")
    acme.put("canary", EVENT * 2)
    line = running.lines()["canary"]
    assert line["state"] == "ok" and ": 2 events, 0 rejects" in line["found"], line


@pytest.mark.parametrize("body, options, found", [
    (EVENT, {"notify_queue": False}, "no message has come in the customer's queue since"),
    ("no event at all\n" * 2, {}, "s from upload to Kafka: 0 events, "),
], ids=["no-notification", "only-rejects"])
def test_what_stops_the_canary_is_named(strict: StrictWorld, body, options, found):
    acme = strict.customer("acme", unreadable="accept")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("first", EVENT)
    strict.settled()
    running = _canary(strict, window, "canary", wait=6)
    acme.put("canary", body, **options)
    line = running.lines()["canary"]
    assert line["state"] == "FAIL" and found in line["found"], line


def test_a_notification_of_another_prefix_is_named(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    running = _canary(strict, window, "canary", wait=6)
    acme.put("canary", EVENT, notify_queue=False)
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {
        "bucket": {"name": acme.bucket}, "object": {"key": "elsewhere/canary", "size": 5}}}
    acme.queue.send(json.dumps({"Records": [record]}))
    line = running.lines()["canary"]
    assert line["state"] == "FAIL" and "none for an object of the customer" in line["found"], line


@pytest.mark.parametrize("key, found", [("x.tmp", "ignores this key"),
                                        ("s3://other-bucket/x/h.jsonl", "names another bucket than "),
                                        ("s3://{bucket}/elsewhere/h", "is not below the prefix")])
def test_a_canary_that_the_worker_would_not_read_is_refused(strict: StrictWorld, key, found):
    acme = strict.customer("acme", ignore=["*.tmp"])
    done = Verifying(strict, "acme", "--canary", key.format(bucket=acme.bucket))
    line = done.lines()["canary"]
    assert line["state"] == "FAIL" and found in line["found"] and done.stderr == ""


def test_the_state_of_the_running_worker_is_told(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.customer("bolt", queue=acme.queue)

    def seen(*more):
        lines = Verifying(strict, "acme", *more).lines()
        return lines["notification.seen"]["state"], lines["notification.seen"]["found"]

    assert seen() == ("skip", "no worker is known: metrics.listen is not set")
    state, found = seen("--worker", "127.0.0.1:1")
    assert state == "skip" and found.startswith("no worker answers: ")
    window = Window(strict.start(metrics=LISTEN))
    where = ("--worker", _address(window))
    state, found = seen(*where)
    assert state == "warn" and found.startswith("no notification of the customer came yet, and its prefix has no object; ")
    acme.put("unnamed", EVENT, notify_queue=False)
    state, found = seen(*where)
    assert state == "warn" and found.startswith("no message came in its queue since the worker started; ")
    strict.customers[1].put("a", EVENT)
    strict.settled()
    state, found = seen(*where)
    assert state == "warn" and found.startswith("messages came in its queue, but none for an object of the customer")
    acme.put("a", EVENT)
    strict.settled()
    state, found = seen(*where)
    assert state == "ok"
    assert re.match(r"last message \d+ s ago, last one of the customer's \d+ s ago, last delivery \d+ s ago$", found)
    strict.customer("cork", queue=acme.queue)
    lines = Verifying(strict, "cork", *where).lines()
    assert lines["notification.seen"]["state"] == "warn"
    assert "the worker runs with another number of customers" in lines["notification.seen"]["found"]
    assert lines["notification.seen"]["change"] == "reload the worker, or restart it"


def test_a_canary_of_a_customer_that_the_worker_does_not_know_names_the_reload(strict: StrictWorld):
    strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    bolt = strict.customer("bolt", queue=strict.customers[0].queue)
    running = Verifying(strict, "bolt", "--canary", "canary", "--wait", "6", "--worker", _address(window))
    running.waits()
    bolt.put("canary", EVENT, notify_queue=False)
    line = running.lines()["canary"]
    assert line["state"] == "FAIL" and line["found"].endswith("reload it"), line


def test_a_canary_that_was_there_before_is_named_with_its_age(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("canary", EVENT)
    strict.settled()
    line = _canary(strict, window, "canary", wait=3).lines()["canary"]
    assert re.search(r"no upload was seen in 3 s: the object is there since \d+ s ago, before this began; put it again",
                     line["found"]), line


@pytest.mark.parametrize("arguments, message", [
    (("--all", "--canary", "x"), "needs one customer"), (("acme", "--canary", "x", "--wait", "0"), "--wait must be"),
    (("acme", "--worker", "nowhere"), "is not HOST:PORT")])
def test_wrong_options_are_refused_before_any_request(strict: StrictWorld, arguments, message):
    strict.customer("acme")
    done = Verifying(strict, *arguments)
    done.process.wait(30)
    assert done.process.returncode == 2 and message in done.process.stderr.read()
    assert strict.fake.log() == []
