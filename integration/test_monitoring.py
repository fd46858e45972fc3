# SPDX-License-Identifier: Apache-2.0
"""What the worker tells of itself at /metrics, /healthz and /readyz, read by Prometheus' own parser."""
import collections
import http.client
import json
import re
import signal
import socket
import threading
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .parts.events import generate, rejected
from .parts.places import ROOT, free_ports
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

def _documented():
    """{name: (type, {labels})} of docs/monitoring.md."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, -]+) \| .* \|$", (ROOT / "docs/monitoring.md").read_text(), re.M)
    return {name: (kind, set() if labels == "-" else set(labels.split(", "))) for name, kind, labels in rows}


def test_the_page_agrees_with_what_was_delivered_and_with_the_documents(strict: StrictWorld):
    acme, globex = strict.customer("acme"), strict.customer("globex")
    files = [generate(300, n, "--malformed", ".1") for n in range(3)]
    for n, file in enumerate(files):
        acme.put(f"{n}.gz", file.gzip())
    globex.put("a", generate(50, 9).text)
    globex.put("empty", b"")
    globex.queue.send("no notification at all")
    window = Window(strict.start(metrics=LISTEN))
    strict.settled(left=1)  # what cannot be parsed is left for the dead-letter queue
    window.await_("messages_deleted_total", 5)

    events, rejects = strict.events(), strict.rejects()
    for id, objects in (("acme", 3), ("globex", 2)):
        mine = [e for _, e in events if e["ingest"]["customer"] == id]
        refused = [r for _, r in rejects if r["customer"] == id]
        assert window.value("events_total", customer=id) == len(mine) > 0
        assert window.value("rejects_total", customer=id) == rejected(refused)
        for reason in {r["reason"] for r in refused}:
            assert window.value("rejects_total", customer=id, reason=reason) == rejected(
                r for r in refused if r["reason"] == reason)
        assert window.value("records_acked_total", customer=id) == len(mine) + len(refused)
        assert window.value("objects_total", customer=id, outcome="done") == objects
        assert window.value("delivery_lag_seconds_count", customer=id) == objects
        assert abs(time.time() - window.value("last_delivery_timestamp_seconds", customer=id)) < 120
        assert window.value("last_own_notification_timestamp_seconds", customer=id) <= window.value(
            "last_delivery_timestamp_seconds", customer=id)
    assert window.value("text_bytes_total", customer="acme") == sum(len(f.text) for f in files)
    assert window.value("object_bytes_total", customer="acme") == sum(len(f.gzip()) for f in files)
    assert window.value("objects_empty_total", customer="globex") == 1
    assert window.value("notifications_left_total", reason="unreadable") >= 1
    assert window.value("messages_received_total", queue=acme.queue.name) == 3
    received = window.value("last_notification_timestamp_seconds", queue=acme.queue.name)
    assert 0 <= window.value("last_delivery_timestamp_seconds", customer="acme") - received < 60
    assert window.value("messages_held", queue=acme.queue.name) == 0
    assert window.value("unacked_bytes") == window.value("kafka_queue_bytes") == 0
    assert window.value("credentials_expiry_timestamp_seconds", customer="acme") > time.time()
    assert window.value("worker_credentials_expiry_timestamp_seconds") == float("inf")

    documented = _documented()
    shown = {}
    for family in window.families().values():
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {k for s in family.samples for k in s.labels} - {"le"}
        assert family.documentation and documented[name][0] == family.type, name
        assert labels == documented[name][1] or not family.samples, name
        shown[name] = family
    assert set(shown) == set(documented)


def test_a_backlog_is_what_could_start_now(strict: StrictWorld):
    """Messages in back-off are none of it; those in the queue and in the inbox are."""
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("denied"), error="AccessDenied", count=-1)
    acme.put("denied", generate(2, 1).text)
    window = Window(strict.start(metrics={**LISTEN, "queue_interval": "1s"}, limits={"lanes": 1, "idle_timeout": "60s"}))
    window.await_("queue_messages", 1, queue=acme.queue.name, state="in_flight")
    window.await_("objects_total", 1, customer="acme", outcome="later")
    assert window.value("backlog", queue=acme.queue.name) == window.value("total_backlog") == 0
    assert window.value("backlog_age_seconds", queue=acme.queue.name) == 0
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("slow"), hang_s=600)
    acme.put("slow", generate(2, 2).text)
    window.await_("lanes", 1, state="busy")
    for n in range(200):
        acme.put(f"{n}", b"")
    window.await_("backlog", 200, queue=acme.queue.name)
    worker = json.loads(window.get("/status.json")[1])["worker"]
    assert worker["backlog"] == 200 == worker["backlog_visible"] + worker["backlog_own"]
    assert worker["backlog_visible"] > 0 < worker["inbox_messages"] == worker["backlog_own"] and worker["lanes_busy"] == 1
    before = window.value("backlog_age_seconds", queue=acme.queue.name)
    until(lambda: window.value("backlog_age_seconds", queue=acme.queue.name) > before + 1, "it grows older", 20)
    assert 0 < worker["backlog_age_ms"] < 60000


def test_the_commit_is_in_the_log_and_in_the_metrics(strict: StrictWorld):
    strict.customer("acme")
    worker = strict.start(metrics=LISTEN)
    commit = worker.logged(msg="starting")[0]["commit"]
    assert commit == "unknown" or re.fullmatch("[0-9a-f]{40}", commit)
    assert Window(worker).value("build_info", commit=commit) == 1


def test_a_stalled_read_shows_in_healthz_while_it_lasts(strict: StrictWorld):
    """FAILURES row 20."""
    acme, globex = strict.customer("acme"), strict.customer("globex")
    text = generate(200, 5).text
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("a"), stall={"at": 1000, "s": 600})
    acme.put("a", text)
    window = Window(strict.start(metrics={**LISTEN, "stalled_after": "2s"}, limits={"idle_timeout": "12s", "lanes": 4}))
    until(lambda: window.healthy()[0] == 503, lambda: f"the read shows; {window.healthy()}", 30, every=0.1)
    status, told = window.healthy()
    assert re.fullmatch(r"lane \d: no progress for \d+ s, customer acme\n", told), told
    assert acme.bucket not in told and status == 503
    assert window.value("stalled_threads") == 1 and window.value("max_stall_seconds") >= 2
    globex.put("b", generate(5, 6).text)  # the others go on
    until(lambda: strict.count() >= 5, "another customer's events arrive", 30)
    strict.settled(60)  # resumed when idle_timeout has ended the read
    assert window.healthy() == (200, "ok\n")
    assert window.value("stalled_threads") == 0
    assert window.value("events_total", customer="acme") == 200


def test_waiting_for_kafka_is_no_stall(strict: StrictWorld, pair):
    acme = strict.customer("acme")
    strict.kafka, kafka = pair, strict.kafka
    topics = strict.events_topic, strict.rejects_topic
    try:
        strict.events_topic, strict.rejects_topic = (pair.create_topic(f"{t}-pair") for t in topics)
        window = Window(strict.start(metrics={**LISTEN, "stalled_after": "1s", "unready_after": "1s"},
                                     kafka={"queue_bytes": "1MiB"}, limits={"lanes": 2}))
        until(lambda: window.ready()[0] == 200, window.ready, 30)
        for node in (1, 0):
            pair.kill_node(node)
        acme.put("a", generate(4000, 5).text)
        until(lambda: window.value("lanes", state="waiting") == 1, lambda: window.worker.tail(), 30, every=0.1)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert window.healthy() == (200, "ok\n")
            time.sleep(0.2)
        until(lambda: window.value("kafka_up") == 0, "the metric says that Kafka is unreachable", 60, every=0.1)
        until(lambda: window.ready()[0] == 503, window.ready, 30, every=0.1)
        assert re.fullmatch(r"Kafka: no broker answers for \d+ s\n", window.ready()[1])
    finally:
        for node in (0, 1):
            pair.start_node(node)
        strict.kafka, (strict.events_topic, strict.rejects_topic) = kafka, topics
    until(lambda: window.ready() == (200, "ready\n"), window.ready, 60, every=0.1)
    strict.settled(60)
    assert window.value("lanes", state="idle") == 2


def test_a_short_outage_of_kafka_leaves_workers_ready_but_not_one_that_never_reached_it(strict: StrictWorld, pair):
    strict.customer("acme")
    strict.kafka, kafka = pair, strict.kafka
    topics = strict.events_topic, strict.rejects_topic
    metrics = {**LISTEN, "unready_after": "1h"}
    try:
        strict.events_topic, strict.rejects_topic = (pair.create_topic(f"{t}-short") for t in topics)
        old = Window(strict.start(metrics=metrics))
        until(lambda: old.ready() == (200, "ready\n"), old.ready, 30)
        for node in (1, 0):
            pair.kill_node(node)
        until(lambda: old.value("kafka_up") == 0, "the metric says that Kafka is unreachable", 60, every=0.1)
        assert old.value("ready") == 1
        status, told = old.ready()
        assert status == 200 and re.fullmatch(r"ready\nKafka: no broker answers for \d+ s\n", told), told
        new = Window(strict.start(metrics=metrics))  # as in a rolling update
        until(lambda: "Kafka" in new.ready()[1], new.ready)
        assert new.ready()[0] == 503 and "Kafka: no broker has answered yet\n" in new.ready()[1]
        assert new.value("ready") == 0
    finally:
        for node in (0, 1):
            pair.start_node(node)
        strict.kafka, (strict.events_topic, strict.rejects_topic) = kafka, topics
    until(lambda: new.ready() == (200, "ready\n") and old.ready() == (200, "ready\n"),
          lambda: (new.ready(), old.ready()), 60, every=0.1)


def test_a_failed_receive_leaves_a_worker_ready(strict: StrictWorld):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN, queue={"wait": "1s"}))
    until(lambda: window.ready() == (200, "ready\n"), window.ready, 30)
    strict.fake.fault(service="sqs", action="ReceiveMessage", error="InternalError", count=-1)
    until(lambda: window.value("queue_up", queue=acme.queue.name) == 0, "the metric says it", 30, every=0.05)
    status, told = window.ready()
    assert status == 200 and re.fullmatch(r"ready\nSQS: no queue answers for \d+ s\n", told), told
    strict.fake.clear_faults()
    until(lambda: window.ready() == (200, "ready\n"), window.ready, 60)


def test_a_queue_at_its_in_flight_limit_shows(strict: StrictWorld):
    """FAILURES row 30: long polls then bring nothing and say nothing."""
    acme = strict.customer("acme")
    strict.fake.change_queue(acme.queue.name, max_in_flight=2)
    strict.fake.fault(service="s3", action="GetObject", count=2, hang_s=600)
    for n in range(12):
        acme.put(f"{n}", generate(2, n).text)
    window = Window(strict.start(metrics=LISTEN, queue={"wait": "1s"}, limits={"idle_timeout": "15s"}))
    window.await_("messages_held", 2, queue=acme.queue.name)
    before = window.value("receives_starved_total", queue=acme.queue.name)
    window.await_("receives_starved_total", before + 2, queue=acme.queue.name)
    assert window.value("queue_messages", queue=acme.queue.name, state="in_flight") == 2
    assert window.value("queue_messages", queue=acme.queue.name, state="visible") == 10
    assert window.value("receives_total", queue=acme.queue.name, result="failed") == 0
    strict.settled(90)
    time.sleep(2.5)  # another look, that sees nothing
    after = window.value("receives_starved_total", queue=acme.queue.name)
    empty = window.value("receives_total", queue=acme.queue.name, result="empty")
    window.await_("receives_total", empty + 2, queue=acme.queue.name, result="empty")
    assert window.value("receives_starved_total", queue=acme.queue.name) == after
    assert strict.count() == 24


def test_short_polls_at_the_in_flight_limit_are_throttled(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.change_queue(acme.queue.name, max_in_flight=1)
    strict.fake.fault(service="s3", action="GetObject", hang_s=600)
    for n in range(3):
        acme.put(f"{n}", generate(2, n).text)
    window = Window(strict.start(metrics=LISTEN, queue={"wait": "0s"}, limits={"idle_timeout": "15s"}))
    window.await_("receives_total", 1, queue=acme.queue.name, result="throttled")
    strict.settled(90)


def test_a_paused_customer_and_lost_leases_show(strict: StrictWorld):
    acme, globex = strict.customer("acme"), strict.customer("globex")
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": acme.settings["role_arn"]}, error="AccessDenied", count=-1)
    text = generate(200, 5).text
    strict.fake.fault(service="s3", action="GetObject", key=globex.key("a"), stall={"at": 100, "s": 600})
    acme.put("a", generate(2, 5).text)
    globex.put("a", text)
    window = Window(strict.start(metrics=LISTEN, queue={"visibility": "12s"}, limits={"idle_timeout": "300s"}))
    window.await_("paused", 1, customer="acme")
    assert window.value("paused", customer="globex") == 0
    assert window.value("pauses_total", customer="acme") == 1
    assert window.value("object_errors_total", customer="acme", **{"class": "denied"}) == 1
    assert window.value("objects_total", customer="acme", outcome="later") >= 1
    until(lambda: strict.fake.log(action="GetObject"), "the object is read", 20)
    window.worker.signal(signal.SIGSTOP)
    strict.fake.clock(advance_s=13)
    second = strict.start(queue={"visibility": "12s"})
    second.logged(msg="object done", customer="globex")
    window.worker.signal(signal.SIGCONT)
    window.await_("leases_lost_total", 1, queue=globex.queue.name)
    assert window.value("delivery_lag_seconds_count", customer="globex") is None  # nothing was delivered by it


def test_ready_only_between_start_and_stop(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="sqs", action="GetQueueAttributes", error="InternalError", count=3)
    text = generate(200, 5).text
    strict.fake.fault(service="s3", action="GetObject", drip=len(text) // 6)
    acme.put("a", text)
    worker = strict.start(metrics=LISTEN, limits={"shutdown_grace": "20s"})
    window = Window(worker)
    status, told = window.ready()
    assert status == 503 and told.splitlines()[-1] in ("it is starting", "SQS: no queue has answered yet",
                                                       "Kafka: no broker has answered yet")
    assert window.healthy() == (200, "ok\n")
    until(lambda: window.ready() == (200, "ready\n"), window.ready, 30, every=0.1)
    assert window.value("ready") == 1 and window.value("queue_up", queue=acme.queue.name) == 1
    until(lambda: window.value("lanes", state="busy"), "the object is read", 20)
    worker.terminate()
    until(lambda: window.ready() == (503, "it is stopping\n"), window.ready, 10, every=0.05)
    assert window.healthy() == (200, "ok\n")
    assert worker.wait(40) == 0
    life = ["starting", "memory plan", "listening", "started", "signal received", "stopping", "stopped"]
    assert [line["msg"] for line in worker.lines(level="info") if line["msg"] in life] == life


def test_scrapes_during_start_reload_and_stop_get_whole_pages_or_nothing(strict: StrictWorld):
    acme = strict.customer("acme")
    port, = free_ports(1)
    worker = strict.start(metrics={"listen": f"127.0.0.1:{port}"})
    ended, answers, wrong = threading.Event(), collections.Counter(), []

    def scrape(path, whole):
        while not ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                text = answer.read().decode()
                answers[path] += 1
                if answer.status != 200 or not whole(text):
                    wrong.append((path, answer.status, text[-200:]))
            except ConnectionError:  # not started yet, or stopped
                time.sleep(0.01)
            except Exception as e:  # for example IncompleteRead: cut off
                wrong.append((path, repr(e)))
            finally:
                connection.close()

    pages = {"/metrics": lambda text: [f for f in text_string_to_metric_families(text)] and text.endswith("\n"),
             "/status.json": lambda text: json.loads(text)["format"] == 1,
             "/": lambda text: text.rstrip().endswith("</html>")}
    threads = [threading.Thread(target=scrape, args=p, daemon=True) for p in pages.items()]
    for thread in threads:
        thread.start()
    try:
        worker.logged(msg="started")
        acme.put("a", generate(2000, 1).text)
        others = [strict.customer(f"other-{i:02}", queue=acme.queue, bucket=f"b-{i}").settings for i in range(20)]
        for number in range(10):
            settings = strict.settings(metrics={"listen": f"127.0.0.1:{port}"})
            settings["customers"] = [c for c in settings["customers"] if number % 2 or c not in others]
            assert worker.reload(settings)["msg"] == "reloaded"
        worker.logged(msg="object done", customer="acme")
        assert worker.stop() == 0
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    assert wrong == []
    assert len(answers) == 3 and min(answers.values()) >= 10


def test_a_page_in_a_browser_cannot_read_the_status_by_its_own_name(strict: StrictWorld):
    """DNS rebinding: its name resolves to 127.0.0.1, and the browser sends that name."""
    strict.customer("acme")
    own = "ingest.example.com"
    for names, refused in ((None, {"attacker.example", own}), ([own], {"attacker.example"})):
        window = Window(strict.start(metrics={**LISTEN, "hosts": names}))
        for name in ("attacker.example", own, "localhost", "127.0.0.1", socket.gethostname()):
            for path in ("/", "/metrics", "/status.json", "/healthz"):
                connection = http.client.HTTPConnection("127.0.0.1", window.port, timeout=30)
                connection.request("GET", path, headers={"Host": f"{name}:{window.port}"})
                answer = connection.getresponse()
                text = answer.read().decode()
                connection.close()
                assert (answer.status == 421) == (name in refused), (name, path)
                assert name not in refused or "metrics.hosts" in text and "acme" not in text


def test_a_port_in_use_is_a_clear_error_at_start(strict: StrictWorld):
    strict.customer("acme")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = strict.start(metrics={"listen": address})
        assert worker.wait(30) == 1
        (line,) = worker.lines(msg="cannot start")
        assert line["detail"] == f"metrics.listen: cannot listen on {address}: Address already in use"


def test_only_reading_is_possible_and_nothing_listens_unasked(strict: StrictWorld):
    strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    assert window.get("/other")[:2] == (
        404, "there is only / /page.css /page.js /icon.svg /metrics /healthz /readyz /status.json /status.txt\n")
    status, _, headers = window.get("/metrics", "POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    assert window.get("/healthz", "HEAD")[:2] == (200, "")
    other = strict.start()
    other.logged(msg="started")
    assert not other.lines(msg="listening")


@pytest.mark.parametrize("hostile", [b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 100_000, b"\0" * 1_000_000,
                                     b"GET /" + b"x" * 1_000_000, b"GET /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"])
def test_nonsense_costs_its_connection_and_nothing_else(strict: StrictWorld, hostile):
    strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", window.port), 10) as s:
            try:
                s.sendall(hostile)
                s.settimeout(15)
                while s.recv(65536):
                    pass
            except OSError:
                pass
    assert window.healthy() == (200, "ok\n")
    assert window.value("process_resident_memory_bytes") is None  # it has no prefix of ours
    assert window.families()["process_resident_memory_bytes"].samples[0].value < 200 << 20
