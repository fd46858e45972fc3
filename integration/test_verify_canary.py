# SPDX-License-Identifier: Apache-2.0
"""What `verify` sees of a running worker: how far notifications come, and one object from upload to Kafka."""
import http.server
import json
import re
import subprocess
import threading
import time

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
    assert (state, found) == ("skip", "no notification of the customer came yet, and its prefix has no object")
    acme.put("unnamed", EVENT, notify_queue=False)
    state, found = seen(*where)
    assert state == "warn" and found.startswith("objects exist, but no message came in its queue since the worker started: the "
                                                 "notification may be missing; ")
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


def _worker_that_says(**samples):
    """A server with the few metrics that verify reads. Closed by the caller."""
    page = "".join(f"asymptote_ingest_{name} {value}\n" if not name.startswith("process") else f"{name} {value}\n"
                   for name, value in {"lanes": 4, "customers": 1, **samples}.items())

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _seen(strict, **samples):
    with _worker_that_says(**samples) as server:
        line = Verifying(strict, "acme", "--worker", f"127.0.0.1:{server.server_port}").lines()["notification.seen"]
        server.shutdown()
    return line


def test_objects_without_a_message_name_the_missing_notification(strict: StrictWorld):
    acme = strict.customer("acme")
    now = time.time()
    strict.fake.put_object(acme.bucket, acme.key("new"), EVENT, notify_queue=False, modified=int(now) - 300)
    line = _seen(strict, process_start_time_seconds=now - 3600)
    assert line["state"] == "warn" and "the notification is missing" in line["found"], line
    assert line["change"].startswith("the bucket's notifications: that for this queue is missing")
    late = {'last_notification_timestamp_seconds{queue="%s"}' % acme.queue.name: now - 900,
            'last_own_notification_timestamp_seconds{customer="acme"}': now - 900,
            'last_delivery_timestamp_seconds{customer="acme"}': now - 900}
    line = _seen(strict, process_start_time_seconds=now - 3600, **late)
    assert line["state"] == "warn" and "the notification is missing" in line["found"], line
    seen = {name: now - 290 for name in late}
    assert _seen(strict, process_start_time_seconds=now - 3600, **seen)["state"] == "ok"
    old = _seen(strict, process_start_time_seconds=now - 60)  # the object is older than the worker: it cannot know
    assert old["state"] == "warn" and "the notification may be missing" in old["found"], old
    strict.fake.put_object(acme.bucket, acme.key("newest"), EVENT, notify_queue=False, modified=int(now))
    assert _seen(strict, process_start_time_seconds=now - 3600, **seen)["state"] == "ok"  # its notification may be on the way


def test_a_paused_customer_is_not_told_to_change_the_notifications(strict: StrictWorld):
    acme = strict.customer("acme")
    acme.put("a", EVENT, notify_queue=False)
    line = _seen(strict, process_start_time_seconds=time.time() - 3600, **{'paused{customer="acme"}': 1})
    assert line["state"] == "warn" and line["found"].startswith("the customer is paused")
    assert "the other lines say" in line["change"] and "control resume" in line["change"]
    assert "notification" not in line["change"]


def test_an_empty_prefix_asks_for_no_change(strict: StrictWorld):
    strict.customer("acme")
    done = Verifying(strict, "acme")
    assert [c for c, line in done.lines().items() if line["state"] == "warn"] == ["object.read"]
    assert not any("change" in line for line in done.lines().values() if line["state"] in ("warn", "skip"))
