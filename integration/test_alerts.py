# SPDX-License-Identifier: Apache-2.0
"""Each alert of deploy/prometheus/rules.yml fires on pages that a worker served, and on none of a healthy one. promtool
evaluates the rules: for an hour the page before the fault is scraped, from then on the page in the fault. Times of the
pages are moved with them."""
import json
import math
import re
import signal
import subprocess
import time

import yaml
from prometheus_client.parser import text_string_to_metric_families

from .parts.aws import s3_event
from .parts.events import generate
from .parts.moved_clock import MovedClock
from .parts.places import ROOT, checkers
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
from .test_ops_events import ops  # noqa: F401
from .test_reconcile import put
from .test_reconcile_worker import await_missing, start

RULES = ROOT / "deploy/prometheus/rules.yml"
ALERTS = {r["alert"]: r for g in yaml.safe_load(RULES.read_text())["groups"] for r in g["rules"] if "alert" in r}
BEFORE_MIN = 60


def sample_lines(text, wall_s, at_s):
    """{series: value} of a page, with its times as if it was scraped at at_s."""
    found = {}
    for family in text_string_to_metric_families(text):
        for s in family.samples:
            if math.isinf(s.value):
                continue  # promtool reads none; only the worker's own credentials may never expire
            labels = {**s.labels, "job": "asymptote-ingest", "instance": "worker:9464"}
            name = s.name + "{" + ",".join(f'{k}="{v}"' for k, v in sorted(labels.items())) + "}"
            timed = s.name.endswith("_timestamp_seconds") or s.name == "process_start_time_seconds"
            found[name] = s.value - wall_s + at_s if timed else s.value
    return found | {'up{job="asymptote-ingest",instance="worker:9464"}': 1}


class Pages:
    """Two pages of a worker: before and in a fault."""

    def __init__(self, window):
        self.window = window
        self.before = self.scrape()

    def scrape(self):
        return self.window.get("/metrics")[1], time.time()

    def series(self, now, minutes):
        first = sample_lines(*self.before, BEFORE_MIN * 60)
        last = sample_lines(*now, (BEFORE_MIN + 1) * 60)
        for name in {**first, **last}:
            head = f"{float(first[name])!r}x{BEFORE_MIN}" if name in first else f"_x{BEFORE_MIN}"
            tail = f"{float(last[name])!r}x{minutes}" if name in last else f"_x{minutes}"
            yield {"series": name, "values": f"{head} {tail}"}


def firing(folder, series, minutes):
    """The names of the alerts that fire after so many minutes of the fault, as promtool says."""
    wanted = sorted(ALERTS)
    (folder / "rules.yml").write_text(RULES.read_text())
    at = f"{BEFORE_MIN + minutes}m"
    found = set()
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [
        {"interval": "1m", "input_series": series, "promql_expr_test": [
            {"expr": f'group by (alertname) (ALERTS{{alertname="{name}",alertstate="firing"}})', "eval_time": at,
             "exp_samples": []} for name in wanted]}]}
    (folder / "test.yml").write_text(yaml.safe_dump(test, width=10000))
    done = subprocess.run([checkers() / "promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    out = done.stdout + done.stderr
    found |= set(re.findall(r'got:\s*"\{alertname=\\"(\w+)\\"\}', out)) | set(
        re.findall(r'got:[^\n]*alertname="?\\?"?(\w+)', out))
    assert (done.returncode != 0) == bool(found), out
    return found


def assert_fires(folder, pages, names, minutes=20, now=None):
    """These alerts fire after so many minutes of the fault."""
    got = firing(folder, list(pages.series(now or pages.scrape(), minutes)), minutes)
    assert set(names) <= got, f"missing: {set(names) - got}; firing: {got}"
    return got


def test_the_rules_are_valid_and_each_has_its_runbook():
    subprocess.run([checkers() / "promtool", "check", "rules", RULES], check=True, capture_output=True)
    sections = re.findall(r"^### (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.M)
    for name, rule in ALERTS.items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}" and name in sections, name
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]
    assert {r["labels"].get("objective") for r in ALERTS.values()} >= {"freshness", "completeness", "validity"}


def test_every_alert_has_a_test():
    text = (ROOT / "integration/test_alerts.py").read_text()
    called = set(re.findall(r'"(Ingest\w+)"', text))
    assert called == set(ALERTS)


def healthy(strict, window, customer):
    customer.put("healthy", generate(50, 1).text)
    until(lambda: window.value("records_acked_total", customer=customer.id), "the first object is delivered", 30)
    window.await_("messages_deleted_total", 1)


def test_a_healthy_worker_raises_none(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme", cadence="1h", daily_volume="1GB")
    window = Window(strict.start(metrics=LISTEN))
    healthy(strict, window, acme)
    pages = Pages(window)
    acme.put("b", generate(50, 2).text)
    window.await_("messages_deleted_total", 2)
    now = pages.scrape()
    assert firing(tmp_path, list(pages.series(now, 20)), 20) == set()
    down = [{**s, "values": s["values"] if not s["series"].startswith("up{") else f"1x{BEFORE_MIN} 0x20"}
            for s in pages.series(now, 20)]
    assert firing(tmp_path, down, 20) == {"IngestDown"}  # `up` is Prometheus's own
    assert firing(tmp_path, list(pages.series(now, 1500)), 1500) >= {"IngestNothingDelivered"}  # a day later


def test_objects_that_are_missing_or_cannot_be_compared(strict: StrictWorld, ops, tmp_path):  # noqa: F811
    acme = strict.customer("acme")
    worker, window = start(strict, ops)
    put(strict, acme, "there", age_s=0)
    until(lambda: strict.count() == 1, worker.tail, 60)
    await_missing(window, "acme", 0)
    pages = Pages(window)
    put(strict, acme, "lost", dropped=True, age_s=0)
    await_missing(window, "acme", 1)
    assert assert_fires(tmp_path, pages, {"IngestMissing"}) == {"IngestMissing"}
    strict.fake.fault(service="s3", action="ListObjectsV2", error="AccessDenied", count=-1)
    until(lambda: window.value("reconcile_failing", customer="acme") == 1, worker.tail, 40, alive=worker)
    assert assert_fires(tmp_path, pages, {"IngestNotCompared", "IngestMissing"}, 30) == {"IngestNotCompared", "IngestMissing"}


def test_what_customers_do_wrong(strict: StrictWorld, tmp_path):
    acme, dull = strict.customer("acme"), strict.customer("dull", cadence="1s")
    big = strict.customer("big", daily_volume="100B")
    window = Window(strict.start(metrics=LISTEN))
    for customer in (acme, dull, big):
        customer.put("a", generate(1, 1).text)
    window.await_("messages_deleted_total", 3)
    pages = Pages(window)
    acme.put("gone", b"{}\n")
    strict.fake.fault(service="s3", action="GetObject", key=acme.key("gone"), error="NoSuchKey", count=-1)
    acme.put("picture", b"\x89PNG\r\n\x1a\n" + bytes(2000))
    acme.put("broken", generate(20, 3).text + b"{\n" * 5)
    acme.queue.send(s3_event("stranger", "logs/a"))
    big.put("b", generate(50, 4).text)
    for name, labels in (("objects_total", {"outcome": "left"}), ("object_errors_total", {"class": "format"}),
                         ("rejects_total", {"customer": "acme"}), ("notifications_left_total", {})):
        window.await_(name, 1, **labels)
    window.await_("silent", 1, customer="dull")
    window.await_("far_above", 1, customer="big")
    got = assert_fires(tmp_path, pages, {"IngestObjectsLeft", "IngestUnreadable", "IngestRejects", "IngestNotOurs",
                                         "IngestSilent", "IngestFarAbove"})
    assert "IngestLate" not in got and "IngestCustomerPaused" not in got


def test_a_role_that_is_denied_and_a_configuration_that_is_refused(strict: StrictWorld, tmp_path):
    acme, globex = strict.customer("acme"), strict.customer("globex")
    worker = strict.start(metrics=LISTEN)
    window = Window(worker)
    healthy(strict, window, globex)
    pages = Pages(window)
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": acme.settings["role_arn"]},
                      error="AccessDenied", count=-1)
    acme.put("a", generate(2, 1).text)
    window.await_("paused", 1, customer="acme")
    assert worker.reload("this is no configuration")["msg"] == "configuration not reloaded"
    got = assert_fires(tmp_path, pages, {"IngestCustomerPaused", "IngestOutage", "IngestNotDelivering", "IngestNotReloaded"})
    assert "IngestNothingDelivered" not in got


def test_notifications_that_are_delivered_late(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN))
    healthy(strict, window, acme)
    pages = Pages(window)
    strict.fake.clock(offset_s=-900)
    for n in range(3):
        acme.put(f"late-{n}", generate(2, n).text)
    until(lambda: (window.value("delivery_lag_seconds_count", customer="acme") or 0) >= 4, "they are delivered", 30)
    assert window.value("delivery_lag_seconds_bucket", customer="acme", le="300") == 1
    assert_fires(tmp_path, pages, {"IngestLate", "IngestLateSlowly"}, minutes=3)


def test_a_backlog_that_waits(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN, limits={"lanes": 1, "idle_timeout": "60s"}))
    healthy(strict, window, acme)
    pages = Pages(window)
    strict.fake.clock(offset_s=-900)
    strict.fake.fault(service="s3", action="GetObject", hang_s=600, count=-1)
    for n in range(100):
        acme.put(f"{n}", b"")
    until(lambda: (window.value("backlog_age_seconds", queue=acme.queue.name) or 0) > 600, "the backlog is old", 30)
    assert_fires(tmp_path, pages, {"IngestBacklog"})


def test_a_thread_that_stalls_and_leases_that_are_lost(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme")
    worker = strict.start(metrics={**LISTEN, "stalled_after": "2s"}, limits={"lanes": 8, "idle_timeout": "60s"},
                          queue={"visibility": "12s"})
    window = Window(worker)
    healthy(strict, window, acme)
    pages = Pages(window)
    text = generate(200, 5).text
    for n in range(5):
        strict.fake.fault(service="s3", action="GetObject", key=acme.key(f"{n}"), stall={"at": 1000, "s": 600})
        acme.put(f"{n}", text)
    window.await_("stalled_threads", 1)
    stalled = pages.scrape()
    until(lambda: window.value("messages_held", queue=acme.queue.name) >= 5, "all are held", 20)
    worker.signal(signal.SIGSTOP)
    strict.fake.clock(advance_s=13)
    second = strict.start(queue={"visibility": "12s"})
    until(lambda: len(second.lines(msg="object done", customer="acme")) >= 4, "another worker has them", 60)
    worker.signal(signal.SIGCONT)
    window.await_("leases_lost_total", 4, queue=acme.queue.name)
    assert_fires(tmp_path, pages, {"IngestStalled"}, now=stalled)
    assert_fires(tmp_path, pages, {"IngestLeasesLost"})


def test_a_queue_that_fails_and_one_at_its_limit(strict: StrictWorld, tmp_path):
    """120,000 messages are in flight at another consumer, which is SQS's limit."""
    acme, globex, small = strict.customer("acme"), strict.customer("globex"), strict.customer("small")
    strict.fake.change_queue(small.queue.name, max_in_flight=2)
    window = Window(strict.start(metrics=LISTEN, queue={"wait": "1s"}, limits={"idle_timeout": "60s"}))
    healthy(strict, window, globex)
    healthy(strict, window, acme)
    pages = Pages(window)
    strict.fake.hold_messages(acme.queue.name, 120_000)
    strict.fake.fault(service="s3", action="GetObject", count=-1, hang_s=600)
    for n in range(12):
        acme.put(f"{n}", generate(2, n).text)
        small.put(f"{n}", generate(2, n).text)
    for customer in (acme, small):
        window.await_("receives_starved_total", 11, seconds=90, queue=customer.queue.name)
    assert window.value("messages_held", queue=acme.queue.name) == 0
    strict.fake.fault(service="sqs", bucket=globex.queue.name, action="ReceiveMessage", error="AccessDenied", count=-1)
    until(lambda: window.value("queue_up", queue=globex.queue.name) == 0, "the queue fails", 30)
    now = pages.scrape()
    assert_fires(tmp_path, pages, {"IngestQueueUnreachable", "IngestInFlightLimit"}, 10, now=now)
    few = [row for row in pages.series(now, 10) if acme.queue.name not in row["series"]]
    assert "IngestInFlightLimit" not in firing(tmp_path, few, 10)  # of `small` 2 are in flight


def test_brokers_that_are_gone(strict: StrictWorld, pair, tmp_path):
    acme = strict.customer("acme")
    strict.kafka, kafka = pair, strict.kafka
    topics = strict.events_topic, strict.rejects_topic
    try:
        strict.events_topic = pair.create_topic(f"{topics[0]}-alerts", partitions=1)
        strict.rejects_topic = pair.create_topic(f"{topics[1]}-alerts")
        globex = strict.customer("globex", topic=pair.create_topic(f"{topics[0]}-one", partitions=1, replicas=[2]))
        window = Window(strict.start(metrics=LISTEN))
        healthy(strict, window, acme)
        healthy(strict, window, globex)
        pages = Pages(window)
        pair.kill_node(1)
        globex.put("a", generate(20, 1).text)
        window.await_("kafka_brokers_unreachable", 1, seconds=60)
        assert_fires(tmp_path, pages, {"IngestBrokerUnreachable"})
        pair.kill_node(0)
        until(lambda: window.value("kafka_up") == 0, "the metric says that Kafka is unreachable", 60, every=0.1)
        assert_fires(tmp_path, pages, {"IngestKafkaUnreachable"})
    finally:
        for node in (0, 1):
            pair.start_node(node)
        strict.kafka, (strict.events_topic, strict.rejects_topic) = kafka, topics


def test_a_customer_that_is_not_proved_and_an_ops_topic_that_is_missing(strict: StrictWorld, tmp_path):
    strict.customer("acme")
    window = Window(strict.start(metrics=LISTEN, kafka={"ops_topic": "absent-ops"},
                                 verify={"state_dir": str(tmp_path), "require_verified": True}))
    pages = Pages(window)
    until(lambda: window.value("verified", customer="acme") == 0, "it is not taken", 20)
    window.await_("ops_events_total", 1, seconds=90, result="dropped")
    assert_fires(tmp_path, pages, {"IngestNotVerified", "IngestOpsEventsDropped"})


def test_a_session_that_is_not_renewed(strict: StrictWorld, tmp_path):
    """It is renewed after 30 to 45 minutes of its hour: the clocks of the worker and of AWS are moved."""
    acme, clock, later_s = strict.customer("acme"), MovedClock(tmp_path), 2800
    window = Window(strict.start(clock.env, metrics=LISTEN))
    healthy(strict, window, acme)
    pages = Pages(window)
    assert window.value("credentials_renewal_failing", customer="acme") == 0
    strict.fake.fault(service="sts", action="AssumeRole", error="InternalError", count=-1)
    strict.fake.clock(offset_s=later_s)
    clock.move(later_s)
    acme.put("a", generate(2, 1).text)
    window.await_("credentials_renewal_failing", 1, seconds=60, customer="acme")
    until(lambda: window.value("objects_total", customer="acme", outcome="done") == 2, "the old session is used", 60)
    text, wall_s = pages.scrape()
    assert assert_fires(tmp_path, pages, {"IngestCredentials"}, now=(text, wall_s + later_s)) == {"IngestCredentials"}


def test_dead_letters(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme")
    worker = strict.start(metrics={**LISTEN, "queue_interval": "1s"})
    window = Window(worker)
    acme.put("a", generate(1, 1).text)
    window.await_("messages_deleted_total", 1)
    window.await_("dead_letters", 0, queue=acme.queue.name)
    pages = Pages(window)
    acme.queue.dead.send(s3_event(acme.bucket, acme.key("gone")))
    until(lambda: window.value("dead_letters", queue=acme.queue.name) == 1, worker.tail, 40, alive=worker)
    assert assert_fires(tmp_path, pages, {"IngestDeadLetters"}) == {"IngestDeadLetters"}
    told = json.loads(window.get("/status.json")[1])["customers"][0]
    assert told["dead_letters"] == 1


def test_a_dead_letter_queue_that_may_not_be_read_costs_nothing_else(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="sqs", action="GetQueueAttributes", bucket=acme.queue.dead.name, error="AccessDenied", count=-1)
    worker = strict.start(metrics={**LISTEN, "queue_interval": "1s"})
    window = Window(worker)
    worker.logged(40, msg="dead-letter queue cannot be read")
    acme.put("a", generate(1, 1).text)
    window.await_("messages_deleted_total", 1)
    until(lambda: len(strict.fake.log(action="GetQueueAttributes")) >= 10, worker.tail, 60, alive=worker)
    assert len(worker.lines(msg="dead-letter queue cannot be read")) == 1
    assert window.value("dead_letters", queue=acme.queue.name) is None
    assert window.value("queue_up", queue=acme.queue.name) == 1
